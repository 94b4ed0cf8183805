"""Products of matrices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.pytorch.aten.elementwise import by_weight
from archcost.importing.rules import joined, product, stated, with_axes
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Weight


def _linear(call: Call) -> Value:
    x, weight = call.value("input"), call.weight("weight")
    if weight is None:
        raise NotUnderstoodError("weight is computed")
    return _features(call, x, weight, call.weight("bias"))


def _features(call: Call, x: Value, weight: Weight, bias: Weight | None) -> Value:
    """Features are the framework's last dimension, and our channels."""
    out = weight.shape[0]
    last = len(x.axes) - 1
    if x.axes[last] != 0:
        others = [d for d in range(last) if x.axes[d] is not None]
        x = call.in_order(x, [last, *others])
    fields = stated(bias=(bias is not None, True), per_position=(len(x.shape) > 1, False))
    taken = {"weight": weight, "bias": bias}
    return call.add("linear", [x], (out, *x.shape[1:]), x.axes, taken, out_features=out, **fields)


def _matmul(call: Call) -> Value:
    names = ("self", "other") if call.argument("other") is not None else ("self", "mat2")
    return product(call, *(call.value(name) for name in names))


def _einsum(call: Call) -> Value:
    """A product of two tensors, of which dimensions of 1 are no axes unless the other one's are."""
    equation, several = call.argument("equation"), call.values("tensors")
    if not isinstance(equation, str) or not re.fullmatch(r"[A-Za-z ]+,[A-Za-z ]+->[A-Za-z ]+", equation):
        raise NotUnderstoodError(f"{equation} is no product of two tensors")
    operands, leaving = equation.replace(" ", "").split("->")
    pairs = [*zip(operands.split(","), several, strict=True)]
    sizes = {letter: n for word, x in pairs for letter, n in zip(word, x.theirs, strict=True)}
    kept = {
        letter for word, x in pairs for letter, axis in zip(word, x.axes, strict=True) if axis is not None
    }
    words: list[str] = []
    brought: list[Value] = []
    for word, x in pairs:
        wide = with_axes(call, x, [d for d, letter in enumerate(word) if letter in kept])
        letters = {axis: letter for letter, axis in zip(word, wide.axes, strict=True)}
        words.append("".join(letters[axis] for axis in range(len(wide.shape))))
        brought.append(wide)
    made = [letter for letter in leaving if letter in kept]
    shape = tuple(sizes[letter] for letter in made)
    axes = [made.index(letter) if letter in made else None for letter in leaving]
    return call.add("einsum", brought, shape, axes, equation=f"{','.join(words)}->{''.join(made)}")


def _attention(call: Call) -> Value:
    q, k, v = (call.value(name) for name in ("query", "key", "value"))
    if call.argument("is_causal", default=False) or call.argument("enable_gqa", default=False):
        raise NotUnderstoodError("a causal mask is not followed yet")
    turned = k._replace(axes=(*k.axes[:-2], k.axes[-1], k.axes[-2]))
    scores = product(call, q, turned)
    given = call.argument("scale")
    factor = given if isinstance(given, int | float) else q.theirs[-1] ** -0.5
    scores = call.add("scale", [scores], scores.shape, scores.axes, factor=factor)
    mask = call.known("attn_mask")
    if isinstance(mask, Value):
        scores = joined(call, "add", scores, mask)
    elif mask is not None:
        scores = by_weight(call, "add", scores, "attn_mask")
    axis = scores.axes[-1]
    shares = call.add("softmax", [scores], scores.shape, scores.axes, **stated(axis=(axis, 0)))
    return product(call, shares, v)


RULES: Mapping[str, Rule] = {
    "linear": _linear,
    **dict.fromkeys(("matmul", "bmm"), _matmul),
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
}
