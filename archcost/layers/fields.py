"""The types of fields that several kinds share, as pydantic sees them.

Values arrive from the spec as numbers, words, booleans and (nested) tuples; a lone number stands for every
axis. Validators word their own errors: the text is shown as it is, behind the field's name.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from archcost.geometry import Axes, PaddingWord, Pads

Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]


def _lift(value: object) -> object:
    return value if isinstance(value, tuple) else (value,)


PerAxis = Annotated[tuple[Positive, ...], BeforeValidator(_lift), Field(min_length=1)]
"""A positive number, or one per spatial axis. Always a tuple once validated; a lone number has length 1."""

Sizes = Annotated[tuple[Positive, ...], BeforeValidator(_lift), Field(min_length=1)]
"""A whole shape, `[channels, *axes]`; a lone number is a vector."""

_WORDS = ("same", "same_lower", "valid", "causal")
_MARGINS = "a whole number, one per axis, or a [before, after] pair per axis ([[1, 2]] in 1-D)"
_FORMS = _MARGINS.replace(", or", ",") + ", or one of " + ", ".join(_WORDS)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _margins(value: object) -> object:
    lifted = value if isinstance(value, tuple) and value else (value,)
    counts = all(_is_count(v) for v in lifted)
    if counts or all(isinstance(v, tuple) and len(v) == 2 and all(map(_is_count, v)) for v in lifted):
        return lifted
    raise _must_be(_MARGINS, value)


def _padding(value: object) -> object:
    if isinstance(value, str) and value in _WORDS:
        return value
    try:
        return _margins(value)
    except PydanticCustomError:
        raise _must_be(_FORMS, value) from None


def _must_be(forms: str, value: object) -> PydanticCustomError:
    return PydanticCustomError(
        "form", "is {value}; it must be {forms}", {"value": _show(value), "forms": forms}
    )


def _show(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_show, value)) + "]"
    return f"'{value}'" if isinstance(value, str) else str(value)


Padding = Annotated[PaddingWord | Axes | Pads, BeforeValidator(_padding)]
"""A word, one number per axis, or a (before, after) pair per axis. See `geometry.resolve_padding`."""

Margins = Annotated[Axes | Pads, BeforeValidator(_margins)]
"""One number per axis, or a (before, after) pair per axis: `Padding` without its words."""
