"""Resizing as it is defined, by exact coordinates; and channels that become space, or space channels."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import product
from math import floor
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes

Scales: TypeAlias = tuple[float, ...]

_FINEST = 10**6
"""The largest denominator of a scale, or its inverse, that coordinates are computed with: 0.333… is 1/3."""

_CUBIC = Fraction(-3, 4)
"""The slope of the cubic at its first zero: Keys 1981 leaves it free, PyTorch and ONNX take this one."""


def resize(
    x: Array, size: Axes | None, scale_factor: Scales | None, *, radius: int, align_corners: bool = False
) -> Array:
    """Resizing to a size, or by a factor.

    Output u lies at `(u + 1/2) / scale - 1/2` of the input, or with `align_corners` at
    `u * (i - 1) / (o - 1)`, and is a weighted sum of the inputs less than `radius` away. Nearest takes the
    one at `floor(u / scale)`. Linear takes an axis that keeps its size at scale 1. These are PyTorch's rules;
    so is the size, the product of two floats.

    Args:
        x: `(channels, *axes)`.
        size: positions that leave, per axis; or None, and a `scale_factor`.
        scale_factor: outputs per input, per axis; or None, and a `size`.
        radius: 0 for nearest, 1 for linear, 2 for cubic.
        align_corners: let the centres of the outermost positions coincide, not their edges.
    """
    axes = x.shape[1:]
    sizes = size or tuple(floor(i * scale) for i, scale in zip(axes, scale_factor or (), strict=True))
    scales = tuple(_simplest(Fraction(scale)) for scale in scale_factor or ())
    scales = scales or tuple(Fraction(o, i) for i, o in zip(axes, sizes, strict=True))
    if radius == 1:
        scales = tuple(Fraction(1) if i == o else s for i, o, s in zip(axes, sizes, scales, strict=True))
    if radius == 0:
        return x[np.ix_(range(x.shape[0]), *map(_nearest, sizes, scales))]
    coordinates = (_aligned(*both) for both in zip(axes, sizes, strict=True))
    if not align_corners:
        coordinates = (_centred(*both) for both in zip(sizes, scales, strict=True))
    return _interpolated(x, [_taps(c, i, radius) for c, i in zip(coordinates, axes, strict=True)])


def _simplest(scale: Fraction) -> Fraction:
    if scale > 1:
        return scale.limit_denominator(_FINEST)
    return 1 / (1 / scale).limit_denominator(_FINEST)


def _nearest(size: int, scale: Fraction) -> list[int]:
    return [int(u // scale) for u in range(size)]


def _centred(size: int, scale: Fraction) -> list[Fraction]:
    half = Fraction(1, 2)
    return [(u + half) / scale - half for u in range(size)]


def _aligned(length: int, size: int) -> list[Fraction]:
    return [Fraction(u * (length - 1), max(size - 1, 1)) for u in range(size)]


class _Tap(NamedTuple):
    """One of the positions that every output along an axis reads: which, and how it is weighed."""

    places: list[int]
    weights: Array


def _taps(coordinates: list[Fraction], length: int, radius: int) -> list[_Tap]:
    """The positions around the coordinates along an axis. Beyond the border the outermost one repeats.

    A position of zero weight is not read: the one below the coordinate, which never has zero weight, is read
    once more in its place. So a NaN goes only where it matters. Weights are exact: a zero is one.
    """
    weight_of = _keys if radius == 2 else _tent
    taps: list[_Tap] = []
    for step in range(1 - radius, 1 + radius):
        weights = [weight_of(abs(floor(c) + step - c)) for c in coordinates]
        places = [floor(c) + step * bool(w) for c, w in zip(coordinates, weights, strict=True)]
        taps.append(_Tap([min(max(p, 0), length - 1) for p in places], np.array(weights, dtype=float)))
    return taps


def _tent(distance: Fraction) -> Fraction:
    return 1 - distance


def _keys(distance: Fraction) -> Fraction:
    """The weight of a position so far away, at most 2: Keys 1981, equation 4, its slope left free."""
    d, a = distance, _CUBIC
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return a * (((d - 5) * d + 8) * d - 4)


def _interpolated(x: Array, lines: list[list[_Tap]]) -> Array:
    """For every combination of taps along the axes, what is read there times its weights."""
    return reduce(
        np.add,
        (
            x[np.ix_(range(x.shape[0]), *(tap.places for tap in taps))]
            * reduce(np.multiply.outer, [tap.weights for tap in taps]).astype(x.dtype)
            for taps in product(*lines)
        ),
    )


def pixel_shuffle(x: Array, factors: Axes) -> Array:
    """Channels `c * r² + i * r + j` are row i, column j of the squares of channel c, r per axis."""
    axes = x.shape[1:]
    deep = x.reshape(-1, *factors, *axes)
    order = [place for axis in range(len(axes)) for place in (1 + len(axes) + axis, 1 + axis)]
    return deep.transpose(0, *order).reshape(-1, *(r * n for r, n in zip(factors, axes, strict=True)))


def pixel_unshuffle(x: Array, factors: Axes) -> Array:
    """Row i, column j of the squares of channel c are channel `c * r² + i * r + j`, r per axis."""
    axes = tuple(n // r for n, r in zip(x.shape[1:], factors, strict=True))
    wide = x.reshape(-1, *(part for pair in zip(axes, factors, strict=True) for part in pair))
    order = [*range(2, wide.ndim, 2), *range(1, wide.ndim, 2)]
    return wide.transpose(0, *order).reshape(-1, *axes)
