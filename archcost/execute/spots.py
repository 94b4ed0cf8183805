"""Which outputs a single input position touches, as the receptive fields say, borders included.

Fields speak of outputs far from the borders: what lies in padding counts as if there were data. Near them an
output may depend on less, because positions its field leads through do not exist. So a `Spot` follows one
position through the windows, within the borders, and notes beside it which outputs are far from them: of
those the field itself must be right to the position.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from archcost.layers.convolution import DeformConv
from archcost.layers.shape import Pad
from archcost.passes.receptive_field import Follower

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.geometry import Axes, Window
    from archcost.network import Input, Network, Node
    from archcost.offsets import Offsets
    from archcost.passes.looks import Look, Looks
    from archcost.reach import Line, Reach

Mask: TypeAlias = NDArray[np.bool_]
"""Over the positions of a tensor, `(*axes)`; of a vector a single truth value."""


class Spot:  # noqa: PLW1641 - masks are many positions: spots are compared, never keys
    """What one input position touches of a tensor, in any of its channels.

    Attributes:
        touched: the positions that depend on it.
        inside: the positions that no border had any say in.
        is_known: False if some layer on the way does not tell what it reads.
        is_exact: False if fewer positions may be touched.
    """

    __slots__ = ("inside", "is_exact", "is_known", "touched")

    def __init__(self, touched: Mask, inside: Mask, *, is_known: bool = True, is_exact: bool = True) -> None:
        self.touched = touched
        self.inside = inside
        self.is_known = is_known
        self.is_exact = is_exact

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spot) and (
            self is other
            or (
                (self.is_known, self.is_exact) == (other.is_known, other.is_exact)
                and np.array_equal(self.touched, other.touched)
                and np.array_equal(self.inside, other.inside)
            )
        )

    def having(self, touched: Mask, inside: Mask) -> Spot:
        """The same knowledge of other positions."""
        return Spot(touched, inside, is_known=self.is_known, is_exact=self.is_exact)

    def lost(self) -> Spot:
        """The same, of which nothing is known."""
        return Spot(self.touched, self.inside, is_known=False, is_exact=self.is_exact)


def start(network: Network, name: str, position: Axes) -> dict[Node | Input, Spot]:
    """The spots of a network's inputs, one of which is touched at one position."""
    found: dict[Node | Input, Spot] = {}
    for tensor in network.inputs:
        touched = np.zeros(tensor.output[1:], dtype=np.bool_)
        if tensor.path == name:
            touched[position] = True
        found[tensor] = Spot(touched, np.ones_like(touched))
    return found


class Spots(Follower[Spot]):
    """Follows spots through nodes.

    Args:
        looks: how nodes look at their inputs.
    """

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._reads: dict[tuple[object, ...], _Reads] = {}

    def nothing(self, node: Node) -> Spot:
        """A learned tensor is touched by nothing."""
        touched = np.zeros(node.output[1:], dtype=np.bool_)
        return Spot(touched, np.ones_like(touched))

    def united(self, parts: Sequence[Spot]) -> Spot:
        """What any of the ways touches."""
        return Spot(
            np.logical_or.reduce([part.touched for part in parts]),
            np.logical_and.reduce([part.inside for part in parts]),
            is_known=all(part.is_known for part in parts),
            is_exact=all(part.is_exact for part in parts),
        )

    def bounded(self, part: Spot) -> Spot:
        """Fewer may be touched."""
        return Spot(part.touched, part.inside, is_known=part.is_known, is_exact=False)

    def look(self, node: Node, position: int, arriving: Spot) -> Spot:
        """See `Follower.look`."""
        look, axes = self._looks.of(node, position), node.output[1:]
        if isinstance(node.layer, DeformConv):
            # Its field is that without offsets; where offsets lead is known only once they are computed.
            return _filled(arriving, axes).lost()
        if look.way == "unmoved":
            return arriving
        if look.window:
            mode = node.layer.mode if isinstance(node.layer, Pad) else "constant"
            return self._slid(arriving, look.window, axes, mode)
        return _passed(look, arriving, axes)

    def _slid(self, spot: Spot, window: Window, axes: Axes, mode: str) -> Spot:
        touched, inside = spot.touched, spot.inside
        for axis, outputs in enumerate(axes):
            reads = self._reads_of(window, axis, (touched.shape[axis], outputs), mode)
            touched = np.logical_or.reduce(_gathered(touched, reads.touching, axis), axis=axis + 1)
            inside = np.logical_and.reduce(_gathered(inside, reads.within, axis), axis=axis + 1)
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
    return _Reads(np.where(there, _mirrored(table, within, length, mode), length), within)


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


def _passed(look: Look, spot: Spot, axes: Axes) -> Spot:
    """What is touched in a way other than through a window."""
    if look.way == "broadcast":
        return spot.having(np.broadcast_to(spot.touched, axes), np.broadcast_to(spot.inside, axes))
    filled = _filled(spot, axes)
    if look.way == "unknown" or (look.way == "lost" and spot.touched.any() and not spot.touched.all()):
        return filled.lost()
    return filled


def _filled(spot: Spot, axes: Axes) -> Spot:
    """Every position touched if any was."""
    return spot.having(
        np.full(axes, spot.touched.any(), dtype=np.bool_), np.full(axes, spot.inside.all(), dtype=np.bool_)
    )


# -- fields ---------------------------------------------------------------------------------------------


def readers(reach: Reach, axes: Axes, position: Axes) -> Mask:
    """The outputs whose field has a position, as the field itself says it."""
    if any(all(map(_has, box, position)) for box in reach.fixed):
        return np.ones(axes, dtype=np.bool_)
    found = np.zeros(axes, dtype=np.bool_)
    for lines in reach.moving:
        along = [_readers(line, n, p) for line, n, p in zip(lines, axes, position, strict=True)]
        found |= reduce(np.logical_and.outer, along)
    return found


def _readers(line: Line, outputs: int, position: int) -> Mask:
    """The same along one axis of a box: output u reads the set of its phase, moved on period by period."""
    if line.ends:
        return np.array([(s := line.at(u)) is not None and _has(s, position) for u in range(outputs)])
    found = np.zeros(outputs, dtype=np.bool_)
    count, step = len(line.sets), int(line.step)
    for phase, known in enumerate(line.sets[:outputs]):
        if known is None:
            continue
        offsets = position - known.low - step * np.arange(-(-(outputs - phase) // count))
        there = (offsets >= 0) & (offsets < known.size)
        if known.bits is not None:
            there[there] = [known.bits >> offset & 1 for offset in offsets[there].tolist()]
        found[phase::count] = there
    return found


def _has(positions: Offsets, position: int) -> bool:
    return positions.within(position, position) is not None
