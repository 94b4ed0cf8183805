"""Factors: a number, or one per channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import operation, with_number

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.elementwise import LayerScale


def _layer_scale(site: Site, layer: LayerScale, x: Value, weight: Value, bias: Value | None = None) -> Value:
    y = site.op("Mul", x, site.per_channel(weight, x))
    return y if bias is None else site.op("Add", y, site.per_channel(bias, x))


RULES: dict[str, Rule] = {
    "identity": operation("Identity"),
    "dropout": with_number("Dropout", "p"),
    "drop_path": operation("Identity"),
    "scale": with_number("Mul", "factor"),
    "layer_scale": _layer_scale,
}
