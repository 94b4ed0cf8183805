"""The types of fields that several kinds share, as pydantic sees them.

Values arrive from the spec as numbers, words, booleans and (nested) tuples; a lone number stands for every
axis. Validators word their own errors: the text is shown as it is, behind the field's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from archcost.expressions.values import show
from archcost.windows.window import Axes, CropWord, PaddingWord, Pads, Shape

if TYPE_CHECKING:
    from archcost.expressions.values import Value

Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[int, Field(ge=0)]
Axis = Annotated[int, Field(strict=True)]
"""The number of an axis; negative ones count from the end."""
Number = Annotated[float, Field(allow_inf_nan=False)]
AtLeastZero = Annotated[Number, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]


def lift(value: Value) -> tuple[Value, ...]:
    """A list as it is, a lone value as a list of one."""
    return value if isinstance(value, tuple) else (value,)


_AXES = "an axis (0 is channels, -1 the last, or by its name), a list of different ones, or all"


def _axes(value: Value) -> Value:
    axes = lift(value)
    if value == "all" or (axes and all(map(_is_whole, axes)) and len(set(axes)) == len(axes)):
        return "all" if value == "all" else axes
    raise must_be(_AXES, value)


def _is_whole(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


AxesOrAll = Annotated[tuple[Axis, ...] | Literal["all"], BeforeValidator(_axes)]
"""Axes that are taken together: one, several or all. See `axes.together`."""

PerAxis = Annotated[tuple[Positive, ...], BeforeValidator(lift), Field(min_length=1)]
"""A positive number, or one per spatial axis. Always a tuple once validated; a lone number has length 1."""

Distances = Annotated[tuple[NonNegative, ...], BeforeValidator(lift), Field(min_length=1)]
"""A number, 0 or more, or one per spatial axis."""

Sizes = Annotated[tuple[Positive, ...], BeforeValidator(lift), Field(min_length=1)]
"""A whole shape, `[channels, *axes]`; a lone number is a vector."""

_WORDS = ("same", "same_lower", "valid", "causal")
_MARGINS = "a whole number, one per axis, or a [before, after] pair per axis ([[1, 2]] in 1-D)"


def is_count(value: Value) -> bool:
    """Whether a value is a whole number, 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def shape_of(values: object) -> Shape | None:
    """The shape of numbers in nested lists; None if lists are of unequal lengths, or hold something else.

    >>> shape_of(((1, 2, 3), (4, 5, 6.5))), shape_of(((1, 2), (3,)))
    ((2, 3), None)
    """
    if not isinstance(values, tuple):
        return () if isinstance(values, int | float) and not isinstance(values, bool) else None
    shapes = {shape_of(one) for one in cast("tuple[object, ...]", values)}
    inner = shapes.pop() if len(shapes) == 1 else None
    return None if inner is None else (len(cast("tuple[object, ...]", values)), *inner)


def check_order(low: str, lower: float, high: str, upper: float) -> None:
    """Raises PydanticCustomError if a bound of the field `low` is above that of the field `high`."""
    if lower > upper:
        text = f"{low} is {lower:g}, more than {high}, which is {upper:g}"
        raise PydanticCustomError("order", "{text}", {"text": text})


def must_be(forms: str, value: Value) -> PydanticCustomError:
    """The error for a value that has none of the forms a field takes."""
    return PydanticCustomError(
        "form",
        "is {value}; it must be {forms}",
        {"value": show(value), "forms": forms},
    )


def _margins(value: Value) -> Value:
    margins = lift(value)
    if margins and (all(map(is_count, margins)) or all(map(_is_pair, margins))):
        return margins
    if any(isinstance(margin, int) and margin < 0 for margin in margins):
        raise must_be("at least 0", value)
    raise must_be(_MARGINS, value)


def _is_pair(value: Value) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_count, value))


def _signed(value: Value) -> Value:
    margins = lift(value)
    pairs = [isinstance(one, tuple) and len(one) == 2 and all(map(_is_whole, one)) for one in margins]
    if not margins or not (all(map(_is_whole, margins)) or all(pairs)):
        raise must_be(_MARGINS, value)
    return margins


def _ends(value: Value) -> Value:
    ends = (value, value) if is_count(value) else value
    if not _is_pair(ends):
        raise must_be("a whole number, or a [before, after] pair", value)
    return ends


def _padding(value: Value, words: tuple[str, ...] = _WORDS) -> Value:
    if value in words:
        return value
    try:
        return _margins(value)
    except PydanticCustomError as error:
        forms = str((error.context or {})["forms"])
        known = _MARGINS.replace(", or", ",") + ", or one of " + ", ".join(words)
        raise must_be(known if forms == _MARGINS else forms, value) from None


def _crops(value: Value) -> Value:
    if value == "causal":
        raise PydanticCustomError("padding", "causal is for convolutions; crop the end with [[0, n]]")
    return _padding(value, _WORDS[:-1])


Padding = Annotated[PaddingWord | Axes | Pads, BeforeValidator(_padding)]
"""A word, one number per axis, or a (before, after) pair per axis. See `geometry.resolve_padding`."""

Crops = Annotated[CropWord | Axes | Pads, BeforeValidator(_crops)]
"""`Padding` of a transposed convolution, which has no causal form."""

_MASK = "`A`, `B`, or zeros and ones, a list per axis within the other, with a one among them"


def _tap_mask(value: Value) -> Value:
    if (isinstance(value, str) and value in {"A", "B"}) or (_sizes(value) and _has_a_one(value)):
        return value
    raise must_be(_MASK, value)


def _sizes(bits: Value) -> Axes | None:
    """How many bits there are, per axis; None if lists differ in length, or hold anything else."""
    if not isinstance(bits, tuple):
        return () if is_count(bits) and bits in {0, 1} else None
    inner = {_sizes(one) for one in bits}
    sizes = inner.pop() if len(inner) == 1 else None
    return None if sizes is None else (len(bits), *sizes)


def _has_a_one(bits: Value) -> bool:
    return any(map(_has_a_one, bits)) if isinstance(bits, tuple) else bits == 1


_Bit = Annotated[int, Field(ge=0, le=1)]
_Row = tuple[_Bit, ...]

TapMask = Annotated[
    Literal["A", "B"] | _Row | tuple[_Row, ...] | tuple[tuple[_Row, ...], ...],
    BeforeValidator(_tap_mask),
]
"""Which taps of a window are kept: a word, or zeros and ones."""

Margins = Annotated[Axes | Pads, BeforeValidator(_margins)]
"""One number per axis, or a (before, after) pair per axis: `Padding` without its words."""

SignedMargins = Annotated[Axes | Pads, BeforeValidator(_signed)]
"""`Margins`, of which negative ones cut off."""

Ends = Annotated[tuple[int, int], BeforeValidator(_ends)]
"""(before, after) along one axis; a lone number is both."""
