"""Sliding over positions: padding, where windows stand, and what a tap sees of all of them at once.

Kernels slide as the definition says, window after window, and never ask a layer what should come out: how
many windows there are follows from the array that is slid over.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes, Window


class Slide:
    """A window over a tensor `(channels, *axes)`: the padded tensor, and where the windows stand on it.

    Args:
        x: the tensor.
        window: kernel, stride, dilation, padding and rounding; no stretch.
        fill: what stands in the padding.

    Attributes:
        counts: windows, per axis.
        padded: the tensor with its padding.
    """

    def __init__(self, x: Array, window: Window, fill: float = 0.0) -> None:
        self.window = window
        self.counts = tuple(len(_starts(n, window, axis)) for axis, n in enumerate(x.shape[1:]))
        self.padded = _padded(x, window, self.counts, fill)

    def taps(self) -> Iterator[tuple[Axes, Array]]:
        """Every tap, and what it reads at all positions: `(channels, *positions)`."""
        for tap in product(*map(range, self.window.kernel)):
            yield tap, self.padded[(slice(None), *self.slices(tap))]

    def places(self, tap: Axes) -> tuple[range, ...]:
        """The positions, per axis, that a tap stands on in all windows; those in the padding lie outside."""
        w = self.window
        return tuple(
            range(t * d - before, t * d - before + n * s, s)
            for t, d, s, n, (before, _) in zip(tap, w.dilation, w.stride, self.counts, w.padding, strict=True)
        )

    def slices(self, tap: Axes) -> tuple[slice, ...]:
        """Where a tap stands in the padded tensor, per axis, in all windows."""
        w = self.window
        return tuple(
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, d, s, n in zip(tap, w.dilation, w.stride, self.counts, strict=True)
        )


def _starts(length: int, window: Window, axis: int) -> range:
    """Where windows begin on the padded axis.

    A window has to fit in. Rounding up, one more may stick out at the end: unless it begins behind the last
    position of the input (PyTorch; Caffe looks at that only if there is padding).
    """
    before, after = window.padding[axis]
    stride, span = window.stride[axis], window.dilation[axis] * (window.kernel[axis] - 1) + 1
    fits = range(0, before + length + after - span + 1, stride)
    following = len(fits) * stride
    sticks_out = window.rounding != "floor" and following - stride + span < before + length + after
    is_padded = any(any(pads) for pads in window.padding)
    begins_inside = following < before + length or (window.rounding == "caffe" and not is_padded)
    return range(0, following + 1, stride) if sticks_out and begins_inside else fits


def _padded(x: Array, window: Window, counts: Axes, fill: float) -> Array:
    """The tensor with its padding; what windows read beyond it at the end is padding, too."""
    pads = [(0, 0)]
    for axis, (before, after) in enumerate(window.padding):
        span = window.dilation[axis] * (window.kernel[axis] - 1) + 1
        needed = (counts[axis] - 1) * window.stride[axis] + span
        missing = needed - (before + x.shape[1 + axis] + after)
        pads.append((before, after + max(missing, 0)))
    return np.pad(x, pads, constant_values=fill) if any(map(any, pads)) else x


def reads_of_padding(axes: Axes, window: Window) -> int:
    """Over all windows and taps, how often padding is read."""
    there = np.ones((1, *axes), dtype=bool)
    slide = Slide(there, window)
    return sum(view.size - int(np.count_nonzero(view)) for _, view in slide.taps())
