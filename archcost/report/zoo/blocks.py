"""What ships with archcost, for people: a line each."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from archcost.report.blocks import Either
from archcost.words.fit import cut
from archcost.words.tables import Head, Table, piped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.report.options import WriteOptions
    from archcost.spec.zoo import ZooEntry


def blocks(found: Mapping[str, Sequence[ZooEntry]], options: WriteOptions) -> Iterator[Either]:
    """The entries, whatever they are."""
    rows = [(entry.name, _what(entry)) for entries in found.values() for entry in entries]
    yield Either(
        lambda: [_line(name, what, options.style.width) for name, what in rows],
        lambda: piped(Table([Head("name", least=12), Head("what it is")], rows)),
    )


def _what(entry: ZooEntry) -> str:
    return f"variant of {entry.file.stem}" if entry.variant else entry.note


def _line(name: str, what: str, most: int | None) -> str:
    line = f"{name:<24} "
    if most is None:
        return line + what
    return cut(line + shorten(what, max(most - len(line), 2), placeholder=" …"), most)
