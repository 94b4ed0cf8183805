"""Reports for programs: JSON has everything, `archcost-report/1`, and CSV a row per node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.analysis.columns import FRACTIONS
from archcost.report.data import JsonDocument, Rows
from archcost.results.report import COUNTS, FIELD_COLUMNS, LOCAL_COLUMNS, SCHEMA, flat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.report import Report

_USUAL = ("kind", "fields", "inputs", "output", *COUNTS, *FIELD_COLUMNS, "file", "line", "column")


def document(reports: Sequence[Report], _options: WriteOptions) -> JsonDocument:
    """Every report."""
    return JsonDocument(SCHEMA, "specs", (report.to_dict() for report in reports))


def rows(reports: Sequence[Report], options: WriteOptions) -> Rows:
    """Every node of every report; the columns can be chosen, and the rows sorted."""
    chosen = [*(_USUAL if options.columns is None else options.columns)]
    if any(report.convention for report in reports):
        chosen += ["convention", "convention_count"]
    chosen += LOCAL_COLUMNS if options.columns is None else ()
    found = (row for report in reports for row in _rows(report, options.sort))
    return Rows(["spec", "network", "path", *chosen], found)


def _rows(report: Report, sort: str | None) -> Iterator[dict[str, object]]:
    totals = report.totals.counts()
    convention = report.convention.heading if report.convention else None
    nodes = report.nodes if sort is None else sorted(report.nodes, key=lambda row: -row.counts()[sort])
    for row in nodes:
        shares = {name: row.counts()[of] / (totals[of] or 1) for name, of in FRACTIONS.items()}
        more = {"place": f"{row.file}:{row.line}", "convention": convention}
        named = {"spec": report.path, "network": report.name}
        yield named | more | flat(row) | shares
