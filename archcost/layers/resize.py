"""Changing the spatial size: by interpolation, or by moving channels into space and back."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from math import floor, inf
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.expressions.values import show
from archcost.layers.base import Formulas, Layer, Moving
from archcost.layers.fields import PerAxis, lift, must_be
from archcost.windows.channels import blurred_together
from archcost.windows.window import (
    Axes,
    Shape,
    Window,
    axis_names,
    brief,
    interpolating,
    per_axis,
    size,
    sliding,
    spatial,
)

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.expressions.values import Value
    from archcost.windows.channels import Channels

_FINEST = 10**6
"""The largest denominator of a scale, or of a step, where positions are asked for: 0.333… is 1/3 there."""


def _scale(value: Value) -> Fraction:
    """The scale as a float has it, written as the fraction next to it if that is the same float."""
    if isinstance(value, (int, float, Fraction)) and not isinstance(value, bool) and 0 < value < inf:
        near = Fraction(value).limit_denominator(_FINEST)
        return near if float(near) == float(value) else Fraction(float(value))
    raise must_be("a number above 0", value)


def _short(scale: Fraction) -> Fraction:
    """The scale that positions are asked for with; below 1, the step between them is the larger number."""
    return 1 / (1 / scale).limit_denominator(_FINEST) if scale < 1 else scale.limit_denominator(_FINEST)


_Scale = Annotated[
    Fraction, PlainValidator(_scale), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]
Scales = Annotated[tuple[_Scale, ...], BeforeValidator(lift), Field(min_length=1)]
"""A number above 0, or one per spatial axis."""

_RANK = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}
_RADIUS = {"nearest": 0, "linear": 1, "bilinear": 1, "trilinear": 1, "bicubic": 2}
"""How far an interpolation looks to either side."""


class Upsample(Layer):
    """Resizing by interpolation, up or down, to a size or by a factor, as PyTorch's `interpolate` does it.

    With `scale_factor` an axis of i positions gets `floor(i * scale_factor)`, a product of 64-bit floats as
    in PyTorch: 0.7 of 90 is 62, for it is a little less than 63 there. ONNX has scales of 32 bits, and 63;
    `size` is the same everywhere. The linear modes copy an axis that keeps its size, whatever the scale.

    Counted is the direct form: every output is a weighted sum of the nearest positions, 2 per axis (cubic:
    4), so of 4 in the bilinear case. At the border and where a weight happens to be 0 the count is the same.
    The weights depend on the position alone: they are constants, and computing them costs nothing.
    """

    per_channel: ClassVar[bool] = True
    reference: ClassVar[str] = "PyTorch, interpolate; Keys 1981 for the cubic"
    tap_fields: ClassVar[dict[str, str]] = {"like": "size"}

    scale_factor: Scales | None = Field(
        None, description="outputs per input position, per axis; may be a fraction"
    )
    size: PerAxis | None = Field(None, description="instead: positions that leave, per axis")
    like: str | None = Field(None, description="instead: the name of the tap whose size is taken")
    mode: Literal["nearest", "linear", "bilinear", "trilinear", "bicubic"] = Field(
        "nearest", description="how positions in between get their values"
    )
    align_corners: bool = Field(
        default=False, description="let the centres of the outermost positions coincide, not their edges"
    )

    @field_validator("align_corners")
    @classmethod
    def _needs_interpolation(cls, align: bool, info: ValidationInfo) -> bool:
        if align and info.data.get("mode") == "nearest":
            raise PydanticCustomError("mode", "is for the modes that interpolate, and mode is nearest")
        return align

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if [self.scale_factor, self.size, self.like].count(None) != 2:
            raise PydanticCustomError(
                "one_of", "takes scale_factor, size or like (the name of a tap), and one of them"
            )
        return self

    def _sizes(self, x: Shape) -> Axes:
        axes = spatial(x, _RANK.get(self.mode), f"mode {self.mode}")
        if self.scale_factor is None:
            # `like` never comes this far: the spec's reader puts the tap's size in its place.
            return per_axis(self.size or (), len(axes), "size")
        scales = per_axis(self.scale_factor, len(axes), "scale_factor")
        sizes = tuple(floor(length * float(scale)) for length, scale in zip(axes, scales, strict=True))
        for length, scale, name, left in zip(axes, scales, axis_names(len(axes)), sizes, strict=True):
            if left < 1:
                raise ShapeError(f"scale_factor {show(scale)} leaves nothing of the {name} of {length}")
        return sizes

    def window(self, x: Shape) -> Window:
        """The positions that are blended, as a window on a stretched input."""
        axes, sizes = spatial(x), self._sizes(x)
        scales = tuple(Fraction(o, i) for i, o in zip(axes, sizes, strict=True))
        if self.scale_factor is not None:
            given = per_axis(self.scale_factor, len(axes), "scale_factor")
            scales = tuple(
                exact if exact == 1 and _RADIUS[self.mode] == 1 else _short(scale)
                for exact, scale in zip(scales, given, strict=True)
            )
        return interpolating(axes, sizes, scales, _RADIUS[self.mode], align_corners=self.align_corners)

    def output_shape(self, x: Shape) -> Shape:
        """`(channels, *size)`."""
        return (x[0], *self._sizes(x))

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Nothing for nearest; else every output is a sum of `taps` products."""
        if self.mode == "nearest":
            return Formulas({})
        return Formulas(
            {"taps": tuple(2 * _RADIUS[self.mode] for _ in spatial(x)), "outputs": y},
            multiplications="taps * outputs",
            additions="(taps - 1) * outputs",
        )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, *size)`."""
        scales = self.scale_factor and per_axis(self.scale_factor, x.ndim - 1, "scale_factor")
        return kernels.resize.resize(
            x,
            self.size and per_axis(self.size, x.ndim - 1, "size"),
            tuple(map(float, scales)) if scales else None,
            radius=_RADIUS[self.mode],
            align_corners=self.align_corners,
        )


class PixelShuffle(Moving):
    """Channels become space: r² channels give every position r×r positions (sub-pixel convolution).

    Channel `c * r² + i * r + j` of a position goes to row i, column j of its square in channel c. In 1-D
    there are r channels for r positions, in 3-D r³ for a cube; with a factor per axis, their product.
    """

    reference: ClassVar[str] = (
        "Shi et al. 2016, Real-time super-resolution with sub-pixel convolution, equation 4"
    )

    upscale_factor: PerAxis = Field(description="positions that every position becomes, per axis")

    def _factors(self, x: Shape) -> Axes:
        return per_axis(self.upscale_factor, len(spatial(x)), "upscale_factor")

    def window(self, x: Shape) -> Window:
        """Every square of outputs reads one position."""
        factors = self._factors(x)
        sizes = tuple(i * r for i, r in zip(spatial(x), factors, strict=True))
        return interpolating(spatial(x), sizes, tuple(map(Fraction, factors)), radius=0)

    @property
    def tells_channels_apart(self) -> bool:
        """Every position comes from one of the channels."""
        return True

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each comes from r², position by position in turn: if these differ, together they read too much."""
        found = arriving[0].grouped(out_channels, out_channels)
        square = arriving[0].total // out_channels
        differ = any(end % square for end in accumulate(run.length for run in arriving[0].runs))
        return found._replace(bounded=differ or arriving[0].blurred)

    def output_shape(self, x: Shape) -> Shape:
        """`(channels / r², height * r, width * r)`."""
        factors = self._factors(x)
        if x[0] % size(factors):
            raise ShapeError(
                f"upscale_factor={brief(factors)} needs channels that {size(factors)} divides; {x[0]} arrive"
            )
        return (x[0] // size(factors), *(i * r for i, r in zip(spatial(x), factors, strict=True)))

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels / r², height * r, width * r)`."""
        return kernels.resize.pixel_shuffle(x, self._factors(x.shape))


class PixelUnshuffle(Moving):
    """Space becomes channels: a square of r×r positions becomes r² channels of one (space to depth).

    Row i, column j of a square in channel c goes to channel `c * r² + i * r + j`: `pixel_shuffle` undone.
    TensorFlow and ONNX number the channels of their space to depth `(i * r + j) * channels + c`: another
    order, the same shapes and costs. In 1-D r positions become r channels, in 3-D a cube r³.
    """

    reference: ClassVar[str] = "PyTorch, PixelUnshuffle; Shi et al. 2016, equation 4, backwards"

    downscale_factor: PerAxis = Field(description="positions that become one, per axis")

    def _factors(self, x: Shape) -> Axes:
        return per_axis(self.downscale_factor, len(spatial(x)), "downscale_factor")

    def window(self, x: Shape) -> Window:
        """Every output reads one square; which of its positions depends on the channel."""
        factors = self._factors(x)
        return sliding(x, factors, factors, (0,))

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each reads one position of the square: together they read it whole."""
        return blurred_together(arriving, out_channels)._replace(blurred=True)

    def output_shape(self, x: Shape) -> Shape:
        """`(channels * r², height / r, width / r)`."""
        factors = self._factors(x)
        for length, r, name in zip(spatial(x), factors, axis_names(len(factors)), strict=True):
            if length % r:
                raise ShapeError(f"downscale_factor={r} must divide the {name} of {length}")
        return (x[0] * size(factors), *(i // r for i, r in zip(spatial(x), factors, strict=True)))

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels * r², height / r, width / r)`."""
        return kernels.resize.pixel_unshuffle(x, self._factors(x.shape))
