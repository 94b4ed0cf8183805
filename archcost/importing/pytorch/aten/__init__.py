"""PyTorch's operations, each with the layer that it is, family by family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.pytorch.aten import (
    convolutions,
    elementwise,
    norms,
    pooling,
    products,
    sampling,
    shapes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Rule

_FAMILIES = (convolutions, elementwise, norms, pooling, products, sampling, shapes)

RULES: Mapping[str, Rule] = {
    f"aten.{word}": rule for family in _FAMILIES for word, rule in family.RULES.items()
}
"""Word of an operation -> its rule."""
