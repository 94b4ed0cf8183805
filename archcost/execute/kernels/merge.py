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


def subtract(a: Array, b: Array) -> Array:
    """The difference, element by element."""
    return np.subtract(*_alike((a, b)))


def divide(a: Array, b: Array) -> Array:
    """The quotient, element by element."""
    with np.errstate(all="ignore"):
        return np.divide(*_alike((a, b)))


def maximum(xs: tuple[Array, ...]) -> Array:
    """The largest, element by element."""
    return reduce(np.maximum, _alike(xs))


def minimum(xs: tuple[Array, ...]) -> Array:
    """The smallest, element by element."""
    return reduce(np.minimum, _alike(xs))


def average(xs: tuple[Array, ...]) -> Array:
    """The sum times 1/n, element by element."""
    return add(xs) * (1 / len(xs))


def compare(relation: str, xs: tuple[Array, ...], value: float | None, *, marked: bool) -> Array:
    """1 where a relation holds between two tensors, or between one and a number; else 0.

    Args:
        relation: by its name here and in NumPy, `greater`.
        xs: both, or the one.
        value: the number, if there is one.
        marked: what is compared with NaN is NaN.
    """
    a, b = (xs[0], value) if value is not None else _alike(xs)
    found = getattr(np, relation)(a, b).astype(xs[0].dtype)
    return _handed_on(found, a, b) if marked else found


def where(condition: Array, a: Array, b: Array, *, marked: bool) -> Array:
    """`a` where the condition is not 0, else `b`; marked, NaN if any of the three is."""
    condition, a, b = _alike((condition, a, b))
    chosen = np.where(np.not_equal(condition, 0), a, b)
    return _handed_on(chosen, condition, a, b) if marked else chosen


def _handed_on(y: Array, *xs: Array | float) -> Array:
    """NaN where there is one in any of these."""
    return np.where(reduce(np.logical_or, map(np.isnan, xs)), y.dtype.type("nan"), y)


def stack(xs: tuple[Array, ...], axis: int) -> Array:
    """Along a new axis."""
    return np.stack(xs, axis)


def concat(xs: tuple[Array, ...], axis: int) -> Array:
    """One after the other along an axis."""
    return np.concatenate(xs, axis)
