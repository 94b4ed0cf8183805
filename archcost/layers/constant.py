"""Tensors that are given: numbers, or a rule that says them."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.axes import name_of
from archcost.layers.base import Shapes, TensorSource
from archcost.layers.fields import Axis, NonNegative, Number, PerAxis, Sizes, lift, must_be, shape_of
from archcost.windows.window import Shape, show
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.expressions.values import Value

Rule = Literal[
    "identity", "causal", "banded", "shifted_windows", "sinusoids", "ramp", "coordinates", "declared"
]

_NEEDS: dict[Rule | str, tuple[str, ...]] = {
    "identity": (),
    "causal": (),
    "banded": ("before", "after"),
    "shifted_windows": ("map_size", "window_size", "shift"),
    "sinusoids": (),
    "ramp": (),
    "coordinates": (),
    "declared": (),
}
"""The rules, each with the fields it needs."""

_MASKS: tuple[Rule, ...] = ("causal", "banded", "shifted_windows")
_RISING: tuple[Rule, ...] = ("ramp", "coordinates")
_FIELDS: dict[str, tuple[Rule, ...]] = {
    "inside": _MASKS,
    "outside": _MASKS,
    "before": ("banded",),
    "after": ("banded",),
    "map_size": ("shifted_windows",),
    "window_size": ("shifted_windows",),
    "shift": ("shifted_windows",),
    "base": ("sinusoids",),
    "axis": ("ramp",),
    "start": _RISING,
    "step": _RISING,
}
"""The fields that only some rules have -> these."""

_AXES = {
    "identity": 2,
    "causal": 2,
    "banded": 2,
    "shifted_windows": 3,
    "sinusoids": 2,
    "ramp": 1,
    "coordinates": 2,
    "declared": 1,
}
"""How many axes a rule speaks of; sinusoids have no others, and of masks those before repeat."""

_SHAPES = {"sinusoids": "[channels, length]", "coordinates": "[axes, *sizes]"}
_FORMS = "a number, a list of numbers (or of lists of equal length), or one of " + ", ".join(_NEEDS)


Numbers = Annotated[tuple[Number, ...], BeforeValidator(lift), Field(min_length=1)]
"""A number, or one per spatial axis."""


def _values(value: Value) -> Value:
    if (value not in _NEEDS) if isinstance(value, str) else shape_of(value) is None:
        raise must_be(_FORMS, value)
    return value


class Constant(TensorSource):
    """A tensor that is given and not learned: one number everywhere, numbers in lists, or a rule.

    It has no parameters, and nothing is computed. Rows (queries) and columns (keys) are the last two axes. A
    mask has the number `inside` where a row sees a column, and `outside` elsewhere. The rules:

    - `identity`: 1 where row and column are the same, else 0.
    - `causal`: a mask of rows that see the columns up to their own.
    - `banded`: a mask of rows that see so many columns before and after their own.
    - `shifted_windows`: Swin's mask, `[windows, positions, positions]`. A position sees those of its window
      that were beside it before the map was rolled by `shift`.
    - `sinusoids`: positional encoding, `[channels, length]`. Channels 2i and 2i + 1 are the sine and the
      cosine of `position / base ** (2i / channels)`.
    - `ramp`: `start + step * i` at the place i along one axis, as `arange` and `linspace` give it.
    - `coordinates`: the places of a map, `[axes, *sizes]`: a channel for each axis, the last axis first, as
      `grid_sample` reads them. Each is `start + step * i`.
    - `declared`: a buffer `values`, kept with the weights. Its numbers change no cost; a run takes those of
      `weights`, or random ones.
    """

    within_dimension_limit: ClassVar[bool] = False
    reference: ClassVar[str] = "Vaswani et al. 2017, Attention is all you need, section 3.5"

    values: Annotated[float | Rule | tuple[Any, ...], BeforeValidator(_values)] = Field(
        description="one number, numbers in (nested) lists, or a rule: " + ", ".join(_NEEDS)
    )
    shape: Sizes | None = Field(
        None, description="its shape, [channels, axes…]; default: that of the lists, or of the windows"
    )
    inside: Number = Field(1, description="of a mask: the number where a row sees a column")
    outside: Number = Field(0, description="of a mask: the number elsewhere; -1e9 for scores")
    before: NonNegative | None = Field(None, description="of banded: columns that are seen before its own")
    after: NonNegative | None = Field(None, description="of banded: columns that are seen after its own")
    map_size: PerAxis | None = Field(None, description="of shifted_windows: positions of the map, per axis")
    window_size: PerAxis | None = Field(
        None, description="of shifted_windows: positions of a window, per axis"
    )
    shift: PerAxis | None = Field(None, description="of shifted_windows: how far it was rolled, per axis")

    base: Number = Field(10000, ge=1, description="of sinusoids: what angles fall with")
    axis: Axis = Field(-1, description="of a ramp: the axis along which it rises; 0 is channels, -1 the last")
    start: Numbers = Field((0,), description="of a ramp, or coordinates: the first number (per axis)")
    step: Numbers = Field((1,), description="of a ramp, or coordinates: what each is more (per axis)")

    @model_validator(mode="after")
    def _has_the_fields_of_its_rule(self) -> Self:
        rule = self.values if isinstance(self.values, str) else ""
        if lacking := [name for name in _NEEDS.get(rule, ()) if getattr(self, name) is None]:
            raise PydanticCustomError(
                "rule", "values: {rule} needs {fields}", {"rule": rule, "fields": in_a_row(lacking)}
            )
        for name, rules in _FIELDS.items():
            if name in self.model_fields_set and rule not in rules:
                raise PydanticCustomError(
                    "rule", "{name} is for values: {rules}", {"name": name, "rules": ", ".join(rules)}
                )
        return self

    @property
    def seen(self) -> int | None:
        """How many elements of a mask are `inside`; None of what is no mask."""
        shape = self.output_shape()
        rows, columns = shape[-2:] if len(shape) > 1 else (1, 1)
        match self.values:
            case "causal":
                hidden = _beyond(rows, columns, 1)
            case "banded":
                hidden = _beyond(rows, columns, (self.after or 0) + 1)
                hidden += _beyond(columns, rows, (self.before or 0) + 1)
            case "shifted_windows":
                parts = zip(*self.windows(), strict=True)
                beside = prod((n // w - 1) * w**2 + (w - s) ** 2 + s**2 for n, w, s in parts)
                return prod(shape[:-3]) * beside
            case _:
                return None
        return prod(shape[:-2]) * (rows * columns - hidden)

    def reaches_along(self, axis: int) -> bool:
        """Whether a mask lets something through of every row (axis -1) or of every column (axis -2)."""
        lines, across = self.output_shape()[-2:][:: 1 if axis == -1 else -1]
        match self.values:
            case "causal":
                return axis == -1 or lines <= across
            case "banded":
                return lines - ((self.before if axis == -1 else self.after) or 0) <= across
            case _:
                return self.values == "shifted_windows"

    def output_shape(self, *unread: Shape) -> Shape:
        """The shape as given, if it is one that the values have."""
        natural = self._natural()
        if self.shape is None:
            if not natural:
                raise ShapeError(f"values {self._said()} needs a shape, [channels, axes…]")
            return natural
        if isinstance(self.values, tuple) and self.shape != natural:
            raise ShapeError(f"shape {show(self.shape)}, but values has {show(natural)}")
        if isinstance(self.values, str):
            self._check(self.values, self.shape, natural)
        if self.values == "coordinates":
            self.line(self.shape)
        elif self.values == "ramp":
            name_of(self.axis, self.shape)
            self.line((1, 1))
        return self.shape

    def line(self, shape: Shape) -> tuple[tuple[float, float], ...]:
        """Where numbers start along each spatial axis of a shape, and what each is more than the one before.

        Raises:
            ShapeError: there are more or fewer than axes.
        """
        axes = len(shape) - 1
        for name in ("start", "step"):
            if (given := len(getattr(self, name))) not in {1, axes}:
                forms = f"one, or one per axis ({axes})" if axes > 1 else "one"
                raise ShapeError(f"{name} has {given} values, but {self.values} takes {forms}")
        starts, steps = (each * axes if len(each) == 1 else each for each in (self.start, self.step))
        return tuple(zip(starts, steps, strict=True))

    def _said(self) -> str:
        return self.values if isinstance(self.values, str) else f"{self.values:g}"

    def _natural(self) -> Shape:
        """The shape that the values say by themselves; empty if they fit any."""
        if self.values != "shifted_windows":
            return shape_of(self.values) or () if isinstance(self.values, tuple) else ()
        sizes, windows, _ = self.windows()
        positions = prod(windows)
        return (prod(n // w for n, w in zip(sizes, windows, strict=True)), positions, positions)

    def windows(self) -> tuple[Shape, Shape, Shape]:
        """Sizes of the map, of a window, and of the shift, on every axis."""
        sizes = self.map_size or ()
        windows, shifts = (self._per_axis(name, len(sizes)) for name in ("window_size", "shift"))
        for n, w, s in zip(sizes, windows, shifts, strict=True):
            if n % w:
                raise ShapeError(f"window_size {w} must divide the map_size of {n}")
            if s >= w:
                raise ShapeError(f"shift {s} must be less than the window of {w}")
        return sizes, windows, shifts

    def _per_axis(self, name: str, rank: int) -> Shape:
        numbers: Shape = getattr(self, name)
        if len(numbers) not in {1, rank}:
            raise ShapeError(f"{name} has {len(numbers)} values, but map_size has {rank}")
        return numbers if len(numbers) == rank else numbers * rank

    @staticmethod
    def _check(rule: str, shape: Shape, natural: Shape) -> None:
        axes = _AXES[rule]
        if len(shape) < axes or (rule == "sinusoids" and len(shape) > axes):
            forms = _SHAPES.get(rule, "[…, rows, columns]")
            raise ShapeError(f"shape {show(shape)} does not fit {rule}, which is {forms}")
        if rule == "coordinates" and shape[0] != len(shape) - 1:
            raise ShapeError(f"shape {show(shape)} has {shape[0]} channels; coordinates have one per axis")
        if natural and shape[-axes:] != natural:
            raise ShapeError(f"shape {show(shape)}, but its windows make {show(natural)}")

    def buffer_shapes(self, *unread: Shape) -> Shapes:
        """`values`, if they are declared."""
        return {"values": self.output_shape()} if self.values == "declared" else {}

    def run(self, kernels: Kernels, values: Array | None = None) -> Array:
        """Values of the shape."""
        if values is not None:
            return values.astype(kernels.dtype)
        make, shape = kernels.constant, self.output_shape()
        match self.values:
            case "identity":
                made = make.band(shape, 0, 0, 1, 0)
            case "causal":
                made = make.band(shape, shape[-2], 0, self.inside, self.outside)
            case "banded":
                made = make.band(shape, self.before or 0, self.after or 0, self.inside, self.outside)
            case "shifted_windows":
                made = make.shifted_windows(shape, *self.windows(), self.inside, self.outside)
            case "sinusoids":
                made = make.sinusoids(shape, self.base)
            case "ramp":
                made = make.ramp(shape, self.axis, *self.line((1, 1))[0])
            case "coordinates":
                made = make.coordinates(shape, self.line(shape))
            case _:
                made = make.given(self.values, shape)
        return made.astype(kernels.dtype)


def _beyond(rows: int, columns: int, far: int) -> int:
    """Pairs of a row and a column at least so many after it: one less in each row.

    >>> _beyond(4, 4, 1), _beyond(2, 5, 2)
    (6, 5)
    """
    first = max(columns - far, 0)
    filled = min(rows, first)
    return filled * first - filled * (filled - 1) // 2
