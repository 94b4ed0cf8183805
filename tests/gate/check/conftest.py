"""Every test stands in a folder of its own, beside the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.check.gatekeeper import Gatekeeper
from tests.gate.check.judging import NET
from tests.scratch_repository import Repo, bare_machine


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # no configuration above it counts
    Path("net.yaml").write_text(NET, "utf-8")
    return tmp_path


@pytest.fixture
def repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository whose last commit has the network as it is."""
    bare_machine(monkeypatch)
    (folder / ".git").rmdir()
    repo = Repo(folder)
    repo.save()
    return repo


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gatekeeper:
    """The gate over an empty repository, in whose folder it runs."""
    bare_machine(monkeypatch)
    repository = Repo(tmp_path / "scratch")
    monkeypatch.chdir(repository.folder)
    return Gatekeeper(repository, capsys)
