"""Small specs to commit, and what is seen of them at a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archcost

if TYPE_CHECKING:
    from archcost.network import Network

HEAD = "archcost: 1\nname: net\ninput: [3, 8, 8]\n"


def conv(channels: int) -> str:
    return f"{{conv: {{out_channels: {channels}, kernel_size: 3}}}}"


def spec(channels: int) -> str:
    return f"{HEAD}layers:\n  - {conv(channels)}\n"


def including(file: str) -> str:
    return f"{HEAD}include: [{file!r}]\nlayers:\n  - unit\n"


def unit(channels: int) -> str:
    return f"blocks:\n  unit: {{body: [{conv(channels)}]}}\n"


def channels(network: Network) -> int:
    (node,) = network.nodes
    return node.output[0]


def refusal(kind: type[Exception], path: str, at: str) -> str:
    """The message of what must be exactly this type of error."""
    with pytest.raises(kind) as error:
        archcost.load(path, at=at)
    assert type(error.value) is kind
    return str(error.value)
