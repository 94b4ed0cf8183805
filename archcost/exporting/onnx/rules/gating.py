"""Gated units: one half of what arrives times a function of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.activation import RULES as ACTIVATIONS

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.gating import Geglu, Glu, Swiglu


def _gated(word: str) -> Rule:
    def write(site: Site, layer: Glu | Geglu | Swiglu, x: Value) -> Value:
        axis = 1 + layer.axis
        half = x.shape[axis] // 2
        parts = (site.part(x, axis, 0, half), site.part(x, axis, half, 2 * half))
        value, gate = parts if layer.gate == "second" else reversed(parts)
        return site.op("Mul", value, ACTIVATIONS[word](site, layer, gate))

    return write


RULES: dict[str, Rule] = {
    "glu": _gated("sigmoid"),
    "geglu": _gated("gelu"),
    "swiglu": _gated("silu"),
}
