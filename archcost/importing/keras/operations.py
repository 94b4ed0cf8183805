"""Operations of `keras.ops` and, in Keras 2, of TensorFlow, which a model calls like layers."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.keras.activations import FUNCTIONS, function
from archcost.importing.keras.layers import by_constant, sizes_of
from archcost.importing.model import Reference
from archcost.importing.rules import (
    along,
    as_shape,
    averaged,
    concatenated,
    cut,
    einsum,
    joined,
    laid,
    like,
    padded,
    product,
    reduced,
    stacked,
    stated,
    without,
)
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Argument


# -- what rules read ----------------------------------------------------------------------------------------


def _argument(call: Call, name: str, position: int = 99) -> Argument:
    """An argument by its place, by its name, or of the operation's own configuration."""
    given = call.operation.arguments
    keys = (str(position), f"call.{name}", name)
    return next((given[key] for key in keys if given.get(key) is not None), None)


def _operand(call: Call, position: int, *names: str) -> Value | Argument:
    """A tensor, or what the file has in place of one."""
    keys = (str(position), *(f"call.{name}" for name in names))
    key = next((key for key in keys if call.argument(key) is not None), keys[0])
    found = call.argument(key)
    return call.value(key) if isinstance(found, Reference) else found


def _x(call: Call) -> Value:
    found = _operand(call, 0, "x", "input", "inputs", "input_tensor", "a", "tensor", "features", "images")
    if not isinstance(found, Value):
        raise NotUnderstoodError("it reads no tensor")
    return found


def _whole(given: Argument) -> list[int]:
    """Whole numbers, in a list or by themselves."""
    several = given if isinstance(given, list) else [given]
    found = [one for one in several if isinstance(one, int)]
    if len(found) != len(several):
        raise NotUnderstoodError("its axes or sizes are computed")
    return found


def _dims(call: Call, x: Value, position: int = 99) -> list[int]:
    """Dimensions, counted from the first; all of them if none are named."""
    given = _argument(call, "axis", position)
    return [*range(len(x.axes))] if given is None else [d % len(x.axes) for d in _whole(given)]


# -- elementwise --------------------------------------------------------------------------------------------


def _two(kind: str, *names: str) -> Rule:
    """Two tensors, or a tensor and a number on either side."""

    def rule(call: Call) -> Value:
        first, second = (_operand(call, i, name) for i, name in enumerate(names))
        if isinstance(first, Value):
            if isinstance(second, Value):
                return joined(call, kind, first, second)
            return _with_number(call, kind, first, second)
        if not isinstance(second, Value):
            raise NotUnderstoodError("it reads no tensor")
        if kind == "subtract":
            return by_constant(call, "add", like(call, second, "negate"), first)
        if kind == "divide":
            return by_constant(call, "multiply", like(call, second, "reciprocal"), first)
        return _with_number(call, kind, second, first)

    return rule


def _with_number(call: Call, kind: str, x: Value, number: Argument) -> Value:
    if kind in {"max", "min"}:
        if not isinstance(number, int | float):
            raise NotUnderstoodError("it takes no plain number")
        return like(call, x, "clamp", **{"min" if kind == "max" else "max": number})
    return by_constant(call, kind, x, number)


def _function(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        return like(call, _x(call), kind)

    return rule


def _named(name: str) -> Rule:
    """A function that layers have as an activation as well, with its own numbers at their defaults."""

    def rule(call: Call) -> Value:
        defaults = {"alpha": 1.0, "negative_slope": 0.2, "threshold": 0.5, "approximate": None}
        for key, usual in defaults.items():
            given = _argument(call, key)
            if given not in {None, usual} and not (key == "approximate" and name == "gelu"):
                raise NotUnderstoodError(f"{key} is {given}")
        if name == "gelu" and _argument(call, "approximate") in {None, True}:
            return like(call, _x(call), "gelu_tanh")
        return function(call, _x(call), name)

    return rule


def _power(call: Call) -> Value:
    x, exponent = _x(call), _argument(call, "x2", 1)
    if exponent is None:
        exponent = _argument(call, "y")
    if not isinstance(exponent, int | float):
        raise NotUnderstoodError("its exponent is a tensor")
    return like(call, x, "square") if exponent == 2 else like(call, x, "power", exponent=exponent)


def _clip(call: Call) -> Value:
    low, high = _argument(call, "x_min", 1), _argument(call, "x_max", 2)
    low = _argument(call, "clip_value_min") if low is None else low
    high = _argument(call, "clip_value_max") if high is None else high
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise NotUnderstoodError("its bounds are no numbers")
    return like(call, _x(call), "clamp", min=low, max=high)


def _softmax(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x, given = _x(call), _argument(call, "axis", 1)
        (dim,) = [-1] if given is None else _whole(given)
        return along(call, x, kind, dim % len(x.axes))

    return rule


def _unchanged(call: Call) -> Value:
    return _x(call)


# -- reductions and products --------------------------------------------------------------------------------


def _reduce(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x = _x(call)
        keep = bool(_argument(call, "keepdims", 2))
        if kind == "mean":
            return averaged(call, x, _dims(call, x, 1), keep=keep)
        return reduced(call, x, _dims(call, x, 1), kind, keep=keep)

    return rule


def _matmul(call: Call) -> Value:
    pair = [_operand(call, 0, "x1", "a"), _operand(call, 1, "x2", "b")]
    tensors = [x for x in pair if isinstance(x, Value)]
    if len(tensors) != 2:
        raise NotUnderstoodError("one of them is a constant")
    for i, name in enumerate(("transpose_a", "transpose_b")):
        if _argument(call, name):
            axes = tensors[i].axes
            tensors[i] = tensors[i]._replace(axes=(*axes[:-2], axes[-1], axes[-2]))
    return product(call, *tensors)


def _einsum(call: Call) -> Value:
    """In Keras 2 the equation is the first argument, and in Keras 3 a word of the configuration."""
    subscripts = _argument(call, "subscripts")
    names = [name for name in call.operation.arguments if name.isdigit()]
    return einsum(call, str(subscripts).replace(" ", ""), [call.value(name) for name in names])


# -- shapes -------------------------------------------------------------------------------------------------


def _reshape(call: Call) -> Value:
    x = _x(call)
    given = _argument(call, "newshape", 1)
    sizes = _whole(given if given is not None else _argument(call, "shape"))
    if sizes and sizes[0] == -1 and -1 not in sizes[1:]:
        sizes = [1, *sizes[1:]]
    return as_shape(call, x, (*sizes_of(sizes, prod(x.theirs)),))


def _transpose(call: Call) -> Value:
    x = _x(call)
    given = _argument(call, "axes", 1)
    order = _whole(given if given is not None else _argument(call, "perm"))
    if sorted(order) != [*range(len(x.axes))]:
        raise NotUnderstoodError(f"its order is {order}")
    return x._replace(axes=tuple(x.axes[d] for d in order))


def _swapped(call: Call) -> Value:
    x = _x(call)
    first, second = (int(str(_argument(call, name, i))) for i, name in enumerate(("axis1", "axis2"), 1))
    order = [*range(len(x.axes))]
    order[first], order[second] = order[second], order[first]
    return x._replace(axes=tuple(x.axes[d] for d in order))


def _moved(call: Call) -> Value:
    x = _x(call)
    (source,), (target,) = _whole(_argument(call, "source", 1)), _whole(_argument(call, "destination", 2))
    rank = len(x.axes)
    order = [d for d in range(rank) if d != source % rank]
    order.insert(target % rank, source % rank)
    return x._replace(axes=tuple(x.axes[d] for d in order))


def _squeeze(call: Call) -> Value:
    x = _x(call)
    given = _argument(call, "axis", 1)
    gone = [d for d, n in enumerate(x.theirs) if n == 1] if given is None else _dims(call, x, 1)
    for d in sorted(gone, reverse=True):
        x = without(call, x, d)
    return x


def _expand_dims(call: Call) -> Value:
    x = _x(call)
    axes = [*x.axes]
    for dim in _whole(_argument(call, "axis", 1)):
        axes.insert(dim % (len(axes) + 1), None)
    return x._replace(axes=tuple(axes))


def _concatenate(call: Call) -> Value:
    several = call.values("0")
    given = _argument(call, "axis", 1)
    return concatenated(call, several, int(str(-1 if given is None else given)) % len(several[0].axes))


def _stack(call: Call) -> Value:
    given = _argument(call, "axis", 1)
    return stacked(call, call.values("0"), int(str(0 if given is None else given)))


def _split(call: Call) -> list[Value]:
    x = _x(call)
    given = _argument(call, "indices_or_sections", 1)
    given = _argument(call, "num_or_size_splits") if given is None else given
    axis = _argument(call, "axis", 2)
    dim = int(str(0 if axis is None else axis)) % len(x.axes)
    size = x.theirs[dim]
    if isinstance(given, int):
        ends = [size // given * (i + 1) for i in range(given)]
    elif call.operation.word.startswith("tf."):
        sizes = _whole(given)
        ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    else:
        ends = [*_whole(given), size]
    return [_kept(call, x, dim, range(size)[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def _kept(call: Call, x: Value, dim: int, kept: range) -> Value:
    """Some positions along a dimension."""
    axis = x.axes[dim]
    if not kept or kept.step < 0:
        raise NotUnderstoodError(f"it keeps {kept} of dimension {dim}")
    if axis is None or kept == range(x.theirs[dim]):
        return x
    return cut(call, x, axis, kept)


def _get_item(call: Call) -> Value:
    """Slices, positions, an ellipsis and new axes, in brackets."""
    x = _x(call)
    given = _argument(call, "key", 1)
    given = _argument(call, "slice_spec") if given is None else given
    several = given if isinstance(given, list) and (not given or given[0] != "slice") else [given]
    named = sum(one not in {"...", None} if isinstance(one, str) else one is not None for one in several)
    where = 0
    gone: list[int] = []
    new: list[int] = []
    for one in several:
        if one == "...":
            where += len(x.axes) - named
        elif one is None:
            new.append(where - len(gone) + len(new))
        elif isinstance(one, int):
            size = x.theirs[where]
            x = _kept(call, x, where, range(size)[one % size : one % size + 1])
            gone.append(where)
            where += 1
        else:
            x = _kept(call, x, where, range(x.theirs[where])[_bounds(one)])
            where += 1
    for d in reversed(gone):
        x = without(call, x, d)
    axes = [*x.axes]
    for d in new:
        axes.insert(d, None)
    return x._replace(axes=tuple(axes))


def _bounds(given: Argument) -> slice:
    if not isinstance(given, list) or len(given) != 4 or given[0] != "slice":
        raise NotUnderstoodError("it is indexed by a tensor, or by positions")
    bounds = [one for one in given[1:] if one is None or isinstance(one, int)]
    if len(bounds) != 3:
        raise NotUnderstoodError("its bounds are computed")
    return slice(*bounds)


def _pad(call: Call) -> Value:
    x = _x(call)
    given = _argument(call, "pad_width", 1)
    given = _argument(call, "paddings") if given is None else given
    value = _argument(call, "constant_values", 3)
    pairs = [_whole(one) for one in given] if isinstance(given, list) else [_whole(given) * 2] * len(x.axes)
    mode = str(_argument(call, "mode", 2) or "constant").lower()
    if mode not in {"constant", "reflect"} or len(pairs) != len(x.axes):
        raise NotUnderstoodError(f"it pads by {mode}")
    ends = {d: (before, after) for d, (before, after) in enumerate(pairs)}
    return padded(call, x, ends, mode, value if isinstance(value, int | float) else 0)


def _flip(call: Call) -> Value:
    x = _x(call)
    axes = [axis for d in _dims(call, x, 1) if (axis := x.axes[d]) is not None]
    return laid(call, "flip", x, axis=[*sorted(axes)])


def _resize(call: Call) -> Value:
    x = _x(call)
    mode = str(_argument(call, "interpolation", 2) or "bilinear")
    if mode not in {"nearest", "bilinear", "bicubic"} or len(x.axes) != 4:
        raise NotUnderstoodError(f"interpolation is {mode}")
    if any(_argument(call, name) for name in ("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio")):
        raise NotUnderstoodError("it crops, pads or smooths as well")
    x = call.in_order(x, [3, 1, 2])
    height, width = _whole(_argument(call, "size", 1))
    return laid(call, "upsample", x, size=[height, width], **stated(mode=(mode, "nearest")))


def _both(ours: Rule, *names: str) -> dict[str, Rule]:
    return dict.fromkeys(names, ours)


def _all(pairs: Sequence[dict[str, Rule]]) -> dict[str, Rule]:
    return {name: rule for pair in pairs for name, rule in pair.items()}


OPERATIONS: dict[str, Rule] = _all(
    [
        _both(_two("add", "x1", "x2"), "ops.Add"),
        _both(_two("subtract", "x1", "x2"), "ops.Subtract"),
        _both(_two("multiply", "x1", "x2"), "ops.Multiply"),
        _both(_two("divide", "x1", "x2"), "ops.TrueDivide", "ops.Divide"),
        _both(_two("max", "x1", "x2"), "ops.Maximum"),
        _both(_two("min", "x1", "x2"), "ops.Minimum"),
        _both(_two("add", "x", "y"), "tf.__operators__.add", "tf.math.add"),
        _both(_two("subtract", "x", "y"), "tf.math.subtract"),
        _both(_two("multiply", "x", "y"), "tf.math.multiply"),
        _both(_two("divide", "x", "y"), "tf.math.truediv", "tf.math.divide"),
        _both(_two("max", "x", "y"), "tf.math.maximum"),
        _both(_two("min", "x", "y"), "tf.math.minimum"),
        _both(_power, "ops.Power", "tf.math.pow"),
        _both(_clip, "ops.Clip", "tf.clip_by_value"),
        *(
            _both(_function(kind), f"ops.{name}", f"tf.math.{kind}")
            for name, kind in {
                "Exp": "exp",
                "Log": "log",
                "Sqrt": "sqrt",
                "Rsqrt": "rsqrt",
                "Square": "square",
                "Sin": "sin",
                "Cos": "cos",
                "Abs": "abs",
                "Absolute": "abs",
                "Negative": "negate",
                "Reciprocal": "reciprocal",
            }.items()
        ),
        *(
            _both(_named(name), f"ops.{name.title().replace('_', '')}", f"tf.nn.{name}")
            for name in (*FUNCTIONS, "hard_sigmoid")
        ),
        _both(_named("leaky_relu"), "ops.LeakyRelu"),
        _both(_named("log_sigmoid"), "ops.LogSigmoid"),
        _both(_function("tanh"), "tf.math.tanh", "tf.nn.tanh"),
        _both(_function("sigmoid"), "tf.math.sigmoid", "tf.nn.sigmoid"),
        _both(_softmax("softmax"), "ops.Softmax", "tf.nn.softmax"),
        _both(_softmax("log_softmax"), "ops.LogSoftmax", "tf.nn.log_softmax"),
        _both(_unchanged, "ops.Cast", "tf.cast", "ops.StopGradient", "tf.identity"),
        _both(_reduce("mean"), "ops.Mean", "tf.math.reduce_mean"),
        _both(_reduce("sum"), "ops.Sum", "tf.math.reduce_sum"),
        _both(_reduce("max"), "ops.Max", "ops.Amax", "tf.math.reduce_max"),
        _both(_reduce("min"), "ops.Min", "ops.Amin", "tf.math.reduce_min"),
        _both(_matmul, "ops.Matmul", "tf.linalg.matmul"),
        _both(_einsum, "ops.Einsum"),
        _both(_reshape, "ops.Reshape", "tf.reshape"),
        _both(_transpose, "ops.Transpose", "tf.compat.v1.transpose", "tf.transpose"),
        _both(_swapped, "ops.Swapaxes"),
        _both(_moved, "ops.Moveaxis"),
        _both(_squeeze, "ops.Squeeze", "tf.compat.v1.squeeze"),
        _both(_expand_dims, "ops.ExpandDims", "tf.expand_dims"),
        _both(_concatenate, "ops.Concatenate", "tf.concat"),
        _both(_stack, "ops.Stack", "tf.stack"),
        _both(_split, "ops.Split", "tf.split"),
        _both(_get_item, "ops.GetItem", "tf.__operators__.getitem"),
        _both(_pad, "ops.Pad", "tf.compat.v1.pad", "tf.pad"),
        _both(_flip, "ops.Flip"),
        _both(_resize, "ops.Resize"),
    ]
)
"""Operation -> its rule."""
