"""Rules of operations on every element alone: activations, arithmetic, and joining tensors."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.onnx.reading import (
    array_of,
    dim,
    integer,
    is_known,
    layer,
    number,
    plain,
    taken,
    text,
)
from archcost.importing.onnx.tensors import LARGEST
from archcost.importing.rules import aligned, along, as_shape, by_number, joined, like, stated
from archcost.importing.values import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.windows.window import Shape

MOST = 64
"""Constants that are written into the spec one by one."""


def activation(kind: str, **names: tuple[str, float]) -> Rule:
    """A layer that keeps the shape; of each field the attribute, and ONNX's default."""

    def rule(call: Call) -> Value:
        fields: dict[str, FieldValue] = {}
        for field, (name, default) in names.items():
            found = number(call, name)
            fields[field] = plain(default if found is None else found)
        return like(call, call.value("x"), kind, **fields)

    return rule


def leaky_relu(call: Call) -> Value:
    """With the slope of ONNX's default, 0.01, which is ours as well."""
    return like(call, call.value("x"), "leaky_relu", **_stated(call, "negative_slope", "alpha", 0.01))


def elu(kind: str) -> Rule:
    """An ELU, or one that can be differentiated everywhere."""
    return lambda call: like(call, call.value("x"), kind, **_stated(call, "alpha", "alpha", 1.0))


def _stated(call: Call, field: str, name: str, default: float) -> dict[str, FieldValue]:
    found = number(call, name)
    return stated(**{field: (plain(default if found is None else found), default)})


def selu(call: Call) -> Value:
    """With the numbers that make it normalize; with others it is an ELU and a factor."""
    x, alpha, gamma = call.value("x"), number(call, "alpha"), number(call, "gamma")
    if (alpha is None or abs(alpha - 1.67326) < 1e-4) and (gamma is None or abs(gamma - 1.0507) < 1e-4):
        return like(call, x, "selu")
    made = like(call, x, "elu", alpha=plain(1.67326 if alpha is None else alpha))
    return by_number(call, "multiply", made, plain(1.0507 if gamma is None else gamma))


def gelu(call: Call) -> Value:
    """Exact, or by its formula with tanh."""
    kind = "gelu_tanh" if text(call, "approximate", "none") == "tanh" else "gelu"
    return like(call, call.value("x"), kind)


def swish(call: Call) -> Value:
    """A SiLU, or one of a multiple."""
    x, alpha = call.value("x"), number(call, "alpha")
    if alpha in {None, 1.0}:
        return like(call, x, "silu")
    gate = like(call, by_number(call, "multiply", x, plain(alpha or 1)), "sigmoid")
    return call.add("multiply", [x, gate], x.shape, x.axes)


def hard_sigmoid(call: Call) -> Value:
    """Three straight lines: of a sixth of what arrives, or of what is made to be that."""
    x = call.value("x")
    alpha, beta = number(call, "alpha"), number(call, "beta")
    alpha, beta = 0.2 if alpha is None else alpha, 0.5 if beta is None else beta
    if abs(alpha - 1 / 6) < 1e-4 and beta == 0.5:
        return like(call, x, "hard_sigmoid")
    moved = by_number(call, "add", by_number(call, "multiply", x, plain(alpha)), plain(beta))
    return like(call, moved, "clamp", min=0, max=1)


def prelu(call: Call) -> Value:
    """A slope, or one for each channel."""
    x, slope = call.value("x"), call.known("slope")
    if not isinstance(slope, Weight):
        raise NotUnderstoodError("its slope is computed")
    count = prod(slope.shape)
    sizes = [1] * (len(x.axes) - len(slope.shape)) + [*slope.shape]
    wide = [d for d, n in enumerate(sizes) if n > 1]
    # Before version 7, a slope per channel was a vector, whatever stands behind the channels.
    by_channel = slope.shape == (x.theirs[1] if len(x.axes) > 1 else 0,) and integer(call, "opset", 0) < 7
    if count > 1 and not by_channel and [x.axes[d] for d in wide] != [0]:
        raise NotUnderstoodError(f"slopes of {slope.shape} are not one per channel")
    weights = {"weight": taken(call, "slope")}
    return call.add("prelu", [x], x.shape, x.axes, weights, **stated(num_parameters=(count, 1)))


def clip(call: Call) -> Value:
    """Within two bounds."""
    x, low, high = call.value("x"), number(call, "min"), number(call, "max")
    low = None if low is None or low <= -3.4e38 else plain(low)
    high = None if high is None or high >= 3.4e38 else plain(high)
    if (low, high) == (None, None):
        return x
    if (low, high) == (0, 6):
        return like(call, x, "relu6")
    if (low, high) == (0, None):
        return like(call, x, "relu")
    bounds: dict[str, FieldValue] = {"min": low, "max": high}
    return like(call, x, "clamp", **{key: bound for key, bound in bounds.items() if bound is not None})


def softmax(kind: str) -> Rule:
    """Along a dimension; before version 13 along all from one on, as if they were one."""

    def rule(call: Call) -> Value:
        x, opset = call.value("x"), integer(call, "opset", 13)
        rank = len(x.axes)
        axis = dim(integer(call, "axis", -1 if opset >= 13 else 1), rank)
        over = [d for d in range(axis, rank) if x.axes[d] is not None]
        if opset >= 13 or len(over) <= 1:
            return along(call, x, kind, axis if opset >= 13 or not over else over[0])
        before, theirs = x.theirs[:axis], x.theirs
        flat = as_shape(call, x, (*before, prod(theirs[axis:])))
        return as_shape(call, along(call, flat, kind, axis), theirs)

    return rule


def power(call: Call) -> Value:
    """By one number."""
    exponent = call.known("y")
    if not is_known(exponent) or exponent is None or prod(getattr(exponent, "shape", (0,))) != 1:
        raise NotUnderstoodError("its exponents are computed, or several")
    found = number(call, "y")
    x = call.value("x")
    if found == 2:
        return like(call, x, "square")
    if found == 0.5:
        return like(call, x, "sqrt")
    return like(call, x, "power", exponent=plain(found or 0))


# -- two and more -------------------------------------------------------------------------------------------


def two(kind: str) -> Rule:
    """Two tensors, of which each may be learned, or numbers."""

    def rule(call: Call) -> Value:
        a, b = call.known("x"), call.known("y")
        if a is None or b is None:
            raise NotUnderstoodError("it reads no two tensors")
        for name in ("broadcast", "axis"):  # before version 7, what is smaller stands at some dimension
            call.argument(name)
        b = _at_axis(call, a, b)
        return combined(call, kind, a, b)

    return rule


def _at_axis(call: Call, a: Value | Weight, b: Value | Weight) -> Value | Weight:
    axis = call.argument("axis")
    if not isinstance(axis, int):
        return b
    rank = len(a.axes) if isinstance(a, Value) else len(a.shape)
    size = len(b.axes) if isinstance(b, Value) else len(b.shape)
    missing = rank - dim(axis, rank) - size
    if missing < 0:
        raise NotUnderstoodError(f"{size} dimensions do not stand at dimension {axis} of {rank}")
    if isinstance(b, Value):
        return b._replace(axes=(*b.axes, *[None] * missing))
    return b._replace(shape=(*b.shape, *[1] * missing))


def combined(call: Call, kind: str, a: Value | Weight, b: Value | Weight) -> Value:
    """Two tensors element by element; a single number of the file is a number of the layer."""
    if isinstance(a, Value) and isinstance(b, Value):
        return joined(call, kind, a, b)
    if isinstance(a, Value) and isinstance(b, Weight):
        value = _single(b)
        return (
            _by_number(call, kind, a, value) if value is not None else _by_tensor(call, kind, a, b, last=True)
        )
    if isinstance(a, Weight) and isinstance(b, Value):
        value = _single(a)
        return (
            _number_by(call, kind, value, b)
            if value is not None
            else _by_tensor(call, kind, b, a, last=False)
        )
    raise NotUnderstoodError("it combines two tensors of the file, of which none arrives")


def _single(weight: Weight) -> float | None:
    """The one number that a tensor is everywhere; None of one that is learned, or of several numbers."""
    if not is_known(weight):
        return None
    found = array_of(weight)
    if found is None or not found.size or found.dtype.kind not in "iufb":
        return None
    first = found.ravel()[0]
    return plain(float(first)) if (found == first).all() else None


def _by_number(call: Call, kind: str, x: Value, value: float) -> Value:
    if kind in {"max", "min"} and value == (-np.inf if kind == "max" else np.inf):
        return x
    if not np.isfinite(value):
        raise NotUnderstoodError(f"its number is {value}")
    if kind in {"multiply", "divide", "add", "subtract"}:
        if (kind in {"multiply", "divide"} and value == 1) or (kind in {"add", "subtract"} and value == 0):
            return x
        if kind == "divide" and not value:
            raise NotUnderstoodError("it divides by 0")
        return by_number(call, kind, x, value)
    if kind in {"max", "min"}:
        return like(call, x, "clamp", **{"min" if kind == "max" else "max": value})
    return like(call, x, kind, value=value)


_TURNED = {"greater": "less", "less": "greater", "greater_equal": "less_equal", "less_equal": "greater_equal"}


def _number_by(call: Call, kind: str, value: float, x: Value) -> Value:
    """A number first: what is left of it, or how often something is in it."""
    if kind == "subtract":
        return _by_number(call, "add", like(call, x, "negate"), value)
    if kind == "divide":
        return _by_number(call, "multiply", like(call, x, "reciprocal"), value)
    return _by_number(call, _TURNED.get(kind, kind), x, value)


def _by_tensor(call: Call, kind: str, x: Value, weight: Weight, *, last: bool) -> Value:
    """Numbers of the file: a learned one per channel is a layer scale, others a tensor of their own."""
    rank = max(len(x.axes), len(weight.shape))
    x = x._replace(axes=(*[None] * (rank - len(x.axes)), *x.axes))
    sizes = [1] * (rank - len(weight.shape)) + [*weight.shape]
    wide = [d for d, n in enumerate(sizes) if n > 1]
    if kind == "multiply" and weight.is_learned and len(wide) == 1 and x.axes[wide[0]] == 0:
        return call.add("layer_scale", [x], x.shape, x.axes, {"weight": weight})
    if any(x.axes[d] is None for d in wide) or any(n not in {1, x.theirs[d]} for d, n in enumerate(sizes)):
        table = tensor_layer(call, weight)
        return joined(call, kind, x, table) if last else joined(call, kind, table, x)
    there = {axis: sizes[d] for d, axis in enumerate(x.axes) if axis is not None}
    shape = tuple(there.get(axis, 1) for axis in range(len(x.shape)))
    order = sorted(range(rank), key=lambda d: -1 if x.axes[d] is None else x.axes[d] or 0)
    missing = rank - len(weight.shape)
    if (kind == "add" and _is_mask(weight)) or not (weight.is_learned or is_known(weight)):
        table = declared(call, shape, x.axes)
    elif weight.is_learned:
        taken_as = weight._replace(order=tuple(d - missing for d in order if d >= missing))
        table = call.add("parameter", [], shape, x.axes, {"weight": taken_as}, shape=[*shape])
    else:
        kept = [d for d in order if x.axes[d] is not None]
        moved = np.transpose(numbers_of(weight).reshape(sizes), [*kept, *(d for d in order if d not in kept)])
        table = constant(call, moved.reshape(shape), x.axes)
    return call.add(kind, [x, table] if last else [table, x], x.shape, x.axes)


def _is_mask(weight: Weight) -> bool:
    """Whether a tensor holds zeros and what makes a softmax leave something out: nobody learns that."""
    if len([n for n in weight.shape if n > 1]) < 2 or prod(weight.shape) > LARGEST:
        return False
    try:
        found = array_of(weight)
    except NotUnderstoodError:
        return False
    return found is not None and bool(((found == 0) | (found <= -100)).all() and found.any())


def numbers_of(weight: Weight) -> NDArray[Any]:
    """The numbers of a constant.

    Raises:
        NotUnderstoodError: they cannot be read.
    """
    found = array_of(weight)
    if found is None:
        raise NotUnderstoodError(f"{weight.name} is a constant that cannot be read")
    return found


def constant(call: Call, array: NDArray[Any], axes: tuple[int | None, ...]) -> Value:
    """A layer of numbers that are known and not learned."""
    shape = array.shape
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    first = array.ravel()[0] if array.size else 0
    if array.size and (array == first).all() and np.isfinite(first):
        return call.add("constant", [], shape, axes, values=plain(float(first)), shape=[*shape])
    if array.size > MOST or not np.isfinite(array).all():
        return declared(call, shape, axes)
    return call.add("constant", [], shape, axes, values=_lists(array))


def declared(call: Call, shape: Shape, axes: tuple[int | None, ...]) -> Value:
    """A layer of numbers that are not written into the spec: a table of constants, a mask."""
    return call.add("constant", [], shape, axes, values="declared", shape=[*shape])


def _lists(array: NDArray[Any]) -> FieldValue:
    """An array as a spec has it."""
    return [_lists(one) for one in array] if array.ndim else plain(float(array))


def tensor_layer(call: Call, weight: Weight) -> Value:
    """A tensor of the file as a layer of its own: learned, or constant."""
    if weight.is_learned:
        return call.as_layer(weight)
    wide = [d for d, n in enumerate(weight.shape) if n > 1]
    order = [wide[-1], *wide[:-1]] if wide else []
    axes = tuple(order.index(d) if d in order else None for d in range(len(weight.shape)))
    shape = tuple(weight.shape[d] for d in order) or (1,)
    if not is_known(weight):
        return declared(call, shape, axes)
    rest = [d for d in range(len(weight.shape)) if d not in order]
    return constant(call, np.transpose(numbers_of(weight), [*order, *rest]).reshape(shape), axes)


def value_of(call: Call, name: str) -> Value:
    """What arrives as an argument, or a layer of its own for a tensor of the file."""
    found = call.known(name)
    if found is None:
        raise NotUnderstoodError(f"its {name} is missing")
    return found if isinstance(found, Value) else tensor_layer(call, found)


def several(kind: str) -> Rule:
    """Any number of tensors."""

    def rule(call: Call) -> Value:
        read = call.read()
        if len(read) == 1:
            (only,) = read
            return only if isinstance(only, Value) else tensor_layer(call, only)
        if kind == "average":
            values = [one if isinstance(one, Value) else tensor_layer(call, one) for one in read]
            if len({value.axes for value in values}) > 1 or len({value.shape for value in values}) > 1:
                raise NotUnderstoodError("a mean of tensors that lie differently")
            return call.add("average", values, values[0].shape, values[0].axes)
        found = read[0]
        for one in read[1:]:
            found = combined(call, kind, found, one)
        return found if isinstance(found, Value) else tensor_layer(call, found)

    return rule


def where(call: Call) -> Value:
    """One tensor where a condition holds, and another elsewhere."""
    condition = call.known("condition")
    if is_known(condition):
        found = array_of(condition)
        if found is not None and (found.all() or not found.any()):
            chosen = value_of(call, "x" if found.all() else "y")
            other = call.known("y" if found.all() else "x")
            theirs = other.theirs if isinstance(other, Value) else other.shape if other else ()
            wanted = np.broadcast_shapes(chosen.theirs, theirs, found.shape)
            if tuple(wanted) == chosen.theirs:
                return chosen
    parts = [value_of(call, name) for name in ("condition", "x", "y")]
    rank = max(len(part.axes) for part in parts)
    parts = [part._replace(axes=(*[None] * (rank - len(part.axes)), *part.axes)) for part in parts]
    like_this = max(parts, key=lambda part: len(part.shape))
    brought = [aligned(call, part, like_this) for part in parts]
    return layer(call, "where", brought, like_this.axes)


def thresholded_relu(call: Call) -> Value:
    """What is above a threshold, and 0 elsewhere."""
    found = number(call, "alpha")
    return like(call, call.value("x"), "threshold", threshold=plain(1.0 if found is None else found), value=0)


def shrink(call: Call) -> Value:
    """Soft if it moves by as much as it cuts, hard if it does not move."""
    bound, moved = number(call, "lambd"), number(call, "bias") or 0.0
    bound = 0.5 if bound is None else bound
    if moved not in {0.0, bound}:
        raise NotUnderstoodError(f"it cuts {bound} and moves by {moved}")
    kind = "soft_shrink" if moved else "hard_shrink"
    return like(call, call.value("x"), kind, **stated(lambd=(plain(bound), 0.5)))


def quick_gelu(call: Call) -> Value:
    """By a sigmoid of 1.702 times what arrives; with 1 it is a SiLU."""
    found = number(call, "alpha")
    if found is not None and abs(found - 1) < 1e-6:
        return like(call, call.value("x"), "silu")
    if found is not None and abs(found - 1.702) > 1e-3:
        raise NotUnderstoodError(f"its factor is {found}")
    return like(call, call.value("x"), "quick_gelu")
