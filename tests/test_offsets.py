"""Sets of positions, against Python's own sets."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archcost.windows.offsets import Offsets, hull, prune, union_count, unite

POSITIONS = st.sets(st.integers(-6, 9), min_size=1)
INTERVALS = st.tuples(st.integers(-6, 9), st.integers(0, 5)).map(lambda one: {*range(one[0], sum(one) + 1)})
SETS = POSITIONS | INTERVALS
BOXES = st.lists(st.tuples(SETS, SETS, SETS), min_size=1, max_size=4)


def there(found: Offsets | None) -> set[int]:
    """Its positions, one by one; it is as short as it can be said."""
    if found is None:
        return set()
    read = {found.low + i for i in range(found.mask.bit_length()) if found.mask >> i & 1}
    assert (min(read), max(read), len(read)) == (found.low, found.high, found.members)
    assert (found.bits is None) == (len(read) == found.size == max(read) - min(read) + 1)
    assert not found.bounded
    return read


@given(SETS, st.integers(-3, 3), st.integers(0, 9), st.integers(1, 5))
@example({3, 5}, 0, 1, 2)
def test_a_set_is_moved_and_repeated(positions: set[int], by: int, gap: int, times: int) -> None:
    offsets = Offsets.of(positions)
    assert there(offsets) == positions
    assert there(offsets.moved(by)) == {p + by for p in positions}
    assert there(offsets.repeated(gap, times)) == {p + gap * k for p in positions for k in range(times)}


@given(SETS, st.integers(-8, 12), st.integers(-8, 12))
def test_what_lies_within_two_ends_is_kept_and_both_ends_are_in(
    positions: set[int], low: int, high: int
) -> None:
    assert there(Offsets.of(positions).within(low, high)) == {p for p in positions if low <= p <= high}


@given(SETS, SETS, SETS)
@example({3, 5}, {4, 6}, {3})
def test_sets_are_united_and_compared(a: set[int], b: set[int], c: set[int]) -> None:
    one, two, three = map(Offsets.of, (a, b, c))
    assert there(unite([one, two, three])) == a | b | c
    assert one.covers(two) == (a >= b)
    assert unite([one, two]).covers(two)


@given(BOXES)
def test_the_union_of_boxes_is_counted_and_has_its_ends(boxes: list[tuple[set[int], ...]]) -> None:
    read = {place for box in boxes for place in product(*box)}
    made = [tuple(map(Offsets.of, box)) for box in boxes]
    assert union_count(tuple(made)) == len(read)
    kept = prune(made)
    assert union_count(kept) == len(read)
    assert not any(
        one is not other and all(a.covers(b) for a, b in zip(one, other, strict=True))
        for one, other in product(kept, repeat=2)
    )
    assert hull(made) == tuple((min(axis), max(axis)) for axis in zip(*read, strict=True))


@pytest.mark.parametrize(("apart", "bounded"), [(7, False), (8, True)])
def test_holes_in_sets_that_are_too_long_are_not_followed_and_that_is_said(
    apart: int, *, bounded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archcost.windows.offsets.POSITIONS", 8)
    for found in (unite([Offsets(0, 0), Offsets(apart, apart)]), Offsets(0, 0).repeated(apart, 2)):
        assert (found.low, found.high, found.bounded) == (0, apart, bounded)
        assert found.members == (apart + 1 if bounded else 2)
        assert unite([found, Offsets(1, apart)]).bounded == bounded


def test_intervals_may_be_as_long_as_they_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archcost.windows.offsets.POSITIONS", 8)
    assert unite([Offsets(0, 20), Offsets(2, 3), Offsets(21, 30)]) == Offsets(0, 30)
    assert Offsets(0, 20).repeated(21, 2) == Offsets(0, 20).repeated(5, 5)._replace(high=41)
    assert Offsets(0, 20).repeated(30, 1) == Offsets(0, 20)


def test_a_union_that_takes_too_long_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sets along the first axis, one of which ends within the other: three groups, four members."""
    crossed = ((Offsets(0, 70), Offsets(0, 10)), (Offsets(50, 90), Offsets(5, 20)))
    whole = 71 * 11 + 41 * 16 - 21 * 6
    for work, counted in ((2, None), (20, whole)):
        monkeypatch.setattr("archcost.windows.offsets.WORK", work)
        union_count.cache_clear()
        assert union_count(crossed) == counted
    union_count.cache_clear()
