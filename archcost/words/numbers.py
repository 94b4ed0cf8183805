"""Numbers as people read them. JSON and CSV never come here: their integers are exact."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Units = Literal["si", "raw"]

_PREFIXES = ("", " k", " M", " G", " T", " P", " E", " Z", " Y", " R", " Q")


def si(number: int) -> str:
    """A count in four significant digits with a decimal prefix; below 1000 it is exact.

    >>> si(4_089_184_256), si(999_960), si(840), si(10_275)
    ('4.089 G', '1.000 M', '840', '10.28 k')
    """
    power = min((len(str(number)) - 1) // 3, len(_PREFIXES) - 1)
    if power == 0:
        return str(number)
    decimals = max(0, 4 - (len(str(number)) - 3 * power))
    unit = 10 ** (3 * power - decimals)
    rounded = (number + unit // 2) // unit
    if rounded >= 10**4 and power < len(_PREFIXES) - 1:
        return si(10 ** (3 * power + len(str(rounded)) - 1 - decimals))
    whole = str(rounded)
    text = f"{whole[:-decimals]}.{whole[-decimals:]}" if decimals else whole
    return text + _PREFIXES[power]


def formatter(units: Units) -> Callable[[int], str]:
    """How counts are written: `si` for reading, `raw` for every digit."""
    return si if units == "si" else str


def percent(part: int, whole: int) -> str:
    """A share with one decimal; what is not nothing never reads as nothing, nor a part as the whole.

    >>> percent(1, 3), percent(0, 3), percent(1, 10_000), percent(9_999, 10_000)
    ('33.3', '0', '<0.1', '>99.9')
    """
    if part == 0:
        return "0"
    tenths = (2000 * part + whole) // (2 * whole)
    if tenths == 0:
        return "<0.1"
    if tenths == 1000 and part != whole:
        return ">99.9"
    return f"{tenths // 10}.{tenths % 10}"


def share_read(coverage: float | Fraction, size: Sequence[int]) -> Fraction:
    """A coverage as the fraction it was before it was a float: of a box of `size`, or of a smaller one.

    >>> str(share_read(22 / 26, (2, 13)))
    '11/13'
    """
    return Fraction(coverage).limit_denominator(max(1, prod(size)))


def read_of_all(coverage: float | Fraction, size: Sequence[int], holes: int) -> str:
    """How many positions of a box are read; empty if the emptiest output reads those of a smaller box.

    >>> read_of_all(22 / 26, (2, 13), 4), read_of_all(6 / 10, (2, 13), 4)
    ('22 of 26', '')
    """
    total = prod(size)
    read = total - holes
    return f"{read:,} of {total:,}" if share_read(coverage, size) == Fraction(read, total) else ""


def share_percent(coverage: float | Fraction, size: Sequence[int]) -> str:
    """A coverage in percent, see `percent`.

    >>> share_percent(6 / 10, (2, 13))
    '60.0'
    """
    share = share_read(coverage, size)
    return percent(share.numerator, share.denominator)


def size_in_bytes(elements: int, width: int, units: Units) -> str:
    """Bytes of a tensor's elements, `width` bytes each; MB is a million bytes.

    >>> size_in_bytes(25_557_032, 4, "si"), size_in_bytes(10, 4, "si"), size_in_bytes(10, 4, "raw")
    ('102.2 MB', '40 B', '40 B')
    """
    return in_bytes(formatter(units)(elements * width))


def in_bytes(number: str) -> str:
    """A number in words, of bytes.

    >>> in_bytes("102.2 M"), in_bytes("40")
    ('102.2 MB', '40 B')
    """
    return f"{number}B" if number[-1].isalpha() else f"{number} B"


def duration(seconds: float) -> str:
    """A time in words, to two digits.

    >>> [duration(n) for n in (1, 40, 119, 1510, 40_000, 1e7, 1e12)]
    ['1 second', '40 seconds', '2 minutes', '25 minutes', '11 hours', '120 days', '32,000 years']
    """
    units = [("year", 31_557_600), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)]
    name, length = next((unit for unit in units if seconds >= 1.5 * unit[1]), units[-1])
    number = max(round(seconds / length), min(1, round(seconds)))
    number = round(number, 2 - len(str(number)))
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def listed(numbers: Iterable[int], most: int = 12) -> str:
    """Numbers in a row; of more than `most`, the first and the last of them.

    >>> listed([1, 2, 5]), listed(range(100), most=4)
    ('1, 2, 5', '0, 1, …, 98, 99')
    """
    words = [str(number) for number in numbers]
    if len(words) > most:
        words[most // 2 : -(most // 2)] = ["…"]
    return ", ".join(words)


def apart(measured: int, limit: int | Fraction, units: Units = "si") -> tuple[str, str]:
    """A number and its limit; where rounding would make them one, both have all their digits.

    >>> from fractions import Fraction
    >>> apart(15_470_300_000, 15 * 10**9), apart(15_000_000_001, 15 * 10**9)
    (('15.47 G', '15.00 G'), ('15,000,000,001', '15,000,000,000'))
    >>> apart(8, Fraction(15, 2)), apart(8, Fraction(22, 3)), apart(7, 7)
    (('8', '7.5'), ('8', '7.333…'), ('7', '7'))
    """
    number, bound = (_written(value, formatter(units)) for value in (measured, limit))
    if number != bound or measured == limit:
        return number, bound
    return _written(measured, "{:,}".format), _written(limit, "{:,}".format)


def shares_apart(first: float, second: float) -> tuple[str, str]:
    """Two shares in percent, with as many digits as it takes to tell them apart.

    >>> shares_apart(0.885404, 0.9), shares_apart(0.89999, 0.9), shares_apart(1, 1)
    (('88.54 %', '90 %'), ('89.999 %', '90 %'), ('100 %', '100 %'))
    """
    texts = [(f"{100 * first:.{digits}g} %", f"{100 * second:.{digits}g} %") for digits in range(4, 18)]
    if first == second:
        return texts[0]
    # Neighbours among floats may have the same hundredfold.
    return next((pair for pair in texts if pair[0] != pair[1]), (repr(first), repr(second)))


def _written(number: int | Fraction, write: Callable[[int], str]) -> str:
    """A number with its sign, and what stands behind the point if nothing before it was rounded."""
    size = abs(number)
    whole = size.numerator // size.denominator
    text = write(whole)
    is_exact = text.replace(",", "") == str(whole)
    return "-" * (number < 0) + text + (_decimals(size - whole) if is_exact else "")


def _decimals(part: int | Fraction) -> str:
    """Three digits, and whether there are more."""
    if not part:
        return ""
    thousandths, rest = divmod(1000 * part.numerator, part.denominator)
    return f".{thousandths:03}…" if rest else f".{thousandths:03}".rstrip("0")
