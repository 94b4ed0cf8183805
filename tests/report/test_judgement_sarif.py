"""SARIF: what the standard allows, and what GitHub asks for."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import pysarif  # pyright: ignore[reportMissingTypeStubs] - it is typed, and does not say so
import pytest

from archcost.report.formats import write
from archcost.report.options import WriteOptions
from tests.report.judgements import (
    ACCEPTED,
    EXAMPLES,
    EXPIRED,
    OVER_A_BASE,
    complaint,
    judgement,
    limit,
    spec,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archcost.results.judgement import Judgement


def run(given: Judgement, options: WriteOptions | None = None) -> Any:  # noqa: ANN401 - JSON
    return json.loads(write("judgement", given, "sarif", options or WriteOptions()))["runs"][0]


# -- the standard -------------------------------------------------------------------------------------------

# pysarif's classes are made from the standard's JSON Schema: every property, its type, whether it may be
# missing. They are a draft's, in which the status of a suppression was called its state.
RENAMED = {"status": "state"}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def strays(value: object, kind: Any, at: str = "$") -> Iterator[str]:  # noqa: ANN401 - a type
    """What in a value is not as a type of the standard has it."""
    if kind is Any:
        return
    if is_dataclass(kind):
        yield from _object(value, kind, at)
    elif get_origin(kind) is Union:
        # What may be missing; null it may not be.
        yield from strays(value, get_args(kind)[0], at)
    elif get_origin(kind) is Literal:
        if value not in get_args(kind):
            yield f"{at}: {value!r}"
    elif get_origin(kind) is list:
        if not isinstance(value, list):
            yield f"{at}: {value!r}"
            return
        for index, item in enumerate(cast("list[object]", value)):
            yield from strays(item, get_args(kind)[0], f"{at}[{index}]")
    elif not isinstance(value, get_origin(kind) or kind) or (isinstance(value, bool) and kind is not bool):
        yield f"{at}: {value!r}"


def _object(value: object, kind: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - a class
    if not isinstance(value, dict):
        yield f"{at}: {value!r}"
        return
    items = cast("dict[str, object]", value).items()
    given = {_snake(RENAMED.get(key, key)): item for key, item in items}
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    known = {field.name for field in fields(kind)}
    yield from (f"{at} lacks {name}" for name in required - given.keys())
    for name, item in given.items():
        if name in known:
            yield from strays(item, _hints(kind)[name], f"{at}.{name}")
        elif not kind.__name__.endswith("PropertyBag"):
            yield f"{at} has no {name}"


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_everything_is_as_the_standard_has_it(name: str) -> None:
    document = json.loads(write("judgement", EXAMPLES[name], "sarif"))
    assert document.pop("$schema") == "https://json.schemastore.org/sarif-2.1.0.json"
    assert list(strays(document, pysarif.SarifLog)) == []


def test_a_slip_would_be_noticed() -> None:
    document = json.loads(write("judgement", OVER_A_BASE, "sarif"))
    (one,) = document["runs"]
    one["collumnKind"] = one.pop("columnKind")
    one["results"][0]["level"] = "warn"
    one["results"][1]["locations"][0]["physicalLocation"]["region"]["startLine"] = "1"
    del one["results"][1]["message"]
    del document["$schema"]
    found = list(strays(document, pysarif.SarifLog))
    assert sorted(found) == [
        "$.runs[0] has no collumn_kind",
        "$.runs[0].results[0].level: 'warn'",
        "$.runs[0].results[1] lacks message",
        "$.runs[0].results[1].locations[0].physical_location.region.start_line: '1'",
    ]


# -- GitHub -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_github_requires_is_there(name: str) -> None:
    made = run(EXAMPLES[name])
    rules = made["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["id"]
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"note", "warning", "error"}
    for result in made["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9._~/-]+", place["artifactLocation"]["uri"])
        # The action that uploads looks for the text of such places only.
        assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        region = place["region"]
        assert 1 <= region["startLine"] == region["endLine"]
        assert 1 <= region["startColumn"] < region["endColumn"]
        # The action makes this one from the text, and complains about any other.
        assert "primaryLocationLineHash" not in result.get("partialFingerprints", {})


def test_results_are_followed_by_our_fingerprint() -> None:
    results = run(OVER_A_BASE)["results"]
    assert [result["partialFingerprints"] for result in results] == [
        {"archcost/v1": one.fingerprint} for one in OVER_A_BASE.all
    ]


def test_two_budgets_in_one_line_are_two_rules() -> None:
    two = [limit(budget=budget, kept=False, fingerprint=budget) for budget in ("max_macs", "max_params")]
    broken = [complaint("too large", fingerprint=one.budget) for one in two]
    made = run(judgement(spec("a.yaml", *broken, limits=tuple(two))))
    assert [result["ruleId"] for result in made["results"]] == ["budget/max_macs", "budget/max_params"]


def test_rules_are_the_same_whatever_is_found() -> None:
    broken = judgement(spec("a.yaml", complaint("x", rule="gridding")))
    assert run(broken)["tool"] == run(judgement(spec("a.yaml")))["tool"]


def test_rules_say_what_they_are_about_and_their_usual_level() -> None:
    rules = {rule["id"]: rule for rule in run(OVER_A_BASE)["tool"]["driver"]["rules"]}
    assert rules["budget/max_macs"]["shortDescription"]["text"] == (
        "budget/max_macs: what a budget allows at most: MACs, "
        "multiply-accumulates of convolutions, linear layers and matrix products"
    )
    assert rules["padding-dominates"]["defaultConfiguration"]["level"] == "note"
    assert "dilated convolutions" in rules["gridding"]["help"]["text"]
    expired = run(EXPIRED)["tool"]["driver"]["rules"][-1]
    assert expired["shortDescription"]["text"] == "expired-waiver: the time of a waiver is over"


def test_a_limit_that_waits_for_its_base_is_no_broken_budget() -> None:
    waiting = limit("+5%", limit=None, kept=None, fingerprint="1" * 16)
    about = complaint("no base", rule="missing-base", level="warn", fails=False, fingerprint="1" * 16)
    (result,) = run(judgement(spec("a.yaml", about, limits=(waiting,))))["results"]
    assert (result["ruleId"], result["level"]) == ("missing-base", "warning")


def test_what_was_accepted_is_suppressed_with_the_reason_and_nothing_else_is() -> None:
    for result, one in zip(run(ACCEPTED)["results"], ACCEPTED.all, strict=True):
        (suppression,) = result["suppressions"]
        assert suppression == {"kind": "external", "status": "accepted", "justification": one.because}
    assert not any("suppressions" in result for result in run(OVER_A_BASE)["results"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_exit_code_is_told_and_the_run_itself_succeeded(name: str) -> None:
    expected = {"executionSuccessful": True, "exitCode": int(EXAMPLES[name].failed)}
    assert run(EXAMPLES[name])["invocations"] == [expected]


def test_paths_are_encoded_and_begin_at_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "my specs"
    folder.mkdir()
    monkeypatch.chdir(folder)
    files = ["50 % größer#1?.yaml", "zoo:vgg16", "<stdin>", "/elsewhere/net.yaml"]
    given = judgement(spec("a.yaml", *(complaint("x", file=file) for file in files)))
    found = [
        result["locations"][0]["physicalLocation"]
        for result in run(given, WriteOptions(root=tmp_path))["results"]
    ]
    assert [place["artifactLocation"] for place in found] == [
        {"uri": "my%20specs/50%20%25%20gr%C3%B6%C3%9Fer%231%3F.yaml", "uriBaseId": "%SRCROOT%"},
        {"uri": "zoo%3Avgg16", "uriBaseId": "%SRCROOT%"},
        {"uri": "%3Cstdin%3E", "uriBaseId": "%SRCROOT%"},
        {"uri": "file:///elsewhere/net.yaml"},
    ]


def test_the_message_has_the_details_and_no_links() -> None:
    given = judgement(spec("a.yaml", complaint("see [this](http://x)", details={"helps": "a smaller input"})))
    (result,) = run(given)["results"]
    assert result["message"]["text"] == "see [this] (http://x)\nhelps: a smaller input"
