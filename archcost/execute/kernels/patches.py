"""Patches taken out of a map and put back: channel `c * taps + t` is tap t of channel c."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from archcost.execute.kernels.convolution import store_or_add
from archcost.execute.kernels.windows import Slide

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes, Window


def unfold(x: Array, window: Window) -> Array:
    """`(channels * taps, windows)`: what each window covers, zeros in the padding."""
    taps = [view for _, view in Slide(x, window).taps()]
    return np.stack(taps, axis=1).reshape(len(x) * len(taps), -1)


def fold(x: Array, window: Window, sizes: Axes) -> Array:
    """The first value to land on an output is stored, every further one is added; padding is dropped.

    Args:
        x: `(channels * taps, windows)`.
        window: as it slid over what leaves.
        sizes: of the axes that leave.
    """
    slide = Slide(np.zeros((1, *sizes)), window)
    patches = x.reshape(-1, window.taps, *slide.counts)
    y = np.zeros_like(x, shape=(len(patches), *slide.padded.shape[1:]))
    hit = np.zeros(y.shape[1:], dtype=bool)
    for i, tap in enumerate(product(*map(range, window.kernel))):
        places = slide.slices(tap)
        store_or_add(y[(slice(None), *places)], patches[:, i], hit[places])
        hit[places] = True
    return y[(slice(None), *(slice(b, b + n) for n, (b, _) in zip(sizes, window.padding, strict=True)))]
