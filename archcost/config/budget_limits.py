"""The limits under one key of a budget: one or several, for each axis, at the level of an error or both."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from archcost.config.bounds import by_axis
from archcost.config.values import FromNode, Schema, items, reading
from archcost.spec.problems import Mistake
from archcost.spec.template import shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from pydantic import ValidationInfo

    from archcost.config.amounts import Limit, Unit
    from archcost.config.bounds import Bound, ByAxis
    from archcost.spec.yaml_reader import Tree

Severity: TypeAlias = Literal["warn", "error"]
SEVERITIES: tuple[Severity, ...] = ("warn", "error")
ByLevel: TypeAlias = "dict[Severity, tuple[ByAxis, ...]]"


def field(bound: Bound) -> tuple[Any, Any]:
    """The field of a budget for one kind of limit, as pydantic takes it."""
    limits = Annotated[
        tuple[Annotated[Any, FromNode(partial(_axes, bound), {})], ...],
        BeforeValidator(partial(_several, bound)),
    ]
    by_level: Any = Annotated[
        dict[Severity, limits],
        BeforeValidator(partial(_levels, bound)),
        AfterValidator(partial(_check_order, bound)),
        WithJsonSchema(_schema(bound)),
    ]
    most = "most" if bound.side == "max" else "least"
    text = f"{bound.measure.title} at {most}: {bound.measure.meaning}; such as {bound.example} or +5%"
    return by_level | None, Field(None, description=text)


def _levels(bound: Bound, node: Tree, info: ValidationInfo) -> dict[Severity, Tree]:
    """What stands for each level; for an error alone if no level is named."""
    if not isinstance(node, MappingNode):
        return {"error": node}
    root = reading(info).checks.check_keys(node, SEVERITIES, (), f"{bound.key} by level")
    if not node.entries:
        raise Mistake(node.place, f"{bound.key} is {shown(node)}; write a limit: {bound.example}")
    return {level: at for level in SEVERITIES if (at := root.get(level))}


def _several(bound: Bound, node: Tree, info: ValidationInfo) -> list[Tree]:
    """The limits of one level. A list of numbers without signs has one for each axis."""
    if bound.is_per_axis and isinstance(node, SequenceNode) and len(node.items) > 1:
        texts = [one.text if isinstance(one, ScalarNode) else "+" for one in node.items]
        if not any(text.startswith(("+", "-")) for text in texts):
            return [node]
    return items(node, info)


def _axes(bound: Bound, node: Tree, _: ValidationInfo) -> ByAxis:
    """A limit for every axis, or one for each."""
    nodes = [node]
    if bound.is_per_axis and isinstance(node, SequenceNode):
        nodes = node.items
    elif isinstance(node, ScalarNode) and len(texts := bound.split(node.text)) > 1:
        nodes = [node.meaning(one) for one in texts]
    limits = [limit(bound, one, bound.key) for one in nodes]
    try:
        return by_axis(limits)
    except ValueError as error:
        raise Mistake(node.place, f"{bound.key}: {error}") from None


def limit(bound: Bound, node: Tree, what: str) -> Limit:
    """A limit of one number, as it is written.

    Raises:
        Mistake: it is none.
    """
    if not isinstance(node, ScalarNode) or node.value is None or isinstance(node.value, bool):
        raise Mistake(node.place, f"{what} is {shown(node)}; write a limit: {bound.example}")
    try:
        return bound.read(node.text, node.place)
    except ValueError as error:
        raise Mistake(node.place, f"{what}: {error}") from None


def _check_order(bound: Bound, found: ByLevel, info: ValidationInfo) -> ByLevel:
    """A warning that only comes when the error does is a slip."""
    strictest: dict[Unit, Limit] = {}
    for one in _absolute(found.get("error", ())):
        other = strictest.setdefault(one.unit, one)
        strictest[one.unit] = other if _is_as_strict(bound, other, one) else one
    for one in _absolute(found.get("warn", ())):
        error = strictest.get(one.unit)
        if error and one.place and _is_as_strict(bound, error, one):
            text = f"{bound.key}: a warning at {one.text} comes too late, {error.text} is an error"
            reading(info).checks.problems.add(one.place, text)
    return found


def _absolute(found: tuple[ByAxis, ...]) -> list[Limit]:
    """The limits that are for every axis and relative to nothing."""
    return [limit for several in found for axis, limit in several if axis is None and not limit.is_relative]


def _is_as_strict(bound: Bound, one: Limit, other: Limit) -> bool:
    """Whether whatever breaks the other limit breaks the one as well; both are absolute."""
    low, high = (one, other) if bound.side == "max" else (other, one)
    return low.amount.value <= high.amount.value


# -- schema -------------------------------------------------------------------------------------------------

_NUMBER = r"([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][+-]?[0-9]+)?"
_SUFFIXES = {"elements": "([kKMGTP]|[kKMGT]B|[KMGT]iB)?", "share": "%?"}
"""Unit -> what may stand behind a number; for every other one, a prefix."""


def _schema(bound: Bound) -> Schema:
    """One limit or several, or those of each level. Percentages have a sign where nothing is a share."""
    number = {"type": "number"} if bound.measure.unit == "share" else {"type": "integer"}
    axes = f"( ?x ?{_NUMBER}){{0,2}}" if bound.is_per_axis else ""
    suffix = _SUFFIXES.get(bound.measure.unit, "[kKMGTP]?")
    amount = rf"^ *([+-]? ?{_NUMBER} ?{suffix}{axes}|[+-] ?{_NUMBER} ?%) *$"
    limit: Schema = {"anyOf": [number, {"type": "string", "pattern": amount}]}
    if bound.is_per_axis:
        limit = {"anyOf": [limit, {"type": "array", "items": limit, "minItems": 1, "maxItems": 3}]}
    several: Schema = {"anyOf": [limit, {"type": "array", "items": limit, "minItems": 1}]}
    levels = dict.fromkeys(SEVERITIES, several)
    by_level = {"type": "object", "additionalProperties": False, "properties": levels, "minProperties": 1}
    return {"anyOf": [*several["anyOf"], by_level]}
