"""Pools as they are defined: the largest or the mean of what a window, or a bin, covers in a channel."""

from __future__ import annotations

from collections import defaultdict
from functools import reduce
from itertools import product
from math import comb, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archcost.execute.arrays import Counted, plain
from archcost.execute.kernels.shape import pad
from archcost.execute.kernels.windows import Slide, reads_of_padding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes, Window


def max_pool(x: Array, window: Window) -> Array:
    """The largest of every window. Padding is minus infinity, so it never wins.

    Args:
        x: `(channels, *axes)`.
        window: how it slides.
    """
    return reduce(np.maximum, (view for _, view in Slide(x, window, fill=-np.inf).taps()))


def max_unpool(pooled: Array, before: Array, window: Window, *, marked: bool) -> Array:
    """Every number where the largest of its window stands, the first if there are several; zeros elsewhere.

    Args:
        pooled: `(channels, *positions)`.
        before: `(channels, *axes)`, which has the largest.
        window: how it slid; its steps are no shorter than the window.
        marked: NaN in either is handed on to all of its window.
    """
    slide = Slide(before, window, fill=-np.inf)
    (_, largest), *others = slide.taps()
    place = np.zeros(pooled.shape, dtype=int)
    hidden = np.isnan(plain(pooled)) | np.isnan(plain(largest))
    for i, (_, view) in enumerate(others, 1):
        hidden |= np.isnan(plain(view))
        is_larger = np.greater(view, largest)
        largest = np.where(is_larger, view, largest)
        place[plain(is_larger)] = i
    y = np.zeros_like(pooled, shape=slide.padded.shape)
    for i, (tap, _) in enumerate(slide.taps()):
        here = np.where(place == i, pooled, pooled.dtype.type(0))
        spoilt = np.where(hidden, pooled.dtype.type("nan"), here) if marked else here
        y[(slice(None), *slide.slices(tap))] = spoilt
    ends = zip(before.shape[1:], window.padding, strict=True)
    return y[(slice(None), *(slice(first, first + n) for n, (first, _) in ends))]


def blur_pool(x: Array, window: Window, mode: str) -> Array:
    """The mean of every window by binomial weights, those of its axes multiplied.

    Args:
        x: `(channels, *axes)`.
        window: how it slides.
        mode: what stands in the padding.
    """
    if isinstance(x, Counted) and mode == "constant":
        x.tally.on_padding += reads_of_padding(x.shape[1:], window) * x.shape[0]
    none = tuple((0, 0) for _ in window.padding)
    slide = Slide(pad(x, ((0, 0), *window.padding), mode, 0.0), window._replace(padding=none))
    return reduce(np.add, (view * _binomial(tap, window.kernel) for tap, view in slide.taps()))


def _binomial(tap: Axes, kernel: Axes) -> float:
    """The weight of a tap: a number of Pascal's triangle over the sum of its row, per axis."""
    return prod(comb(k - 1, t) / 2 ** (k - 1) for t, k in zip(tap, kernel, strict=True))


def avg_pool(x: Array, window: Window, *, divisor_counts_padding: bool) -> Array:
    """The mean of every window. What sticks out of the padded input never enters the divisor.

    Args:
        x: `(channels, *axes)`.
        window: how it slides.
        divisor_counts_padding: whether padding is divided by, too.
    """
    slide = Slide(x, window)
    total = reduce(np.add, (view for _, view in slide.taps()))
    pads = window.padding if divisor_counts_padding else ((0, 0),) * len(window.padding)
    bounds = [(-before, n + after) for n, (before, after) in zip(x.shape[1:], pads, strict=True)]
    return total * (1 / _covered(slide, bounds)).astype(x.dtype)


def _covered(slide: Slide, bounds: list[tuple[int, int]]) -> Array:
    """How many taps of each window lie within the bounds; 1 for none: the mean of nothing is 0."""
    counts = [np.zeros(n, dtype=int) for n in slide.counts]
    for axis, (first, end) in enumerate(bounds):
        for tap in range(slide.window.kernel[axis]):
            places = np.asarray(slide.places((tap,) * len(bounds))[axis])
            counts[axis] += (first <= places) & (places < end)
    return np.maximum(reduce(np.multiply.outer, counts), 1)


def bin_max(x: Array, sizes: Axes) -> Array:
    """The largest of every bin, so many bins per axis. A global pool has one.

    Args:
        x: `(channels, *axes)`.
        sizes: bins per axis.
    """
    y = np.empty_like(x, shape=(x.shape[0], *sizes))
    for bins in _alike(x, sizes):
        y[bins.place] = bins.values.max(axis=bins.within)
    return y


def bin_mean(x: Array, sizes: Axes) -> Array:
    """The mean of every bin, so many bins per axis. A global pool has one.

    Args:
        x: `(channels, *axes)`.
        sizes: bins per axis.
    """
    y = np.empty_like(x, shape=(x.shape[0], *sizes))
    for bins in _alike(x, sizes):
        y[bins.place] = bins.values.sum(axis=bins.within) * (1 / bins.positions)
    return y


class _Bins(NamedTuple):
    """Bins of the same size.

    Attributes:
        place: where they stand in the output.
        values: what they cover, `(channels, bins, positions of one, bins, positions of one, ...)`.
        within: the axes of `values` that run over the positions of one bin.
        positions: how many a bin has.
    """

    place: tuple[Array, ...]
    values: Array
    within: tuple[int, ...]
    positions: int


def _alike(x: Array, sizes: Axes) -> Iterator[_Bins]:
    """The bins of the input, those of one size at a time: there are at most three sizes along an axis."""
    along = [_bins(n, bins).items() for n, bins in zip(x.shape[1:], sizes, strict=True)]
    for choice in product(*along):
        values = x
        for axis, (positions, numbers) in enumerate(choice):
            firsts = [u * x.shape[1 + axis] // sizes[axis] for u in numbers]
            values = np.take(values, np.add.outer(firsts, range(positions)), axis=1 + 2 * axis)
        yield _Bins(
            place=np.ix_(range(x.shape[0]), *(numbers for _, numbers in choice)),
            values=values,
            within=tuple(range(2, values.ndim, 2)),
            positions=prod(positions for positions, _ in choice),
        )


def _bins(length: int, bins: int) -> dict[int, list[int]]:
    """Positions of a bin -> the bins that have so many.

    Bin u is `floor(u * length / bins)` up to, not with, `ceil((u + 1) * length / bins)`.
    """
    found: defaultdict[int, list[int]] = defaultdict(list)
    for u in range(bins):
        found[-(-(u + 1) * length // bins) - u * length // bins].append(u)
    return found
