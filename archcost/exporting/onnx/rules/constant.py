"""Tensors that are given: by an operation that makes them where there is one, else number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.kernels import Kernels
from archcost.exporting.onnx.wire import BOOL

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.constant import Constant


def _constant(site: Site, layer: Constant, values: Value | None = None) -> Value:
    if values is not None:
        return site.reshape(values, site.shape)
    match layer.values:
        case float() | int() as number:
            return site.filled(number, site.shape)
        case "identity":
            return _band(site, 0, 0)
        case "causal":
            return _masked(site, layer, _band(site, None, 0))
        case "banded":
            return _masked(site, layer, _band(site, layer.before or 0, layer.after or 0))
        case _:
            return site.constant(layer.run(Kernels("float32")).ravel(), site.shape)


def _band(site: Site, before: int | None, after: int) -> Value:
    """1 from so many columns before the row's own to so many after it, and 0 elsewhere."""
    ones = site.filled(1, site.shape)
    found = site.op("Trilu", ones, site.graph.numbers([after], ()), shape=site.shape, upper=0)
    if before is None:
        return found
    return site.op("Trilu", found, site.graph.numbers([-before], ()), shape=site.shape, upper=1)


def _masked(site: Site, layer: Constant, seen: Value) -> Value:
    """Rows times columns are many, so they are made by the model, not listed in it."""
    seen = site.op("Cast", seen, type_=BOOL, to=BOOL)
    return site.op("Where", seen, site.number(layer.inside), site.number(layer.outside))


RULES: dict[str, Rule] = {
    "constant": _constant,
}
