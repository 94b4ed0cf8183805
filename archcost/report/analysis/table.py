"""A report for a reader at a terminal: the tree of layers, the totals, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.analysis import sentences
from archcost.report.analysis.columns import columns
from archcost.words.findings import findings as about_findings
from archcost.words.fit import fitted, paragraph, wrapped
from archcost.words.tables import Head, Table, grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.report.look import Look
    from archcost.results.report import Report
    from archcost.results.tree import Line


def write(reports: Sequence[Report], look: Look) -> str:
    """The reports one below the other, a blank line between them."""
    return "\n".join(_one(report, look) for report in reports)


def _one(report: Report, look: Look) -> str:
    lines = sentences.lines(report, look)
    blocks = [_table(report, lines, look), *_remarks(report, look)]
    title = look.style.paint(sentences.title(report), "bold")
    if look.quiet:
        blocks[:0] = [[title]]
    else:
        legend = paragraph([*sentences.CONVENTION, *sentences.legend(report, lines, look)], look.style.width)
        head = [title, *(f"  {line}" for line in sentences.setting(report))]
        blocks[:0] = [head, [look.style.paint(line, "dim") for line in legend]]
        blocks[3:3] = [_memory(report, look), list(sentences.heaviest(report, lines))]
    text = "".join("\n".join(block) + "\n\n" for block in blocks if block).removesuffix("\n")
    return fitted(text, look.style.width)


def _table(report: Report, lines: Sequence[Line], look: Look) -> list[str]:
    shown = columns(report, look.shown, look.units)
    repeats = any(line.times > 1 for line in lines)
    rows = [[_name(line, look), *_times(line, repeats), *(c.cell(line) for c in shown)] for line in lines]
    total = ["total", *([""] * repeats), *(c.total() for c in shown)]
    heads = [Head("layer", least=12), *[Head("×", right=True, rank=1)] * repeats]
    ranks = _ranks([c.name for c in shown], usual=look.columns is None)
    heads += [c.head(rank) for c, rank in zip(shown, ranks, strict=True)]
    return grid(Table(heads, rows, total, chooses=True), look.style)


def _ranks(names: Sequence[str], *, usual: bool) -> list[int]:
    """How long columns stay: parameters and MACs always, others by use, or as they were asked for."""
    order = [name for name in _BY_USE if name in names] if usual else [*names]
    order += [name for name in names if name not in order]
    return [0 if name in _STAY else 2 + order.index(name) for name in names]


_STAY = ("params", "macs")

_BY_USE = ("convention_count", "output", "macs_fraction", "kind", "receptive_field", "params_fraction")


def _name(line: Line, look: Look) -> str:
    return line.path if look.sort else "  " * line.level + line.name


def _times(line: Line, repeats: bool) -> list[str]:
    return [str(line.times) if line.times > 1 else ""] if repeats else []


def _memory(report: Report, look: Look) -> list[str]:
    rows = sentences.memory(report, look)
    names, amounts = (max(len(row[i]) for row in rows) for i in (0, 1))
    lines = [f"{name:<{names}}  {amount:>{amounts}}  {meaning}" for name, amount, meaning in rows]
    last = f"{'operations':<{names}}  {sentences.operations(report, look)}"
    hangs = [*[names + amounts + 4] * len(lines), names + 2]
    parts = [wrapped(line, look.style.width, hang) for line, hang in zip([*lines, last], hangs, strict=True)]
    return [line for part in parts for line in part]


def _remarks(report: Report, look: Look) -> list[list[str]]:
    stated = sentences.declared(report.declared, quiet=look.quiet)
    return [
        about_findings(report.findings, look.style),
        ["declared, not derived:", *(f"  {line}" for line in stated)] if stated else [],
    ]
