"""What the rows of a mask see of its columns, and sums over columns that leave out what is hidden.

Rows and columns are positions of a map. Where it stands in windows they are the positions of one window, with
the windows along an axis before them. What a row sees is a box: a range along each axis of the map.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archcost.windows.moves import rearranged, stepped, tidy
from archcost.windows.offsets import unite
from archcost.windows.reach import PLACES, AxisReach, merge, moving_with

if TYPE_CHECKING:
    from archcost.windows.reach import Digit, Digits, MovingBox, Reach
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.window import Axes, Shape


class Sight(NamedTuple):
    """What each row sees.

    Attributes:
        window_size: positions of a window along each axis of the map.
        windows: how many there are along each axis; none where the map is not split.
        shift: so many of the last positions along each axis and the others of their window do not see each
            other.
        band: instead, of a map of one axis: how many columns before its own a row sees, and how many after.
    """

    window_size: Axes
    windows: Axes = ()
    shift: Axes = ()
    band: tuple[int, int] | None = None

    def turned(self) -> Sight:
        """Which rows each column is seen from; windows see each other.

        >>> Sight((8,), band=(2, 1)).turned().band
        (1, 2)
        """
        return self._replace(band=self.band and (self.band[1], self.band[0]))

    def by_row(self, axis: int) -> list[range]:
        """Along an axis of the map, the positions that each position sees.

        >>> Sight((4,), (2,), shift=(1,)).by_row(0)[3:]
        [range(0, 4), range(4, 7), range(4, 7), range(4, 7), range(7, 8)]
        """
        size, count = self.window_size[axis], self.windows[axis]
        seam = count * size - self.shift[axis]
        inside = [range(i * size, (i + 1) * size) for i in range(count - 1)]
        last = [range((count - 1) * size, seam), range(seam, count * size)]
        return [part for part in (*inside, *last) for _ in part]


class Seen(NamedTuple):
    """What a sum over columns leaves out.

    Attributes:
        sight: of the mask.
        columns: the axis of what is read that is summed over.
        rows: the axis of the output that says which row it is.
        own_rows: that axis of what is read, if it has one: of scores, not of values.
        sets: the axis of what is read that says which window it is, if there are windows.
    """

    sight: Sight
    columns: int
    rows: int
    own_rows: int | None = None
    sets: int | None = None


def seen(reach: Reach, by: Seen, how: Rearrangement, x: Shape, whole: Axes) -> Reach:
    """The reach behind a rearrangement that sums over columns, of what the rows see of them.

    What moves with the column is first united over all that are seen from it, as from a row; then it moves
    with the row instead.
    """
    target = (*how.target[: by.rows], how.source[by.columns], *how.target[by.rows + 1 :])
    united: list[MovingBox] = []
    others: list[MovingBox] = []
    exact = True
    for lines in reach.moving:
        several = moving_with(lines, x)
        if not any(digit.axis == by.columns for digits in several for digit in digits):
            others.append(lines)
        elif box := _united(lines, several, by):
            united.append(box)
        else:
            others.append(lines)
            exact = False
    rest = rearranged(reach._replace(moving=tuple(others)), how, x, whole)
    counted = reach.counted or by.sight.band is None
    behind = reach._replace(moving=tuple(united), fixed=(), counted=counted)
    parts = [rest] if others or reach.fixed else []
    if united:
        parts.append(rearranged(behind, how._replace(target=target), x, whole))
    found = merge(parts or [rest])
    return found if exact else found._replace(upper_bound=True)


def _united(lines: MovingBox, several: list[Digits], by: Seen) -> MovingBox | None:
    """A box whose lines have at each column all that is seen from there; None if they do not move so."""
    box: list[AxisReach] = []
    for line, digits in zip(lines, several, strict=True):
        if any(digit.axis == by.own_rows for digit in digits):
            return None
        found = _seen(line, digits, by) if any(digit.axis == by.columns for digit in digits) else line
        if not found:
            return None
        box.append(found)
    return tuple(box)


def _seen(line: AxisReach, digits: Digits, by: Seen) -> AxisReach | None:
    """A line that moves with an axis of the map, united over what is seen; None if it moves otherwise."""
    sight, base = by.sight, line._replace(digits=None)
    own, *more = [digit for digit in digits if digit.axis == by.columns]
    others = [digit for digit in digits if digit.axis != by.columns]
    axis = _axis_of(own, sight)
    if axis is None or more or line.ends:
        return None
    if sight.band:
        before, after = sight.band
        found, exact = stepped(base, before + after + 1, own.weight, start=-before * own.weight)
        return tidy(found, digits) if exact else None
    size, count = sight.window_size[axis], sight.windows[axis]
    windows = [(by.sets, prod(sight.windows[axis + 1 :]), count, own.weight * size)] if count > 1 else []
    step = line.step * own.weight * size * count
    if others != windows or size * count > PLACES or step % len(line.sets):
        return None
    read = [[s for i in row if (s := base.at(own.weight * i))] for row in sight.by_row(axis)]
    sets = tuple(unite(several) if several else None for several in read)
    if not any(sets) or any(s and s.bounded for s in sets):
        return None
    found = AxisReach(sets, step // len(line.sets))
    return tidy(found, [*(digit._replace(weight=size) for digit in others), own._replace(weight=1)])


def _axis_of(column: Digit, sight: Sight) -> int | None:
    """The axis of the map that a digit of the column's index is the place along."""
    for axis, size in enumerate(sight.window_size):
        if column[1:3] == (prod(sight.window_size[axis + 1 :]), size):
            return axis
    return None
