"""The JSON form of a judgement satisfies its schema and loses nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from archcost.report.formats import write
from archcost.report.options import WriteOptions
from archcost.schemas import schema
from tests.report.judgements import EXAMPLES, FOUND, OVER_A_BASE


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_judgement_satisfies_the_schema(name: str) -> None:
    validator: Any = Draft202012Validator(schema("check"))
    document = json.loads(write("judgement", EXAMPLES[name], "json"))
    assert [error.message for error in validator.iter_errors(document)] == []
    del document["failed"]
    assert [error.message for error in validator.iter_errors(document)] == ["'failed' is a required property"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_lost(name: str) -> None:
    document = json.loads(write("judgement", EXAMPLES[name], "json", WriteOptions(quiet=True)))
    assert (document.pop("schema"), document.pop("tool")["name"]) == ("archcost-check/1", "archcost")
    assert document == told(EXAMPLES[name])


def told(value: Any) -> Any:  # noqa: ANN401 - whatever a judgement holds
    """All of it, under the names of its attributes."""
    if isinstance(value, list | tuple):
        return [told(one) for one in cast("list[Any]", value)]
    if isinstance(value, Mapping):
        return {key: told(one) for key, one in cast("Mapping[str, Any]", value).items()}
    return (
        {one.name: told(getattr(value, one.name)) for one in fields(value)} if is_dataclass(value) else value
    )


def test_the_verdict_comes_first_and_a_complaint_is_a_line() -> None:
    shown = write("judgement", FOUND, "json").splitlines()
    assert shown[2] == ' "failed": true,'
    assert sum('"rule": "gridding"' in line for line in shown) == 6


def test_every_key_is_explained() -> None:
    made = schema("check")
    for definition in (
        made["$defs"]["Violation"],
        made["$defs"]["LimitResult"],
        made["$defs"]["CheckedSpec"],
    ):
        assert all("description" in field for field in definition["properties"].values())
    assert made["properties"]["failed"]["description"] == "whether anything fails."
    assert made["description"] == "The outcome of a check."


def test_numbers_are_exact() -> None:
    spec = json.loads(write("judgement", OVER_A_BASE, "json"))["specs"][0]
    assert spec["limits"][0]["measured"] == 15_470_264_320
    assert isinstance(spec["measures"]["macs"], int)
