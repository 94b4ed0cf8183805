"""Waivers: whose limit holds until when."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.check.judging import GRIDS, RELATIVE, judge, only, said

OVER = """\
specs: [net.yaml]
budgets:
  - max_macs: 80k
waivers:
  - {budget: max_macs, limit: %s, reason: until the rewrite, owner: "@vision", expires: %s}
"""


def test_a_waiver_allows_its_own_limit_and_no_more() -> None:
    waived = judge(OVER % ("88k", "2026-12-31"))
    assert (waived.failed, waived.accepted("waived")) == (False, 1)
    assert only(waived).because == "by @vision until 2026-12-31: until the rewrite"
    beyond = judge(OVER % ("87k", "2026-12-31"))
    assert beyond.failed
    assert only(beyond).message.endswith("even the waiver of @vision allows 87k only")


@pytest.mark.parametrize(
    ("expires", "rule", "words"),
    [
        ("2026-12-07", None, ""),
        ("2026-12-06", "waiver-due", "ends in 14 days, on 2026-12-06 (until the rewrite)"),
        ("2026-11-23", "waiver-due", "ends in 1 day, on 2026-11-23"),
        ("2026-11-22", "waiver-due", "ends today"),
        ("2026-11-21", "expired-waiver", "ended on 2026-11-21, 1 day ago"),
    ],
)
def test_a_waiver_ends_on_its_day(expires: str, rule: str | None, words: str) -> None:
    found = judge(OVER % ("88k", expires))
    remarks = list(found.complaints)
    assert [one.rule for one in remarks] == ([rule] if rule else [])
    assert all(words in one.message and "@vision" in one.message for one in remarks)
    assert found.failed is (rule == "expired-waiver")


def test_an_expired_waiver_waives_nothing() -> None:
    assert {one.rule for one in judge(OVER % ("88k", "2026-11-01")).all if one.fails} == {
        "budget",
        "expired-waiver",
    }


def test_a_waiver_of_a_share_is_kept_when_it_is_met() -> None:
    # One 3×3 of rate 2 reads 9 of 25 positions.
    Path("net.yaml").write_text("\n".join(GRIDS.splitlines()[:5]) + "\n", "utf-8")
    for limit, broken in (("36%", 0), ("0.36", 0), ("0.3601", 1)):
        assert sum(one.rule == "budget" and one.fails for one in judge(COVERED % limit).all) == broken


COVERED = """\
specs: [net.yaml]
budgets:
  - min_coverage: 90%%
waivers:
  - {budget: min_coverage, limit: %s, reason: a, owner: b, expires: 2027-01-01}
"""


SEVERAL = """\
specs: [net.yaml]
budgets:
  - {max_macs: 80k, max_params: 1k}
waivers:
"""
WAIVER = "  - {budget: %s, limit: %s, reason: a, owner: %s, expires: 2027-01-01}\n"


def test_a_waiver_of_one_limit_says_nothing_about_another() -> None:
    found = judge(SEVERAL + WAIVER % ("max_params", "1M", "b"))
    states = {one.details["limit"].partition(":")[0]: one.state for one in found.all}
    assert states == {"max_macs": "open", "max_params": "waived"}
    assert all("waiver" not in one.message for one in found.all if one.state == "open")


@pytest.mark.parametrize("limits", [("81k", "88k"), ("88k", "81k")])
def test_of_several_waivers_one_that_allows_it_is_enough(limits: tuple[str, str]) -> None:
    waivers = "".join(WAIVER % ("max_macs", limit, f"owner_of_{limit}") for limit in limits)
    found = judge(SEVERAL.replace(", max_params: 1k", "") + waivers)
    assert not found.failed
    assert only(found).because.startswith("by owner_of_88k ")


def test_a_waiver_of_nothing_is_found() -> None:
    kept = (OVER % ("88k", "2026-12-31")).replace("80k", "90k")
    assert said(judge(kept)) == [
        "warn unused-waiver: the waiver of max_macs by @vision waives nothing; delete it"
    ]


def test_a_waiver_that_may_be_needed_once_there_is_a_base_is_not_called_useless() -> None:
    waiver = "{budget: max_macs, limit: 88k, reason: a, owner: b, expires: 2026-12-31}"
    found = judge(f"{RELATIVE}waivers:\n  - {waiver}\n")
    assert [one.rule for one in found.all] == ["missing-base"]


def test_a_waiver_of_a_finding_is_for_its_node() -> None:
    Path("net.yaml").write_text(GRIDS, "utf-8")
    (first,) = {one.node for one in judge("specs: [net.yaml]\n").all if one.rule == "gridding"}
    waiver = "{rule: gridding, node: %s, reason: a, owner: b, expires: 2027-01-01}"
    config = f"specs: [net.yaml]\nbudgets:\n  - max_macs: 1G\nwaivers:\n  - {waiver}\n"
    assert not judge(config % first).failed
    other = judge(config % "conv_9")
    assert {one.rule for one in other.all if one.state == "open"} >= {"gridding", "unused-waiver"}


@pytest.mark.parametrize(
    ("limit", "waived", "allowed"),
    [
        ("max_peak: 1k", "6.144kB", True),  # 1,536 elements of four bytes
        ("max_peak: 1k", "6.143kB", False),
        ("max_peak: 1kB", "1536", True),
        ("max_peak: 1kB", "1535", False),
        ("min_field: 9", "5", True),
        ("min_field: 9", "6", False),
    ],
)
def test_a_waiver_allows_what_meets_its_limit_in_any_unit(limit: str, waived: str, allowed: bool) -> None:
    waiver = (
        f"{{budget: {limit.partition(':')[0]}, limit: {waived}, reason: a, owner: b, expires: 2027-01-31}}"
    )
    found = judge(f"specs: [net.yaml]\nbudgets:\n  - {{{limit}}}\nwaivers:\n  - {waiver}\n")
    assert (found.failed, found.accepted("waived")) == (not allowed, int(allowed))
