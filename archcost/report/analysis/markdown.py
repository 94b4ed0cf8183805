"""A report as GitHub renders it: for a pull request's description or a wiki."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.escape import code, markdown
from archcost.report.analysis import sentences
from archcost.report.analysis.columns import columns
from archcost.words.findings import findings as about_findings
from archcost.words.style import Style
from archcost.words.tables import pipes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcost.report.look import Look
    from archcost.results.report import Report
    from archcost.results.tree import Line


def write(reports: Sequence[Report], look: Look) -> str:
    """A section per report."""
    return "\n".join(_one(report, look) for report in reports)


def _one(report: Report, look: Look) -> str:
    lines = sentences.lines(report, look)
    blocks = [f"## {markdown(sentences.title(report))}", _table(report, lines, look), *_remarks(report, look)]
    if not look.quiet:
        legend = [*sentences.CONVENTION, *sentences.legend(report, lines, look)]
        blocks[1:1] = [bullets(sentences.setting(report)), "\n".join(legend)]
        blocks[4:4] = [_memory(report, look), bullets(sentences.heaviest(report, lines))]
    return "".join(f"{block}\n\n" for block in blocks if block).removesuffix("\n")


def _table(report: Report, lines: Sequence[Line], look: Look) -> str:
    shown = columns(report, look.shown, look.units)
    rows = [
        [
            _code(line.path, line.times),
            *(c.cell(line) if c.is_number else markdown(c.cell(line)) for c in shown),
        ]
        for line in lines
    ]
    total = ["**total**", *(f"**{cell}**" if cell else "" for cell in (c.total() for c in shown))]
    align = ["left", *("right" if c.is_number else "left" for c in shown)]
    return pipes([*rows, total], ["layer", *(c.heading for c in shown)], align)


def _code(path: str, times: int) -> str:
    return f"{code(path)} ×{times}" if times > 1 else code(path)


def _memory(report: Report, look: Look) -> str:
    rows = sentences.memory(report, look)
    table = [(name, amount, markdown(meaning)) for name, amount, meaning in rows]
    text = pipes(table, ["memory", "bytes", "meaning"], ["left", "right", "left"])
    return f"{text}\n\nOperations: {sentences.operations(report, look)}."


def _remarks(report: Report, look: Look) -> list[str]:
    findings = bullets(about_findings(report.findings, Style()))
    stated = bullets(sentences.declared(report.declared, quiet=look.quiet))
    sections = {"Findings": findings, "Declared, not derived": stated}
    return [f"### {name}\n\n{text}" for name, text in sections.items() if text]


def fenced(lines: Iterable[str]) -> str:
    r"""Lines as they are, in letters of one width. Nothing in them ends that.

    >>> print(fenced(["a = 1", "```"]))
    ````text
    a = 1
    ```
    ````
    """
    text = "\n".join(line.rstrip() for line in lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def bullets(sentences: Iterable[str]) -> str:
    """A list of sentences."""
    return "\n".join(f"- {markdown(sentence)}" for sentence in sentences)
