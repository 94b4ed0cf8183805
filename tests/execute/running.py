"""One layer run by itself, for tests that know what has to come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.arrays import Tally, counted, plain
from archcost.execute.kernels import Kernels
from archcost.layers.base import Operations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.execute.arrays import Array
    from archcost.layers.base import Kind


def run(
    layer: Kind, xs: Sequence[Array], weights: Mapping[str, Array], dtype: str = "float64"
) -> tuple[Array, Tally]:
    """What comes out, and what was counted; `dtype` is that of what a layer brings by itself."""
    tally = Tally()
    y = layer.run(Kernels(dtype, marked=True), *(counted(x, tally) for x in xs), **weights)
    return plain(y), tally


def operations(tally: Tally, macs: int) -> Operations:
    """What was counted. Which of the products belong to a MAC is a matter of words."""
    return Operations(
        macs,
        tally.multiplications,
        tally.additions,
        tally.comparisons,
        tally.divisions,
        tally.exponentials,
    )
