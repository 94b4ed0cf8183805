"""What can be limited: a maximum for everything that costs, a minimum for what a network sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from archcost.analysis.measures import MEASURES
from archcost.config.amounts import read_limit
from archcost.config.model import Axis
from archcost.results.report import COUNTS

if TYPE_CHECKING:
    from archcost.analysis.measures import Measure
    from archcost.config.amounts import Limit
    from archcost.source import Place


class Bound(NamedTuple):
    """One kind of limit: a measure and its side.

    Attributes:
        key: as files name it; flags are the same with hyphens.
        measure: what is limited.
        side: `max` or `min`.
    """

    key: str
    measure: Measure
    side: Literal["max", "min"]

    @property
    def is_of_parts(self) -> bool:
        """Whether a block or a kind has the measure, too: counts add up, the rest is the network's."""
        return self.measure.name in COUNTS

    @property
    def is_per_axis(self) -> bool:
        """Whether it may be given for each spatial axis."""
        return self.measure.unit == "positions"

    @property
    def example(self) -> str:
        """A limit of this kind."""
        return {"positions": "331", "share": "90%", "layers": "50", "elements": "26M"}.get(
            self.measure.unit, "4.2G"
        )

    def split(self, text: str) -> list[str]:
        """The numbers for the axes in one text, `31x63`."""
        texts = text.split("x") if self.is_per_axis else [text]
        return texts if all(texts) else [text]

    def read(self, text: str, place: Place | None = None) -> Limit:
        """A limit of this kind.

        Raises:
            ValueError: it is no amount, or not one of this measure.

        >>> BOUNDS["max_macs"].read("5%")
        Traceback (most recent call last):
        ValueError: 5% of what? Write +5% if it may grow by that much against a base
        """
        limit = read_limit(text, place)
        if complaint := self._refuse(limit):
            raise ValueError(complaint)
        return limit

    def _refuse(self, limit: Limit) -> str | None:
        """Why an amount cannot limit this measure."""
        text, (value, unit), name = limit.text, limit.amount, self.measure.name
        if self.side == "min" and not value and not limit.is_relative:
            return f"{text} limits nothing, every network has that; write {self.example}"
        if unit == "bytes":
            only = ", ".join(m.name for m in MEASURES.values() if m.unit == "elements")
            return (
                None if self.measure.unit == "elements" else f"{text} are bytes, and only {only} have bytes"
            )
        if self.measure.unit == "share":
            return f"{text} is more than {name} can be; write {self.example}" if value > 1 else None
        if unit == "share":
            return None if limit.is_relative else self._unsigned(text)
        if value.denominator != 1:
            return f"{text} is no whole number, and {name} is one; write {self.example}"
        return None

    def _unsigned(self, text: str) -> str:
        sign, verb = ("+", "grow") if self.side == "max" else ("-", "fall")
        return f"{text} of what? Write {sign}{text} if it may {verb} by that much against a base"


def _bound(measure: Measure) -> Bound:
    side = "max" if measure.less_is_better else "min"
    return Bound(f"{side}_{measure.name}", measure, side)


BOUNDS: dict[str, Bound] = {bound.key: bound for bound in map(_bound, MEASURES.values())}
"""Key -> what it limits."""

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
