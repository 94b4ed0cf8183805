"""Our counts beside those of a convention: in a report, and where the difference comes from."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from archcost.analysis.derivation import step
from archcost.analysis.facts import Facts
from archcost.conventions.counting import terms
from archcost.conventions.table import TERMS, find
from archcost.layers import base
from archcost.results.by_convention import ConventionExplanation, KindComparison
from archcost.results.derivation import DerivationStep
from archcost.results.report import ConventionTotal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.conventions.counting import Count
    from archcost.conventions.table import Convention
    from archcost.network import Network, Node
    from archcost.results.report import Report


def labelled(report: Report, network: Network, name: str) -> Report:
    """The report with what a convention counts, by node, by group and in total.

    Raises:
        UsageError: there is no such convention.
    """
    convention = find(name)
    counted = [*Facts.of(network).counts_by(convention).values()]
    sums = _by_group(report, counted)
    rows = zip(report.nodes, counted, strict=True)
    return replace(
        report,
        nodes=tuple(replace(row, convention_count=count.total) for row, count in rows),
        groups=tuple(replace(row, convention_count=sums[row.path]) for row in report.groups),
        convention=_total(convention, counted),
    )


def _by_group(report: Report, counted: Sequence[Count]) -> dict[str, int]:
    """Sums go to the parent alone and then up, so time stays linear."""
    sums = {"": 0} | dict.fromkeys((row.path for row in report.groups), 0)
    for row, count in zip(report.nodes, counted, strict=True):
        sums[row.path.rpartition(".")[0]] += count.total
    for row in reversed(report.groups):
        sums[row.path.rpartition(".")[0]] += sums[row.path]
    return sums


def _total(convention: Convention, counted: Iterable[Count]) -> ConventionTotal:
    parts: dict[str, int] = defaultdict(int)
    kinds: set[str] = set()
    for count in counted:
        kinds.add(count.kind)
        for formula, part in zip(count.rule, count.parts, strict=True):
            parts[formula] += part
    return ConventionTotal(
        name=convention.name,
        unit=convention.unit,
        definition=convention.defined(kinds),
        source=convention.source,
        total=sum(parts.values()),
        parts=dict(parts),
    )


def compare(network: Network, name: str, nodes: Iterable[Node]) -> ConventionExplanation:
    """What a convention counts for some nodes, in written order, and why it is another number than ours.

    Raises:
        UsageError: there is no such convention.
    """
    convention = find(name)
    counts = Facts.of(network).counts_by(convention)
    counted = [(node, counts[node]) for node in nodes]
    ours, count = sum(c.ours for _, c in counted), sum(c.total for _, c in counted)
    return ConventionExplanation(
        name=convention.name,
        unit=convention.unit,
        definition=convention.defined(count.kind for _, count in counted),
        source=convention.source,
        beside=convention.beside,
        ours=ours,
        count=count,
        difference=count - ours,
        steps=tuple(_steps(network, *counted[0], convention)) if len(counted) == 1 else (),
        kinds=_kinds(count for _, count in counted),
    )


def _kinds(counted: Iterable[Count]) -> tuple[KindComparison, ...]:
    alike: dict[tuple[str, tuple[str, ...]], list[Count]] = defaultdict(list)
    for count in counted:
        alike[count.kind, count.rule].append(count)
    found = [_kind(kind, rule, same) for (kind, rule), same in alike.items()]
    return tuple(sorted(found, key=lambda kind: -abs(kind.difference)))


def _kind(kind: str, rule: Sequence[str], same: Sequence[Count]) -> KindComparison:
    ours, count = sum(c.ours for c in same), sum(c.total for c in same)
    return KindComparison(
        kind=kind,
        nodes=len(same),
        formula=" + ".join(rule),
        ours=ours,
        count=count,
        difference=count - ours,
    )


def _steps(network: Network, node: Node, count: Count, convention: Convention) -> Iterator[DerivationStep]:
    """The terms, what they add up to, and what that is more than our count, term by term."""
    values = terms(node, Facts.of(network).cost_of[node]) | {
        convention.name: count.total,
        "difference": count.total - count.ours,
    }
    more = _without(count.rule, convention.same, count.ours)
    used = set(re.findall(r"[a-z_]+", " ".join((*count.rule, more))))
    for name in values:
        if name in used:
            yield DerivationStep(
                name=name, formula="", numbers="", value=values[name], meaning=_MEANINGS.get(name, "")
            )
    said = "" if count.rule else "it has no rule for this kind"
    yield replace(step(convention.name, " + ".join(count.rule), values), meaning=said)
    yield replace(step("difference", more, values), meaning=f"to {convention.beside}")


def _without(rule: Sequence[str], same: str, ours: int) -> str:
    """The sum of a rule's formulas less our count: left out where the rule has it, else taken away."""
    if same not in rule:
        return " + ".join(rule) + (f" - {same}" if ours else "")
    rest = list(rule)
    rest.remove(same)
    return " + ".join(rest)


_MEANINGS: Mapping[str, str] = base.TERMS | TERMS | {"macs": "our count"}
