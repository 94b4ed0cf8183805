"""What every kind is in PyTorch, a file per family as `archcost.execute.kernels` has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts import (
    activation,
    constant,
    convolution,
    declared,
    elementwise,
    gather,
    gating,
    linear,
    mathematics,
    merge,
    normalization,
    patches,
    pooling,
    product,
    recurrent,
    reduction,
    resize,
    sampling,
    shape,
)

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart

COUNTERPARTS: dict[str, Counterpart] = {
    kind: counterpart
    for family in (
        convolution,
        pooling,
        reduction,
        linear,
        product,
        recurrent,
        resize,
        sampling,
        normalization,
        activation,
        gating,
        shape,
        gather,
        patches,
        elementwise,
        mathematics,
        merge,
        constant,
        declared,
    )
    for kind, counterpart in family.COUNTERPARTS.items()
}
"""Kind -> the same in PyTorch, in the order of `archcost.layers.KINDS`."""
