"""The columns a table can have, by the names `--columns` and `--sort` take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcost.errors import UsageError
from archcost.results.report import COUNTS, field_text
from archcost.windows.window import show
from archcost.words.numbers import formatter, percent, share_percent
from archcost.words.suggest import suggest
from archcost.words.tables import Head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.comparison import OutputField
    from archcost.results.report import ReceptiveField, Report, SeenField
    from archcost.results.tree import TableRow
    from archcost.words.numbers import Units

_HEADERS = {
    "macs": "MACs",
    "params_fraction": "%",
    "macs_fraction": "%",
    "memory_access": "memory access",
    "intensity": "MACs per element",
    "receptive_field": "receptive field",
    "receptive_field_stride": "field stride",
}


_SHARES = {"params_fraction": "params %", "macs_fraction": "MACs %"}


def _fields(line: TableRow) -> str:
    return field_text(line.node.fields) if line.node else ""


def _inputs(line: TableRow) -> str:
    return ", ".join(line.node.inputs) if line.node else ""


def _place(line: TableRow) -> str:
    return f"{line.node.file}:{line.node.line}" if line.node else ""


def _field(line: TableRow) -> str:
    return _per_input(line, field_size)


def _stride(line: TableRow) -> str:
    return _per_input(line, lambda field: "×".join(field.stride or ()))


def _per_input(line: TableRow, text: Callable[[SeenField], str]) -> str:
    row = line.last
    if row.receptive_fields is not None:
        return ", ".join(f"{name} {text(field)}" for name, field in row.receptive_fields.items())
    return text(row.receptive_field) if row.receptive_field else ""


def field_size(field: SeenField) -> str:
    """A receptive field in a few words: its size, and how much of it is read if there are holes.

    A field that is the whole input because of an operation over all positions is `all`. In parentheses stand
    the share of it that is read, if that is not all, and the field that ignores such operations.
    """
    if field.size is None:
        return "unknown"
    sure = doubt(field)
    share = f"{share_percent(field.coverage, field.size)} %" if field.holes else ""
    beside = [share, field_size(field.local) if field.local else ""]
    more = f" ({'; '.join(filter(None, beside))})" if any(beside) else ""
    return f"{sure}{'all' if field.is_global else show(field.size)}{more}"


def doubt(field: ReceptiveField | OutputField) -> str:
    """What stands before a field that is not exact."""
    return "~ " if field.certainty == "nominal" else "≤ " if field.upper_bound else ""


_TEXTS: dict[str, Callable[[TableRow], str]] = {
    "kind": lambda line: line.kind,
    "fields": _fields,
    "inputs": _inputs,
    "output": lambda line: show(line.last.output),
    "receptive_field": _field,
    "receptive_field_stride": _stride,
    "place": _place,
}


def text_of(name: str, line: TableRow) -> str:
    """The cell of a column of words."""
    return _TEXTS[name](line)


FRACTIONS = {"params_fraction": "params", "macs_fraction": "macs"}
"""Columns that are a share of a count."""

RATIOS = {"intensity": ("macs", "memory_access")}
"""Columns that divide one count by another: arithmetic intensity is MACs per element moved."""

NAMES = (*_TEXTS, *COUNTS, *FRACTIONS, *RATIOS)
"""Every column but the first, which is the path."""

DEFAULT = ("kind", "output", "receptive_field", "params", "params_fraction", "macs", "macs_fraction")
"""What a table shows by default."""


def shown(options: WriteOptions) -> Sequence[str]:
    """The columns of a table for reading."""
    return DEFAULT if options.columns is None else options.columns


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether it holds numbers, and its cell in a line and in the totals."""

    name: str
    units: Units
    totals: Mapping[str, int]
    header: str = ""

    @property
    def heading(self) -> str:
        """What stands above it."""
        return self.header or _HEADERS.get(self.name, self.name)

    @property
    def is_number(self) -> bool:
        """Numbers stand on the right."""
        return self.name not in _TEXTS

    def head(self, rank: int) -> Head:
        """What stands above it in a table for a terminal, where it stays as `rank` says."""
        least = None if self.is_number else 12
        name = _SHARES.get(self.name, "")
        return Head(self.heading, right=self.is_number, rank=rank, least=least, cuts="end", name=name)

    def cell(self, line: TableRow) -> str:
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
        if self.name in RATIOS:
            over, under = (counts[name] for name in RATIOS[self.name])
            return f"{over / under:.1f}" if over and under else ""
        return formatter(self.units)(counts[self.name])


def columns(report: Report, names: Iterable[str], units: Units) -> list[Column]:
    """The columns of these names, and the one of the convention if the report has one."""
    totals = report.totals.counts()
    chosen = [Column(name, units, totals) for name in names]
    if report.convention:
        total = {"convention_count": report.convention.total}
        chosen.append(Column("convention_count", units, total, report.convention.heading))
    return chosen


ALSO = {"field": "receptive_field", "receptive_field": "field"}
"""The other name of a column: `analyze` and `compare` call the same by two names, and each knows both."""


def choose(names: Iterable[str], known: Sequence[str] = NAMES) -> tuple[str, ...]:
    """Column names as a user lists them, of those that are known.

    Raises:
        UsageError: one that does not exist.

    >>> choose(["kind", "field"]), choose(["receptive_field"], ["field", "macs"])
    (('kind', 'receptive_field'), ('field',))
    """
    chosen = tuple(ALSO.get(name, name) if name not in known else name for name in names)
    for name in chosen:
        if name not in known:
            near = suggest(name, known) or f"; there are {', '.join(known)}"
            raise UsageError(f"--columns: there is no column '{name}'{near}")
    return chosen
