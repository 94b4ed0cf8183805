"""Patches: what a window covers as the channels of one position, and channels put back where they were."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcost.errors import ShapeError
from archcost.layers.base import Formulas, Layer, Moving
from archcost.layers.fields import Padding, PerAxis
from archcost.windows.rearrangement import grouped, reshaped
from archcost.windows.stages import Stage
from archcost.windows.window import Window, leaves_over, put_back, reached, show, size, sliding, spatial

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.channels import Channels
    from archcost.windows.window import Axes, Shape


class Unfold(Moving):
    """Patches: what a window covers becomes the channels of one token (im2col).

    Channel `c * taps + t` is tap t of channel c, taps numbered row by row, as windows are, the tokens.
    A `linear` with `per_position` behind it is a convolution.
    """

    reference: ClassVar[str] = "PyTorch, Unfold"

    kernel_size: PerAxis = Field(description="positions of the window, per axis")
    stride: PerAxis = Field((1,), description="step between neighbouring windows, per axis")
    padding: Padding = Field(
        (0,), description="zeros around the input: numbers, [before, after] pairs or a word"
    )
    dilation: PerAxis = Field((1,), description="step between neighbouring taps of one window, per axis")

    def sliding_window(self, x: Shape) -> Window:
        """As it slides over what arrives; what leaves has its positions in a row."""
        return sliding(x, self.kernel_size, self.stride, self.padding, dilation=self.dilation)

    def stages(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> tuple[Stage, ...]:
        """A window over every channel, whose taps become channels, and positions in a row."""
        (x,) = inputs
        window = self.sliding_window(x)
        slid = (x[0], *window.output(spatial(x)))
        wide = (y[0], *slid[1:])
        return (
            Stage(slid, window),
            Stage(wide, how=grouped(slid, x[0], y[0])),
            Stage(y, how=reshaped(wide, y)),
        )

    @property
    def tells_channels_apart(self) -> bool:
        """Each reads one position of the window."""
        return True

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each reads a single position of the window: together they read it whole."""
        found = arriving[0].grouped(arriving[0].total, out_channels)
        return found._replace(blurred=found.blurred or out_channels > arriving[0].total)

    def output_shape(self, x: Shape) -> Shape:
        """`(channels * taps, windows)`."""
        window = self.sliding_window(x)
        return (x[0] * window.taps, size(window.output(spatial(x))))

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels * taps, windows)`."""
        return kernels.patches.unfold(x, self.sliding_window(x.shape))


class Fold(Layer):
    """Patches put back where `unfold` took them from, and added where they overlap (col2im).

    Reads tokens `[channels * taps, windows]`, both numbered as by `unfold`.
    """

    reference: ClassVar[str] = "PyTorch, Fold"

    output_size: PerAxis = Field(description="the sizes of the spatial axes that leave, one for each")
    kernel_size: PerAxis = Field(description="positions of the window, per axis")
    stride: PerAxis = Field((1,), description="step between neighbouring windows, per axis")
    padding: Padding = Field(
        (0,), description="positions around the output, which are dropped: numbers, pairs or a word"
    )
    dilation: PerAxis = Field((1,), description="step between neighbouring taps of one window, per axis")

    def sliding_window(self) -> Window:
        """As `unfold` has it over what leaves."""
        y = (1, *self.output_size)
        return sliding(y, self.kernel_size, self.stride, self.padding, dilation=self.dilation)

    def _positions(self) -> Axes:
        return self.sliding_window().output(self.output_size)

    def stages(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> tuple[Stage, ...]:
        """Tokens in rows and columns, whose channels are taps, and a window that puts them back.

        Positions that the windows leave over read nothing.
        """
        (x,) = inputs
        window, positions = self.sliding_window(), self._positions()
        wide, summed = (x[0], *positions), (y[0], *positions)
        less = leaves_over(window, positions, y[1:])
        return (
            Stage(wide, how=reshaped(x, wide)),
            Stage(summed, how=grouped(wide, y[0], y[0])),
            Stage(y, put_back(window, positions, y[1:]), is_bounded=less),
        )

    @property
    def tells_channels_apart(self) -> bool:
        """Each position comes from some of the channels."""
        return True

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each is made of as many as there are taps: if these differ, together they read too much."""
        before = arriving[0]
        taps = before.total // out_channels
        differ = any(end % taps for end in accumulate(run.length for run in before.runs))
        found = before.grouped(out_channels, out_channels)
        return found._replace(bounded=(taps > 1 and differ) or before.blurred)

    def output_shape(self, x: Shape) -> Shape:
        """`(channels, *output_size)`."""
        if len(x) != 2:
            raise ShapeError(f"takes tokens [channels * taps, windows], but {show(x)} arrives")
        axes = len(self.output_size)
        for name in ("kernel_size", "stride", "dilation"):
            if (given := len(getattr(self, name))) not in {1, axes}:
                raise ShapeError(f"{name} has {given} values, but output_size {axes}")
        window, positions = self.sliding_window(), self._positions()
        if x[0] % window.taps:
            raise ShapeError(
                f"kernel_size {show(window.kernel)} has {window.taps} taps; {x[0]} channels arrive"
            )
        if size(positions) != x[1]:
            raise ShapeError(
                f"output_size {show(self.output_size)} has {show(positions)} windows, which are "
                f"{size(positions)} tokens, but {x[1]} arrive"
            )
        return (x[0] // window.taps, *self.output_size)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """The first value on each of the `reached` outputs is stored, the others are added."""
        positions = self._positions()
        landed = reached(positions, put_back(self.sliding_window(), positions, y[1:]))
        return Formulas({"inputs": x, "reached": (y[0], *landed)}, additions="inputs - reached")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, *output_size)`."""
        return kernels.patches.fold(x, self.sliding_window(), self.output_size)
