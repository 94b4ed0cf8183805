"""The schema of configurations has nothing against what is read, and refuses what is refused."""

from __future__ import annotations

import json
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from archcost.cli import main
from archcost.config.bounds import BOUNDS, example
from archcost.config.bounds import read as read_bound
from archcost.config.config_file import Budgets, ConfigFile, SpecPattern, Waiver
from archcost.config.file_values import SETTABLE
from archcost.config.read import read_config
from archcost.errors import SpecError
from archcost.schemas import schema
from archcost.spec.yaml_reader import MappingNode, SequenceNode, read

HERE = Path(__file__).parent
SCHEMA = schema("budget")


def complaints(document: object) -> list[str]:
    validator: Any = Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(document)]


def as_seen(tree: object) -> Any:  # noqa: ANN401 - whatever YAML can hold
    """A configuration as an editor sees it: without places, its numbers as JSON has them."""
    if isinstance(tree, MappingNode):
        return {entry.key.text: as_seen(entry.value) for entry in tree.entries}
    if isinstance(tree, SequenceNode):
        return [as_seen(item) for item in tree.items]
    value = getattr(tree, "value", None)
    return float(value) if isinstance(value, Fraction) else value


def in_yaml(text: str) -> Any:  # noqa: ANN401 - likewise
    return as_seen(read(text, "archcost.yaml"))


def test_the_samples_satisfy_the_schema() -> None:
    assert complaints(in_yaml((HERE / "sample.yaml").read_text("utf-8"))) == []
    table: Any = tomllib.loads((HERE / "sample.toml").read_text("utf-8"))["tool"]["archcost"]
    table["waivers"][0]["expires"] = table["waivers"][0]["expires"].isoformat()  # JSON has no days
    assert complaints(table) == []


TOO_FINE = {
    "a_base_and_a_baseline_that_cannot_be",
    "a_warning_that_comes_too_late",
    "numbers_that_are_too_large",
}
"""Broken configurations whose mistakes no schema can tell, or not all of them."""

UNREADABLE = {"an_empty_file", "keys_given_twice", "yaml_that_is_none", "numbers_that_are_too_large"}

BROKEN = sorted(path for path in (HERE / "broken").glob("*.yaml") if path.stem not in TOO_FINE | UNREADABLE)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_configuration_does_not(path: Path) -> None:
    assert complaints(in_yaml(path.read_text("utf-8")))


WAIVER = "reason: known, owner: me, expires: 2026-12-31"

SNIPPETS = (
    *(
        "specs: net.yaml",
        "specs: {path: net.yaml, input: [3, 64, 64]}",
        "specs: [{path: a, input: {x: 3x8x8}}]",
    ),
    *("specs: [{variant: a}]", "specs: 3", "specs: []", "specs: [{path: a, set: {b: [1, c], d: true}}]"),
    *("against: v1.0", "against: -x", "against: a b", "baseline: known.txt", "baseline: 3", "dtype: int8"),
    *("dtype: fp16", "fail_level: info", "fail_level: off", "rules: {lattice: off}", "rules: {lattice: no}"),
    *("rules: {unused-waiver: error}", "rules: {budget: warn}", "rules: []", "budgets: []", "budgets: {}"),
    *(
        f"budgets: [{{{entry}}}]"
        for entry in (
            *("", "match: a.yaml", "max_macs: 4.2G", "max_macs: 4.2X", "max_macs: 4200", "max_macs: 4.5"),
            *(
                "max_macs: +5%",
                "max_macs: 5%",
                "max_macs: -5 %",
                "max_macs: 8MB",
                "max_macs: +1MB",
                "max_macs: -3",
            ),
            *("max_peak: 8MB", "max_peak: 8 MiB", "max_peak: 8Mb", "max_peak: 4_200", "max_peak: +1e3"),
            *(
                "max_macs: [1G, +5%]",
                "max_macs: []",
                "max_macs: [[1]]",
                "max_macs: {warn: 1, error: [2, +1%]}",
            ),
            *("max_macs: {}", "max_macs: {info: 2}", "max_macs: true", "max_macs: ", "max_macs: {warn: {}}"),
            *("min_field: 331", "min_field: [331, 63]", "min_field: 31x63", "min_field: [[3, 5], -16]"),
            *("min_field: [[1, 2, 3, 4], -1]", "min_field: 1.5", "min_field: 9MB", "min_coverage: 90%"),
            *("min_coverage: 0.9", "min_coverage: -0.05", "min_coverage: 1G", "min_coverage: [0.9, -5%]"),
            *(
                "block: a, max_macs: 1",
                "block: a, max_peak: 1",
                "kind: conv, max_params: 1",
                "kind: x, max_macs: 1",
            ),
            *("kind: conv, min_field: 1", "kind: conv, block: a, max_macs: 1", "match: [], max_macs: 1"),
            *("match: [a, b], max_macs: 1", "max_field: 3", "min_macs: 3", "block: 3, max_macs: 1"),
        )
    ),
    *(
        f"waivers: [{{{entry}}}]"
        for entry in (
            *(WAIVER, f"{WAIVER}, budget: max_macs", f"{WAIVER}, budget: max_macs, limit: 5G"),
            *(f"{WAIVER}, rule: gridding", f"{WAIVER}, rule: gridding, node: a", f"{WAIVER}, rule: budget"),
            *(f"{WAIVER}, rule: gridding, limit: 3", f"{WAIVER}, rule: gridding, block: a", "rule: gridding"),
            *(f"{WAIVER}, budget: max_macs, limit: 5, node: a", f"{WAIVER}, budget: macs, limit: 5"),
            *(f"{WAIVER}, budget: max_macs, limit: 5, rule: gridding", f"{WAIVER}, rule: gridding, x: 1"),
            *(f"{WAIVER}, budget: max_macs, limit: 5, block: a", f"{WAIVER}, rule: gridding, kind: conv"),
            *(f"{WAIVER}, budget: max_params, limit: 5MB, kind: conv",),
            "rule: gridding, reason: '', owner: a, expires: 2026-12-31",
            "rule: gridding, reason: a, owner: 3, expires: 2026-12-31",
            "rule: gridding, reason: a, owner: b, expires: 31.12.2026",
        )
    ),
    *("budget: []", "{}", "[]", "archcost: 1"),
)


@pytest.mark.parametrize("text", SNIPPETS)
def test_schema_and_reader_agree(text: str, tmp_path: Path) -> None:
    file = tmp_path / "archcost.yaml"
    file.write_text(text, "utf-8")
    try:
        read_config(file)
    except SpecError as error:
        assert complaints(in_yaml(text)), error  # noqa: PT017 - half of them are right
    else:
        assert complaints(in_yaml(text)) == []


def test_every_key_is_completed_with_its_description() -> None:
    entries = SCHEMA["properties"]
    budget, waiver = entries["budgets"]["items"], entries["waivers"]["items"]
    spec = entries["specs"]["anyOf"][0]["anyOf"][1]
    assert set(entries) == set(ConfigFile.known())
    assert set(entries["rules"]["properties"]) == set(SETTABLE)
    assert set(budget["properties"]) == set(Budgets.known())
    assert set(waiver["properties"]) == set(Waiver.known())
    assert set(spec["properties"]) == set(SpecPattern.known())
    for part in (SCHEMA, budget, waiver, spec, entries["rules"]):
        assert all(one["description"] for one in part["properties"].values())


def test_the_examples_of_limits_are_limits() -> None:
    for key, measure in BOUNDS.items():
        assert complaints({"budgets": [{key: example(measure)}]}) == []
        assert read_bound(measure, example(measure)).amount.value > 0


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "budget"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA
