"""A comparison for programs: JSON, and CSV with a row per network, or per network and block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.analysis.measures import MEASURES
from archcost.report.comparison.columns import in_order
from archcost.report.data import JsonDocument, Rows
from archcost.results.comparison import SCHEMA, flat, who
from archcost.results.report import COUNTS, to_dict
from archcost.results.units import DTYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.report.options import WriteOptions
    from archcost.results.comparison import Comparison


def document(found: Comparison, _options: WriteOptions) -> JsonDocument:
    """The networks; what is about all of them stands before them."""
    beside = found.to_dict()
    del beside["networks"]
    return JsonDocument(SCHEMA, "networks", map(to_dict, found.networks), beside)


def rows(found: Comparison, options: WriteOptions) -> Rows:
    """A row per network; with blocks, a row per network and block. Integers are exact."""
    flat_rows = list(_flat_blocks(found, options) if found.blocks is not None else _flat(found, options))
    return Rows(list(dict.fromkeys(name for row in flat_rows for name in row)), flat_rows)


def _flat(found: Comparison, options: WriteOptions) -> Iterator[dict[str, object]]:
    for row in in_order(found, options):
        full = flat(row)
        if options.columns is None:
            yield full
        else:
            known = full | {"weights": int(row.measures["params"] or 0) * DTYPES[options.dtype]}
            rest = {name: value for name, value in full.items() if name not in MEASURES}
            yield rest | {name: known[name] for name in options.columns if name in known}


def _flat_blocks(found: Comparison, options: WriteOptions) -> Iterator[dict[str, object]]:
    for row in in_order(found, options):
        for block in found.blocks or ():
            counts = block.counts[row.label]
            if counts is not None:
                names = [name for name in options.columns or COUNTS if name in COUNTS]
                yield who(row) | {"block": block.path} | {n: counts[n] for n in names}
