"""Markdown as GitHub and GitLab render it."""

from __future__ import annotations

import pytest

from archcost.report.formats import write
from archcost.report.options import WriteOptions
from tests.report.judgements import (
    ACCEPTED,
    EXAMPLES,
    FOUND,
    KEPT,
    MISSING_BASE,
    OVER_A_BASE,
    complaint,
    judgement,
    limit,
    spec,
)

COMMENT = 65_536


def table(shown: str) -> list[list[str]]:
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_what_changed_stands_between_the_numbers_and_the_complaints() -> None:
    causes = ("depths: [3] → [4]: +5 MACs (+1.0 %)", "a <b> @team: -2 parameters")
    shown = write("judgement", judgement(spec("net.yaml", complaint("too much"), causes=causes)), "markdown")
    lines = shown.splitlines()
    first = lines.index("What changed:")
    assert lines[first + 2] == r"- `net.yaml`: depths: \[3\] → \[4\]: +5 MACs (+1.0 %)"
    assert lines[first + 3].startswith(r"- `net.yaml`: a \<b\> @")
    assert "@team" not in shown
    assert first < next(i for i, line in enumerate(lines) if "too much" in line)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_verdict_comes_first(name: str) -> None:
    first = write("judgement", EXAMPLES[name], "markdown").splitlines()[0]
    assert first.startswith(
        "## ❌ archcost check failed" if EXAMPLES[name].failed else "## ✅ archcost check passed"
    )


def test_numbers_that_changed_stand_beside_the_base_and_the_limit() -> None:
    shown = write("judgement", OVER_A_BASE, "markdown")
    assert "Compared with `origin/main` (`abababababab`)." in shown.splitlines()
    rows = table(shown)
    assert rows[0] == [
        "specs/vgg16.yaml",
        r"max\_macs",
        "15.00 G",
        "15.47 G",
        "+470.3 M (+3.1 %)",
        "15.00 G",
        "103.1 % ❌",
    ]
    assert rows[1][-1] == r"\>100 % ⚠️"
    assert ["specs/vgg16.yaml", "coverage", "90 %", "100 %", "+10 points (+11.1 %)", "", ""] in rows
    assert ["specs/vgg16.yaml", r"min\_field in height", "220", "212", "−8 (−3.6 %)", "200", "94.3 %"] in rows


def test_a_network_without_a_limit_and_without_a_change_is_no_row() -> None:
    assert table(write("judgement", judgement(spec("a.yaml")), "markdown")) == []
    same = {"params": 5}
    assert table(write("judgement", judgement(spec("a.yaml", measures=same, base=same)), "markdown")) == []


def test_complaints_have_their_cause_below() -> None:
    lines = write("judgement", OVER_A_BASE, "markdown").splitlines()
    at = lines.index(
        "- **error** `specs/vgg16.yaml:1:1` "
        "MACs are 15.47 G, 470.3 M (3.1 %) over the limit of 15 G (`budget`)"
    )
    assert lines[at + 3] == "  - helps: input 3×208×208: 13.4 G"
    assert lines[at + 4].startswith("- **warning** `specs/vgg16.yaml:9:5`")


def test_what_was_accepted_and_the_networks_are_folded_and_quiet_leaves_them_out() -> None:
    shown = write("judgement", ACCEPTED, "markdown")
    assert "<summary>3 waived, 1 in the baseline</summary>" in shown
    assert "<summary>2 specs</summary>" in shown
    assert "<details>" not in write("judgement", ACCEPTED, "markdown", WriteOptions(quiet=True))


def test_a_base_that_is_not_there_is_said_on_top() -> None:
    lines = write("judgement", MISSING_BASE, "markdown").splitlines()
    assert lines[2] == "⚠️ The base `origin/main` is not there: nothing could be compared with it."
    assert table("\n".join(lines))[0][-2:] == ["– (+5%)", "not judged"]


def test_who_waived_is_not_called() -> None:
    shown = write("judgement", ACCEPTED, "markdown")
    assert "@vision" not in shown
    assert "@\N{ZERO WIDTH SPACE}vision" in shown


def test_a_place_is_no_emoji() -> None:
    given = judgement(spec("a.yaml", complaint("x", details={"limit": "set at archcost.yaml:100:15"})))
    assert ":100:" not in write("judgement", given, "markdown")


def test_a_detail_without_a_word_is_no_block_of_code() -> None:
    shown = write(
        "judgement", judgement(spec("a.yaml", complaint("x", details={" \n ": "\n\n"}))), "markdown"
    )
    assert "  - :\n" in shown


def test_a_detail_is_no_list() -> None:
    details = {"- a": "1. b", "+": "", "1. c": "14.5 %", "2)": "x"}
    lines = write(
        "judgement", judgement(spec("a.yaml", complaint("x", details=details))), "markdown"
    ).splitlines()
    assert [line for line in lines if line.startswith("  - ")] == [
        r"  - \- a: 1. b",
        "  - +:",
        r"  - 1\. c: 14.5 %",
        "  - 2): x",
    ]


def test_more_than_fits_is_cut_worst_first_and_counted() -> None:
    details = {"heaviest": "stage.1.1.conv " * 30}
    mild = [complaint("m" * 300, level="info", fails=False, line=n, details=details) for n in range(500)]
    bad = [complaint("b" * 300, line=n, details=details) for n in range(500)]
    limits = tuple(limit(scope=f"stage.{n}") for n in range(300))
    specs = [spec(f"specs/{n}.yaml", *mild[n::50], *bad[n::50], limits=limits) for n in range(50)]
    shown = write("judgement", judgement(*specs), "markdown")
    assert len(shown) < COMMENT
    assert "m" * 300 not in shown
    listed = sum(line.startswith("- **error**") for line in shown.splitlines())
    assert 20 < listed < 500
    assert f"… and {1000 - listed} more." in shown
    assert "<summary>14980 more numbers</summary>" in shown


def test_a_few_numbers_are_not_folded() -> None:
    assert "more number" not in write("judgement", KEPT, "markdown")
    assert "more number" not in write("judgement", FOUND, "markdown")
