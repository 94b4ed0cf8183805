"""Learned tensors, and what is only declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import NoCounterpartError

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.base import Kind


def _parameter(torch: Torch, layer: Kind, weight: Tensor) -> Tensor:
    return weight[None]


def _custom(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
    raise NoCounterpartError("its numbers are declared; what it computes is not known")


COUNTERPARTS: dict[str, Counterpart] = {
    "parameter": _parameter,
    "custom": _custom,
}
