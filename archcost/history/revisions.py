"""Specs as they were at a git revision: for what compares with a base.

    >>> with revision("HEAD~1", near="specs/net.yaml") as base:  # doctest: +SKIP
    ...     before = archcost.load("specs/net.yaml", at=base)

Only objects are read, by the `git` command: nothing is checked out or written, no index is looked at, and the
network is never used. The folders of a commit are walked here, one tree object after the other, so that all
that git is given are hashes: no name of a file, however odd, is ever part of a request.

What can go wrong has types, for whoever compares with a base, in the order to catch them:

    AbsentError      the revision has no such spec: it is new
    RevisionError    there is no base: no such revision, no repository, no git (a type for each is below it)
    UsageError       the request fits no base: `-` and `zoo:` have none, or there was no such variable then
    SpecError        there is a base, and it is wrong: places are `origin/main:specs/net.yaml:8:3`
"""

from __future__ import annotations

import errno
import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import (
    AbsentError,
    GitError,
    NoRepositoryError,
    NotFetchedError,
)
from archcost.files import UnreadableError, check_is_file, near_file
from archcost.globbing import Name, matching
from archcost.history.commits import absolute, commit_of, folder_near, root_of
from archcost.history.git import Objects, git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import BinaryIO, Self

_PATH_BYTES = 4096
"""Of a longer path, or a longer target of a link, systems say that it is too long."""
_MOST_LINKS = 40
"""Links that one path may lead through, as on Linux."""


def revision(ref: str, near: str | Path = ".") -> Revision:
    """The files of a git repository as they were at a revision.

    Args:
        ref: whatever git takes for a commit: a branch, a tag, a hash or its beginning, `HEAD~1`. `REF...` is
            where REF and HEAD parted (their merge base), as in `git diff REF...`.
        near: a file or folder of the repository. It need not be there any more: the nearest folder that is
            there counts.

    Raises:
        UsageError: `near` is standard input or a network of the zoo.
        RevisionError: no such revision, repository or git; each has a type of its own.
    """
    check_is_file(str(near))
    root = root_of(near)
    return Revision(ref, commit_of(root, ref), root)


class _TreeEntry(NamedTuple):
    """What a folder of a commit says of one name."""

    mode: bytes
    object: str


_FOLDER, _LINK, _SUBMODULE = b"40000", b"120000", b"160000"
_LFS = b"version https://git-lfs.github.com/spec/"


class Revision:
    """A commit, and the files in it. Made by `revision`; `with` ends the git process that reads it.

    It can be used again after that: another process begins. Paths are those of the working tree, as if the
    commit were checked out there, and links are those of the commit.

    Attributes:
        ref: as the user named it.
        commit: its full hash.
        root: the top of the working tree.
        prefix: what the names of its files begin with, as in `git show origin/main:net.yaml`.
    """

    def __init__(self, ref: str, commit: str, root: Path) -> None:
        self.ref = ref
        self.commit = commit
        self.root = root
        self.prefix = f"{commit[:12] if ref.endswith('...') else ref}:"
        self._objects = Objects(root)
        self._folders: dict[Path, dict[str, _TreeEntry]] = {}

    def __repr__(self) -> str:
        return f"<Revision {self.ref} {self.commit[:12]}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the git process, if one runs."""
        self._objects.close()

    def is_head(self) -> bool:
        """Whether this is the commit that is checked out."""
        return git(self.root, "rev-parse", "--verify", "--quiet", "HEAD").out == self.commit

    def is_ahead(self) -> bool:
        """Whether it has commits that HEAD has not; not if a shallow clone cannot tell."""
        found = git(self.root, "merge-base", self.commit, "HEAD")
        return found.code == 0 and self.commit not in found.out.splitlines()

    def ignores(self, path: str) -> bool:
        """Whether git is told to ignore a file, so that no commit will have it unless somebody insists.

        Raises:
            GitError: git cannot be run.
        """
        return git(self.root, "check-ignore", "--quiet", str(self.placed(path))).code == 0

    def glob(self, pattern: str, folder: str | Path = ".") -> list[str]:
        """The files that a pattern matches, named and sorted as `glob.glob` would on the disk.

        Args:
            pattern: with `*`, `?`, `[...]`, and `**` for any number of folders.
            folder: that the pattern is relative to.

        Raises:
            RevisionError: the revision cannot be read.
        """
        found = matching(pattern, self.placed(folder), self._below)
        return sorted({shown for shown, path in found if self._is_file(Path(os.path.normpath(path)))})

    # -- as `Files` of the spec reader

    def find(self, path: str) -> tuple[Path, str]:
        """Where in the commit the spec is that a user names, and what messages call it.

        Raises:
            AbsentError: nowhere.
            NoRepositoryError: the path lies outside of this repository.
        """
        try:
            file = self.placed(path)
        except ValueError:  # no file can have that name, which reading it will say
            return Path(path), self.prefix + path
        if not file.is_relative_to(self.root):
            raise NoRepositoryError(
                f"{path} is outside of the git repository {self.root}, which {self.ref} is of"
            )
        name = self.prefix + file.relative_to(self.root).as_posix()
        try:
            self._file(file)
        except FileNotFoundError:
            new = f"no such file there: the spec is new, or had another name{near_file(self, file, path)}"
            raise AbsentError(f"{name}: {new}") from None
        except (OSError, ValueError):
            pass  # it is there; reading it will say what is wrong
        return file, name

    def real(self, path: Path) -> Path:
        """Where a path leads when the links of the commit are followed."""
        if not path.is_relative_to(self.root) or len(str(path)) > _PATH_BYTES:
            return Path(os.path.normpath(path))
        at, links = self.root, 0
        ahead = list(reversed(path.relative_to(self.root).parts))
        while ahead:
            part = ahead.pop()
            at = at.parent if part == ".." else at / part
            entry = self._entry(at)
            if entry and entry.mode == _LINK:
                links += 1
                if links > _MOST_LINKS:
                    return at  # which still is a link: reading it will fail
                ahead += reversed(Path(os.fsdecode(self._content(entry, _PATH_BYTES)[0])).parts)
                at = at.parent
        return at

    def read(self, file: Path, most: int) -> tuple[bytes, int]:
        """The bytes of a file and how many they are; none of the bytes if there are more than `most`.

        Raises:
            OSError: it is not there, or no file.
            GitError: git fails.
        """
        data, size = self._content(self._file(file), most)
        if data.startswith(_LFS):
            raise UnreadableError(
                "a Git LFS pointer stands in its place, and nothing is fetched; keep this file out of LFS"
            )
        return data, size

    def open(self, file: Path) -> BinaryIO:
        """The bytes of a file of any size.

        Raises:
            OSError: it is not there, or no file.
            GitError: git fails.
        """
        return BytesIO(self.read(file, _LARGEST_FILE)[0])

    def neighbours(self, file: Path) -> list[str]:
        """The names in the folder of a file."""
        return list(self._folder(self.real(file.parent)))

    # -- folders and links

    def placed(self, path: str | Path) -> Path:
        """A path of the working tree below `root`, whichever links lead to that; others as they are."""
        path = absolute(path)
        for above in reversed((path, *path.parents)):
            if os.path.realpath(above) == str(self.root):
                return self.root / path.relative_to(above)
        existing = folder_near(path)
        return Path(os.path.realpath(existing)) / path.relative_to(existing)

    def _is_file(self, path: Path) -> bool:
        try:
            self._file(path)
        except (OSError, ValueError):
            return False
        return True

    def _file(self, path: Path) -> _TreeEntry:
        """The entry of a file, directly or by a link.

        Raises:
            OSError: there is none.
            ValueError: as of a path on the disk.
        """
        if "\0" in str(path):
            raise ValueError("embedded null byte")
        if len(os.fsencode(path)) > _PATH_BYTES:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        real = self.real(path)
        if not real.is_relative_to(self.root):
            raise UnreadableError(f"a link leads out of the repository, to {real}")
        entry = self._entry(real)
        if entry is None:
            self._refuse_submodule(real)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if entry.mode == _LINK:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if entry.mode == _SUBMODULE:
            self._refuse_submodule(real)
        if entry.mode == _FOLDER:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        return entry

    def _refuse_submodule(self, path: Path) -> None:
        for above in (path, *path.parents):
            entry = self._entry(above)
            if entry and entry.mode == _SUBMODULE:
                name = above.relative_to(self.root).as_posix()
                raise UnreadableError(
                    f"'{name}' is a submodule (at {entry.object[:12]}); its files and revisions are in a"
                    " repository of its own: run archcost inside it"
                )

    def _entry(self, path: Path) -> _TreeEntry | None:
        """What is at a path without links; None if nothing is, or it lies outside of the tree."""
        if path == self.root:
            return _TreeEntry(_FOLDER, f"{self.commit}^{{tree}}")
        return self._folder(path.parent).get(path.name) if path.is_relative_to(self.root) else None

    def _folder(self, path: Path) -> dict[str, _TreeEntry]:
        """The entries of a folder without links, by name; none if there is no such folder."""
        if path not in self._folders:
            entry = self._entry(path)
            is_folder = entry is not None and entry.mode == _FOLDER
            self._folders[path] = dict(self._entries(entry)) if entry and is_folder else {}
        return self._folders[path]

    def _entries(self, folder: _TreeEntry) -> Iterator[tuple[str, _TreeEntry]]:
        """A tree object is a row of `mode name NUL hash`, the hash in binary."""
        data, size = self._content(folder, _LARGEST_FOLDER)
        width = len(self.commit) // 2
        start = 0
        while start < size:
            end = data.find(b"\0", start) + 1
            if not end:
                raise GitError(f"{self.ref}: a folder of that revision is damaged, or far too large")
            mode, _, name = data[start : end - 1].partition(b" ")
            start = end + width
            # Old programs wrote a zero before the mode of a folder.
            yield os.fsdecode(name), _TreeEntry(mode.lstrip(b"0"), data[end:start].hex())

    def _content(self, entry: _TreeEntry, most: int) -> tuple[bytes, int]:
        found = self._objects.read(entry.object, most)
        if found is None:
            raise NotFetchedError(
                f"{self.ref}: this clone does not have all files of that revision (it is a partial one, or "
                "damaged), and archcost fetches nothing; `git fetch --refetch` or a full clone has them"
            )
        return found

    # -- patterns

    def _below(self, path: Path) -> list[Name]:
        """The names in a folder; of a folder above the root, what leads there."""
        path = Path(os.path.normpath(path))
        if self.root != path and self.root.is_relative_to(path):
            return [Name(self.root.relative_to(path).parts[0], is_folder=True)]
        names = self._folder(self.real(path)).items()
        return [Name(name, is_folder=entry.mode == _FOLDER) for name, entry in names]


_LARGEST_FOLDER = 2**28
"""Bytes of a tree object: millions of names in one folder."""
_LARGEST_FILE = 2**40
"""Bytes of a file that is read without a limit of its own."""
