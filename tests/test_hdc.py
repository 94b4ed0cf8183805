"""Holes and published rules, against sums of taps that are enumerated one by one."""

from __future__ import annotations

from collections import Counter
from itertools import combinations_with_replacement, permutations, product
from math import gcd
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.dilation.published_rules import Verdict, is_complete, path_counts, published_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

Layers = list[tuple[int, int]]

layers = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 12)), min_size=1, max_size=5)


def enumerated(layers: Sequence[tuple[int, int]]) -> Counter[int]:
    """How often each position is hit, path by path."""
    return Counter(map(sum, product(*(range(0, kernel * rate, rate) for kernel, rate in layers))))


def covers(layers: Sequence[tuple[int, int]]) -> bool:
    hit = enumerated(layers)
    return len(hit) == max(hit) + 1


def distance(rates: Sequence[int], kernel: int) -> bool | None:
    """What the rule about the maximum distance says."""
    return published_rules(rates, [kernel] * len(rates))[0].holds


def said(rates: Sequence[int], kernel: int = 3) -> list[bool | None]:
    """What each rule says of a stack of one kernel."""
    return [verdict.holds for verdict in published_rules(rates, [kernel] * len(rates))]


def complete(rates: Sequence[int], kernel: int = 3) -> bool:
    """The exact answer, once it agrees with enumeration."""
    layers = [(kernel, rate) for rate in rates]
    assert is_complete(layers) == covers(layers)
    return is_complete(layers)


@given(layers)
def test_a_stack_is_complete_if_its_sums_leave_nothing_out(layers: Layers) -> None:
    assert is_complete(layers) == covers(layers)


@given(layers)
def test_path_counts_are_how_often_sums_occur(layers: Layers) -> None:
    hit = enumerated(layers)
    assert path_counts(layers) == tuple(hit[x] for x in range(max(hit) + 1))


@given(layers, st.randoms(use_true_random=False))
def test_the_order_of_the_layers_does_not_matter(layers: Layers, random: Random) -> None:
    shuffled = layers.copy()
    random.shuffle(shuffled)
    assert path_counts(shuffled) == path_counts(layers)


def test_path_counts_stay_exact_where_floats_do_not() -> None:
    counts = path_counts([(3, 1)] * 60)
    assert sum(counts) == 3**60
    assert len(counts) == 121


# -- where the published rules mislead ----------------------------------------------------------------------


def test_the_paper_s_own_picture_of_gridding_obeys_the_distance() -> None:
    assert said([2, 2, 2]) == [True, False, False]
    assert not complete([2, 2, 2])


@pytest.mark.parametrize("rates", [[9, 2, 1], [2, 3]])
def test_the_distance_never_looks_at_the_first_rate(rates: list[int]) -> None:
    assert distance(rates, 3)
    assert not complete(rates)


def test_the_distance_takes_every_kernel_for_3() -> None:
    assert distance([1, 1, 4], 2)
    assert not complete([1, 1, 4], 2)
    assert published_rules([1, 5, 25], [5] * 3)[0] == Verdict(
        "maximum distance", holds=False, reason="M_2 = 15 > K = 5"
    )
    assert complete([1, 5, 25], 5)


@pytest.mark.parametrize("rates", [[2, 5, 1], [1, 3, 1]])
def test_the_distance_changes_with_the_order_while_coverage_does_not(rates: list[int]) -> None:
    assert not distance(rates, 3)
    assert distance(sorted(rates), 3)
    assert complete(rates)
    assert complete(sorted(rates))


def test_a_factor_that_some_rates_share_proves_nothing() -> None:
    factor = published_rules([1, 2, 4, 8], [3] * 4)[1]
    assert factor.holds  # judged as published: of all rates, 1 included
    assert complete([1, 2, 4, 8])
    assert gcd(2, 4, 8) == 2
    assert said([3, 4, 5])[1]
    assert not complete([3, 4, 5])


@given(st.integers(2, 5), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_a_factor_that_all_rates_share_leaves_holes(factor: int, rates: list[int]) -> None:
    assert not complete([factor * rate for rate in rates])


@pytest.mark.parametrize(
    ("count", "obeying", "with_holes", "rejected"), [(3, 171, 124, 38), (4, 1260, 740, 929)]
)
def test_how_often_the_distance_is_wrong(count: int, obeying: int, with_holes: int, rejected: int) -> None:
    stacks = [
        (bool(distance(rates, 3)), covers([(3, rate) for rate in rates]))
        for rates in product(range(1, 10), repeat=count)
    ]
    assert sum(obeys for obeys, _ in stacks) == obeying
    assert stacks.count((True, False)) == with_holes
    assert stacks.count((False, True)) == rejected


@pytest.mark.parametrize("count", [2, 3, 4])
def test_from_1_on_and_never_falling_the_distance_is_right(count: int) -> None:
    for rest in combinations_with_replacement(range(1, 10), count - 1):
        assert distance([1, *rest], 3) == complete([1, *rest])


# -- what the rules say -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rates", "holds", "reason"),
    [
        ([1, 2, 5], True, "1, 2, 5 rises once"),
        ([1, 2, 5, 1, 2, 5], True, "1, 2, 5 rises 2 times"),
        ([1, 2, 5, 1, 2], False, "1, 2 is not 1, 2, 5 again"),
        ([1, 2, 1, 3], False, "1, 3 is not 1, 2 again"),
        ([1, 1, 3], False, "1 after 1 does not rise"),
        ([2, 2, 2], False, "2 after 2 does not rise"),
        ([5, 2, 1], False, "2 after 5 does not rise"),
        ([1, 3, 1], False, "1 after 3 does not rise"),
        ([4], None, "an edge takes two layers"),
        ([], None, "an edge takes two layers"),
    ],
)
def test_a_sawtooth_is_one_rising_edge_again_and_again(
    rates: list[int], holds: bool | None, reason: str
) -> None:
    assert published_rules(rates, [3] * len(rates))[2] == Verdict("sawtooth", holds, reason)


def test_a_lone_layer_has_no_distance_but_a_factor() -> None:
    assert said([1]) == [None, True, None]
    assert said([2]) == [None, False, None]


def test_without_a_kernel_above_1_the_rules_say_nothing() -> None:
    assert said([3, 6], 1) == [None, None, None]


def test_a_kernel_of_1_is_looked_past() -> None:
    assert published_rules([1, 2, 7, 5], [3, 3, 1, 3]) == published_rules([1, 2, 5], [3, 3, 3])
    assert is_complete([(1, 100), (3, 1)])


def test_unequal_kernels_have_no_distance_but_the_other_rules() -> None:
    distance, factor, sawtooth = published_rules([2, 4], [3, 5])
    assert distance == Verdict("maximum distance", None, "the rule has one K, the kernels are 3, 5")
    assert factor == Verdict("no common factor", holds=False, reason="the greatest common divisor is 2")
    assert sawtooth.holds


def test_the_distance_is_the_recurrence_worked_by_hand() -> None:
    # M_4 = 7; M_3 = max(7 − 8, 8 − 7, 4) = 4; M_2 = max(4 − 6, 6 − 4, 3) = 3
    assert published_rules([1, 3, 4, 7], [3] * 4)[0].reason == "M_2 = 3 ≤ K = 3"


def test_every_order_of_a_complete_stack_is_complete() -> None:
    assert all(complete(rates) for rates in permutations([1, 2, 5]))
