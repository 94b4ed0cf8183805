"""Tensors that are given, by a rule or number by number: made of no other, so that nothing is counted."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes, Shape


def given(values: object, shape: Shape) -> Array:
    """One number everywhere, or the numbers of nested lists."""
    return np.broadcast_to(np.array(values, dtype=np.float64), shape).copy()


def band(shape: Shape, before: int, after: int, inside: float, outside: float) -> Array:
    """`inside` from so many columns before the row's own to so many after it; along the last two axes."""
    rows, columns = np.ogrid[: shape[-2], : shape[-1]]
    seen = (rows - columns <= before) & (columns - rows <= after)
    return given(np.where(seen, inside, outside), shape)


def shifted_windows(  # noqa: PLR0913, PLR0917 - what a mask of windows is made of
    shape: Shape, sizes: Axes, windows: Axes, shifts: Axes, inside: float, outside: float
) -> Array:
    """`inside` where two positions of a window come from one side of the seam that a roll made.

    Only the last window along an axis has a seam in it, `shift` before the end.
    """
    region = np.zeros((1,) * len(sizes), dtype=np.int64)
    for axis, (n, shift) in enumerate(zip(sizes, shifts, strict=True)):
        behind = (np.arange(n) >= n - shift).reshape([-1 if i == axis else 1 for i in range(len(sizes))])
        region = 2 * region + behind
    split = region.reshape([part for n, w in zip(sizes, windows, strict=True) for part in (n // w, w)])
    order = [*range(0, split.ndim, 2), *range(1, split.ndim, 2)]
    listed = split.transpose(order).reshape(-1, prod(windows))
    seen = listed[:, :, None] == listed[:, None, :]
    return given(np.where(seen, inside, outside), shape)


def sinusoids(shape: Shape, base: float) -> Array:
    """Sines in even channels and cosines in odd ones, slower from pair to pair."""
    channels, length = shape
    pair = np.arange(channels)[:, None] // 2
    angles = np.arange(length) / base ** (2 * pair / channels)
    return np.where(np.arange(channels)[:, None] % 2, np.cos(angles), np.sin(angles))


def ramp(shape: Shape, axis: int, start: float, step: float) -> Array:
    """Numbers that rise along one axis by the same step."""
    along = start + step * np.arange(shape[axis], dtype=np.float64)
    return given(along.reshape([-1 if i == axis % len(shape) else 1 for i in range(len(shape))]), shape)


def coordinates(shape: Shape, lines: tuple[tuple[float, float], ...]) -> Array:
    """Per axis of a map a channel that rises along it, that of the last axis first."""
    sizes = shape[1:]
    return np.stack([ramp(sizes, axis, *lines[axis]) for axis in reversed(range(len(sizes)))])
