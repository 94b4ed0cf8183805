"""What outputs read where branches move apart: at every output it is another pattern.

A branch that is resized to the size of another, a tensor beside its transpose, the two positions that an
entry of a matrix product reads: their distance depends on the output, so outputs are looked at one by one.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor, prod
from typing import TYPE_CHECKING, NamedTuple

from archcost.windows.reach import moving_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.windows.offsets import Box, Offsets
    from archcost.windows.reach import AxisReach, Digits, Reach
    from archcost.windows.window import Axes, Shape

OUTPUTS = 2**14
"""Of more outputs than this, along axes that a line moves with together, not every one is looked at."""

PATTERNS = 4096
"""More different patterns than this are not counted out."""


def move_apart(reach: Reach) -> bool:
    """Whether the distance between two boxes depends on the output."""
    motions = {tuple(line.motion for line in lines) for lines in reach.moving}
    by_digits = any(line.digits for lines in reach.moving for line in lines)
    return reach.counted or len(motions) > 1 or bool(reach.fixed and reach.moving) or by_digits


def patterns(reach: Reach, shape: Shape, whole: Axes) -> list[list[Box]] | None:
    """The boxes that each output of a tensor reads, alike ones once; None if there are too many.

    Outputs that read nothing are left out, and those at the borders of the `whole` input, if there are others
    (it is empty if nobody knows its size).
    """
    moves = [moving_with(lines, shape) for lines in reach.moving]
    groups = _groups([digits for box in moves for digits in box])
    sizes = [prod(shape[axis] for axis in group) for group in groups]
    if any(size > OUTPUTS for size in sizes):
        return None
    seen = [_GroupReads(reach, moves, group, shape).patterns(whole) for group in groups]
    if prod(map(len, seen)) * max(1, len(reach.moving)) > PATTERNS:
        return None
    still = {
        (b, j): line.at(0)
        for b, lines in enumerate(reach.moving)
        for j, line in enumerate(lines)
        if not moves[b][j]
    }
    found: list[list[Box]] = []
    for chosen in product(*seen):
        sets = {**still}
        for part in chosen:
            sets.update(part)
        boxes = [[sets[b, j] for j in range(len(lines))] for b, lines in enumerate(reach.moving)]
        there = [tuple(s for s in box if s) for box in boxes if all(box)]
        if there or reach.fixed:
            found.append([*there, *reach.fixed])
    return found


def boxes_at(reach: Reach, shape: Shape, index: Sequence[int]) -> list[Box]:
    """The boxes that one output of a tensor reads."""
    found: list[Box] = [*reach.fixed]
    for lines in reach.moving:
        moves = moving_with(lines, shape)
        sets = [line.at(sum(d.of(index[d.axis]) for d in m)) for line, m in zip(lines, moves, strict=True)]
        if all(sets):
            found.append(tuple(s for s in sets if s))
    return found


def _groups(several: Sequence[Digits]) -> list[tuple[int, ...]]:
    """The axes that lines move with, those together that one line moves with."""
    groups: list[set[int]] = []
    for digits in several:
        axes = {digit.axis for digit in digits}
        joined = [group for group in groups if group & axes]
        groups = [group for group in groups if not group & axes]
        if axes:
            groups.append(axes.union(*joined))
    return [tuple(sorted(group)) for group in groups]


class _GroupReads:
    """What lines read at every index along a group of axes."""

    def __init__(
        self, reach: Reach, moves: Sequence[Sequence[Digits]], group: tuple[int, ...], shape: Shape
    ) -> None:
        self._group = group
        self._shape = shape
        self._lines: list[tuple[tuple[int, int], AxisReach, Digits]] = []
        others: set[int] = {j for j, _ in enumerate(reach.fixed[0])} if reach.fixed else set()
        for b, lines in enumerate(reach.moving):
            for j, line in enumerate(lines):
                if any(digit.axis in group for digit in moves[b][j]):
                    self._lines.append(((b, j), line, moves[b][j]))
                else:
                    others.add(j)
        # Along an axis of the input that nothing else moves along, only distances matter.
        self._free = {j for (_, j), *_ in self._lines} - others

    def patterns(self, whole: Axes | None) -> list[dict[tuple[int, int], Offsets | None]]:
        """What is read by every line, alike patterns once."""
        several = [*self._sets()]
        if whole and self._free.issuperset(j for (_, j), *_ in self._lines):
            several = self._far_from_borders(several, whole)
        found = dict.fromkeys(tuple(self._moved(sets)) for sets in several)
        keys = [key for key, *_ in self._lines]
        return [dict(zip(keys, sets, strict=True)) for sets in found]

    def _sets(self) -> Iterator[list[Offsets | None]]:
        """What every line reads, at each index."""
        for index in product(*(range(self._shape[axis]) for axis in self._group)):
            at = dict(zip(self._group, index, strict=True))
            yield [line.at(sum(d.of(at[d.axis]) for d in digits)) for _, line, digits in self._lines]

    def _far_from_borders(
        self, several: Sequence[Sequence[Offsets | None]], whole: Axes
    ) -> Sequence[Sequence[Offsets | None]]:
        """Those within the input, if there are any, and those of which more lies within it."""
        spans = [self._spans(sets, whole) for sets in several]
        inside = [all(all_of_it == within for all_of_it, within in span) for span in spans]
        if not any(inside) or any(s is None for sets in several for s in sets):
            return several
        most = [
            max(within for _, within in along)
            for along in zip(*(span for span, fits in zip(spans, inside, strict=True) if fits), strict=True)
        ]
        return [
            sets
            for sets, span, fits in zip(several, spans, inside, strict=True)
            if fits or any(within > n for (_, within), n in zip(span, most, strict=True))
        ]

    def _spans(self, sets: Sequence[Offsets | None], whole: Axes) -> list[tuple[int, int]]:
        """Per axis of the input, how far apart the first and the last position lie, and those within it."""
        ends: dict[int, tuple[int, int]] = {}
        for ((_, j), *_), s in zip(self._lines, sets, strict=True):
            if s:
                low, high = ends.get(j, (s.low, s.high))
                ends[j] = min(low, s.low), max(high, s.high)
        return [
            (high - low + 1, min(high, whole[j] - 1) - max(low, 0) + 1) for j, (low, high) in ends.items()
        ]

    def _moved(self, sets: Sequence[Offsets | None]) -> Iterator[Offsets | None]:
        """The sets as if the first of them began at 0, along the axes where only distances matter."""
        lows: dict[int, int] = {}
        for ((_, j), *_), s in zip(self._lines, sets, strict=True):
            if s and j in self._free:
                lows[j] = min(lows.get(j, s.low), s.low)
        for ((_, j), *_), s in zip(self._lines, sets, strict=True):
            yield s.moved(-lows[j]) if s and j in lows else s


def extent(reach: Reach, shape: Shape) -> tuple[int, ...]:
    """Per axis of the input, no output reads positions further apart than this."""
    moves = [moving_with(lines, shape) for lines in reach.moving]
    found: list[int] = []
    for j in range(len(reach.stride)):
        lines = [_interval(box[j], moves[b][j]) for b, box in enumerate(reach.moving)]
        lines += [_Interval({}, Fraction(box[j].low), Fraction(box[j].high)) for box in reach.fixed]
        found.append(max(_farthest(a, b) for a in lines for b in lines) + 1)
    return tuple(found)


class _Interval(NamedTuple):
    """What a line reads lies from `low` to `high`, moved on by so much for each step of a digit."""

    steps: dict[tuple[int, int, int], Fraction]
    low: Fraction
    high: Fraction


def _interval(line: AxisReach, digits: Digits) -> _Interval:
    _, step = line.motion
    low, high = line.around()
    steps = {(digit.axis, digit.below, digit.size): digit.weight * step for digit in digits}
    return _Interval(steps, Fraction(low), Fraction(high))


def _farthest(a: _Interval, b: _Interval) -> int:
    """At any output, from the first position of `a` to the last one of `b`."""
    nothing = Fraction(0)
    drift = sum(
        max(nothing, b.steps.get(key, nothing) - a.steps.get(key, nothing)) * (key[2] - 1)
        for key in {*a.steps, *b.steps}
    )
    return floor(b.high - a.low + drift)
