"""A network after expansion: every node with its path, its layer, what it reads, and where it is written."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from archcost.escape import through
from archcost.layers.given import given, readable
from archcost.report.analysis.csv import table
from archcost.report.analysis.json import envelope
from archcost.results.report import field_text, plain
from archcost.windows.window import show
from archcost.words.tables import Head, Table, grid, piped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.network import Network, Node
    from archcost.words.style import Style

SCHEMA = "archcost-expansion/1"

_WIDTH = 72
"""Where a table cuts the text of fields; JSON and CSV have all of it."""

_COLUMNS: tuple[str, ...] = ("path", "kind", "fields", "inputs", "output", "shared", "file", "line", "column")


def write(network: Network, form: str, style: Style) -> str:
    """The expansion as `table`, `json`, `csv` or `markdown`."""
    if form == "json":
        return _json(network)
    if form == "csv":
        return through(form, [*map(_flat, network)], lambda rows: table(_COLUMNS, rows))
    rows = [*_rows(network)]
    return through(form, rows, _markdown if form == "markdown" else lambda clean: _table(clean, style))


def _json(network: Network) -> str:
    entry: dict[str, object] = {
        "path": network.path,
        "name": network.name,
        "variant": network.variant,
        "vars": {name: readable(value) for name, value in network.variables.items()},
        "inputs": {tensor.path: plain(tensor.output) for tensor in network.inputs},
        "outputs": {name: tensor.path for name, tensor in network.outputs.items()},
        "nodes": [_node(node) for node in network],
    }
    return envelope(SCHEMA, "specs", [entry])


_MOST_READ = 24
"""Tensors that are named in a cell."""


def _node(node: Node) -> dict[str, object]:
    return {
        "path": node.path,
        "kind": node.kind,
        "fields": given(node),
        "inputs": [source.path for source in node.inputs],
        "output": plain(node.output),
        "shared": _shared(node) or None,
        "file": node.place.source.name,
        "line": node.place.line,
        "column": node.place.column,
    }


def _shared(node: Node) -> str:
    """The set of weights a node shares: what the spec calls it, and the layer inside the item that does."""
    return (node.shared or "").removesuffix(":")


def _flat(node: Node) -> dict[str, object]:
    words = {
        "fields": field_text(given(node)),
        "inputs": " ".join(source.path for source in node.inputs),
        "output": "x".join(map(str, node.output)),
        "shared": _shared(node),
    }
    return _node(node) | words


def _rows(network: Network) -> Iterator[list[str]]:
    for tensor in network.inputs:
        yield [tensor.path, "input", "", "", show(tensor.output), ""]
    for node in network:
        fields = shorten(field_text(given(node)), _WIDTH, placeholder=" …")
        if node.shared:
            fields = f"{fields} (shares {_shared(node)})".lstrip()
        place = f"{node.place.source.name}:{node.place.line}"
        yield [node.path, node.kind, fields, _reads(node), show(node.output), place]


def _reads(node: Node) -> str:
    """What a node reads; of a great many, the first. Every row of a table is as wide as its widest."""
    paths = [source.path for source in node.inputs]
    more = len(paths) - _MOST_READ
    return ", ".join(paths[:_MOST_READ]) + (f" and {more:,} more" if more > 0 else "")


_HEADS = (
    Head("path", least=12),
    Head("kind", rank=1, least=10, cuts="end"),
    Head("fields", rank=3, least=16, cuts="end"),
    Head("reads", rank=5, least=16, cuts="end"),
    Head("output", rank=2),
    Head("written at", rank=4),
)


def _table(rows: Sequence[Sequence[str]], style: Style) -> str:
    return "".join(f"{line}\n" for line in grid(Table(_HEADS, rows), style))


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    return piped(Table(_HEADS, rows)) + "\n"
