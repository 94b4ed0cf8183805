"""The registry of rules: what every rule must have and do, whatever it notices."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.findings import RULES

if TYPE_CHECKING:
    from archcost.findings.rule import Rule
    from archcost.results.report import Finding

ROOT = Path(__file__).parents[2]


def found(rule: Rule, text: str, tmp_path: Path) -> list[Finding]:
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    return [
        finding for finding in archcost.analyze(archcost.load(path)).findings if finding.rule == rule.name
    ]


@pytest.mark.parametrize("name", RULES)
def test_a_good_example_is_not_reported(name: str, tmp_path: Path) -> None:
    assert found(RULES[name], RULES[name].good, tmp_path) == []


@pytest.mark.parametrize("name", RULES)
def test_a_bad_example_is_reported_at_its_line_with_its_node(name: str, tmp_path: Path) -> None:
    findings = found(RULES[name], RULES[name].bad, tmp_path)
    assert findings
    for finding in findings:
        assert finding.level in RULES[name].levels
        # What a spec names is no node.
        assert (finding.node is None) == (name == "unused-name")
        assert finding.message.startswith(f"{finding.node}: " if finding.node else "variable 'width': ")
        assert finding.line > 3


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_called_what_its_file_is_called(name: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert (ROOT / "archcost" / "findings" / f"{name.replace('-', '_')}.py").is_file()
    assert RULES[name].levels
    assert not RULES[name].summary.endswith(".")


def test_every_file_of_a_rule_is_registered() -> None:
    files = {path.stem for path in (ROOT / "archcost" / "findings").glob("*.py")} - {"__init__", "rule"}
    assert {name.replace("-", "_") for name in RULES} == files
