"""Numbers as people read them are close to what they stand for, and never mislead."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.words.numbers import apart, percent, si

if TYPE_CHECKING:
    from archcost.words.numbers import Units

PREFIXES = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24, "R": 27, "Q": 30}


@given(st.integers(0, 10**33 - 10**29))
def test_four_digits_and_a_prefix_are_within_half_a_digit(number: int) -> None:
    digits, _, prefix = si(number).partition(" ")
    value = Fraction(digits) * 10 ** PREFIXES[prefix]
    assert abs(value - number) <= Fraction(number, 2000)
    assert prefix == "" or len(digits.replace(".", "")) == 4
    assert Fraction(digits) < 1000


@given(st.integers(0, 999))
def test_below_a_thousand_nothing_is_rounded(number: int) -> None:
    assert si(number) == str(number)


@pytest.mark.parametrize(
    ("number", "text"),
    [(999, "999"), (1000, "1.000 k"), (999_949, "999.9 k"), (999_950, "1.000 M"), (10**33, "1000 Q")],
)
def test_a_number_that_rounds_up_to_the_next_prefix_takes_it(number: int, text: str) -> None:
    assert si(number) == text


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_within_half_a_tenth(part: int, whole: int) -> None:
    part = min(part, whole)
    text = percent(part, whole)
    exact = Fraction(100 * part, whole)
    if text[0] in "<>":
        assert 0 < exact < Fraction(1, 20) or Fraction(1999, 20) <= exact < 100
    else:
        assert abs(Fraction(text) - exact) <= Fraction(1, 20)
    assert (text == "0") is (part == 0)
    assert (text == "100.0") is (part == whole)


@given(
    st.integers(0, 10**15),
    st.integers(-1000, 1000) | st.fractions(-(10**15), 10**15, max_denominator=10**6),
    st.sampled_from(["si", "raw"]),
)
def test_a_number_and_a_limit_that_differ_never_read_alike(
    measured: int, distance: int | Fraction, units: Units
) -> None:
    limit = measured + distance
    number, bound = apart(measured, limit, units)
    assert (number == bound) is (measured == limit)


@given(st.integers(-(10**12), 10**12), st.integers(1, 1000))
def test_a_limit_of_which_more_digits_follow_says_so(numerator: int, denominator: int) -> None:
    limit = Fraction(numerator, denominator)
    _, bound = apart(0, limit, "raw")
    read = Fraction(bound.removesuffix("…"))
    assert abs(read) <= abs(limit) < abs(read) + Fraction(1, 1000)
    assert bound.startswith("-") is (limit < 0)
    assert bound.endswith("…") is (read != limit)
