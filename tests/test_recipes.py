"""The recipes in CONTRIBUTING.md are true. That of a layer kind is tried in test_contributing.py."""

from __future__ import annotations

import csv
import json
import re
import sys
from io import StringIO
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import archcost
from archcost.cli import main
from archcost.cli.program import COMMANDS, CommandEntry
from archcost.conventions import table
from archcost.conventions.counting import counts
from archcost.findings import RULES
from archcost.report.formats import FORMATS, RESULTS, write
from tests import test_conventions as conventions
from tests.cli import test_every_format as formats
from tests.cli import test_no_text_escapes as hostile
from tests.findings import test_rules as rules
from tests.test_contributing import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Add = Callable[[str, str], ModuleType]


def blocks(recipe: str) -> list[str]:
    """What the recipe says to write, in its order."""
    section = PAGE.read_text("utf-8").partition(f"\n## {recipe}\n")[2].partition("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def line(text: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a dictionary."""
    return eval("{" + text + "}", dict(names))  # noqa: S307 - our own page


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Add:
    """Write a file of the package, as it were."""

    def added(name: str, source: str) -> ModuleType:
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(source, vars(module))  # noqa: S102 - our own page
        return module

    return added


def test_a_finding_is_found_where_it_shall_be(
    add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = blocks("Add a finding")
    rule = add("archcost.findings.useless_bias", source).RULE
    monkeypatch.setitem(RULES, rule.name, rule)
    rules.test_a_good_example_is_not_reported(rule.name, tmp_path)
    rules.test_a_bad_example_is_reported_at_its_line_with_its_node(rule.name, tmp_path)


def test_a_format_has_what_another_has_and_is_read(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    source, registered, reader, alike = blocks("Add a format")
    add("archcost.report.formats.tsv", source)
    ((name, part),) = line(registered, {}).items()
    monkeypatch.setitem(FORMATS, name, part)
    report = archcost.analyze(archcost.load("zoo:lenet5"))
    text = write("analysis", [report], name)
    rows = [*csv.reader(StringIO(text), delimiter="\t")]
    assert rows == [*csv.reader(StringIO(write("analysis", [report], "csv")))]
    read = line(reader, vars(formats))[name]
    assert {"c1", "s2", "output"} <= {*re.findall(r"\w+", read(text))}
    line(alike, vars(hostile))[name](text, text)


def test_a_convention_counts_what_was_measured_as_often_as_it_says() -> None:
    entry, row = blocks("Add a convention")
    convention = eval(entry, dict(vars(table)))  # noqa: S307 - our own page
    key = line(row, {})[convention.name]
    exact = [
        name
        for name in conventions.NETWORKS
        if sum(count.total for count in counts(conventions.zoo(name), convention))
        == conventions.measured()[name]["tools"][key]
    ]
    assert f"{len(exact)} of {len(conventions.NETWORKS)}" in PAGE.read_text("utf-8")
    assert "flops" not in convention.unit.lower()


def test_a_command_shows_its_result_in_every_format(
    add: Add, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command, registered, for_people, for_programs = blocks("Add a command")
    ((name, entry),) = line(registered, {"CommandEntry": CommandEntry}).items()
    monkeypatch.setitem(RESULTS, name, tuple(FORMATS))
    monkeypatch.setitem(COMMANDS, name, entry)
    add(f"archcost.report.{name}", "")
    add(f"archcost.report.{name}.blocks", for_people)
    add(f"archcost.report.{name}.data", for_programs)
    added = add(f"archcost.cli.{entry.module}", command).command
    assert added.help.startswith(entry.summary)
    for form in FORMATS:
        assert main([name, "zoo:lenet5", "--format", form]) == 0
        found = capsys.readouterr().out
        assert {"avg_pool", "layers"} <= {*re.findall(r"\w+", formats.READ[form](found))}
    assert main([name, "zoo:lenet5", "--format", "json"]) == 0
    kinds = json.loads(capsys.readouterr().out)["kinds"]
    assert {one["kind"]: one["layers"] for one in kinds}["tanh"] == 6
