"""Reductions over named axes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import named_axes
from archcost.exporting.onnx.wire import FLOAT, INT64

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.reduction import Reduce
    from archcost.windows.window import Axes

_WORDS = {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "max": "ReduceMax",
    "min": "ReduceMin",
    "prod": "ReduceProd",
    "l1": "ReduceL1",
    "l2": "ReduceL2",
}


def _reduce(site: Site, layer: Reduce, x: Value) -> Value:
    axes = named_axes(layer, x)
    if layer.function in _WORDS:
        return site.reduced(_WORDS[layer.function], x, axes, keep=layer.keepdim)
    if layer.function in {"var", "std"}:
        return _spread(site, layer, x, axes)
    return _place(site, "ArgMax" if layer.function == "argmax" else "ArgMin", x, axes)


def _spread(site: Site, layer: Reduce, x: Value, axes: Axes) -> Value:
    """The mean of squared distances from the mean, over so many less."""
    apart = site.op("Sub", x, site.reduced("ReduceMean", x, axes))
    total = site.reduced("ReduceSum", site.op("Mul", apart, apart), axes, keep=layer.keepdim)
    less = 1 if layer.correction is None else layer.correction
    variance = site.op("Div", total, site.number(prod(x.shape[axis] for axis in axes) - less))
    return site.op("Sqrt", variance) if layer.function == "std" else variance


def _place(site: Site, word: str, x: Value, axes: Axes) -> Value:
    """Over one axis, which the others are joined to; as a number among others."""
    others = [axis for axis in range(x.rank) if axis not in axes]
    rows = site.transpose(x, [*others, *axes])
    kept = tuple(x.shape[axis] for axis in others)
    rows = site.reshape(rows, (*kept, prod(x.shape[axis] for axis in axes)))
    found = site.op(word, rows, shape=kept, type_=INT64, axis=len(kept), keepdims=0)
    return site.reshape(site.op("Cast", found, shape=kept, to=FLOAT), site.shape)


RULES: dict[str, Rule] = {
    "reduce": _reduce,
}
