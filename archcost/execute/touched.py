"""Which outputs a single input position touches, as the receptive fields say, borders included.

Fields speak of outputs far from the borders: what lies in padding counts as if there were data. Near them an
output may depend on less, because positions its field leads through do not exist. So a `Touched` follows one
position through the windows, within the borders, and notes beside it which outputs are far from them: of
those the field itself must be right to the position.
"""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from archcost.execute.behind_masks import apart
from archcost.passes.following import Follower
from archcost.windows.masks import part
from archcost.windows.reach import moving_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.network import Input, Network, Node
    from archcost.passes.access import Access, AccessCache, Mix
    from archcost.passes.receptive_field import Sights
    from archcost.windows.offsets import Offsets
    from archcost.windows.reach import AxisReach, Digits, Reach
    from archcost.windows.rearrangement import Rearrangement, Turn
    from archcost.windows.sight import Seen
    from archcost.windows.window import Axes, Shape, Window

Mask: TypeAlias = NDArray[np.bool_]
"""Over the elements of a tensor, `(channels, *axes)`, with a single channel where all are alike."""


class Touched:  # noqa: PLW1641 - masks are many positions: spots are compared, never keys
    """What one input position touches of a tensor.

    Attributes:
        touched: the elements that depend on it.
        inside: the elements that no border had any say in.
        is_known: False if some layer on the way does not tell what it reads.
        is_exact: False if fewer may be touched.
    """

    __slots__ = ("inside", "is_exact", "is_known", "touched")

    def __init__(self, touched: Mask, inside: Mask, *, is_known: bool = True, is_exact: bool = True) -> None:
        self.touched = touched
        self.inside = inside
        self.is_known = is_known
        self.is_exact = is_exact

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Touched) and (
            self is other
            or (
                (self.is_known, self.is_exact) == (other.is_known, other.is_exact)
                and np.array_equal(self.touched, other.touched)
                and np.array_equal(self.inside, other.inside)
            )
        )

    def having(self, touched: Mask, inside: Mask) -> Touched:
        """The same knowledge of other positions."""
        return Touched(touched, inside, is_known=self.is_known, is_exact=self.is_exact)

    def lost(self) -> Touched:
        """The same, of which nothing is known."""
        return Touched(self.touched, self.inside, is_known=False, is_exact=self.is_exact)


def start(network: Network, name: str, position: Axes) -> dict[Node | Input, Touched]:
    """The spots of a network's inputs, one of which is touched at one position."""
    found: dict[Node | Input, Touched] = {}
    for tensor in network.inputs:
        touched = np.zeros((1, *tensor.output[1:]), dtype=np.bool_)
        if tensor.path == name:
            touched[(0, *position)] = True
        found[tensor] = Touched(touched, np.ones_like(touched))
    return found


class TouchFollower(Follower[Touched]):
    """Follows spots through nodes.

    Args:
        accesses: how nodes look at their inputs.
        sights: what masks leave of sums.
    """

    def __init__(self, accesses: AccessCache, sights: Sights | None = None) -> None:
        self._accesses = accesses
        self._sights = sights or {}
        self._reads: dict[tuple[object, ...], _Reads] = {}

    def nothing(self, node: Node) -> Touched:
        """A learned tensor is touched by nothing."""
        touched = np.zeros((1, *node.output[1:]), dtype=np.bool_)
        return Touched(touched, np.ones_like(touched))

    def united(self, parts: Sequence[Touched]) -> Touched:
        """What any of the ways touches."""
        return Touched(
            reduce(np.logical_or, [part.touched for part in parts]),
            reduce(np.logical_and, [part.inside for part in parts]),
            is_known=all(part.is_known for part in parts),
            is_exact=all(part.is_exact for part in parts),
        )

    def bounded(self, part: Touched) -> Touched:
        """Fewer may be touched."""
        return Touched(part.touched, part.inside, is_known=part.is_known, is_exact=False)

    def through_input(self, node: Node, position: int, arriving: Touched) -> Touched:
        """See `Follower.through_input`."""
        access, x, y = self._accesses.of(node, position), node.inputs[position].output, node.output
        if access.way == "unknown" or node.layer.field_is_nominal:
            # A deformable convolution's field is that without offsets; where they lead is not known before.
            return _filled(arriving, y).lost()
        if access.how and (by := self._sights.get((node, position))):
            return _seen(arriving, by, access.how, x, y)
        if access.how:
            if access.mixes_channels and max(arriving.touched.shape[0], arriving.inside.shape[0]) > 1:
                arriving = _mixed(arriving, self._accesses.channels(node, position), x, y)
            moved = _rearranged(arriving, access.how, x, y)
            return self.united([arriving, moved]) if access.way == "beside all" else moved
        mode = node.layer.beyond_the_border
        if access.stages:
            for step, made in access.stages:
                arriving, x = self._moved(step, arriving, x, made, mode), made
            return arriving
        if max(arriving.touched.shape[0], arriving.inside.shape[0]) > 1:
            arriving = _mixed(arriving, self._accesses.channels(node, position), x, y)
        return self._moved(access, arriving, x, y, mode)

    def _moved(self, access: Access, spot: Touched, x: Shape, y: Shape, mode: str) -> Touched:
        """What is touched through a single step."""
        if access.how:
            return _rearranged(spot, access.how, x, y)
        if access.start:
            return _placed(spot, *access.start, y)
        if access.turns:
            return spot.having(*(_turned(m, access.turns) for m in (spot.touched, spot.inside)))
        if access.unrolled:
            return self._unrolled(spot, access.shown[0], y[1:], mode)
        parts = [self._slid(spot, window, y[1:], mode) for window in access.shown]
        return self.united(parts) if parts else spot

    def _unrolled(self, spot: Touched, window: Window, axes: Axes, mode: str) -> Touched:
        """Through a window whose taps leave as channels."""
        taps = product(*map(range, window.kernel))
        each = [self._slid(spot, part(window, tuple((t, t) for t in tap)), axes, mode) for tap in taps]
        return spot.having(
            np.concatenate([one.touched[:1] for one in each]),
            np.concatenate([one.inside[:1] for one in each]),
        )

    def _slid(self, spot: Touched, window: Window, axes: Axes, mode: str) -> Touched:
        touched, inside = spot.touched, spot.inside
        for axis, outputs in enumerate(axes):
            reads = self._reads_of(window, axis, (touched.shape[1 + axis], outputs), mode)
            touched = np.logical_or.reduce(_gathered(touched, reads.touching, 1 + axis), axis=axis + 2)
            inside = np.logical_and.reduce(_gathered(inside, reads.within, 1 + axis), axis=axis + 2)
        return spot.having(touched, inside)

    def _reads_of(self, window: Window, axis: int, sizes: tuple[int, int], mode: str) -> _Reads:
        key = (*window.along(axis), *sizes, mode)
        if key not in self._reads:
            self._reads[key] = _reads(window, axis, sizes, mode)
        return self._reads[key]


class _Reads(NamedTuple):
    """Per output the positions it reads along an axis: two tables, one row per output.

    Behind the positions of the input there are two more to read: one that is False, and one that is True.
    """

    touching: NDArray[np.intp]
    within: NDArray[np.intp]


def _reads(window: Window, axis: int, sizes: tuple[int, int], mode: str) -> _Reads:
    length, outputs = sizes
    rows = [window.reads(axis, u) for u in range(outputs)]
    table = np.full((outputs, max(1, *map(len, rows))), length + 1, dtype=np.intp)
    for row, read in zip(table, rows, strict=True):
        row[: len(read)] = read
    there = np.arange(table.shape[1]) < np.array([[len(read)] for read in rows])
    beyond = there & ((table < 0) | (table >= length))
    within = np.where(beyond, length, table)
    if mode == "circular":
        before, after = window.padding[axis]
        first = max(-before, 0)  # it goes round what is left where an end is cut off
        stands = first + (table - first) % (length - first - max(-after, 0))
    else:
        stands = _mirrored(table, within, length, mode)
    return _Reads(np.where(there, stands, length), within)


def _mirrored(table: NDArray[np.intp], within: NDArray[np.intp], length: int, mode: str) -> NDArray[np.intp]:
    """The position that stands for one beyond the borders, as padding has it."""
    if mode == "replicate":
        return np.clip(table, 0, length - 1)
    if mode == "reflect":
        inner = np.abs(table)
        return np.where(inner >= length, 2 * (length - 1) - inner, inner)
    return within


def _gathered(mask: Mask, reads: NDArray[np.intp], axis: int) -> Mask:
    """What every output reads of a mask along one axis, on an axis of its own behind that one."""
    extra = [(0, 2) if i == axis else (0, 0) for i in range(mask.ndim)]
    wider = np.pad(mask, extra)
    wider[(*[slice(None)] * axis, -1)] = True
    return wider.take(reads, axis=axis)


def _rearranged(spot: Touched, how: Rearrangement, x: Shape, y: Shape) -> Touched:
    """What is touched where elements are rearranged: all that a touched one is summed into."""
    touched = _moved(np.broadcast_to(spot.touched, x), how, y, np.logical_or)
    inside = _moved(np.broadcast_to(spot.inside, x), how, y, np.logical_and)
    bounded = bool(how.loose) and bool(touched.any())  # no fewer than none are touched
    return Touched(touched, inside, is_known=spot.is_known, is_exact=spot.is_exact and not bounded)


def _seen(spot: Touched, by: Seen, how: Rearrangement, x: Shape, y: Shape) -> Touched:
    """What is touched by a sum over what is seen."""
    sees, how = apart(by, how, x)
    extra = (1,) * (len(how.source) - len(x))
    touched, inside = (np.broadcast_to(m, x).reshape(*x, *extra) for m in (spot.touched, spot.inside))
    return spot.having(
        _moved(touched & sees, how, y, np.logical_or), _moved(inside | ~sees, how, y, np.logical_and)
    )


def _moved(mask: Mask, how: Rearrangement, y: Shape, union: np.ufunc) -> Mask:
    source = [factor for axis in how.source for factor in axis]
    target = [factor for axis in how.target for factor in axis]
    summed = tuple(i for i, factor in enumerate(source) if factor not in target)
    found = union.reduce(mask.reshape([how.sizes[factor] for factor in source]), axis=summed)
    kept = [factor for factor in source if factor in target]
    found = found.transpose([kept.index(factor) for factor in target if factor in kept])
    found = found.reshape([how.sizes[factor] if factor in kept else 1 for factor in target])
    found = np.broadcast_to(found, [how.sizes[factor] for factor in target]).reshape(y)
    return found[:1] if (found == found[:1]).all() else found


def _mixed(spot: Touched, mix: Mix, x: Shape, y: Shape) -> Touched:
    """What is touched of channels that are made of others; positions stay."""
    if mix.first is not None:
        kept = slice(mix.first, mix.first + y[0])
        return spot.having(*(mask[kept] if len(mask) > 1 else mask for mask in (spot.touched, spot.inside)))
    found = _rearranged(spot, mix.how, x, (y[0], *x[1:])) if mix.how else spot
    exact = found.is_exact and not (mix.is_bounded or mix.is_blurred)
    return Touched(found.touched, found.inside, is_known=found.is_known, is_exact=exact)


def _turned(marks: Mask, turns: Sequence[Turn]) -> Mask:
    """What is marked, at the places it goes to along each axis."""
    for axis, turn in enumerate(turns, 1):
        length = marks.shape[axis]
        marks = marks.take([turn.source(u, length) for u in range(length)], axis=axis)
    return marks


def _placed(spot: Touched, axis: int, start: int, y: Shape) -> Touched:
    """What is touched of a tensor that has this one from `start` on, and others before and behind it."""
    masks: list[Mask] = []
    for mask, elsewhere in ((spot.touched, False), (spot.inside, True)):
        made = np.full((len(mask), *y[1:]), elsewhere, dtype=np.bool_)
        made[(*[slice(None)] * axis, slice(start, start + mask.shape[axis]))] = mask
        masks.append(made)
    return spot.having(*masks)


def _filled(spot: Touched, y: Shape) -> Touched:
    """Every element touched if any was."""
    axes = (1, *y[1:])
    return spot.having(
        np.full(axes, spot.touched.any(), dtype=np.bool_), np.full(axes, spot.inside.all(), dtype=np.bool_)
    )


# -- fields ---------------------------------------------------------------------------------------------


def readers(reach: Reach, shape: Shape, position: Axes) -> Mask:
    """The positions of a tensor, `(*axes)`, whose field has an input position, as the field itself says."""
    found = np.zeros((1, *shape[1:]), dtype=np.bool_)
    if any(all(map(_has, box, position)) for box in reach.fixed):
        return np.ones(shape[1:], dtype=np.bool_)
    for lines in reach.moving:
        along = zip(lines, moving_with(lines, shape), position, strict=True)
        found = found | reduce(np.logical_and, [_readers(*one, shape) for one in along])
    return np.logical_or.reduce(np.broadcast_to(found, (len(found), *shape[1:])), axis=0)


def _readers(line: AxisReach, digits: Digits, position: int, shape: Shape) -> Mask:
    """The same for one axis of a box, over the axes it moves with; the others have a size of 1."""
    at = np.zeros([1] * len(shape), dtype=np.intp)
    for digit in digits:
        values = [digit.of(index) for index in range(shape[digit.axis])]
        at = at + np.array(values, dtype=np.intp).reshape(
            [-1 if i == digit.axis else 1 for i in range(len(shape))]
        )
    there = [(s := line.at(u)) is not None and _has(s, position) for u in range(int(at.max()) + 1)]
    return np.array(there, dtype=np.bool_)[at]


def _has(positions: Offsets, position: int) -> bool:
    return positions.within(position, position) is not None
