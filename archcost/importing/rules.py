"""What rules of several frameworks do alike: the dimensions that they are given are the framework's."""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING

from archcost.errors import ShapeError
from archcost.importing.converter import NotUnderstoodError
from archcost.importing.reshaping import reshaped
from archcost.importing.values import canonical
from archcost.layers import find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.converter import Call
    from archcost.importing.items import FieldValue
    from archcost.importing.model import Weight
    from archcost.importing.values import Value
    from archcost.windows.window import Shape

_NONE: Mapping[str, Weight | None] = {}


def short(values: Sequence[float]) -> FieldValue:
    """One number where all axes have the same."""
    return values[0] if len(set(values)) == 1 else [*values]


def stated(**fields: tuple[FieldValue, FieldValue]) -> dict[str, FieldValue]:
    """Fields that are not at their default: of each the value, and the default."""
    return {name: value for name, (value, default) in fields.items() if value != default}


def like(call: Call, x: Value, kind: str, **fields: FieldValue) -> Value:
    """A layer that keeps the shape."""
    return call.add(kind, [x], x.shape, x.axes, **fields)


def laid(
    call: Call, kind: str, x: Value, weights: Mapping[str, Weight | None] = _NONE, /, **fields: FieldValue
) -> Value:
    """A layer with one input that keeps the order of axes; its shape is what our kind makes of it."""
    found = find(kind)
    if found is None:
        raise NotUnderstoodError(f"there is no kind {kind}")
    try:
        shape = found[0](**{name: _fixed(value) for name, value in fields.items()}).output_shape(x.shape)
    except ShapeError as error:
        raise NotUnderstoodError(str(error)) from None
    return call.add(kind, [x], shape, x.axes, weights, **fields)


def _fixed(value: FieldValue) -> object:
    """Lists as kinds take them."""
    return tuple(map(_fixed, value)) if isinstance(value, list) else value


def each(values: Sequence[int], rank: int) -> list[int]:
    """A value for each axis."""
    return [*values] * rank if len(values) == 1 else [*values]


def maps(call: Call, x: Value) -> tuple[Value, int]:
    """What windows slide over, with channels first, and how many axes in front are no window's: a batch."""
    batch = int(x.axes[0] is not None)
    return call.in_order(x, [1, *range(batch), *range(2, len(x.axes))]), batch


def window_axes(rank: int, batch: int) -> tuple[int | None, ...]:
    """Where the dimensions of what windows make are, with a batch or without."""
    return (1, 0, *range(2, rank)) if batch else canonical(rank)


def by_number(call: Call, kind: str, x: Value, number: float) -> Value:
    """A tensor and a number."""
    if kind in {"multiply", "divide"} and number == 1:
        return x
    if kind == "multiply":
        return like(call, x, "scale", factor=number)
    if kind == "divide":
        return like(call, x, "scale", factor=1 / number)
    return like(call, x, "offset", value=-number if kind == "subtract" else number)


def joined(call: Call, kind: str, *several: Value) -> Value:
    """Tensors whose axes lie alike; sizes of 1 are stretched."""
    rank = max(len(x.axes) for x in several)
    wide = [x._replace(axes=(*[None] * (rank - len(x.axes)), *x.axes)) for x in several]
    first = max(wide, key=lambda x: sum(axis is not None for axis in x.axes))
    missing = {d for x in wide for d, n in enumerate(x.theirs) if n > 1}
    like = with_axes(call, first, sorted(missing))
    brought = [like if x is first else aligned(call, x, like) for x in wide]
    shape = tuple(max(sizes) for sizes in zip(*(x.shape for x in brought), strict=True))
    return call.add(kind, brought, shape, like.axes)


def filled(call: Call, number: float, x: Value) -> Value:
    """A number everywhere, to be stretched to a tensor."""
    shape = tuple(1 for _ in x.shape)
    return call.add("constant", [], shape, x.axes, shape=[*shape], values=number)


def aligned(call: Call, x: Value, like: Value) -> Value:
    """The tensor with its axes in the order of another one, with axes of 1 where it lacks some."""
    if x.axes == like.axes:
        return x
    order = sorted(
        (d for d, axis in enumerate(like.axes) if axis is not None), key=lambda d: like.axes[d] or 0
    )
    if any(n > 1 and like.axes[d] is None for d, n in enumerate(x.theirs)):
        raise NotUnderstoodError(f"{x.theirs} and {like.theirs} have no axes in common")
    return call.in_order(x, order)


def as_shape(call: Call, x: Value, theirs: Shape) -> Value:
    """The same elements in another shape; dimensions of 1 that come or go need no layer."""
    ones = [axis for axis in x.axes if axis is not None and x.shape[axis] == 1]
    if not ones and [n for n in x.theirs if n > 1] == [n for n in theirs if n > 1]:
        axes = iter([axis for axis in x.axes if axis is not None])
        return x._replace(axes=tuple(next(axes) if n > 1 else None for n in theirs))
    return reshaped(call, x, theirs)


def expanded(call: Call, x: Value, theirs: Shape) -> Value:
    """A tensor whose dimensions of 1 are repeated."""
    x = x._replace(axes=(*[None] * (len(theirs) - len(x.axes)), *x.axes))
    wide = [d for d, n in enumerate(theirs) if x.theirs[d] != n]
    if not wide:
        return x
    x = with_axes(call, x, wide)
    sizes = {axis: theirs[d] for d, axis in enumerate(x.axes) if axis is not None}
    shape = tuple(sizes.get(axis, n) for axis, n in enumerate(x.shape))
    return call.add("expand", [x], shape, x.axes, shape=[*shape])


def repeated(call: Call, x: Value, dim: int, times: int, *, each: bool = False) -> Value:
    """A tensor several times along a dimension: one behind the other, or every element of it at once."""
    before, size, after = x.theirs[:dim], x.theirs[dim], x.theirs[dim + 1 :]
    if times == 1:
        return x
    if size == 1:
        return expanded(call, x, (*before, times, *after))
    apart = as_shape(call, x, (*before, *((size, 1) if each else (1, size)), *after))
    spread = expanded(call, apart, (*before, *((size, times) if each else (times, size)), *after))
    return as_shape(call, spread, (*before, size * times, *after))


def cut(call: Call, x: Value, axis: int, kept: range) -> Value:
    """Some positions along one of our axes."""
    if kept == range(x.shape[axis]):
        return x
    fields = stated(
        start=(kept.start, 0), end=(kept.stop, x.shape[axis]), step=(kept.step, 1), axis=(axis, 0)
    )
    return call.add("slice", [x], (*x.shape[:axis], len(kept), *x.shape[axis + 1 :]), x.axes, **fields)


def rolled(call: Call, x: Value, far: Mapping[int, int]) -> Value:
    """A tensor that is moved on along some of our axes, the shorter way round."""
    ways = {axis: n % x.shape[axis] for axis, n in far.items()}
    shifts = {axis: n if 2 * n <= x.shape[axis] else n - x.shape[axis] for axis, n in ways.items() if n}
    return like(call, x, "roll", shifts=short([*shifts.values()]), axis=short([*shifts])) if shifts else x


def without(call: Call, x: Value, dim: int) -> Value:
    """A tensor without one of its dimensions, which is 1."""
    axis = x.axes[dim]
    left = [a for d, a in enumerate(x.axes) if d != dim]
    if axis is None or x.shape == (1,):
        return x._replace(axes=tuple(left))
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    axes = [a if a is None or a < axis else a - 1 for a in left]
    return call.add("squeeze", [x], shape, axes, axis=axis)


def product(call: Call, a: Value, b: Value) -> Value:
    """Rows of the first times columns of the second, matrices side by side."""
    if len(a.axes) == 1:
        made = product(call, a._replace(axes=(None, *a.axes)), b)
        return without(call, made, len(made.axes) - 2)
    if len(b.axes) == 1:
        made = product(call, a, b._replace(axes=(*b.axes, None)))
        return without(call, made, len(made.axes) - 1)
    rank = max(len(a.axes), len(b.axes)) - 2
    if any(x.axes[d] is None for x in (a, b) for d in (-2, -1)):
        return product(call, *(with_axes(call, x, [len(x.axes) - 2, len(x.axes) - 1]) for x in (a, b)))
    left, right = ([*[None] * (rank + 2 - len(x.axes)), *x.axes] for x in (a, b))
    sides = [
        {d: (axis, x.shape[axis]) for d in range(rank) if (axis := there[d]) is not None}
        for x, there in ((a, left), (b, right))
    ]
    sets = {d: size for d, (_, size) in _in_order(sides).items()}
    if any(size != sets[d] for side in sides for d, (_, size) in side.items()):
        raise NotUnderstoodError(f"matrices of {a.theirs} are repeated for {b.theirs}")
    rows, summed, inner, columns = left[-2], left[-1], right[-2], right[-1]
    if rows is None or summed is None or inner is None or columns is None:
        raise NotUnderstoodError(f"{a.theirs} and {b.theirs} have a dimension that is no axis")
    # Where columns are features, they come first in what leaves: the product is transposed.
    turned = columns < inner
    size = (b.shape[columns], a.shape[rows]) if turned else (a.shape[rows], b.shape[columns])
    places = {d: i for i, d in enumerate(sets)}
    shape, axes = (*sets.values(), *size), [places.get(d) for d in range(rank)]
    axes += [len(sets) + turned, len(sets) + (not turned)]
    if sets and all({d: axis for d, (axis, _) in side.items()} == places for side in sides):
        if turned:
            fields = stated(transpose_a=(columns > inner, False), transpose_b=(summed > rows, False))
            return call.add("matmul", [b, a], shape, axes, **fields)
        fields = stated(transpose_a=(rows > summed, False), transpose_b=(inner > columns, False))
        return call.add("matmul", [a, b], shape, axes, **fields)
    letters = {d: "abcdefgh"[i] for d, i in places.items()}
    of_a = {rows: "x", summed: "y", **{axis: letters[d] for d, (axis, _) in sides[0].items()}}
    of_b = {inner: "y", columns: "z", **{axis: letters[d] for d, (axis, _) in sides[1].items()}}
    one, other = ("".join(of[i] for i in range(len(x.shape))) for of, x in ((of_a, a), (of_b, b)))
    made = "".join(letters.values()) + ("zx" if turned else "xz")
    if turned and len(sides[1]) == len(
        sets
    ):  # they stay where they are: rows take the place of what is summed
        found = other.replace("y", "x")
        shape = tuple(shape[made.index(letter)] for letter in found)
        axes = [None if axis is None else found.index(made[axis]) for axis in axes]
        made = found
    return call.add("einsum", [a, b], shape, axes, equation=f"{one},{other}->{made}")


def _in_order(sides: Sequence[Mapping[int, tuple[int, int]]]) -> Mapping[int, tuple[int, int]]:
    """What stands side by side, as it lies in a factor that has all of it."""
    both = {d: side[d] for d in sorted({*sides[0], *sides[1]}) for side in sides if d in side}
    whole = next((side for side in sides if side.keys() == both.keys()), None)
    return dict(sorted(whole.items(), key=lambda pair: pair[1][0])) if whole else both


def einsum(call: Call, equation: str, several: Sequence[Value]) -> Value:
    """A product of two tensors, of which dimensions of 1 are no axes unless the other one's are."""
    if not re.fullmatch(r"[A-Za-z ]+,[A-Za-z ]+->[A-Za-z ]+", equation):
        raise NotUnderstoodError(f"{equation} is no product of two tensors")
    operands, leaving = equation.replace(" ", "").split("->")
    pairs = [*zip(operands.split(","), several, strict=True)]
    if made := _as_product(call, pairs, leaving):
        return made
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


def _as_product(call: Call, pairs: Sequence[tuple[str, Value]], leaving: str) -> Value | None:
    """The product of matrices side by side that an equation says, if it is one."""
    (first, a), (second, b) = pairs
    one, other, made = {*first}, {*second}, {*leaving}
    sides = [letter for letter in leaving if letter in one & other]
    row, summed, column = one - other, one & other - made, other - one
    plain = (len(one), len(other), len(made)) == (len(first), len(second), len(leaving))
    if not (plain and sides and len(row) == len(summed) == len(column) == 1 and row | column < made):
        return None
    (x,), (y,), (z,) = row, summed, column
    turned = (
        value._replace(axes=tuple(value.axes[word.index(letter)] for letter in order))
        for word, value, order in ((first, a, [*sides, x, y]), (second, b, [*sides, y, z]))
    )
    found = product(call, *turned)
    return found._replace(axes=tuple(found.axes[[*sides, x, z].index(letter)] for letter in leaving))


def with_axes(call: Call, x: Value, dims: Sequence[int]) -> Value:
    """A tensor of which some dimensions of 1 are axes as well, behind the others."""
    new = [d for d in dims if x.axes[d] is None]
    if not new:
        return x
    there = sorted((d for d, axis in enumerate(x.axes) if axis is not None), key=lambda d: x.axes[d] or 0)
    return call.in_order(x, [*there, *new])


def reduced(
    call: Call, x: Value, dims: Sequence[int], function: str, *, keep: bool, **fields: FieldValue
) -> Value:
    """A function over some of the framework's dimensions, which stay as 1 or go."""
    spatial = sorted(axis for d in dims if (axis := x.axes[d]) is not None)
    kept = [axis for axis in range(len(x.shape)) if axis not in spatial]
    axes = [None if axis is None or axis in spatial else kept.index(axis) for axis in x.axes]
    left = axes if keep else [a for d, a in enumerate(axes) if d not in dims]
    if not spatial and function in {"sum", "mean", "max", "min", "prod"}:
        return x._replace(axes=tuple(left))
    if not kept or not spatial:  # what leaves has an axis at least
        ones = tuple(1 if axis in spatial else n for axis, n in enumerate(x.shape))
        over: FieldValue = "all" if spatial else -1
        if not spatial:
            x = call.add("unsqueeze", [x], (*x.shape, 1), x.axes, axis=-1)
            return call.add("reduce", [x], ones, left, function=function, axis=over, **fields)
        made = call.add("reduce", [x], ones, left, function=function, axis=over, keepdim=True, **fields)
        return made if len(ones) == 1 else _dropped(call, made, (1,), left)
    shape = tuple(x.shape[axis] for axis in kept)
    return call.add("reduce", [x], shape, left, function=function, axis=short(spatial), **fields)


def _dropped(call: Call, x: Value, shape: Shape, axes: Sequence[int | None]) -> Value:
    """A tensor without its axes of 1."""
    return call.add("flatten", [x], (prod(shape),), axes)


def averaged(call: Call, x: Value, dims: Sequence[int], *, keep: bool) -> Value:
    """The mean over some of the framework's dimensions, which stay as 1 or go."""
    spatial = sorted(axis for d in dims if (axis := x.axes[d]) is not None)
    if not spatial or spatial != [*range(1, len(x.shape))]:
        return reduced(call, x, dims, "mean", keep=keep)
    axes = [None if d in dims else axis for d, axis in enumerate(x.axes)]
    pooled = call.add("global_avg_pool", [x], (x.shape[0], *[1] * len(spatial)), x.axes)
    left = axes if keep else [a for d, a in enumerate(axes) if d not in dims]
    return _dropped(call, pooled, x.shape[:1], left)


def along(call: Call, x: Value, kind: str, dim: int) -> Value:
    """A softmax, or what else runs along one of the framework's dimensions."""
    axis = x.axes[dim]
    if axis is None:
        raise NotUnderstoodError("it is along a dimension of 1, and gives 1 everywhere")
    return like(call, x, kind, **stated(axis=(axis, 0)))


def concatenated(call: Call, several: Sequence[Value], dim: int) -> Value:
    """Tensors that are joined along one of the framework's dimensions."""
    longest = max(several, key=lambda x: len(x.shape))
    if len(several) == 1:
        return longest
    first = with_axes(call, longest, [dim])
    several = [first if x is longest else aligned(call, x, first) for x in several]
    axis = first.axes[dim]
    if axis is None:
        raise NotUnderstoodError("it joins along no axis")
    total = sum(x.shape[axis] for x in several)
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    return call.concat(several, shape, first.axes, axis)


def stacked(call: Call, several: Sequence[Value], dim: int) -> Value:
    """Tensors side by side along a new dimension of the framework."""
    first = max(several, key=lambda x: sum(axis is not None for axis in x.axes))
    dim %= len(first.axes) + 1
    several = [aligned(call, x, first) for x in several]
    last = len(first.shape)
    shape = (*first.shape, len(several))
    return call.add("stack", several, shape, [*first.axes[:dim], last, *first.axes[dim:]], axis=last)


def padded(
    call: Call, x: Value, ends: Mapping[int, tuple[int, int]], mode: str = "constant", value: float = 0
) -> Value:
    """A tensor that is longer; of each dimension of the framework what comes before it and after it."""
    by_axis = {x.axes[d]: pair for d, pair in ends.items() if pair != (0, 0)}
    if not by_axis:
        return x
    if None in by_axis:
        raise NotUnderstoodError("it pads a dimension that is no axis")
    sides: list[FieldValue] = [[*by_axis.get(axis, (0, 0))] for axis in range(1, len(x.shape))]
    fields: dict[str, FieldValue] = {"padding": sides} if sides else {}
    if 0 in by_axis:
        fields["extra_channels"] = [*by_axis[0]]
        if not any(pair != [0, 0] for pair in sides):
            fields.pop("padding", None)
    if mode != "constant":
        fields["mode"] = mode
    elif value:
        fields["value"] = value
    added = [sum(by_axis.get(axis, (0, 0))) for axis in range(len(x.shape))]
    return call.add("pad", [x], tuple(n + m for n, m in zip(x.shape, added, strict=True)), x.axes, **fields)
