"""What programs read of a result: a document for JSON, rows for CSV. Their numbers are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class JsonDocument(NamedTuple):
    """A document of ours.

    Attributes:
        schema: that it follows.
        key: under which its entries stand.
        entries: one per network, mostly.
        beside: what is about all of them; it stands before them.
    """

    schema: str
    key: str
    entries: Iterable[Mapping[str, object]]
    beside: Mapping[str, object] = {}


class Rows(NamedTuple):
    """A table of exact values.

    Attributes:
        columns: their names, in order.
        rows: values by column. What a row has beyond the columns is left out, and what it lacks is empty.
    """

    columns: Sequence[str]
    rows: Iterable[Mapping[str, object]]


def by_x(values: Iterable[object]) -> str:
    """Numbers of several axes in one cell.

    >>> by_x((64, 56, 56))
    '64x56x56'
    """
    return "x".join(map(str, values))
