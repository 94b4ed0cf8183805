"""What works on one element at a time, or on two."""

from __future__ import annotations

from math import inf, log, prod
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.pytorch.aten.arguments import dims, flag, is_number, is_tensor, number, source
from archcost.importing.rules import along, by_number, expanded, filled, joined, like, stated
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.importing.converter import Call, Rule


def _activation(kind: str, **names: tuple[str, float]) -> Rule:
    """A layer that keeps the shape; of each field the argument, and its default."""

    def rule(call: Call) -> Value:
        x = call.value(source(call))
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
    x = call.value("self")
    for name, kind in (("min", "max"), ("max", "min")):
        if is_tensor(call, name):
            found = call.known(name)
            bound = call.value(name)
            x = by_weight(call, kind, x, found) if isinstance(found, Weight) else joined(call, kind, x, bound)
    bounds = {name: number(call, name, 0) for name in ("min", "max") if is_number(call, name)}
    return like(call, x, "clamp", **bounds) if bounds else x


def _power(call: Call) -> Value:
    exponent = call.argument("exponent")
    if is_number(call, "self") and (base := number(call, "self", 0)) > 0:
        return like(call, by_number(call, "multiply", call.value("exponent"), log(base)), "exp")
    if not isinstance(exponent, int | float):
        raise NotUnderstoodError("its exponent is a tensor")
    return (
        like(call, call.value("self"), "square")
        if exponent == 2
        else like(call, call.value("self"), "power", exponent=exponent)
    )


RANDOM = "it drops at random: export in evaluation mode, with F.dropout(x, p, self.training)"


def _unchanged(call: Call) -> Value | Weight:
    """What makes no difference, when a model is used: dropout, a copy, another type."""
    found = call.known(source(call))
    if found is None:
        raise NotUnderstoodError("it reads no tensor")
    return found


def _cast(call: Call) -> Value | Weight:
    """Another type, which makes a difference if it has fewer numbers."""
    name, found = source(call), _unchanged(call)
    to_boolean = call.gives_booleans and not call.is_boolean(name)
    to_whole = call.gives_wholes and not call.is_whole(name)
    if not (to_boolean or to_whole):
        return found
    if isinstance(found, Weight) and not found.is_learned:
        return Weight(call.operation.outputs[0], found.shape, is_learned=False)
    if to_whole:
        raise NotUnderstoodError("it leaves out what is behind the point")
    return like(call, call.value(name), "not_equal", value=0)


def _dropout(call: Call) -> Value | Weight:
    if flag(call, "train", default=True):
        raise NotUnderstoodError(RANDOM)
    return _unchanged(call)


def _nothing(call: Call) -> list[Value]:  # noqa: ARG001 - a rule's signature
    """What only checks something."""
    return []


def _two(kind: str) -> Rule:
    """Two tensors, or a tensor and a number."""

    def rule(call: Call) -> Value:
        if call.argument("rounding_mode") is not None:
            raise NotUnderstoodError("it rounds")
        if kind == "add" and call.gives_booleans:
            return _logical("max")(call)
        a, b, alpha = call.known("self"), call.known("other"), number(call, "alpha", 1)
        if a is None:
            return _number_first(call, kind)
        if b is None:
            return by_number(call, kind, call.value("self"), alpha * number(call, "other", 1))
        if alpha != 1:
            return joined(
                call, kind, call.value("self"), like(call, call.value("other"), "scale", factor=alpha)
            )
        return paired(call, kind, "self", "other")

    return rule


def _logical(kind: str) -> Callable[[Call], Value]:
    """Of yes and no, which are 1 and 0."""

    def rule(call: Call) -> Value:
        if not (call.is_boolean("self") and call.is_boolean("other")):
            raise NotUnderstoodError("it is followed of yes and no alone")
        return paired(call, kind, "self", "other")

    return rule


def paired(call: Call, kind: str, first: str, second: str) -> Value:
    """Two tensors; one of them may be the file's."""
    a, b = call.known(first), call.known(second)
    if isinstance(a, Value) and isinstance(b, Weight):
        return by_weight(call, kind, a, b)
    if isinstance(a, Weight) and isinstance(b, Value):
        return by_weight(call, kind, b, a, is_first=True)
    return joined(call, kind, call.value(first), call.value(second))


def by_weight(call: Call, kind: str, x: Value, weight: Weight, *, is_first: bool = False) -> Value:
    """Learned numbers, one per channel: a layer scale; else a tensor of its own, with axes as those of x."""
    missing = len(x.axes) - len(weight.shape)
    where = [d + missing for d, n in enumerate(weight.shape) if n > 1]
    if missing < 0 or any(x.axes[d] is None for d in where):
        several = [x, call.as_layer(weight)]
        return joined(call, kind, *(several[::-1] if is_first else several))
    if kind == "multiply" and weight.is_learned and where and [x.axes[d] for d in where] == [0]:
        return call.add("layer_scale", [x], x.shape, x.axes, {"weight": weight})
    there = {axis: d - missing for d, axis in enumerate(x.axes) if axis is not None and d >= missing}
    table = call.bring(weight, [there.get(axis) for axis in range(len(x.shape))], x.axes)
    shape = tuple(map(max, x.shape, table.shape))
    return call.add(kind, [table, x] if is_first else [x, table], shape, x.axes)


def _number_first(call: Call, kind: str) -> Value:
    x, given = call.value("other"), number(call, "self", 0)
    if kind == "subtract":
        return _less(call, given, by_number(call, "multiply", x, number(call, "alpha", 1)))
    if kind == "divide":
        return by_number(call, "multiply", like(call, x, "reciprocal"), given)
    return by_number(call, kind, x, given)


def _less(call: Call, given: float, x: Value) -> Value:
    return like(call, like(call, x, "negate"), "offset", value=given)


def _reversed(call: Call) -> Value:
    """A number, or another tensor, less a tensor."""
    if is_tensor(call, "other"):
        if number(call, "alpha", 1) != 1:
            raise NotUnderstoodError("it takes two tensors, and a factor")
        return paired(call, "subtract", "other", "self")
    scaled = by_number(call, "multiply", call.value("self"), number(call, "alpha", 1))
    return _less(call, number(call, "other", 0), scaled)


def _with_product(sign: str) -> Rule:
    """`self + value * tensor1 * tensor2`, or with their quotient."""

    def rule(call: Call) -> Value:
        made = paired(call, sign, "tensor1", "tensor2")
        value, added = number(call, "value", 1), call.known("self")
        if value != 1:
            made = like(call, made, "scale", factor=value)
        if isinstance(added, Weight):
            return by_weight(call, "add", made, added, is_first=True)
        return joined(call, "add", call.value("self"), made)

    return rule


def _compared(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        if is_tensor(call, "other"):
            return paired(call, kind, "self", "other")
        other, word = number(call, "other", 0), kind
        if kind == "equal" and call.argument("other") in {inf, -inf}:
            word = "less_equal" if other < 0 else "greater_equal"
        return like(call, call.value("self"), word, value=other)

    return rule


def _where(call: Call) -> Value:
    parts = [_or_number(call, name) for name in ("self", "other")]
    return joined(call, "where", call.value("condition"), *parts)


def _masked(call: Call) -> Value:
    """A number where a mask says so."""
    x, mask = call.value("self"), call.value("mask")
    given = call.value("value") if is_tensor(call, "value") else filled(call, number(call, "value", 0), x)
    return joined(call, "where", mask, given, x)


def _or_number(call: Call, name: str) -> Value:
    if is_tensor(call, name):
        return call.value(name)
    return filled(call, number(call, name, 0), call.value("condition"))


def _not(call: Call) -> Value:
    if call.gives_wholes:
        raise NotUnderstoodError("it turns the bits of whole numbers over")
    return like(call, call.value("self"), "equal", value=0)


def _copy(call: Call) -> Value | Weight:
    """What a tensor has from here on is what was copied."""
    found, theirs = call.known("src"), call.shape_of(call.operation.outputs[0])
    if (call.gives_wholes and not call.is_whole("src")) or (
        call.gives_booleans and not call.is_boolean("src")
    ):
        raise NotUnderstoodError("it copies numbers to a type that has fewer")
    if found is not None and not isinstance(found, Value) and found.shape == theirs:
        return found
    return expanded(call, call.value("src"), theirs)


def _fill(call: Call) -> Value:
    """The same number everywhere."""
    x = call.value("self")
    value = call.value("value") if is_tensor(call, "value") else filled(call, number(call, "value", 0), x)
    return expanded(call, value, x.theirs)


def _prelu(call: Call) -> Value:
    x, weight = call.channels_first("self"), call.weight("weight")
    if weight is None or not weight.is_learned:
        raise NotUnderstoodError("its slopes are not learned")
    slopes = prod(weight.shape)
    return call.add("prelu", [x], x.shape, x.axes, {"weight": weight}, **stated(num_parameters=(slopes, 1)))


def _glu(call: Call) -> Value:
    x = call.value("self")
    (dim,) = dims(call, "dim", x, [len(x.axes) - 1])
    axis = x.axes[dim]
    if axis is None:
        raise NotUnderstoodError("it halves a dimension of 1")
    shape = tuple(n // 2 if a == axis else n for a, n in enumerate(x.shape))
    return call.add("glu", [x], shape, x.axes, **stated(axis=(axis, 0)))


_COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "lt": "less",
    "le": "less_equal",
}

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
    "celu": _activation("celu", alpha=("alpha", 1.0)),
    "selu": _activation("selu"),
    "threshold": _activation("threshold", threshold=("threshold", inf), value=("value", inf)),
    "gelu": _gelu,
    "add": _two("add"),
    "sub": _two("subtract"),
    "mul": _two("multiply"),
    "div": _two("divide"),
    "addcmul": _with_product("multiply"),
    "addcdiv": _with_product("divide"),
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max"), _clamp),
    "pow": _power,
    **{word: _activation(word) for word in ("exp", "log", "sqrt", "rsqrt", "abs", "sin", "cos", "square")},
    "reciprocal": _activation("reciprocal"),
    "neg": _activation("negate"),
    "masked_fill": _masked,
    **{word: _compared(kind) for word, kind in _COMPARISONS.items()},
    **dict.fromkeys(("logical_and", "bitwise_and"), _logical("multiply")),
    **dict.fromkeys(("logical_or", "bitwise_or"), _logical("max")),
    **dict.fromkeys(("logical_xor", "bitwise_xor"), _logical("not_equal")),
    **dict.fromkeys(("logical_not", "bitwise_not"), _not),
    **dict.fromkeys(
        ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout"), _dropout
    ),
    "detach": _unchanged,
}

RULES: Mapping[str, Rule] = {
    **_IN_PLACE_AS_WELL,
    **{f"{word}_": rule for word, rule in _IN_PLACE_AS_WELL.items()},
    **dict.fromkeys(("softmax", "_softmax"), _softmax_of("softmax")),
    "log_softmax": _softmax_of("log_softmax"),
    "softplus": _activation("softplus"),
    "log_sigmoid": _activation("log_sigmoid"),
    "hardshrink": _activation("hard_shrink", lambd=("lambd", 0.5)),
    "softshrink": _activation("soft_shrink", lambd=("lambd", 0.5)),
    "prelu": _prelu,
    "glu": _glu,
    "rsub": _reversed,
    "where": _where,
    "maximum": _two("max"),
    "minimum": _two("min"),
    **dict.fromkeys(("fill", "fill_", "zero_"), _fill),
    "copy_": _copy,
    "copy": _copy,
    "__and__": _logical("multiply"),
    "__or__": _logical("max"),
    "__xor__": _logical("not_equal"),
    **dict.fromkeys(("contiguous", "clone", "alias", "lift_fresh_copy"), _unchanged),
    **dict.fromkeys(("to", "_to_copy", "type_as"), _cast),
    "_assert_tensor_metadata": _nothing,
}
