"""GitHub annotations, read as GitHub's runner reads them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from archcost.report.formats import write
from archcost.report.options import WriteOptions
from tests.report.judgements import (
    ACCEPTED,
    FOUND,
    KEPT,
    MISSING_BASE,
    OVER_A_BASE,
    complaint,
    judgement,
    spec,
)

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.results.judgement import Judgement


class Command(NamedTuple):
    """A workflow command, unescaped."""

    kind: str
    properties: dict[str, str]
    text: str


def decoded(text: str) -> str:
    for code, character in {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}.items():
        text = text.replace(code, character)
    return text


def commands(given: Judgement, options: WriteOptions | None = None) -> list[Command]:
    found: list[Command] = []
    for line in write("judgement", given, "github", options or WriteOptions()).splitlines():
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert match, line
        pairs = (pair.partition("=") for pair in match[2].split(","))
        properties = {name: decoded(value) for name, _, value in pairs}
        found.append(Command(match[1], properties, decoded(match[3])))
    return found


def test_a_broken_budget_stands_beside_the_text() -> None:
    error, warning = commands(OVER_A_BASE)
    assert error.kind == "error"
    assert error.properties == {
        "file": "specs/vgg16.yaml",
        "line": "1",
        "col": "1",
        "title": "archcost: budget",
    }
    assert error.text.splitlines() == [
        "MACs are 15.47 G, 470.3 M (3.1 %) over the limit of 15 G",
        "limit: max_macs: 15G, set at archcost.yaml:7:15",
        "heaviest: stage.1.1.conv 1.850 G (12.0 %), stage.0.1.conv 1.850 G (12.0 %)",
        "helps: input 3×208×208: 13.4 G",
    ]
    assert (warning.kind, warning.properties["line"]) == ("warning", "9")


def test_what_is_kept_or_accepted_says_nothing() -> None:
    assert commands(KEPT) == commands(ACCEPTED) == []


def test_what_does_not_fail_is_no_error_and_what_fails_is_one() -> None:
    (warning,) = commands(MISSING_BASE)
    assert warning.kind == "warning"
    levels = [("error", False), ("warn", True), ("info", False)]
    given = judgement(spec("a.yaml", *(complaint("x", level=level, fails=fails) for level, fails in levels)))
    assert [command.kind for command in commands(given)] == ["error", "warning", "notice"]


def test_one_place_is_one_annotation() -> None:
    (error,) = commands(FOUND)
    assert error.text.endswith("(and 5 more: context.1.conv, context.2.conv, context.3.conv, …)")


@pytest.mark.parametrize("level", ["error", "info"])
def test_the_ten_worst_are_shown_and_the_others_counted(level: str) -> None:
    mild = [complaint(f"mild {n}", level="info", fails=False, line=n) for n in range(1, 13)]
    bad = [complaint(f"bad {n}", line=n) for n in range(1, 13)] if level == "error" else []
    *shown, last = commands(judgement(spec("a.yaml", *mild, *bad)))
    kinds = [command.kind for command in [*shown, last]]
    assert all(kinds.count(kind) <= 10 for kind in kinds)
    assert all(one.text.startswith("bad" if bad else "mild") for one in shown)
    assert (last.kind, last.text.partition(":")[0]) == ("notice", f"and {12 + len(bad) - len(shown)} more")


def test_many_errors_hide_no_warning() -> None:
    bad = [complaint(f"bad {n}", line=n) for n in range(1, 30)]
    raised = complaint("a limit is raised", level="warn", fails=False, line=40)
    shown = [one.text for one in commands(judgement(spec("a.yaml", *bad, raised)))]
    assert "a limit is raised" in shown
    assert shown[-1].startswith("and 19 more")


def test_paths_begin_at_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models" / "a, b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    given = judgement(spec("net.yaml", complaint("x", file="net.yaml")))
    (error,) = commands(given, WriteOptions(root=tmp_path))
    assert error.properties["file"] == "models/a, b/net.yaml"
    absolute = judgement(spec("net.yaml", complaint("x", file=str(folder / "net.yaml"))))
    assert commands(absolute, WriteOptions(root=tmp_path)) == [error]


@pytest.mark.parametrize("file", ["zoo:vgg16", "<stdin>", "/elsewhere/net.yaml"])
def test_what_is_no_file_of_the_repository_is_named_in_the_text(file: str, tmp_path: Path) -> None:
    given = judgement(spec(file, replace(complaint("too large"), file=file)))
    (error,) = commands(given, WriteOptions(root=tmp_path))
    assert "file" not in error.properties
    assert error.text == f"{file}:1: too large"
