"""Normalisation: elements are shifted and scaled by statistics, then by learned numbers.

Batch normalisation knows its statistics before the input arrives, so it folds into one product and one sum.
The others take mean and variance of the input itself. For every set of n elements normalised together:

    mean = sum(x) * (1/n)             n - 1 additions, 1 multiplication
    d = x - mean                      n additions
    variance = sum(d * d) * (1/n)     n + 1 multiplications, n - 1 additions
    s = sqrt(variance + eps)          1 addition, 1 exponential
    y = d / s                         n divisions
    y = weight * y + bias             n multiplications and n additions, where they are learned

Those that only bring elements to a length take no mean; see `rms_norm`, `normalize`, `global_response_norm`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.axes import together
from archcost.layers.base import Formulas, Layer, Shapes, check_channels
from archcost.layers.fields import AxesOrAll, Number, Positive, Probability
from archcost.windows.channels import Channels, mixed

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.window import Axes, Shape

Epsilon = Annotated[Number, Field(ge=0)]


def _learned(shape: Shape, *, weight: bool, bias: bool) -> Shapes:
    return ({"weight": shape} if weight else {}) | ({"bias": shape} if bias else {})


def _check_bias(given: set[str], *, affine: bool, bias: bool) -> None:
    if not affine and bias and "bias" in given:
        raise PydanticCustomError("bias", "bias=true needs affine=true: the shift comes with a scale")


def _check_positions(x: Shape) -> None:
    if len(x) == 1:
        raise ShapeError(f"normalises over spatial axes; the input is a vector of {x[0]}")


def _running(x: Shape) -> Shapes:
    return {"running_mean": (x[0],), "running_var": (x[0],)}


def _folded(y: Shape) -> Formulas:
    """Statistics, eps and learned numbers are constants: `y = a * x + b`, a and b per channel."""
    return Formulas({"outputs": y}, multiplications="outputs", additions="outputs")


def _standardized(y: Shape, normalized: Shape, *, weight: bool, bias: bool) -> Formulas:
    """The steps at the top of this file, for every set of `normalized` elements."""
    return Formulas(
        {
            "outputs": y,
            "normalized": normalized,
            "sets": "outputs / normalized",
            "weight": int(weight),
            "bias": int(bias),
        },
        multiplications="(1 + weight) * outputs + 2 * sets",
        additions="(3 + bias) * outputs - sets",
        divisions="outputs",
        exponentials="sets",
    )


class BatchNorm(Layer):
    """Batch normalisation, as it runs at inference: one product and one sum per element.

    Keras leaves the scale out with `scale: false`; `affine: false` leaves out both learned numbers. Where no
    running statistics are kept, a run takes mean 0 and variance 1.
    """

    per_channel: ClassVar[bool] = True
    reference: ClassVar[str] = "Ioffe & Szegedy 2015, Batch normalization, algorithm 2"

    affine: bool = Field(default=True, description="learn a scale and a shift per channel")
    scale: bool = Field(default=True, description="learn the scale; instead of affine")
    shift: bool = Field(default=True, description="learn the shift; instead of affine")
    track_running_stats: bool = Field(default=True, description="keep running means and variances")
    eps: Epsilon = Field(1e-5, description="added to the variance")
    momentum: Probability = Field(0.1, description="weight of a new batch in the running statistics")
    num_features: Positive | None = Field(None, description="an assertion: the channels that arrive")

    @model_validator(mode="after")
    def _say_it_once(self) -> Self:
        given = self.model_fields_set
        if "affine" in given and (twice := [word for word in ("scale", "shift") if word in given]):
            raise PydanticCustomError(
                "twice",
                "affine already decides on scale and shift; write affine or {words}",
                {"words": " and ".join(twice)},
            )
        return self

    @property
    def folds(self) -> bool:
        """Its statistics are those of training, so that it is a product and a sum for each number."""
        return self.track_running_stats

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """See `folds`."""
        return (0,) if self.folds else ()

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        check_channels("num_features", self.num_features, x)
        return x

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` (the scale) and `bias` (the shift), per channel."""
        return _learned((x[0],), weight=self.affine and self.scale, bias=self.affine and self.shift)

    def buffer_shapes(self, x: Shape) -> Shapes:
        """`running_mean` and `running_var`, per channel."""
        return _running(x) if self.track_running_stats else {}

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """One product and one sum per element, whatever is learned."""
        return _folded(y)

    def run(self, kernels: Kernels, x: Array, **tensors: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.normalization.batch_norm(x, self.eps, **tensors)


class _OverAxes(Layer):
    """Elements along the axes that are named share their statistics."""

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    axis: AxesOrAll = Field(
        (0,), description="axes to normalise over: one, several or all; 0 is channels, -1 the last"
    )

    def _normalized(self, x: Shape) -> Shape:
        return tuple(x[axis] for axis in together(self.axis, x))

    def mixed_axes(self, x: Shape) -> Axes:
        """Those normalised over."""
        return together(self.axis, x)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """As they are, unless they are normalised over: then each depends on all."""
        return mixed(arriving, out_channels) if self.axis == "all" or 0 in self.axis else arriving[0]

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        together(self.axis, x)
        return x


class LayerNorm(_OverAxes):
    """Layer normalisation: over the channels at every position, or over the axes that are named.

    `axis: all` normalises over the whole tensor. ConvNeXt's LayerNorm2d is the default.
    """

    reference: ClassVar[str] = "Ba, Kiros & Hinton 2016, Layer normalization"

    affine: bool = Field(default=True, description="learn a scale per element of the normalised axes")
    bias: bool = Field(default=True, description="learn a shift as well; only with affine")
    eps: Epsilon = Field(1e-5, description="added to the variance")

    @model_validator(mode="after")
    def _bias_needs_affine(self) -> Self:
        _check_bias(self.model_fields_set, affine=self.affine, bias=self.bias)
        return self

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` and `bias`, shaped like the normalised axes."""
        return _learned(self._normalized(x), weight=self.affine, bias=self.affine and self.bias)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Mean, variance, square root and division as they stand (see the top of this file)."""
        return _standardized(y, self._normalized(x), weight=self.affine, bias=self.affine and self.bias)

    def run(self, kernels: Kernels, x: Array, **tensors: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.normalization.layer_norm(x, together(self.axis, x.shape), self.eps, **tensors)


class RmsNorm(_OverAxes):
    """Root mean square normalisation: `weight * x / sqrt(mean(x * x) + eps)`; no mean is taken off.

    Over the channels at every position, as Llama and T5 do it, or over the axes that are named.
    """

    reference: ClassVar[str] = "Zhang & Sennrich 2019, Root mean square layer normalization, equation 4"

    affine: bool = Field(default=True, description="learn a scale per element of the normalised axes")
    eps: Epsilon = Field(1e-6, description="added to the mean of the squares")

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight`, shaped like the normalised axes."""
        return _learned(self._normalized(x), weight=self.affine, bias=False)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Per element a square, a sum, a division and the weight; per set `1 / n`, and a square root.

        The sums are one less than there are elements, and `eps`.
        """
        return Formulas(
            {
                "outputs": y,
                "normalized": self._normalized(x),
                "sets": "outputs / normalized",
                "weight": int(self.affine),
            },
            multiplications="(1 + weight) * outputs + sets",
            additions="outputs",
            divisions="outputs",
            exponentials="sets",
        )

    def run(self, kernels: Kernels, x: Array, **tensors: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.normalization.rms_norm(x, together(self.axis, x.shape), self.eps, **tensors)


class Normalize(_OverAxes):
    """Brought to length 1: `x / max(norm(x), eps)`, along the channels at every position or other axes.

    As SSD does it, with a learned scale per channel, it is this and a `layer_scale`. Two normalized sets of
    tokens multiplied by `matmul` are their cosine similarities.
    """

    reference: ClassVar[str] = "PyTorch, torch.nn.functional.normalize; Liu, Rabinovich & Berg 2016, ParseNet"

    p: int = Field(
        2,
        ge=1,
        le=2,
        description="the norm: 2, the root of the sum of squares; 1, the sum of absolute values",
    )
    eps: Epsilon = Field(1e-12, description="what the norm is at least")

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Per set the norm, n - 1 sums of squares (p = 2: and their root), and a comparison; n divisions."""
        squares = {"multiplications": "outputs", "exponentials": "sets"} if self.p == 2 else {}
        return Formulas(
            {"outputs": y, "normalized": self._normalized(x), "sets": "outputs / normalized"},
            additions="outputs - sets",
            comparisons="sets",
            divisions="outputs",
            **squares,
        )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.normalization.normalize(x, together(self.axis, x.shape), self.p, self.eps)


class GlobalResponseNorm(Layer):
    """Global response normalisation: channels compete by their L2 norms over all positions.

    `x + weight * (x * n) + bias` with `n = norm / (mean(norm) + eps)`: `norm` of every channel over all
    positions, its mean over all channels.
    """

    reference: ClassVar[str] = "Woo et al. 2023, ConvNeXt V2, algorithm 1"

    eps: Epsilon = Field(1e-6, description="added to the mean of the norms")

    def mixed_axes(self, x: Shape) -> Axes:
        """All: the norms over all positions, their mean over all channels."""
        return tuple(range(len(x)))

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on all."""
        return mixed(arriving, out_channels)

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        _check_positions(x)
        return x

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` and `bias`, per channel."""
        return _learned((x[0],), weight=True, bias=True)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Per element a square, a sum, two products and two sums; per channel a root and a division.

        The sums of a norm are one less than there are positions; with those of the mean, and `eps`, they are
        as many as there are elements.
        """
        return Formulas(
            {"outputs": y, "out_channels": x[0]},
            multiplications="3 * outputs + 1",
            additions="3 * outputs",
            divisions="out_channels",
            exponentials="out_channels",
        )

    def run(self, kernels: Kernels, x: Array, weight: Array, bias: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.normalization.global_response_norm(x, self.eps, weight, bias)


class GroupNorm(Layer):
    """Group normalisation: over each group of channels and all positions."""

    reference: ClassVar[str] = "Wu & He 2018, Group normalization"

    num_groups: Positive = Field(description="groups of channels")
    affine: bool = Field(default=True, description="learn a scale and a shift per channel")
    bias: bool = Field(default=True, description="learn the shift; only with affine")
    eps: Epsilon = Field(1e-5, description="added to the variance")
    num_channels: Positive | None = Field(None, description="an assertion: the channels that arrive")

    @model_validator(mode="after")
    def _bias_needs_affine(self) -> Self:
        _check_bias(self.model_fields_set, affine=self.affine, bias=self.bias)
        return self

    def mixed_axes(self, x: Shape) -> Axes:
        """Its statistics are taken over all positions, of the channels of a group."""
        return tuple(range(1, len(x)))

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on its group."""
        return arriving[0].grouped(self.num_groups, out_channels)

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        check_channels("num_channels", self.num_channels, x)
        if x[0] % self.num_groups:
            raise ShapeError(f"num_groups={self.num_groups} must divide the {x[0]} channels")
        return x

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` and `bias`, per channel."""
        return _learned((x[0],), weight=self.affine, bias=self.affine and self.bias)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Mean, variance, square root and division as they stand (see the top of this file)."""
        group = (x[0] // self.num_groups, *x[1:])
        return _standardized(y, group, weight=self.affine, bias=self.affine and self.bias)

    def run(self, kernels: Kernels, x: Array, **tensors: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.normalization.group_norm(x, self.num_groups, self.eps, **tensors)


class InstanceNorm(Layer):
    """Instance normalisation: over the positions of each channel.

    With `track_running_stats`, inference uses the running statistics, exactly as batch normalisation does.
    """

    per_channel: ClassVar[bool] = True
    reference: ClassVar[str] = "Ulyanov, Vedaldi & Lempitsky 2016, Instance normalization"

    affine: bool = Field(default=False, description="learn a scale and a shift per channel")
    track_running_stats: bool = Field(
        default=False, description="keep running means and variances, and use them"
    )
    eps: Epsilon = Field(1e-5, description="added to the variance")
    momentum: Probability = Field(0.1, description="weight of a new sample in the running statistics")
    num_features: Positive | None = Field(None, description="an assertion: the channels that arrive")

    def mixed_axes(self, x: Shape) -> Axes:
        """All but channels, unless the statistics are kept from training."""
        return () if self.track_running_stats else tuple(range(1, len(x)))

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        check_channels("num_features", self.num_features, x)
        _check_positions(x)
        return x

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` and `bias`, per channel."""
        return _learned((x[0],), weight=self.affine, bias=self.affine)

    def buffer_shapes(self, x: Shape) -> Shapes:
        """`running_mean` and `running_var`, per channel."""
        return _running(x) if self.track_running_stats else {}

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Mean, variance, square root and division as they stand, or folded where statistics are kept."""
        if self.track_running_stats:
            return _folded(y)
        return _standardized(y, x[1:], weight=self.affine, bias=self.affine)

    def run(self, kernels: Kernels, x: Array, **tensors: Array) -> Array:
        """Values shaped like `x`: groups of one channel, or a batch norm where statistics are kept."""
        if self.track_running_stats:
            return kernels.normalization.batch_norm(x, self.eps, **tensors)
        return kernels.normalization.group_norm(x, x.shape[0], self.eps, **tensors)


class LocalResponseNorm(Layer):
    """Local response normalisation across channels: `x / (k + (alpha / size) * sum(x * x)) ^ beta`.

    The sum runs over `size` neighbouring channels, `size // 2` of them before; beyond the first and the last
    channel are zeros, which count like data. `alpha` is divided by `size`, as PyTorch and Caffe do it;
    AlexNet's paper writes that quotient as its alpha.
    """

    reference: ClassVar[str] = "Krizhevsky, Sutskever & Hinton 2012, ImageNet classification, section 3.3"

    size: Positive = Field(description="neighbouring channels in the sum")
    alpha: Number = Field(1e-4, description="weight of the sum of squares")
    beta: Number = Field(0.75, description="exponent")
    k: Number = Field(1.0, description="added to the weighted sum")

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        return x

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Per element: a square, a window's sum, its weight, `k`, a power, a division."""
        return Formulas(
            {"outputs": y, "window": self.size},
            multiplications="2 * outputs",
            additions="window * outputs",
            divisions="outputs",
            exponentials="outputs",
        )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.normalization.local_response_norm(x, self.size, self.alpha, self.beta, self.k)
