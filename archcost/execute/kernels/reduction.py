"""Reductions: one number for all elements along some axes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from archcost.execute.arrays import plain

if TYPE_CHECKING:
    from collections.abc import Callable

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
    if function in {"argmax", "argmin"}:
        return _number(y, x, axes, getattr(np, function))
    return np.sqrt(y) if function in {"std", "l2"} else y


def _number(largest: Array, x: Array, axes: Axes, search: Callable[..., Array]) -> Array:
    """Where the largest (or smallest) is, which was found already; nowhere if something is unknown."""
    behind = tuple(range(-len(axes), 0))
    rows = np.moveaxis(plain(x), axes, behind)
    found = search(rows.reshape(*rows.shape[: -len(axes)], -1), axis=-1).reshape(largest.shape)
    return np.where(np.isnan(largest), np.nan, found).astype(x.dtype)


_FOLDS = {
    "max": np.maximum,
    "argmax": np.maximum,
    "min": np.minimum,
    "argmin": np.minimum,
    "prod": np.multiply,
}
"""What joins two elements, where they are not added."""
