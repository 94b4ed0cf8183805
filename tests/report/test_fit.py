"""Columns of a terminal: widths counted by hand, lines that fit, names that can be told apart."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.words.fit import cut, fitted, paragraph, shortened, width, wrapped
from archcost.words.style import Style

WIDTHS = {
    "conv": 4,
    "": 0,
    "3×224×224 …": 11,
    "卷积": 4,
    "カタカナ": 8,
    "ｶﾀｶﾅ": 4,
    "한글": 4,
    "한": 2,  # the same syllable, put together from its letters
    "é": 1,
    "ë̄": 1,
    "a\u200db": 2,
    "🙂": 2,
    "❤\ufe0f": 2,
    "\x1b[31;1merror\x1b[0m: x": 8,
}
"""Text -> columns, as a terminal that follows Unicode shows it."""


@pytest.mark.parametrize("text", WIDTHS)
def test_wide_signs_take_two_columns_and_marks_none(text: str) -> None:
    assert width(text) == WIDTHS[text]


texts = st.text(st.sampled_from("ab.:  -é\u0301卷🙂%k9"), max_size=80)


@given(texts, st.integers(24, 60), st.booleans())
def test_no_line_is_too_wide_and_no_word_is_lost(text: str, most: int, painted: bool) -> None:
    line = Style(colour=painted).paint(text, "bold")
    lines = wrapped(line, most)
    assert all(width(one) <= most for one in lines)
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", one) for one in lines]
    assert "".join("".join(plain).split()) == "".join(text.split())


@given(texts, st.integers(24, 60))
def test_what_fits_stays_as_it_is(text: str, most: int) -> None:
    if width(text) <= most:
        assert wrapped(text, most) == [text]
    assert wrapped(text, None) == [text]


def test_a_sentence_breaks_at_blanks_and_goes_on_further_right() -> None:
    assert wrapped("  limit: max_params: 80k, set at archcost.yaml:4:17", 30) == [
        "  limit: max_params: 80k, set",
        "    at archcost.yaml:4:17",
    ]


def test_a_number_keeps_its_unit() -> None:
    assert wrapped("the weights are 102.2 MB, that is 12.1 % of it", 22) == [
        "the weights are",
        "  102.2 MB, that is",
        "  12.1 % of it",
    ]


def test_a_word_that_fits_on_no_line_breaks_behind_a_separator() -> None:
    path = "stage.1.0.bottleneck.shortcut.conv_bn.conv: odd"
    assert wrapped(path, 24) == ["stage.1.0.bottleneck.", "  shortcut.conv_bn.conv:", "  odd"]


def test_a_colour_ends_with_the_line_and_goes_on_in_the_next() -> None:
    assert wrapped(f"a: {Style(colour=True).paint('one two three four five six', 'dim')}", 24) == [
        "a: \x1b[2mone two three four\x1b[0m",
        "  \x1b[2mfive six\x1b[0m",
    ]


def test_lines_of_a_paragraph_that_fit_are_left_alone() -> None:
    lines = ["One sentence. And", "another."]
    assert paragraph(lines, 20) == lines
    assert paragraph(lines, None) == lines
    assert paragraph(lines, 15) == ["One sentence.", "And another."]


def test_a_text_keeps_its_empty_lines() -> None:
    assert fitted("ab cd ef\n\nd\n", 6) == "ab cd\n  ef\n\nd\n"


def test_words_are_cut_at_their_end() -> None:
    assert cut("batch_norm", 10) == "batch_norm"
    assert cut("batch_norm + relu", 10) == "batch_nor…"
    assert cut("卷积层卷积层", 6) == "卷积…"


# -- names ------------------------------------------------------------------------------------------------

PATHS = [f"stage.{i}.{j}.unit.conv_bn_{k}.conv" for i in range(4) for j in range(4) for k in range(1, 4)]


def meant(short: str, names: list[str]) -> list[str]:
    """The names that a reader may take a short one for: the ellipsis stands for anything."""
    return [name for name in names if fnmatchcase(name, short.replace("…", "*"))]


@pytest.mark.parametrize("most", [30, 24, 20, 16])
def test_a_short_path_can_only_mean_one(most: int) -> None:
    short = shortened(PATHS, most)
    assert all(width(one) <= most for one in short)
    assert [meant(one, PATHS) for one in short] == [[path] for path in PATHS]


def test_whole_segments_are_kept_where_they_fit() -> None:
    assert shortened(PATHS, 26)[0] == "stage.0.0….conv_bn_1.conv"


def test_where_nothing_can_be_told_apart_names_are_numbered() -> None:
    names = [f"{'a' * 30}{i:02}{'z' * 30}" for i in range(40)]
    short = shortened(names, 9)
    assert short[:2] == ["aaaaaa…#1", "aaaaaa…#2"]
    assert len(set(short)) == len(names)


def test_equal_names_stay_equal_and_short_ones_whole() -> None:
    names = ["  deep.nested.block.with.names", "conv", "  deep.nested.block.with.names"]
    assert shortened(names, 20) == ["  deep.nested….names", "conv", "  deep.nested….names"]


def test_indents_give_way_before_names_do() -> None:
    assert shortened([" " * 40 + "conv"], 12) == [" " * 8 + "conv"]
    assert shortened([" " * 40 + "batch_norm"], 12) == [" " * 6 + "ba…orm"]


@given(
    st.lists(
        st.text(st.sampled_from("ab.é卷"), min_size=1, max_size=30), min_size=1, max_size=12, unique=True
    ),
    st.integers(12, 20),
)
def test_different_names_stay_different(names: list[str], most: int) -> None:
    short = shortened(names, most)
    assert all(width(one) <= most for one in short)
    assert len(set(short)) == len(names)
