"""The limits under one key of a budget: one or several, for each axis, at the level of an error or both."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from archcost.config import bounds
from archcost.config.file_values import FromNode, Schema, items, reading
from archcost.spec.problems import Mistake
from archcost.spec.template import shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from pydantic import ValidationInfo

    from archcost.analysis.measures import Measure
    from archcost.config.amounts import Limit, Unit
    from archcost.config.bounds import ByAxis
    from archcost.config.configuration import Axis
    from archcost.spec.problems import Problems
    from archcost.spec.yaml_reader import Tree

Severity: TypeAlias = Literal["warn", "error"]
SEVERITIES: tuple[Severity, ...] = ("warn", "error")
Leveled: TypeAlias = "tuple[Severity, Axis | None, Limit]"
"""A limit, with the level of a finding that breaks it and the axis it is for; None is every axis."""


def field(measure: Measure) -> tuple[Any, Any]:
    """The field of a budget for one kind of limit, as pydantic takes it."""
    most = "most" if measure.less_is_better else "least"
    text = f"{measure.title} at {most}: {measure.meaning}; such as {bounds.example(measure)} or +5%"
    read = FromNode(partial(_limits, measure), _schema(measure))
    return Annotated[Any, read], Field((), description=text)


def _limits(measure: Measure, node: Tree, info: ValidationInfo) -> list[Leveled]:
    """The limits under a key, for the level of an error if none is named; what is wrong with one is noted."""
    checks = reading(info).checks
    levels: dict[Severity, Tree] = {"error": node}
    if isinstance(node, MappingNode):
        root = checks.check_keys(node, SEVERITIES, (), f"{measure.limit} by level")
        if not node.entries:
            raise ValueError(f"write a limit: {bounds.example(measure)}")
        levels = {level: at for level in SEVERITIES if (at := root.get(level))}
    found: list[Leveled] = []
    for level, at in levels.items():
        try:
            nodes = [at] if measure.is_per_axis and _is_per_axis(at) else items(at, info)
        except Mistake as mistake:
            checks.problems.catch(mistake)
            continue
        for one in nodes:
            try:
                found.extend((level, axis, limit) for axis, limit in _axes(measure, one))
            except Mistake as mistake:
                checks.problems.catch(mistake)
    _check_order(measure, found, checks.problems)
    return found


def _is_per_axis(node: Tree) -> bool:
    """Whether a list has a number for each axis, rather than several limits."""
    nodes = node.items if isinstance(node, SequenceNode) else []
    texts = [one.text if isinstance(one, ScalarNode) else "+" for one in nodes]
    return len(texts) > 1 and not any(text.startswith(("+", "-")) for text in texts)


def _axes(measure: Measure, node: Tree) -> ByAxis:
    """A limit for every axis, or one for each."""
    nodes = [node]
    if measure.is_per_axis and isinstance(node, SequenceNode):
        nodes = node.items
    elif isinstance(node, ScalarNode) and len(texts := bounds.split(measure, node.text)) > 1:
        nodes = [node.meaning(one) for one in texts]
    limits = [limit(measure, one, measure.limit) for one in nodes]
    try:
        return bounds.by_axis(limits)
    except ValueError as error:
        raise Mistake(node.place, f"{measure.limit}: {error}") from None


def limit(measure: Measure, node: Tree, what: str) -> Limit:
    """A limit of one number, as it is written.

    Raises:
        Mistake: it is none.
    """
    if not isinstance(node, ScalarNode) or node.value is None or isinstance(node.value, bool):
        raise Mistake(node.place, f"{what} is {shown(node)}; write a limit: {bounds.example(measure)}")
    try:
        return bounds.read(measure, node.text, node.place)
    except ValueError as error:
        raise Mistake(node.place, f"{what}: {error}") from None


def _check_order(measure: Measure, found: list[Leveled], problems: Problems) -> None:
    """A warning that only comes when the error does is a slip."""
    absolute = [(level, one) for level, axis, one in found if axis is None and not one.is_relative]
    strictest: dict[Unit, Limit] = {}
    for one in (one for level, one in absolute if level == "error"):
        other = strictest.setdefault(one.unit, one)
        strictest[one.unit] = other if _is_as_strict(measure, other, one) else one
    for one in (one for level, one in absolute if level == "warn"):
        error = strictest.get(one.unit)
        if error and one.place and _is_as_strict(measure, error, one):
            text = f"{measure.limit}: a warning at {one.text} comes too late, {error.text} is an error"
            problems.add(one.place, text)


def _is_as_strict(measure: Measure, one: Limit, other: Limit) -> bool:
    """Whether whatever breaks the other limit breaks the one as well; both are absolute."""
    low, high = (one, other) if measure.less_is_better else (other, one)
    return low.amount.value <= high.amount.value


# -- schema -------------------------------------------------------------------------------------------------

_NUMBER = r"([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][+-]?[0-9]+)?"
_SUFFIXES = {"elements": "([kKMGTP]|[kKMGT]B|[KMGT]iB)?", "share": "%?"}
"""Unit -> what may stand behind a number; for every other one, a prefix."""


def _schema(measure: Measure) -> Schema:
    """One limit or several, or those of each level. Percentages have a sign where nothing is a share."""
    number = {"type": "number"} if measure.unit == "share" else {"type": "integer"}
    axes = f"( ?x ?{_NUMBER}){{0,2}}" if measure.is_per_axis else ""
    suffix = _SUFFIXES.get(measure.unit, "[kKMGTP]?")
    amount = rf"^ *([+-]? ?{_NUMBER} ?{suffix}{axes}|[+-] ?{_NUMBER} ?%) *$"
    limit: Schema = {"anyOf": [number, {"type": "string", "pattern": amount}]}
    if measure.is_per_axis:
        limit = {"anyOf": [limit, {"type": "array", "items": limit, "minItems": 1, "maxItems": 3}]}
    several: Schema = {"anyOf": [limit, {"type": "array", "items": limit, "minItems": 1}]}
    levels = dict.fromkeys(SEVERITIES, several)
    by_level = {"type": "object", "additionalProperties": False, "properties": levels, "minProperties": 1}
    return {"anyOf": [*several["anyOf"], by_level]}
