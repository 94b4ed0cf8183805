"""Networks side by side: their measures, relative to one of them, and which ones no other beats."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, cast, get_args

from archcost.analysis.facts import Facts
from archcost.analysis.measures import MEASURES
from archcost.errors import UsageError
from archcost.expressions.values import show
from archcost.results.comparison import BlockRow, Comparison, NetworkRow, Noticed, shapes
from archcost.results.report import Level, add_up
from archcost.review.labels import Origin, labels
from archcost.review.pareto import dominators
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcost.analysis.measures import Measurement
    from archcost.network import Network
    from archcost.results.report import NodeRow, Report

PARETO = ("params", "macs", "peak", "field", "coverage")
"""What makes a network worth keeping, unless the user says otherwise: what it costs and what it sees."""

_SHOWN = 8
"""Networks that are named where there is none of the name that was given."""


def compare(
    networks: Iterable[Network] | Mapping[str, Network],
    *,
    base: str | None = None,
    pareto: Sequence[str] = PARETO,
    depth: int | None = None,
) -> Comparison:
    """Networks side by side.

    Each network is let go once it is measured, so a sweep may be a generator.

    Args:
        networks: in the order they are to be shown. The keys of a mapping are what they are called; otherwise
            the shortest names are found that tell them apart.
        base: what the network is called that the others are relative to. By default, the first.
        pareto: the measures in which a network must not be beaten; see `archcost.analysis.measures.MEASURES`.
        depth: also sum up the parts whose paths start with as many equal segments.

    Raises:
        UsageError: no networks, a base that is not among them, or a measure that does not exist.

    >>> from archcost import load
    >>> found = compare([load("zoo:plain_3x3"), load("zoo:bottleneck")])
    >>> found.network("bottleneck").relative["params"]
    '17/144'
    >>> found.network("plain_3x3").dominated_by
    'bottleneck'
    """
    pareto = choose(pareto, "pareto")
    if isinstance(networks, Mapping):
        called = cast("Mapping[str, Network]", networks)
        names, given = list(called), called.values()
    else:
        names, given = None, networks
    measured = [measure(network, depth) for network in given]
    return side_by_side(measured, names, base=base, pareto=pareto, depth=depth)


def choose(names: Iterable[str], option: str) -> tuple[str, ...]:
    """Names of measures, each once.

    Raises:
        UsageError: one that does not exist; `option` is what the user gave it to.
    """
    chosen = tuple(dict.fromkeys("field" if name == "receptive_field" else name for name in names))
    for name in chosen:
        if name not in MEASURES:
            near = suggest(name, MEASURES) or f"; there are {', '.join(MEASURES)}"
            raise UsageError(f"{option}: there is no measure '{name}'{near}")
    if not chosen:
        raise UsageError(f"{option}: name at least one measure; there are {', '.join(MEASURES)}")
    return chosen


# -- one network ------------------------------------------------------------------------------------------

Parts = Mapping[str, Mapping[str, int]]
"""The counts of the parts of a network, by the beginning of their paths."""


class MeasuredNetwork(NamedTuple):
    """A network that was measured, and may be forgotten.

    Attributes:
        origin: where it comes from.
        row: all that is known before it stands beside others.
        parts: the sums of its blocks; empty unless they were wanted.
    """

    origin: Origin
    row: NetworkRow
    parts: Parts


def measure(
    network: Network, depth: int | None = None, settings: Mapping[str, str] | None = None
) -> MeasuredNetwork:
    """All measures of a network.

    Args:
        network: the network.
        depth: also sum up the parts whose paths start with as many equal segments.
        settings: the variables that may tell it from others; by default, all.
    """
    facts = Facts.of(network)
    report = facts.report
    if settings is None:
        settings = {name: show(value).strip("'") for name, value in network.variables.items()}
    row = NetworkRow(
        label=facts.label,
        path=report.path,
        name=report.name,
        variant=report.variant,
        vars=report.vars,
        inputs=report.inputs,
        outputs=report.outputs,
        measures={name: one.of(facts) for name, one in MEASURES.items()},
        best_peak_is_exact=report.totals.peak_activations.best_is_exact,
        relative={},
        fields=facts.output_fields,
        pareto_optimal=True,
        dominated_by=None,
        findings=_noticed(report),
        declared=report.declared,
    )
    origin = Origin(report.path, report.name, report.variant, settings, shapes(report.inputs))
    return MeasuredNetwork(origin, row, {} if depth is None else _parts(report, depth))


def _noticed(report: Report) -> tuple[Noticed, ...]:
    """How often each rule spoke, the most severe first."""
    levels: tuple[Level, ...] = get_args(Level)
    return tuple(
        Noticed(rule=rule, level=level, count=count)
        for level in levels
        for rule, count in sorted(Counter(f.rule for f in report.findings if f.level == level).items())
    )


def _parts(report: Report, depth: int) -> Parts:
    members: dict[str, list[NodeRow]] = {}
    for row in report.nodes:
        members.setdefault(".".join(row.path.split(".", depth)[:depth]), []).append(row)
    return {path: add_up(rows) for path, rows in members.items()}


# -- side by side -----------------------------------------------------------------------------------------


def side_by_side(
    measured: Sequence[MeasuredNetwork],
    names: Sequence[str] | None = None,
    *,
    base: str | None = None,
    pareto: Sequence[str] = PARETO,
    depth: int | None = None,
) -> Comparison:
    """Measured networks beside each other; see `compare`.

    Raises:
        UsageError: no networks, a base that is not among them, or a measure that does not exist.
    """
    if not measured:
        raise UsageError("there are no networks to compare")
    called = names or labels([one.origin for one in measured])
    rows = [replace(one.row, label=label) for label, one in zip(called, measured, strict=True)]
    first = _base(base, rows)
    return Comparison(
        base=first.label,
        pareto=choose(pareto, "pareto"),
        networks=_judged([replace(row, relative=_relative(row, first)) for row in rows], pareto),
        depth=depth,
        blocks=None if depth is None else tuple(_blocks(called, [one.parts for one in measured])),
    )


def _base(label: str | None, rows: Sequence[NetworkRow]) -> NetworkRow:
    if label is None:
        return rows[0]
    known = {row.label: row for row in rows}
    if label not in known:
        near = suggest(label, known) or f"; there are {', '.join(list(known)[:_SHOWN])}"
        raise UsageError(f"base '{label}': no network here is called that{near}")
    return known[label]


def _relative(row: NetworkRow, base: NetworkRow) -> dict[str, str | None]:
    """What is counted, over what the base has of it. A share is no count."""
    found: dict[str, str | None] = {}
    for name, measure in MEASURES.items():
        if measure.unit != "share":
            part, whole = row.measures[name], base.measures[name]
            found[name] = str(Fraction(part) / Fraction(whole)) if part is not None and whole else None
    return found


def _judged(rows: Sequence[NetworkRow], pareto: Sequence[str]) -> tuple[NetworkRow, ...]:
    signs = {name: 1 if MEASURES[name].less_is_better else -1 for name in pareto}
    sights = sorted({row.sight for row in rows if row.sight is not None})

    def value(row: NetworkRow, name: str) -> Measurement | None:
        """The number that is compared: of a field its rank, for all positions are more than any size."""
        if name == "field":
            return None if row.sight is None else bisect_left(sights, row.sight)
        return row.measures[name]

    values = ([(value(row, name), sign) for name, sign in signs.items()] for row in rows)
    winners = dominators([tuple(v if v is None else v * sign for v, sign in row) for row in values])
    return tuple(
        row if winner is None else replace(row, pareto_optimal=False, dominated_by=rows[winner].label)
        for row, winner in zip(rows, winners, strict=True)
    )


def _blocks(called: Sequence[str], parts: Sequence[Parts]) -> Iterator[BlockRow]:
    for path in in_order(parts):
        found = {label: own.get(path) for label, own in zip(called, parts, strict=True)}
        yield BlockRow(path=path, counts=found)


def in_order(lists: Iterable[Iterable[str]]) -> list[str]:
    """All the words of several lists, each once: the first list's order, the words of the others inserted.

    A word that is new stands behind the word that it follows in its own list. What a list begins with stands
    before its first word that is known, or at the end.

    >>> in_order([["stem", "filter", "head"], ["stem", "enter", "filter", "leave", "head"]])
    ['stem', 'enter', 'filter', 'leave', 'head']
    """
    following, previous = {"": ""}, {"": ""}  # a ring; between its end and its start is ""
    for words in map(list, lists):
        before = previous[next((word for word in words if word in following), "")]
        for word in words:
            if word not in following:
                after = following[before]
                following[before] = previous[after] = word
                following[word], previous[word] = after, before
            before = word
    return list(_chain(following))


def _chain(following: Mapping[str, str]) -> Iterator[str]:
    word = following[""]
    while word:
        yield word
        word = following[word]
