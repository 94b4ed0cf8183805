"""Receptive fields as Markdown and as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from archcost.escape import markdown, through
from archcost.report.analysis import sentences
from archcost.report.analysis.csv import table
from archcost.report.analysis.markdown import bullets
from archcost.report.fields import changes, close, is_chosen, legend, stack_lines
from archcost.results.report import JSON_NAMES, ReceptiveField, keys, to_dict
from archcost.words.findings import findings as about_findings
from archcost.words.style import Style
from archcost.words.tables import piped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.results.fields import FieldReport, FieldRow
    from archcost.results.report import SeenField


def as_markdown(report: FieldReport, *, quiet: bool = False) -> str:
    """The table of fields, one node closely, stacks, and findings, as GitHub renders them."""
    return through("markdown", report, lambda clean: _markdown(clean, quiet=quiet))


def _markdown(report: FieldReport, *, quiet: bool) -> str:
    title, *lines = close(report)
    found = about_findings(report.findings, Style())
    blocks = [f"## {markdown(sentences.title(report))}"]
    if not quiet:
        blocks.append(bullets([sentences.named(report.inputs)]))
    if not is_chosen(report):
        blocks += ["" if quiet else "\n".join(legend(report)), piped(changes(report))]
    blocks += [f"### {markdown(title[1])}", bullets(f"{what}: {text}" for what, text in lines)]
    blocks += [bullets(map(str.strip, stack_lines(stack))) for stack in report.stacks]
    if found:
        blocks += ["### Findings", bullets(found)]
    return "\n\n".join(filter(None, blocks)) + "\n"


def as_csv(report: FieldReport) -> str:
    """A row for each input of each node at which the field changes."""
    rows = [_flat(report, row, name) for row in report.nodes for name in row.receptive_fields]
    return through("csv", rows, lambda clean: table(_COLUMNS, clean))


_FIELD = tuple(JSON_NAMES.get(name, name) for name in keys(ReceptiveField) if name != "local")
"""Columns of a field, by its keys in JSON; a field inside of it is left out."""

_COLUMNS = (
    *("spec", "network", "path", "kind", "output", "input"),
    *(*_FIELD, "effective_field", "file", "line", "column"),
    *(f"local_{name}" for name in _FIELD if name != "global"),
)


def _flat(report: FieldReport, row: FieldRow, name: str) -> dict[str, object]:
    effective = row.effective_fields.get(name)
    named = {"spec": report.path, "network": report.name, "input": name, "output": _times(row.output)}
    own = {key: getattr(row, key) for key in ("path", "kind", "file", "line", "column")}
    field = row.receptive_fields[name]
    local = {f"local_{key}": value for key, value in _cells(field.local).items()} if field.local else {}
    return (
        named | own | _cells(field) | {"effective_field": _times(effective.size) if effective else ""} | local
    )


def _cells(field: SeenField) -> dict[str, object]:
    """A field by its keys in JSON, numbers per axis in one cell."""
    found = to_dict(field)
    return {key: _times(cast("list[object]", v)) if isinstance(v, list) else v for key, v in found.items()}


def _times(values: Iterable[object]) -> str:
    return "x".join(map(str, values))
