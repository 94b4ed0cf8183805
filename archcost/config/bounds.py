"""What can be limited: a maximum for everything that costs, a minimum for what a network sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archcost.analysis.measures import MEASURES
from archcost.config.amounts import read_limit
from archcost.config.configuration import Axis

if TYPE_CHECKING:
    from archcost.analysis.measures import Measure
    from archcost.config.amounts import Limit
    from archcost.source import Place


BOUNDS: dict[str, Measure] = {measure.limit: measure for measure in MEASURES.values()}
"""What a limit is called -> what it limits."""

_EXAMPLES = {"positions": "331", "share": "90%", "layers": "50", "elements": "26M", "operations": "4.2G"}


def example(measure: Measure) -> str:
    """A limit of a measure."""
    return _EXAMPLES[measure.unit]


def split(measure: Measure, text: str) -> list[str]:
    """The numbers for the axes in one text, `31x63`."""
    texts = text.split("x") if measure.is_per_axis else [text]
    return texts if all(texts) else [text]


def read(measure: Measure, text: str, place: Place | None = None) -> Limit:
    """A limit of a measure.

    Raises:
        ValueError: it is no amount, or not one of this measure.

    >>> read(BOUNDS["max_macs"], "5%")
    Traceback (most recent call last):
    ValueError: 5% of what? Write +5% if it may grow by that much against a base
    """
    limit = read_limit(text, place)
    if complaint := _refuse(measure, limit):
        raise ValueError(complaint)
    return limit


def _refuse(measure: Measure, limit: Limit) -> str | None:
    """Why an amount cannot limit a measure."""
    text, (value, unit), name = limit.text, limit.amount, measure.name
    if not measure.less_is_better and not value and not limit.is_relative:
        return f"{text} limits nothing, every network has that; write {example(measure)}"
    if unit == "bytes":
        only = ", ".join(m.name for m in MEASURES.values() if m.unit == "elements")
        return None if measure.unit == "elements" else f"{text} are bytes, and only {only} have bytes"
    if measure.unit == "share":
        return f"{text} is more than {name} can be; write {example(measure)}" if value > 1 else None
    if unit == "share" and not limit.is_relative:
        sign, verb = ("+", "grow") if measure.less_is_better else ("-", "fall")
        return f"{text} of what? Write {sign}{text} if it may {verb} by that much against a base"
    if unit != "share" and value.denominator != 1:
        return f"{text} is no whole number, and {name} is one; write {example(measure)}"
    return None


ByAxis: TypeAlias = "list[tuple[Axis | None, Limit]]"
"""Limits with the axis each is for; None is every axis."""


def by_axis(limits: list[Limit]) -> ByAxis:
    """A lone limit holds for every axis, several hold for one each.

    Raises:
        ValueError: there are more of them than axes, or none.
    """
    if not 1 <= len(limits) <= 3:
        raise ValueError(f"{len(limits)} numbers, but there are one, two or three spatial axes")
    if len(limits) == 1:
        return [(None, limits[0])]
    return [(Axis(index, len(limits)), limit) for index, limit in enumerate(limits)]
