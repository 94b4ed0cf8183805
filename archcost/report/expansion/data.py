"""An expansion for programs: JSON, and CSV with a row per node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.data import JsonDocument, Rows, by_x
from archcost.results.expansion import SCHEMA, ExpandedNode, Expansion
from archcost.results.report import field_text, keys, to_dict

if TYPE_CHECKING:
    from archcost.report.options import WriteOptions


def document(found: Expansion, _options: WriteOptions) -> JsonDocument:
    """The network, its nodes in the order in which they run."""
    return JsonDocument(SCHEMA, "specs", [to_dict(found)])


def rows(found: Expansion, _options: WriteOptions) -> Rows:
    """A row per node."""
    return Rows(keys(ExpandedNode), map(_row, found.nodes))


def _row(node: ExpandedNode) -> dict[str, object]:
    words = {"fields": field_text(node.fields), "inputs": " ".join(node.inputs), "output": by_x(node.output)}
    return to_dict(node) | words
