"""Differences for programs: JSON has everything, `archcost-diff/1`, and CSV a row per layer that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.data import JsonDocument, Rows, by_x
from archcost.report.difference.sentences import field_changes
from archcost.results.difference import SCHEMA
from archcost.results.report import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.difference import Diff, Side

_OWN = ("status", "base", "head", "kind", "fields", "base_output", "head_output", "causes")
_PLACE = ("file", "line", "column")


def document(diffs: Sequence[Diff], _options: WriteOptions) -> JsonDocument:
    """Every difference."""
    return JsonDocument(SCHEMA, "diffs", (diff.to_dict() for diff in diffs))


def rows(diffs: Sequence[Diff], _options: WriteOptions) -> Rows:
    """Every layer that differs. A network that came or went as a whole has a row for its totals."""
    specs = (({"base_spec": _name(diff.base), "head_spec": _name(diff.head)}, diff) for diff in diffs)
    found = ({**start, **row} for start, diff in specs for row in _rows(diff))
    return Rows(["base_spec", "head_spec", *_OWN, *COUNTS, *_PLACE], found)


def _name(side: Side | None) -> str:
    if side is None:
        return ""
    return f"{side.revision}:{side.path}" if side.revision else side.path


def _rows(diff: Diff) -> Iterator[Mapping[str, object]]:
    if diff.base is None or diff.head is None:
        sums = {total.measure: total.difference for total in diff.totals if total.measure in COUNTS}
        yield {"status": diff.status, **dict.fromkeys(COUNTS, 0), **sums}
    for node in diff.nodes:
        outputs = {
            "base_output": by_x(node.base_output or ()),
            "head_output": by_x(node.head_output or ()),
        }
        own = {"status": node.status, "base": node.base, "head": node.head, "kind": node.kind}
        why = "; ".join(diff.causes[index].what for index in node.causes)
        place = {"file": node.file, "line": node.line, "column": node.column}
        yield {**own, "fields": field_changes(node), **outputs, "causes": why, **node.counts(), **place}
