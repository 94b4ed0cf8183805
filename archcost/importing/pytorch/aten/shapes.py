"""What moves, cuts and joins elements."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, TypeGuard

from numpy import broadcast_shapes

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.pytorch.aten.arguments import dims, is_number, number, source
from archcost.importing.reshaping import permuted
from archcost.importing.rules import (
    as_shape,
    concatenated,
    cut,
    expanded,
    like,
    padded,
    repeated,
    rolled,
    stacked,
    stated,
    with_axes,
    without,
)
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue


def _concat(call: Call) -> Value:
    several = [x if isinstance(x, Value) else call.as_layer(x) for x in call.known_list("tensors") if _has(x)]
    first = max(several, key=lambda x: len(x.shape))
    (dim,) = dims(call, "dim", first, [0])
    return concatenated(call, several, dim)


def _side_by_side(call: Call) -> Value:
    several = call.values("tensors")
    return concatenated(call, several, min(1, len(several[0].axes) - 1))


def _has(found: Value | Weight | None) -> TypeGuard[Value | Weight]:
    """Whether there is anything in a tensor."""
    return found is not None and (isinstance(found, Value) or 0 not in found.shape)


def _stack(call: Call) -> Value:
    several = call.values("tensors")
    dim = call.argument("dim", 0)
    return stacked(call, several, dim if isinstance(dim, int) else 0)


def _permute(call: Call) -> Value:
    x = call.value("self")
    return permuted(call, x, dims(call, "dims", x))


def _turned(call: Call) -> Value:
    """A matrix, its rows as columns."""
    x = call.value("self")
    return x._replace(axes=x.axes[::-1])


def _matrices_turned(call: Call) -> Value:
    """Matrices in the last two dimensions, their rows as columns."""
    x = call.value("self")
    return x._replace(axes=(*x.axes[:-2], x.axes[-1], x.axes[-2]))


def _moved(call: Call) -> Value:
    """Some dimensions elsewhere, the others in their order."""
    x = call.value("self")
    moved = dict(zip(dims(call, "destination", x), dims(call, "source", x), strict=True))
    others = iter([d for d in range(len(x.axes)) if d not in moved.values()])
    order = [moved[d] if d in moved else next(others) for d in range(len(x.axes))]
    return permuted(call, x, order)


def _transpose(call: Call) -> Value:
    x = call.value("self")
    return permuted(call, x, _swapped(call, x))


def _swapped(call: Call, x: Value) -> list[int]:
    order = [*range(len(x.axes))]
    names = ("dim0", "dim1") if call.argument("dim0") is not None else ("axis0", "axis1")
    (a,), (b,) = (dims(call, name, x) for name in names)
    order[a], order[b] = order[b], order[a]
    return order


def _reshape(call: Call) -> Value | Weight:
    name, theirs = source(call), call.said()
    found = call.known(name)
    if isinstance(found, Weight):
        return found._replace(shape=theirs)
    return as_shape(call, call.value(name), theirs)


def _strided(call: Call) -> Value:
    """A view with strides of its own, which is a reshape where they are those of rows behind rows."""
    x, theirs, strides = call.value("self"), call.said(), call.integers("stride")
    step, rows = 1, list[int]()
    for n in reversed(theirs):
        rows.insert(0, step)
        step *= n
    moved = [n for n, a, b in zip(theirs, strides, rows, strict=True) if n > 1 and a != b]
    if moved or call.argument("storage_offset"):
        raise NotUnderstoodError(f"its strides are {strides}")
    return as_shape(call, x, theirs)


def _positions(call: Call, size: int) -> range:
    """Those from a start to an end, by a step."""
    bounds = [call.argument(name) for name in ("start", "end", "step")]
    whole = [n for n in bounds if n is None or isinstance(n, int)]
    if len(whole) < len(bounds):
        raise NotUnderstoodError("its bounds are computed")
    return range(size)[slice(*whole)]


def _slice(call: Call) -> Value | Weight:
    x = call.value("self")
    (dim,) = dims(call, "dim", x, [0])
    axis = x.axes[dim]
    if axis is None:
        return x
    kept = _positions(call, x.shape[axis])
    if not kept:
        return Weight(call.operation.outputs[0], call.said(), is_learned=False)
    return cut(call, x, axis, kept)


def _rows_written(call: Call) -> Value:
    """A tensor with other elements from one position to another."""
    x, src = call.value("self"), call.value("src")
    (dim,) = dims(call, "dim", x, [0])
    return _written_over(call, x, src, dim, _positions(call, x.theirs[dim]))


def _row_written(call: Call) -> Value:
    """A tensor with other elements at one position."""
    x, src, index = call.value("self"), call.value("src"), call.argument("index")
    (dim,) = dims(call, "dim", x)
    if not isinstance(index, int):
        raise NotUnderstoodError("its index is computed")
    src = src._replace(axes=(*src.axes[:dim], None, *src.axes[dim:]))
    return _written_over(call, x, src, dim, range(index % x.theirs[dim], index % x.theirs[dim] + 1))


def _written_over(call: Call, x: Value, src: Value, dim: int, there: range) -> Value:
    size, x = x.theirs[dim], with_axes(call, x, [dim])
    axis = x.axes[dim]
    if axis is None or not there or there.step != 1:
        raise NotUnderstoodError("what is written over are no neighbours")
    written = expanded(call, src, (*x.theirs[:dim], len(there), *x.theirs[dim + 1 :]))
    before, after = (
        [cut(call, x, axis, one)] if one else [] for one in (range(there.start), range(there.stop, size))
    )
    return concatenated(call, [*before, written, *after], dim)


def _seen_otherwise(call: Call) -> Value:
    """What was written to a view, in the shape of what it is a view of."""
    return as_shape(call, call.value("src"), call.said())


def _permute_back(call: Call) -> Value:
    src = call.value("src")
    order = dims(call, "dims", src)
    return src._replace(axes=tuple(src.axes[order.index(d)] for d in range(len(order))))


def _transpose_back(call: Call) -> Value:
    src = call.value("src")
    return permuted(call, src, _swapped(call, src))


def _select(call: Call) -> Value:
    x = call.value("self")
    (dim,) = dims(call, "dim", x)
    axis, index = x.axes[dim], call.argument("index")
    if not isinstance(index, int):
        raise NotUnderstoodError("its index is computed")
    if axis is not None:
        index %= x.shape[axis]
        x = cut(call, x, axis, range(index, index + 1))
    return without(call, x, dim)


def _unbind(call: Call) -> list[Value]:
    x = call.value("self")
    (dim,) = dims(call, "dim", x, [0])
    axis = x.axes[dim]
    if axis is None:
        return [without(call, x, dim)]
    return [without(call, cut(call, x, axis, range(i, i + 1)), dim) for i in range(x.shape[axis])]


def _split(call: Call) -> list[Value]:
    x = call.value("self")
    (dim,) = dims(call, "dim", x, [0])
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
    pads = call.integers("pad")
    value = number(call, "value", 0) if is_number(call, "value") else 0
    rank = len(x.axes)
    ends = {rank - 1 - i: (pads[2 * i], pads[2 * i + 1]) for i in range(len(pads) // 2)}
    mode = str(call.argument("mode", "constant"))
    return padded(call, x, ends, mode, value)


def _expand(call: Call) -> Value | Weight:
    """A tensor that is repeated: what reads it stretches sizes of 1, if it is nothing else."""
    found, theirs = call.known("self"), call.said()
    if isinstance(found, Weight) and found.shape == theirs:
        return found
    return expanded(call, call.value("self"), theirs)


def _repeat(call: Call) -> Value | Weight:
    """`tile` and `repeat`: of each dimension how many times."""
    found, x = call.known("self"), call.value("self")
    times = call.integers("dims" if call.argument("dims") is not None else "repeats")
    rank = max(len(times), len(x.axes))
    x = x._replace(axes=(*[None] * (rank - len(x.axes)), *x.axes))
    if isinstance(found, Weight) and set(times) <= {1}:
        return found._replace(shape=call.said())
    for dim, n in enumerate([1] * (rank - len(times)) + times):
        x = repeated(call, x, dim, n)
    return x


def _repeat_each(call: Call) -> Value:
    x, times = call.value("self"), call.argument("repeats")
    if not isinstance(times, int) or call.argument("dim") is None:
        raise NotUnderstoodError("it is no number of times along one dimension")
    (dim,) = dims(call, "dim", x)
    return repeated(call, x, dim, times, each=True)


def _roll(call: Call) -> Value:
    x = call.value("self")
    shifts, over = call.integers("shifts"), dims(call, "dims", x)
    if call.argument("dims") is None or len(shifts) != len(over):
        raise NotUnderstoodError("it does not say along which dimensions")
    far = {axis: n for n, d in zip(shifts, over, strict=True) if (axis := x.axes[d]) is not None}
    return rolled(call, x, far)


def _flip(call: Call) -> Value:
    x = call.value("self")
    axes = [axis for d in dims(call, "dims", x) if (axis := x.axes[d]) is not None]
    return like(call, x, "flip", axis=_one(axes)) if axes else x


def _one(values: list[int]) -> FieldValue:
    """A number, if there is but one."""
    return values[0] if len(values) == 1 else [*values]


# -- what an index picks ------------------------------------------------------------------------------------


def _index(call: Call) -> Value:
    """By tables that are not learned. Several of them pick along dimensions side by side, together."""
    x, given = call.value("self"), call.known_list("indices")
    over = [d for d, index in enumerate(given) if index is not None]
    if over != [*range(over[0], over[-1] + 1)]:
        raise NotUnderstoodError("its indices are of dimensions that are not neighbours")
    if len(over) == 1:
        return _picked(call, x, over[0], _table(given[over[0]]))
    tables = [_table(given[d]) for d in over]
    before, after = x.theirs[: over[0]], x.theirs[over[-1] + 1 :]
    joint = as_shape(call, x, (*before, prod(x.theirs[d] for d in over), *after))
    index = Weight(call.operation.place, broadcast_shapes(*(one.shape for one in tables)), is_learned=False)
    return _picked(call, joint, over[0], index)


def _index_select(call: Call) -> Value:
    x = call.value("self")
    (dim,) = dims(call, "dim", x)
    return _picked(call, x, dim, _table(call.known("index")))


def _table(found: Value | Weight | None) -> Weight:
    if not isinstance(found, Weight) or found.is_learned:
        raise NotUnderstoodError("its index is computed of what arrives")
    return found


def _picked(call: Call, x: Value, dim: int, index: Weight) -> Value:
    """Elements along a dimension by an index, whose dimensions take its place."""
    wide = with_axes(call, x, [dim])
    axis, wanted = wide.axes[dim], [d for d, n in enumerate(index.shape) if n > 1] or [0]
    if axis is None or not index.shape:
        raise NotUnderstoodError("its index is a single number")
    there = [index.shape[d] for d in wanted]
    more = len(there) - 1
    axes = [a if a is None or a <= axis else a + more for a in wide.axes]
    axes[dim : dim + 1] = [axis + wanted.index(d) if d in wanted else None for d in range(len(index.shape))]
    shape = (*wide.shape[:axis], *there, *wide.shape[axis + 1 :])
    fields: dict[str, FieldValue] = {"index": "declared", "index_shape": [*there]}
    return call.add("gather", [wide], shape, axes, {"index": index}, **stated(axis=(axis, 0)), **fields)


def _embedding(call: Call) -> Value:
    """Rows of a table for tokens that arrive; those of known positions are picked."""
    weight, tokens = call.weight("weight"), call.known("indices")
    if weight is None or tokens is None:
        raise NotUnderstoodError("it has no table, or no tokens")
    if isinstance(tokens, Weight):
        return _picked(call, call.as_layer(weight), 0, _table(tokens))
    if not weight.is_learned or len(weight.shape) != 2:
        raise NotUnderstoodError("its table is not learned")
    there = [d for d, axis in enumerate(tokens.axes) if axis is not None]
    rows, columns = weight.shape
    fields: dict[str, FieldValue] = {"num_embeddings": rows, "embedding_dim": columns}
    row = call.in_order(tokens, there)
    if len(row.shape) > 1:
        row = as_shape(call, row, (prod(row.shape),))
    made = call.add("embedding", [row], (columns, prod(row.shape)), [1, 0], {"weight": weight}, **fields)
    return as_shape(call, made, (*tokens.theirs, columns))


RULES: Mapping[str, Rule] = {
    "cat": _concat,
    "hstack": _side_by_side,
    "stack": _stack,
    "permute": _permute,
    "t": _turned,
    "mT": _matrices_turned,
    **dict.fromkeys(("movedim", "moveaxis"), _moved),
    **dict.fromkeys(("transpose", "transpose_", "swapaxes"), _transpose),
    **dict.fromkeys(
        (
            "flatten",
            "view",
            "reshape",
            "unsqueeze",
            "squeeze",
            "_unsafe_view",
            "reshape_as",
            "view_as",
            "unflatten",
        ),
        _reshape,
    ),
    "slice": _slice,
    "slice_scatter": _rows_written,
    "select_scatter": _row_written,
    **{
        f"{word}_scatter": _seen_otherwise
        for word in ("view", "view_as", "unflatten", "unsqueeze", "squeeze", "alias", "detach")
    },
    **dict.fromkeys(("transpose_scatter", "swapaxes_scatter"), _transpose_back),
    "permute_scatter": _permute_back,
    "select": _select,
    "as_strided": _strided,
    "unbind": _unbind,
    **dict.fromkeys(("chunk", "split", "split_with_sizes", "tensor_split"), _split),
    **dict.fromkeys(("pad", "constant_pad_nd"), _pad),
    **dict.fromkeys(("expand", "expand_as"), _expand),
    **dict.fromkeys(("tile", "repeat"), _repeat),
    "repeat_interleave": _repeat_each,
    "roll": _roll,
    "flip": _flip,
    "index": _index,
    "index_select": _index_select,
    "embedding": _embedding,
}
