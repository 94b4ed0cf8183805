"""Files of keys and values, YAML or JSON, read with the place of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import ModelFileError, SpecError
from archcost.overwriting import will_read
from archcost.spec.yaml_reader import ScalarNode, SequenceNode, read

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from typing_extensions import TypeIs

    from archcost.spec.yaml_reader import Tree

Value: TypeAlias = "int | Fraction | bool | str | list[Value] | None"

LARGEST_NUMBER = 10**6
"""Channels, classes, repeats and the like."""


def document(path: Path, largest: int, what: str) -> Tree:
    """What stands in a file.

    Args:
        path: the file.
        largest: bytes that are read at most.
        what: it is, for messages.

    Raises:
        ModelFileError: it cannot be read, at the place of what is wrong.
    """
    try:
        will_read(path)
        with path.open("rb") as stream:
            data = stream.read(largest + 1)
    except (OSError, ValueError) as error:
        raise ModelFileError(path, str(error)) from None
    if len(data) > largest:
        raise ModelFileError(path, f"{what} has {largest:,} bytes at most")
    try:
        return read(data, str(path))
    except SpecError as error:
        first = error.diagnostics[0]
        raise ModelFileError(path, first.message, first.place) from None


def value_of(node: Tree) -> Value:
    """What a node means; a word that Python has for nothing is that, and a mapping is `{}`."""
    if isinstance(node, SequenceNode):
        return [value_of(one) for one in node.items]
    if not isinstance(node, ScalarNode):
        return "{}"
    return None if node.value == "None" else node.value


def is_count(value: Value) -> TypeIs[int]:
    """Whether it is a whole number from 1 on, not beyond what is ever meant."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_NUMBER
