"""A report for a reader at a terminal: the tree of layers, the totals, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import SEPARATING_LINE, tabulate

from archcost.report import words
from archcost.report.columns import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.report.model import Report
    from archcost.report.tree import Line
    from archcost.report.words import Look


def write(reports: Sequence[Report], look: Look) -> str:
    """The reports one below the other, a blank line between them."""
    return "\n".join(_one(report, look) for report in reports)


def _one(report: Report, look: Look) -> str:
    lines = words.lines(report, look)
    blocks = [_table(report, lines, look), *_remarks(report, look)]
    title = look.style.paint(words.title(report), "bold")
    if look.quiet:
        blocks[:0] = [[title]]
    else:
        legend = [*words.CONVENTION, *words.legend(report, lines, look)]
        head = [title, *(f"  {line}" for line in words.setting(report))]
        blocks[:0] = [head, [look.style.paint(line, "dim") for line in legend]]
        blocks[3:3] = [_memory(report, look), list(words.heaviest(report, lines))]
    return "".join("\n".join(block) + "\n\n" for block in blocks if block).removesuffix("\n")


def _table(report: Report, lines: Sequence[Line], look: Look) -> list[str]:
    shown = columns(report, look.shown, look.units)
    repeats = any(line.times > 1 for line in lines)
    rows = [[_name(line, look), *_times(line, repeats), *(c.cell(line) for c in shown)] for line in lines]
    total = ["total", *([""] * repeats), *(c.total() for c in shown)]
    text = tabulate(
        [*rows, SEPARATING_LINE, total],
        headers=["layer", *(["×"] * repeats), *(c.heading for c in shown)],
        tablefmt="simple",
        colalign=["left", *(["right"] * repeats), *("right" if c.is_number else "left" for c in shown)],
        disable_numparse=True,
        preserve_whitespace=True,
    )
    head, *body, last = [line.rstrip() for line in text.splitlines()]
    return [look.style.paint(head, "bold"), *body, look.style.paint(last, "bold")]


def _name(line: Line, look: Look) -> str:
    return line.path if look.sort else "  " * line.level + line.name


def _times(line: Line, repeats: bool) -> list[str]:
    return [str(line.times) if line.times > 1 else ""] if repeats else []


def _memory(report: Report, look: Look) -> list[str]:
    rows = words.memory(report, look)
    names, amounts = (max(len(row[i]) for row in rows) for i in (0, 1))
    lines = [f"{name:<{names}}  {amount:>{amounts}}  {meaning}" for name, amount, meaning in rows]
    return [*lines, f"{'operations':<{names}}  {words.operations(report, look)}"]


def _remarks(report: Report, look: Look) -> list[list[str]]:
    stated = [words.declared(layer) for layer in report.declared]
    return [
        words.findings(report.findings, look.style),
        ["declared, not derived:", *(f"  {line}" for line in stated)] if stated else [],
    ]
