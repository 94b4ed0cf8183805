"""Tables that fit: which columns stay, what is cut, and what is said about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabulate import SEPARATING_LINE, tabulate

from archcost.words.fit import width
from archcost.words.style import Style
from archcost.words.tables import Head, Table, grid, piped, pipes

HEADS = [
    Head("layer", least=12),
    Head("kind", rank=3, least=8, cuts="end"),
    Head("output", rank=1),
    Head("params", right=True),
    Head("", right=True, rank=2, follows=True, name="params ×"),
    Head("memory access", right=True, rank=4),
]
ROWS = [
    ["stage.0.unit.conv_bn.conv", "conv", "64×56×56", "36.86 k", "0.118×", "1.204 M"],
    ["stage.0.unit.conv_bn.batch_norm", "batch_norm", "64×56×56", "128", "1×", "401.5 k"],
    ["stage.1.unit.conv_bn.conv", "conv", "128×28×28", "73.73 k", "0.5×", "602.2 k"],
]


def shown(most: int | None, *, chooses: bool = False) -> list[str]:
    return grid(Table(HEADS, ROWS, chooses=chooses), Style(width=most))


def test_a_pipe_gets_everything() -> None:
    assert shown(None) == [
        "layer                            kind        output       params            memory access",
        "-------------------------------  ----------  ---------  --------  ------  ---------------",
        "stage.0.unit.conv_bn.conv        conv        64×56×56    36.86 k  0.118×          1.204 M",
        "stage.0.unit.conv_bn.batch_norm  batch_norm  64×56×56        128      1×          401.5 k",
        "stage.1.unit.conv_bn.conv        conv        128×28×28   73.73 k    0.5×          602.2 k",
    ]
    assert shown(89) == shown(None)


@pytest.mark.parametrize("most", [88, 80])
def test_headings_break_before_a_column_leaves(most: int) -> None:
    assert shown(most) == [
        "                                                                          memory",
        "layer                            kind        output      params           access",
        "-------------------------------  ----------  ---------  -------  ------  -------",
        "stage.0.unit.conv_bn.conv        conv        64×56×56   36.86 k  0.118×  1.204 M",
        "stage.0.unit.conv_bn.batch_norm  batch_norm  64×56×56       128      1×  401.5 k",
        "stage.1.unit.conv_bn.conv        conv        128×28×28  73.73 k    0.5×  602.2 k",
    ]


@pytest.mark.parametrize("most", [79, 71])
def test_the_least_important_leave_first_and_it_is_said(most: int) -> None:
    assert shown(most) == [
        "layer                            kind        output      params",
        "-------------------------------  ----------  ---------  -------  ------",
        "stage.0.unit.conv_bn.conv        conv        64×56×56   36.86 k  0.118×",
        "stage.0.unit.conv_bn.batch_norm  batch_norm  64×56×56       128      1×",
        "stage.1.unit.conv_bn.conv        conv        128×28×28  73.73 k    0.5×",
        "left out: memory access; --width 80 shows all",
    ]


def test_words_are_cut_if_the_column_can_stay_so() -> None:
    assert shown(69)[2:] == [
        "stage.0.unit.conv_bn.conv        conv      64×56×56   36.86 k  0.118×",
        "stage.0.unit.conv_bn.batch_norm  batch_n…  64×56×56       128      1×",
        "stage.1.unit.conv_bn.conv        conv      128×28×28  73.73 k    0.5×",
        "left out: memory access; cut: kind; --width 80 shows all",
    ]


def test_names_are_cut_only_when_nothing_else_is_left() -> None:
    assert shown(42) == [
        "layer                             params",
        "-------------------------------  -------",
        "stage.0.unit.conv_bn.conv        36.86 k",
        "stage.0.unit.conv_bn.batch_norm      128",
        "stage.1.unit.conv_bn.conv        73.73 k",
        "left out: kind, output, params ×, memory",
        "  access; --width 80 shows all",
    ]
    assert shown(30) == [
        "layer                   params",
        "---------------------  -------",
        "stage.0….conv_bn.conv  36.86 k",
        "stage.0….batch_norm        128",
        "stage.1….conv_bn.conv  73.73 k",
        "left out: kind, output, params",
        "  ×, memory access; cut:",
        "  layer; --width 80 shows all",
    ]


def test_what_explains_a_column_is_nothing_without_it() -> None:
    heads = [Head("layer"), Head("peak", rank=2, right=True), Head("×", rank=3, follows=True)]
    rows = [["conv", "a very large number", "1×"]]
    assert grid(Table(heads, rows), Style(width=24))[:3] == ["layer", "-----", "conv"]


def test_the_note_names_the_option_that_chooses() -> None:
    assert shown(42, chooses=True)[5:] == [
        "left out: kind, output, params ×, memory",
        "  access; --width 80 shows all, --columns",
        "  chooses",
    ]


def test_a_table_of_nothing_but_what_must_stay_still_fits() -> None:
    rows = [["conv", "9" * 30, "9" * 30]]
    heads = [Head("layer", least=12), Head("params", right=True), Head("MACs", right=True)]
    lines = grid(Table(heads, rows), Style(width=40))
    assert lines[2] == f"conv   {'9' * 30}"
    assert lines[3:] == ["left out: MACs; --width 69 shows all"]


def test_wide_signs_stand_in_line() -> None:
    rows = [["卷积", "1"], ["e\u0301", "10"]]
    assert grid(Table([Head("layer"), Head("n", right=True)], rows), Style()) == [
        "layer      n",
        "-------  ---",
        "卷积       1",
        "e\u0301         10",
    ]


cells = st.text(st.sampled_from("abc.卷e\u03010 "), max_size=30).map(str.strip)


@given(st.lists(st.lists(cells, min_size=6, max_size=6), max_size=8), st.integers(24, 130), st.booleans())
def test_no_line_is_too_wide(rows: list[list[str]], most: int, narrow: bool) -> None:
    total = ["total", "", "", "9", "1×", "9"]
    lines = grid(Table(HEADS, rows, total, narrow=narrow), Style(width=most))
    assert all(width(line) <= most for line in lines)
    assert "layer" in lines[0] or "layer" in lines[1]


plain = st.text(st.sampled_from("abc.×9"), min_size=1, max_size=12)


@given(st.lists(st.tuples(plain, plain), min_size=1, max_size=6))
def test_without_a_width_it_is_the_table_that_others_make(rows: list[tuple[str, str]]) -> None:
    heads, align = [Head("name"), Head("number", right=True)], ["left", "right"]
    theirs = tabulate(rows, ["name", "number"], "simple", colalign=align, disable_numparse=True)
    assert grid(Table(heads, rows), Style()) == [line.rstrip() for line in theirs.splitlines()]
    assert pipes(rows, ["name", "number"], align) == tabulate(
        rows, ["name", "number"], "pipe", colalign=align, disable_numparse=True
    )
    table = [*rows, SEPARATING_LINE, ["total", "9"]]
    theirs = tabulate(table, ["name", "number"], "simple", colalign=align, disable_numparse=True)
    assert grid(Table(heads, rows, ["total", "9"]), Style()) == [
        line.rstrip() for line in theirs.splitlines()
    ]


@pytest.mark.parametrize("rows", [[], [["conv", "9"]]])
def test_a_painted_table_has_the_same_words(rows: list[list[str]]) -> None:
    heads = [Head("layer"), Head("params", right=True)]
    painted = grid(Table(heads, rows, ["total", "9"]), Style(colour=True))
    assert [width(line) for line in painted] == [
        width(line) for line in grid(Table(heads, rows, ["total", "9"]), Style())
    ]
    assert painted[0].startswith("\x1b[1m")


def test_in_markdown_names_are_code_and_words_mean_nothing() -> None:
    rows = [["a_*", "b *c*", "1"], ["", "", ""]]
    assert piped(
        Table([Head("name", least=8), Head("what"), Head("n", right=True)], rows, ["total", "", "1"])
    ) == (
        "| name      | what    |     n |\n"
        "|:----------|:--------|------:|\n"
        "| `a_*`     | b \\*c\\* |     1 |\n"
        "|           |         |       |\n"
        "| **total** |         | **1** |"
    )
