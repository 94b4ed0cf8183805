"""Amounts and limits: what they are worth exactly, and what is said about those that are none."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.analysis.measures import MEASURES
from archcost.config.amounts import read_limit
from archcost.config.bounds import BOUNDS, read
from archcost.config.read import budgets_of_flag
from archcost.errors import UsageError

if TYPE_CHECKING:
    from archcost.config.amounts import Unit

AMOUNTS: dict[str, tuple[str, int | Fraction, Unit]] = {
    "a whole number": ("331", 331, "count"),
    "nothing": ("0", 0, "count"),
    "a number with digits grouped by underscores": ("4_200_000", 4_200_000, "count"),
    "leading zeros are no octal": ("010", 10, "count"),
    "thousands": ("500k", 500_000, "count"),
    "thousands as people write them, too": ("500K", 500_000, "count"),
    "millions": ("26M", 26_000_000, "count"),
    "billions are giga": ("4.2G", 4_200_000_000, "count"),
    "tera": ("1.5T", 1_500_000_000_000, "count"),
    "peta": ("2P", 2 * 10**15, "count"),
    "a blank before the unit": ("4.2 G", 4_200_000_000, "count"),
    "blanks around it": (" 4.2G ", 4_200_000_000, "count"),
    "a number with an exponent": ("4.2e9", 4_200_000_000, "count"),
    "an exponent with its sign": ("42E+8", 4_200_000_000, "count"),
    "a decimal is exact": ("0.1", Fraction(1, 10), "count"),
    "a decimal may begin with its point": (".5", Fraction(1, 2), "count"),
    "a decimal unit of bytes": ("8MB", 8_000_000, "bytes"),
    "kilobytes in either case": ("64kB", 64_000, "bytes"),
    "kilobytes in capitals": ("64KB", 64_000, "bytes"),
    "gigabytes": ("10GB", 10_000_000_000, "bytes"),
    "a binary unit of bytes": ("8 MiB", 8 * 1024 * 1024, "bytes"),
    "half a gibibyte": ("0.5GiB", 512 * 1024 * 1024, "bytes"),
    "a share in percent": ("90%", Fraction(9, 10), "share"),
    "a blank before the percent sign": ("99.5 %", Fraction(995, 1000), "share"),
}


@pytest.mark.parametrize(("text", "value", "unit"), AMOUNTS.values(), ids=AMOUNTS)
def test_an_amount_is_worth(text: str, value: int | Fraction, unit: Unit) -> None:
    limit = read_limit(text)
    assert (limit.amount.value, limit.unit, limit.sign) == (value, unit, "")
    assert limit.against(None) == limit.against(7) == value
    assert limit.text == text.strip()


RELATIVE: dict[str, tuple[str, int, int | Fraction]] = {
    "five percent more": ("+5%", 1000, 1050),
    "five percent less": ("-5%", 1000, 950),
    "a share of the base is exact": ("+0.1%", 331, Fraction(331_331, 1000)),
    "a number more": ("+500k", 1_000_000, 1_500_000),
    "five more, not five percent": ("+5", 1000, 1005),
    "no more": ("+0", 331, 331),
    "no less": ("-0", 331, 331),
    "a number less": ("-16", 331, 315),
    "bytes more": ("+1MB", 7_000_000, 8_000_000),
    "less than there is": ("-16", 10, 0),
    "a blank after the sign": ("+ 5 %", 100, 105),
    "the minus sign of typography": ("\N{MINUS SIGN}5%", 100, 95),
    "a part of nothing": ("+5%", 0, 0),
}


@pytest.mark.parametrize(("text", "base", "value"), RELATIVE.values(), ids=RELATIVE)
def test_a_relative_limit_is_worth(text: str, base: int, value: int | Fraction) -> None:
    limit = read_limit(text)
    assert limit.is_relative
    assert limit.against(base) == value
    assert limit.against(None) is None


def test_a_relative_limit_gives_the_unit_it_takes() -> None:
    assert [read_limit(text).unit for text in ("+5%", "+5", "+1MB")] == ["count", "count", "bytes"]


@given(st.integers(0, 10**12), st.integers(0, 10**6), st.integers(0, 6), st.sampled_from(["+", "-"]))
def test_percents_are_worked_out_without_rounding(base: int, digits: int, places: int, sign: str) -> None:
    whole, part = divmod(digits, 10**places)
    text = f"{sign}{whole}.{part:0{places}}%" if places else f"{sign}{whole}%"
    scaled = 100 * 10**places
    worth = read_limit(text).against(base)
    assert worth is not None
    assert worth * scaled == max(0, base * (scaled + digits if sign == "+" else scaled - digits))


FORMS = "write 4.2G, 26M, 8MB, 8MiB, +5% or a whole number"

NO_AMOUNTS = {
    "an unknown unit": ("4.2X", FORMS),
    "no number": ("many", FORMS),
    "nothing at all": ("", FORMS),
    "a sign alone": ("+", FORMS),
    "a unit alone": ("MB", FORMS),
    "two signs": ("+-5", FORMS),
    "not a number": ("nan", FORMS),
    "infinite": ("inf", FORMS),
    "hexadecimal": ("0x10", FORMS),
    "a comparison": ("<4.2G", FORMS),
    "two points": ("4.2.1G", FORMS),
    "digits of another script": ("\N{ARABIC-INDIC DIGIT THREE}", FORMS),
    "a decimal comma": ("4,2G", "decimals have a point, 4.2G"),
    "commas between digits": ("4,200,000", "digits are grouped by underscores, 4_200_000"),
    "the thing counted": ("4.2 GMACs", "the name of the limit says what is counted, write 4.2G"),
    "parameters": ("26M params", "the name of the limit says what is counted, write 26M"),
    "FLOPs": ("4.2GFLOPs", "FLOPs mean 1 or 2 per MAC, depending on who counts; limit MACs, 4.2G"),
    "bits": ("8Mb", "Mb are bits; bytes are 8MB"),
    "small letters": ("8mb", "write 8MB"),
    "a small letter": ("4.2g", "write 4.2G"),
    "a binary prefix without bytes": ("4Mi", "write 4MiB for bytes, or 4M for a count in thousands"),
    "a lone B": ("7B", "it may be 7 billion or 7 bytes; write 7G, or bytes in kB and up"),
    "a word for a number": ("26 million", "write 26M"),
    "an exponent beyond reason": ("1e999999999999", "it is too large or too small"),
    "an exponent of a hundred": ("1e100", "it is too large or too small"),
    "next to nothing": ("+1e-99%", "it is too large or too small"),
}


@pytest.mark.parametrize(("text", "instead"), NO_AMOUNTS.values(), ids=NO_AMOUNTS)
def test_what_is_no_amount_says_what_to_write(text: str, instead: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        read_limit(text)
    assert str(caught.value) == f"'{text}' is no amount: {instead}"


def test_a_very_long_amount_is_cut_short_in_no_time() -> None:
    for text in ("9" * 10**6, "9_" * 10**6, "1e" + "9" * 10**6, "+" * 10**6, "9," * 10**6, "9 " * 10**6):
        with pytest.raises(ValueError, match="is no amount") as caught:
            read_limit(text)
        assert len(str(caught.value)) < 200


@given(st.text(max_size=70))
def test_any_text_is_a_limit_or_says_why_not(text: str) -> None:
    try:
        limit = read_limit(text)
    except ValueError as error:
        assert "is no amount: " in str(error)  # noqa: PT017 - most texts are none, some are
    else:
        assert limit.amount.value >= 0


@given(
    st.from_regex(r"[+-]?[0-9]{1,6}(\.[0-9]{1,6})?(e[0-9])? ?([kMGTP]|[kMGT]B|[KMGT]iB|%)?", fullmatch=True)
)
def test_whatever_looks_like_a_limit_is_one(text: str) -> None:
    assert read_limit(text).text == text.strip()


# -- what limits what ---------------------------------------------------------------------------------------


def test_every_cost_has_a_maximum_and_what_a_network_sees_a_minimum() -> None:
    assert {measure.name for measure in BOUNDS.values()} == set(MEASURES)
    assert [key for key in BOUNDS if key.startswith("min_")] == ["min_field", "min_coverage"]


FIT = {
    "operations are counted": ("max_macs", "4.2G"),
    "elements are counted": ("max_peak", "2M"),
    "elements have bytes": ("max_peak", "8MB"),
    "weights have bytes": ("max_params", "100MiB"),
    "more of them, too": ("max_params", "+1MB"),
    "a cost may have to fall": ("max_macs", "-5%"),
    "a field may have to grow": ("min_field", "+16"),
    "a share may be a decimal": ("min_coverage", "0.9"),
    "a share may be a percentage": ("min_coverage", "90%"),
    "a share may be all": ("min_coverage", "1"),
    "a share may fall by a part": ("min_coverage", "-5%"),
    "a share may fall by points": ("min_coverage", "-0.05"),
}


@pytest.mark.parametrize(("key", "text"), FIT.values(), ids=FIT)
def test_a_limit_fits_its_measure(key: str, text: str) -> None:
    assert read(BOUNDS[key], text).text == text


BYTES = "params, buffers, activations, memory_access, peak, best_peak"

UNFIT = {
    "bytes of operations": ("max_macs", "8MB", f"8MB are bytes, and only {BYTES} have bytes"),
    "a maximum in percent without a sign": (
        "max_macs",
        "5%",
        "5% of what? Write +5% if it may grow by that much against a base",
    ),
    "a minimum in percent without a sign": (
        "min_field",
        "5 %",
        "5 % of what? Write -5 % if it may fall by that much against a base",
    ),
    "half an operation": ("max_macs", "4.2", "4.2 is no whole number, and macs is one; write 4.2G"),
    "half a position less": ("min_field", "-0.5", "-0.5 is no whole number, and field is one; write 331"),
    "more than all": ("min_coverage", "90", "90 is more than coverage can be; write 90%"),
    "bytes of a share": ("min_coverage", "9kB", f"9kB are bytes, and only {BYTES} have bytes"),
}


@pytest.mark.parametrize(("key", "text", "complaint"), UNFIT.values(), ids=UNFIT)
def test_a_limit_that_does_not_fit_says_why(key: str, text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        budgets_of_flag(key, text)
    assert str(caught.value) == f"--{key.replace('_', '-')} {text}: {complaint}"


def test_a_flag_asks_something_of_every_spec() -> None:
    (budget,) = budgets_of_flag("max_macs", "4.2G")
    assert (budget.match, budget.level, budget.set_at, budget.place) == ((), "error", "--max-macs", None)
    assert budget.limit.against(None) == 4_200_000_000


def test_a_flag_may_have_a_number_for_each_axis() -> None:
    budgets = budgets_of_flag("min_field", "331x63")
    assert [(b.axis and b.axis.index, b.limit.against(None)) for b in budgets] == [(0, 331), (1, 63)]
