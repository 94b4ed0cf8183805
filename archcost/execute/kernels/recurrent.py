"""Recurrent layers and scans, step by step: the formulas in each class of `archcost.layers.recurrent`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from archcost.execute.kernels.activation import relu, sigmoid, softplus, tanh
from archcost.execute.kernels.linear import linear

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.execute.arrays import Array

Cell: TypeAlias = "Callable[[Array, Array, Array], tuple[Array, Array]]"
"""`(of what arrives, of what was fed back, kept) -> (hidden units, kept)`, of one position.

The first two are the parts of the gates' sums, one gate after the other; what is kept has a number per unit.
"""


def lstm(arriving: Array, fed_back: Array, kept: Array) -> tuple[Array, Array]:
    """Keeps the cell."""
    i, f, g, o = np.split(arriving + fed_back, 4)
    cell = sigmoid(f) * kept + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(cell), cell


def gru(arriving: Array, fed_back: Array, kept: Array) -> tuple[Array, Array]:
    """Keeps the hidden units."""
    (r, z, n), (r_h, z_h, n_h) = np.split(arriving, 3), np.split(fed_back, 3)
    update = sigmoid(z + z_h)
    hidden = (1 - update) * tanh(n + sigmoid(r + r_h) * n_h) + update * kept
    return hidden, hidden


def rnn_by_tanh(arriving: Array, fed_back: Array, kept: Array) -> tuple[Array, Array]:
    """Keeps nothing."""
    return tanh(arriving + fed_back), kept


def rnn_by_relu(arriving: Array, fed_back: Array, kept: Array) -> tuple[Array, Array]:
    """Keeps nothing."""
    return relu(arriving + fed_back), kept


def recurrent(x: Array, cell: Cell, tensors: Mapping[str, Array]) -> Array:
    """Layers one on the other, in as many directions as there are weights for.

    Args:
        x: `(channels, length)`.
        cell: what happens at a position.
        tensors: by PyTorch's names: `weight_ih_l0` `[gates * hidden, channels]`, `weight_hh_l0` `[gates *
            hidden, fed back]`, `bias_ih_l0`, `bias_hh_l0` and, for a projection, `weight_hr_l0` `[fed back,
            hidden]`; likewise `_l1`, …, and `_l0_reverse`.
    """
    layer = 0
    while f"weight_ih_l{layer}" in tensors:
        ends = [end for end in (f"l{layer}", f"l{layer}_reverse") if f"weight_ih_{end}" in tensors]
        x = np.concatenate([_one_way(x, cell, tensors, end) for end in ends])
        layer += 1
    return x


def _one_way(x: Array, cell: Cell, tensors: Mapping[str, Array], end: str) -> Array:
    """One layer in one direction: `(fed back, length)`."""
    fed_back, bias = tensors[f"weight_hh_{end}"], tensors.get(f"bias_hh_{end}")
    projection = tensors.get(f"weight_hr_{end}")
    arriving = linear(x, tensors[f"weight_ih_{end}"], tensors.get(f"bias_ih_{end}"))
    units = fed_back.shape[1] if projection is None else projection.shape[1]
    kept = np.zeros_like(arriving[:units, 0])
    hidden, found = kept[: fed_back.shape[1]], [kept] * x.shape[1]
    order = range(x.shape[1])
    for t in reversed(order) if end.endswith("reverse") else order:
        hidden, kept = cell(arriving[:, t], linear(hidden, fed_back, bias), kept)
        hidden = hidden if projection is None else linear(hidden, projection, None)
        found[t] = hidden
    return np.stack(found, axis=1)


def selective_scan(  # noqa: PLR0913, PLR0917 - what arrives and what is learned
    x: Array,
    delta: Array,
    b: Array,
    c: Array,
    groups: int,
    A_log: Array,  # noqa: N803 - its name in Mamba, as that of `D`
    D: Array | None = None,  # noqa: N803
) -> Array:
    """What is kept decays by `exp(dt * -exp(A_log))`, takes in `dt * x * b`, and is read by `c`.

    Args:
        x: `(channels, length)`.
        delta: likewise; its softplus is `dt`.
        b: `(groups * states, length)`.
        c: likewise.
        groups: of channels, each of which reads its part of `b` and `c`.
        A_log: `[channels, states]`.
        D: `[channels]`, or None.
    """
    channels, states = A_log.shape
    rate, dt = -np.exp(A_log), softplus(delta)
    written = dt * x
    kept, found = np.repeat(np.zeros_like(x[:, :1]), states, axis=1), list["Array"]()
    for t in range(x.shape[1]):
        into, out = (
            np.repeat(one[:, t].reshape(groups, states), channels // groups, axis=0) for one in (b, c)
        )
        kept = np.exp(dt[:, t, np.newaxis] * rate) * kept + written[:, t, np.newaxis] * into
        found.append(np.matmul(kept[:, np.newaxis], out[:, :, np.newaxis]).reshape(-1))
    y = np.stack(found, axis=1)
    return y if D is None else y + D[:, np.newaxis] * x
