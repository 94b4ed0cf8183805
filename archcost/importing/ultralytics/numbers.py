"""The numbers of a row: as Python has them, and as a spec does."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archcost.importing.ultralytics.rows import Row, Value

LARGEST = 10**6
"""Channels, classes, sizes of kernels and the like."""


class Number(NamedTuple):
    """A whole number that scales may change.

    Attributes:
        text: as a spec has it, without `$`: a number or the name of a variable.
        values: what it is, by scale.
    """

    text: str
    values: tuple[int, ...]

    @property
    def written(self) -> str:
        """As the value of a field."""
        return self.text if self.text.isdigit() else f"${self.text}"


def integer(row: Row, value: Value, what: str, least: int = 1) -> int:
    """A whole number.

    Raises:
        ModelFileError: it is none, or out of bounds.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST:
        row.fail(f"{what}: a whole number from {least} to {LARGEST:,} is followed, not {value}")
    return value


def truth(row: Row, value: Value, what: str) -> bool:
    """A truth value.

    Raises:
        ModelFileError: it is none.
    """
    return value if isinstance(value, bool) else row.fail(f"{what}: True or False is followed, not {value}")


def share(row: Row, value: Value, of: Number) -> str:
    """A share of channels, rounded down, as the value of a field.

    Raises:
        ModelFileError: it is none, or Python would round it otherwise.
    """
    if isinstance(value, bool) or not isinstance(value, int | Fraction) or not 0 < value <= 100:
        row.fail(f"a share of the channels must be a number above 0, not {value}")
    part = Fraction(value)
    for channels in of.values:
        if int(channels * float(part)) != channels * part // 1 or channels * part < 1:
            row.fail(f"{float(part)} of {channels} is rounded otherwise by Python, or nothing is left")
    if part.numerator == 1 and part.denominator > 1:
        return f"$({of.text}//{part.denominator})"
    return of.written if part == 1 else f"$(floor({_decimal(part)}*{of.text}))"


def _decimal(part: Fraction) -> str:
    return str(part.numerator) if part.denominator == 1 else repr(float(part))
