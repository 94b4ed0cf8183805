"""Convolutions: a window slides, and every position it takes is a weighted sum of what it covers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from archcost.errors import ShapeError
from archcost.geometry import Shape, Window, per_axis, resolve_padding, spatial
from archcost.layers.base import Formulas, Layer, Weights
from archcost.layers.fields import NonNegative, Padding, PerAxis, Positive


class Conv(Layer):
    """Convolution (cross-correlation, as in every framework: the kernel is not flipped).

    Weights `[out_channels, in_channels / groups, *kernel_size]`. With `connections`, output channel i reads
    only the listed input channels (LeNet-5's C3), and the weights are one kernel per link.
    """

    reference: ClassVar[str] = "Dumoulin & Visin 2016, A guide to convolution arithmetic, relationship 15"

    out_channels: Positive = Field(description="channels that leave")
    kernel_size: PerAxis = Field(description="positions of the window, per axis")
    stride: PerAxis = Field((1,), description="step between neighbouring windows")
    padding: Padding = Field((0,), description="zeros around the input")
    dilation: PerAxis = Field((1,), description="step between neighbouring taps of one window")
    groups: Positive = Field(1, description="independent groups the channels are split into")
    bias: bool = Field(default=True, description="add a learned number to every output channel")
    in_channels: Positive | None = Field(None, description="an assertion: the channels that arrive")
    connections: tuple[tuple[NonNegative, ...], ...] | None = Field(
        None,
        description="per output channel, the input channels it reads (counted from 0); default all",
    )

    def window(self, x: Shape) -> Window:
        """The sliding window on this input."""
        axes = spatial(x)
        kernel, stride, dilation = (
            per_axis(getattr(self, name), len(axes), name) for name in ("kernel_size", "stride", "dilation")
        )
        return Window(kernel, stride, dilation, resolve_padding(self.padding, axes, kernel, stride, dilation))

    def output(self, x: Shape) -> Shape:
        """`(out_channels, *positions)`."""
        self._check_channels(x[0])
        return (self.out_channels, *self.window(x).output(spatial(x)))

    def _check_channels(self, channels: int) -> None:
        if self.in_channels not in (None, channels):
            raise ShapeError(f"in_channels is {self.in_channels}, but {channels} channels arrive")
        if channels % self.groups or self.out_channels % self.groups:
            raise ShapeError(
                f"groups={self.groups} must divide the {channels} channels in and the {self.out_channels} out",
            )
        if self.connections is not None:
            self._check_connections(channels, self.connections)

    def _check_connections(self, channels: int, table: tuple[tuple[int, ...], ...]) -> None:
        if self.groups != 1:
            raise ShapeError(f"connections already say who reads whom; groups={self.groups} must be 1")
        if len(table) != self.out_channels:
            raise ShapeError(f"connections has {len(table)} rows; out_channels={self.out_channels} needs one each")
        for i, row in enumerate(table):
            if not row or len(set(row)) != len(row) or max(row) >= channels:
                raise ShapeError(
                    f"connections[{i}] is {list(row)}; it must name different channels from 0 to {channels - 1}",
                )

    def _kernels(self, x: Shape) -> Shape:
        """Kernels side by side: one per link, or `[out, in / groups]`."""
        if self.connections is not None:
            return (sum(len(row) for row in self.connections),)
        return (self.out_channels, x[0] // self.groups)

    def weights(self, x: Shape) -> Weights:
        """`weight` (one kernel per channel pair or link), and `bias` per output channel."""
        weight = {"weight": (*self._kernels(x), *self.window(x).kernel)}
        return weight | ({"bias": (self.out_channels,)} if self.bias else {})

    def operations(self, x: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `taps` products; zero padding counts like data."""
        window = self.window(x)
        if self.connections is not None:
            links = {"links": self._kernels(x), "kernel_size": window.kernel, "positions": y[1:], "bias": int(self.bias)}
            return Formulas(
                links | {"outputs": y},
                macs="links * kernel_size * positions",
                multiplications="macs",
                additions="macs - outputs + bias * outputs",
            )
        return Formulas(
            {
                "kernel_size": window.kernel,
                "in_channels": x[0],
                "groups": self.groups,
                "taps": "kernel_size * in_channels / groups",
                "outputs": y,
                "bias": int(self.bias),
            },
            macs="taps * outputs",
            multiplications="macs",
            additions="(taps - 1 + bias) * outputs",
        )
