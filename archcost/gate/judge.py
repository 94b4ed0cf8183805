"""Limits beside what was measured: which are broken, and by how much."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

from archcost.analysis.measures import MEASURES
from archcost.config.patterns import is_glob, matches_block
from archcost.results.units import DTYPES
from archcost.windows.window import axis_names
from archcost.words.numbers import apart, in_bytes, percent, shares_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

    from archcost.analysis.facts import Facts
    from archcost.analysis.measures import Measurement
    from archcost.config.model import Axis, Budget
    from archcost.results.report import Level, NodeRow


class Part(NamedTuple):
    """What a limit is about: the whole network, a block, or all layers of a kind.

    Attributes:
        scope: a block's path, or `kind conv`; None for the network.
        rows: its nodes; None for all.
    """

    scope: str | None = None
    rows: tuple[NodeRow, ...] | None = None

    @property
    def of(self) -> str:
        """The part as a sentence has it.

        >>> Part().of, Part("stage.2").of, Part("kind conv").of
        ('', ' of stage.2', ' of all conv layers')
        """
        if self.scope is None:
            return ""
        kind = self.scope.removeprefix("kind ")
        return f" of {self.scope}" if kind == self.scope else f" of all {kind} layers"


WHOLE = Part()


def parts(budget: Budget, facts: Facts) -> Iterator[Part]:
    """The parts of a network that a budget is about; none if it has no such block or layer."""
    nodes = facts.report.nodes
    if budget.kind is not None:
        if rows := tuple(row for row in nodes if row.kind == budget.kind):
            yield Part(f"kind {budget.kind}", rows)
    elif budget.block is not None:
        known = facts.blocks
        for path in known if is_glob(budget.block) else [budget.block]:
            if path in known and matches_block(budget.block, path):
                yield Part(path, known[path])
    else:
        yield WHOLE


class Measured(NamedTuple):
    """A number, whether it is only a bound of the true one, and whether nobody knows the true one."""

    value: Measurement | None
    upper_bound: bool = False
    is_unknown: bool = False


def measure(budget: Budget, part: Part, facts: Facts) -> Measured:
    """What a budget limits, in the unit of its measure."""
    name = budget.bound.measure.name
    if part.rows is not None:
        return Measured(sum(getattr(row, name) for row in part.rows))
    if name in {"field", "coverage"}:
        return _seen(name, budget.axis, facts)
    return Measured(MEASURES[name].of(facts))


def _seen(name: str, axis: Axis | None, facts: Facts) -> Measured:
    """The smallest field or coverage, of one axis if there are so many; with what is not known for sure."""
    if any(field.size is None for field in facts.output_fields):
        return Measured(None, is_unknown=True)
    output_fields = [s for s in facts.output_fields if s.size and (axis is None or len(s.size) == axis.count)]
    bounds = any(field.upper_bound for field in output_fields)
    if axis is None:
        return Measured(MEASURES[name].of(facts), bounds)
    return Measured(min((s.size[axis.index] for s in output_fields if s.size), default=None), bounds)


class Ruling(NamedTuple):
    """A budget, applied to one part of one network. Its numbers are in the unit of the limit: also in bytes.

    Attributes:
        budget: the limit and what it is about.
        part: of the network.
        measured: the number; None if the network has none.
        upper_bound: the true number may be smaller.
        is_unknown: there is a number, and nobody knows it.
        base: the number at the base; None without one.
        limit: what is allowed; None if it waits for a base.
        width: bytes of an element, if the limit is in bytes; else 1.
    """

    budget: Budget
    part: Part
    measured: Measurement | None
    upper_bound: bool
    is_unknown: bool
    base: Measurement | None
    limit: Measurement | None
    width: int

    @property
    def raw(self) -> Measurement:
        """The number in the unit of its measure, whatever the limit is in."""
        measured = self.measured or 0
        return measured // self.width if self.width > 1 else measured

    @property
    def axis(self) -> str | None:
        """The spatial axis it is about; None for all of them."""
        axis = self.budget.axis
        return axis_names(axis.count)[axis.index] if axis else None

    @property
    def kept(self) -> bool | None:
        """Whether the limit holds; None if that cannot be said."""
        if self.measured is None:
            return False
        if self.limit is None:
            return None
        if self.budget.bound.side == "max":
            return self.measured <= self.limit
        # What is at most so large may as well be smaller.
        return False if self.measured < self.limit else None if self.upper_bound else True

    @property
    def missed(self) -> Measurement:
        """How far the number is from its limit; what is not there is 0."""
        return abs((self.measured or 0) - (self.limit or 0))

    @property
    def waits(self) -> bool:
        """Whether it cannot be judged for want of a base."""
        return self.limit is None and self.kept is None

    @property
    def level(self) -> Level:
        """How bad it is that the limit is broken, or cannot be judged."""
        return "warn" if self.waits or self.kept else self.budget.level

    def sentence(self, base: str) -> str:
        """What is measured, and how it stands to the limit. `base` names the base."""
        title = self.budget.bound.measure.title
        along = f" in {self.axis}" if self.axis else ""
        facts = f"{title}{self.part.of}{along} {'are' if title.endswith('s') else 'is'}"
        if self.is_unknown:
            return f"{facts} unknown: not all that is read could be followed, so no limit on it is kept"
        if self.measured is None:
            axis = self.budget.axis
            return f"{facts} limited, but the network has none{f' of {axis.count} axes' if axis else ''}"
        if self.limit is None:
            limit = self.budget.limit.text
            return f"{facts} {self.text(self.measured)}, and {limit} is not judged: there is none at {base}"
        value, limit = self._apart(self.measured, self.limit)
        if self.kept is None:
            return f"{facts} at most {value}: whether it reaches {limit} cannot be told"
        side = "over" if self.budget.bound.side == "max" else "short of"
        return f"{facts} {value}, {self._excess()} {side} the limit of {limit}{self._from_base(base)}"

    def text(self, number: Measurement) -> str:
        """A number of this measure in words."""
        return self._apart(number, number)[0]

    def _apart(self, first: Measurement, second: Measurement) -> tuple[str, str]:
        """Two numbers in words, never the same for different ones."""
        if isinstance(first, float) or isinstance(second, float):
            return shares_apart(first, second)
        texts = apart(first, second)
        return texts if self.budget.limit.unit != "bytes" else (in_bytes(texts[0]), in_bytes(texts[1]))

    def _excess(self) -> str:
        """By how much, and what share of the limit that is."""
        missed = self.missed
        if isinstance(missed, float):
            return f"{100 * missed:.3g} points"
        share = f" ({percent(missed, int(self.limit))} %)" if self.limit else ""
        return self.text(missed) + share

    def _from_base(self, base: str) -> str:
        if not self.budget.limit.is_relative or self.base is None:
            return ""
        return f", {self.budget.limit.text} of {self.text(self.base)} at {base}"


def rulings(budgets: Iterable[Budget], facts: Facts, base: Facts | None, dtype: str) -> Iterator[Ruling]:
    """Every budget, applied to every part of the network it is about."""
    for budget in budgets:
        width = DTYPES[dtype] if budget.limit.unit == "bytes" else 1
        before = {part.scope: measure(budget, part, base) for part in parts(budget, base)} if base else {}
        for part in parts(budget, facts):
            now, was = measure(budget, part, facts), before.get(part.scope, Measured(None))
            reference = None if was.value is None else was.value * width
            yield Ruling(
                budget=budget,
                part=part,
                measured=None if now.value is None else now.value * width,
                upper_bound=now.upper_bound,
                is_unknown=now.is_unknown,
                base=reference,
                limit=_rounded(budget, budget.limit.against(reference)),
                width=width,
            )


def _rounded(budget: Budget, limit: int | Fraction | None) -> Measurement | None:
    """A limit as numbers of its measure can be: whole for counts, which changes nothing for them."""
    if limit is None or isinstance(limit, int):
        return limit
    if budget.bound.measure.unit == "share":
        # The coverage is the float next to the exact one, and rounding keeps the order.
        return float(limit)
    return floor(limit) if budget.bound.side == "max" else ceil(limit)


def measures(facts: Facts) -> dict[str, Measurement | None]:
    """All numbers of a network, by name."""
    return {name: one.of(facts) for name, one in MEASURES.items()}
