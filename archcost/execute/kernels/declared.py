"""What stands where nobody knows what is computed."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from archcost.execute.arrays import plain
from archcost.execute.kernels.windows import Slide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.execute.arrays import Array
    from archcost.windows.window import Shape, Window


def stand_in(xs: Sequence[Array], windows: Sequence[Window | None], shape: Shape, dtype: str) -> Array:
    """Values of a layer that is only declared: at every position, means of what it says it reads there.

    They depend on exactly those inputs, and are no values of that layer. Nothing is counted.

    Args:
        xs: what arrives.
        windows: for each of them, what the layer looks through; None for all of it.
        shape: what leaves, `(channels, *positions)`.
        dtype: of zeros, if nothing arrives.
    """
    if not xs:
        return np.zeros(shape, dtype)
    means = [_mean(plain(x), window) for x, window in zip(xs, windows, strict=True)]
    total = np.broadcast_to(reduce(np.add, means), (1, *shape[1:]))
    return np.repeat(total, shape[0], axis=0)


def _mean(x: Array, window: Window | None) -> Array:
    """Over all channels and taps, `(1, *positions)`; without a window over everything, one number."""
    if window is None:
        return np.asarray(x.mean())
    taps = [view.mean(axis=0, keepdims=True) for _, view in Slide(x, window).taps()]
    return reduce(np.add, taps) * (1 / len(taps))
