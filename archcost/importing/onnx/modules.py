"""Which module an operation stands in, from what exporters note of it."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from archcost.importing.model import read_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.model import Operation
    from archcost.importing.onnx.proto import Node


SCOPES = "pkg.torch.onnx.name_scopes"
"""Under which PyTorch notes the modules that an operation stands in."""


CLASSES = "pkg.torch.onnx.class_hierarchy"
"""Under which it notes their classes."""


def module_of(node: Node) -> str:
    """The path of the module; empty if nothing is noted.

    The newer exporter of PyTorch has a list of paths beside the operation, the older one, and tf2onnx, a path
    in its name.
    """
    if scopes := node.metadata.get(SCOPES):
        paths = _listed(scopes)
        return paths[-2] if len(paths) > 1 else ""
    return path_of(node.name)


def _listed(text: str) -> list[str]:
    """The texts of a list: `['', 'layer1', 'layer1.0', 'conv2d']`; the last is the operation itself."""
    return [one[1:-1] for one in re.findall(r"'[^']*'", text)]


def classes_of(nodes: Sequence[Node]) -> dict[str, str]:
    """The class of each module that PyTorch notes, by its path."""
    found: dict[str, str] = {}
    for node in nodes:
        paths, classes = (_listed(node.metadata.get(key, "")) for key in (SCOPES, CLASSES))
        if len(paths) == len(classes):
            found |= {path: kind.rsplit(".", 1)[-1] for path, kind in zip(paths[:-1], classes, strict=False)}
    return found


def with_modules(operations: Sequence[Operation]) -> list[Operation]:
    """The operations, those that an exporter noted no module of in that of all that read them.

    An exporter that simplifies a graph loses the notes of what it makes anew.
    """
    readers: dict[str, list[str]] = {}
    found: list[Operation] = []
    for operation in reversed(operations):
        if not operation.module:
            within = [path for name in operation.outputs for path in readers.get(name, [])]
            found.append(operation._replace(module=_shared(within)))
        else:
            found.append(operation)
        for name in read_by(operation):
            readers.setdefault(name, []).append(found[-1].module)
    return found[::-1]


def _shared(paths: Sequence[str]) -> str:
    """The innermost module that all of some are in.

    >>> _shared(["stage2.1.branch2.0", "stage2.1"])
    'stage2.1'
    """
    levels = zip(*(path.split(".") for path in paths), strict=False)
    return ".".join(level[0] for level in takewhile(lambda level: len({*level}) == 1, levels))


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
