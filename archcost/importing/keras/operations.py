"""Operations of `keras.ops` and, in Keras 2, of TensorFlow, which a model calls like layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.keras.layers import by_constant
from archcost.importing.model import Reference
from archcost.importing.rules import joined, like
from archcost.importing.values import Value

if TYPE_CHECKING:
    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Argument


def _two(kind: str, *names: str) -> Rule:
    """Two tensors, or a tensor and a number on either side."""

    def rule(call: Call) -> Value:
        first, second = (operand(call, i, name) for i, name in enumerate(names))
        if isinstance(first, Value) and isinstance(second, Value):
            return joined(call, kind, first, second)
        if isinstance(first, Value) and not isinstance(second, Value):
            return by_constant(call, kind, first, second)
        if not isinstance(second, Value) or isinstance(first, Value):
            raise NotUnderstoodError("it reads no tensor")
        if kind == "subtract":
            return by_constant(call, "add", like(call, second, "negate"), first)
        if kind == "divide":
            return by_constant(call, "multiply", like(call, second, "reciprocal"), first)
        return by_constant(call, kind, second, first)

    return rule


def operand(call: Call, position: int, name: str) -> Value | Argument:
    """An argument by its position, or else by its name: a tensor, or what the file has."""
    key = str(position) if str(position) in call.operation.arguments else f"call.{name}"
    found = call.argument(key)
    return call.value(key) if isinstance(found, Reference) else found


OPERATIONS: dict[str, Rule] = {
    "ops.Add": _two("add", "x1", "x2"),
    "ops.Subtract": _two("subtract", "x1", "x2"),
    "ops.Multiply": _two("multiply", "x1", "x2"),
    "ops.TrueDivide": _two("divide", "x1", "x2"),
    "ops.Divide": _two("divide", "x1", "x2"),
    "ops.Maximum": _two("max", "x1", "x2"),
    "ops.Minimum": _two("min", "x1", "x2"),
}
"""Operation -> its rule."""
