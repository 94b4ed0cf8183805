"""Receptive fields for programs: JSON, and CSV with a row per input and node."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from archcost.report.data import JsonDocument, Rows, by_x
from archcost.results.fields import SCHEMA
from archcost.results.report import JSON_NAMES, ReceptiveField, keys, to_dict

if TYPE_CHECKING:
    from archcost.report.options import WriteOptions
    from archcost.results.fields import FieldReport, FieldRow
    from archcost.results.report import SeenField


def document(report: FieldReport, _options: WriteOptions) -> JsonDocument:
    """The report."""
    return JsonDocument(SCHEMA, "specs", [to_dict(report)])


def rows(report: FieldReport, _options: WriteOptions) -> Rows:
    """A row for each input of each node at which the field changes."""
    found = (_flat(report, row, name) for row in report.nodes for name in row.receptive_fields)
    return Rows(_COLUMNS, found)


_FIELD = tuple(JSON_NAMES.get(name, name) for name in keys(ReceptiveField) if name != "local")
"""Columns of a field, by its keys in JSON; a field inside of it is left out."""

_COLUMNS = (
    *("spec", "network", "path", "kind", "output", "input"),
    *(*_FIELD, "effective_field", "file", "line", "column"),
    *(f"local_{name}" for name in _FIELD if name != "global"),
)


def _flat(report: FieldReport, row: FieldRow, name: str) -> dict[str, object]:
    effective = row.effective_fields.get(name)
    named = {"spec": report.path, "network": report.name, "input": name, "output": by_x(row.output)}
    own = {key: getattr(row, key) for key in ("path", "kind", "file", "line", "column")}
    field = row.receptive_fields[name]
    local = {f"local_{key}": value for key, value in _cells(field.local).items()} if field.local else {}
    return (
        named | own | _cells(field) | {"effective_field": by_x(effective.size) if effective else ""} | local
    )


def _cells(field: SeenField) -> dict[str, object]:
    """A field by its keys in JSON, numbers per axis in one cell."""
    found = to_dict(field)
    return {key: by_x(cast("list[object]", v)) if isinstance(v, list) else v for key, v in found.items()}
