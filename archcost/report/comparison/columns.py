"""The cells of a comparison: what each column shows of a network, by the names `--columns` takes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from archcost.analysis.measures import MEASURES
from archcost.report.analysis import columns
from archcost.results.comparison import shapes
from archcost.results.units import DTYPES
from archcost.windows.window import show
from archcost.words.numbers import formatter, percent, size_in_bytes
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.comparison import Comparison, NetworkRow
    from archcost.results.report import Level

HEADINGS = {
    "macs": "MACs",
    "memory_access": "memory access",
    "best_peak": "best peak",
    "field": "receptive field",
}

_WORDS = ("input", "findings")
"""Columns that are no numbers."""

NAMES = (*MEASURES, "weights", *_WORDS)
"""Every column but the first, which is what the network is called."""

DEFAULT = (
    "params",
    "macs",
    "multiplications",
    "weights",
    "activations",
    "peak",
    "field",
    "coverage",
    "depth",
)
"""What a table shows by default; but see `shown`."""

_BYTES = {"weights": "params", "activations": "activations", "peak": "peak", "best_peak": "best_peak"}
"""Columns of memory, and the measure they are bytes of. Memory access is a count of elements."""

_TWINS = {"weights": "params", "multiplications": "macs", "activations": "peak", "best_peak": "peak"}
"""Columns without a factor of their own where the other column has one: it is the same, or near."""


def choose(names: Iterable[str]) -> tuple[str, ...]:
    """Column names as a user lists them, each once.

    Raises:
        UsageError: one that does not exist.
    """
    return tuple(dict.fromkeys(columns.choose(names, NAMES)))


def in_order(found: Comparison, options: WriteOptions) -> list[NetworkRow]:
    """The networks as they were given, or the best in a measure first and those that have none last."""
    rows = list(found.networks)
    if options.sort is None:
        return rows
    name = options.sort
    sign = 1 if MEASURES[name].less_is_better else -1

    def key(row: NetworkRow) -> tuple[bool, float, float]:
        value = row.sight if name == "field" else row.measures[name]
        whole, part = value if isinstance(value, tuple) else (0, value or 0)
        return value is None, sign * whole, sign * part

    return sorted(rows, key=key)


def shown(found: Comparison, options: WriteOptions) -> list[str]:
    """The columns of a table for reading.

    Nobody has to ask for findings that matter. Unless somebody asks, there is no coverage that is 100 %
    everywhere, and there are no multiplications that are the MACs everywhere: the legend says so.
    """
    names = list(options.columns or DEFAULT)
    if options.columns is None:
        if all(row.measures["coverage"] == 1 or not row.fields for row in found.networks):
            names.remove("coverage")
        if all(row.measures["multiplications"] == row.measures["macs"] for row in found.networks):
            names.remove("multiplications")
    if "findings" not in names and any(map(_findings, found.networks)):
        names.append("findings")
    return names


@dataclass(frozen=True, slots=True)
class ComparisonCells:
    """What the columns show.

    Attributes:
        names: of all columns.
        options: the units and the data type of bytes.
        rows: the networks.
    """

    names: list[str]
    options: WriteOptions
    rows: Sequence[NetworkRow]

    def cell(self, name: str, row: NetworkRow) -> str:
        """A network's number or words; `-` where it has none."""
        match name:
            case "input":
                return shapes(row.inputs).replace("x", "×")
            case "findings":
                return _findings(row)
            case "field":
                return field(row)
            case "coverage":
                known = row.measures["coverage"]
                return "unknown" if known is None and row.fields else share(known)
            case _:
                return self._count(name, row)

    def _count(self, name: str, row: NetworkRow) -> str:
        value = row.measures[_BYTES.get(name, name)]
        if not isinstance(value, int):
            return "-"
        if name not in _BYTES:
            return formatter(self.options.units)(value)
        bound = "≤ " if name == "best_peak" and not row.best_peak_is_exact else ""
        return bound + size_in_bytes(value, DTYPES[self.options.dtype], self.options.units)

    def factor(self, name: str, row: NetworkRow) -> str:
        """A network's number over the base's; empty where none is shown."""
        ratio = _ratio(name, row)
        return f"{factor(Fraction(ratio))}×" if ratio and self.has_factor(name) else ""

    def has_factor(self, name: str) -> bool:
        """Whether factors stand beside the numbers of a column: there is a base, and it is not 0."""
        counts = name in _BYTES or (name in MEASURES and MEASURES[name].unit in {"operations", "elements"})
        alone = len(self.rows) == 1 or _TWINS.get(name) in self.names or not are_related(self.rows)
        return counts and not alone and any(_ratio(name, row) for row in self.rows)


def are_related(rows: Sequence[NetworkRow]) -> bool:
    """Whether all networks read tensors of as many axes: a factor from sequences to images says nothing."""
    return len({frozenset(map(len, row.inputs.values())) for row in rows}) == 1


def _ratio(name: str, row: NetworkRow) -> str | None:
    return row.relative.get(_BYTES.get(name, name))


def heading(name: str) -> str:
    """What stands above a column."""
    return HEADINGS.get(name, name)


def is_number(name: str) -> bool:
    """Numbers stand on the right."""
    return name not in _WORDS


def field(row: NetworkRow) -> str:
    """The receptive field that counts; in parentheses that of the last map before all positions are seen."""
    if (seen := row.least_seen) is None:
        return "-"
    before = local_field(row)
    return f"all ({before})" if seen.is_global and seen.size is not None else before


def local_field(row: NetworkRow) -> str:
    """The same without what looks at all positions."""
    if (seen := row.least_seen) is None:
        return "-"
    return "unknown" if seen.size is None else columns.doubt(seen) + show(seen.size)


def share(coverage: float | None) -> str:
    """A share in percent."""
    if coverage is None:
        return "-"
    exact = Fraction(coverage)
    return f"{percent(exact.numerator, exact.denominator).removesuffix('.0')} %"


_SERIOUS: dict[Level, str] = {"error": "error", "warn": "warning"}


def _findings(row: NetworkRow) -> str:
    """How many errors and warnings there are; empty without any."""
    counts = ((row.noticed(level), word) for level, word in _SERIOUS.items())
    return ", ".join(plural(count, word) for count, word in counts if count)


def factor(ratio: Fraction) -> str:
    """A factor in three significant digits; what is not 1 never reads as 1, nor what is not 0 as 0.

    >>> [factor(Fraction(*parts)) for parts in [(17, 144), (589824, 69632), (1, 1), (0, 1), (2**20, 3)]]
    ['0.118', '8.47', '1', '0', '349,525']
    >>> factor(Fraction(10001, 10000)), factor(Fraction(1, 10**6)), factor(Fraction(9999, 1000))
    ('>1', '<0.001', '10.0')
    """
    if ratio.denominator == 1:
        return f"{ratio.numerator:,}"
    if ratio < Fraction(1, 1000):
        return "<0.001"
    decimals = next((2 - power for power in (2, 1, 0, -1, -2) if ratio >= Fraction(10) ** power), 5)
    rounded = _rounded(ratio, decimals)
    if rounded >= Fraction(10) ** (3 - decimals) and decimals:
        decimals -= 1
    if rounded == 1:
        return ">1" if ratio > 1 else "<1"
    return f"{float(rounded):,.{decimals}f}" if decimals else f"{int(rounded):,}"


def _rounded(ratio: Fraction, decimals: int) -> Fraction:
    """Half up."""
    unit = 10**decimals
    return Fraction((2 * ratio.numerator * unit + ratio.denominator) // (2 * ratio.denominator), unit)
