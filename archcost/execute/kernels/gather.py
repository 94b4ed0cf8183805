"""Elements picked by an index: nothing is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archcost.errors import ExecutionError

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes


def take(x: Array, index: object, axis: int) -> Array:
    """Elements along an axis, in whose place the axes of the index are.

    Raises:
        ExecutionError: a number of no element.
    """
    length, numbers = x.shape[axis], np.array(index)
    strange = numbers[(numbers < -length) | (numbers >= length) | (numbers != np.floor(numbers))]
    if strange.size:
        raise ExecutionError(f"takes numbers of elements, 0 to {length - 1}, but index has {strange[0]:g}")
    return np.take(x, numbers.astype(np.intp), axis)


def relative_positions(window: Axes) -> Array:
    """How far the positions of a window are apart, as numbers: `[positions, positions]`."""
    places = np.indices(window).reshape(len(window), -1)
    found = np.zeros((1, 1), dtype=np.int64)
    for size, place in zip(window, places, strict=True):
        found = found * (2 * size - 1) + (place[:, None] - place[None, :] + size - 1)
    return found
