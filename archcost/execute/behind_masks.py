"""Where marks arrive if a mask hides some of what is summed over.

A share of 0 times NaN is NaN, and so is NaN less than whatever a mask adds: what is hidden would be marked as
well. So sums over what a mask hides are run on what is seen.
"""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from archcost.execute.arrays import Array
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.sight import Seen, Sight
    from archcost.windows.window import Shape


_HIDDEN = -1e30
"""A score so small that its share is 0."""


def visible(sight: Sight) -> NDArray[np.bool_]:
    """Which columns each row sees, `(windows, rows, columns)`.

    >>> from archcost.windows.sight import Sight
    >>> visible(Sight((3,), band=(1, 0))).astype(int).tolist()
    [[[1, 0, 0], [1, 1, 0], [0, 1, 1]]]
    """
    if sight.band:
        before, after = sight.band
        rows, columns = np.ogrid[: sight.window_size[0], : sight.window_size[0]]
        return ((rows - columns <= before) & (columns - rows <= after))[None]
    along = [_along(sight, axis) for axis in range(len(sight.window_size))]
    # Windows, rows and columns of every axis of the map, each of them together.
    apart = (
        table.reshape([n if a == axis else 1 for n in table.shape for a in range(len(along))])
        for axis, table in enumerate(along)
    )
    positions = prod(sight.window_size)
    return reduce(np.logical_and, apart).reshape(prod(sight.windows), positions, positions)


def _along(sight: Sight, axis: int) -> NDArray[np.bool_]:
    """The same along one axis of the map."""
    size, count = sight.window_size[axis], sight.windows[axis]
    table = np.zeros((count, size, size), dtype=np.bool_)
    for row, read in enumerate(sight.by_row(axis)):
        table[row // size, row % size, [column % size for column in read]] = True
    return table


def behind_mask(by: Sequence[Seen | None], arriving: Sequence[Array], run: Callable[..., Array]) -> Array:
    """What a node makes of its inputs, marked where something is that it sees.

    Args:
        by: what it sees of each of them.
        arriving: its inputs.
        run: makes its output.
    """
    weighing, own = next((i, one) for i, one in enumerate(by) if one and one.own_rows is not None)
    sees = _over(visible(own.sight), own, arriving[weighing].ndim)
    if len(arriving) == 1:
        (scores,) = arriving
        return run(np.where(sees, scores, scores.dtype.type(_HIDDEN)))
    shares, values = arriving[weighing], arriving[1 - weighing]

    def product(weights: Array, weighed: Array) -> Array:
        pair = (weights.astype(values.dtype), weighed.astype(values.dtype))
        return run(*(pair if weighing == 0 else pair[::-1]))

    marks = product(np.isnan(shares) & sees, np.ones_like(values))
    marks += product(sees & np.ones_like(shares, dtype=np.bool_), np.isnan(values))
    found = product(np.where(sees, np.nan_to_num(shares), 0), np.nan_to_num(values))
    return np.where(marks > 0, found.dtype.type("nan"), found)


def apart(by: Seen, how: Rearrangement, x: Shape) -> tuple[NDArray[np.bool_], Rearrangement]:
    """Which elements of what is summed over are seen, and where they go then.

    From which row is an axis more, unless they have their own.
    """
    sees = visible(by.sight)
    if by.own_rows is not None:
        return _over(sees, by, len(x)), how
    by_row = _over(sees, by._replace(own_rows=len(x)), len(x) + 1)
    return by_row, how._replace(source=(*how.source, how.target[by.rows]))


def _over(sees: NDArray[np.bool_], by: Seen, axes: int) -> NDArray[np.bool_]:
    """What is seen, as it lies over so many axes: windows, rows and columns each along their own."""
    own = (by.sets, by.own_rows, by.columns)
    order = sorted((axis, i) for i, axis in enumerate(own) if axis is not None)
    lengths = [1] * axes
    for axis, i in order:
        lengths[axis] = sees.shape[i]
    first = () if by.sets is not None else (0,)
    return sees.transpose(*first, *(i for _, i in order)).reshape(lengths)
