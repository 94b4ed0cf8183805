"""Gated units: one half of what arrives times a function of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.gating import Geglu, Glu, Swiglu


def _gated(name: str, *fields: str) -> Counterpart:
    """Half of what arrives times `torch.nn.functional.name` of the other half."""

    def call(torch: Torch, layer: Glu | Geglu | Swiglu, x: Tensor) -> Tensor:
        halves = x.chunk(2, dim=1 + layer.axis)
        value, gate = halves if layer.gate == "second" else reversed(halves)
        given = {field: getattr(layer, field) for field in fields}
        return value * getattr(torch.nn.functional, name)(gate, **given)

    return call


COUNTERPARTS: dict[str, Counterpart] = {
    "glu": _gated("sigmoid"),
    "geglu": _gated("gelu", "approximate"),
    "swiglu": _gated("silu"),
}
