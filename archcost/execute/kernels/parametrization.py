"""Weights that are made of others, see `archcost.layers.parametrization`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.execute.arrays import Array


def made(
    how: str | None, weight: Array, parts: Mapping[str, Array], *, rows: int = 0, eps: float = 0
) -> Array:
    """The weight that a layer works with.

    Args:
        how: by which rule; None if it is learned as it is.
        weight: what is learned.
        parts: the other tensors by name, as many as there are: `gain`, a number for each along the first
            axis; the singular vectors `left`, as long as axis `rows`, and `right`, as long as all others.
        rows: the axis of the rows, where the weight is taken as a matrix.
        eps: what is added to a variance.
    """
    if how is None:
        return weight
    if how == "spectral_norm":
        matrix = np.moveaxis(weight, rows, 0).reshape(weight.shape[rows], -1)
        return weight / (parts["left"] @ matrix @ parts["right"])
    matrix = weight.reshape(len(weight), -1)
    if how == "weight_norm":
        matrix = matrix / np.sqrt((matrix * matrix).sum(axis=1, keepdims=True))
    else:
        matrix = matrix - matrix.mean(axis=1, keepdims=True)
        matrix = matrix / np.sqrt((matrix * matrix).mean(axis=1, keepdims=True) + eps)
    if "gain" in parts:
        share = 1 if how == "weight_norm" else matrix.shape[1] ** -0.5
        matrix = (parts["gain"] * share)[:, None] * matrix
    return matrix.reshape(weight.shape)
