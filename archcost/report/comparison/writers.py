"""A comparison as a table for a terminal, as Markdown, CSV and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.analysis.measures import MEASURES
from archcost.escape import code, markdown, through
from archcost.report.analysis.csv import table
from archcost.report.analysis.json import envelope
from archcost.report.analysis.markdown import bullets
from archcost.report.comparison import sentences as words
from archcost.report.comparison.columns import Cells, heading, is_number, shown
from archcost.results.comparison import SCHEMA, flat, who
from archcost.results.report import COUNTS, to_dict
from archcost.results.units import DTYPES
from archcost.words.fit import fitted, paragraph
from archcost.words.numbers import formatter
from archcost.words.tables import Head, Table, grid, pipes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from archcost.report.look import Look
    from archcost.results.comparison import BlockRow, Comparison, NetworkRow


def write(found: Comparison, form: str, look: Look) -> str:
    """The comparison as `table`, `json`, `csv` or `markdown`."""
    writers: dict[str, Callable[[Comparison, Look], str]] = {
        "table": _table,
        "json": _json,
        "csv": _csv,
        "markdown": _markdown,
    }
    return through(form, found, lambda clean: writers[form](clean, look))


def _json(found: Comparison, _look: Look) -> str:
    beside = found.to_dict()
    del beside["networks"]
    return envelope(SCHEMA, "networks", map(to_dict, found.networks), beside)


def _in_order(found: Comparison, look: Look) -> list[NetworkRow]:
    """The networks as they were given, or the best in a measure first and those that have none last."""
    rows = list(found.networks)
    if look.sort is None:
        return rows
    name = look.sort
    sign = 1 if MEASURES[name].less_is_better else -1

    def key(row: NetworkRow) -> tuple[bool, float]:
        value = row.measures[name]
        return value is None, sign * (value or 0)

    return sorted(rows, key=key)


# -- tables for reading -----------------------------------------------------------------------------------


def _table(found: Comparison, look: Look) -> str:
    names = shown(found, look)
    blocks = [
        list(words.differing_inputs(found)),
        _networks(found, names, look),
        *(_blocks(found, name, look) for name in _summed(found, look)),
        list(words.mark(found, "*")),
        [] if look.quiet else list(words.facts(found)),
        _titled("findings:", words.findings(found)),
        _titled("declared, not derived:", words.declared(found)),
    ]
    if not look.quiet:
        head = [
            look.style.paint(words.title(found), "bold"),
            *(f"  {line}" for line in words.setting(found)),
        ]
        legend = paragraph(list(words.legend(found, names, look)), look.style.width)
        blocks[:0] = [head, [look.style.paint(line, "dim") for line in legend]]
    text = "".join("\n".join(block) + "\n\n" for block in blocks if block).removesuffix("\n")
    return fitted(text, look.style.width)


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    indented = [f"  {line}" for line in lines]
    return [title, *indented] if indented else []


def _networks(found: Comparison, names: list[str], look: Look) -> list[str]:
    several = len(found.networks) > 1
    cells = Cells(names, look, found.networks)
    rows = [
        [
            *(["*" if row.pareto_optimal else ""] if several else []),
            row.label,
            *(text for name in names for text in _pair(cells, name, row)),
        ]
        for row in _in_order(found, look)
    ]
    heads = [*[Head("")] * several, Head("network", least=12)]
    heads += [head for name, rank in _ranks(names, look) for head in _heads(cells, name, rank)]
    return grid(Table(heads, rows, narrow=True, chooses=True), look.style)


def _ranks(names: Sequence[str], look: Look) -> Iterator[tuple[str, int]]:
    """How long columns stay: parameters and MACs always, others by use, or as they were asked for."""
    order = [name for name in _BY_USE if name in names] if look.columns is None else [*names]
    order += [name for name in names if name not in order]
    for name in names:
        yield name, 0 if name in _STAY else 2 * order.index(name) + 4


_STAY = ("params", "macs")

_BY_USE = ("findings", "peak", "field", "coverage", "weights", "activations")


def _heads(cells: Cells, name: str, rank: int) -> Iterator[Head]:
    """A column and its factors, which are worth less; those of what stays come next to that."""
    least = None if is_number(name) else 12
    yield Head(heading(name), right=is_number(name), rank=rank, least=least, cuts="end")
    if cells.has_factor(name):
        yield Head("", right=True, rank=rank + 3, follows=True, name=f"{heading(name)} ×")


def _pair(cells: Cells, name: str, row: NetworkRow) -> Iterator[str]:
    yield cells.cell(name, row)
    if cells.has_factor(name):
        yield cells.factor(name, row)


def _summed(found: Comparison, look: Look) -> list[str]:
    """The counts that are shown block by block: those among the columns, if there are some."""
    if found.blocks is None:
        return []
    return [name for name in look.columns or () if name in COUNTS] or ["params", "macs"]


def _blocks(found: Comparison, name: str, look: Look) -> list[str]:
    *rows, total = _by_block(found, name, look)
    labels = [row.label for row in _in_order(found, look)]
    heads = [Head(f"{heading(name)} by block", least=12)]
    heads += [Head(label, right=True, rank=i) for i, label in enumerate(labels)]
    return grid(Table(heads, rows, total), look.style)


def _by_block(found: Comparison, name: str, look: Look) -> list[list[str]]:
    """A row per block, a column per network, and the totals."""
    number = formatter(look.units)
    order = _in_order(found, look)

    def cell(block: BlockRow, row: NetworkRow) -> str:
        counts = block.counts[row.label]
        return "-" if counts is None else number(counts[name])

    rows = [[block.path, *(cell(block, row) for row in order)] for block in found.blocks or ()]
    return [*rows, ["total", *(number(int(row.measures[name] or 0)) for row in order)]]


# -- Markdown ---------------------------------------------------------------------------------------------


def _markdown(found: Comparison, look: Look) -> str:
    names = shown(found, look)
    blocks = [
        "\n".join(map(markdown, words.differing_inputs(found))),
        _markdown_networks(found, names, look),
        *(_markdown_blocks(found, name, look) for name in _summed(found, look)),
        "\n".join(words.mark(found, _MARK)),
        "" if look.quiet else bullets(words.facts(found)),
        _section("Findings", words.findings(found)),
        _section("Declared, not derived", words.declared(found)),
    ]
    if not look.quiet:
        blocks[:0] = [
            f"## {markdown(words.title(found))}",
            bullets(words.setting(found)),
            "\n".join(words.legend(found, names, look)),
        ]
    return "".join(f"{block}\n\n" for block in blocks if block).removesuffix("\n")


_MARK = "★"


def _markdown_networks(found: Comparison, names: list[str], look: Look) -> str:
    cells = Cells(names, look, found.networks)
    rows = [
        [_marked(found, row), *(_one_cell(cells, name, row) for name in names)]
        for row in _in_order(found, look)
    ]
    align = ["left", *("right" if is_number(name) else "left" for name in names)]
    return pipes(rows, ["network", *map(heading, names)], align)


def _marked(found: Comparison, row: NetworkRow) -> str:
    optimal = len(found.networks) > 1 and row.pareto_optimal
    return f"{markdown(row.label)} {_MARK}" if optimal else markdown(row.label)


def _one_cell(cells: Cells, name: str, row: NetworkRow) -> str:
    times = cells.factor(name, row)
    return markdown(cells.cell(name, row)) + (f" ({markdown(times)})" if times else "")


def _markdown_blocks(found: Comparison, name: str, look: Look) -> str:
    *rows, total = _by_block(found, name, look)
    return pipes(
        [*([code(path), *cells] for path, *cells in rows), [f"**{cell}**" for cell in total]],
        [f"{heading(name)} by block", *(markdown(row.label) for row in _in_order(found, look))],
        ["left", *["right"] * len(found.networks)],
    )


def _section(name: str, lines: Iterable[str]) -> str:
    text = bullets(lines)
    return f"### {name}\n\n{text}" if text else ""


# -- CSV --------------------------------------------------------------------------------------------------


def _csv(found: Comparison, look: Look) -> str:
    """A row per network; with blocks, a row per network and block. Integers are exact."""
    rows = list(_flat_blocks(found, look) if found.blocks is not None else _flat(found, look))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return table(columns, rows)


def _flat(found: Comparison, look: Look) -> Iterator[dict[str, object]]:
    for row in _in_order(found, look):
        full = flat(row)
        if look.columns is None:
            yield full
        else:
            asked = full | {"weights": int(row.measures["params"] or 0) * DTYPES[look.dtype]}
            rest = {name: value for name, value in full.items() if name not in MEASURES}
            yield rest | {name: asked[name] for name in look.columns if name in asked}


def _flat_blocks(found: Comparison, look: Look) -> Iterator[dict[str, object]]:
    for row in _in_order(found, look):
        for block in found.blocks or ():
            counts: Mapping[str, int] | None = block.counts[row.label]
            if counts is not None:
                names = [name for name in look.columns or COUNTS if name in COUNTS]
                yield who(row) | {"block": block.path} | {n: counts[n] for n in names}
