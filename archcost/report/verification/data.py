"""A verification for programs: JSON, and CSV with a row per node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.data import JsonDocument, Rows, by_x
from archcost.results.report import to_dict
from archcost.results.verification import OPERATIONS, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.verification import NodeProof, Pair, VerifyReport


def document(reports: Sequence[VerifyReport], _options: WriteOptions) -> JsonDocument:
    """Every report."""
    return JsonDocument(SCHEMA, "specs", map(to_dict, reports))


def rows(reports: Sequence[VerifyReport], _options: WriteOptions) -> Rows:
    """A row per node, what was measured beside what was predicted."""
    return Rows(_COLUMNS, (_flat(report, node) for report in reports for node in report.nodes))


_COUNTS = ("params", *OPERATIONS)

_COLUMNS = (
    *("spec", "network", "path", "kind", "agrees", "status", "output", "predicted_output"),
    *(column for name in _COUNTS for column in (name, f"predicted_{name}")),
    *("field_pairs", "wrong_field_pairs", "file", "line", "column"),
)


_OWN = ("path", "kind", "agrees", "status", "file", "line", "column")


def _flat(report: VerifyReport, node: NodeProof) -> dict[str, object]:
    pairs: dict[str, Pair] = {"params": node.params, **node.counts}
    return {
        "spec": report.path,
        "network": report.name,
        **{name: getattr(node, name) for name in _OWN},
        "output": by_x(node.measured_shape),
        "predicted_output": by_x(node.predicted_shape),
        **{name: pairs[name].measured for name in _COUNTS},
        **{f"predicted_{name}": pairs[name].predicted for name in _COUNTS},
        "field_pairs": node.field.pairs,
        "wrong_field_pairs": node.field.wrong,
    }
