"""Whatever specs, waivers and files are called: every format can be read, and text stays text."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from archcost.escape import cleaned, no_commands
from archcost.report.formats import RESULTS, write
from archcost.results.judgement import Against
from archcost.results.report import plain
from tests.report.judgements import complaint, judgement, limit, spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from archcost.results.judgement import Judgement

HOSTILE = (
    *("\n", "\r\n", "\t", "\0", "\x1b[31m", "\u2028", "\u202e", "\ufeff", "\ufffe", "\ud800", "\xa0", "π"),
    *("::error::x", "\n::error::x", "%0A::error::", "::", ",", ":100:", ":+1:", ":tada:", "##[error]x"),
    *("`", "``", "|", "\\", "*x*", "_x_", "~~x~~", "# x", "\n# x", "- x", "$x$", "&lt;", "{0}", "{{"),
    *("[x](http://x.y)", "![x](http://x.y/z.png)", "](http://x.y)", "<http://x.y>", "http://x.y", "www.x.yz"),
    *("me@x.yz", "@someone", "@org/team", "#12", "!12", "GH-12", "[x]: http://x.y", "[^1]", "[ ]"),
    *("<img src=x onerror=y>", "</details>", "<!--", "-->", "<script>", "]]>", "<?xml", '"', "'", "&amp;"),
    *("=1+1", "+1", "-1", "@SUM(A1)", ";"),
)
TEXT = st.lists(st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=6), max_size=6).map("".join)

AS_USUAL = settings(max_examples=40)


@st.composite
def judgements(draw: st.DrawFn) -> Judgement:
    """A judgement with some text wherever there can be one. Numbers and states are always the same."""
    text = draw(st.lists(TEXT, min_size=1, max_size=4))

    def some() -> str:
        return draw(st.sampled_from(text))

    def one(number: int, **changed: Any) -> Any:  # noqa: ANN401 - any field
        return complaint(
            some(), file=some(), node=some(), because=some(), rule=some(), line=number,
            details={some(): some()}, fingerprint=f"{number:016x}", **changed,
        )  # fmt: skip

    limits = (
        limit(kept=False, fingerprint=f"{1:016x}", set_at=some(), scope=some()),
        limit(set_at=some(), base=4 * 10**9),
        limit("+5%", kept=None, limit=None, axis=some()),
    )
    made = spec(
        some(),
        one(1),
        one(2, level="warn", fails=False),
        one(3, state="waived", fails=False),
        label=some(),
        name=some(),
        variant=some(),
        limits=limits,
        base={"params": 1},
    )
    against = Against(ref=some(), commit="ab" * 20)
    return judgement(made, against=against, rules=("gridding",), complaints=(one(4),))


def harmless(given: Judgement) -> Judgement:
    """The same with an `x` for every text, and still as many complaints."""

    def with_x(value: Any) -> Any:  # noqa: ANN401 - whatever a judgement holds
        found = cleaned(value)
        return replace(
            found, rule="x", message="x", file="x", node="x", because="x", details={"x": "x"}
        )  # fmt: skip

    (one,) = given.specs
    limits = tuple(
        replace(each, set_at="x", scope=each.scope and "x", axis=each.axis and "x") for each in one.limits
    )
    checked = replace(
        one, path="x", label="x", name="x", limits=limits, complaints=tuple(map(with_x, one.complaints))
    )
    return replace(given, specs=(checked,), complaints=tuple(map(with_x, given.complaints)))


@AS_USUAL
@given(judgements())
def test_every_format_is_unicode_that_can_be_written(made: Judgement) -> None:
    for form in RESULTS["judgement"]:
        assert write("judgement", made, form).encode("utf-8")


@AS_USUAL
@given(judgements())
def test_a_terminal_gets_as_many_lines_as_ever_and_nothing_it_would_obey(made: Judgement) -> None:
    shown = write("judgement", made, "text")
    assert all(line.isprintable() for line in shown.split("\n"))
    assert shown.count("\n") == write("judgement", harmless(made), "text").count("\n")


@AS_USUAL
@given(judgements())
def test_json_has_every_text_as_it_is(made: Judgement) -> None:
    document = json.loads(write("judgement", made, "json"))
    # Half of a pair of surrogates is no character, and is written as its number.
    expected = json.loads(re.sub(r"[\ud800-\udfff]", "<U+D800>", json.dumps(plain(made), ensure_ascii=False)))
    assert {key: document[key] for key in expected} == expected


@AS_USUAL
@given(judgements())
def test_a_csv_cell_is_the_text_and_no_formula(made: Judgement) -> None:
    rows = list(csv.DictReader(write("judgement", made, "csv").split("\n")))
    assert len(rows) == 3 + 2 + 1
    for row, one in zip(rows[3:], cleaned(made).all[1:], strict=True):
        assert row["message"].removeprefix("'") == no_commands(one.message).removeprefix("'")
        assert row["because"].removeprefix("'") == no_commands(one.because).removeprefix("'")
    cells = [cell for row in rows for name, cell in row.items() if name != "text"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


@AS_USUAL
@given(judgements())
def test_github_gets_one_command_per_complaint(made: Judgement) -> None:
    lines = write("judgement", made, "github").splitlines()
    assert [re.match(r"::(\w+) [^:]*?title=[^:,]*::", line) is not None for line in lines] == [True] * 3
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning"]


@AS_USUAL
@given(judgements())
def test_sarif_has_every_message_and_addresses_that_are_valid(made: Judgement) -> None:
    results = json.loads(write("judgement", made, "sarif"))["runs"][0]["results"]
    for result, one in zip(results, cleaned(made).all, strict=True):
        expected = (one.message or one.rule).replace("](", "] (")
        assert result["message"]["text"].startswith(expected)
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(file:///)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri)
        assert unquote(uri)


@AS_USUAL
@given(judgements())
@example(judgement(spec("a", complaint("\ufffe\x00"))))
def test_junit_is_xml_that_has_every_failure(made: Judgement) -> None:
    tree = ET.fromstring(write("judgement", made, "junit").encode())  # noqa: S314 - it is our own
    texts = " ".join(element.text or "" for element in tree.iter("failure"))
    # A parser reads line breaks as one character; there are none but ours.
    assert [one.message for one in cleaned(made).all if one.fails and one.message not in texts] == []


# -- Markdown -----------------------------------------------------------------------------------------------

PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
SAFE_HTML = re.compile(r"<details>\n<summary>[\w ,\\]+</summary>\n*|</details>\n*")
CALL = re.compile(r"(?<![\w`])@\w|(?<!\w)[#!]\d|\bGH-\d|:(\w*[A-Za-z]\w*|100|1234|[+-]1):|https?://|www\.\w")


def tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


@AS_USUAL
@given(judgements())
def test_markdown_has_no_link_no_picture_and_no_html_but_ours(made: Judgement) -> None:
    found = list(tokens(write("judgement", made, "markdown")))
    html = [token.content for token in found if token.type.startswith("html")]
    assert [piece for piece in html if not SAFE_HTML.fullmatch(piece)] == []
    assert not {"link_open", "image", "em_open", "s_open", "fence", "code_block", "hr"} & {
        token.type for token in found
    }
    bold = [after.content for token, after in pairwise(found) if token.type == "strong_open"]
    assert set(bold) <= {"error", "warning", "note"}


@AS_USUAL
@given(judgements())
def test_markdown_calls_nobody_and_refers_to_nothing(made: Judgement) -> None:
    texts = [token.content for token in tokens(write("judgement", made, "markdown")) if token.type == "text"]
    assert texts
    assert [text for text in texts if CALL.search(text)] == []


@AS_USUAL
@given(judgements())
def test_markdown_has_the_table_and_the_items_it_always_has(made: Judgement) -> None:
    counts = [
        {
            kind: sum(token.type == kind for token in tokens(write("judgement", one, "markdown")))
            for kind in ("heading_open", "table_open", "tr_open", "td_open", "list_item_open")
        }
        for one in (made, harmless(made))
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_shown_as_it_was_meant(text: str) -> None:
    """What a reader sees is the text, but for what has no width, or no sign."""
    given = judgement(spec("a.yaml", complaint(f"a{text}z")))
    seen = "".join(
        token.content for token in tokens(write("judgement", given, "markdown")) if token.type == "text"
    )
    expected = cleaned(f"a{text}z")
    assert expected in seen.replace("\N{ZERO WIDTH SPACE}", "")
