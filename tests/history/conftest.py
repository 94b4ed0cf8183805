"""Where tests of revisions stand: in a repository of their own. They need git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scratch_repository import Repo, bare_machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    bare_machine(monkeypatch)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """An empty repository, in which we are."""
    made = Repo(tmp_path / "repo")
    monkeypatch.chdir(made.folder)
    return made
