"""Which file of tests runs which statements, and how long it takes: measured once, and kept."""

from __future__ import annotations

import ast
import json
import tempfile
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from tests.mutation.lines import FOLDER, statements
from tests.mutation.tree import HOOK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.mutation.changes import Change
    from tests.mutation.tree import Tree

LONGEST = 900.0
"""A file of tests that takes longer (in seconds, while statements are noted) is never run on a change."""


class Suite(TypedDict):
    """A file of tests, measured.

    Attributes:
        digest: of its text.
        seconds: how long it takes.
        failing: its tests that fail, though nothing is changed.
        is_usable: whether it runs to its end.
        ran: the statements that it runs.
    """

    digest: str
    seconds: float
    failing: list[str]
    is_usable: bool
    ran: list[str]


class Record:
    """What is known of every file of tests: what it runs, how long it takes, and what fails unchanged.

    Statements are known by their text, so that what was measured still helps when lines have moved.
    """

    def __init__(self, tree: Tree, file: Path) -> None:
        self.tree = tree
        self.file = file
        self.suites: dict[str, Suite] = json.loads(file.read_text()) if file.exists() else {}

    def missing(self) -> list[str]:
        """The files of tests that were not measured, or are others now."""
        known = {name: one["digest"] for name, one in self.suites.items()}
        return [one for one in self.tree.suites() if known.get(one) != self.tree.digest(one)]

    def measure(self, suite: str) -> None:
        """Run one of them."""
        with tempfile.TemporaryDirectory() as folder:
            path = f"{HOOK}:{self.tree.folder}"
            outcome = self.tree.test([suite], LONGEST, noted={FOLDER: folder, "PYTHONPATH": path})
            noted = "".join(one.read_text("utf-8") for one in Path(folder).iterdir())
        if outcome.code == 1:
            outcome = self.tree.test([suite], LONGEST)
        self.suites[suite] = {
            "digest": self.tree.digest(suite),
            "seconds": outcome.seconds,
            "failing": outcome.failing,
            "is_usable": outcome.code in {0, 1},  # it was collected, and came to its end
            "ran": sorted(self._texts(set(noted.splitlines()))),
        }
        self.file.write_text(json.dumps(self.suites))

    def _texts(self, noted: Iterable[str]) -> set[str]:
        lines: defaultdict[str, set[int]] = defaultdict(set)
        for one in noted:
            path, _, line = one.rpartition(":")
            lines[path].add(int(line))
        texts = {path: self._statements(path) for path in lines}
        return {texts[path][line] for path, ran in lines.items() for line in ran if line in texts[path]}

    def _statements(self, path: str) -> dict[int, str]:
        """Every statement of a file: its line -> the file and the text of its first line."""
        name = Path(path).relative_to(self.tree.folder).as_posix() if Path(path).is_absolute() else path
        source = self.tree.read(name)
        lines = source.decode().splitlines()
        found = sorted({one.lineno for one in statements(ast.parse(source))})
        return {line: f"{name}: {lines[line - 1].strip()}" for line in found}

    @cached_property
    def seconds(self) -> dict[str, float]:
        """How long each takes, quickest first."""
        there = set(self.tree.suites())
        known = {
            name: one["seconds"] for name, one in self.suites.items() if one["is_usable"] and name in there
        }
        return dict(sorted(known.items(), key=lambda item: item[1]))

    @cached_property
    def failing(self) -> list[str]:
        """The tests that fail already."""
        return [test for one in self.suites.values() for test in one["failing"]]

    @cached_property
    def _running(self) -> dict[str, set[str]]:
        """The text of a statement -> the files of tests that run it."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for name, one in self.suites.items():
            for text in one["ran"]:
                found[text].add(name)
        return found

    def covering(self, change: Change) -> list[str]:
        """The files of tests that run what is changed, quickest first; of a new line, all of its file."""
        known = self._statements(change.path)
        at = max((line for line in known if line <= change.line), default=0)
        names = self._running.get(known.get(at, ""), set())
        names = names or {one for text in known.values() for one in self._running.get(text, ())}
        return [one for one in self.seconds if one in names]
