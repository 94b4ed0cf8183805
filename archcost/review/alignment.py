"""Which elements of two sequences are each other, in order: for sequences of any length, in little time."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

Pair = tuple[int, int]

MOST_EDITS = 400
"""Insertions and deletions up to which the longest common subsequence is found; the time grows squared."""


def common(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Pair]:
    """Positions of equal elements, ascending in both: as many as there can be, if few others are in between.

    >>> common("abcd", "abxd")
    [(0, 0), (1, 1), (3, 3)]

    With more than `MOST_EDITS` others it settles for a good answer, in time n log n.
    """
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    room = min(len(a), len(b)) - start
    same = next((i for i in range(room) if a[-1 - i] != b[-1 - i]), room)
    head = [(i, i) for i in range(start)]
    tail = [(len(a) - i, len(b) - i) for i in range(same, 0, -1)]
    return head + _between(a, b, start, same) + tail


def _between(a: Sequence[Hashable], b: Sequence[Hashable], start: int, same: int) -> list[Pair]:
    """The common elements of what is left, of which only those can matter that both sides have."""
    left = range(start, len(a) - same)
    right = range(start, len(b) - same)
    shared = {a[i] for i in left} & {b[j] for j in right}
    rows = [i for i in left if a[i] in shared]
    columns = [j for j in right if b[j] in shared]
    x, y = [a[i] for i in rows], [b[j] for j in columns]
    found = _longest(x, y)
    pairs = _in_turn(x, y) if found is None else found
    return [(rows[i], columns[j]) for i, j in pairs]


def _longest(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Pair] | None:
    """The longest common subsequence by Myers's greedy algorithm (1986); None if it takes too many edits."""
    reach = {1: 0}
    history: list[dict[int, int]] = []
    for edits in range(min(len(a) + len(b), MOST_EDITS) + 1):
        history.append(dict(reach))
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            while x < len(a) and x - k < len(b) and a[x] == b[x - k]:
                x += 1
            reach[k] = x
            if x >= len(a) and x - k >= len(b):
                return _traced(history, len(a), len(b))
    return None


def _traced(history: list[dict[int, int]], x: int, y: int) -> list[Pair]:
    """The pairs along the way that ends at `x` and `y`."""
    pairs: list[Pair] = []
    for edits in range(len(history) - 1, -1, -1):
        reach, k = history[edits], x - y
        down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
        before = k + 1 if down else k - 1
        start = reach[before] if edits else 0
        arrived = start if down or not edits else start + 1
        while x > arrived and y > 0:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = start, start - before
    return pairs[::-1]


def _in_turn(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Pair]:
    """The first of each kind with the first, the second with the second; of these, as many as ascend."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for j, element in enumerate(b):
        places[element].append(j)
    turns = {element: iter(found) for element, found in places.items()}
    pairs = [(i, next(turns[element], -1)) for i, element in enumerate(a) if element in turns]
    return ascending([pair for pair in pairs if pair[1] >= 0])


def ascending(pairs: Sequence[Pair]) -> list[Pair]:
    """Of pairs whose firsts ascend, the most whose seconds do, too.

    >>> ascending([(0, 2), (1, 0), (2, 1)])
    [(1, 0), (2, 1)]
    """
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [at]
    chosen: list[Pair] = []
    at = last[-1] if last else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]


def best(rows: int, columns: int, score: Callable[[int, int], int]) -> list[Pair]:
    """The ascending pairs with the largest sum of scores; those of score 0 are none. Few rows and columns.

    >>> best(2, 1, lambda i, j: (1, 5)[i])
    [(1, 0)]
    """
    scores = [[score(i, j) for j in range(columns)] for i in range(rows)]
    sums = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            paired = sums[i + 1][j + 1] + scores[i][j]
            sums[i][j] = max(sums[i + 1][j], sums[i][j + 1], paired)
    return list(_walk(scores, sums))


def _walk(scores: list[list[int]], sums: list[list[int]]) -> Iterator[Pair]:
    i = j = 0
    while i < len(scores) and j < len(scores[0]):
        if scores[i][j] and sums[i][j] == sums[i + 1][j + 1] + scores[i][j]:
            yield (i, j)
            i, j = i + 1, j + 1
        elif sums[i][j] == sums[i + 1][j]:
            i += 1
        else:
            j += 1
