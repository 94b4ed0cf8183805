"""Alignments of sequences, against a table of all beginnings."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.review import alignment
from archcost.review.alignment import ascending, best, common

if TYPE_CHECKING:
    from collections.abc import Sequence

sequences = st.lists(st.integers(0, 3), max_size=9)


def longest(a: Sequence[int], b: Sequence[int]) -> int:
    """The length of the longest common subsequence."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def is_ascending(pairs: Sequence[tuple[int, int]]) -> bool:
    return all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))


@given(sequences, sequences)
def test_as_many_elements_are_common_as_can_be(a: list[int], b: list[int]) -> None:
    pairs = common(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert is_ascending(pairs)
    assert len(pairs) == longest(a, b)


@given(sequences, sequences)
def test_too_many_edits_still_give_an_alignment(a: list[int], b: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "MOST_EDITS", 1)
        pairs = common(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert is_ascending(pairs)


def test_sequences_that_share_their_elements_in_another_order_take_no_quadratic_time() -> None:
    many = 50_000
    pairs = common(range(many), [*range(many // 2, many), *range(many // 2)])
    assert len(pairs) == many // 2


@given(st.lists(st.integers(0, 9), max_size=8, unique=True))
def test_as_many_pairs_ascend_as_can(seconds: list[int]) -> None:
    pairs = ascending(list(enumerate(seconds)))
    assert is_ascending(pairs)
    assert len(pairs) == longest(seconds, sorted(seconds))


@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=4))
def test_the_best_pairs_have_the_largest_sum(scores: list[list[int]]) -> None:
    pairs = best(len(scores), 3, lambda i, j: scores[i][j])
    assert is_ascending(pairs)
    assert all(scores[i][j] for i, j in pairs)
    assert sum(scores[i][j] for i, j in pairs) == largest(scores, 0, 0)


def largest(scores: list[list[int]], i: int, j: int) -> int:
    """The largest sum from a row and a column on, by trying everything."""
    if i == len(scores) or j == 3:
        return 0
    taken = scores[i][j] + largest(scores, i + 1, j + 1)
    return max(taken, largest(scores, i + 1, j), largest(scores, i, j + 1))
