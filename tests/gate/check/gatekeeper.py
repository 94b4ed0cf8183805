"""The gate as CI runs it over a scratch repository: what a change does to it, and what the gate says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from archcost.cli import main
from tests.gate.check.judging import NET

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from tests.scratch_repository import Repo

SPEC = NET

LARGE = SPEC.replace("width: 8", "width: 80")
"""Ten times as many: 13,680 parameters, 875,520 MACs."""

VARIANTS = SPEC.replace("input:", "variants: {wide: {width: 16}, slim: {width: 4}}\ninput:")

GROWTH = "specs: ['specs/*.yaml']\nagainst: main\nbudgets:\n  - max_macs: +5%\n"


class Ended(NamedTuple):
    """How a check ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:  # noqa: ANN401 - a JSON document
        return json.loads(self.out)

    @property
    def complaints(self) -> list[dict[str, Any]]:
        found = self.report
        return [*(one for spec in found["specs"] for one in spec["complaints"]), *found["complaints"]]

    def about(self, rule: str) -> list[str]:
        """What a rule said that nobody agreed to."""
        return [one["message"] for one in self.complaints if one["rule"] == rule and one["state"] == "open"]

    @property
    def failing(self) -> set[str]:
        """The rules that the check fails by."""
        return {one["rule"] for one in self.complaints if one["fails"]}


class Gatekeeper:
    """A repository with a main branch, a change on top of it, and the check of that change."""

    def __init__(self, repository: Repo, capsys: pytest.CaptureFixture[str]) -> None:
        self.repository = repository
        self._capsys = capsys

    def main(self, files: Mapping[str, str | bytes | None]) -> None:
        """What main has; the change begins here."""
        self.repository.commit(files)
        self.repository.git("switch", "--quiet", "--create", "change")

    def change(self, files: Mapping[str, str | bytes | None]) -> None:
        self.repository.commit(files)

    def move(self, old: str, new: str, text: str | None = None) -> None:
        """Give a file another name, and perhaps another text."""
        folder = self.repository.folder
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        self.repository.git("mv", old, new)
        self.change({new: text} if text else {})

    def check(self, *arguments: str) -> Ended:
        """The result as JSON."""
        return self.run(*arguments, "--format", "json")

    def complaints_at(self, spec: str) -> list[dict[str, Any]]:
        """The complaints about a spec, as it stands and as its variants."""
        return [one for one in self.check().complaints if one["file"] == spec]

    def run(self, *arguments: str) -> Ended:
        code = main(["check", "--today", "2026-11-22", *arguments])
        printed = self._capsys.readouterr()
        return Ended(code, printed.out, printed.err)
