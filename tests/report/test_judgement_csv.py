"""The CSV form: a row per limit, and per complaint that is about none."""

from __future__ import annotations

import csv

from archcost.report.formats import write
from tests.report.judgements import (
    ACCEPTED,
    EXAMPLES,
    EXPIRED,
    FOUND,
    MISSING_BASE,
    OVER_A_BASE,
    complaint,
    judgement,
    spec,
)


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(write("judgement", EXAMPLES[name], "csv").splitlines()))


def test_each_limit_is_a_row_with_exact_numbers_and_the_complaint_about_it() -> None:
    assert len(rows("over a base")) == sum(len(one.limits) for one in OVER_A_BASE.specs)
    first = rows("over a base")[0]
    assert (first["budget"], first["measured"], first["limit"]) == ("max_macs", "15470264320", "15000000000")
    assert (first["outcome"], first["fails"], first["line"]) == ("open", "true", "1")
    assert first["message"].startswith("MACs are")


def test_each_other_complaint_is_a_row() -> None:
    found = [row for row in rows("found") if row["rule"] == "gridding"]
    assert [row["node"] for row in found] == [one.node for one in FOUND.specs[0].complaints]


def test_what_is_about_no_network_has_none() -> None:
    (row,) = [row for row in rows("expired") if row["rule"] == EXPIRED.complaints[0].rule]
    assert (row["spec"], row["file"], row["outcome"]) == ("", "archcost.yaml", "open")


def test_outcomes_tell_kept_from_accepted_and_from_not_judged() -> None:
    assert {row["outcome"] for row in rows("accepted")} == {"kept", "waived", "baseline"}
    assert [row["outcome"] for row in rows("missing base")] == ["kept", "kept", "not judged", "open"]
    assert len(ACCEPTED.all) + len(ACCEPTED.specs[1].limits) == len(rows("accepted"))
    assert MISSING_BASE.complaints[0].state == "open"


def test_no_cell_is_a_formula() -> None:
    hostile = judgement(spec("=1+1.yaml", complaint("@SUM(A1)", file="-x", because="+1")))
    (row,) = csv.DictReader(write("judgement", hostile, "csv").splitlines())
    assert [row["spec"], row["message"], row["file"]] == ["'=1+1.yaml", "'@SUM(A1)", "'-x"]
