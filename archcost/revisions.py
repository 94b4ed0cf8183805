"""Specs as they were at a git revision: for what compares with a base.

    >>> with revision("HEAD~1", near="specs/net.yaml") as base:  # doctest: +SKIP
    ...     before = archcost.load("specs/net.yaml", at=base)

Only objects are read, by the `git` command: nothing is checked out or written, no index is looked at, and the
network is never asked. The folders of a commit are walked here, one tree object after the other, so that all
that git is asked for are hashes: no name of a file, however odd, is ever part of a request.

Everything that can go wrong is a `RevisionError`, with a type for each reason (see `archcost.errors`).
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO, TYPE_CHECKING, NamedTuple
from weakref import finalize

from archcost.errors import (
    AbsentError,
    AmbiguousRevisionError,
    GitError,
    NoGitError,
    NoRepositoryError,
    NotFetchedError,
    UnknownRevisionError,
)
from archcost.spec.library import UnreadableError, check_is_file, near_file
from archcost.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self

_PATIENCE = 60
"""Seconds that git has for one answer."""
_PATH_BYTES = 4096
"""Of a longer path, or a longer target of a link, systems say that it is too long."""
_MOST_LINKS = 40
"""Links that one path may lead through, as on Linux."""


# -- running git ----------------------------------------------------------------------------------------

# git sets some of these for the commands of a hook, and they would win over the folder of the spec.
_ELSEWHERE = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}


def _environment() -> dict[str, str]:
    """The user's, but for what points to another repository, traces, asks, translates or fetches."""
    kept = {k: v for k, v in os.environ.items() if k not in _ELSEWHERE and not k.startswith("GIT_TRACE")}
    return kept | {
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        # A partial clone would fetch what it lacks. The first is for git 2.45 and later; the second leaves no
        # protocol to fetch by.
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
    }


def _command(folder: Path, *arguments: str) -> list[str]:
    options = ["--no-pager", "--no-replace-objects", "-c", "core.warnAmbiguousRefs=true"]
    return ["git", *options, "-C", str(folder), *arguments]


class _Answer(NamedTuple):
    """How a git command ended, and what it wrote; one line break at the end is dropped."""

    code: int
    out: str
    err: str


def _git(folder: Path, *arguments: str) -> _Answer:
    """Run one git command to its end.

    Raises:
        GitError: it cannot be run, or does not end.
    """
    try:
        ended = subprocess.run(  # noqa: S603 - a fixed command, and no shell
            _command(folder, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(),
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _slow() from None
    except OSError as error:
        raise _no_git(error) from None
    out, err = (os.fsdecode(text).removesuffix("\n") for text in (ended.stdout, ended.stderr))
    return _Answer(ended.returncode, out, err)


def _slow() -> GitError:
    return GitError(f"git did not answer within {_PATIENCE} seconds")


def _no_git(error: OSError) -> GitError:
    if isinstance(error, FileNotFoundError):
        return NoGitError("there is no `git` command here, and a revision is read with it; install git")
    return GitError(f"git cannot be run: {(error.strerror or str(error)).lower()}")


def _words(err: str) -> str:
    """What git says, without its own prefix."""
    return re.sub(r"^(fatal|error): ", "", err.strip()) or "it does not say why"


class _Objects:
    """The objects of a repository, read by one `git cat-file --batch`, which begins when first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._end = finalize(self, lambda: None)

    def close(self) -> None:
        """End the process; the next question begins another."""
        self._end()
        self._process = None

    def read(self, name: str, most: int) -> tuple[bytes, int] | None:
        """An object's bytes and how many there are; none of the bytes if there are more than `most`.

        None if there is no such object.

        Raises:
            GitError: git fails, or does not answer in time.
        """
        process = self._process or self._begin()
        assert process.stdin  # noqa: S101 - both are pipes
        assert process.stdout  # noqa: S101
        late: list[bool] = []
        timer = Timer(_PATIENCE, lambda: (late.append(True), process.kill()))
        timer.start()
        try:
            with suppress(BrokenPipeError):  # the end of its output says so, too
                process.stdin.write(f"{name}\n".encode())
                process.stdin.flush()
            return self._answer(process.stdout, most)
        except EOFError:
            raise _slow() if late else self._failed() from None
        finally:
            timer.cancel()

    def _begin(self) -> subprocess.Popen[bytes]:
        self._stderr = TemporaryFile()  # noqa: SIM115 - `_end` closes it; a pipe nobody reads could fill up
        try:
            process = subprocess.Popen(  # noqa: S603 - a fixed command, and no shell
                _command(self._folder, "cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=_environment(),
            )
        except OSError as error:
            self._stderr.close()
            raise _no_git(error) from None
        self._process = process
        self._end = finalize(self, _end, process, self._stderr)
        return process

    def _answer(self, out: IO[bytes], most: int) -> tuple[bytes, int] | None:
        head = out.readline()
        if head.endswith(b" missing\n"):
            return None
        match head.split():
            case [_, _, digits] if head.endswith(b"\n"):
                size = int(digits)
            case _:
                raise EOFError
        if size > most:
            self.close()  # rather than having git write it all
            return b"", size
        data = out.read(size + 1)  # a line break follows
        if len(data) <= size:
            raise EOFError
        return data[:-1], size

    def _failed(self) -> GitError:
        err = b""
        if self._stderr and self._process:
            self._process.wait()
            self._stderr.seek(0)
            err = self._stderr.read(_PATH_BYTES)
        self.close()
        return GitError(f"git cannot read the repository: {_words(os.fsdecode(err))}")


def _end(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout, stderr):
        if stream:
            with suppress(OSError):  # what was not flushed finds nobody to read it
                stream.close()
    process.wait()


# -- finding a commit -----------------------------------------------------------------------------------


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
    root = _root(_folder_near(Path(near)))
    name, dots, rest = ref.partition("...")
    if rest or not name or name.startswith("-") or not name.isprintable() or ".." in name:
        raise UnknownRevisionError(
            f"{ref!r} names no git revision; name a branch, a tag or a commit, or REF... for the merge base"
        )
    commit = _commit(root, name)
    if dots:
        commit = _merge_base(root, name, commit)
    return Revision(ref, commit, root)


def _folder_near(path: Path) -> Path:
    """The folder that git can be asked in: the path, or the nearest one above it that is there."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - a link is not followed: its folder counts, not its target's
    return next((one for one in (path, *path.parents) if _is_folder(one)), Path.cwd())


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _root(folder: Path) -> Path:
    """The top of the working tree that a folder lies in.

    Raises:
        NoRepositoryError: it lies in none, or git refuses.
    """
    found = _git(folder, "rev-parse", "--show-toplevel")
    if found.code == 0 and found.out:
        return Path(os.path.realpath(found.out))
    if "not a git repository" in found.err:
        raise NoRepositoryError(
            f"{folder} is in no git repository, so there is no revision to read; run `git init` there, or "
            "compare files instead"
        )
    raise NoRepositoryError(f"git does not open the repository of {folder}: {_words(found.err)}")


def _commit(root: Path, name: str) -> str:
    """The full hash of the commit that a name stands for.

    Raises:
        RevisionError: of none, or of several.
    """
    found = _git(root, "rev-parse", "--verify", f"{name}^{{commit}}")
    if "is ambiguous" in found.err:
        raise AmbiguousRevisionError(f"{name} is ambiguous{_candidates(root, name, found.err)}")
    if found.code == 0 and re.fullmatch(r"[0-9a-f]{40,64}", found.out):
        return found.out
    raise _unknown(root, name)


def _candidates(root: Path, name: str, err: str) -> str:
    """Which things have the name, as the end of a message."""
    short = re.split(r"[~^:]|@\{", name)[0]
    full = [f"refs/{kind}{short}" for kind in ("", "heads/", "tags/", "remotes/")]
    refs = [ref for ref in _refs(root, "%(refname)") if ref in full]
    hashes = re.findall(r"^hint: +([0-9a-f]+ commit)", err, re.MULTILINE)
    found = refs or hashes
    return f": there are {' and '.join(found)}; name one of them in full" if found else "; name it in full"


def _refs(root: Path, form: str) -> list[str]:
    return _git(root, "for-each-ref", f"--format={form}").out.splitlines()


def _merge_base(root: Path, name: str, commit: str) -> str:
    head = _commit(root, "HEAD")
    found = _git(root, "merge-base", commit, head)
    if found.code == 0 and found.out:
        return found.out.splitlines()[0]
    why = f"{name}...: {name} and HEAD have no commit in common"
    if _is_shallow(root):
        raise NotFetchedError(f"{why} in this clone, which is shallow; {_FETCH_ALL}")
    raise UnknownRevisionError(f"{why}; name one revision instead")


_FETCH_ALL = "fetch the history: `git fetch --unshallow`, or `fetch-depth: 0` for GitHub's checkout action"


def _is_shallow(root: Path) -> bool:
    return _git(root, "rev-parse", "--is-shallow-repository").out == "true"


def _unknown(root: Path, name: str) -> UnknownRevisionError:
    """What to say of a name that no commit has."""
    what = f"{name}: the git repository {root} has no such revision"
    if name.startswith("HEAD") and _git(root, "rev-parse", "--verify", "--quiet", "HEAD").code:
        return UnknownRevisionError(f"{what}: it has no commit yet")
    near = _meant(root, name)
    if _is_shallow(root):
        return NotFetchedError(f"{what}{near}; this clone is shallow: {_how_to_fetch(root, name)}")
    return UnknownRevisionError(f"{what}{near or '; `git branch --all` and `git tag` list those it has'}")


def _meant(root: Path, name: str) -> str:
    """The branch or tag that may be meant: of the same name at another remote, or of a similar one."""
    known = _refs(root, "%(refname:short)")
    last = name.rpartition("/")[2]
    found = next((ref for ref in known if ref.rpartition("/")[2] == last), None) or nearest(name, known)
    return f" (did you mean '{found}'?)" if found else ""


def _how_to_fetch(root: Path, name: str) -> str:
    remotes = _git(root, "remote").out.splitlines()
    remote, slash, branch = name.partition("/")
    if slash and remote in remotes and re.fullmatch(r"[\w./-]+", branch):
        one = f"git fetch --depth=1 {remote} {branch}:refs/remotes/{name}"
    elif re.fullmatch(r"[0-9a-f]{40,64}", name):
        one = f"git fetch --depth=1 {remotes[0] if remotes else 'origin'} {name}"
    else:
        return _FETCH_ALL
    return f"`{one}` fetches it, or `fetch-depth: 0` for GitHub's checkout action"


# -- reading its files ----------------------------------------------------------------------------------


class _Entry(NamedTuple):
    """What a folder of a commit says of one name."""

    mode: bytes
    object: str


_FOLDER, _LINK, _SUBMODULE = b"40000", b"120000", b"160000"
_LFS = b"version https://git-lfs.github.com/spec/"


class Revision:
    """A commit, and the files in it. Made by `revision`; `with` ends the git process that reads it.

    It can be asked again after that: another process begins. Paths are those of the working tree, as if the
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
        self._objects = _Objects(root)
        self._folders: dict[Path, dict[str, _Entry]] = {}

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

    def has(self, path: str | Path) -> bool:
        """Whether there is such a file, directly or by a link.

        Raises:
            RevisionError: it cannot be looked up.
        """
        try:
            self._file(self._placed(path))
        except (OSError, ValueError):
            return False
        return True

    def glob(self, pattern: str, folder: str | Path = ".") -> list[str]:
        """The files that a pattern matches, named and sorted as `glob.glob` would on the disk.

        Args:
            pattern: with `*`, `?`, `[...]`, and `**` for any number of folders.
            folder: that the pattern is relative to.

        Raises:
            RevisionError: the revision cannot be read.
        """
        parts = [
            part
            for i, part in enumerate(re.split(r"[/\\]" if os.sep == "\\" else "/", pattern))
            if part or not i
        ]
        found = self._matching(self._placed(folder), parts)
        return sorted({shown for shown, path in found if self.has(path)})

    # -- as `Files` of the spec reader

    def find(self, path: str) -> tuple[Path, str]:
        """Where in the commit the spec is that a user names, and what messages call it.

        Raises:
            AbsentError: nowhere.
            NoRepositoryError: the path lies outside of this repository.
        """
        file = self._placed(path)
        if not file.is_relative_to(self.root):
            raise NoRepositoryError(
                f"{path} is outside of the git repository {self.root}, which {self.ref} is of"
            )
        name = self.prefix + file.relative_to(self.root).as_posix()
        try:
            self._file(file)
        except FileNotFoundError:
            new = f"no such file there: the spec is new, or had another name{near_file(self, file)}"
            raise AbsentError(f"{name}: {new}") from None
        except (OSError, ValueError):
            pass  # it is there; reading it will say what is wrong
        return file, name

    def real(self, path: Path) -> Path:
        """Where a path leads when the links of the commit are followed."""
        if not path.is_relative_to(self.root) or len(os.fsencode(path)) > _PATH_BYTES:
            return Path(os.path.normpath(path))
        at, links = self.root, 0
        ahead = list(reversed(path.relative_to(self.root).parts))
        while ahead:
            part = ahead.pop()
            at = at.parent if part == ".." else at / part
            entry = self._entry(at)
            if entry and entry.mode == _LINK and links < _MOST_LINKS:
                links += 1
                ahead += reversed(Path(self._target(entry)).parts)
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
                "this is a Git LFS pointer, the text itself is not in the repository; keep specs out of LFS"
            )
        return data, size

    def neighbours(self, file: Path) -> list[str]:
        """The names in the folder of a file."""
        return list(self._folder(self.real(file.parent)))

    # -- folders and links

    def _placed(self, path: str | Path) -> Path:
        """A path of the working tree below `root`, whichever links lead to that; others as they are."""
        path = Path(os.path.abspath(path))  # noqa: PTH100 - links below the root are those of the commit
        for above in reversed((path, *path.parents)):
            if os.path.realpath(above) == str(self.root):
                return self.root / path.relative_to(above)
        existing = _folder_near(path)
        return Path(os.path.realpath(existing)) / path.relative_to(existing)

    def _file(self, path: Path) -> _Entry:
        """The entry of a file.

        Raises:
            OSError: there is none.
        """
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
                    f"'{name}' is a submodule, a repository of its own; here it is at {entry.object[:12]}"
                )

    def _entry(self, path: Path) -> _Entry | None:
        """What is at a path without links; None if nothing is, or it lies outside of the tree."""
        if path == self.root:
            return _Entry(_FOLDER, f"{self.commit}^{{tree}}")
        return self._folder(path.parent).get(path.name) if path.is_relative_to(self.root) else None

    def _folder(self, path: Path) -> dict[str, _Entry]:
        """The entries of a folder without links, by name; none if there is no such folder."""
        if path not in self._folders:
            entry = self._entry(path)
            is_folder = entry is not None and entry.mode == _FOLDER
            self._folders[path] = dict(self._entries(entry)) if entry and is_folder else {}
        return self._folders[path]

    def _entries(self, folder: _Entry) -> Iterator[tuple[str, _Entry]]:
        """A tree object is a row of `mode name NUL hash`, the hash in binary."""
        data, _ = self._content(folder, _LARGEST_FOLDER)
        width = len(self.commit) // 2
        start = 0
        while start < len(data):
            end = data.index(b"\0", start) + 1
            mode, _, name = data[start : end - 1].partition(b" ")
            start = end + width
            yield os.fsdecode(name), _Entry(mode, data[end:start].hex())

    def _target(self, link: _Entry) -> str:
        return os.fsdecode(self._content(link, _PATH_BYTES)[0])

    def _content(self, entry: _Entry, most: int) -> tuple[bytes, int]:
        found = self._objects.read(entry.object, most)
        if found is None:
            raise NotFetchedError(
                f"{self.ref}: this clone does not have all files of that revision (it is a partial one, or "
                "damaged), and archcost fetches nothing; `git fetch --refetch` or a full clone has them"
            )
        return found

    # -- patterns

    def _matching(self, folder: Path, parts: list[str]) -> Iterator[tuple[str, Path]]:
        """Whatever matches: what to call it, and where it is."""
        ahead = [("", folder, 0)]
        seen: set[tuple[Path, int]] = set()
        while ahead:
            shown, path, done = ahead.pop()
            if (path, done) in seen:
                continue
            seen.add((path, done))
            if done == len(parts):
                yield shown, path
                continue
            ahead += self._steps(shown, path, done, parts[done])

    def _steps(self, shown: str, path: Path, done: int, part: str) -> Iterator[tuple[str, Path, int]]:
        if part == "**":
            yield shown, path, done + 1
            names: Iterable[str] = (n for n, e in self._below(path) if e == _FOLDER and n[0] != ".")
            done -= 1
        elif not re.search(r"[*?[]", part):
            names = [part]
        else:
            names = (
                n for n, _ in self._below(path) if (n[0] != "." or part[0] == ".") and fnmatchcase(n, part)
            )
        for name in names:
            yield (
                os.path.join(shown, name or os.sep),  # noqa: PTH118 - a Path would drop "./"
                Path(os.path.normpath(path / (name or os.sep))),
                done + 1,
            )

    def _below(self, path: Path) -> list[tuple[str, bytes]]:
        """The names in a folder, with their modes; of a folder above the root, what leads there."""
        if self.root != path and self.root.is_relative_to(path):
            return [(self.root.relative_to(path).parts[0], _FOLDER)]
        return [(name, entry.mode) for name, entry in self._folder(self.real(path)).items()]


_LARGEST_FOLDER = 2**28
"""Bytes of a tree object: millions of names in one folder."""
