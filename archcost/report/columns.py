"""The columns a table can have, by the names `--columns` and `--sort` take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcost.errors import UsageError
from archcost.geometry import show
from archcost.report.model import COUNTS
from archcost.report.numbers import formatter, percent
from archcost.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archcost.report.numbers import Units
    from archcost.report.tree import Line

_HEADERS = {"params": "params", "macs": "MACs", "params_fraction": "%", "macs_fraction": "%"}

_TEXTS: dict[str, Callable[[Line], str]] = {
    "kind": lambda line: line.kind,
    "fields": lambda line: line.fields,
    "inputs": lambda line: ", ".join(line.inputs),
    "output": lambda line: show(line.output),
    "place": lambda line: line.place,
}

FRACTIONS = {"params_fraction": "params", "macs_fraction": "macs"}
"""Columns that are a share of a count."""

NAMES = (*_TEXTS, *COUNTS, *FRACTIONS)
"""Every column but the first, which is the path."""

DEFAULT = ("kind", "output", "params", "params_fraction", "macs", "macs_fraction")
"""What a table shows unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether it holds numbers, and its cell in a line and in the totals."""

    name: str
    units: Units
    totals: Mapping[str, int]

    @property
    def heading(self) -> str:
        """What stands above it."""
        return _HEADERS.get(self.name, self.name)

    @property
    def is_number(self) -> bool:
        """Numbers stand on the right."""
        return self.name not in _TEXTS

    def cell(self, line: Line) -> str:
        """What one line shows."""
        if self.name in _TEXTS:
            return _TEXTS[self.name](line)
        return self._number(line.counts)

    def total(self) -> str:
        """What the last line shows."""
        return "" if self.name in _TEXTS else self._number(self.totals)

    def _number(self, counts: Mapping[str, int]) -> str:
        if of := FRACTIONS.get(self.name):
            return percent(counts[of], self.totals[of]) if counts[of] else ""
        return formatter(self.units)(counts[self.name])


def choose(names: Iterable[str]) -> tuple[str, ...]:
    """Column names as a user lists them.

    Raises:
        UsageError: one that does not exist.
    """
    chosen = tuple(names)
    for name in chosen:
        if name not in NAMES:
            near = suggest(name, NAMES) or f"; there are {', '.join(NAMES)}"
            raise UsageError(f"--columns: there is no column '{name}'{near}")
    return chosen
