"""Limits beside what was measured: which are broken, and by how much."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.analysis.facts import fields_seen
from archcost.analysis.measures import MEASURES
from archcost.config.patterns import is_glob, matches_block
from archcost.gate.baseline import fingerprint
from archcost.report.judgement.sentences import amount, amounts
from archcost.results.judgement import LimitResult
from archcost.results.units import DTYPES
from archcost.windows.window import axis_names
from archcost.words.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcost.analysis.facts import Facts
    from archcost.analysis.measures import Measurement
    from archcost.config.configuration import Axis, Budget
    from archcost.results.report import NodeRow


class Part(NamedTuple):
    """What a limit is about: the whole network, a block, or all layers of a kind.

    Attributes:
        scope: a block's path, or `kind conv`; None for the network.
        rows: its nodes; None for all.
    """

    scope: str | None = None
    rows: tuple[NodeRow, ...] | None = None


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


class MeasuredPart(NamedTuple):
    """A number, None if there is none or nobody knows it; and whether it is only a bound of the true one."""

    value: Measurement | None
    upper_bound: bool = False


def measure(budget: Budget, part: Part, facts: Facts) -> MeasuredPart:
    """What a budget limits, in the unit of its measure."""
    name = budget.measure.name
    if part.rows is not None:
        return MeasuredPart(sum(getattr(row, name) for row in part.rows))
    if name in {"field", "coverage"}:
        return _seen(name, budget.axis, facts)
    return MeasuredPart(MEASURES[name].of(facts))


def _seen(name: str, axis: Axis | None, facts: Facts) -> MeasuredPart:
    """The smallest field or coverage, of one axis if there are so many; with what is not known for sure."""
    if any(field.size is None for field in facts.output_fields):
        return MeasuredPart(None)
    output_fields = [s for s in facts.output_fields if s.size and (axis is None or len(s.size) == axis.count)]
    bounds = any(field.upper_bound for field in output_fields)
    if name == "coverage":
        shares = [field.coverage for field in output_fields if field.coverage is not None]
        return MeasuredPart(min(shares, default=None), bounds)
    if axis is None:
        return MeasuredPart(MEASURES[name].of(facts), bounds)
    return MeasuredPart(min((s.size[axis.index] for s in output_fields if s.size), default=None), bounds)


Applied: TypeAlias = "tuple[Budget, LimitResult]"
"""A budget, and what came of it for one part of a network."""


def judge(
    budgets: Iterable[Budget], facts: Facts, base: Facts | None, dtype: str, label: str = ""
) -> Iterator[Applied]:
    """Every budget, with what comes of it for every part of the network it is about.

    Args:
        budgets: those that hold for the network.
        facts: the network.
        base: what it was; None if it was not there.
        dtype: of weights and activations.
        label: what the network is called in fingerprints.
    """
    for budget in budgets:
        limit, key, axis = budget.limit, budget.key, None
        if budget.axis:
            axis = axis_names(budget.axis.count)[budget.axis.index]
        width = DTYPES[dtype] if limit.unit == "bytes" else 1
        before = (
            {part.scope: measure(budget, part, base).value for part in parts(budget, base)} if base else {}
        )
        for part in parts(budget, facts):
            now, was = measure(budget, part, facts), before.get(part.scope)
            # Numbers are in the unit of the limit: also in bytes.
            measured, reference = (None if one is None else one * width for one in (now.value, was))
            allowed = _rounded(budget, limit.against(reference))
            kept = _kept(budget, measured, allowed, upper_bound=now.upper_bound)
            about = (key, part.scope or "", "relative" if limit.is_relative else "absolute", axis or "")
            yield (
                budget,
                LimitResult(
                    budget=key,
                    scope=part.scope,
                    axis=axis,
                    level=budget.level,
                    unit="share" if budget.measure.unit == "share" else limit.unit,
                    measured=measured,
                    limit=allowed,
                    base=reference,
                    text=limit.text,
                    set_at=budget.set_at,
                    kept=kept,
                    fingerprint=None if kept else fingerprint(label, *about),
                ),
            )


def _kept(
    budget: Budget, measured: Measurement | None, limit: Measurement | None, *, upper_bound: bool
) -> bool | None:
    """Whether a limit holds; None if that cannot be said."""
    if measured is None:
        return False
    if limit is None:
        return None
    if budget.measure.less_is_better:
        return measured <= limit
    # What is at most so large may as well be smaller.
    return False if measured < limit else None if upper_bound else True


def raw(result: LimitResult, dtype: str) -> Measurement:
    """What was measured in the unit of its measure, whatever the limit is in; 0 if there is nothing."""
    measured = result.measured or 0
    return measured // DTYPES[dtype] if result.unit == "bytes" else measured


def raw_limit(result: LimitResult, dtype: str) -> Fraction:
    """What is allowed, likewise."""
    return Fraction(result.limit or 0) / (DTYPES[dtype] if result.unit == "bytes" else 1)


def rows_of(budget: Budget, result: LimitResult, facts: Facts) -> tuple[NodeRow, ...] | None:
    """The layers of the part that a result is about; None for the whole network."""
    if result.scope is None:
        return None
    if budget.kind is not None:
        return tuple(row for row in facts.report.nodes if row.kind == budget.kind)
    return facts.blocks[result.scope]


def _rounded(budget: Budget, limit: int | Fraction | None) -> Measurement | None:
    """A limit as numbers of its measure can be: whole for counts, which changes nothing for them."""
    if limit is None or isinstance(limit, int):
        return limit
    if budget.measure.unit == "share":
        # The coverage is the float next to the exact one, and rounding keeps the order.
        return float(limit)
    return floor(limit) if budget.measure.less_is_better else ceil(limit)


def measures(facts: Facts) -> dict[str, Measurement | None]:
    """All numbers of a network, by name."""
    return {name: one.of(facts) for name, one in MEASURES.items()}


# -- in words -----------------------------------------------------------------------------------------------


def sentence(budget: Budget, result: LimitResult, facts: Facts, base: str) -> str:
    """What is measured, and how it stands to the limit. `base` names the base."""
    title, limit = budget.measure.title, budget.limit.text
    along = f" in {result.axis}" if result.axis else ""
    before = _BEFORE if budget.measure.name == "field" and _looks_everywhere(facts) else ""
    what = f"{title}{result.of_scope}{along}{before} {'are' if title.endswith('s') else 'is'}"
    if result.measured is None:
        if any(field.size is None for field in facts.output_fields):
            return f"{what} unknown: not all that is read could be followed, so no limit on it is kept"
        axes = f" of {budget.axis.count} axes" if budget.axis else ""
        return f"{title}{along} is limited, but the network has none{axes}{before}"
    if result.limit is None:
        return f"{what} {amounts(result)[0]}, and {limit} is not judged: there is none at {base}"
    value, allowed = amounts(result)
    if result.kept is None:
        return f"{what} at most {value}: whether it reaches {allowed} cannot be told"
    side = "over" if budget.measure.less_is_better else "short of"
    text = f"{what} {value}, {_excess(result, result.limit)} {side} the limit of {allowed}"
    if budget.limit.is_relative and result.base is not None:
        text += f", {limit} of {amount(result.base, result.unit)} at {base}"
    return text


_BEFORE = " before anything looks at all positions"


def _looks_everywhere(facts: Facts) -> bool:
    """Whether an output sees all positions: a limit is about the map before that, and says so."""
    rows = (facts.row_of.get(tensor.path) for tensor in facts.network.outputs.values())
    return any(seen.is_global for row in rows if row for seen in fields_seen(row, "").values())


def _excess(result: LimitResult, limit: Measurement) -> str:
    """By how much a limit is missed, and what share of it that is."""
    missed = result.missed
    if isinstance(missed, float):
        return f"{100 * missed:.3g} points"
    share = f" ({percent(missed, int(limit))} %)" if limit else ""
    return amount(missed, result.unit) + share
