"""Git repositories for one test. What uses them needs git."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

GIT = shutil.which("git") or "git"


class Repo:
    """A scratch repository."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        return run_git(self.folder, *arguments, stdin=stdin)

    def commit(self, files: Mapping[str, str | bytes | None]) -> str:
        """Commit these texts (None: removed) and return the hash."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_bytes(text.encode() if isinstance(text, str) else text)
        return self.save()

    def save(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=a step")
        return self.git("rev-parse", "HEAD")

    def commit_tree(self, tree: bytes) -> str:
        """A commit of a tree object as it is, whatever git thinks of it."""
        made = self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=tree)
        return self.git("commit-tree", "-m", "odd", made)


def run_git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(  # noqa: S603 - git, with arguments of the tests
        [GIT, "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return os.fsdecode(done.stdout).removesuffix("\n")


def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same git everywhere: without anybody's configuration, and with an author."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "nobody")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "nobody@example.org")
        monkeypatch.setenv(f"GIT_{who}_DATE", "2020-01-01T00:00:00Z")
