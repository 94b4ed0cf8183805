"""Reshapes of the framework in our order of axes: at most a reshape, a transpose and a reshape.

A dimension is split where our axis is, and dimensions are merged where theirs are, so that what a framework
does to move features to the end and back needs no layer.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.converter import Call
    from archcost.windows.window import Shape


def reshaped(call: Call, x: Value, theirs: Shape) -> Value:
    """The same elements under another shape of the framework's."""
    if prod(theirs) != prod(x.theirs) or 0 in theirs:
        raise NotUnderstoodError(f"{x.theirs} cannot become {theirs}")
    factors = _factors(x.theirs, theirs)
    if factors is None:
        # What cannot be split into factors of both is laid out as the framework has it.
        order = [d for d, axis in enumerate(x.axes) if axis is not None]
        x = call.in_order(x, order)
        return _plain(call, x, theirs)
    sizes, before, after = factors
    # The factors in the order of our axes.
    dims = sorted((d for d, axis in enumerate(x.axes) if axis is not None), key=lambda d: x.axes[d] or 0)
    ours = [factor for d in dims for factor in before[d]]
    kept = [d for d, part in enumerate(after) if part]
    # One that channels are in comes first.
    order = sorted(kept, key=lambda d: min(map(ours.index, after[d])))
    wanted = [factor for d in order for factor in after[d]]
    if wanted != ours:
        split = tuple(sizes[factor] for factor in ours)
        moved = _to(call, x, split)
        there = [ours.index(factor) for factor in wanted]
        shape = tuple(split[i] for i in there)
        x = call.add("transpose", [moved], shape, (), axes=[*there])
    shape = tuple(prod(sizes[factor] for factor in after[d]) for d in order)
    axes = tuple(order.index(d) if d in order else None for d in range(len(theirs)))
    return _to(call, x, shape or (1,))._replace(axes=axes)


def permuted(call: Call, x: Value, order: Sequence[int]) -> Value:
    """The framework's dimensions in another order, which needs no layer.

    Where a transposition has just laid them out for it, that one lays them out in the new order at once.
    """
    found = x._replace(axes=tuple(x.axes[d] for d in order))
    there = [axis for axis in found.axes if axis is not None]
    wanted = [0, *(axis for axis in there if axis)]
    item = x.tensor
    if isinstance(item, str) or item.kind != "reshape" or wanted == sorted(wanted):
        return found
    (before,) = item.sources
    if isinstance(before, str) or before.kind != "transpose" or len(there) != len(item.shape):
        return found
    factors = _factors(before.shape, item.shape)
    axes = before.fields["axes"]
    if factors is None or len(factors[0]) != len(before.shape) or not isinstance(axes, list):
        return found
    sizes, _, groups = factors
    moved = [factor for axis in wanted for factor in groups[axis]]
    (source,) = before.sources
    if isinstance(source, str):
        return found
    again = call.add(
        "transpose",
        [Value(source, source.shape, ())],
        tuple(sizes[factor] for factor in moved),
        (),
        axes=[axes[factor] for factor in moved],
    )
    shape = tuple(item.shape[axis] for axis in wanted)
    places = tuple(None if axis is None else wanted.index(axis) for axis in found.axes)
    return _to(call, again, shape)._replace(axes=places)


def _to(call: Call, x: Value, shape: Shape) -> Value:
    if x.shape == shape:
        return x
    if shape == (prod(x.shape),):
        return call.add("flatten", [x], shape, ())
    return call.add("reshape", [x], shape, (), shape=[*shape])


def _plain(call: Call, x: Value, theirs: Shape) -> Value:
    kept = [d for d, n in enumerate(theirs) if n > 1]
    shape = tuple(theirs[d] for d in kept)
    return _to(call, x, shape)._replace(
        axes=tuple(kept.index(d) if d in kept else None for d in range(len(theirs)))
    )


def _factors(
    before: Sequence[int], after: Sequence[int]
) -> tuple[list[int], list[list[int]], list[list[int]]] | None:
    """Sizes whose products are the dimensions of both, and which of them each dimension is made of.

    >>> _factors((1, 56, 96), (8, 7, 96))
    ([8, 7, 96], [[], [0, 1], [2]], [[0], [1], [2]])
    """
    sizes: list[int] = []
    source: list[list[int]] = [[] for _ in before]
    target: list[list[int]] = [[] for _ in after]
    i = j = 0
    a = b = 1
    while True:
        while a == 1 and i < len(before):
            a, i = before[i], i + 1
        while b == 1 and j < len(after):
            b, j = after[j], j + 1
        if a == 1 and b == 1:
            return sizes, source, target
        if max(a, b) % min(a, b):
            return None
        both = min(a, b) if a != b else a
        # The outer factor of the larger one: rows come before what is in them.
        source[i - 1].append(len(sizes))
        target[j - 1].append(len(sizes))
        sizes.append(both)
        a, b = a // both, b // both
