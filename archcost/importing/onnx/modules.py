"""Which module an operation stands in, from what exporters note of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcost.importing.onnx.proto import Node


def module_of(node: Node) -> str:
    """The path of the module; empty if nothing is noted.

    The newer exporter of PyTorch has a list of paths beside the operation, the older one, and tf2onnx, a path
    in its name.
    """
    if scopes := node.metadata.get("pkg.torch.onnx.name_scopes"):
        return _noted(scopes)
    return path_of(node.name)


def _noted(scopes: str) -> str:
    """The innermost module of `['', 'layer1', 'layer1.0', 'conv2d']`: the last is the operation itself."""
    paths = [one[1:-1] for one in re.findall(r"'[^']*'", scopes)]
    return paths[-2] if len(paths) > 1 else ""


def path_of(name: str) -> str:
    """The module's path in a name with slashes; parts that begin as the one before go on from there.

    >>> path_of("/layer1/layer1.0/conv1/Conv")
    'layer1.0.conv1'
    >>> path_of("Conv_12")
    ''
    """
    found: list[str] = []
    for part in name.split("/")[:-1]:
        if found and part.startswith(f"{found[-1]}."):
            found[-1] = part
        elif part:
            found.append(part)
    return ".".join(found)
