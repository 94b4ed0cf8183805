"""Functions of each element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import operation, with_number

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.base import Kind
    from archcost.layers.mathematics import Clamp


def _square(site: Site, layer: Kind, x: Value) -> Value:
    return site.op("Mul", x, x)


def _rsqrt(site: Site, layer: Kind, x: Value) -> Value:
    return site.op("Reciprocal", site.op("Sqrt", x))


def _clamp(site: Site, layer: Clamp, x: Value) -> Value:
    bounds = [None if bound is None else site.number(bound) for bound in (layer.min, layer.max)]
    return site.op("Clip", x, *(bounds if bounds[1] else bounds[:1]))


RULES: dict[str, Rule] = {
    "offset": with_number("Add", "value"),
    "negate": operation("Neg"),
    "abs": operation("Abs"),
    "reciprocal": operation("Reciprocal"),
    "square": _square,
    "power": with_number("Pow", "exponent"),
    "sqrt": operation("Sqrt"),
    "rsqrt": _rsqrt,
    "exp": operation("Exp"),
    "log": operation("Log"),
    "sin": operation("Sin"),
    "cos": operation("Cos"),
    "clamp": _clamp,
}
