"""Sets of input positions: along one axis, and as boxes over all axes.

A set without holes is an interval, two numbers however large. One with holes is a Python integer used as a
bit set, so shifting and uniting it takes a few machine operations per 64 positions.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Offsets(NamedTuple):
    """A non-empty set of positions from `low` to `high`; `bits` has bit i for `low + i`, None means all.

    >>> taps = Offsets.of([0, 2, 4])
    >>> taps.members, taps.size
    (3, 5)
    """

    low: int
    high: int
    bits: int | None = None

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
        return Offsets(self.low + by, self.high + by, self.bits) if by else self

    def within(self, low: int, high: int) -> Offsets | None:
        """What lies from `low` to `high`; None if nothing does."""
        if low <= self.low and self.high <= high:
            return self
        first, last = max(low, self.low), min(high, self.high)
        if first > last:
            return None
        if self.bits is None:
            return Offsets(first, last)
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
    Offsets(low=0, high=5, bits=None)
    """
    low, high = min(s.low for s in sets), max(s.high for s in sets)
    if _is_interval(sets):
        return Offsets(low, high)
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


@lru_cache(maxsize=4096)
def union_count(boxes: tuple[Box, ...]) -> int:
    """Positions in at least one of the boxes.

    Along the first axis, positions that lie in the same boxes are alike: each such class is counted once, and
    what remains is the same question with one axis less.

    >>> union_count(((Offsets(0, 2), Offsets(1, 1)), (Offsets(1, 1), Offsets(0, 2))))
    5
    """
    if len(boxes) == 1:
        return prod(s.members for s in boxes[0])
    if not boxes[0]:
        return 1
    total = 0
    for count, members in _classes([box[0] for box in boxes]):
        total += count * union_count(prune(boxes[i][1:] for i in members))
    return total


def _classes(sets: Sequence[Offsets]) -> list[tuple[int, tuple[int, ...]]]:
    """(how many, in which sets) for every group of positions that lie in the same sets."""
    low = min(s.low for s in sets)
    masks = [s.mask << (s.low - low) for s in sets]
    everything = 0
    for mask in masks:
        everything |= mask
    classes: list[tuple[int, tuple[int, ...]]] = [(everything, ())]
    for i, mask in enumerate(masks):
        split: list[tuple[int, tuple[int, ...]]] = []
        for members, inside in classes:
            if both := members & mask:
                split.append((both, (*inside, i)))
            if rest := members & ~mask:
                split.append((rest, inside))
        classes = split
    return [(members.bit_count(), inside) for members, inside in classes]
