"""A release, dry: everything but the push, in a scratch repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.ci.github import ROOT
from tests.scratch_repository import Repo, bare_machine

if TYPE_CHECKING:
    from pathlib import Path

PARTS = ("archcost", "specs", "ci", "README.md", "LICENSE", "pyproject.toml", ".gitignore")
CHANGES = """\
# Changelog

## Unreleased

### Numbers

### Fixed

## 7.8.9

### Numbers

- A convolution has other numbers,
  as it should.

### Exit codes

### Fixed

- What `## 7.8.8` broke.

## 7.8.8

- Something older.
"""
NOTES = """\
### Numbers

- A convolution has other numbers,
  as it should.

### Fixed

- What `## 7.8.8` broke.
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """What a release is made of, as version 7.8.9."""
    bare_machine(monkeypatch)
    repo = Repo(tmp_path / "repo")
    for part in PARTS:
        source, target = ROOT / part, repo.folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    set_version(repo, "7.8.9")
    repo.commit({"CHANGELOG.md": CHANGES})
    return repo


def set_version(repo: Repo, version: str) -> None:
    path = repo.folder / "archcost/__init__.py"
    text, times = re.subn(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', path.read_text("utf-8"))
    assert times == 1
    path.write_text(text, "utf-8")


def release(repo: Repo) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(repo.folder / "ci/release.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 - our own script


def refusal(repo: Repo) -> str:
    done = release(repo)
    assert done.returncode == 1
    assert repo.git("tag") == ""
    return done.stderr


def test_a_release_is_built_checked_and_tagged_with_its_notes(repo: Repo) -> None:
    done = release(repo)
    assert (done.returncode, done.stderr) == (0, "")
    dist = repo.folder / "dist"
    assert sorted(path.name for path in dist.iterdir()) == [
        "archcost-7.8.9-py3-none-any.whl",
        "archcost-7.8.9.tar.gz",
        "notes.md",
    ]
    assert (dist / "notes.md").read_text("utf-8") == NOTES
    tags = repo.git("tag", "--list", "--format=%(refname:short)\n%(contents)")
    assert tags.strip() == f"v7.8.9\n{NOTES}".strip()
    assert repo.git("describe", "--exact-match") == "v7.8.9"
    assert repo.git("status", "--porcelain") == ""
    with zipfile.ZipFile(dist / "archcost-7.8.9-py3-none-any.whl") as wheel:
        names = wheel.namelist()
    assert {"archcost/py.typed", "archcost/specs/resnet50.yaml", "archcost/blocks/aspp.yaml"} <= set(names)
    with tarfile.open(dist / "archcost-7.8.9.tar.gz") as sdist:
        assert "archcost-7.8.9/specs/resnet50.yaml" in sdist.getnames()


def test_a_version_is_released_once(repo: Repo) -> None:
    repo.git("tag", "v7.8.9")
    done = release(repo)
    assert (done.returncode, done.stderr) == (1, "not released: v7.8.9 is tagged already\n")


def test_what_is_not_committed_is_not_released(repo: Repo) -> None:
    (repo.folder / "README.md").write_text("no longer\n")
    assert refusal(repo) == "not released: there are changes that are not committed:\n M README.md\n\n"


def test_a_version_has_three_numbers(repo: Repo) -> None:
    set_version(repo, "7.8.9.dev1")
    repo.save()
    assert refusal(repo) == (
        "not released: archcost/__init__.py names no version like 1.2.3, but '7.8.9.dev1'\n"
    )


def test_a_version_without_notes_is_not_released(repo: Repo) -> None:
    repo.commit({"CHANGELOG.md": CHANGES.replace("## 7.8.9\n", "## 7.8.10\n")})
    assert refusal(repo) == "not released: CHANGELOG.md has no lines under ## 7.8.9\n"


def test_notes_are_not_left_behind(repo: Repo) -> None:
    repo.commit({"CHANGELOG.md": CHANGES.replace("## Unreleased\n", "## Unreleased\n\n- Too late.\n")})
    assert refusal(repo) == (
        "not released: CHANGELOG.md has lines under ## Unreleased; put them under ## 7.8.9\n"
    )


def test_a_wheel_that_does_not_run_is_not_released(repo: Repo) -> None:
    path = repo.folder / "archcost/analysis/analyze.py"
    path.write_text(path.read_text("utf-8") + "\nimport nothing_there\n", "utf-8")
    repo.save()
    assert "No module named 'nothing_there'" in refusal(repo)


def test_metadata_that_an_index_would_refuse_is_not_released(repo: Repo) -> None:
    path = repo.folder / "pyproject.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('readme = "README.md"\n', ""), "utf-8")
    assert path.read_text("utf-8") != text
    repo.save()
    assert refusal(repo) == "not released: the wheel has no README to show\n"
