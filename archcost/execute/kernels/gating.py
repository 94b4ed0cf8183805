"""One half of the channels, or of another axis, gates the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from archcost.execute.arrays import Array


def halves(x: Array, axis: int) -> tuple[Array, Array]:
    """The first and the second half along an axis."""
    first, second = np.split(x, 2, axis)
    return first, second
