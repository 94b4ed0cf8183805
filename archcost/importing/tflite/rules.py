"""TensorFlow Lite's operators, each with the layers that it is. Images are stored with channels last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.rules import (
    along,
    as_shape,
    averaged,
    by_number,
    concatenated,
    cut,
    joined,
    laid,
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
from archcost.importing.tflite.schema import ACTIVATIONS, BIASES, STATE
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.model import Weight


# -- what rules read ----------------------------------------------------------------------------------------


def _option(call: Call, name: str) -> int:
    found = call.argument(name, 0)
    return int(found) if isinstance(found, int | float) else 0


def _numbers(call: Call, position: int) -> list[int]:
    """The whole numbers of a constant, which say axes, sizes and the like."""
    found = call.argument(f"numbers {position}")
    if not isinstance(found, list):
        raise NotUnderstoodError(f"input {position} is computed")
    return [int(one) for one in found if isinstance(one, int | float)]


def _image(call: Call, x: Value) -> Value:
    """A tensor as a batch of one with channels first."""
    if x.axes[0] is not None:
        raise NotUnderstoodError(f"{x.theirs} has a first dimension that is no batch of one")
    rank = len(x.axes)
    return call.in_order(x, [rank - 1, *range(1, rank - 1)])


def _dims(call: Call, position: int, x: Value) -> list[int]:
    """Dimensions, counted from the first."""
    return [d % len(x.axes) for d in _numbers(call, position)]


def _activated(call: Call, x: Value) -> Value:
    """What is fused behind an operator, as a layer beside it."""
    code = _option(call, "activation")
    if code not in ACTIVATIONS:
        raise NotUnderstoodError(f"activation {code} is not followed")
    kind = ACTIVATIONS[code]
    return x if kind is None else like(call, x, kind)


# -- windows ------------------------------------------------------------------------------------------------


def _slides(call: Call, kernel: Sequence[int], default: Sequence[int] = (1, 1)) -> dict[str, FieldValue]:
    """Stride and padding; SAME is ours, and a window of one position needs none."""
    padding = _option(call, "padding")
    if padding not in {0, 1}:
        raise NotUnderstoodError(f"padding {padding} is not followed")
    stride = [_option(call, "stride_h"), _option(call, "stride_w")]
    same = padding == 0 and {*kernel} != {1}
    return stated(stride=(short(stride), short(default)), padding=("same" if same else 0, 0))


def _conv(call: Call) -> Value:
    x, weight, bias = _image(call, call.value("0")), _weight(call, 1), _bias(call)
    out, *kernel, inner = weight.shape
    groups = x.shape[0] // inner
    dilation = [_option(call, "dilation_h"), _option(call, "dilation_w")][-len(kernel) :]
    fields: dict[str, FieldValue] = {
        "out_channels": out,
        "kernel_size": short(kernel),
        **_slides(call, kernel),
        **stated(dilation=(short(dilation), 1), groups=(groups, 1), bias=(bias is not None, True)),
    }
    taken = {"weight": weight._replace(order=(0, 3, 1, 2)), "bias": bias}
    return _activated(call, laid(call, "conv", x, taken, **fields))


def _weight(call: Call, position: int) -> Weight:
    found = call.weight(str(position))
    if found is None:
        raise NotUnderstoodError(f"input {position} is missing")
    return found


def _bias(call: Call) -> Weight | None:
    """A bias is the layer's own: converters store one for all layers whose biases are equal, as zeros are."""
    found = call.weight(str(BIASES[call.operation.word]))
    return found and found._replace(name=f"{found.name} of {call.operation.place}")


def _depthwise(call: Call) -> Value:
    x, weight, bias = _image(call, call.value("0")), _weight(call, 1), _bias(call)
    _, *kernel, out = weight.shape
    many, rest = divmod(out, x.shape[0])
    if rest:
        raise NotUnderstoodError(f"{out} channels leave, and {x.shape[0]} arrive")
    dilation = [_option(call, "dilation_h"), _option(call, "dilation_w")]
    fields: dict[str, FieldValue] = {
        "kernel_size": short(kernel),
        **_slides(call, kernel),
        **stated(dilation=(short(dilation), 1), multiplier=(many, 1), bias=(bias is not None, True)),
    }
    taken = {"weight": weight._replace(order=(3, 0, 1, 2)), "bias": bias}
    return _activated(call, laid(call, "depthwise_conv", x, taken, **fields))


def _conv_transpose(call: Call) -> Value:
    x, weight, bias = _image(call, call.value("2")), _weight(call, 1), _bias(call)
    out, *kernel, _ = weight.shape
    fields: dict[str, FieldValue] = {
        "out_channels": out,
        "kernel_size": short(kernel),
        **_slides(call, kernel),
        **stated(bias=(bias is not None, True)),
    }
    taken = {"weight": weight._replace(order=(3, 0, 1, 2)), "bias": bias}
    return _activated(call, laid(call, "conv_transpose", x, taken, **fields))


def _pool(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x = _image(call, call.value("0"))
        kernel = [_option(call, "height"), _option(call, "width")]
        slides = _slides(call, kernel, kernel)
        if [*x.shape[1:]] == kernel and "padding" not in slides:
            return _activated(call, laid(call, f"global_{kind}", x))
        return _activated(call, laid(call, kind, x, kernel_size=short(kernel), **slides))

    return rule


def _resize(mode: str) -> Rule:
    def rule(call: Call) -> Value:
        x = _image(call, call.value("0"))
        _, height, width, _ = call.said()
        fields: dict[str, FieldValue] = {"size": short([height, width]), **stated(mode=(mode, "nearest"))}
        if mode != "nearest" and _option(call, "align"):
            fields["align_corners"] = True
        return laid(call, "upsample", x, **fields)

    return rule


def _depth_to_space(call: Call) -> Value:
    """As `pixel_shuffle`, but for the order of channels: rows and columns of a block come first there."""
    x, block = call.value("0"), _option(call, "block")
    n, height, width, channels = x.theirs
    inner = channels // (block * block)
    x = as_shape(call, x, (n, height, width, block, block, inner))
    x = x._replace(axes=tuple(x.axes[d] for d in (0, 1, 3, 2, 4, 5)))
    return as_shape(call, x, (n, height * block, width * block, inner))


def _space_to_depth(call: Call) -> Value:
    x, block = call.value("0"), _option(call, "block")
    n, height, width, channels = x.theirs
    x = as_shape(call, x, (n, height // block, block, width // block, block, channels))
    x = x._replace(axes=tuple(x.axes[d] for d in (0, 1, 3, 2, 4, 5)))
    return as_shape(call, x, (n, height // block, width // block, block * block * channels))


# -- features -----------------------------------------------------------------------------------------------


def _fully_connected(call: Call) -> Value:
    x, weight, bias = call.value("0"), _weight(call, 1), _bias(call)
    if _option(call, "format"):
        raise NotUnderstoodError("its weights are shuffled")
    out, inner = weight.shape
    if x.theirs[-1] != inner or not _option(call, "keep"):
        rows = 1
        for n in x.theirs:
            rows *= n
        x = as_shape(call, x, (rows // inner, inner))
    last = len(x.axes) - 1
    if x.axes[last] is None:
        x = with_axes(call, x, [last])
    if x.axes[last] != 0:
        x = call.in_order(x, [last, *(d for d in range(last) if x.axes[d] is not None)])
    fields = stated(bias=(bias is not None, True), per_position=(len(x.shape) > 1, False))
    y = laid(call, "linear", x, {"weight": weight, "bias": bias}, out_features=out, **fields)
    y = as_shape(call, y, call.said())
    return _activated(call, y)


def _batch_matmul(call: Call) -> Value:
    pair = [call.value("0"), call.value("1")]
    for i, name in enumerate(("adj_x", "adj_y")):
        if _option(call, name):
            axes = pair[i].axes
            pair[i] = pair[i]._replace(axes=(*axes[:-2], axes[-1], axes[-2]))
    return product(call, *pair)


# -- elementwise --------------------------------------------------------------------------------------------


def _function(kind: str, **fields: FieldValue) -> Rule:
    def rule(call: Call) -> Value:
        return like(call, call.value("0"), kind, **fields)

    return rule


def _leaky(call: Call) -> Value:
    alpha = call.argument("alpha")
    return like(
        call, call.value("0"), "leaky_relu", negative_slope=alpha if isinstance(alpha, float) else 0.0
    )


def _gelu(call: Call) -> Value:
    return like(call, call.value("0"), "gelu_tanh" if _option(call, "approximate") else "gelu")


def _softmax(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        if call.argument("beta", 1.0) != 1.0:
            raise NotUnderstoodError(f"beta is {call.argument('beta')}")
        x = call.value("0")
        return along(call, x, kind, len(x.axes) - 1)

    return rule


def _prelu(call: Call) -> Value:
    """A slope per channel, or one for all."""
    x, slope = _image(call, call.value("0")), _weight(call, 1)
    if {*slope.shape[:-1]} - {1}:
        raise NotUnderstoodError(f"it has slopes of {slope.shape}: more than one per channel")
    fields = stated(num_parameters=(slope.shape[-1], 1))
    return call.add("prelu", [x], x.shape, x.axes, {"weight": slope}, **fields)


def _two(kind: str) -> Rule:
    """Two tensors, or a tensor and numbers."""

    def rule(call: Call) -> Value:
        first, second = call.known("0"), call.known("1")
        if isinstance(first, Value) and isinstance(second, Value):
            return _activated(call, joined(call, kind, first, second))
        x, position = (first, 1) if isinstance(first, Value) else (second, 0)
        if not isinstance(x, Value):
            raise NotUnderstoodError("both are constants")
        numbers = call.argument(f"numbers {position}")
        if isinstance(numbers, list) and len(numbers) == 1:
            return _activated(call, _with_number(call, kind, x, position, numbers[0]))
        return _activated(call, _with_weight(call, kind, x, position))

    return rule


def _with_number(call: Call, kind: str, x: Value, position: int, number: object) -> Value:
    if not isinstance(number, int | float):
        raise NotUnderstoodError("it takes no plain number")
    if x.theirs != call.said():
        raise NotUnderstoodError(f"{x.theirs} becomes {call.said()} by a constant")
    if kind in {"max", "min"}:
        return like(call, x, "clamp", **{"min" if kind == "max" else "max": number})
    if position == 0 and kind == "subtract":
        x, kind = like(call, x, "negate"), "add"
    elif position == 0 and kind == "divide":
        x, kind = like(call, x, "reciprocal"), "multiply"
    return by_number(call, kind, x, number)


def _with_weight(call: Call, kind: str, x: Value, position: int) -> Value:
    """A number per channel, or a tensor of its own."""
    weight = _weight(call, position)
    sizes = [1] * (len(x.axes) - len(weight.shape)) + [*weight.shape]
    wide = [d for d, n in enumerate(sizes) if n > 1]
    if kind == "multiply" and len(wide) == 1 and x.axes[wide[0]] == 0 and x.shape[0] == sizes[wide[0]]:
        return call.add("layer_scale", [x], x.shape, x.axes, {"weight": weight})
    x = with_axes(call, x, wide)
    there = {axis: sizes[d] for d, axis in enumerate(x.axes) if axis is not None}
    shape = tuple(there.get(axis, 1) for axis in range(len(x.shape)))
    table = call.add("parameter", [], shape, x.axes, {"weight": weight}, shape=[*shape])
    made = tuple(max(pair) for pair in zip(x.shape, shape, strict=True))
    return call.add(kind, [table, x] if position == 0 else [x, table], made, x.axes)


def _power(call: Call) -> Value:
    exponent = call.argument("numbers 1")
    if not isinstance(exponent, list) or len(exponent) != 1 or not isinstance(exponent[0], int | float):
        raise NotUnderstoodError("its exponent is a tensor")
    x = call.value("0")
    return like(call, x, "square") if exponent[0] == 2 else like(call, x, "power", exponent=exponent[0])


def _squared_difference(call: Call) -> Value:
    x = joined(call, "subtract", call.value("0"), call.value("1"))
    return like(call, x, "square")


def _add_n(call: Call) -> Value:
    several = [call.value(str(i)) for i in range(sum(name.isdigit() for name in call.operation.arguments))]
    return joined(call, "add", *several)


def _unchanged(call: Call) -> Value | Weight:
    """The same numbers in another type."""
    found = call.known("0")
    if found is None:
        raise NotUnderstoodError("it reads no tensor")
    return found


def _l2(call: Call) -> Value:
    x = call.value("0")
    return _activated(call, along(call, x, "normalize", len(x.axes) - 1))


# -- reductions ---------------------------------------------------------------------------------------------


def _mean(call: Call) -> Value:
    x = call.value("0")
    return averaged(call, x, _dims(call, 1, x), keep=bool(_option(call, "keep")))


def _reduce(function: str) -> Rule:
    def rule(call: Call) -> Value:
        x = call.value("0")
        return reduced(call, x, _dims(call, 1, x), function, keep=bool(_option(call, "keep")))

    return rule


# -- shapes -------------------------------------------------------------------------------------------------


def _reshape(call: Call) -> Value | Weight:
    found = call.known("0")
    if found is not None and not isinstance(found, Value) and _long(found.shape) == _long(call.said()):
        return found._replace(shape=call.said())
    return as_shape(call, call.value("0"), call.said())


def _long(shape: Sequence[int]) -> list[int]:
    """The sizes that are not 1."""
    return [n for n in shape if n > 1]


def _transpose(call: Call) -> Value:
    x = call.value("0")
    order = _numbers(call, 1)
    if sorted(order) != [*range(len(x.axes))]:
        raise NotUnderstoodError(f"its order is {order}")
    return x._replace(axes=tuple(x.axes[d] for d in order))


def _pad(call: Call) -> Value:
    x, pads = call.value("0"), _numbers(call, 1)
    given = call.argument("numbers 2")
    value = given[0] if isinstance(given, list) and given else 0
    pairs = {d: (pads[2 * d], pads[2 * d + 1]) for d in range(len(x.axes))}
    return padded(call, x, pairs, value=value if isinstance(value, int | float) else 0)


def _mirror_pad(call: Call) -> Value:
    x, pads = call.value("0"), _numbers(call, 1)
    if _option(call, "mode"):
        raise NotUnderstoodError("SYMMETRIC repeats the border, which no layer does")
    return padded(call, x, {d: (pads[2 * d], pads[2 * d + 1]) for d in range(len(x.axes))}, "reflect")


def _concatenation(call: Call) -> Value:
    many = sum(name.isdigit() for name in call.operation.arguments)
    several = [call.value(str(i)) for i in range(many)]
    axis = _option(call, "axis") % len(several[0].axes)
    if any(x.axes[axis] is None for x in several):
        several = [with_axes(call, x, [axis]) for x in several]
    return _activated(call, concatenated(call, several, axis))


def _pack(call: Call) -> Value:
    many = sum(name.isdigit() for name in call.operation.arguments)
    return stacked(call, [call.value(str(i)) for i in range(many)], _option(call, "axis"))


def _unpack(call: Call) -> list[Value]:
    x = call.value("0")
    dim = _option(call, "axis") % len(x.axes)
    axis = x.axes[dim]
    if axis is None:
        return [without(call, x, dim)]
    return [without(call, cut(call, x, axis, range(i, i + 1)), dim) for i in range(x.shape[axis])]


def _strided_slice(call: Call) -> Value:
    x = call.value("0")
    begin, end, steps = (_numbers(call, i) for i in (1, 2, 3))
    if _option(call, "ellipsis_mask") or _option(call, "new_axis_mask") or _option(call, "offset"):
        raise NotUnderstoodError("an ellipsis, new axes and offsets are not followed")
    gone: list[int] = []
    for d, (first, last, step) in enumerate(zip(begin, end, steps, strict=True)):
        size = x.theirs[d]
        if _option(call, "shrink_axis_mask") >> d & 1:
            kept = range(first % size, first % size + 1)
            gone.append(d)
        else:
            start = None if _option(call, "begin_mask") >> d & 1 else first
            stop = None if _option(call, "end_mask") >> d & 1 else last
            kept = range(size)[slice(start, stop, step)]
        x = _kept(call, x, d, kept)
    for d in reversed(gone):
        x = without(call, x, d)
    return x


def _kept(call: Call, x: Value, dim: int, kept: range) -> Value:
    axis = x.axes[dim]
    if axis is not None:
        if kept.step < 0 or not kept:
            raise NotUnderstoodError(f"it keeps {kept} of dimension {dim}")
        return cut(call, x, axis, kept)
    if len(kept) != 1:
        raise NotUnderstoodError(f"it keeps nothing of dimension {dim}")
    return x


def _slice(call: Call) -> Value:
    x = call.value("0")
    begin, sizes = _numbers(call, 1), _numbers(call, 2)
    for d, (first, size) in enumerate(zip(begin, sizes, strict=True)):
        x = _kept(call, x, d, range(first, x.theirs[d] if size == -1 else first + size))
    return x


def _split(call: Call) -> list[Value]:
    """SPLIT has its axis first, SPLIT_V behind the sizes."""
    is_sized = call.operation.word == "SPLIT_V"
    x = call.value("0" if is_sized else "1")
    (dim,) = (d % len(x.axes) for d in _numbers(call, 2 if is_sized else 0))
    found: list[Value] = []
    at = 0
    for name in call.operation.outputs:
        length = call.shape_of(name)[dim]
        found.append(_kept(call, x, dim, range(at, at + length)))
        at += length
    return found


def _squeeze(call: Call) -> Value:
    return as_shape(call, call.value("0"), call.said())


def _broadcast(call: Call) -> Value:
    x, theirs = call.value("0"), call.said()
    x = x._replace(axes=(*[None] * (len(theirs) - len(x.axes)), *x.axes))
    x = with_axes(call, x, [d for d, n in enumerate(theirs) if x.theirs[d] != n])
    shape = [*x.shape]
    for d, axis in enumerate(x.axes):
        if axis is not None:
            shape[axis] = theirs[d]
    return x if tuple(shape) == x.shape else call.add("expand", [x], tuple(shape), x.axes, shape=[*shape])


def _state(_call: Call) -> Value:
    raise NotUnderstoodError("it keeps state from one run to the next")


RULES: dict[str, Rule] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _conv_transpose,
    "MAX_POOL_2D": _pool("max_pool"),
    "AVERAGE_POOL_2D": _pool("avg_pool"),
    "RESIZE_BILINEAR": _resize("bilinear"),
    "RESIZE_NEAREST_NEIGHBOR": _resize("nearest"),
    "DEPTH_TO_SPACE": _depth_to_space,
    "SPACE_TO_DEPTH": _space_to_depth,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
    **{
        word: _function(kind)
        for word, kind in {
            "RELU": "relu",
            "RELU6": "relu6",
            "RELU_N1_TO_1": "hard_tanh",
            "LOGISTIC": "sigmoid",
            "TANH": "tanh",
            "HARD_SWISH": "hard_swish",
            "ELU": "elu",
            "EXP": "exp",
            "LOG": "log",
            "SQRT": "sqrt",
            "RSQRT": "rsqrt",
            "SQUARE": "square",
            "ABS": "abs",
            "NEG": "negate",
            "SIN": "sin",
            "COS": "cos",
        }.items()
    },
    "RELU_0_TO_1": _function("clamp", min=0, max=1),
    "LEAKY_RELU": _leaky,
    "GELU": _gelu,
    "SOFTMAX": _softmax("softmax"),
    "LOG_SOFTMAX": _softmax("log_softmax"),
    "PRELU": _prelu,
    "L2_NORMALIZATION": _l2,
    "ADD": _two("add"),
    "SUB": _two("subtract"),
    "MUL": _two("multiply"),
    "DIV": _two("divide"),
    "MAXIMUM": _two("max"),
    "MINIMUM": _two("min"),
    "ADD_N": _add_n,
    "POW": _power,
    "SQUARED_DIFFERENCE": _squared_difference,
    **dict.fromkeys(("QUANTIZE", "DEQUANTIZE", "DENSIFY", "CAST"), _unchanged),
    "MEAN": _mean,
    "SUM": _reduce("sum"),
    "REDUCE_MAX": _reduce("max"),
    "REDUCE_MIN": _reduce("min"),
    "RESHAPE": _reshape,
    "SQUEEZE": _squeeze,
    "EXPAND_DIMS": _squeeze,
    "TRANSPOSE": _transpose,
    "PAD": _pad,
    "PADV2": _pad,
    "MIRROR_PAD": _mirror_pad,
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "UNPACK": _unpack,
    "STRIDED_SLICE": _strided_slice,
    "SLICE": _slice,
    "SPLIT": _split,
    "SPLIT_V": _split,
    "BROADCAST_TO": _broadcast,
    **dict.fromkeys(STATE, _state),
}
"""Operator -> its rule."""
