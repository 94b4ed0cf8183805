"""What a node reads of an input, as sets that move along with the output position.

Per spatial axis, output u reads the set of output 0 moved on by u steps. Through a window the set is united
with itself, once per tap; through a merge the sets of the branches are. A chain's field is a box, one set per
axis; branches make it a union of boxes (a 1×7 beside a 7×1 covers a cross, not a square). Where outputs are
denser than inputs (transposed convolution, up-sampling) the pattern repeats after a few outputs, and every
output of such a period, a *phase*, has a set of its own.

Nearly always the rows of an input move with the rows of the output. Where axes are swapped, split or merged
they move with other axes, or with parts of them; see `Digit`.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil, floor, gcd, lcm, prod
from typing import TYPE_CHECKING, NamedTuple

from archcost.windows.offsets import Box, Offsets, hull, prune, unite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcost.windows.window import Axes, Shape, Window

PHASES = 64
"""More phases per axis than this are not followed one by one; the field is then an upper bound."""

PLACES = 256
"""Where positions were rearranged, so many outputs along an axis may each be a phase of its own."""

BOXES = 32
"""More boxes than this are replaced by their hull; the field is then an upper bound."""

PATTERNS = 2**16
"""More combinations of phases, times boxes squared, are not compared; the field is then an upper bound."""

REMEMBERED = 4096
"""So many answers a slider remembers: sets with holes are large."""


class Digit(NamedTuple):
    """A part of an output index that a line moves with: `weight * (index // below % size)`.

    The index is that of an axis of the output, 0 for channels. Windows of 7 rows make of 56 rows an axis of 8
    and one of 7: the rows of the input then move with both, with weights 7 and 1.
    """

    axis: int
    below: int
    size: int
    weight: int

    def of(self, index: int) -> int:
        """What it adds at an index along its axis."""
        return self.weight * (index // self.below % self.size)


Digits = tuple[Digit, ...]


class AxisReach(NamedTuple):
    """The sets of all phases along one axis: output u reads `sets[u % phases]`, moved `step` a period.

    A phase that reads nothing (no tap of a transposed convolution hits it) has None; not all of them do.
    Where there are too many phases to follow, `ends` are the ends of an interval outside of which output 0
    reads nothing, `step` is a fraction, and `sets` holds one interval as long as any output's.

    With `digits`, u is not the index along the output's axis of the same number but their sum; without any of
    them (an empty tuple) the line stands still.
    """

    sets: tuple[Offsets | None, ...]
    step: int | Fraction
    ends: tuple[Fraction, Fraction] | None = None
    digits: Digits | None = None

    def at(self, u: int) -> Offsets | None:
        """What output u reads; u may lie beyond the borders."""
        if self.ends:
            low, high = (end + u * self.step for end in self.ends)
            return Offsets(min(ceil(low), floor(high)), max(ceil(low), floor(high)))
        period, phase = divmod(u, len(self.sets))
        found = self.sets[phase]
        return found and found.moved(period * int(self.step))

    @property
    def there(self) -> list[Offsets]:
        """The sets of the phases that read something."""
        return [s for s in self.sets if s]

    def around(self) -> tuple[Fraction, Fraction]:
        """(low, high): output u reads nothing outside of u nominal steps further on."""
        if self.ends:
            return self.ends
        nominal = [(Fraction(u * self.step, len(self.sets)), s) for u, s in enumerate(self.sets) if s]
        return min(s.low - at for at, s in nominal), max(s.high - at for at, s in nominal)

    def spread(self, phases: int) -> AxisReach:
        """The same line with a multiple of its phases."""
        times = phases // len(self.sets)
        if times == 1:
            return self
        return AxisReach(tuple(self.at(u) for u in range(phases)), self.step * times, digits=self.digits)

    @property
    def motion(self) -> tuple[Digits | None, Fraction]:
        """Lines of equal motion keep their distance wherever the output lies."""
        return self.digits, Fraction(self.step, len(self.sets))


MovingBox = tuple[AxisReach, ...]


def moving_with(lines: MovingBox, y: Shape) -> list[Digits]:
    """What each line of a box moves with, in an output of shape `y`."""
    return [_digits(line, j, y) for j, line in enumerate(lines)]


def _digits(line: AxisReach, j: int, shape: Shape) -> Digits:
    if line.digits is not None:
        return line.digits
    return (Digit(1 + j, 1, shape[1 + j], 1),) if shape[1 + j] > 1 else ()


class Reach(NamedTuple):
    """What a node reads of one input: boxes that move with the output, and boxes that do not.

    Attributes:
        moving: per box, a line per axis; all lines of an axis have the same phases and step.
        fixed: what every output reads: the way led through a global operation, a vector or a broadcast.
        stride: input positions between neighbouring outputs, per axis, global operations or not.
        is_global: see `Field`.
        upper_bound: see `Field`.
        lost: positions are read besides that nobody knows: on some way they could not be followed.
        blurred: a single channel may read less; all channels together do not.
        counted: some lines have a phase for every output there is: beyond the last one nothing is known.
        nominal: see `Field`.
    """

    moving: tuple[MovingBox, ...]
    fixed: tuple[Box, ...]
    stride: tuple[Fraction, ...]
    is_global: bool = False
    upper_bound: bool = False
    lost: bool = False
    blurred: bool = False
    counted: bool = False
    nominal: bool = False

    @property
    def has_digits(self) -> bool:
        """Whether some line moves with anything but its own axis."""
        return any(line.digits is not None for lines in self.moving for line in lines)

    @property
    def is_known(self) -> bool:
        """Whether anything is known of what is read."""
        return bool(self.moving or self.fixed)


def identity(rank: int) -> Reach:
    """What an input reads of itself."""
    line = AxisReach((Offsets(0, 0),), 1)
    return Reach(((line,) * rank,), (), (Fraction(1),) * rank)


class Slider:
    """Slides lines through windows, remembering each answer: axes and repeated layers need the same again."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], tuple[AxisReach | None, bool]] = {}

    def slide(self, reach: Reach, window: Window) -> Reach:
        """The reach through a window: per phase, the union over the taps."""
        moves = window.stretch or any(step != 1 for step in window.stride)
        steps = zip(reach.stride, window.steps, strict=False) if moves else ()
        stride = tuple(s * step for s, step in steps) or reach.stride
        if not reach.moving:
            # All outputs read the same, and still they lie so far apart.
            return reach._replace(stride=stride) if len(stride) == len(reach.stride) else reach
        moving: list[MovingBox] = []
        exact = True
        for lines in reach.moving:
            slid = [self._line(line, window, axis) for axis, line in enumerate(lines)]
            exact = exact and all(fits for _, fits in slid)
            moving.append(tuple(line for line, _ in slid if line is not None))
        return reach._replace(
            moving=tuple(lines for lines in moving if len(lines) == len(reach.stride)),
            stride=stride,
            upper_bound=reach.upper_bound or not exact,
        )

    def _line(self, line: AxisReach, window: Window, axis: int) -> tuple[AxisReach | None, bool]:
        key = (line, *window.along(axis))
        if key not in self._known:
            if len(self._known) == REMEMBERED:
                self._known.clear()
            self._known[key] = slide_line(line, window, axis)
        return self._known[key]


def slide_line(line: AxisReach, window: Window, axis: int) -> tuple[AxisReach | None, bool]:
    """A line that moves with one axis through a window along it; False if not all of it can be followed."""
    if (only := line.sets[0]) and len(line.sets) == 1 and not (line.ends or window.stretch or window.skipped):
        slid = only.moved(-window.padding[axis][0] * int(line.step))
        slid = slid.repeated(window.dilation[axis] * int(line.step), window.kernel[axis])
        return AxisReach((slid,), line.step * window.stride[axis]), not slid.bounded
    outputs, inputs = window.period(axis)
    times = len(line.sets) // gcd(len(line.sets), inputs)
    phases, step = outputs * times, inputs * times // len(line.sets) * line.step
    if phases > max(PHASES, len(line.sets)) or line.ends:
        return _nominal(line, window, axis), False
    read = [_read(line, window, axis, u) for u in range(phases)]
    if not any(read):
        return None, True
    found = AxisReach(tuple(unite(sets) if sets else None for sets in read), step)
    return found, not any(s.bounded for s in found.there)


def _read(line: AxisReach, window: Window, axis: int, u: int) -> list[Offsets]:
    """What output u reads, as one set per phase of the line, however many positions that are."""
    read = window.reads(axis, u)
    if not isinstance(read, range):
        return [s for i in read if (s := line.at(i))]
    cycle = len(line.sets) // gcd(len(line.sets), read.step)
    gap = read.step * cycle * int(line.step) // len(line.sets)
    return [
        s.repeated(gap, len(read[k::cycle])) for k in range(min(cycle, len(read))) if (s := line.at(read[k]))
    ]


def _nominal(line: AxisReach, window: Window, axis: int) -> AxisReach:
    """A line with one phase that reads at least what any output does, where there are too many phases."""
    step = Fraction(line.step, len(line.sets))
    first, last = window.around(axis)
    low, high = line.around()
    return _interval(low + first * step, high + last * step, step * window.steps[axis])


def _interval(low: Fraction, high: Fraction, step: Fraction) -> AxisReach:
    """A line around what lies from `low` to `high`, for output 0."""
    return AxisReach((Offsets(ceil(low), ceil(low) + floor(high - low)),), step, (low, high))


def merge(parts: Sequence[Reach]) -> Reach:
    """The union of what several inputs of a node read."""
    if len(parts) == 1 or all(part == parts[0] for part in parts[1:]):
        return parts[0]
    followed = [part for part in parts if part.moving]
    kept, exact = fewer([lines for part in followed for lines in part.moving])
    made = Reach(
        kept or (),
        tuple(box for part in parts for box in part.fixed),
        max((part.stride for part in followed or parts), key=len),
        is_global=any(part.is_global for part in parts),
        upper_bound=any(part.upper_bound for part in parts) or not exact,
        lost=any(part.lost for part in parts) or kept is None,
        blurred=any(part.blurred for part in parts),
        counted=any(part.counted for part in parts),
        nominal=any(part.nominal for part in parts),
    )
    return packed(made)


def packed(reach: Reach, *, exact: bool = True) -> Reach:
    """The same reach with as few fixed boxes as say it, and not too many of them."""
    fixed = prune(reach.fixed)
    if len(fixed) > BOXES:
        fixed, exact = _around(fixed), False
    return reach._replace(fixed=fixed, upper_bound=reach.upper_bound or not exact)


def fewer(boxes: Sequence[MovingBox]) -> tuple[tuple[MovingBox, ...] | None, bool]:
    """The boxes without those that lie inside another one; False beside them if they read too much.

    Boxes that keep their distance are compared, and replaced by one around them if there are too many, or too
    many phases. None if even so there are too many: boxes that move apart have no box around them.
    """
    if len(boxes) < 2:
        return tuple(boxes), True
    alike: dict[tuple[object, ...], list[MovingBox]] = {}
    for lines in boxes:
        alike.setdefault(tuple(line.motion for line in lines), []).append(lines)
    exact = True
    kept: list[MovingBox] = []
    for group in alike.values():
        if len(group) == 1:
            kept += group
        elif _too_many_phases(group):
            kept, exact = [*kept, _hull(group)], False
        else:
            kept += _pruned(_joined(_same_phases(group)))
    if len(kept) > BOXES:
        kept, exact = [_hull(group) for group in alike.values()], False
    return (tuple(kept) if len(kept) <= BOXES else None), exact


def _too_many_phases(boxes: Sequence[MovingBox]) -> bool:
    """Whether boxes have together more phases along an axis than may be followed, or one has too many."""
    lines = [line for box in boxes for line in box]
    together = (lcm(*(len(line.sets) for line in along)) for along in zip(*boxes, strict=True))
    most = max(PHASES, *(len(line.sets) for line in lines))
    return any(line.ends for line in lines) or max(together, default=1) > most


def _around(boxes: Sequence[Box]) -> tuple[Box]:
    """One box around all of them."""
    return (tuple(Offsets(low, high) for low, high in hull(boxes)),)


def _same_phases(boxes: Sequence[MovingBox]) -> list[MovingBox]:
    """The boxes with equally many phases along each axis."""
    phases = [lcm(*(len(line.sets) for line in lines)) for lines in zip(*boxes, strict=True)]
    return [tuple(line.spread(n) for line, n in zip(lines, phases, strict=True)) for lines in boxes]


def _joined(boxes: Sequence[MovingBox]) -> list[MovingBox]:
    """The boxes, those as one that differ along a single axis only: what they read together is a box."""
    found = [*dict.fromkeys(boxes)]
    for axis in range(len(found[0])):
        alike: dict[MovingBox, list[AxisReach]] = {}
        for lines in found:
            alike.setdefault((*lines[:axis], *lines[axis + 1 :]), []).append(lines[axis])
        found = [
            (*others[:axis], line, *others[axis:])
            for others, several in alike.items()
            for line in _united(several)
        ]
    return found


def _united(lines: Sequence[AxisReach]) -> Sequence[AxisReach]:
    """One line for several with the same phases and step, unless that would lose holes."""
    if len(lines) == 1:
        return lines
    phases = ([s for s in sets if s] for sets in zip(*(line.sets for line in lines), strict=True))
    sets = tuple(unite(there) if there else None for there in phases)
    if any(s and s.bounded for s in sets) and not any(s.bounded for line in lines for s in line.there):
        return lines
    return [lines[0]._replace(sets=sets)]


def _pruned(boxes: Iterable[MovingBox]) -> list[MovingBox]:
    """The boxes without those that lie inside another one in every phase."""
    kept: list[MovingBox] = []
    ordered = sorted(dict.fromkeys(boxes), key=lambda b: -sum(s.members for line in b for s in line.there))
    for box in ordered:
        if not any(_covers(big, box) for big in kept):
            kept.append(box)
    return kept


def _covers(big: MovingBox, small: MovingBox) -> bool:
    return all(
        a.step == b.step
        and all(y is None or (x is not None and x.covers(y)) for x, y in zip(a.sets, b.sets, strict=True))
        for a, b in zip(big, small, strict=True)
    )


def _hull(boxes: Sequence[MovingBox]) -> MovingBox:
    """One box around all of them, whatever the phase. They keep their distance."""
    found: list[AxisReach] = []
    for lines in zip(*boxes, strict=True):
        lows, highs = zip(*(line.around() for line in lines), strict=True)
        digits, step = lines[0].motion
        found.append(_interval(min(lows), max(highs), step)._replace(digits=digits))
    return tuple(found)


def phases(reach: Reach, outputs: Axes, whole: Axes) -> list[list[Box]] | None:
    """The boxes of every phase (of every combination of phases, over the axes), alike ones once.

    Phases that read nothing at all are left out, and those that no output has, see `_phases_there`. None if
    there are too many to be compared with each other.

    Args:
        reach: what moves along; all boxes in the same way.
        outputs: how many there are, along each axis.
        whole: the size of the input; empty if it is not known.
    """
    boxes = _same_phases(reach.moving)
    axes = [*zip(*boxes, strict=True)]
    counts = (*outputs, *[1] * len(axes))  # a line that stands still may have no axis among the outputs
    alike = [
        _unlike(lines, _phases_there(lines, count, length))
        for lines, count, length in zip(axes, counts, whole or [None] * len(axes), strict=False)
    ]
    if prod(map(len, alike)) * len(boxes) ** 2 > PATTERNS:
        return None
    found: list[list[Box]] = []
    for phase in product(*alike):
        sets = ([line.sets[u] for line, u in zip(lines, phase, strict=True)] for lines in boxes)
        read = [tuple(s for s in box if s) for box in sets]
        if there := [box for box in read if len(box) == len(alike)]:
            found.append(there)
    return found


def _phases_there(lines: Sequence[AxisReach], count: int, whole: int | None) -> Sequence[int]:
    """The phases that `count` outputs along an axis have; if some lie inside of the input, those are all.

    The pattern of a resize by 8/7 to 7 positions is there once. A window that begins at the last of them
    reads beyond the border, and what a second pattern would have there says nothing about this network. But
    a phase of which more lies inside of the input than others read in all is kept.
    """
    period = len(lines[0].sets)
    existing = range(min(period, count))
    sets = [[s for line in lines if (s := line.sets[u])] for u in existing]
    if period == 1 or whole is None or any(len(there) < len(lines) for there in sets):
        return existing
    ends = [(min(s.low for s in there), max(s.high for s in there)) for there in sets]
    within = [_most_within(*ends[u], int(lines[0].step), (count - 1 - u) // period, whole) for u in existing]
    inside = [u for u in existing if within[u] == 1 + ends[u][1] - ends[u][0]]
    most = max((within[u] for u in inside), default=whole)
    return [u for u in existing if u in inside or within[u] > most] if inside else existing


def _most_within(low: int, high: int, step: int, times: int, whole: int) -> int:
    """How much of an interval lies within the input, at the best of so many steps from 0 on."""
    # Where the middles meet, or just before.
    best = (whole - 1 - low - high) // (2 * step) if step else 0
    moved = [step * min(max(k, 0), times) for k in (best, best + 1)]
    return max(min(high + m, whole - 1) - max(low + m, 0) + 1 for m in moved)


def _unlike(lines: Sequence[AxisReach], phases: Sequence[int]) -> Sequence[int]:
    """Those of some phases of one axis that differ in more than where they lie."""
    if len(phases) == 1:
        return phases
    if len(lines) == 1:  # a single box: of its sets only matters how large and how full they are
        return [*{(s := lines[0].sets[u]) and (s.size, s.members): u for u in phases}.values()]
    seen: dict[tuple[Offsets | None, ...], int] = {}
    for u in phases:
        sets = [line.sets[u] for line in lines]
        start = min((s.low for s in sets if s), default=0)
        seen.setdefault(tuple(s and s.moved(-start) for s in sets), u)
    return [*seen.values()]


def simplified(reach: Reach) -> Reach:
    """A reach with one moving box and one fixed one at most, that reads at least as much.

    Its boxes keep their distance.
    """
    moving = (_hull(reach.moving),) if reach.moving else ()
    return reach._replace(moving=moving, fixed=_around(reach.fixed) if reach.fixed else (), upper_bound=True)
