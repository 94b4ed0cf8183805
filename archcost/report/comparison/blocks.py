"""A comparison for people: a table of networks, which of them are optimal, and why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.escape import markdown
from archcost.report.blocks import Either, Legend, Section, Sentences, Title
from archcost.report.comparison import sentences
from archcost.report.comparison.columns import ComparisonCells, heading, in_order, is_number, shown
from archcost.results.report import COUNTS
from archcost.words.numbers import formatter
from archcost.words.tables import Head, Table, grid, pipes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.blocks import Block
    from archcost.report.options import WriteOptions
    from archcost.results.comparison import BlockRow, Comparison, NetworkRow


def blocks(found: Comparison, options: WriteOptions) -> Iterator[Block]:
    """The networks, block by block with `--depth`, and what is to be said of them."""
    names = shown(found, options)
    if not options.quiet:
        yield Title(sentences.title(found), sentences.setting(found))
        yield Legend(list(sentences.legend(found, names, options)))
    yield Either(
        lambda: sentences.differing_inputs(found),
        lambda: "\n".join(map(markdown, sentences.differing_inputs(found))),
    )
    yield Either(
        lambda: grid(_networks(found, names, options), options.style), lambda: _piped(found, names, options)
    )
    for name in _summed(found, options):
        yield _by_block(found, name, options)
    yield Either(lambda: sentences.mark(found, "*"), lambda: "\n".join(sentences.mark(found, _MARK)))
    if not options.quiet:
        yield Sentences(sentences.facts(found))
    yield Section("Findings", sentences.findings(found))
    yield Section("Declared, not derived", sentences.declared(found))


def _networks(found: Comparison, names: list[str], options: WriteOptions) -> Table:
    several = len(found.networks) > 1
    cells = ComparisonCells(names, options, found.networks)
    rows = [
        [
            *(["*" if row.pareto_optimal else ""] if several else []),
            row.label,
            *(text for name in names for text in _pair(cells, name, row)),
        ]
        for row in in_order(found, options)
    ]
    heads = [*[Head("")] * several, Head("network", least=12)]
    heads += [head for name, rank in _ranks(names, options) for head in _heads(cells, name, rank)]
    return Table(heads, rows, narrow=True, chooses=True)


def _ranks(names: Sequence[str], options: WriteOptions) -> Iterator[tuple[str, int]]:
    """How long columns stay: parameters and MACs always, others by use, or in the order of `--columns`."""
    order = [name for name in _BY_USE if name in names] if options.columns is None else [*names]
    order += [name for name in names if name not in order]
    for name in names:
        yield name, 0 if name in _STAY else 2 * order.index(name) + 4


_STAY = ("params", "macs")

_BY_USE = ("findings", "peak", "field", "coverage", "weights", "activations")


def _heads(cells: ComparisonCells, name: str, rank: int) -> Iterator[Head]:
    """A column and its factors, which are worth less; those of what stays come next to that."""
    least = None if is_number(name) else 12
    yield Head(heading(name), right=is_number(name), rank=rank, least=least, cuts="end")
    if cells.has_factor(name):
        yield Head("", right=True, rank=rank + 3, follows=True, name=f"{heading(name)} ×")


def _pair(cells: ComparisonCells, name: str, row: NetworkRow) -> Iterator[str]:
    yield cells.cell(name, row)
    if cells.has_factor(name):
        yield cells.factor(name, row)


def _summed(found: Comparison, options: WriteOptions) -> list[str]:
    """The counts that are shown block by block: those among the columns, if there are some."""
    if found.blocks is None:
        return []
    return [name for name in options.columns or () if name in COUNTS] or ["params", "macs"]


def _by_block(found: Comparison, name: str, options: WriteOptions) -> Table:
    """A row per block, a column per network, and the totals."""
    number = formatter(options.units)
    order = in_order(found, options)

    def cell(block: BlockRow, row: NetworkRow) -> str:
        counts = block.counts[row.label]
        return "-" if counts is None else number(counts[name])

    rows = [[block.path, *(cell(block, row) for row in order)] for block in found.blocks or ()]
    total = ["total", *(number(int(row.measures[name] or 0)) for row in order)]
    heads = [Head(f"{heading(name)} by block", least=12)]
    heads += [Head(row.label, right=True, rank=i) for i, row in enumerate(order)]
    return Table(heads, rows, total)


# -- Markdown ---------------------------------------------------------------------------------------------


_MARK = "★"


def _piped(found: Comparison, names: list[str], options: WriteOptions) -> str:
    cells = ComparisonCells(names, options, found.networks)
    rows = [
        [_marked(found, row), *(_one_cell(cells, name, row) for name in names)]
        for row in in_order(found, options)
    ]
    align = ["left", *("right" if is_number(name) else "left" for name in names)]
    return pipes(rows, ["network", *map(heading, names)], align)


def _marked(found: Comparison, row: NetworkRow) -> str:
    optimal = len(found.networks) > 1 and row.pareto_optimal
    return f"{markdown(row.label)} {_MARK}" if optimal else markdown(row.label)


def _one_cell(cells: ComparisonCells, name: str, row: NetworkRow) -> str:
    times = cells.factor(name, row)
    return markdown(cells.cell(name, row)) + (f" ({markdown(times)})" if times else "")
