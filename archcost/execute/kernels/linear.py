"""Products with a learned matrix, the largest of several pieces, and rows looked up in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archcost.errors import ExecutionError
from archcost.execute.arrays import plain

if TYPE_CHECKING:
    from archcost.execute.arrays import Array


def linear(x: Array, weight: Array, bias: Array | None) -> Array:
    """At every position, y[o] = sum over i of weight[o, i] * x[i], plus bias[o].

    Args:
        x: `(in_features, *axes)`, of no axes for a vector.
        weight: `[out_features, in_features]`.
        bias: `[out_features]`, or None.
    """
    y = np.matmul(weight, x.reshape(x.shape[0], -1))
    if bias is not None:
        y = y + bias[:, np.newaxis]
    return y.reshape(-1, *x.shape[1:])


def maxout(x: Array, pieces: int) -> Array:
    """The largest of every `pieces` neighbouring channels."""
    return x.reshape(-1, pieces, *x.shape[1:]).max(axis=1)


def embedding(x: Array, weight: Array) -> Array:
    """Row x[u] of the table, as the channels of position u.

    Args:
        x: numbers of tokens, a vector or one channel. What is not known (NaN) gives a row nobody knows.
        weight: `[num_embeddings, embedding_dim]`.

    Raises:
        ExecutionError: a number of no token.
    """
    numbers = plain(x).reshape(x.shape[1:] or x.shape)
    unknown = np.isnan(numbers)
    tokens = np.where(unknown, 0, numbers)
    strange = tokens[(tokens < 0) | (tokens >= len(weight)) | (tokens != np.floor(tokens))]
    if strange.size:
        raise ExecutionError(f"takes numbers of tokens, 0 to {len(weight) - 1}, but {strange[0]:g} arrives")
    rows = np.moveaxis(weight[tokens.astype(np.intp)], -1, 0)
    return np.where(unknown, rows.dtype.type(np.nan), rows)
