"""Where a number comes from: the layers that weigh most, as a sentence."""

from __future__ import annotations

from dataclasses import replace
from heapq import nlargest
from typing import TYPE_CHECKING, NamedTuple

from archcost.analysis.rows import groups
from archcost.network import Input
from archcost.passes.liveness import Plan
from archcost.results import tree
from archcost.results.report import COUNTS
from archcost.windows.window import show, size
from archcost.words.numbers import percent, read_of_all, share_percent, si

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.network import Node
    from archcost.results.report import NodeRow, ReceptiveField, Report

NAMED = 3
"""Layers that are named one by one."""

_FOLDED = 20_000
"""In a larger network equal layers are not looked for: it would take seconds."""


class Heavy(NamedTuple):
    """A layer, or equal ones of a repeat.

    Attributes:
        path: of the layer; with `0…2` in it for equal ones.
        times: how many there are.
        total: what they have together.
    """

    path: str
    times: int
    total: int

    def __str__(self) -> str:
        return f"{self.path} ×{self.times}" if self.times > 1 else self.path


def heaviest(report: Report, rows: Sequence[NodeRow], measure: str, most: int = NAMED) -> list[Heavy]:
    """The layers that have most of a count, the largest first. Equal layers of a repeat are taken together.

    Args:
        report: the analysis the rows come from.
        rows: the part of the network that is meant, or all of it.
        measure: one of `COUNTS`.
        most: how many there may be.

    >>> from archcost import analyze, load
    >>> report = analyze(load("zoo:vgg16"))
    >>> [str(found) for found in heaviest(report, report.nodes, "macs")]
    ['stage.2.1…2.conv ×2', 'stage.3.1…2.conv ×2', 'stage.0.1.conv']
    """
    if len(rows) > _FOLDED:
        each = (Heavy(row.path, 1, getattr(row, measure)) for row in rows)
    else:
        part = replace(report, nodes=tuple(rows), groups=groups(rows))
        lines = tree.lines(part, len(rows) + 1)
        each = (Heavy(line.path, line.times, line.counts[measure]) for line in lines if line.closed)
    return nlargest(most, (found for found in each if found.total), key=lambda found: found.total)


def heaviest_text(facts: Facts, rows: Sequence[NodeRow], measure: str) -> str:
    """What makes a measure as large (or a field as small) as it is; empty if nothing can be said.

    Args:
        facts: the network.
        rows: the part of it that the measure is of; all of its rows for what only a network has.
        measure: a name of `MEASURES`.

    >>> from archcost import load
    >>> from archcost.analysis.facts import Facts
    >>> vgg = Facts.of(load("zoo:vgg16"))
    >>> heaviest_text(vgg, vgg.report.nodes, "params")
    'linear 102.8 M (74.3 %), linear_2 16.78 M (12.1 %), stage.4.0…2.conv ×3 7.079 M (5.1 %)'
    """
    if measure in COUNTS:
        return _layers(facts.report, rows, measure)
    special = {"peak": _peak, "best_peak": _best_peak, "field": _field, "coverage": _coverage}
    return special[measure](facts) if measure in special else ""


def _layers(report: Report, rows: Sequence[NodeRow], measure: str) -> str:
    whole = sum(getattr(row, measure) for row in rows)
    found = heaviest(report, rows, measure)
    return ", ".join(f"{one} {si(one.total)} ({percent(one.total, whole)} %)" for one in found)


# -- what only a network has ------------------------------------------------------------------------------


def _peak(facts: Facts) -> str:
    found = facts.peaks
    return "" if found.at is None else _alive(found.at, found.alive[:-1], "")


def _best_peak(facts: Facts) -> str:
    """The node that needs so much by itself, if there is one: then no order can help."""
    network, plan = facts.network, Plan.of(facts.network)
    needs = [plan.own_need(step) for step in range(len(plan.reads))]
    best = facts.report.totals.peak_activations.best
    if best not in needs:
        return ""
    step = needs.index(best)
    tensors = (*network.inputs, *network.nodes)
    return _alive(
        network.nodes[step], tuple(tensors[t] for t in plan.reads[step] if plan.sizes[t]), " in every order"
    )


def _alive(at: Node, others: Sequence[Node | Input], when: str) -> str:
    """What is there while a node runs: its output, and the largest of the others."""
    named = sorted(others, key=lambda tensor: -size(tensor.output))[:NAMED]
    parts = [] if at.layer.alias else [f"its output {_tensor(at)}"]
    parts += [f"{_role(other, at)} {_tensor(other)}" for other in named]
    if more := len(others) - len(named):
        parts.append(f"{more:,} more")
    listed = ", ".join(parts[:-1]) + " and " * (len(parts) > 1) + parts[-1]
    return f"while {at.path} runs{when}, {listed} are alive"


def _role(tensor: Node | Input, at: Node) -> str:
    if isinstance(tensor, Input):
        return "the network's input" if tensor.path == "input" else f"the network's input {tensor.path}"
    return f"its input {tensor.path}" if tensor in at.inputs else tensor.path


def _tensor(tensor: Node | Input) -> str:
    return f"({show(tensor.output)}, {si(size(tensor.output))})"


def _field(facts: Facts) -> str:
    """The layers that add most to the field."""
    grown = sorted(_growth(facts), key=lambda pair: -pair[0])[:NAMED]
    return ", ".join(f"{path} adds {positions}" for positions, path in grown)


def _growth(facts: Facts) -> Iterator[tuple[int, str]]:
    """By how many positions every layer widens the field of what it reads, along the narrowest axis.

    Only those are named that the field which is judged is made of: what sees more than it leads to no output,
    or to one by way of something that looks at all positions.
    """
    fields = moving_fields(facts.report)
    most = max((min(seen.size) for seen in facts.output_fields if seen.size), default=0)
    for row in facts.report.nodes:
        if (field := fields.get(row.path)) and min(field.size) <= most:
            axis = field.size.index(min(field.size))
            before = [fields[path].size for path in row.inputs if path in fields]
            widest = max((size[axis] for size in before if len(size) > axis), default=1)
            if field.size[axis] > widest:
                yield field.size[axis] - widest, row.path


def moving_fields(report: Report) -> dict[str, ReceptiveField]:
    """By path, what moves along with each node's output: its field in the first input that has one."""
    return {row.path: field for row in report.nodes if (field := _moving(row))}


def _moving(row: NodeRow) -> ReceptiveField | None:
    """The field of the first input that moves along with the output."""
    several = row.receptive_fields or {}
    known = [row.receptive_field] if row.receptive_field else [*several.values()]
    return next((field.moving for field in known if field.moving), None)


def _coverage(facts: Facts) -> str:
    """The first layer that does not read all of its field."""
    for path, field in moving_fields(facts.report).items():
        if field.holes:
            share = share_percent(field.coverage, field.size)
            most = "" if read_of_all(field.coverage, field.size, field.holes) else "up to "
            return f"{path} is the first with holes: it reads {share} % of {most}{show(field.size)} positions"
    return ""
