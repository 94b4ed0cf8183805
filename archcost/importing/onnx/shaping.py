"""Rules of operations that move, cut and join elements, and of those that say shapes."""

from __future__ import annotations

import itertools
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.onnx.elementwise import tensor_layer, value_of
from archcost.importing.onnx.folding import known, target
from archcost.importing.onnx.reading import (
    FOLDED,
    array_of,
    channels_first,
    dim,
    dims,
    integer,
    integers,
    layer,
    number,
    taken,
    text,
    with_channel,
)
from archcost.importing.reshaping import permuted
from archcost.importing.rules import (
    as_shape,
    averaged,
    concatenated,
    cut,
    like,
    padded,
    reduced,
    short,
    with_axes,
    without,
)
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue


def unchanged(call: Call) -> Value | Weight:
    """What makes no difference when a model is used: another type, quantization, dropout."""
    found = call.known("x")
    if found is None:
        raise NotUnderstoodError("it reads no tensor")
    for name in call.operation.arguments:
        call.argument(name)
    return found


# -- shapes -------------------------------------------------------------------------------------------------


def _theirs(found: Value | Weight | None) -> tuple[int, ...]:
    if found is None:
        raise NotUnderstoodError("it reads no tensor")
    return found.theirs if isinstance(found, Value) else found.shape


def shape(call: Call) -> Weight:
    """The sizes of a tensor, or some of them."""
    theirs = _theirs(call.known("x"))
    start, end = call.argument("start"), call.argument("end")
    kept = theirs[start if isinstance(start, int) else None : end if isinstance(end, int) else None]
    return known(call.operation.outputs[0], np.array(kept, np.int64))


def size(call: Call) -> Weight:
    """How many elements a tensor has."""
    return known(call.operation.outputs[0], np.array(prod(_theirs(call.known("x"))), np.int64))


def constant_of_shape(call: Call) -> Weight:
    """A tensor of one number; where its shape is stated and not computed, it stands for weights left out."""
    sizes = tuple(integers(call, "shape") or ())
    if any(n < 0 for n in sizes):
        raise NotUnderstoodError(f"its shape is {sizes}")
    name, value = call.operation.outputs[0], call.argument("value")
    number = value[0] if isinstance(value, list) and value else 0.0
    is_whole = isinstance(number, int)
    made = Weight(name, sizes, is_learned=bool(call.argument("is_stated")) and not is_whole and bool(sizes))
    if prod(sizes) > FOLDED or (made.is_learned and prod(sizes) == 1):
        return made
    return made._replace(numbers=lambda: np.full(sizes, number, np.int64 if is_whole else np.float64))


def reshape(call: Call) -> Value | Weight:
    """The same elements under another shape."""
    found = call.known("x")
    wanted = integers(call, "shape")
    if wanted is None:
        raise NotUnderstoodError("its shape is missing")
    theirs = _theirs(found)
    return _as(call, tuple(target(theirs, wanted, zero_is_zero=integer(call, "allowzero", 0) == 1)))


def _as(call: Call, theirs: tuple[int, ...]) -> Value | Weight:
    found = call.known("x")
    if isinstance(found, Weight):
        same = [n for n in found.shape if n > 1] == [n for n in theirs if n > 1]
        numbers = found.numbers
        view = found._replace(
            shape=theirs, order=(), numbers=(lambda: numbers().reshape(theirs)) if numbers else None
        )
        return view if same or not found.is_learned else as_shape(call, tensor_layer(call, found), theirs)
    return as_shape(call, call.value("x"), theirs)


def flatten(call: Call) -> Value | Weight:
    """All dimensions before one as one, and all from there on."""
    theirs = _theirs(call.known("x"))
    at = integer(call, "axis", 1)
    at += len(theirs) if at < 0 else 0
    return _as(call, (prod(theirs[:at]), prod(theirs[at:])))


def squeeze(call: Call) -> Value | Weight:
    """Without dimensions of 1."""
    theirs = _theirs(call.known("x"))
    given = dims(call, "axes", len(theirs))
    gone = [d for d, n in enumerate(theirs) if n == 1] if given is None else given
    if any(theirs[d] != 1 for d in gone):
        raise NotUnderstoodError(f"{theirs} has other sizes than 1 at {gone}")
    return _as(call, tuple(n for d, n in enumerate(theirs) if d not in gone))


def unsqueeze(call: Call) -> Value | Weight:
    """With dimensions of 1 more."""
    theirs = [*_theirs(call.known("x"))]
    given = integers(call, "axes") or []
    for at in sorted(dim(one, len(theirs) + len(given)) for one in given):
        theirs.insert(at, 1)
    found = call.known("x")
    if isinstance(found, Value):
        places = {dim(one, len(theirs)) for one in given}
        axes = iter(found.axes)
        return found._replace(axes=tuple(None if d in places else next(axes) for d in range(len(theirs))))
    return _as(call, tuple(theirs))


def transpose(call: Call) -> Value | Weight:
    """The framework's dimensions in another order, which needs no layer."""
    found = call.known("x")
    rank = len(_theirs(found))
    order = dims(call, "perm", rank)
    order = [*range(rank)][::-1] if order is None else order
    if sorted(order) != [*range(rank)]:
        raise NotUnderstoodError(f"perm {order} is no order of {rank} dimensions")
    if isinstance(found, Weight):
        before = found.order or (*range(rank),)
        return found._replace(
            shape=tuple(found.shape[d] for d in order), order=tuple(before[d] for d in order), numbers=None
        )
    return permuted(call, call.value("x"), order)


def expand(call: Call) -> Value | Weight:
    """Sizes of 1 repeated."""
    found, wanted = call.known("x"), integers(call, "shape")
    theirs = np.broadcast_shapes(_theirs(found), tuple(wanted or ()))
    if isinstance(found, Weight) and found.shape == theirs:
        return found
    x = value_of(call, "x")
    return _stretched(call, x, theirs)


def _stretched(call: Call, x: Value, theirs: tuple[int, ...]) -> Value:
    if x.theirs == theirs:
        return x
    x = x._replace(axes=(*[None] * (len(theirs) - len(x.axes)), *x.axes))
    x = with_axes(call, x, [d for d, n in enumerate(theirs) if x.theirs[d] != n])
    sizes = [*x.shape]
    for d, axis in enumerate(x.axes):
        if axis is not None:
            sizes[axis] = theirs[d]
    return call.add("expand", [x], tuple(sizes), x.axes, shape=[*sizes])


def tile(call: Call) -> Value:
    """Repeated along dimensions; those of 1 are stretched, others joined to themselves."""
    x, repeats = value_of(call, "x"), integers(call, "repeats") or []
    if len(repeats) != len(x.axes):
        raise NotUnderstoodError(f"{len(repeats)} repeats of {len(x.axes)} dimensions")
    for d, times in enumerate(repeats):
        if times == 1:
            continue
        if x.theirs[d] == 1:
            x = _stretched(call, x, tuple(times if i == d else n for i, n in enumerate(x.theirs)))
        elif 1 < times <= 64:
            x = concatenated(call, [x] * times, d)
        else:
            raise NotUnderstoodError(f"it is repeated {times} times")
    return x


# -- parts --------------------------------------------------------------------------------------------------


def cuts(call: Call) -> Value | Weight:
    """A stretch of each of some dimensions."""
    x = value_of(call, "x")
    starts, ends = integers(call, "starts"), integers(call, "ends")
    if starts is None or ends is None:
        raise NotUnderstoodError("its bounds are missing")
    axes = integers(call, "axes") or [*range(len(starts))]
    steps = integers(call, "steps") or [1] * len(starts)
    for given, start, end, step in zip(axes, starts, ends, steps, strict=True):
        d = dim(given, len(x.axes))
        n = x.theirs[d]
        # Backwards, an end before the first position is no position counted from the last.
        axis, kept = x.axes[d], range(n)[start : None if step < 0 and end < -n else end : step]
        if step < 0 and (len(kept) > 1 or axis is not None):
            x = _backwards(call, x, d, kept)
            continue
        if not kept:
            raise NotUnderstoodError(f"nothing is left of {x.theirs}")
        if axis is not None:
            x = cut(call, x, axis, kept)
    return x


def _backwards(call: Call, x: Value, d: int, kept: range) -> Value:
    """All of a dimension from its end."""
    axis = x.axes[d]
    if axis is None or kept != range(x.theirs[d])[::-1]:
        raise NotUnderstoodError(f"steps of {kept.step}")
    return like(call, x, "flip", axis=axis)


def split(call: Call) -> list[Value]:
    """Parts along a dimension."""
    x = value_of(call, "x")
    d = dim(integer(call, "axis", 0), len(x.axes))
    count = integer(call, "num_outputs", len(call.operation.outputs))
    length = x.theirs[d]
    each = -(-length // max(count, 1))
    parts = integers(call, "split") or [min(each, length - i * each) for i in range(count)]
    if sum(parts) != length or min(parts) < 1:
        raise NotUnderstoodError(f"parts of {parts} are not {length}")
    axis, at = x.axes[d], 0
    found: list[Value] = []
    for part in parts[: len(call.operation.outputs)]:
        found.append(x if axis is None else cut(call, x, axis, range(at, at + part)))
        at += part
    return found


def gather(call: Call) -> Value | Weight:
    """Elements picked along a dimension: an embedding, if a learned table is looked up by what arrives."""
    table, indices = call.known("x"), call.known("indices")
    d = dim(integer(call, "axis", 0), len(_theirs(table)))
    if isinstance(indices, Value):
        return _looked_up(call, table, indices, d)
    found = array_of(indices)
    if found is None:
        raise NotUnderstoodError("its indices cannot be read")
    x = value_of(call, "x")
    n = x.theirs[d]
    if not found.size or not (-n <= found.min() and found.max() < n):
        raise NotUnderstoodError(f"indices beyond the {n} that there are")
    found = np.where(found < 0, found + n, found).astype(np.int64)
    axis = x.axes[d]
    if found.ndim == 0:
        index = int(found)
        part = x if axis is None else cut(call, x, axis, range(index, index + 1))
        return without(call, part, d)
    return _picked(call, x, d, found)


def gather_nd(call: Call) -> Value:
    """Elements picked along the first dimension, by indices of one number each."""
    if integer(call, "batch_dims", 0):
        raise NotUnderstoodError("it picks within sets (batch_dims)")
    found = array_of(call.known("indices"))
    if found is None or not found.ndim or found.shape[-1] != 1:
        raise NotUnderstoodError("its indices are computed, or of several numbers")
    x = value_of(call, "x")
    rows = found[..., 0].astype(np.int64) % x.theirs[0]
    return _picked(call, x, 0, rows)


def split_at(call: Call) -> Value:
    """One of the parts along a dimension."""
    x, index = value_of(call, "x"), integer(call, "index", 0)
    d = dim(integer(call, "axis", 0), len(x.axes))
    length, given = x.theirs[d], integers(call, "split") or [1]
    integer(call, "keepdims", 1)
    if min(given) < 1:
        raise NotUnderstoodError(f"parts of {given}")
    ends = [*range(0, length, given[0]), length]
    bounds = ends if len(given) == 1 else [sum(given[:i]) for i in range(len(given) + 1)]
    parts = [range(a, b) for a, b in pairwise(bounds)]
    axis = x.axes[d]
    return x if axis is None else cut(call, x, axis, parts[index])


def _picked(call: Call, x: Value, d: int, indices: NDArray[Any]) -> Value:
    """Elements by indices that are known."""
    axis, numbers = x.axes[d], [int(n) for n in indices.ravel()]
    after = (*x.theirs[:d], *indices.shape, *x.theirs[d + 1 :])
    if axis is None:
        return as_shape(call, _stretched(call, x, (*x.theirs[:d], indices.size, *x.theirs[d + 1 :])), after)
    steps = {b - a for a, b in itertools.pairwise(numbers)} or {1}
    if len(steps) == 1 and min(steps) > 0:
        (step,) = steps
        made = cut(call, x, axis, range(numbers[0], numbers[-1] + 1, step))
    elif numbers == [*range(x.shape[axis])][::-1]:
        made = like(call, x, "flip", axis=axis)
    else:
        sizes = (*x.shape[:axis], len(numbers), *x.shape[axis + 1 :])
        fields: dict[str, FieldValue] = (
            {"index": [*numbers]}
            if len(numbers) <= 256
            else {"index": "declared", "index_shape": [len(numbers)]}
        )
        made = call.add("gather", [x], sizes, x.axes, axis=axis, **fields)
    return made if indices.ndim == 1 else as_shape(call, made, after)


def _looked_up(call: Call, table: Value | Weight | None, indices: Value, d: int) -> Value:
    if not isinstance(table, Weight) or len(table.shape) != 2 or d != 0:
        raise NotUnderstoodError("it picks elements by numbers that are computed")
    weight = taken(call, "x")
    if len(indices.shape) > 2 or (len(indices.shape) == 2 and indices.shape[0] != 1):
        raise NotUnderstoodError(f"tokens of shape {indices.theirs} are no sequence")
    fields: dict[str, FieldValue] = {"num_embeddings": table.shape[0], "embedding_dim": table.shape[1]}
    # The vector of a token is its channels, and the tokens are positions.
    axes = (*(None if axis is None else 1 for axis in indices.axes), 0)
    if len(indices.shape) == 2:
        axes = (*(None if axis in {None, 0} else 1 for axis in indices.axes), 0)
    return layer(call, "embedding", [indices], axes, {"weight": weight}, **fields)


def concat(call: Call) -> Value:
    """Joined along a dimension."""
    several = [one if isinstance(one, Value) else tensor_layer(call, one) for one in call.read()]
    d = dim(integer(call, "axis", 1), len(several[0].axes))
    along = max(several, key=lambda x: len(x.shape)).axes[d]
    if along is None:
        several = [with_axes(call, x, [d]) for x in several]
    return concatenated(call, several, d)


def pad(call: Call) -> Value:
    """More positions at the ends."""
    x = call.value("x")
    rank = len(x.axes)
    pads = integers(call, "pads") or integers(call, "paddings") or []
    axes = dims(call, "axes", rank) or [*range(rank)]
    mode, value = text(call, "mode", "constant"), number(call, "value") or 0.0
    ends = {d: (pads[i], pads[i + len(axes)]) for i, d in enumerate(axes)}
    words = {"edge": "replicate", "wrap": "circular"}
    if mode != "constant" and any(ends[d] != (0, 0) for d in ends if x.axes[d] == 0):
        # Channels are never a mirror image: another dimension has to be the channels.
        x = with_channel(call, x)
    return padded(call, x, ends, words.get(mode, mode), value)


# -- over dimensions ----------------------------------------------------------------------------------------


def reduce(function: str) -> Rule:
    """One number of all along some dimensions."""

    def rule(call: Call) -> Value:
        x = call.value("x")
        over, keep = _over(call, x)
        if over is None:
            return x
        return (
            averaged(call, x, over, keep=keep)
            if function == "mean"
            else _reduced(call, x, over, function, keep=keep)
        )

    return rule


def _over(call: Call, x: Value) -> tuple[list[int] | None, bool]:
    """Over which dimensions, and whether they stay as 1; None if over none."""
    keep = integer(call, "keepdims", 1) == 1
    given = dims(call, "axes", len(x.axes))
    nothing = integer(call, "noop_with_empty_axes", 0)
    if not given:
        return (None if nothing else [*range(len(x.axes))]), keep
    return given, keep


def _reduced(call: Call, x: Value, over: Sequence[int], function: str, *, keep: bool) -> Value:
    if all(axis is None or d in over for d, axis in enumerate(x.axes)) and x.shape:
        # Nothing but one number is left: a vector of one.
        made = layer(call, "reduce", [x], (), function=function, axis="all", keepdim=True)
        if len(made.shape) > 1:
            made = call.add("flatten", [made], (1,), ())
        count = len(x.axes) if keep else len(x.axes) - len(over)
        return made._replace(axes=(*[None] * count,))
    return reduced(call, x, over, function, keep=keep)


def reduce_of(before: str, after: str) -> Rule:
    """The sum of what a layer makes of every element, and a layer behind it, if there is one."""

    def rule(call: Call) -> Value:
        x = call.value("x")
        over, keep = _over(call, x)
        if before:
            x = like(call, x, before)
        if over is not None:
            x = _reduced(call, x, over, "sum", keep=keep)
        return like(call, x, after) if after else x

    return rule


def located(function: str) -> Rule:
    """Where the largest or smallest along a dimension is, the first of them."""

    def rule(call: Call) -> Value:
        x = call.value("x")
        if integer(call, "select_last_index", 0):
            raise NotUnderstoodError("the last of several equal ones (select_last_index)")
        keep = integer(call, "keepdims", 1) == 1
        return _reduced(call, x, [dim(integer(call, "axis", 0), len(x.axes))], function, keep=keep)

    return rule


def columns_to_image(call: Call) -> Value:
    """Patches put back."""
    x = channels_first(call, "x")
    sizes, kernel = integers(call, "size") or [], integers(call, "block") or []
    rank = len(sizes)
    pads = integers(call, "pads") or [0] * 2 * rank
    fields: dict[str, FieldValue] = {"output_size": short(sizes), "kernel_size": short(kernel)}
    if any(pads):
        fields["padding"] = [[a, b] for a, b in zip(pads[:rank], pads[rank:], strict=True)]
    for field, name in (("stride", "strides"), ("dilation", "dilations")):
        given = integers(call, name) or [1] * rank
        if {*given} != {1}:
            fields[field] = short(given)
    if rank != 1:
        fields["output_size"], fields["kernel_size"] = [*sizes], short(kernel)
    return layer(call, "fold", [x], (None, *range(rank + 1)), **fields)
