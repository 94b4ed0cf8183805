"""Normalisations: by statistics that are known before, or by those of the tensor itself."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes


def affine(x: Array, weight: Array | None, bias: Array | None, axes: Collection[int] = (0,)) -> Array:
    """`weight * x + bias`, each left out where there is none.

    Args:
        x: `(channels, *axes)`.
        weight: one number for every place along `axes`, the same wherever the other axes are.
        bias: likewise.
        axes: of `x`, those that weight and bias have, too; channels alone without.
    """
    shape = [n if axis in axes else 1 for axis, n in enumerate(x.shape)]
    y = x if weight is None else weight.reshape(shape) * x
    return y if bias is None else y + bias.reshape(shape)


def batch_norm(  # noqa: PLR0913 - its tensors, by name
    x: Array,
    eps: float,
    *,
    weight: Array | None = None,
    bias: Array | None = None,
    running_mean: Array | None = None,
    running_var: Array | None = None,
) -> Array:
    """`weight * (x - mean) / sqrt(variance + eps) + bias`, with everything known before folded together.

    Args:
        x: `(channels, *axes)`.
        eps: added to the variance.
        weight: per channel; without, 1.
        bias: per channel; without, 0.
        running_mean: per channel; without, 0.
        running_var: per channel; without, 1.
    """
    one = np.ones(x.shape[0], x.dtype)
    a = (one if weight is None else weight) / np.sqrt((one if running_var is None else running_var) + eps)
    b = (0 if bias is None else bias) - (0 if running_mean is None else running_mean) * a
    return affine(x, a, b)


def layer_norm(
    x: Array, axes: Collection[int], eps: float, *, weight: Array | None = None, bias: Array | None = None
) -> Array:
    """Elements that differ along `axes` only get mean 0 and variance 1; then weight and bias along them."""
    return affine(_standardized(x, tuple(axes), eps), weight, bias, axes)


def group_norm(
    x: Array, groups: int, eps: float, *, weight: Array | None = None, bias: Array | None = None
) -> Array:
    """Each of so many groups of channels gets mean 0 and variance 1; then weight and bias per channel."""
    grouped = _standardized(x.reshape(groups, -1), (1,), eps)
    return affine(grouped.reshape(x.shape), weight, bias)


def rms_norm(x: Array, axes: Axes, eps: float, *, weight: Array | None = None) -> Array:
    """`x / sqrt(mean(x * x) + eps)` along `axes`; then the weight along them."""
    share = 1 / prod(x.shape[axis] for axis in axes)
    squares = (x * x).sum(axis=axes, keepdims=True) * share
    return affine(x / np.sqrt(squares + eps), weight, None, axes)


def normalize(x: Array, axes: Axes, p: int, eps: float) -> Array:
    """`x / max(norm, eps)`, by the p-norm along `axes`."""
    total = (abs(x) if p == 1 else x * x).sum(axis=axes, keepdims=True)
    return x / np.maximum(total if p == 1 else np.sqrt(total), eps)


def global_response_norm(x: Array, eps: float, weight: Array, bias: Array) -> Array:
    """`x + weight * (x * n) + bias`, n the norm of a channel over all positions, by the mean of all norms."""
    norms = np.sqrt((x * x).sum(axis=tuple(range(1, x.ndim)), keepdims=True))
    return x + affine(x * (norms / (norms.sum(axis=0, keepdims=True) * (1 / len(x)) + eps)), weight, bias)


def _standardized(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """The steps at the top of `archcost.layers.normalization`."""
    share = 1 / prod(x.shape[axis] for axis in axes)
    mean = x.sum(axis=axes, keepdims=True) * share
    d = x - mean
    variance = (d * d).sum(axis=axes, keepdims=True) * share
    return d / np.sqrt(variance + eps)


def local_response_norm(x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
    """`x / (k + (alpha / size) * s) ^ beta`, s the sum of squares over `size` neighbouring channels.

    `size // 2` of them are before a channel; beyond the first and the last channel are zeros.
    """
    before = size // 2
    squares = np.pad(x * x, [(before, size - 1 - before), *((0, 0) for _ in x.shape[1:])])
    total = squares[: len(x)]
    for shift in range(1, size):
        total = total + squares[shift : shift + len(x)]
    return x / np.power(total * (alpha / size) + k, beta)
