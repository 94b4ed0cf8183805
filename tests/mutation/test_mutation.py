"""The changes are those that are meant, and what is said of them is found again."""

from __future__ import annotations

import numpy as np
import pytest

from tests.mutation.changes import changes
from tests.mutation.equivalent import EQUIVALENT, key, reason
from tests.mutation.lines import noting
from tests.mutation.tree import ROOT

MADE: dict[str, set[str]] = {
    "f(a) < 2": {"(f(a) <= 2)", "(f(a) > 2)", "3", "1"},
    "not a": {"(a)"},
    "a and b": {"(a or b)", "(a)", "(b)"},
    "g(a, b)": {"(g(b, a))"},
    "min(a, b)": {"(max(a, b))"},
    "min(a, b, key=c)": {"(max(a, b, key=c))", "(min(b, a, key=c))", "(min(a, b))"},
    "a if b else c": {"(a)", "(c)", "(not (b))"},
    "f(a, key=True)": {"(f(a))", "False"},
    "f(a, strict=True)": set(),
    "f(a, strict=False)": {"True"},
    "x[a:b]": {"x[:b]", "x[a:]"},
    "[a, b]": {"[a]", "[b]"},
    "[a for a in b if a]": {"[a for a in b]"},
    "a // b": {"(a * b)"},
    "'text'": set(),
    "f'{a + 1}'": set(),
}


@pytest.mark.parametrize("source", [b"", b'"""Text."""\n'])
def test_a_module_may_have_no_statement(source: bytes) -> None:
    assert noting(source, "a.py").co_filename == "a.py"


@pytest.mark.parametrize("expression", MADE)
def test_an_expression_is_changed_in_all_small_ways(expression: str) -> None:
    assert {one.after for one in changes("a.py", f"x = {expression}\n")} == MADE[expression]


def test_a_statement_is_left_out_and_text_for_readers_stays() -> None:
    source = (
        '"""Says 1."""\n\ndef f(x: tuple[int, ...] = ()) -> int:\n    """Says 2."""\n    g(x)\n    return x\n'
    )
    (left_out,) = changes("a.py", source)
    assert left_out.made(source.encode()).decode() == source.replace("g(x)", "pass")
    assert str(left_out) == "a.py:5: statement left out: g(x) → pass"


def test_places_are_counted_in_bytes() -> None:
    source = 'x = "×", 1\n'
    made = {one.made(source.encode()).decode() for one in changes("a.py", source) if one.what == "constant"}
    assert made == {'x = "×", 2\n', 'x = "×", 0\n'}


def test_another_text_of_the_same_program_is_no_change() -> None:
    (turned, *_) = [one for one in changes("a.py", "x = a if b else c\n") if one.after == "(a)"]
    assert turned.makes_another_program(b"x = a if b else c\n")
    assert not turned._replace(after="(a if b else c)").makes_another_program(b"x = a if b else c\n")
    assert not turned._replace(after="a if").makes_another_program(b"x = a if b else c\n")


def test_statements_note_that_they_ran() -> None:
    source = (
        '"""Text."""\nfrom __future__ import annotations\na = 1\nif a > 1:\n    b = 2\nelse:\n    b = 3\n'
    )
    ran: dict[str, bytearray] = {}

    def begin(path: str, lines: int) -> bytearray:
        return ran.setdefault(path, bytearray(lines))

    names: dict[str, object] = {"_archcost_begin": begin}
    exec(noting(source.encode(), "a.py"), names)  # noqa: S102 - the lines above
    assert [line for line, did in enumerate(ran["a.py"]) if did] == [3, 4, 7]
    assert names["b"] == 3


def known(path: str) -> set[tuple[str, str, str]]:
    """All changes of a file, as the list of those that are none names them."""
    text = (ROOT / path).read_text("utf-8")
    return {key(one, text) for one in changes(path, text)}


def test_the_changes_that_are_none_can_still_be_made() -> None:
    files = {path: known(path) for path, _, _ in EQUIVALENT}
    assert [one for one in EQUIVALENT if one not in files[one[0]]] == []


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("x.reshape(n, -1)", True),
        ("x.reshape(1)", False),
        ("x.reshape(n)[-1]", False),
        ("f(x.reshape(n), -1)", False),
    ],
)
def test_a_size_that_numpy_finds_out_is_any_negative_number(source: str, *, known: bool) -> None:
    reasons = [reason(one, source) for one in changes("a.py", source) if one.after == "2"]
    assert [why is not None for why in reasons] == [known]
    assert np.zeros(6).reshape(3, -2).shape == (3, 2)
