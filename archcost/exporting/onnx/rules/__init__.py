"""What every kind is in ONNX, a file per family as `archcost.layers` has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules import (
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
    from archcost.exporting.onnx.rules.common import Rule

RULES: dict[str, Rule] = {
    kind: rule
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
    for kind, rule in family.RULES.items()
}
"""Kind -> how it is written, in the order of `archcost.layers.KINDS`."""
