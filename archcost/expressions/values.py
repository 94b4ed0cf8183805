"""The values of the spec language, and exact arithmetic on them.

A value is a number (an integer, an exact fraction, or a float where a root makes it irrational), a boolean,
a word, or a tuple of values. A boolean is not a number. Lists take part in arithmetic value by value.
"""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable

Value: TypeAlias = "int | Fraction | float | bool | str | tuple[Value, ...]"
Number: TypeAlias = "int | Fraction | float"
Operation: TypeAlias = "Callable[[Value, Value], Value]"


def show(value: Value) -> str:
    """A value as the user writes it.

    >>> show((3, Fraction(3, 4), True, "same"))
    "[3, 0.75, true, 'same']"
    >>> show(Fraction(7, 3))
    '7/3'
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}'"
        case tuple():
            return "[" + ", ".join(map(show, value)) + "]"
        case Fraction():
            return _show_fraction(value)
        case _:
            return str(value)


def _show_fraction(value: Fraction) -> str:
    """In decimals if they end (2 and 5 are the only prime factors of the denominator), else `p/q`."""
    digits, ten = 0, 1
    while ten % value.denominator and digits < 12:
        digits, ten = digits + 1, ten * 10
    if ten % value.denominator:
        return str(value)
    whole, rest = divmod(abs(value.numerator) * (ten // value.denominator), ten)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{rest:0{digits}}" if digits else f"{sign}{whole}"


def number(value: Value, who: str) -> Number:
    """The value if it is a number.

    Raises:
        ExpressionError: it is something else; `who` is the operator or function that needs the number.
    """
    if isinstance(value, bool | str | tuple):
        raise ExpressionError(f"{who} needs numbers, not {show(value)}")
    return value


def elementwise(operate: Callable[..., Value], *values: Value) -> Value:
    """Apply `operate` to lone values; to lists value by value, a lone one standing for every place.

    >>> elementwise(lambda a, b: a + b, (1, 2), 10)
    (11, 12)
    """
    lists = [v for v in values if isinstance(v, tuple)]
    if not lists:
        return operate(*values)
    length = len(lists[0])
    for other in lists:
        if len(other) != length:
            raise ExpressionError(
                f"{show(lists[0])} and {show(other)} differ in length ({length} and {len(other)})"
            )
    rows = zip(*(v if isinstance(v, tuple) else (v,) * length for v in values), strict=True)
    return tuple(elementwise(operate, *row) for row in rows)


def bounded(value: Number, limit: int) -> Number:
    """The number, as an integer if it is whole, unless its integers pass the limit."""
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    if not abs(value) <= limit or (
        isinstance(value, Fraction) and max(abs(value.numerator), value.denominator) > limit
    ):
        raise _too_large(limit)
    return value


def _too_large(limit: int) -> ExpressionError:
    power = limit.bit_length() - 1
    shown = f"2^{power}" if limit == 2**power else str(limit)
    return ExpressionError(f"needs an integer beyond {shown} (the limit `integer`)")


def _divide(a: Number, b: Number) -> Number:
    if isinstance(a, int) and isinstance(b, int) and a % b == 0:
        return a // b
    return a / b if isinstance(a, float) or isinstance(b, float) else Fraction(a) / b


_COMPUTE: dict[str, Callable[[Number, Number], Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def arithmetic(symbol: str, limit: int) -> Operation:
    """What `symbol` does to two values: exact, value by value on lists, refused beyond `limit`.

    >>> arithmetic("/", 2**80)((7, 8), 2)
    (Fraction(7, 2), 4)
    """
    compute = _power(limit) if symbol == "**" else _COMPUTE[symbol]

    def on_numbers(left: Value, right: Value) -> Value:
        a, b = number(left, symbol), number(right, symbol)
        try:
            return bounded(compute(a, b), limit)
        except ZeroDivisionError:
            raise ExpressionError(f"{show(a)} {symbol} {show(b)} divides by zero") from None
        except OverflowError:
            raise ExpressionError(f"{show(a)} {symbol} {show(b)} is too large") from None

    never_fails = symbol in {"+", "-", "*"}
    fails_on_zero = symbol in {"//", "%"}

    def operate(left: Value, right: Value) -> Value:
        # integers, nearly always: the short way is five times faster
        if type(left) is int and type(right) is int and (never_fails or (fails_on_zero and right)):
            value = compute(left, right)
            if -limit <= value <= limit:
                return value
        return elementwise(on_numbers, left, right)

    return operate


def _power(limit: int) -> Callable[[Number, Number], Number]:
    """`a ** b`, exact for whole `b`; its size is judged before it is computed."""

    def compute(a: Number, b: Number) -> Number:
        if isinstance(a, float) or not isinstance(b, int):
            if a < 0 and not isinstance(b, int):
                raise ExpressionError(f"{show(a)} ** {show(b)} is a root of a negative number")
            return float(a) ** float(b)
        # a number of n bits is at least 2 ** (n - 1)
        bits = max(a.numerator.bit_length(), a.denominator.bit_length()) - 1
        if bits * abs(b) >= limit.bit_length():
            raise _too_large(limit)
        return Fraction(a) ** b

    return compute


def sign(symbol: str, value: Value) -> Value:
    """`-x`, or `+x`: the number itself.

    >>> sign("-", (1, 2))
    (-1, -2)
    """

    def on_number(v: Value) -> Value:
        return -number(v, symbol) if symbol == "-" else number(v, symbol)

    return elementwise(on_number, value)


def equal(a: Value, b: Value) -> bool:
    """Whether two values are the same: 2 is 2.0, but 1 is not true.

    >>> equal(1, True), equal((1, 2), (1, Fraction(4, 2)))
    (False, True)
    """
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and a == b


_ORDER: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(symbol: str, a: Value, b: Value) -> bool:
    """`a == b`, `a < b` and the like. Only numbers have an order."""
    if symbol in {"==", "!="}:
        return equal(a, b) == (symbol == "==")
    return _ORDER[symbol](number(a, symbol), number(b, symbol))


def boolean(value: Value, who: str) -> bool:
    """The value if it is a boolean; `who` is the operator that needs it."""
    if not isinstance(value, bool):
        raise ExpressionError(f"{who} needs true or false, not {show(value)}")
    return value


def _divisible(v: Number, d: Number, least: Number, share: Number) -> Number:
    """Round to a multiple of `d`, but not below `share` of `v` (MobileNetV2, Sandler et al. 2018)."""
    value, divisor = Fraction(v), Fraction(d)
    if divisor <= 0 or divisor.denominator != 1:
        raise ExpressionError(f"divisible needs a positive whole divisor, not {show(d)}")
    rounded = max(Fraction(least), math.trunc(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < Fraction(share) * value else rounded


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "ceil": math.ceil,
    "divisible": _divisible,
    "floor": math.floor,
    "max": max,
    "min": min,
    "round": round,
}
"""The functions of the language, on numbers. `round` takes halves to the even neighbour."""


def function(name: str, limit: int) -> Callable[..., Value]:
    """What a function does to values: exact, value by value on lists, refused beyond `limit`.

    >>> function("divisible", 2**80)((34, 36), 8, 8, Fraction(9, 10))
    (32, 40)
    """
    compute = FUNCTIONS[name]

    def on_numbers(*values: Value) -> Value:
        return bounded(compute(*(number(v, name) for v in values)), limit)

    return partial(elementwise, on_numbers)
