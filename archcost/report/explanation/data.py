"""An explanation for programs: JSON, `archcost-explanation/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.data import JsonDocument
from archcost.results.explanation import SCHEMA, GroupExplanation, NodeExplanation
from archcost.results.report import to_dict

if TYPE_CHECKING:
    from archcost.report.options import WriteOptions


def document(explained: NodeExplanation | GroupExplanation, _options: WriteOptions) -> JsonDocument:
    """The explanation under `nodes` or `groups`, with every number exact."""
    key = "nodes" if isinstance(explained, NodeExplanation) else "groups"
    return JsonDocument(SCHEMA, key, [to_dict(explained)])
