"""Values between positions: read at places that are computed, and interpolated from what lies around."""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from archcost.execute.arrays import Counted, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes


def grid_sample(  # noqa: PLR0913 - one argument per field
    x: Array, grid: Array, groups: int, *, nearest: bool, border: bool, align_corners: bool
) -> Array:
    """The value at every place of a grid, in every channel.

    Args:
        x: `(channels, *axes)`.
        grid: `(groups * axes, *positions)`, the last axis first: from -1 to 1, at the ends of an axis.
        groups: groups of channels, each with places of its own.
        nearest: take the nearest position; otherwise blend the `2 ** axes` around.
        border: beyond the borders the outermost positions go on; otherwise there are zeros.
        align_corners: -1 and 1 are the middles of the first and the last position, not their outer edges.
    """
    positions = grid.shape[1:]
    sizes = np.array(x.shape[1:]).reshape(-1, *(1 for _ in positions))
    halves = (sizes - align_corners) / 2
    grids = np.flip(grid.reshape(groups, len(sizes), *positions), axis=1)
    places = grids * halves.astype(x.dtype) + ((sizes - 1) / 2).astype(x.dtype)
    if border:
        places = np.minimum(np.maximum(places, 0), (sizes - 1).astype(x.dtype))
    if nearest:
        return _nearest(x, plain(places))
    origin = np.zeros((len(sizes), *positions), dtype=int)
    return sampled(x, origin, places, products_per_value=0).reshape(len(x), *positions)


def _nearest(x: Array, places: Array) -> Array:
    """What lies nearest, of two the even one; rounding is no operation."""
    whole = np.clip(np.nan_to_num(np.rint(places)), -1, max(x.shape[1:])).astype(int)
    return _read(x, list(np.moveaxis(whole, 1, 0))).reshape(len(x), *places.shape[2:])


def affine_grid(theta: Array, size: Axes, *, align_corners: bool) -> Array:
    """The coordinates that an affine map gives each position of a grid: `(axes, *size)`, the last axis first.

    Args:
        theta: the map's numbers, `(axes, axes + 1)` row by row; the last of a row is a shift.
        size: of the grid.
        align_corners: -1 and 1 are the middles of the first and the last position, not their outer edges.
    """
    lines = [_coordinates(n, align_corners=align_corners) for n in size]
    places = [*reversed(np.meshgrid(*lines, indexing="ij")), np.ones(size)]
    base = np.stack(places).reshape(len(size) + 1, -1).astype(theta.dtype)
    return np.matmul(theta.reshape(len(size), -1), base).reshape(len(size), *size)


def _coordinates(count: int, *, align_corners: bool) -> Array:
    """From -1 to 1; of a single position with its corners aligned, 0."""
    if align_corners:
        return np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    return (2 * np.arange(count) + 1) / count - 1


def roi_align(  # noqa: PLR0913 - one argument per field
    x: Array, boxes: Array, bins: Axes, *, scale: float, ratio: int, aligned: bool
) -> Array:
    """The mean of each bin of each box, over `ratio` samples along each axis: `(channels, regions, *bins)`.

    Args:
        x: `(channels, height, width)`; its borders go on for one position, then there are zeros.
        boxes: `(4, regions)`: left, top, right, bottom.
        bins: per axis.
        scale: positions of `x` per unit of the boxes.
        ratio: samples per bin, per axis.
        aligned: position 0 reaches from 0 to 1; otherwise its middle is 0, and boxes are at least 1 wide.
    """
    ends = boxes * scale
    ends = ends - 0.5 if aligned else ends
    spans = ends[2:] - ends[:2]
    spans = spans if aligned else np.maximum(spans, 1)
    lines = [
        _samples(ends[axis], spans[axis], n * ratio) for axis, n in zip((1, 0), bins, strict=True)
    ]  # (regions, samples) along the height and the width
    outside = [np.logical_or(at < -1, at > n) for at, n in zip(lines, x.shape[1:], strict=True)]
    lines = [np.minimum(np.maximum(at, 0), n - 1) for at, n in zip(lines, x.shape[1:], strict=True)]
    shape = (boxes.shape[1], bins[0] * ratio, bins[1] * ratio)
    places = np.stack(
        [np.broadcast_to(at, shape) for at in (lines[0][..., np.newaxis], lines[1][:, np.newaxis])]
    )
    values = sampled(x, np.zeros(places.shape, dtype=int), places[np.newaxis], products_per_value=1)
    beyond = np.logical_or(outside[0][..., np.newaxis], outside[1][:, np.newaxis])
    values = np.where(beyond, np.zeros_like(values), values)
    several = values.reshape(len(x), boxes.shape[1], bins[0], ratio, bins[1], ratio)
    return several.sum(axis=(3, 5)) * (1 / ratio**2)


def _samples(first: Array, span: Array, count: int) -> Array:
    """So many places at equal distances within each span."""
    shares = ((np.arange(count) + 0.5) / count).astype(first.dtype)
    return first[:, np.newaxis] + span[:, np.newaxis] * shares


def sampled(x: Array, places: Array, moves: Array, products_per_value: int) -> Array:
    """What lies beside each place, interpolated: `(groups, channels of one, *positions)`.

    Args:
        x: `(channels, *axes)`; around it are zeros.
        places: `(axes, *positions)`, whole numbers.
        moves: `(groups, axes, *positions)`.
        products_per_value: how many products a value will be a factor of; all are on padding if it is.
    """
    whole = np.floor(moves)
    fraction = moves - whole
    shares = (1 - fraction, fraction)
    corners = _corners(x, places, plain(whole), [plain(share) for share in shares])
    if isinstance(x, Counted):
        _note_sampled_padding(x, list(corners.values()), products_per_value)
    parts: list[Array] = []
    for choice, where in corners.items():
        weights = reduce(np.multiply, (shares[end][:, axis] for axis, end in enumerate(choice)))
        parts.append(_read(x, where) * weights[:, np.newaxis])
    return reduce(np.add, parts)


def _corners(x: Array, places: Array, whole: Array, shares: Sequence[Array]) -> dict[Axes, list[Array]]:
    """The corners around each moved place -> where they are, `(groups, *positions)` per axis.

    A corner of zero weight is not read, its neighbour is in its place: a NaN goes only where it matters.
    """
    first = places + np.nan_to_num(whole)
    first = np.clip(first, -2, max(x.shape[1:]) + 1).astype(int)  # farther away there are zeros as well
    ends = [first + np.where(share == 0, 1 - end, end) for end, share in enumerate(shares)]
    choices = product((0, 1), repeat=len(places))
    return {choice: [ends[end][:, axis] for axis, end in enumerate(choice)] for choice in choices}


def _read(x: Array, where: Sequence[Array]) -> Array:
    """Values at places `(groups, *positions)` per axis, zero beyond the borders, in the group's channels."""
    groups, *positions = where[0].shape
    padded = np.pad(x, [(0, 0), *((1, 1) for _ in where)])
    inner = [np.clip(places, -1, n) + 1 for places, n in zip(where, x.shape[1:], strict=True)]
    flat = np.ravel_multi_index(inner, padded.shape[1:]).reshape(groups, 1, -1)
    values = np.take_along_axis(padded.reshape(groups, x.shape[0] // groups, -1), flat, axis=2)
    return values.reshape(groups, -1, *positions)


def _note_sampled_padding(x: Counted, corners: Sequence[Sequence[Array]], products_per_value: int) -> None:
    """Products with a corner in the padding, and those with a value of which all corners are."""
    groups = corners[0][0].shape[0]
    inside = [_read(np.ones((groups, *x.shape[1:]), dtype=bool), where) for where in corners]
    outside = sum(one.size - int(np.count_nonzero(one)) for one in inside)
    alone = inside[0].size - int(np.count_nonzero(reduce(np.logical_or, inside)))
    x.tally.on_padding += (outside + alone * products_per_value) * (x.shape[0] // groups)
