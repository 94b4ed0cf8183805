"""Functions of one number: the formula in each class of `archcost.layers.mathematics`, as it is written.

Where a function has no value, as the root of -1, there is NaN, and what is too large is infinite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from archcost.execute.arrays import Array


def reciprocal(x: Array) -> Array:
    """`1 / x`."""
    with np.errstate(divide="ignore"):
        return 1 / x


def power(x: Array, exponent: float) -> Array:
    """`x ** exponent`; a square is a product."""
    with np.errstate(all="ignore"):
        return x * x if exponent == 2 else np.power(x, exponent)


def sqrt(x: Array) -> Array:
    """`sqrt(x)`."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)


def exp(x: Array) -> Array:
    """`exp(x)`."""
    with np.errstate(over="ignore"):
        return np.exp(x)


def log(x: Array) -> Array:
    """`log(x)`."""
    with np.errstate(all="ignore"):
        return np.log(x)


def sin(x: Array) -> Array:
    """`sin(x)`."""
    return np.sin(x)


def cos(x: Array) -> Array:
    """`cos(x)`."""
    return np.cos(x)


def clamp(x: Array, lower: float | None, upper: float | None) -> Array:
    """`min(max(x, lower), upper)`, or one of them."""
    x = x if lower is None else np.maximum(x, lower)
    return x if upper is None else np.minimum(x, upper)
