"""The values of an `expect`: what each key may hold, and how exactly it is meant."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from archcost.spec.problems import Mistake
from archcost.spec.template import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.expressions import Value
    from archcost.spec.template import Template

KEYS = ("shape", "stride", "receptive_field", "coverage", "params", "macs")

_SUFFIXED = re.compile(r"([0-9]+)(?:\.([0-9]+))?\s?([kKMGT])")
_SCALE = {"k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def expected(what: str, template: Template, env: Mapping[str, Value]) -> tuple[Value, Fraction]:
    """The number or shape that is expected, and how far off the measured one may be.

    A number with a suffix is meant at its printed precision: `1.2M` is anything within 50,000 of it.

    Raises:
        Mistake: a value this key cannot hold.
    """
    value = template.resolve(env)
    if isinstance(value, str) and what in ("params", "macs") and (match := _SUFFIXED.fullmatch(value)):
        whole, decimals, suffix = match[1], match[2] or "", match[3]
        step = Fraction(_SCALE[suffix], 10 ** len(decimals))
        return int(whole + decimals) * step, step / 2
    if what == "shape":
        fits = isinstance(value, tuple) and value and all(_is_whole(v) for v in value)
    elif what in ("stride", "receptive_field"):
        fits = _is_number(value) or (isinstance(value, tuple) and value and all(_is_number(v) for v in value))
    else:
        fits = _is_number(value)
    if not fits:
        raise Mistake(
            template.place, f"expect: {what} is {describe(value)}{template.origin}; it must be {_FORMS[what]}"
        )
    return template.value(env), Fraction(0)


_FORMS = {
    "shape": "a list of sizes, [channels, height, width]",
    "stride": "a number, or one per axis",
    "receptive_field": "a number, or one per axis",
    "coverage": "a number from 0 to 1",
    "params": "a number, or one with a suffix: 1.2M",
    "macs": "a number, or one with a suffix: 118M",
}


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Fraction)) and not isinstance(value, bool)
