"""Words as sentences have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def in_a_row(values: Iterable[object]) -> str:
    """One after the other; there must be one.

    >>> in_a_row(["name", "input", "layers"]), in_a_row([3])
    ('name, input and layers', '3')
    """
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}" if first else last


def plural(count: int, noun: str) -> str:
    """A number of things.

    >>> plural(1, "spec"), plural(2, "spec")
    ('1 spec', '2 specs')
    """
    return f"{count} {noun}{'s' * (count != 1)}"
