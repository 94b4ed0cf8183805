"""Files that moved since a revision, as `git diff --find-renames` sees them, committed or not.

git itself compares what the revision has and the working tree has not with what the working tree has and the
revision has not. Both are laid out in a folder of their own, so that the repository is not touched.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archcost.errors import RevisionError
from archcost.history.git import git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcost.history.revisions import Revision

_LARGEST = 2**22
"""Bytes of a file that is compared; no spec is larger."""


class Renames:
    """What specs were called at a revision, and what they are called now.

    Args:
        revision: what is compared with.
        paths: files that may have been renamed, however they are written.
    """

    def __init__(self, revision: Revision, paths: Iterable[str]) -> None:
        self._revision = revision
        self._names = {name for path in paths if (name := self._name(path))}
        self._suffixes = {".yaml", ".yml"} | {Path(name).suffix for name in self._names}

    def before(self, path: str) -> str | None:
        """What a file was called that had another name; None if it had none."""
        name = self._old.get(self._name(path) or "")
        return None if name is None else os.path.relpath(self._revision.root / name)

    def after(self, path: str) -> str | None:
        """What a file is called that has another name now; None if it has none."""
        name = self._new.get(self._name(path) or "")
        return None if name is None else os.path.relpath(self._revision.root / name)

    @cached_property
    def _new(self) -> Mapping[str, str]:
        return {old: new for new, old in self._old.items()}

    @cached_property
    def _old(self) -> Mapping[str, str]:
        """By a name from the top of the repository, what it was."""
        root = self._revision.root
        known = set(self._listed("ls-tree", "-r", "--name-only", self._revision.commit))
        gone = [name for name in known if not os.path.lexists(root / name)]
        there = self._names.union(self._listed("ls-files", "--cached", "--others", "--exclude-standard"))
        added = [name for name in there - known if (root / name).is_file()]
        if not (gone and added):
            return {}
        with TemporaryDirectory(prefix="archcost-") as folder:
            _lay_out(Path(folder, "a"), ((name, self._before(name)) for name in sorted(gone)))
            _lay_out(Path(folder, "b"), ((name, _now(root / name)) for name in sorted(added)))
            options = [
                "--no-ext-diff",
                "--no-color",
                "--find-renames",
                "--diff-filter=R",
                "--name-status",
                "-z",
            ]
            found = git(Path(folder), "diff", "--no-index", *options, "a", "b").out.split("\0")
        pairs = zip(found[1::3], found[2::3], strict=False)
        return {new.removeprefix("b/"): old.removeprefix("a/") for old, new in pairs}

    def _listed(self, *command: str) -> list[str]:
        names = git(self._revision.root, *command, "-z").out.split("\0")
        return [name for name in names if Path(name).suffix in self._suffixes]

    def _name(self, path: str) -> str | None:
        """The name of a file from the top of the repository; None outside of it."""
        file = self._revision.placed(path)
        below = file.is_relative_to(self._revision.root)
        return file.relative_to(self._revision.root).as_posix() if below else None

    def _before(self, name: str) -> bytes | None:
        try:
            data, size = self._revision.read(self._revision.root / name, _LARGEST)
        except (OSError, ValueError, RevisionError):
            return None
        return data if size <= _LARGEST else None


def _now(file: Path) -> bytes | None:
    """A file of the working tree; a link is not followed, it could lead anywhere."""
    try:
        return None if file.is_symlink() or file.stat().st_size > _LARGEST else file.read_bytes()
    except OSError:
        return None


def _lay_out(folder: Path, files: Iterator[tuple[str, bytes | None]]) -> None:
    folder.mkdir()
    for name, data in files:
        if data is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
