"""Several tensors become one; ONNX repeats sizes of 1 by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import chained, operation
from archcost.exporting.onnx.wire import BOOL, FLOAT

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.base import Kind
    from archcost.layers.merge import Concat, Stack


def _compared(word: str, *, negated: bool = False) -> Rule:
    """Two inputs, or one and a number; 1 and 0 instead of truth values."""

    def write(site: Site, layer: Kind, x: Value, *others: Value) -> Value:
        other = others[0] if others else site.number(getattr(layer, "value", 0))
        found = site.op(word, x, other, type_=BOOL)
        found = site.op("Not", found, type_=BOOL) if negated else found
        return site.op("Cast", found, to=FLOAT)

    return write


def _where(site: Site, layer: Kind, condition: Value, a: Value, b: Value) -> Value:
    return site.op("Where", site.op("Cast", condition, type_=BOOL, to=BOOL), a, b)


def _concat(site: Site, layer: Concat, *xs: Value) -> Value:
    return site.joined(xs, 1 + layer.axis)


def _stack(site: Site, layer: Stack, *xs: Value) -> Value:
    axis = 1 + layer.axis % (xs[0].rank)
    wide = [site.reshape(x, (*x.shape[:axis], 1, *x.shape[axis:])) for x in xs]
    return site.joined(wide, axis)


RULES: dict[str, Rule] = {
    "add": chained("Add"),
    "concat": _concat,
    "stack": _stack,
    "subtract": operation("Sub"),
    "multiply": chained("Mul"),
    "divide": operation("Div"),
    "max": operation("Max"),
    "min": operation("Min"),
    "average": operation("Mean"),
    "greater": _compared("Greater"),
    "greater_equal": _compared("GreaterOrEqual"),
    "less": _compared("Less"),
    "less_equal": _compared("LessOrEqual"),
    "equal": _compared("Equal"),
    "not_equal": _compared("Equal", negated=True),
    "where": _where,
}
