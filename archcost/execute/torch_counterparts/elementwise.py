"""Factors: a number, or one per channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import along_channels

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.base import Kind
    from archcost.layers.elementwise import LayerScale, Scale


def _identity(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
    return x


def _scale(torch: Torch, layer: Scale, x: Tensor) -> Tensor:
    return layer.factor * x


def _layer_scale(
    torch: Torch, layer: LayerScale, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    y = x * along_channels(x, weight)
    return y + along_channels(x, bias) if bias is not None else y


COUNTERPARTS: dict[str, Counterpart] = {
    "identity": _identity,
    "dropout": _identity,
    "drop_path": _identity,
    "scale": _scale,
    "layer_scale": _layer_scale,
}
