"""Reports as CSV: a row per node, exact integers, one header for any number of networks."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from archcost.escape import csv_cell
from archcost.report.analysis.columns import FRACTIONS
from archcost.results.report import COUNTS, FIELD_COLUMNS, LOCAL_COLUMNS, flat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.report.look import Look
    from archcost.results.report import Report

_USUAL = ("kind", "fields", "inputs", "output", *COUNTS, *FIELD_COLUMNS, "file", "line", "column")


def write(reports: Sequence[Report], look: Look) -> str:
    """Every node of every report. `look` may choose and sort the columns; the rest of it is for tables."""
    chosen = [*(_USUAL if look.columns is None else look.columns)]
    if any(report.convention for report in reports):
        chosen += ["convention", "convention_count"]
    chosen += LOCAL_COLUMNS if look.columns is None else ()
    rows = (row for report in reports for row in _rows(report, look.sort))
    return table(["spec", "network", "path", *chosen], rows)


def table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    r"""A header and rows. What a row has beyond the columns is left out, and what it lacks is empty.

    >>> table(["name", "macs"], [{"name": "=1+1", "macs": -3}, {"name": "net", "line": 4}])
    "name,macs\n'=1+1,-3\nnet,\n"
    """
    out = StringIO()
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _rows(report: Report, sort: str | None) -> Iterator[dict[str, object]]:
    totals = report.totals.counts()
    convention = report.convention.heading if report.convention else None
    nodes = report.nodes if sort is None else sorted(report.nodes, key=lambda row: -row.counts()[sort])
    for row in nodes:
        shares = {name: row.counts()[of] / (totals[of] or 1) for name, of in FRACTIONS.items()}
        more = {"place": f"{row.file}:{row.line}", "convention": convention}
        named = {"spec": report.path, "network": report.name}
        yield named | more | flat(row) | shares
