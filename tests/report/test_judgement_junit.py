"""JUnit XML as those read it who show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml, Skipped

from archcost.report.formats import write
from tests.report.judgements import (
    ACCEPTED,
    EXAMPLES,
    EXPIRED,
    FOUND,
    KEPT,
    MISSING_BASE,
    OVER_A_BASE,
    RULES,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from archcost.results.judgement import Judgement


def suites(given: Judgement) -> list[Element]:
    return list(ET.fromstring(write("judgement", given, "junit").encode()))  # noqa: S314 - it is our own


def cases(suite: Element) -> dict[str, Element]:
    return {case.attrib["name"]: case for case in suite}


def only(case: Element) -> Element:
    (child,) = case
    return child


def test_every_network_is_a_suite_and_every_question_a_case() -> None:
    (suite,) = suites(KEPT)
    assert list(cases(suite)) == ["max_macs", "max_peak", *RULES]
    case = cases(suite)["max_macs"]
    assert case.attrib == {
        "classname": "specs/resnet50.yaml",
        "name": "max_macs",
        "file": "specs/resnet50.yaml",
        "time": "0",
    }
    assert only(case).text == "measured 4.089 G, allowed 15.00 G"
    assert len(cases(suite)["gridding"]) == 0


def test_what_fails_is_a_failure_with_its_message_and_its_details() -> None:
    first, second = suites(OVER_A_BASE)
    failure = only(cases(first)["max_macs"])
    assert failure.tag == "failure"
    assert failure.attrib["message"] == "MACs are 15.47 G, 470.3 M (3.1 %) over the limit of 15 G"
    assert failure.text is not None
    assert failure.text.splitlines()[0].startswith("specs/vgg16.yaml:1:1: error: MACs")
    assert "  helps: input 3×208×208: 13.4 G" in failure.text.splitlines()
    assert (first.attrib["failures"], second.attrib["failures"]) == ("1", "0")


def test_what_does_not_fail_passes_and_says_so() -> None:
    case = cases(suites(OVER_A_BASE)[0])["max_params of stage.2"]
    assert only(case).tag == "system-out"
    assert "warn: stage.2:" in (only(case).text or "")


def test_limits_of_one_number_are_one_case() -> None:
    assert list(cases(suites(OVER_A_BASE)[0]))[:3] == [
        "max_macs",
        "min_field in height",
        "max_params of stage.2",
    ]


def test_all_that_a_rule_found_is_in_one_failure() -> None:
    failure = only(cases(suites(FOUND)[0])["gridding"])
    assert len((failure.text or "").splitlines()) == 6
    assert failure.attrib["type"] == "gridding"


def test_what_was_accepted_is_skipped_with_the_reason() -> None:
    found = cases(suites(ACCEPTED)[0])
    assert only(found["max_params"]).tag == "skipped"
    assert only(found["max_params"]).text == "waived: by @vision until 2026-12-31: known"
    assert len((only(found["gridding"]).text or "").splitlines()) == 3
    assert suites(ACCEPTED)[0].attrib["skipped"] == "2"


def test_what_could_not_be_judged_is_skipped_and_never_passes() -> None:
    network, others = suites(MISSING_BASE)
    skipped = only(cases(network)["max_macs"])
    assert (skipped.tag, skipped.text) == ("skipped", "not judged: +5% (set at archcost.yaml:7:15)")
    assert only(cases(others)["missing-base"]).tag == "system-out"


def test_what_is_about_no_network_has_a_suite_of_its_own() -> None:
    assert only(cases(suites(EXPIRED)[-1])["expired-waiver"]).tag == "failure"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_reader_counts_what_is_said(name: str) -> None:
    read: Any = JUnitXml.fromstring(write("judgement", EXAMPLES[name], "junit").encode())
    found: list[Any] = [case for suite in read for case in suite]
    failures = [case for case in found if any(not isinstance(result, Skipped) for result in case.result)]
    assert (read.tests, read.failures, read.errors) == (len(found), len(failures), 0)
    assert bool(failures) is EXAMPLES[name].failed
    # Of cases with the same name, GitLab shows one.
    assert len({(case.classname, case.name) for case in found}) == len(found)
