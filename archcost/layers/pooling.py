"""Pools: a window slides over every channel alone, and takes the largest or the mean of what it covers.

A maximum of K numbers is K - 1 comparisons; a mean is K - 1 additions and one multiplication by 1 / K.
Padding is counted like data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from archcost.errors import ShapeError
from archcost.layers.axes import check_mirrored
from archcost.layers.base import Formulas, Kind, Layer, how_many_arrive
from archcost.layers.fields import Padding, PerAxis
from archcost.windows.stages import Stage
from archcost.windows.window import (
    Border,
    Rounding,
    Shape,
    Window,
    bin_reads,
    binning,
    leaves_over,
    per_axis,
    put_back,
    show,
    size,
    sliding,
    spatial,
)

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.window import Axes


def _largest(window: Window, y: Shape) -> Formulas:
    return Formulas(
        {"kernel_size": window.kernel, "outputs": y},
        comparisons="(kernel_size - 1) * outputs",
    )


def _mean(window: Window, y: Shape) -> Formulas:
    return Formulas(
        {"kernel_size": window.kernel, "outputs": y},
        multiplications="outputs",
        additions="(kernel_size - 1) * outputs",
    )


class _Pool(Layer):
    """What the sliding pools share: how the window moves and what becomes of left-over positions."""

    per_channel: ClassVar[bool] = True

    kernel_size: PerAxis = Field(description="positions of the window, per axis")
    stride: PerAxis | None = Field(
        None, description="step between neighbouring windows, per axis; default: kernel_size"
    )
    padding: Padding = Field(
        (0,), description="positions around the input: numbers, [before, after] pairs or a word"
    )
    ceil_mode: bool = Field(default=False, description="also take a window that sticks out at the end")
    ceil_rule: Literal["pytorch", "caffe"] = Field(
        "pytorch",
        description="which such window is left out: one that starts behind the input (pytorch), or that, "
        "but only if there is padding (caffe)",
    )

    def _dilation(self) -> Axes:
        return (1,)

    def window(self, x: Shape) -> Window:
        """The sliding window on this input."""
        stride = self.kernel_size if self.stride is None else self.stride
        window = sliding(
            x, self.kernel_size, stride, self.padding, dilation=self._dilation(), rounding=self._rounding()
        )
        self._check_padding(window)
        return window

    def _rounding(self) -> Rounding:
        # `same` already makes room for every window there is to be.
        if not self.ceil_mode or self.padding in {"same", "same_lower"}:
            return "floor"
        return "ceil" if self.ceil_rule == "pytorch" else "caffe"

    def _check_padding(self, window: Window) -> None:
        if isinstance(self.padding, str):
            return
        for pads, kernel in zip(window.padding, window.kernel, strict=True):
            if max(pads) > kernel // 2:
                raise ShapeError(
                    f"padding {max(pads)} must be at most half of kernel_size {kernel}, as in PyTorch; "
                    "a `pad` before the pool may add more",
                )

    def output_shape(self, x: Shape) -> Shape:
        """`(channels, *positions)`."""
        return (x[0], *self.window(x).output(spatial(x)))


class MaxPool(_Pool):
    """The largest of every window. Padding never wins: it is minus infinity."""

    reference: ClassVar[str] = "PyTorch, MaxPool2d; Dumoulin & Visin 2016, relationship 7"

    dilation: PerAxis = Field((1,), description="step between neighbouring taps of one window, per axis")

    def _dilation(self) -> Axes:
        return self.dilation

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """`kernel_size - 1` comparisons for every output."""
        return _largest(self.window(x), y)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, *positions)`."""
        return kernels.pooling.max_pool(x, self.window(x.shape))


class MaxUnpool(Kind):
    """Every number of a pooled map, put where the largest of its window stood before; zeros elsewhere.

    Reads `from: [pooled, before]`, the map and that which `max_pool` once read; frameworks keep the places
    from there, here they are found again, the first of several that are equal.

    Windows must not overlap. Two of them could have the same largest, and which of their two numbers stands
    in its place then is not defined: PyTorch takes the last on a CPU, any on a GPU.
    """

    per_channel: ClassVar[bool] = True
    reference: ClassVar[str] = "Zeiler & Fergus 2014, section 2.1; PyTorch, MaxUnpool2d"

    kernel_size: PerAxis = Field(description="positions of the window, per axis")
    stride: PerAxis | None = Field(
        None, description="step between neighbouring windows, per axis; default: kernel_size"
    )
    padding: Padding = Field(
        (0,), description="positions around the map before pooling: numbers, [before, after] pairs or a word"
    )

    def window_before(self, before: Shape) -> Window:
        """The window that slid over the map before pooling."""
        stride = self.kernel_size if self.stride is None else self.stride
        return sliding(before, self.kernel_size, stride, self.padding)

    def stages(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> tuple[Stage, ...]:
        """The window of a position, and of the map before pooling all that lies in it.

        Positions that the windows leave over read nothing.
        """
        pooled, before = inputs
        window = self.window_before(before)
        less = leaves_over(window, pooled[1:], y[1:])
        back = Stage(y, put_back(window, pooled[1:], y[1:]), is_bounded=less)
        return (back,) if position == 0 else (Stage(pooled, window), back)

    def check_inputs(self, count: int) -> None:
        """Two."""
        if count != 2:
            text = f"takes a pooled map and the map before pooling, but {how_many_arrive(count)}"
            raise ShapeError(f"{text}; name them with `from: [pooled, before]`")

    def output_shape(self, pooled: Shape, before: Shape) -> Shape:
        """The shape of the map before pooling."""
        window = self.window_before(before)
        for k, s in zip(window.kernel, window.stride, strict=True):
            if s < k:
                raise ShapeError(
                    f"stride {s} is less than kernel_size {k}: windows overlap, and of two with the same "
                    "largest it is not defined which number stands there"
                )
        wanted = (before[0], *window.output(spatial(before)))
        if pooled != wanted:
            text = f"{{0}} gives {show(pooled)}, but what is pooled of the {show(before)} of {{1}} is"
            raise ShapeError(f"{text} {show(wanted)}", inputs=(0, 1))
        return before

    def formulas(self, pooled: Shape, before: Shape, y: Shape) -> Formulas:
        """One comparison less than a window has positions, for every window."""
        kernel = self.window_before(before).kernel
        return Formulas({"kernel_size": kernel, "pooled": pooled}, comparisons="(kernel_size - 1) * pooled")

    def run(self, kernels: Kernels, pooled: Array, before: Array) -> Array:
        """Values shaped like `before`."""
        window = self.window_before(before.shape)
        return kernels.pooling.max_unpool(pooled, before, window, marked=kernels.marked)


class AvgPool(_Pool):
    """The mean of every window.

    `count_include_pad` decides whether padding counts in the divisor. It does (PyTorch), but for `same` and
    `same_lower` it does not (TensorFlow, ONNX), unless the field says otherwise. What ceil_mode adds beyond
    the padded input never counts. The number of operations is the same in every case.
    """

    reference: ClassVar[str] = "PyTorch, AvgPool2d; Dumoulin & Visin 2016, relationship 7"

    count_include_pad: bool | None = Field(
        None, description="count padding in the divisor; default: true, with padding same: false"
    )

    @property
    def divisor_counts_padding(self) -> bool:
        """`count_include_pad`, with its default filled in."""
        if self.count_include_pad is None:
            return self.padding not in {"same", "same_lower"}
        return self.count_include_pad

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """`kernel_size - 1` additions and a multiplication for every output."""
        return _mean(self.window(x), y)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, *positions)`."""
        return kernels.pooling.avg_pool(
            x, self.window(x.shape), divisor_counts_padding=self.divisor_counts_padding
        )


class _GlobalPool(Layer):
    """A pool whose window is the whole input. The axes stay, at size 1."""

    per_channel: ClassVar[bool] = True

    def window(self, x: Shape) -> Window:
        """The whole input."""
        return binning(spatial(x), (1,) * len(spatial(x)))

    def is_global(self, x: Shape) -> bool:
        """Wherever there is more than one position."""
        return size(x[1:]) > 1

    def output_shape(self, x: Shape) -> Shape:
        """`(channels, 1, ...)`."""
        return (x[0], *self.window(x).output(spatial(x)))


class GlobalMaxPool(_GlobalPool):
    """The largest of every channel."""

    reference: ClassVar[str] = "Oquab et al. 2015, Is object localization for free?, section 4"

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """One comparison less than there are positions, for every channel."""
        return _largest(self.window(x), y)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, 1, ...)`: a single bin."""
        return kernels.pooling.bin_max(x, (1,) * len(x.shape[1:]))


class GlobalAvgPool(_GlobalPool):
    """The mean of every channel."""

    reference: ClassVar[str] = "Lin, Chen & Yan 2014, Network in network, section 3.2"

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """One addition less than there are positions, and a multiplication, for every channel."""
        return _mean(self.window(x), y)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, 1, ...)`: a single bin."""
        return kernels.pooling.bin_mean(x, (1,) * len(x.shape[1:]))


class _AdaptivePool(Layer):
    """A pool that is told its output.

    Bin u of o over i positions is `floor(u * i / o)` up to, not with, `ceil((u + 1) * i / o)`. Where o does
    not divide i, bins differ in size and neighbours share positions.
    """

    per_channel: ClassVar[bool] = True

    output_size: PerAxis = Field(description="positions that leave, per axis")

    def _sizes(self, x: Shape) -> Axes:
        return per_axis(self.output_size, len(spatial(x)), "output_size")

    def window(self, x: Shape) -> Window:
        """The bins, as a window on a stretched input."""
        return binning(spatial(x), self._sizes(x))

    def is_global(self, x: Shape) -> bool:
        """With a single bin over several positions."""
        return size(x[1:]) > size(self._sizes(x)) == 1

    def output_shape(self, x: Shape) -> Shape:
        """`(channels, *output_size)`."""
        return (x[0], *self._sizes(x))

    def _terms(self, x: Shape, y: Shape) -> dict[str, Shape]:
        return {"read": (x[0], *bin_reads(spatial(x), self._sizes(x))), "outputs": y}


class AdaptiveMaxPool(_AdaptivePool):
    """The largest of every bin; so many bins that the output has the given size."""

    reference: ClassVar[str] = "PyTorch, AdaptiveMaxPool2d"

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """One comparison less than there are positions, for every bin."""
        return Formulas(self._terms(x, y), comparisons="read - outputs")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, *output_size)`."""
        return kernels.pooling.bin_max(x, self._sizes(x.shape))


class AdaptiveAvgPool(_AdaptivePool):
    """The mean of every bin; so many bins that the output has the given size."""

    reference: ClassVar[str] = "PyTorch, AdaptiveAvgPool2d"

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """One addition less than there are positions, and a multiplication, for every bin."""
        return Formulas(self._terms(x, y), multiplications="outputs", additions="read - outputs")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, *output_size)`."""
        return kernels.pooling.bin_mean(x, self._sizes(x.shape))


class BlurPool(Layer):
    """A pool that takes the mean of its window by binomial weights: strides without aliasing.

    Along an axis the weights are a row of Pascal's triangle over its sum, 1/4, 2/4, 1/4 for a window of 3.
    They are fixed, and no parameters. It is a `depthwise_conv` without bias, and counts like one.
    """

    per_channel: ClassVar[bool] = True
    reference: ClassVar[str] = "Zhang 2019, Making convolutional networks shift-invariant again"

    kernel_size: PerAxis = Field((3,), description="positions of the window, per axis")
    stride: PerAxis = Field((2,), description="step between neighbouring windows, per axis")
    padding: Padding | None = Field(
        None,
        description="positions around the input: numbers, [before, after] pairs or a word; default: "
        "`kernel_size - 1` per axis, the odd one at the end",
    )
    padding_mode: Border = Field(
        "reflect",
        description="what stands there: the input mirrored at its edge (which is not repeated), zeros "
        "(`constant`), its edge repeated (`replicate`), or its other end (`circular`)",
    )

    def window(self, x: Shape) -> Window:
        """The sliding window on this input."""
        kernel = per_axis(self.kernel_size, len(spatial(x)), "kernel_size")
        around = tuple(((k - 1) // 2, k // 2) for k in kernel)
        return sliding(x, kernel, self.stride, around if self.padding is None else self.padding)

    @property
    def beyond_the_border(self) -> Border:
        """By the mode."""
        return self.padding_mode

    def output_shape(self, x: Shape) -> Shape:
        """`(channels, *positions)`."""
        window = self.window(x)
        check_mirrored(self.padding_mode, window, x)
        return (x[0], *window.output(spatial(x)))

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `kernel_size` products."""
        return Formulas(
            {"kernel_size": self.window(x).kernel, "outputs": y},
            macs="kernel_size * outputs",
            multiplications="macs",
            additions="(kernel_size - 1) * outputs",
        )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, *positions)`."""
        return kernels.pooling.blur_pool(x, self.window(x.shape), self.padding_mode)
