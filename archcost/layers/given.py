"""The fields of layers as JSON knows them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel

if TYPE_CHECKING:
    from archcost.network import Node


def readable(value: object) -> object:
    """A value of a spec as JSON: whole numbers and decimals are numbers, other fractions texts `p/q`."""
    if isinstance(value, tuple | list):
        return [readable(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, Fraction):
        near = value.numerator if value.denominator == 1 else float(value)
        return near if Fraction(repr(near)) == value else str(value)
    return fields_of(value) if isinstance(value, BaseModel) else value


def fields_of(model: BaseModel) -> dict[str, object]:
    """Every field of a layer, defaults included, as JSON knows them."""
    names = [*type(model).model_fields, *(model.model_extra or ())]
    return {name: readable(getattr(model, name)) for name in names}


def given(node: Node) -> dict[str, object]:
    """The fields of a node's layer that its spec sets, in the kind's order."""
    return {
        name: value for name, value in fields_of(node.layer).items() if name in node.layer.model_fields_set
    }
