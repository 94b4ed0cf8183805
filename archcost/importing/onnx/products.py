"""Rules of operations that multiply matrices: linear layers, products, attention and recurrent layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing import rules
from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.onnx.elementwise import combined
from archcost.importing.onnx.reading import (
    array_of,
    bias_of,
    integer,
    integers,
    is_known,
    number,
    plain,
    taken,
    text,
    weight_of,
)
from archcost.importing.rules import along, as_shape, by_number, cut, like, product, stated, without
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue


def linear(call: Call, x: Value, weight: Weight, bias: Weight | None) -> Value:
    """A linear layer on the framework's last dimension; the weight is `[out, in]`."""
    last = len(x.axes) - 1
    if last < 0 or len(weight.shape) != 2:
        raise NotUnderstoodError(f"a weight of {weight.shape}")
    if x.axes[last] != 0:
        x = call.in_order(x, [last, *(d for d in range(last) if x.axes[d] is not None)])
    if x.shape[0] != weight.shape[1]:
        raise NotUnderstoodError(f"{x.shape[0]} features arrive, and {weight.shape[1]} are expected")
    out = weight.shape[0]
    fields = stated(bias=(bias is not None, True), per_position=(len(x.shape) > 1, False))
    weights = {"weight": weight, "bias": bias}
    return call.add("linear", [x], (out, *x.shape[1:]), x.axes, weights, out_features=out, **fields)


def turned(weight: Weight) -> Weight:
    """A matrix with rows and columns swapped."""
    order = weight.order or (*range(len(weight.shape)),)
    return weight._replace(shape=weight.shape[::-1], order=order[::-1])


def gemm(call: Call) -> Value:
    """A linear layer, or a product of two matrices and a sum."""
    alpha, beta = number(call, "alpha") or 1.0, number(call, "beta") or 1.0
    by_rows, by_columns = integer(call, "transA", 0), integer(call, "transB", 0)
    integer(call, "broadcast", 0)
    x, weight = call.value("x"), call.known("weight")
    if by_rows:
        x = x._replace(axes=x.axes[::-1])
    if isinstance(weight, Weight):
        matrix = weight_of(call) if by_columns else turned(weight_of(call))
        bias = call.known("bias")
        # Factors of weights are in the weights, as far as costs are concerned; nobody writes others.
        row = bias_of(call) if isinstance(bias, Weight) and _is_row(bias, matrix.shape[0]) else None
        made = linear(call, x, matrix, row)
        return made if bias is None or row else _plus(call, made)
    other = call.value("weight")
    if by_columns:
        other = other._replace(axes=other.axes[::-1])
    made = product(call, x, other)
    if alpha != 1:
        made = by_number(call, "multiply", made, plain(alpha))
    if call.known("bias") is None:
        return made
    if beta != 1:
        raise NotUnderstoodError(f"what is added is multiplied by {beta}")
    return _plus(call, made)


def _is_row(bias: Weight, out: int) -> bool:
    return bias.shape in {(out,), (1, out)} or (out == 1 and bias.shape in {(), (1, 1)})


def _plus(call: Call, made: Value) -> Value:
    bias = call.known("bias")
    return combined(call, "add", made, bias) if bias is not None else made


def matmul(call: Call) -> Value | Weight:
    """A linear layer if one of both is learned, else a product of matrices."""
    a, b = (call.known(name) for name in (("x", "weight") if call.argument("weight") else ("x", "y")))
    name = "weight" if call.argument("weight") else "y"
    bias = bias_of(call)
    if isinstance(b, Weight) and isinstance(a, Value) and len(b.shape) == 2:
        return linear(call, a, turned(weight_of(call, name)), bias)
    if (
        isinstance(a, Weight)
        and isinstance(b, Value)
        and len(a.shape) == 2
        and len(b.axes) >= 2
        and (bias is None or bias.shape == (a.shape[0], 1))
    ):
        # Columns of the other are what a row of weights is multiplied with.
        swapped = b._replace(axes=(*b.axes[:-2], b.axes[-1], b.axes[-2]))
        made = linear(call, swapped, weight_of(call, "x"), bias)
        return made._replace(axes=(*made.axes[:-2], made.axes[-1], made.axes[-2]))
    made = product(call, *(call.value(one) for one in ("x", name)))
    return combined(call, "add", made, bias) if bias else made


def fused_matmul(call: Call) -> Value | Weight:
    """A product of matrices of which each may be transposed, times a number."""
    a, b = call.value("x"), call.value("y")
    if integer(call, "transBatchA", 0) or integer(call, "transBatchB", 0):
        raise NotUnderstoodError("it transposes sets of matrices")
    if integer(call, "transA", 0):
        a = a._replace(axes=(*a.axes[:-2], a.axes[-1], a.axes[-2]))
    if integer(call, "transB", 0):
        b = b._replace(axes=(*b.axes[:-2], b.axes[-1], b.axes[-2]))
    made, factor = product(call, a, b), number(call, "alpha") or 1.0
    return made if factor == 1 else by_number(call, "multiply", made, plain(factor))


def einsum(call: Call) -> Value:
    """A product whose axes have letters."""
    return rules.einsum(call, text(call, "equation", ""), call.values("tensors"))


def attention(call: Call) -> Value:
    """Scores, their softmax, and a weighted sum, of heads side by side."""
    for name in ("past_key", "past_value", "lengths"):
        if call.argument(name) is not None:
            raise NotUnderstoodError(f"{name} is not followed")
    if integer(call, "is_causal", 0) or number(call, "softcap"):
        raise NotUnderstoodError("a causal mask and softcap are not followed")
    for name in ("qk_matmul_output_mode", "softmax_precision"):
        call.argument(name)
    q, k, v = (_heads(call, name, heads) for name, heads in _SHARES)
    if q.theirs[1] != k.theirs[1]:
        raise NotUnderstoodError(f"{q.theirs[1]} heads of queries share {k.theirs[1]} of keys")
    scores = product(call, q, k._replace(axes=(*k.axes[:-2], k.axes[-1], k.axes[-2])))
    factor = number(call, "scale") or q.theirs[-1] ** -0.5
    scores = like(call, scores, "scale", factor=plain(factor))
    if (mask := call.known("mask")) is not None:
        scores = combined(call, "add", scores, mask)
    shares = along(call, scores, "softmax", len(scores.axes) - 1)
    made = product(call, shares, v)
    if len(call.value("q").axes) == 4:
        return made
    # Tokens of all heads together.
    moved = made._replace(axes=tuple(made.axes[d] for d in (0, 2, 1, 3)))
    theirs = moved.theirs
    return as_shape(call, moved, (theirs[0], theirs[1], theirs[2] * theirs[3]))


_SHARES = (("q", "q_num_heads"), ("k", "kv_num_heads"), ("v", "kv_num_heads"))


def _heads(call: Call, name: str, count: str) -> Value:
    """`[batch, heads, length, size]`, of that or of `[batch, length, heads * size]`."""
    x = call.value(name)
    if len(x.axes) == 4:
        integer(call, count, 0)
        return x
    heads = integer(call, count, 0)
    batch, length, size = x.theirs
    if heads < 1 or size % heads:
        raise NotUnderstoodError(f"{size} features are not {heads} heads")
    split = as_shape(call, x, (batch, length, heads, size // heads))
    return split._replace(axes=tuple(split.axes[d] for d in (0, 2, 1, 3)))


# -- recurrent layers ---------------------------------------------------------------------------------------

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
_DEFAULTS = {"lstm": ("sigmoid", "tanh", "tanh"), "gru": ("sigmoid", "tanh"), "rnn": ("tanh",)}


def recurrent(kind: str) -> Rule:
    """A layer over a sequence: all its positions, and the last of each direction."""

    def rule(call: Call) -> list[Value]:
        if text(call, "direction", "forward") == "reverse":
            raise NotUnderstoodError("it reads the sequence from its end only")
        both = text(call, "direction", "forward") == "bidirectional"
        x = call.value("x")
        first = integer(call, "layout", 0) == 1
        sequence, batch = (1, 0) if first else (0, 1)
        if len(x.axes) == 3 and x.theirs[batch] == 1 and x.axes[batch] is not None and len(x.shape) > 1:
            x = without(call, x, batch)
            x = x._replace(axes=(*x.axes[:batch], None, *x.axes[batch:]))
        if len(x.axes) != 3 or x.axes[batch] is not None:
            raise NotUnderstoodError(f"{x.theirs} is no sequence of a batch of one")
        if x.axes[sequence] is None:
            raise NotUnderstoodError("its sequence is a dimension of 1, which was taken for the batch")
        weight, recurrence, bias = weight_of(call), weight_of(call, "recurrence"), taken(call, "bias")
        hidden = integer(call, "hidden_size", recurrence.shape[-1])
        fields: dict[str, FieldValue] = {"hidden_size": hidden}
        fields |= stated(bidirectional=(both, False), bias=(bias is not None, True))
        fields |= _functions(call, kind, 1 + both)
        _unsupported(call, kind, x.theirs[sequence], bias)
        tokens = call.in_order(x, [2, sequence])
        shape = (hidden * (1 + both), x.theirs[sequence])
        weights = {"weight": weight, "recurrence": recurrence, "bias": bias}
        made = call.add(kind, [tokens], shape, (1, None, 0) if not first else (None, 1, 0), weights, **fields)
        return _outputs(call, made, both=both, hidden=hidden, layout=first)

    return rule


def _outputs(call: Call, made: Value, *, both: bool, hidden: int, layout: bool) -> list[Value]:
    """`Y` of `[length, directions, batch, hidden]`, and what the last position of each direction leaves."""
    length = made.shape[1]
    if both:
        split = as_shape(call, made._replace(axes=(1, None, 0)), (length, 1, 2, hidden))
        axes = split.axes
        whole = split._replace(axes=(axes[0], axes[2], axes[1], axes[3]))
    else:
        whole = made._replace(axes=(1, None, None, 0))
    if layout:
        axes = whole.axes
        whole = whole._replace(axes=(axes[2], axes[0], axes[1], axes[3]))
    outputs = [whole]
    if len(call.operation.outputs) > 1:
        if both:
            raise NotUnderstoodError("the last positions of both directions are not followed")
        last = cut(call, made, 1, range(length - 1, length))
        outputs.append(last._replace(axes=(None, None, 0)) if length == 1 else _vector(call, last))
    if len(call.operation.outputs) > 2:
        raise NotUnderstoodError("the last cell is not followed")
    return outputs


def _vector(call: Call, last: Value) -> Value:
    made = call.add("flatten", [last], (last.shape[0],), ())
    return made._replace(axes=(None, None, 0))


def _functions(call: Call, kind: str, directions: int) -> Mapping[str, FieldValue]:
    given = call.argument("activations")
    words = [one.lower() for one in given if isinstance(one, str)] if isinstance(given, list) else []
    if not words or words == [*_DEFAULTS[kind]] * directions:
        return {}
    if kind == "rnn" and {*words} == {"relu"}:
        return {"nonlinearity": "relu"}
    raise NotUnderstoodError(f"its functions are {', '.join(words)}")


def _unsupported(call: Call, kind: str, length: int, bias: Weight | None) -> None:
    if kind == "gru" and not integer(call, "linear_before_reset", 0) and (length > 1 or bias):
        raise NotUnderstoodError(
            "its gate resets what is fed back before the product (linear_before_reset 0)"
        )
    for name in ("clip", "peepholes", "activation_alpha", "activation_beta"):
        if call.argument(name) is not None and call.argument(name) != []:
            raise NotUnderstoodError(f"{name} is not followed")
    if integer(call, "input_forget", 0):
        raise NotUnderstoodError("input_forget is not followed")
    lengths = call.known("lengths")
    if lengths is not None and (not is_known(lengths) or integers(call, "lengths") != [length]):
        raise NotUnderstoodError("lengths of sequences are computed")
    for name in ("hidden", "cell"):
        state = call.known(name)
        if isinstance(state, Value):
            raise NotUnderstoodError("it starts from a state that is computed, or arrives")
        if state is not None:
            found = array_of(state)
            if found is None or found.any():
                raise NotUnderstoodError("it starts from a state that is learned")
