"""Where elements go when axes are split, merged, swapped, summed over or repeated.

Every axis is a product of *factors*, as the digits of a number are: of 56 rows in windows of 7, the outer
factor says which window, the inner one which row of it. A rearrangement names the factors of both sides. One
that only the source has is summed over: every output reads all of it. One that only the target has repeats.
So a transpose, a reshape, a matrix product and a softmax along one axis are one thing, as in einops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from archcost.windows.window import Shape

Factors = tuple[tuple[int, ...], ...]
"""The numbers of the factors of every axis, channels first; within an axis, the outermost first."""


class FactorPlace(NamedTuple):
    """Where a factor lies: its value is `index // below % size` of the index along an axis."""

    axis: int
    below: int
    size: int


class Rearrangement(NamedTuple):
    """How the elements of one input lie in an output.

    Attributes:
        sizes: of every factor.
        source: the factors of the input's axes.
        target: the factors of the output's axes.
        loose: factors of the input that could not be told apart further. They are summed over, though every
            output reads only some of what they cover.
    """

    sizes: tuple[int, ...]
    source: Factors
    target: Factors
    loose: tuple[int, ...] = ()

    @property
    def moves_channels_only(self) -> bool:
        """Whether every position stays where it is."""
        return self.source[1:] == self.target[1:]

    def places(self, axes: Factors) -> dict[int, FactorPlace]:
        """Where each factor lies on one side.

        >>> reshaped((4, 56), (4, 8, 7)).places(((0,), (1, 2)))[1]
        FactorPlace(axis=1, below=7, size=8)
        """
        return {factor: place for axis, one in enumerate(axes) for factor, place in self._along(axis, one)}

    def _along(self, axis: int, factors: Sequence[int]) -> Iterator[tuple[int, FactorPlace]]:
        below = 1
        for factor in reversed(factors):
            yield factor, FactorPlace(axis, below, self.sizes[factor])
            below *= self.sizes[factor]


class Turn(NamedTuple):
    """Where positions along an axis go: in the other order, if `mirrored`, then on by `far`, round the end.

    >>> [Turn(far=1).source(u, 4) for u in range(4)], [Turn(mirrored=True).source(u, 4) for u in range(4)]
    ([3, 0, 1, 2], [3, 2, 1, 0])
    """

    far: int = 0
    mirrored: bool = False

    def source(self, index: int, length: int) -> int:
        """What comes to an index of an axis of that length."""
        before = (index - self.far) % length
        return length - 1 - before if self.mirrored else before

    def moves(self, length: int) -> bool:
        """Whether anything leaves its place."""
        return length > 1 and (self.mirrored or self.far % length != 0)


def permuted(x: Shape, axes: Sequence[int]) -> Rearrangement:
    """The axes in another order.

    >>> permuted((4, 8, 6), (0, 2, 1)).target
    ((0,), (2,), (1,))
    """
    return Rearrangement(x, tuple((i,) for i in range(len(x))), tuple((axis,) for axis in axes))


def mixed(x: Shape, axes: Collection[int]) -> Rearrangement:
    """Every output reads all there is along some axes, and its own place along the others.

    >>> mixed((4, 7, 5), [2])
    Rearrangement(sizes=(4, 7, 5, 5), source=((0,), (1,), (2,)), target=((0,), (1,), (3,)), loose=())
    """
    repeated = {axis: len(x) + i for i, axis in enumerate(sorted(axes))}
    sizes = (*x, *(x[axis] for axis in repeated))
    target = tuple((repeated.get(axis, axis),) for axis in range(len(x)))
    return Rearrangement(sizes, tuple((i,) for i in range(len(x))), target)


def reduced(x: Shape, axes: Collection[int], *, keeps_axes: bool) -> Rearrangement:
    """Every output reads all there is along some axes, which are then dropped, or kept at size 1.

    >>> reduced((4, 7, 5), [2], keeps_axes=True).target, reduced((4, 7, 5), [0], keeps_axes=False).target
    (((0,), (1,), ()), ((1,), (2,)))
    """
    source = tuple((i,) for i in range(len(x)))
    kept = (() if axis in axes else (axis,) for axis in range(len(x)) if keeps_axes or axis not in axes)
    return Rearrangement(x, source, tuple(kept))


def broadcast(x: Shape, y: Shape) -> Rearrangement:
    """Sizes of 1 repeated.

    >>> broadcast((4, 1, 6), (4, 8, 6)).target
    ((0,), (1,), (2,))
    """
    source = tuple((i,) if n == y[i] else () for i, n in enumerate(x))
    return Rearrangement(y, source, tuple((i,) for i in range(len(y))))


def grouped(x: Shape, groups: int, channels: int) -> Rearrangement:
    """Channels in groups, each made of all channels of its own group.

    >>> grouped((6, 9), 3, 12)
    Rearrangement(sizes=(3, 2, 4, 9), source=((0, 1), (3,)), target=((0, 2), (3,)), loose=())
    """
    rest = tuple((3 + i,) for i in range(len(x) - 1))
    sizes = (groups, x[0] // groups, channels // groups, *x[1:])
    return Rearrangement(sizes, ((0, 1), *rest), ((0, 2), *rest))


def shared(x: Shape, channels: int) -> Rearrangement:
    """So many channels, each made of all that there are.

    >>> shared((6, 9), 12)
    Rearrangement(sizes=(12, 6, 9), source=((1,), (2,)), target=((0,), (2,)), loose=())
    """
    rest = tuple((2 + i,) for i in range(len(x) - 1))
    return Rearrangement((channels, *x), ((1,), *rest), ((0,), *rest))


def everywhere(x: Shape) -> Rearrangement:
    """Every output reads all positions, each channel its own.

    >>> everywhere((4, 7, 5)).target
    ((0,), (), ())
    """
    return Rearrangement(x, tuple((i,) for i in range(len(x))), ((0,), *(() for _ in x[1:])))


def everything(x: Shape, y: Shape) -> Rearrangement:
    """Every output reads all there is.

    >>> everything((4, 1, 1), (10,))
    Rearrangement(sizes=(4, 1, 1, 10), source=((0,), (1,), (2,)), target=((3,),), loose=())
    """
    source = tuple((i,) for i in range(len(x)))
    return Rearrangement((*x, *y), source, tuple((len(x) + i,) for i in range(len(y))))


def picked_along(x: Shape, axis: int, index: Shape) -> Rearrangement:
    """The axes of an index instead of one axis: each of its elements picks one of all there are along that.

    >>> picked_along((4, 9), 1, (3, 3))
    Rearrangement(sizes=(4, 9, 3, 3), source=((0,), (1,)), target=((0,), (2,), (3,)), loose=(1,))
    """
    stay = [(i,) for i in range(len(x))]
    brought = [(len(x) + i,) for i in range(len(index))]
    target = (*stay[:axis], *brought, *stay[axis + 1 :])
    return Rearrangement((*x, *index), tuple(stay), target, loose=(axis,))


def per_channel_everywhere(x: Shape, y: Shape) -> Rearrangement:
    """Every output reads all there is of its own channel, of which there may be several for each.

    >>> per_channel_everywhere((8, 3, 3), (4, 5, 6)).source
    ((0, 1), (2,), (3,))
    """
    sizes = (y[0], x[0] // y[0], *x[1:], *y[1:])
    source = ((0, 1), *((2 + i,) for i in range(len(x) - 1)))
    return Rearrangement(sizes, source, ((0,), *((1 + len(x) + i,) for i in range(len(y) - 1))))


def halved(x: Shape, axis: int) -> Rearrangement:
    """Half as many along an axis, each made of the one at its place in either half.

    >>> halved((6, 9), 0)
    Rearrangement(sizes=(3, 9, 2), source=((2, 0), (1,)), target=((0,), (1,)), loose=())
    """
    target = tuple((i,) for i in range(len(x)))
    source = tuple((len(x), i) if i == axis else (i,) for i in range(len(x)))
    return Rearrangement((*x[:axis], x[axis] // 2, *x[axis + 1 :], 2), source, target)


def over_channels(x: Shape) -> Rearrangement:
    """All channels as one."""
    return Rearrangement(x, tuple((i,) for i in range(len(x))), ((), *((i,) for i in range(1, len(x)))))


def reshaped(x: Shape, y: Shape) -> Rearrangement:
    """The same elements in the same order, row-major, under another shape.

    What cannot be split into factors that both sides have (6 by 4 as 8 by 3) is said to be read as a whole.

    >>> reshaped((4, 56), (4, 8, 7))
    Rearrangement(sizes=(4, 8, 7), source=((0,), (1, 2)), target=((0,), (1,), (2,)), loose=())
    """
    split = _Split(x, y)
    for before, after in _blocks(x, y):
        split.block(before, after)
    return split.result()


def _blocks(x: Shape, y: Shape) -> Iterator[tuple[range, range]]:
    """Neighbouring axes of both shapes with equally many elements, as few together as possible."""
    i = j = 0
    while i < len(x) or j < len(y):
        first, start, a, b = i, j, 1, 1
        while True:
            if a <= b and i < len(x):
                a, i = a * x[i], i + 1
            elif j < len(y):
                b, j = b * y[j], j + 1
            else:
                a, i = a * x[i], i + 1
            if a == b:
                break
        yield range(first, i), range(start, j)


class _Split:
    """The factors of a reshape, found block by block."""

    def __init__(self, x: Shape, y: Shape) -> None:
        self._x, self._y = x, y
        self._sizes: list[int] = []
        self._source: list[list[int]] = [[] for _ in x]
        self._target: list[list[int]] = [[] for _ in y]
        self._loose: list[int] = []

    def block(self, before: range, after: range) -> None:
        """Split from the innermost axis on: both sides share the smaller of two sizes that divide."""
        left = [[axis, self._x[axis]] for axis in before if self._x[axis] > 1]
        right = [[axis, self._y[axis]] for axis in after if self._y[axis] > 1]
        while left and right:
            (i, a), (j, b) = left[-1], right[-1]
            if max(a, b) % min(a, b):
                break
            both = min(a, b)
            self._add(both, i, j)
            for side, size in ((left, a), (right, b)):
                side[-1][1] = size // both
                if size == both:
                    side.pop()
        for axis, size in reversed(left):
            self._loose.append(len(self._sizes))
            self._add(size, axis, None)
        for axis, size in reversed(right):
            self._add(size, None, axis)

    def _add(self, size: int, source: int | None, target: int | None) -> None:
        for axes, axis in ((self._source, source), (self._target, target)):
            if axis is not None:
                axes[axis].insert(0, len(self._sizes))
        self._sizes.append(size)

    def result(self) -> Rearrangement:
        """All blocks together, factors numbered as the target has them."""
        order = [f for axis in (*self._target, *self._source) for f in axis]
        number = {factor: i for i, factor in enumerate(dict.fromkeys(order))}
        return Rearrangement(
            tuple(self._sizes[factor] for factor in number),
            tuple(tuple(number[f] for f in axis) for axis in self._source),
            tuple(tuple(number[f] for f in axis) for axis in self._target),
            tuple(number[f] for f in self._loose),
        )
