"""What a terminal shows of a judgement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archcost.report.formats import write
from archcost.report.options import WriteOptions
from archcost.words.style import Style
from tests.report.judgements import (
    ACCEPTED,
    EMPTY,
    EXAMPLES,
    EXPIRED,
    FOUND,
    KEPT,
    MISSING_BASE,
    OVER,
    OVER_A_BASE,
    complaint,
    judgement,
    limit,
    spec,
)

QUIET = WriteOptions(quiet=True)


def test_a_broken_budget_is_a_compiler_line_with_its_cause_below() -> None:
    shown = write("judgement", OVER_A_BASE, "text", QUIET)
    assert shown == (
        "specs/vgg16.yaml:1:1: error: MACs are 15.47 G, 470.3 M (3.1 %) over the limit of 15 G [budget]\n"
        "    limit: max_macs: 15G, set at archcost.yaml:7:15\n"
        "    heaviest: stage.1.1.conv 1.850 G (12.0 %), stage.0.1.conv 1.850 G (12.0 %)\n"
        "    helps: input 3×208×208: 13.4 G\n"
        "specs/vgg16.yaml:9:5: warn: stage.2: 7,000,001 parameters, over the limit of 7,000,000.5 [budget]\n"
        "\n"
        "failed: 1 error, 1 warning (2 specs, 6 limits)\n"
    )


def test_kept_limits_are_listed_with_what_is_left() -> None:
    assert write("judgement", KEPT, "text") == (
        "limit       allowed    measured    used\n"
        "--------  ---------  ----------  ------\n"
        "max_macs    15.00 G     4.089 G  27.3 %\n"
        "max_peak   10.00 MB    9.634 MB  96.3 %\n"
        "\n"
        "passed (1 spec, 2 limits)\n"
    )


def test_of_several_networks_the_table_says_which_and_the_silent_ones_are_counted() -> None:
    lines = write("judgement", OVER_A_BASE, "text").splitlines()
    assert "specs/vgg16.yaml     max_macs             15.75 G (+5%)     15.47 G  98.2 %" in lines
    assert "specs/vgg16.yaml     min_field in height            200         212  94.3 %" in lines
    assert "1 of 2 specs without complaints" in lines


def test_many_limits_are_not_listed_but_counted() -> None:
    few, many = (judgement(spec("net.yaml", limits=(limit(),) * count)) for count in (20, 21))
    assert write("judgement", many, "text") == "passed (1 spec, 21 limits)\n"
    assert len(write("judgement", few, "text").splitlines()) > 20


def test_what_a_rule_says_at_one_place_is_one_line() -> None:
    shown = write("judgement", FOUND, "text", QUIET)
    assert shown == (
        "specs/bad.yaml:14:7: error: context.0.conv: 36 of 81 positions are never read"
        " (and 5 more: context.1.conv, context.2.conv, context.3.conv, …) [gridding]\n"
        "\n"
        "failed: 6 errors (2 specs, 2 limits)\n"
    )


def test_what_was_accepted_is_listed_with_the_reason_unless_quiet() -> None:
    shown = write("judgement", ACCEPTED, "text")
    assert (
        "  specs/bad.yaml:14:7: context.3.conv: 36 of 81 positions are never read [gridding],"
        " baseline: archcost-baseline.txt:4\n"
    ) in shown
    assert "waived: by @vision until 2026-12-31: kept for comparison\n" in shown
    quietly = write("judgement", ACCEPTED, "text", QUIET)
    assert quietly == "passed: 3 waived, 1 in the baseline (2 specs, 3 limits)\n"


def test_what_is_about_no_network_comes_last_before_the_verdict() -> None:
    *_, last, empty, verdict = write("judgement", EXPIRED, "text", QUIET).splitlines()
    assert last == (
        "archcost.yaml:31:5: error: the waiver of @vision has expired on 2026-01-31 [expired-waiver]"
    )
    assert (empty, verdict) == ("", "failed: 2 errors, 1 warning (1 spec, 4 limits)")


def test_limits_that_could_not_be_judged_are_in_the_verdict_and_in_the_table() -> None:
    shown = write("judgement", MISSING_BASE, "text")
    assert "max_macs    – (+5%)     4.089 G  not judged\n" in shown
    assert shown.endswith("passed: 1 warning (1 spec, 3 limits, 1 of them not judged)\n")


def test_nothing_was_looked_at() -> None:
    assert write("judgement", EMPTY, "text") == "passed (0 specs, no limits)\n"


def test_a_stricter_level_is_in_the_verdict() -> None:
    strict = replace(judgement(spec("net.yaml", complaint("a", level="warn"))), fail_level="warn")
    assert write("judgement", strict, "text", QUIET).endswith(
        "failed: 1 warning (1 spec, no limits, failing from level warn)\n"
    )


def test_a_terminal_gets_colours_and_nothing_else_does() -> None:
    shown = write("judgement", OVER_A_BASE, "text", WriteOptions(style=Style(colour=True)))
    assert "\x1b[31;1merror\x1b[0m: MACs" in shown
    assert "\x1b[31;1mfailed: 1 error" in shown
    plain = write("judgement", OVER_A_BASE, "text")
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("changed", "cells"),
    [
        ({"measured": 15_000_000_000, "limit": 15_000_000_001}, ("15,000,000,000", "15,000,000,001")),
        ({"measured": 0.8999999, "limit": 0.9, "unit": "share"}, ("89.99999 %", "90 %")),
        ({"measured": 0.875, "limit": 0.9, "unit": "share"}, ("87.5 %", "90 %")),
        ({"measured": 8_000_001, "limit": 8_000_000, "unit": "bytes"}, ("8,000,001 B", "8,000,000 B")),
        ({"measured": 840, "limit": 900, "unit": "bytes"}, ("840 B", "900 B")),
        ({"measured": None}, ("–", "15.00 G")),
    ],
)
def test_a_number_and_its_limit_never_read_alike(changed: dict[str, float], cells: tuple[str, str]) -> None:
    shown = write("judgement", judgement(spec("net.yaml", limits=(limit(**changed),))), "text")
    row = " ".join(shown.splitlines()[2].split())
    assert row.startswith(f"max_macs {cells[1]} {cells[0]}")


@pytest.mark.parametrize(
    ("changed", "used"),
    [
        ({"budget": "min_field", "measured": 200, "limit": 100}, "50.0 %"),
        ({"budget": "min_field", "measured": 0, "limit": 0}, ""),
        ({"measured": 0, "limit": 0}, ""),
        ({"measured": 10**6 - 1, "limit": 10**6}, ">99.9 %"),
        ({"measured": 0.9, "limit": 0.9, "budget": "min_coverage", "unit": "share"}, "100.0 %"),
    ],
)
def test_how_much_is_used_is_said_where_that_is_a_number(changed: dict[str, float], used: str) -> None:
    shown = write("judgement", judgement(spec("net.yaml", limits=(limit(**changed),))), "text")
    assert "  ".join(shown.splitlines()[2].split("  ")[3:]).strip().endswith(used)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_verdict_is_the_last_line(name: str) -> None:
    last = write("judgement", EXAMPLES[name], "text").splitlines()[-1]
    assert last.startswith("failed" if EXAMPLES[name].failed else "passed")


def test_repeated_details_are_not_lost_by_merging() -> None:
    other = replace(OVER, details={"limit": "another"})
    shown = write("judgement", judgement(spec("net.yaml", OVER, other)), "text", QUIET)
    assert shown.count("[budget]") == 2
