"""PyTorch's operations, each with the layer that it is, family by family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.pytorch.aten import (
    constants,
    convolutions,
    elementwise,
    norms,
    pooling,
    products,
    recurrent,
    sampling,
    shapes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Rule

_RUN_ONCE = (elementwise, pooling, shapes)
"""Families of which what reads constants alone is a constant as well. Products count, whatever they read."""

_OTHERS = (constants, convolutions, norms, products, recurrent, sampling)

_KEPT = ("view", "reshape", "unsqueeze", "squeeze", "flatten", "clone", "to", "detach", "alias", "contiguous")
"""What hands a tensor of the file on as it is, with its name."""

RULES: Mapping[str, Rule] = {
    **{
        f"aten.{word}": rule if word in _KEPT else constants.folding(rule)
        for family in _RUN_ONCE
        for word, rule in family.RULES.items()
    },
    **{f"aten.{word}": rule for family in _OTHERS for word, rule in family.RULES.items()},
}
"""Word of an operation -> its rule."""
