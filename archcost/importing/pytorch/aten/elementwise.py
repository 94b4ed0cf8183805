"""What works on one element at a time, or on two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Reference
from archcost.importing.pytorch.aten.arguments import dims
from archcost.importing.rules import along, by_number, joined, like
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Weight


def _activation(kind: str, **names: tuple[str, float]) -> Rule:
    """A layer that keeps the shape; of each field the argument, and its default."""

    def rule(call: Call) -> Value:
        x = call.value("self" if call.argument("self") is not None else "input")
        if more := {*call.operation.arguments} - {"self", "input", *(name for name, _ in names.values())}:
            raise NotUnderstoodError(f"{', '.join(sorted(more))} is not followed")
        given = {field: (call.argument(name, default), default) for field, (name, default) in names.items()}
        fields = {f: v for f, (v, default) in given.items() if v != default and isinstance(v, int | float)}
        return like(call, x, kind, **fields)

    return rule


def _hardtanh(call: Call) -> Value:
    x = call.value("self")
    low, high = call.argument("min_val", -1.0), call.argument("max_val", 1.0)
    if (low, high) == (0, 6):
        return like(call, x, "relu6")
    fields = {"min_val": low, "max_val": high}
    return like(call, x, "hard_tanh", **{k: v for k, v in fields.items() if isinstance(v, int | float)})


def _gelu(call: Call) -> Value:
    kind = "gelu_tanh" if call.argument("approximate", "none") == "tanh" else "gelu"
    return like(call, call.value("self"), kind)


def _softmax_of(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x = call.value("self")
        (dim,) = dims(call, "dim", x)
        return along(call, x, kind, dim)

    return rule


def _clamp(call: Call) -> Value:
    bounds = {"min": call.argument("min"), "max": call.argument("max")}
    if any(isinstance(bound, Reference) for bound in bounds.values()):
        raise NotUnderstoodError("its bounds are tensors")
    return like(
        call, call.value("self"), "clamp", **{k: v for k, v in bounds.items() if isinstance(v, int | float)}
    )


def _power(call: Call) -> Value:
    exponent = call.argument("exponent")
    if not isinstance(exponent, int | float):
        raise NotUnderstoodError("its exponent is a tensor")
    return (
        like(call, call.value("self"), "square")
        if exponent == 2
        else like(call, call.value("self"), "power", exponent=exponent)
    )


def _unchanged(call: Call) -> Value | Weight:
    """What makes no difference, when a model is used: dropout, a copy, another type."""
    found = call.known("self" if call.argument("self") is not None else "input")
    if found is None:
        raise NotUnderstoodError("it reads no tensor")
    return found


def _nothing(call: Call) -> list[Value]:  # noqa: ARG001 - a rule's signature
    """What only checks something."""
    return []


def _two(kind: str) -> Rule:
    """Two tensors, or a tensor and a number."""

    def rule(call: Call) -> Value:
        a, b = call.known("self"), call.known("other")
        alpha = call.argument("alpha", 1)
        if alpha != 1:
            raise NotUnderstoodError(f"alpha is {alpha}")
        if isinstance(a, Value) and isinstance(b, Value):
            return joined(call, kind, a, b)
        if isinstance(a, Value) and b is None:
            other = call.argument("other")
            if not isinstance(other, int | float) or call.argument("rounding_mode") is not None:
                raise NotUnderstoodError("it takes no plain number, or rounds")
            return by_number(call, kind, a, other)
        x, learned = (a, "other") if isinstance(a, Value) else (b, "self")
        if not isinstance(x, Value):
            raise NotUnderstoodError("both are weights")
        return by_weight(call, kind, x, learned)

    return rule


def by_weight(call: Call, kind: str, x: Value, name: str) -> Value:
    """Learned numbers, one per channel: a layer scale; else a tensor of its own."""
    weight = call.weight(name)
    if weight is None:
        raise NotUnderstoodError(f"{name} is no tensor")
    if not weight.is_learned:
        raise NotUnderstoodError(f"{weight.name} is a tensor of the model that is not learned")
    sizes = [1] * (len(x.axes) - len(weight.shape)) + [*weight.shape]
    where = [d for d, n in enumerate(sizes) if n > 1]
    if kind == "multiply" and len(where) == 1 and x.axes[where[0]] == 0:
        return call.add("layer_scale", [x], x.shape, x.axes, {"weight": weight})
    there = {axis: sizes[d] for d, axis in enumerate(x.axes) if axis is not None}
    shape = tuple(there.get(axis, 1) for axis in range(len(x.shape)))
    missing = len(x.axes) - len(weight.shape)
    order = sorted(range(len(weight.shape)), key=lambda d: x.axes[d + missing] or 0)
    taken = {"weight": weight._replace(order=tuple(order))}
    table = call.add("parameter", [], shape, x.axes, taken, shape=[*shape])
    pair = [x, table] if name == "other" else [table, x]
    return call.add(kind, pair, x.shape, x.axes)


_IN_PLACE_AS_WELL: Mapping[str, Rule] = {
    "relu": _activation("relu"),
    "relu6": _activation("relu6"),
    "hardtanh": _hardtanh,
    "hardswish": _activation("hard_swish"),
    "hardsigmoid": _activation("hard_sigmoid"),
    "sigmoid": _activation("sigmoid"),
    "silu": _activation("silu"),
    "tanh": _activation("tanh"),
    "mish": _activation("mish"),
    "leaky_relu": _activation("leaky_relu", negative_slope=("negative_slope", 0.01)),
    "elu": _activation("elu", alpha=("alpha", 1.0)),
    "gelu": _gelu,
    "add": _two("add"),
    "sub": _two("subtract"),
    "mul": _two("multiply"),
    "div": _two("divide"),
    "dropout": _unchanged,
    "feature_dropout": _unchanged,
    "detach": _unchanged,
}

RULES: Mapping[str, Rule] = {
    **_IN_PLACE_AS_WELL,
    **{f"{word}_": rule for word, rule in _IN_PLACE_AS_WELL.items()},
    **dict.fromkeys(("softmax", "_softmax"), _softmax_of("softmax")),
    "log_softmax": _softmax_of("log_softmax"),
    **{word: _activation(word) for word in ("exp", "log", "sqrt", "rsqrt", "abs", "sin", "cos", "square")},
    "neg": _activation("negate"),
    "softplus": _activation("softplus"),
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max"), _clamp),
    "pow": _power,
    **dict.fromkeys(
        ("contiguous", "clone", "alias", "lift_fresh_copy", "to", "_to_copy", "type_as"), _unchanged
    ),
    "_assert_tensor_metadata": _nothing,
}
