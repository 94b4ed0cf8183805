"""PyTorch's operations, each with the layer that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Reference
from archcost.importing.rules import (
    along,
    as_shape,
    averaged,
    by_number,
    concatenated,
    cut,
    each,
    joined,
    like,
    padded,
    product,
    reduced,
    short,
    stacked,
    stated,
    with_axes,
    without,
)
from archcost.importing.values import Value, canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.model import Weight
    from archcost.windows.window import Shape


# -- convolutions -------------------------------------------------------------------------------------------


def _conv(call: Call) -> Value:
    x, weight = call.channels_first("input"), call.weight("weight")
    if weight is None:
        raise NotUnderstoodError("weight is computed")
    rank = len(weight.shape) - 2
    bias = call.weight("bias")
    padding = call.argument("padding", 0)
    pads = padding if isinstance(padding, str) else short(each(call.integers("padding", [0]), rank))
    if call.argument("transposed", default=False):
        return _conv_transpose(call)
    groups = call.argument("groups", 1)
    out = weight.shape[0]
    fields = stated(
        stride=(short(each(call.integers("stride", [1]), rank)), 1),
        padding=(0 if pads == "valid" else pads, 0),
        dilation=(short(each(call.integers("dilation", [1]), rank)), 1),
        groups=(groups if isinstance(groups, int) else 1, 1),
        bias=(bias is not None, True),
    )
    shape = call.said()[1:]
    fields = {"out_channels": out, "kernel_size": short(weight.shape[2:]), **fields}
    taken = {"weight": weight, "bias": bias}
    return call.add("conv", [x], shape, canonical(rank + 2), taken, **fields)


def _conv_transpose(call: Call) -> Value:
    x, weight = call.channels_first("input"), call.weight("weight")
    if weight is None:
        raise NotUnderstoodError("weight is computed")
    rank = len(weight.shape) - 2
    groups = call.argument("groups", 1)
    groups = groups if isinstance(groups, int) else 1
    bias = call.weight("bias")
    fields = stated(
        stride=(short(each(call.integers("stride", [1]), rank)), 1),
        padding=(short(each(call.integers("padding", [0]), rank)), 0),
        output_padding=(short(each(call.integers("output_padding", [0]), rank)), 0),
        dilation=(short(each(call.integers("dilation", [1]), rank)), 1),
        groups=(groups, 1),
        bias=(bias is not None, True),
    )
    out, kernel = weight.shape[1] * groups, short(weight.shape[2:])
    fields = {"out_channels": out, "kernel_size": kernel, **fields}
    taken = {"weight": weight, "bias": bias}
    return call.add("conv_transpose", [x], call.said()[1:], canonical(rank + 2), taken, **fields)


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


# -- pooling ------------------------------------------------------------------------------------------------


def _max_pool(call: Call) -> Value:
    x = call.channels_first("self")
    rank = len(x.shape) - 1
    kernel = each(call.integers("kernel_size"), rank)
    stride = each(call.integers("stride") or kernel, rank)
    fields = stated(
        stride=(short(stride), short(kernel)),
        padding=(short(each(call.integers("padding", [0]), rank)), 0),
        dilation=(short(each(call.integers("dilation", [1]), rank)), 1),
        ceil_mode=(bool(call.argument("ceil_mode", default=False)), False),
    )
    return call.add(
        "max_pool", [x], call.said()[1:], canonical(rank + 2), kernel_size=short(kernel), **fields
    )


def _avg_pool(call: Call) -> Value:
    x = call.channels_first("self")
    rank = len(x.shape) - 1
    kernel = each(call.integers("kernel_size"), rank)
    stride = each(call.integers("stride") or kernel, rank)
    padding = each(call.integers("padding", [0]), rank)
    if call.argument("divisor_override") is not None:
        raise NotUnderstoodError("divisor_override is no rule of a layer")
    include = bool(call.argument("count_include_pad", default=True))
    fields = stated(
        stride=(short(stride), short(kernel)),
        padding=(short(padding), 0),
        ceil_mode=(bool(call.argument("ceil_mode", default=False)), False),
    )
    if any(padding) or fields.get("ceil_mode"):
        fields["count_include_pad"] = include
    return call.add(
        "avg_pool", [x], call.said()[1:], canonical(rank + 2), kernel_size=short(kernel), **fields
    )


def _adaptive(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x = call.channels_first("self")
        rank = len(x.shape) - 1
        size = each(call.integers("output_size"), rank)
        if set(size) == {1}:
            kept = (x.shape[0], *size)
            return call.add(f"global_{kind}_pool", [x], kept, canonical(rank + 2))
        return call.add(
            f"adaptive_{kind}_pool", [x], (x.shape[0], *size), canonical(rank + 2), output_size=short(size)
        )

    return rule


def _mean(call: Call) -> Value:
    x = call.value("self")
    return averaged(call, x, _dims(call, "dim", x), keep=bool(call.argument("keepdim", default=False)))


def _reduce(function: str) -> Rule:
    """Over some dimensions."""

    def rule(call: Call) -> Value:
        x = call.value("self")
        given = call.argument("ord", 2)
        if given not in {1, 2}:
            raise NotUnderstoodError(f"its order is {given}")
        word = "l1" if given == 1 and function == "l2" else function
        keep = bool(call.argument("keepdim", default=False))
        return reduced(call, x, _dims(call, "dim", x), word, keep=keep)

    return rule


def _dims(call: Call, name: str, x: Value, default: Sequence[int] = ()) -> list[int]:
    """Dimensions, counted from the first."""
    given = (
        call.integers(name, default)
        if call.argument(name) is not None
        else [*(default or range(len(x.axes)))]
    )
    return [d % len(x.axes) for d in given]


# -- norms --------------------------------------------------------------------------------------------------


def _batch_norm(call: Call) -> Value:
    x = call.channels_first("input")
    weight, bias = call.weight("weight"), call.weight("bias")
    statistics = {name: call.weight(name) for name in ("running_mean", "running_var")}
    for name, given in statistics.items():
        if given is None:
            raise NotUnderstoodError(
                f"{name} is not given: export the model in evaluation mode, `model.eval()`"
            )
    if call.argument("training", default=False):
        raise NotUnderstoodError("it is in training: export the model in evaluation mode, `model.eval()`")
    eps = call.argument("eps", 1e-5)
    fields = stated(eps=(eps if isinstance(eps, float) else 1e-5, 1e-5))
    if weight is None and bias is None:
        fields["affine"] = False
    else:
        fields |= stated(scale=(weight is not None, True), shift=(bias is not None, True))
    taken = {"weight": weight, "bias": bias, **statistics}
    return call.add("batch_norm", [x], x.shape, x.axes, taken, **fields)


def _layer_norm(call: Call) -> Value:
    x = call.value("input")
    sizes = call.integers("normalized_shape")
    axes = [x.axes[d] for d in range(len(x.axes) - len(sizes), len(x.axes))]
    there = sorted(axis for axis in axes if axis is not None)
    weight, bias = call.weight("weight"), call.weight("bias")
    eps = call.argument("eps", 1e-5)
    fields = stated(
        axis=(short(there), 0),
        eps=(eps if isinstance(eps, float) else 1e-5, 1e-5),
        affine=(weight is not None, True),
    )
    if weight is not None and bias is None:
        fields["bias"] = False
    order = tuple(axes.index(axis) for axis in there)
    taken = {"weight": _turned(weight, order), "bias": _turned(bias, order)}
    return call.add("layer_norm", [x], x.shape, x.axes, taken, **fields)


def _turned(weight: Weight | None, order: tuple[int, ...]) -> Weight | None:
    rest = [] if weight is None else [d for d in range(len(weight.shape)) if d not in order]
    return weight and weight._replace(order=(*order, *rest))


def _group_norm(call: Call) -> Value:
    x = call.channels_first("input")
    weight, bias = call.weight("weight"), call.weight("bias")
    groups, eps = call.argument("num_groups"), call.argument("eps", 1e-5)
    fields = stated(eps=(eps if isinstance(eps, float) else 1e-5, 1e-5), affine=(weight is not None, True))
    if weight is not None and bias is None:
        fields["bias"] = False
    fields = {"num_groups": groups if isinstance(groups, int) else 1, **fields}
    taken = {"weight": weight, "bias": bias}
    return call.add("group_norm", [x], x.shape, x.axes, taken, **fields)


# -- elementwise --------------------------------------------------------------------------------------------


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
        (dim,) = _dims(call, "dim", x)
        return along(call, x, kind, dim)

    return rule


def _unchanged(call: Call) -> Value | Weight:
    """What makes no difference, when a model is used: dropout, a copy, another type."""
    found = call.known("self" if call.argument("self") is not None else "input")
    if found is None:
        raise NotUnderstoodError("it reads no tensor")
    return found


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
        return _by_weight(call, kind, x, learned)

    return rule


def _by_weight(call: Call, kind: str, x: Value, name: str) -> Value:
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


# -- shapes -------------------------------------------------------------------------------------------------


def _concat(call: Call) -> Value:
    several = call.values("tensors")
    first = max(several, key=lambda x: len(x.shape))
    (dim,) = _dims(call, "dim", first, [0])
    return concatenated(call, several, dim)


def _permute(call: Call) -> Value:
    x = call.value("self")
    return x._replace(axes=tuple(x.axes[d] for d in _dims(call, "dims", x)))


def _transpose(call: Call) -> Value:
    x = call.value("self")
    order = [*range(len(x.axes))]
    names = ("dim0", "dim1") if call.argument("dim0") is not None else ("axis0", "axis1")
    (a,), (b,) = (_dims(call, name, x) for name in names)
    order[a], order[b] = order[b], order[a]
    return x._replace(axes=tuple(x.axes[d] for d in order))


def _reshape(call: Call) -> Value | Weight:
    name, theirs = "self" if call.argument("self") is not None else "input", call.said()
    found = call.known(name)
    if found is not None and not isinstance(found, Value) and _long(found.shape) == _long(theirs):
        return found._replace(shape=theirs)
    return as_shape(call, call.value(name), theirs)


def _long(shape: Shape) -> list[int]:
    """The sizes that are not 1."""
    return [n for n in shape if n > 1]


def _slice(call: Call) -> Value:
    x = call.value("self")
    (dim,) = _dims(call, "dim", x, [0])
    axis, size = x.axes[dim], x.theirs[dim]
    if axis is None:
        return x
    bounds = [call.argument(name) for name in ("start", "end", "step")]
    whole = [n for n in bounds if n is None or isinstance(n, int)]
    if len(whole) < len(bounds):
        raise NotUnderstoodError("its bounds are computed")
    return cut(call, x, axis, range(size)[slice(*whole)])


def _select(call: Call) -> Value:
    x = call.value("self")
    (dim,) = _dims(call, "dim", x)
    axis, index = x.axes[dim], call.argument("index")
    if not isinstance(index, int):
        raise NotUnderstoodError("its index is computed")
    if axis is not None:
        index %= x.shape[axis]
        x = cut(call, x, axis, range(index, index + 1))
    return without(call, x, dim)


def _unbind(call: Call) -> list[Value]:
    x = call.value("self")
    (dim,) = _dims(call, "dim", x, [0])
    axis = x.axes[dim]
    if axis is None:
        return [without(call, x, dim)]
    return [without(call, cut(call, x, axis, range(i, i + 1)), dim) for i in range(x.shape[axis])]


def _split(call: Call) -> list[Value]:
    x = call.value("self")
    (dim,) = _dims(call, "dim", x, [0])
    axis = x.axes[dim]
    if axis is None:
        return [x]
    found: list[Value] = []
    at = 0
    for name in call.operation.outputs:
        length = call.shape_of(name)[dim]
        found.append(cut(call, x, axis, range(at, at + length)))
        at += length
    return found


def _pad(call: Call) -> Value:
    x = call.value("self")
    pads, value = call.integers("pad"), call.argument("value")
    rank = len(x.axes)
    ends = {rank - 1 - i: (pads[2 * i], pads[2 * i + 1]) for i in range(len(pads) // 2)}
    mode = str(call.argument("mode", "constant"))
    return padded(call, x, ends, mode, value if isinstance(value, int | float) else 0)


def _expand(call: Call) -> Value | Weight:
    """A tensor that is repeated: what reads it stretches sizes of 1, if it is nothing else."""
    found, theirs = call.known("self"), call.said()
    if found is not None and not isinstance(found, Value) and found.shape == theirs:
        return found
    x = call.value("self")
    if x.theirs == theirs:
        return x
    x = x._replace(axes=(*[None] * (len(theirs) - len(x.axes)), *x.axes))
    x = with_axes(call, x, [d for d, n in enumerate(theirs) if x.theirs[d] != n])
    shape = [*x.shape]
    for d, axis in enumerate(x.axes):
        if axis is not None:
            shape[axis] = theirs[d]
    return call.add("expand", [x], tuple(shape), x.axes, shape=[*shape])


# -- products -----------------------------------------------------------------------------------------------


def _matmul(call: Call) -> Value:
    names = ("self", "other") if call.argument("other") is not None else ("self", "mat2")
    return product(call, *(call.value(name) for name in names))


def _stack(call: Call) -> Value:
    several = call.values("tensors")
    dim = call.argument("dim", 0)
    return stacked(call, several, dim if isinstance(dim, int) else 0)


def _einsum(call: Call) -> Value:
    equation, several = call.argument("equation"), call.values("tensors")
    if not isinstance(equation, str) or len(several) != 2 or "." in equation:
        raise NotUnderstoodError(f"{equation} is no product of two tensors")
    operands, _, leaving = equation.replace(" ", "").partition("->")
    letters = operands.split(",")
    kept = {
        one
        for x, word in zip(several, letters, strict=True)
        for one, axis in zip(word, x.axes, strict=True)
        if axis is not None
    }
    words = [
        "".join(
            sorted(
                (one for one in word if one in kept), key=lambda one, w=word, x=x: x.axes[w.index(one)] or 0
            )
        )
        for x, word in zip(several, letters, strict=True)
    ]
    if any(
        x.axes[word.index(one)] is None
        for x, word in zip(several, letters, strict=True)
        for one in word
        if one in kept
    ):
        raise NotUnderstoodError(f"{equation}: a dimension of 1 is repeated")
    made = [one for one in leaving if one in kept]
    sizes = {
        one: n
        for x, word in zip(several, letters, strict=True)
        for one, n in zip(word, x.theirs, strict=True)
    }
    shape = tuple(sizes[one] for one in made)
    axes = [made.index(one) if one in made else None for one in leaving]
    return call.add("einsum", several, shape, axes, equation=f"{words[0]},{words[1]}->{''.join(made)}")


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


def _nothing(call: Call) -> list[Value]:  # noqa: ARG001 - a rule's signature
    """What only checks something."""
    return []


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
        scores = _by_weight(call, "add", scores, "attn_mask")
    axis = scores.axes[-1]
    shares = call.add("softmax", [scores], scores.shape, scores.axes, **stated(axis=(axis, 0)))
    return product(call, shares, v)


def _upsample(mode: str) -> Rule:
    def rule(call: Call) -> Value:
        x = call.channels_first("self" if call.argument("self") is not None else "input")
        size = call.said()[2:]
        fields: dict[str, FieldValue] = {"size": short(size)}
        if mode != "nearest":
            fields["mode"] = mode
            if call.argument("align_corners", default=False):
                fields["align_corners"] = True
        return call.add("upsample", [x], (x.shape[0], *size), canonical(len(x.axes)), **fields)

    return rule


def _pixel_shuffle(call: Call) -> Value:
    x, (factor,) = call.channels_first("self"), call.integers("upscale_factor")
    return call.add("pixel_shuffle", [x], call.said()[1:], canonical(4), upscale_factor=factor)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("aten.conv1d", "aten.conv2d", "aten.conv3d", "aten.convolution"), _conv),
    **dict.fromkeys(
        ("aten.conv_transpose1d", "aten.conv_transpose2d", "aten.conv_transpose3d"), _conv_transpose
    ),
    "aten.linear": _linear,
    **dict.fromkeys(("aten.max_pool1d", "aten.max_pool2d", "aten.max_pool3d"), _max_pool),
    **dict.fromkeys(("aten.avg_pool1d", "aten.avg_pool2d", "aten.avg_pool3d"), _avg_pool),
    **dict.fromkeys(
        ("aten.adaptive_avg_pool1d", "aten.adaptive_avg_pool2d", "aten.adaptive_avg_pool3d"), _adaptive("avg")
    ),
    **dict.fromkeys(("aten.adaptive_max_pool1d", "aten.adaptive_max_pool2d"), _adaptive("max")),
    "aten.mean": _mean,
    "aten.batch_norm": _batch_norm,
    "aten.layer_norm": _layer_norm,
    "aten.group_norm": _group_norm,
    **{
        f"aten.{word}{ending}": rule
        for ending in ("", "_")
        for word, rule in {
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
        }.items()
    },
    "aten.softmax": _softmax_of("softmax"),
    "aten._softmax": _softmax_of("softmax"),
    "aten.slice": _slice,
    "aten.select": _select,
    "aten.unbind": _unbind,
    **dict.fromkeys(("aten.chunk", "aten.split", "aten.split_with_sizes"), _split),
    "aten.pad": _pad,
    "aten.constant_pad_nd": _pad,
    **dict.fromkeys(("aten.expand", "aten.expand_as"), _expand),
    "aten.stack": _stack,
    "aten.einsum": _einsum,
    "aten.sum": _reduce("sum"),
    "aten.amax": _reduce("max"),
    "aten.amin": _reduce("min"),
    "aten.linalg_vector_norm": _reduce("l2"),
    **dict.fromkeys(("aten.clamp", "aten.clamp_min", "aten.clamp_max"), _clamp),
    "aten.pow": _power,
    **{
        f"aten.{word}": _activation(word)
        for word in ("exp", "log", "sqrt", "rsqrt", "abs", "sin", "cos", "square")
    },
    "aten.neg": _activation("negate"),
    "aten.softplus": _activation("softplus"),
    "aten.log_softmax": _softmax_of("log_softmax"),
    "aten._assert_tensor_metadata": _nothing,
    "aten.reshape_as": _reshape,
    "aten.view_as": _reshape,
    "aten.type_as": _unchanged,
    **dict.fromkeys(("aten.matmul", "aten.bmm"), _matmul),
    "aten.scaled_dot_product_attention": _attention,
    **dict.fromkeys(
        ("aten.upsample_nearest1d", "aten.upsample_nearest2d", "aten.upsample_nearest3d"),
        _upsample("nearest"),
    ),
    "aten.upsample_bilinear2d": _upsample("bilinear"),
    "aten.upsample_bicubic2d": _upsample("bicubic"),
    "aten.pixel_shuffle": _pixel_shuffle,
    "aten.swapaxes": _transpose,
    "aten.cat": _concat,
    "aten.permute": _permute,
    "aten.transpose": _transpose,
    **dict.fromkeys(
        ("aten.flatten", "aten.view", "aten.reshape", "aten.unsqueeze", "aten.squeeze", "aten._unsafe_view"),
        _reshape,
    ),
    **dict.fromkeys(
        (
            "aten.contiguous",
            "aten.clone",
            "aten.alias",
            "aten.detach_",
            "aten.detach",
            "aten.lift_fresh_copy",
            "aten.to",
            "aten._to_copy",
        ),
        _unchanged,
    ),
}
"""Word of an operation -> its rule."""
