"""What is written of a model: items, each a layer that reads others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.model import Weight
    from archcost.windows.window import Shape

FieldValue: TypeAlias = "int | float | str | bool | list[FieldValue] | None"


@dataclass(eq=False)
class Item:
    """A layer of the spec.

    Attributes:
        kind: its word.
        fields: those that are not at their default.
        sources: what it reads, other items, or inputs by their name.
        shape: of what leaves.
        module: the path of the module that it stands in.
        place: the operation it is made of, as the file calls it.
        weights: the tensors of the file that it takes, by the names that its kind gives them.
        share: what items are called that take the same; empty of one that takes its own.
    """

    kind: str
    fields: Mapping[str, FieldValue]
    sources: tuple[Item | str, ...]
    shape: Shape
    module: str
    place: str
    weights: Mapping[str, Weight] = field(default_factory=dict[str, "Weight"])
    share: str = ""
