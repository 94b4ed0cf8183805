"""Reports as CSV: a row per node, exact integers, one header for any number of networks."""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING

from archcost.report.columns import FRACTIONS
from archcost.report.model import COUNTS, FIELD_COLUMNS, flat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.model import Report
    from archcost.report.words import Look

_USUAL = ("kind", "fields", "inputs", "output", *COUNTS, *FIELD_COLUMNS, "file", "line", "column")


def write(reports: Sequence[Report], look: Look) -> str:
    """Every node of every report. `look` may choose and sort the columns; the rest of it is for tables."""
    chosen = [*(_USUAL if look.columns is None else look.columns)]
    if any(report.convention for report in reports):
        chosen += ["convention", "convention_count"]
    out = StringIO()
    writer = csv.DictWriter(
        out, ["spec", "network", "path", *chosen], extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    for report in reports:
        writer.writerows(_rows(report, look.sort))
    return out.getvalue()


_FORMULA = re.compile(r"[=@+].*|-(?![0-9./]*$).+", re.DOTALL)
"""What a spreadsheet would calculate. A dash and a negative number are none."""


def no_formula(value: object) -> object:
    """A value that no spreadsheet takes for a formula.

    >>> no_formula("=1+1"), no_formula("-x"), no_formula("-0.5"), no_formula("-"), no_formula(-3)
    ("'=1+1", "'-x", '-0.5', '-', -3)
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.fullmatch(value) else value


def _rows(report: Report, sort: str | None) -> Iterator[dict[str, object]]:
    totals = report.totals.counts()
    convention = report.convention.heading if report.convention else None
    nodes = report.nodes if sort is None else sorted(report.nodes, key=lambda row: -row.counts()[sort])
    for row in nodes:
        shares = {name: row.counts()[of] / (totals[of] or 1) for name, of in FRACTIONS.items()}
        more = {"place": f"{row.file}:{row.line}", "convention": convention}
        named = {"spec": no_formula(report.path), "network": no_formula(report.name)}
        yield named | more | flat(row) | shares
