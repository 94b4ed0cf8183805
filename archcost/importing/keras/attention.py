"""Keras' attention layers, as the products that they are made of, and sums of products by letters."""

from __future__ import annotations

from math import prod, sqrt
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.keras.activations import activated
from archcost.importing.keras.arguments import arriving, flag, integer, learned, refuse, word
from archcost.importing.model import Reference
from archcost.importing.rules import along, as_shape, einsum, joined, laid, like, product, stated

if TYPE_CHECKING:
    from archcost.importing.converter import Call, Rule
    from archcost.importing.values import Value


def features(call: Call, x: Value, units: int, *, bias: bool, name: str = "") -> Value:
    """A linear layer on the last dimension."""
    last = len(x.axes) - 1
    if x.axes[last] != 0:
        x = call.in_order(x, [last, *(d for d in range(last) if x.axes[d] is not None)])
    fields = stated(bias=(bias, True), per_position=(len(x.shape) > 1, False))
    shapes = {f"{name}weight": (units, x.shape[0]), f"{name}bias": (units,) if bias else None}
    taken = {key.removeprefix(name): weight for key, weight in learned(call, **shapes).items()}
    return laid(call, "linear", x, taken, out_features=units, **fields)


def _arrives(call: Call, position: int, name: str) -> Value | None:
    key = str(position) if str(position) in call.operation.arguments else f"call.{name}"
    return call.value(key) if isinstance(call.argument(key), Reference) else None


def _multi_head(call: Call) -> Value | list[Value]:
    refuse(call, "use_gate", "sliding_window", "call.attention_mask", "call.query_mask", "call.mask")
    refuse(call, "call.value_mask", "call.key_mask", "3", "4", "5", "6")
    query, value = _arrives(call, 0, "query"), _arrives(call, 1, "value")
    key = _arrives(call, 2, "key") or value
    if query is None or value is None or key is None or {len(x.axes) for x in (query, value, key)} != {3}:
        raise NotUnderstoodError("query, key and value are no sequences")
    heads, size = integer(call, "num_heads"), integer(call, "key_dim")
    wide = integer(call, "value_dim", size) if call.argument("value_dim") else size
    bias = flag(call, "use_bias", default=True)
    out = query.theirs[2]
    if call.argument("output_shape") is not None:
        (out,) = call.integers("output_shape")
    q = _heads(call, features(call, query, heads * size, bias=bias, name="query_"), heads)
    k = _heads(call, features(call, key, heads * size, bias=bias, name="key_"), heads)
    v = _heads(call, features(call, value, heads * wide, bias=bias, name="value_"), heads)
    shares = _shares(call, q, k, 1 / sqrt(size))
    made = product(call, shares, v)
    made = made._replace(axes=tuple(made.axes[d] for d in (0, 2, 1, 3)))
    made = as_shape(call, made, (1, query.theirs[1], heads * wide))
    made = features(call, made, out, bias=bias, name="output_")
    return [made, shares] if flag(call, "call.return_attention_scores", default=False) else made


def _heads(call: Call, x: Value, heads: int) -> Value:
    """Features as heads, which come before positions."""
    _, length, channels = x.theirs
    x = as_shape(call, x, (1, length, heads, channels // heads))
    return x._replace(axes=tuple(x.axes[d] for d in (0, 2, 1, 3)))


def _shares(call: Call, q: Value, k: Value, scale: float) -> Value:
    """How much of each value every query takes."""
    scores = product(call, q, k._replace(axes=(*k.axes[:-2], k.axes[-1], k.axes[-2])))
    if scale != 1:
        scores = like(call, scores, "scale", factor=scale)
    if flag(call, "call.use_causal_mask", default=False):
        rows, columns = scores.theirs[-2:]
        if scores.axes[-2:] != (len(scores.shape) - 2, len(scores.shape) - 1):
            raise NotUnderstoodError("its scores do not lie as a mask does")
        shape = (*[1] * (len(scores.shape) - 2), rows, columns)
        mask = call.add(
            "constant", [], shape, scores.axes, values="causal", shape=[*shape], inside=0, outside=-1e9
        )
        scores = call.add("add", [scores, mask], scores.shape, scores.axes)
    return along(call, scores, "softmax", len(scores.axes) - 1)


def _dot_attention(call: Call) -> Value:
    """Queries, values and keys as they come, of which the last are the values if they are not given."""
    several = call.values("0")
    refuse(call, "use_scale", "call.mask", "call.return_attention_scores")
    if word(call, "score_mode", "dot") != "dot" or len(several) not in {2, 3}:
        raise NotUnderstoodError("its scores are no products")
    query, value = several[:2]
    return product(call, _shares(call, query, several[-1] if len(several) == 3 else value, 1), value)


def _dot(call: Call) -> Value:
    """A product along one dimension of each."""
    refuse(call, "normalize")
    a, b = call.values("0")
    given = call.integers("axes")
    first, second = given if len(given) == 2 else given * 2
    first, second = first % len(a.axes), second % len(b.axes)
    left = "abcdefgh"[: len(a.axes)]
    right = "a" + "uvwxyz"[: len(b.axes) - 1]
    right = right[:second] + left[first] + right[second + 1 :]
    leaving = left.replace(left[first], "") + right[1:].replace(left[first], "")
    if len(leaving) == 1:  # two vectors: the sum of their products, which stays a vector of one
        x = joined(call, "multiply", a, b)
        return call.add("reduce", [x], (1,), (None, None), function="sum", axis=0, keepdim=True)
    return einsum(call, f"{left},{right}->{leaving}", [a, b])


def _einsum_dense(call: Call) -> Value:
    """A learned tensor whose dimensions are letters; with the last one alone a linear layer."""
    x, equation = arriving(call), word(call, "equation").replace(" ", "")
    operands, _, leaving = equation.partition("->")
    left, _, right = operands.partition(",")
    if "." in equation or len(left) != len(x.axes):
        raise NotUnderstoodError(f"{equation} is not followed")
    given = call.argument("output_shape")
    said = [1, *(given if isinstance(given, list) else [given])]
    sizes = dict(zip(left, x.theirs, strict=True))
    for letter, size in zip(leaving, said, strict=True):
        if isinstance(size, int):
            sizes.setdefault(letter, size)
    biased = word(call, "bias_axes")
    if right == left[-1] + leaving[-1] and leaving[:-1] == left[:-1] and biased in {"", leaving[-1]}:
        return activated(call, features(call, x, sizes[right[1]], bias=bool(biased)))
    kernel = _table(call, "weight", tuple(sizes[letter] for letter in right))
    made = einsum(call, equation, [x, kernel])
    if biased:
        shape = tuple(sizes[letter] if letter in biased else 1 for letter in leaving)
        made = joined(call, "add", made, _table(call, "bias", shape))
    return activated(call, made)


def _table(call: Call, name: str, theirs: tuple[int, ...]) -> Value:
    """A learned tensor, its last dimension as channels."""
    wide = [d for d, n in enumerate(theirs) if n > 1] or [len(theirs) - 1]
    order = [wide[-1], *wide[:-1]]
    shape = tuple(theirs[d] for d in order)
    axes = [order.index(d) if d in order else None for d in range(len(theirs))]
    taken = {"weight": learned(call, **{name: (prod(theirs),)})[name]}
    return call.add("parameter", [], shape, axes, taken, shape=[*shape])


ATTENTION: dict[str, Rule] = {
    "MultiHeadAttention": _multi_head,
    "Attention": _dot_attention,
    "Dot": _dot,
    "EinsumDense": _einsum_dense,
}
"""Layers of products -> their rules."""
