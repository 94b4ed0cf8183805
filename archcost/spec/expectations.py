"""The values of an `expect`: what each key may hold, and how exactly it is meant."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from archcost.spec.problems import Mistake
from archcost.spec.template import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.expressions.values import Value
    from archcost.spec.template import Field, Template

KEYS = ("shape", "stride", "receptive_field", "coverage", "params", "macs")

_SUFFIXED = r"([0-9]+)(?:\.([0-9]+))?\s?([kKMGT])"
_SCALE = {"k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def expected(what: str, template: Template, env: Mapping[str, Value]) -> tuple[Value, Fraction]:
    """The number or shape that is expected, and how far off the measured one may be.

    A number with a suffix is meant at its printed precision: `1.2M` is anything within 50,000 of it.

    Raises:
        Mistake: a value this key cannot hold.
    """
    value = template.resolve(env)
    if isinstance(value, str) and what in ("params", "macs") and (match := re.fullmatch(_SUFFIXED, value)):
        whole, decimals, suffix = match[1], match[2] or "", match[3]
        step = Fraction(_SCALE[suffix], 10 ** len(decimals))
        return int(whole + decimals) * step, step / 2
    fits, form = _FORMS[what]
    if not fits(value):
        text = f"expect: {what} is {describe(value)}{template.origin}; it must be {form}"
        raise Mistake(template.place, text)
    return template.value(env), Fraction(0)


def _is_count(value: Field) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Field) -> bool:
    return isinstance(value, (int, Fraction)) and not isinstance(value, bool) and value >= 0


def _is_share(value: Field) -> bool:
    return isinstance(value, (int, Fraction)) and _is_number(value) and value <= 1


def _is_shape(value: Field) -> bool:
    return isinstance(value, tuple) and bool(value) and all(map(_is_count, value))


def _is_per_axis(value: Field) -> bool:
    return bool(value) and all(map(_is_number, value)) if isinstance(value, tuple) else _is_number(value)


_COUNT = (_is_count, "a whole number, or one with a suffix (k, M, G or T): 1.2M")
_PER_AXIS = (_is_per_axis, "a number, or one per axis")
_FORMS: dict[str, tuple[Callable[[Field], bool], str]] = {
    "shape": (_is_shape, "a list of sizes, [channels, height, width]"),
    "stride": _PER_AXIS,
    "receptive_field": _PER_AXIS,
    "coverage": (_is_share, "a number from 0 to 1"),
    "params": _COUNT,
    "macs": _COUNT,
}
