"""What ships with archcost, for programs: JSON, `archcost-zoo/1`, and CSV with a row per network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.data import JsonDocument, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.report.options import WriteOptions
    from archcost.spec.zoo import ZooEntry


def document(found: Mapping[str, Sequence[ZooEntry]], _options: WriteOptions) -> JsonDocument:
    """The entries under the key they come with."""
    ((key, entries),) = found.items()
    return JsonDocument("archcost-zoo/1", key, map(_row, entries))


def rows(found: Mapping[str, Sequence[ZooEntry]], _options: WriteOptions) -> Rows:
    """A row per entry."""
    return Rows(
        ("name", "file", "variant", "note"), [_row(entry) for entries in found.values() for entry in entries]
    )


def _row(entry: ZooEntry) -> dict[str, object]:
    return {"name": entry.name, "file": entry.file.name, "variant": entry.variant, "note": entry.note}
