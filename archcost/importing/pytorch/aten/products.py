"""Products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.items import Item
from archcost.importing.model import Weight
from archcost.importing.pytorch.aten.arguments import flag, is_tensor, number, parametrized
from archcost.importing.pytorch.aten.elementwise import RANDOM, by_weight
from archcost.importing.rules import along, einsum, filled, joined, like, product, repeated, stated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.values import Value


def _linear(call: Call) -> Value:
    """With a matrix that is learned, a layer of its own; with another one, a product."""
    x, weight, bias = call.value("input"), call.known("weight"), call.known("bias")
    inside = bias if isinstance(bias, Weight) and bias.is_learned else None
    if isinstance(weight, Weight) and weight.is_learned:
        made = _features(call, x, weight, weight.shape[0], inside)
        return made if bias is inside else _plus(call, made, bias)
    matrix = call.value("weight")
    made = _times(call, x, matrix._replace(axes=matrix.axes[::-1]))
    return _plus(call, made, bias)


def _plus(call: Call, x: Value, added: Value | Weight | None) -> Value:
    """A tensor with another one added, if there is one."""
    if added is None:
        return x
    return by_weight(call, "add", x, added) if isinstance(added, Weight) else joined(call, "add", x, added)


def _features(call: Call, x: Value, weight: Weight, out: int, bias: Weight | None) -> Value:
    """Features are the framework's last dimension, and our channels."""
    last = len(x.axes) - 1
    if x.axes[last] != 0:
        others = [d for d in range(last) if x.axes[d] is not None]
        x = call.in_order(x, [last, *others])
    fields = stated(bias=(bias is not None, True), per_position=(len(x.shape) > 1, False))
    made, with_it = parametrized(weight)
    taken = {"weight": weight, "bias": bias, **with_it}
    return call.add("linear", [x], (out, *x.shape[1:]), x.axes, taken, out_features=out, **fields, **made)


def _times(call: Call, a: Value, b: Value, bias: Weight | None = None) -> Value:
    """A product; with a learned matrix it is a linear layer."""
    item = b.tensor
    if isinstance(item, Item) and item.kind == "parameter" and sorted(a or 0 for a in b.axes) == [0, 1]:
        weight = item.weights["weight"]
        order = tuple(weight.order[axis or 0] for axis in b.axes[::-1])
        rest = tuple(d for d in weight.order if d not in order)
        return _features(call, a, weight._replace(order=(*order, *rest)), b.theirs[1], bias)
    made = product(call, a, b)
    return _plus(call, made, bias)


def _matmul(call: Call) -> Value:
    a, b = (call.value(name) for name in ("self", "other" if is_tensor(call, "other") else "mat2"))
    return _times(call, a, b)


def _added_product(first: str, second: str) -> Rule:
    """`beta * self + alpha * first @ second`: a linear layer in the words of core ATen."""

    def rule(call: Call) -> Value:
        if number(call, "beta", 1) != 1 or number(call, "alpha", 1) != 1:
            raise NotUnderstoodError("it scales what it adds")
        bias, a, b = call.known("self"), call.value(first), call.value(second)
        if isinstance(bias, Weight) and bias.is_learned and bias.shape == b.theirs[-1:]:
            return _times(call, a, b, bias)
        return _plus(call, _times(call, a, b), bias)

    return rule


def _einsum(call: Call) -> Value:
    equation = call.argument("equation")
    return einsum(call, equation if isinstance(equation, str) else "", call.values("tensors"))


def _attention(call: Call) -> Value:
    if number(call, "dropout_p", 0):
        raise NotUnderstoodError(RANDOM)
    q, k, v = (call.value(name) for name in ("query", "key", "value"))
    if flag(call, "enable_gqa"):  # each of the fewer keys and values serves neighbouring queries
        times = q.theirs[-3] // k.theirs[-3]
        k, v = (repeated(call, x, len(x.axes) - 3, times, each=True) for x in (k, v))
    scores = product(call, q, k._replace(axes=(*k.axes[:-2], k.axes[-1], k.axes[-2])))
    given = call.argument("scale")
    scores = like(
        call, scores, "scale", factor=q.theirs[-1] ** -0.5 if given is None else number(call, "scale", 1)
    )
    scores = _masked(call, scores)
    return product(call, along(call, scores, "softmax", len(scores.axes) - 1), v)


_HIDDEN = -1e9
"""What is added to a score that is not to be seen."""


def _masked(call: Call, scores: Value) -> Value:
    mask = call.known("attn_mask" if is_tensor(call, "attn_mask") else "attn_bias")
    if flag(call, "is_causal"):
        rows, columns = scores.theirs[-2:]
        fields = {"values": "causal", "inside": 0, "outside": _HIDDEN}
        hidden = call.add("constant", [], (rows, columns), (0, 1), shape=[rows, columns], **fields)
        scores = joined(call, "add", scores, hidden)
    if mask is not None and call.is_boolean("attn_mask"):
        seen = call.as_layer(mask) if isinstance(mask, Weight) else mask
        return joined(call, "where", seen, scores, filled(call, _HIDDEN, scores))
    return _plus(call, scores, mask)


_FUSED = (
    *("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu"),
    *("_scaled_dot_product_flash_attention", "_scaled_dot_product_efficient_attention"),
)

RULES: Mapping[str, Rule] = {
    "linear": _linear,
    **dict.fromkeys(("matmul", "bmm", "mm"), _matmul),
    "addmm": _added_product("mat1", "mat2"),
    "baddbmm": _added_product("batch1", "batch2"),
    "einsum": _einsum,
    **dict.fromkeys(_FUSED, _attention),
}
