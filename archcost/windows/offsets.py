"""Sets of input positions: along one axis, and as boxes over all axes.

A set without holes is an interval, two numbers however large. One with holes is a Python integer used as a
bit set, so shifting and uniting it takes a few machine operations per 64 positions.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


POSITIONS = 2**18
"""Holes in sets that extend over more positions than this are not followed; see `Offsets.bounded`."""


class Offsets(NamedTuple):
    """A non-empty set of positions.

    Attributes:
        low: the first.
        high: the last.
        bits: bit i stands for `low + i`; None means all of them.
        bounded: the true set may have holes, but extends over too many positions to follow them.

    >>> taps = Offsets.of([0, 2, 4])
    >>> taps.members, taps.size
    (3, 5)
    """

    low: int
    high: int
    bits: int | None = None
    bounded: bool = False

    @classmethod
    def of(cls, positions: Iterable[int]) -> Offsets:
        """The set of these positions."""
        return unite([cls(p, p) for p in positions])

    @property
    def size(self) -> int:
        """Positions from the first to the last."""
        return self.high - self.low + 1

    @property
    def members(self) -> int:
        """Positions in the set."""
        return self.size if self.bits is None else self.bits.bit_count()

    @property
    def mask(self) -> int:
        """The set as bits, counted from `low`."""
        return (1 << self.size) - 1 if self.bits is None else self.bits

    def moved(self, by: int) -> Offsets:
        """The set, `by` positions further on."""
        return Offsets(self.low + by, self.high + by, self.bits, self.bounded) if by else self

    def repeated(self, gap: int, times: int) -> Offsets:
        """The union of so many copies, each `gap` positions further on.

        >>> Offsets(0, 0).repeated(2, 3)
        Offsets(low=0, high=4, bits=21, bounded=False)
        """
        if times == 1 or not gap:
            return self
        high = self.high + gap * (times - 1)
        if self.bits is None and self.size >= gap:  # neighbours touch
            return self._replace(high=high)
        if high - self.low >= POSITIONS:
            return Offsets(self.low, high, bounded=True)
        mask, copies = self.mask, 1
        while copies < times:
            more = min(copies, times - copies)
            mask |= mask << (gap * more)
            copies += more
        return Offsets(self.low, high, None if mask.bit_count() == high - self.low + 1 else mask)

    def within(self, low: int, high: int) -> Offsets | None:
        """What lies from `low` to `high`; None if nothing does."""
        first, last = max(low, self.low), min(high, self.high)
        if first > last:
            return None
        if self.bits is None:
            return self._replace(low=first, high=last)
        return _from_mask(first, (self.bits >> (first - self.low)) & ((1 << (last - first + 1)) - 1))

    def covers(self, other: Offsets) -> bool:
        """Whether every position of `other` is in the set."""
        if other.low < self.low or other.high > self.high:
            return False
        return self.bits is None or not (other.mask << (other.low - self.low)) & ~self.bits


def _from_mask(low: int, mask: int) -> Offsets | None:
    if not mask:
        return None
    skip = (mask & -mask).bit_length() - 1
    mask >>= skip
    length = mask.bit_length()
    return Offsets(low + skip, low + skip + length - 1, None if mask.bit_count() == length else mask)


def unite(sets: Sequence[Offsets]) -> Offsets:
    """The union. Intervals that touch stay an interval.

    >>> unite([Offsets(0, 2), Offsets(3, 5)])
    Offsets(low=0, high=5, bits=None, bounded=False)
    """
    first, *others = sets
    if not others:
        return first
    low, high = min(s.low for s in sets), max(s.high for s in sets)
    if _is_interval(sets):
        return Offsets(low, high, bounded=any(s.bounded for s in sets))
    if high - low >= POSITIONS:
        return Offsets(low, high, bounded=True)
    mask = 0
    for s in sets:
        mask |= s.mask << (s.low - low)
    return Offsets(low, high, None if mask.bit_count() == high - low + 1 else mask)


def _is_interval(sets: Sequence[Offsets]) -> bool:
    if any(s.bits is not None for s in sets):
        return False
    ordered = sorted(sets, key=lambda s: s.low)
    end = ordered[0].high
    for s in ordered[1:]:
        if s.low > end + 1:
            return False
        end = max(end, s.high)
    return True


Box: TypeAlias = tuple[Offsets, ...]
"""The product of one set per axis."""


def prune(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """The boxes without those that lie inside another one."""
    kept: list[Box] = []
    for box in sorted(set(boxes), key=lambda b: -prod(s.members for s in b)):
        if not any(all(a.covers(b) for a, b in zip(big, box, strict=True)) for big in kept):
            kept.append(box)
    return tuple(kept)


def hull(boxes: Sequence[Box]) -> tuple[tuple[int, int], ...]:
    """(first, last) position per axis over all boxes.

    >>> hull([(Offsets(0, 2), Offsets(1, 1)), (Offsets(1, 1), Offsets(0, 4))])
    ((0, 2), (0, 4))
    """
    return tuple((min(s.low for s in sets), max(s.high for s in sets)) for sets in zip(*boxes, strict=True))


WORK = 20_000
"""A union that falls into more groups of positions than this is not counted; see `union_count`."""


@lru_cache(maxsize=4096)
def union_count(boxes: tuple[Box, ...]) -> int | None:
    """Positions in at least one of the boxes; None if counting them would take too long.

    Along the first axis, positions that lie in the same boxes are alike: each such class is counted once, and
    what remains is the same question with one axis less.

    >>> union_count(((Offsets(0, 2), Offsets(1, 1)), (Offsets(1, 1), Offsets(0, 2))))
    5
    """
    return _union_count(boxes, [WORK], {})


def _union_count(boxes: tuple[Box, ...], left: list[int], known: dict[tuple[Box, ...], int]) -> int | None:
    first, *others = boxes
    if not others:
        return prod(s.members for s in first)
    if not first:
        return 1
    if boxes in known:
        return known[boxes]
    total = 0
    for count, members in _classes([box[0] for box in boxes]):
        left[0] -= len(members)
        part = _union_count(prune(boxes[i][1:] for i in members), left, known) if left[0] > 0 else None
        if part is None:
            return None
        total += count * part
    known[boxes] = total
    return total


def _classes(sets: Sequence[Offsets]) -> list[tuple[int, tuple[int, ...]]]:
    """(how many, in which sets) for every group of positions that lie in the same sets."""
    counts: dict[tuple[int, ...], int] = {}
    cuts = sorted({s.low for s in sets} | {s.high + 1 for s in sets})
    for first, end in pairwise(cuts):
        # Between two cuts nobody begins or ends: only holes tell positions apart.
        there = [i for i, s in enumerate(sets) if s.low <= first <= s.high]
        if there:
            for count, inside in _split(sets, there, first, end):
                counts[inside] = counts.get(inside, 0) + count
    return [(count, inside) for inside, count in counts.items()]


def _split(
    sets: Sequence[Offsets], there: Sequence[int], first: int, end: int
) -> list[tuple[int, tuple[int, ...]]]:
    """The groups among the positions from `first` up to, not with, `end`."""
    holed = {i: bits >> (first - sets[i].low) for i in there if (bits := sets[i].bits) is not None}
    if not holed:
        return [(end - first, tuple(there))]
    everything = (1 << (end - first)) - 1
    classes: list[tuple[int, tuple[int, ...]]] = [(everything, ())]
    for i in there:
        if i not in holed:
            classes = [(members, (*inside, i)) for members, inside in classes]
            continue
        both = [(members & holed[i], (*inside, i)) for members, inside in classes]
        rest = [(members & ~holed[i], inside) for members, inside in classes]
        classes = [(members, inside) for members, inside in (*both, *rest) if members]
    return [(members.bit_count(), inside) for members, inside in classes if inside]
