"""Amounts as people write limits: `4.2G`, `8MiB`, `90%`, and `+5%` or `-16` of a base.

The same words mean the same in a configuration and in a flag of the command line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from archcost.source import Place

Unit = Literal["count", "bytes", "share"]

_COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_DECIMAL = {"kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_UNITS: dict[str, tuple[Unit, Fraction]] = {
    **{word: ("count", Fraction(scale)) for word, scale in _COUNTS.items()},
    **{word: ("bytes", Fraction(scale)) for word, scale in (_DECIMAL | _BINARY).items()},
    "%": ("share", Fraction(1, 100)),
}
"""What stands behind a number -> its class, and what it multiplies with. `B` alone may be billions."""

_DIGITS = "[0-9]+(?:_[0-9]+)*"
_NUMBER = rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?[0-9]+)?"
_AMOUNT = re.compile(rf"([+-]?) ?({_NUMBER}) ?([A-Za-z%]*)")
_LONGEST = 60
_LARGEST_EXPONENT = 30


class Amount(NamedTuple):
    """A number that is not negative, and what it counts: things, bytes, or hundredths (a share of 1)."""

    value: Fraction
    unit: Unit


@dataclass(frozen=True, slots=True)
class Limit:
    """What a measure may be at most, or at least.

    Attributes:
        amount: the number; of a relative limit, what it may change by.
        sign: `+` or `-` if it is relative to a base, else nothing.
        text: as it was written.
        place: where; None if it was no file.
    """

    amount: Amount
    sign: Literal["", "+", "-"]
    text: str
    place: Place | None = None

    @property
    def is_relative(self) -> bool:
        """Whether it needs a base."""
        return bool(self.sign)

    @property
    def unit(self) -> Unit:
        """The unit that `against` takes and gives: a share of the base is counted in whatever the base is."""
        return "count" if self.is_relative and self.amount.unit == "share" else self.amount.unit

    def against(self, base: float | Fraction | None) -> int | Fraction | None:
        """The limit as an exact number, never below 0; None if it needs a base and there is none.

        Args:
            base: what the measure is at the base: in bytes if `unit` is bytes, else as it is counted.

        >>> read_limit("+5%").against(1000), read_limit("-16").against(331), read_limit("8MiB").against(None)
        (1050, 315, 8388608)
        """
        value = self.amount.value
        if self.is_relative:
            if base is None:
                return None
            change = value * Fraction(base) if self.amount.unit == "share" else value
            value = max(Fraction(0), Fraction(base) + (change if self.sign == "+" else -change))
        return value.numerator if value.denominator == 1 else value


def read_limit(text: str, place: Place | None = None) -> Limit:
    """A limit, absolute or relative.

    Raises:
        ValueError: it is none; the text quotes it and says what to write.

    >>> read_limit("4.2G").amount, read_limit("+500k").sign
    (Amount(value=Fraction(4200000000, 1), unit='count'), '+')
    >>> read_limit("4,2G")
    Traceback (most recent call last):
    ValueError: '4,2G' is no amount: decimals have a point, 4.2G
    """
    # The minus sign of typography is the one people copy from tables.
    found = _AMOUNT.fullmatch(text.strip().replace("\N{MINUS SIGN}", "-")) if len(text) <= _LONGEST else None
    if found is None or found[3] not in _UNITS or not _is_modest(found[2]):
        raise ValueError(f"'{_short(text)}' is no amount: {_instead(text.strip())}")
    unit, scale = _UNITS[found[3]]
    sign: Literal["", "+", "-"] = "+" if found[1] == "+" else "-" if found[1] else ""
    return Limit(Amount(Fraction(found[2].replace("_", "")) * scale, unit), sign, text.strip(), place)


def _is_modest(number: str) -> bool:
    """Whether a number is of a size that can be written out."""
    exponent = number.lower().partition("e")[2].lstrip("+-").lstrip("0")
    return len(exponent) <= 2 and int(exponent or 0) <= _LARGEST_EXPONENT


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


# -- what was meant -----------------------------------------------------------------------------------------

_FORMS = "write 4.2G, 26M, 8MB, 8MiB, +5% or a whole number"
_LOOSE = re.compile(rf"([+-]? ?{_NUMBER}) ?(.*)", re.DOTALL)
_COUNTED = re.compile(
    r"([kKMGTP]?) ?(macs?|madds?|mult-adds|params?|parameters|elements|operations|ops|flops?)", re.IGNORECASE
)
_LARGE = {"thousand": "k", "mio": "M", "million": "M", "bn": "G", "billion": "G", "trillion": "T"}


def _instead(text: str) -> str:
    """What to write instead of an amount that cannot be read."""
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+", text):
        return f"digits are grouped by underscores, {text.replace(',', '_')}"
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+ ?[A-Za-z%]*", text):
        return f"decimals have a point, {text.replace(',', '.')}"
    loose = _LOOSE.fullmatch(text) if len(text) <= _LONGEST else None
    if loose and not _is_modest(loose[1].strip("+- ")):
        return "it is too large or too small"
    return (loose and _other_unit(loose[1], loose[2])) or _FORMS


def _other_unit(number: str, word: str) -> str | None:
    """The same about a number with a word behind it that is no unit of ours."""
    if word == "B":
        return f"it may be {number} billion or {number} bytes; write {number}G, or bytes in kB and up"
    if re.fullmatch("[kKMGT]b", word):
        return f"{word} are bits; bytes are {number}{word[0]}B"
    if re.fullmatch("[KMGT]i", word):
        return f"write {number}{word}B for bytes, or {number}{word[0]} for a count in thousands"
    if counted := _COUNTED.fullmatch(word):
        if "flop" in word.lower():
            return f"FLOPs mean 1 or 2 per MAC, depending on who counts; limit MACs, {number}{counted[1]}"
        return f"the name of the limit says what is counted, write {number}{counted[1]}"
    unit = _LARGE.get(word.lower()) or next((unit for unit in _UNITS if unit.lower() == word.lower()), None)
    return f"write {number}{unit}" if unit else None
