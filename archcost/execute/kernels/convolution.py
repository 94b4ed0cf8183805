"""Convolutions as they are defined: every output is a sum of products, the kernel is not flipped."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from archcost.execute.arrays import Counted
from archcost.execute.kernels.windows import Slide, reads_of_padding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.execute.arrays import Array
    from archcost.geometry import Window


def conv(x: Array, weight: Array, bias: Array | None, window: Window, groups: int = 1) -> Array:
    """Convolution (cross-correlation): y[o, u] = sum over i, t of weight[o, i, t] * x[i, s·u + d·t - p].

    Args:
        x: `(in_channels, *axes)`.
        weight: `[out_channels, in_channels / groups, *kernel_size]`.
        bias: `[out_channels]`, or None.
        window: how it slides.
        groups: independent groups the channels are split into.
    """
    slide = Slide(x, window)
    kernels = weight.reshape(groups, -1, *weight.shape[1:])  # [groups, out / groups, in / groups, *kernel]
    y: Array | None = None
    for tap, view in slide.taps():
        part = np.matmul(kernels[(..., *tap)], view.reshape(groups, x.shape[0] // groups, -1))
        y = part if y is None else y + part
    _note_padding(x, window, products_per_read=weight.shape[0] * weight.shape[1])
    return _with_bias(y, bias, (weight.shape[0], *slide.counts))


def _with_bias(y: Array | None, bias: Array | None, shape: tuple[int, ...]) -> Array:
    if y is None:
        raise ValueError("a window without taps")
    y = y.reshape(shape)
    return y if bias is None else y + bias.reshape(-1, *(1 for _ in shape[1:]))


def _note_padding(x: Array, window: Window, products_per_read: int) -> None:
    """How many products had a factor from the padding: as often as it is read, in every channel."""
    if isinstance(x, Counted):
        x.tally.on_padding += reads_of_padding(x.shape[1:], window) * products_per_read


def linked_conv(
    x: Array, weight: Array, bias: Array | None, window: Window, connections: Sequence[Sequence[int]]
) -> Array:
    """Convolution in which output channel o reads only the input channels that `connections[o]` lists.

    `weight` holds one kernel per link: `[links, *kernel_size]`, row after row.
    """
    ends = [0, *accumulate(len(row) for row in connections)]
    rows = [
        conv(x[list(row)], weight[np.newaxis, first:end], None, window)
        for row, first, end in zip(connections, ends, ends[1:], strict=False)
    ]
    y = np.concatenate(rows)
    return _with_bias(y, bias, y.shape)
