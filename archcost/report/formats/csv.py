"""A result as CSV: exact integers, one header for any number of networks."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from archcost.escape import csv_cell

if TYPE_CHECKING:
    from archcost.report.data import Rows
    from archcost.report.options import WriteOptions


def write(table: Rows, _options: WriteOptions) -> str:
    r"""A header and rows.

    >>> from archcost.report.data import Rows
    >>> from archcost.report.options import USUAL
    >>> write(Rows(["name", "macs"], [{"name": "=1+1", "macs": -3}, {"name": "net", "line": 4}]), USUAL)
    "name,macs\n'=1+1,-3\nnet,\n"
    """
    out = StringIO()
    writer = csv.DictWriter(out, table.columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in table.rows)
    return out.getvalue()
