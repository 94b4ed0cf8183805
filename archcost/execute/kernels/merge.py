"""Several tensors become one. Sizes of 1 are repeated to fit first; then every element is computed."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from archcost.execute.arrays import Array


def _alike(xs: tuple[Array, ...]) -> list[Array]:
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    return [np.broadcast_to(x, shape) for x in xs]


def add(xs: tuple[Array, ...]) -> Array:
    """The sum, element by element."""
    return reduce(np.add, _alike(xs))


def multiply(xs: tuple[Array, ...]) -> Array:
    """The product, element by element."""
    return reduce(np.multiply, _alike(xs))


def maximum(xs: tuple[Array, ...]) -> Array:
    """The largest, element by element."""
    return reduce(np.maximum, _alike(xs))


def average(xs: tuple[Array, ...]) -> Array:
    """The sum times 1/n, element by element."""
    return add(xs) * (1 / len(xs))


def concat(xs: tuple[Array, ...], axis: int) -> Array:
    """One after the other along an axis."""
    return np.concatenate(xs, axis)
