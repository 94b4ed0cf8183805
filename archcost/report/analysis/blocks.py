"""A report for people: the tree of layers, the totals, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.escape import code, markdown
from archcost.report.analysis import sentences
from archcost.report.analysis.columns import columns, shown
from archcost.report.blocks import Either, Findings, Legend, Section, Sentences, Title
from archcost.words.fit import wrapped
from archcost.words.tables import Head, Table, grid, pipes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcost.report.blocks import Block
    from archcost.report.options import WriteOptions
    from archcost.results.report import Report
    from archcost.results.tree import TableRow
    from archcost.words.style import Style


def blocks(reports: Iterable[Report], options: WriteOptions) -> Iterator[Block]:
    """The reports one below the other."""
    for report in reports:
        yield from _one(report, options)


def _one(report: Report, options: WriteOptions) -> Iterator[Block]:
    lines = sentences.lines(report, options)
    yield Title(sentences.title(report), () if options.quiet else sentences.setting(report))
    if not options.quiet:
        yield Legend([*sentences.CONVENTION, *sentences.legend(report, lines, options)])
    yield Either(
        lambda: grid(_table(report, lines, options), options.style), lambda: _piped(report, lines, options)
    )
    if not options.quiet:
        memory, operations = sentences.memory(report, options), sentences.operations(report, options)
        yield Either(
            lambda: _aligned(memory, operations, options.style), lambda: _memory_piped(memory, operations)
        )
        yield Sentences([*sentences.heaviest(report, lines), *sentences.masks(report, options)])
    yield Findings(report.findings)
    yield Section("Declared, not derived", sentences.declared(report.declared, quiet=options.quiet))


def _table(report: Report, lines: Sequence[TableRow], options: WriteOptions) -> Table:
    cells = columns(report, shown(options), options.units)
    repeats = any(line.times > 1 for line in lines)
    rows = [[_name(line, options), *_times(line, repeats), *(c.cell(line) for c in cells)] for line in lines]
    total = ["total", *([""] * repeats), *(c.total() for c in cells)]
    heads = [Head("layer", least=12), *[Head("×", right=True, rank=1)] * repeats]
    ranks = _ranks([c.name for c in cells], usual=options.columns is None)
    heads += [c.head(rank) for c, rank in zip(cells, ranks, strict=True)]
    return Table(heads, rows, total, chooses=True)


def _ranks(names: Sequence[str], *, usual: bool) -> list[int]:
    """How long columns stay: parameters and MACs always, others by use, or in the order of `--columns`."""
    order = [name for name in _BY_USE if name in names] if usual else [*names]
    order += [name for name in names if name not in order]
    return [0 if name in _STAY else 2 + order.index(name) for name in names]


_STAY = ("params", "macs")

_BY_USE = ("convention_count", "output", "macs_fraction", "kind", "receptive_field", "params_fraction")


def _name(line: TableRow, options: WriteOptions) -> str:
    return line.path if options.sort else "  " * line.level + line.name


def _times(line: TableRow, repeats: bool) -> list[str]:
    return [str(line.times) if line.times > 1 else ""] if repeats else []


def _aligned(memory: Sequence[Sequence[str]], operations: str, style: Style) -> list[str]:
    names, amounts = (max(len(row[i]) for row in memory) for i in (0, 1))
    lines = [f"{name:<{names}}  {amount:>{amounts}}  {meaning}" for name, amount, meaning in memory]
    last = f"{'operations':<{names}}  {operations}"
    hangs = [*[names + amounts + 4] * len(lines), names + 2]
    parts = [wrapped(line, style.width, hang) for line, hang in zip([*lines, last], hangs, strict=True)]
    return [line for part in parts for line in part]


# -- Markdown -----------------------------------------------------------------------------------------------


def _piped(report: Report, lines: Sequence[TableRow], options: WriteOptions) -> str:
    cells = columns(report, shown(options), options.units)
    rows = [
        [
            code(line.path) + (f" ×{line.times}" if line.times > 1 else ""),
            *(c.cell(line) if c.is_number else markdown(c.cell(line)) for c in cells),
        ]
        for line in lines
    ]
    total = ["**total**", *(f"**{cell}**" if cell else "" for cell in (c.total() for c in cells))]
    align = ["left", *("right" if c.is_number else "left" for c in cells)]
    return pipes([*rows, total], ["layer", *(c.heading for c in cells)], align)


def _memory_piped(memory: Sequence[Sequence[str]], operations: str) -> str:
    table = [(name, amount, markdown(meaning)) for name, amount, meaning in memory]
    text = pipes(table, ["memory", "bytes", "meaning"], ["left", "right", "left"])
    return f"{text}\n\nOperations: {operations}."
