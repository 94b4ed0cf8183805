"""Activations: the formula in each class of `archcost.layers.activation`, as it is written there.

An exponential that is too large is infinite, and every formula here takes that as its limit.
"""

from __future__ import annotations

from math import erf, pi, sqrt
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.execute.arrays import Array

_erf = cast("Callable[[Any], Array]", np.frompyfunc(erf, 1, 1))
"""NumPy has none of its own."""


def relu(x: Array) -> Array:
    """`max(x, 0)`."""
    return np.maximum(x, 0)


def relu6(x: Array) -> Array:
    """`min(max(x, 0), 6)`."""
    return np.minimum(np.maximum(x, 0), 6)


def leaky_relu(x: Array, negative_slope: float) -> Array:
    """`where(x > 0, x, negative_slope * x)`."""
    return np.where(x > 0, x, negative_slope * x)


def prelu(x: Array, weight: Array) -> Array:
    """`where(x > 0, x, weight * x)`, with one weight or one per channel."""
    return np.where(x > 0, x, weight.reshape(-1, *(1 for _ in x.shape[1:])) * x)


def elu(x: Array, alpha: float) -> Array:
    """`where(x > 0, x, alpha * (exp(x) - 1))`."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def celu(x: Array, alpha: float) -> Array:
    """`where(x > 0, x, alpha * (exp(x * (1 / alpha)) - 1))`."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(x > 0, x, alpha * (np.exp(x * (1 / alpha)) - 1))


def threshold(x: Array, threshold: float, value: float) -> Array:
    """`where(x <= threshold, value, x)`."""
    return np.where(x <= threshold, x.dtype.type(value), x)


def hard_shrink(x: Array, lambd: float) -> Array:
    """`where(abs(x) <= lambd, 0, x)`."""
    return np.where(np.abs(x) <= lambd, x.dtype.type(0), x)


def soft_shrink(x: Array, lambd: float) -> Array:
    """`x - min(max(x, -lambd), lambd)`."""
    return x - np.minimum(np.maximum(x, -lambd), lambd)


def tanh_shrink(x: Array) -> Array:
    """`x - tanh(x)`."""
    return x - np.tanh(x)


def softsign(x: Array) -> Array:
    """`x / (1 + abs(x))`."""
    return x / (1 + np.abs(x))


def selu(x: Array) -> Array:
    """`scale * where(x > 0, x, alpha * (exp(x) - 1))`."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def gelu(x: Array) -> Array:
    """`0.5 * x * (1 + erf(sqrt(1/2) * x))`."""
    return 0.5 * x * (1 + _erf(sqrt(1 / 2) * x).astype(x.dtype))


def gelu_by_tanh(x: Array) -> Array:
    """`0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x * x * x)))`."""
    return 0.5 * x * (1 + np.tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)))


def quick_gelu(x: Array) -> Array:
    """`x / (1 + exp(-(1.702 * x)))`."""
    with np.errstate(over="ignore"):
        return x / (1 + np.exp(-(1.702 * x)))


def silu(x: Array) -> Array:
    """`x / (1 + exp(-x))`."""
    with np.errstate(over="ignore"):
        return x / (1 + np.exp(-x))


def mish(x: Array) -> Array:
    """`x * tanh(softplus(x))`."""
    return x * np.tanh(softplus(x))


def sigmoid(x: Array) -> Array:
    """`1 / (1 + exp(-x))`."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def log_sigmoid(x: Array) -> Array:
    """`min(x, 0) - log(1 + exp(-abs(x)))`."""
    return np.minimum(x, 0) - np.log(1 + np.exp(-np.abs(x)))


def tanh(x: Array) -> Array:
    """`tanh(x)`."""
    return np.tanh(x)


def softplus(x: Array) -> Array:
    """`max(x, 0) + log(1 + exp(-abs(x)))`."""
    return np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))


def hard_sigmoid(x: Array) -> Array:
    """`min(max(x * (1/6) + 0.5, 0), 1)`."""
    return np.minimum(np.maximum(x * (1 / 6) + 0.5, 0), 1)


def hard_swish(x: Array) -> Array:
    """`x * min(max(x * (1/6) + 0.5, 0), 1)`."""
    return x * hard_sigmoid(x)


def softmax(x: Array, axis: int) -> Array:
    """`e / sum(e)` with `e = exp(x - max(x))`, along one axis."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x: Array, axis: int) -> Array:
    """`d - log(sum(exp(d)))` with `d = x - max(x)`, along one axis."""
    d = x - x.max(axis=axis, keepdims=True)
    return d - np.log(np.exp(d).sum(axis=axis, keepdims=True))
