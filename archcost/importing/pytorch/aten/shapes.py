"""What moves, cuts and joins elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.pytorch.aten.arguments import dims
from archcost.importing.rules import as_shape, concatenated, cut, padded, stacked, with_axes, without
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Weight
    from archcost.windows.window import Shape


def _concat(call: Call) -> Value:
    several = call.values("tensors")
    first = max(several, key=lambda x: len(x.shape))
    (dim,) = dims(call, "dim", first, [0])
    return concatenated(call, several, dim)


def _stack(call: Call) -> Value:
    several = call.values("tensors")
    dim = call.argument("dim", 0)
    return stacked(call, several, dim if isinstance(dim, int) else 0)


def _permute(call: Call) -> Value:
    x = call.value("self")
    return x._replace(axes=tuple(x.axes[d] for d in dims(call, "dims", x)))


def _transpose(call: Call) -> Value:
    x = call.value("self")
    order = [*range(len(x.axes))]
    names = ("dim0", "dim1") if call.argument("dim0") is not None else ("axis0", "axis1")
    (a,), (b,) = (dims(call, name, x) for name in names)
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
    (dim,) = dims(call, "dim", x, [0])
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


RULES: Mapping[str, Rule] = {
    "cat": _concat,
    "stack": _stack,
    "permute": _permute,
    **dict.fromkeys(("transpose", "swapaxes"), _transpose),
    **dict.fromkeys(
        ("flatten", "view", "reshape", "unsqueeze", "squeeze", "_unsafe_view", "reshape_as", "view_as"),
        _reshape,
    ),
    "slice": _slice,
    "select": _select,
    "unbind": _unbind,
    **dict.fromkeys(("chunk", "split", "split_with_sizes"), _split),
    **dict.fromkeys(("pad", "constant_pad_nd"), _pad),
    **dict.fromkeys(("expand", "expand_as"), _expand),
}
