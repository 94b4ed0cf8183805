"""Reductions: one number for all elements along some axes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes


def reduce(function: str, x: Array, axes: Axes, *, keepdim: bool, correction: int) -> Array:
    """One of the functions at the top of `archcost.layers.reduction`.

    Args:
        function: its word.
        x: `(channels, *axes)`.
        axes: those that are reduced.
        keepdim: whether they stay, at size 1.
        correction: for a variance, by how many elements too few it is divided.
    """
    elements = prod(x.shape[axis] for axis in axes)
    if function in {"var", "std"}:
        x = x - x.sum(axis=axes, keepdims=True) * (1 / elements)
    if function in {"var", "std", "l2"}:
        x = x * x
    if function == "l1":
        x = abs(x)
    y = _FOLDS.get(function, np.add).reduce(x, axis=axes, keepdims=keepdim)
    if function in {"var", "std"}:
        y = y * (1 / (elements - correction))
    if function == "mean":
        y = y * (1 / elements)
    return np.sqrt(y) if function in {"std", "l2"} else y


_FOLDS = {"max": np.maximum, "min": np.minimum, "prod": np.multiply}
"""What joins two elements, where they are not added."""
