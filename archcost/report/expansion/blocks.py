"""An expansion for people: a table of nodes."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from archcost.results.report import field_text
from archcost.windows.window import show
from archcost.words.tables import Head, Table
from archcost.words.wording import few_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.report.options import WriteOptions
    from archcost.results.expansion import ExpandedNode, Expansion

_WIDTH = 72
"""Where a table cuts the text of fields; JSON and CSV have all of it."""

_MOST_READ = 24
"""Tensors that are named in a cell: every row of a table is as wide as its widest."""

_HEADS = (
    Head("path", least=12),
    Head("kind", rank=1, least=10, cuts="end"),
    Head("fields", rank=3, least=16, cuts="end"),
    Head("reads", rank=5, least=16, cuts="end"),
    Head("output", rank=2),
    Head("written at", rank=4),
)


def blocks(found: Expansion, _options: WriteOptions) -> Iterator[Table]:
    """The inputs, then every node."""
    inputs = [[name, "input", "", "", show(shape), ""] for name, shape in found.inputs.items()]
    yield Table(_HEADS, [*inputs, *map(_row, found.nodes)])


def _row(node: ExpandedNode) -> list[str]:
    fields = shorten(field_text(node.fields), _WIDTH, placeholder=" …")
    if node.shared:
        fields = f"{fields} (shares {node.shared})".lstrip()
    reads = few_of(node.inputs, _MOST_READ)
    return [node.path, node.kind, fields, reads, show(node.output), f"{node.file}:{node.line}"]
