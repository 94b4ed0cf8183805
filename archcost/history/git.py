"""Running git: fixed commands that read, in an environment that surprises nobody, for a bounded time.

No command here checks out, writes, takes a lock, or uses the network. Of the index only names are read.
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import suppress
from tempfile import TemporaryFile
from threading import Timer
from typing import IO, TYPE_CHECKING, NamedTuple
from weakref import finalize

from archcost.errors import GitError, NoGitError

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60
"""Seconds that git has for one answer."""

# git sets some of these for the commands of a hook, and they would win over the folder that is given.
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

_SET = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # A partial clone would fetch what it lacks. The first is for git 2.45 and later; the second leaves no
    # protocol to fetch by.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


def _environment() -> dict[str, str]:
    """The user's, but for what points to another repository, traces, translates, prompts or fetches."""
    kept = {k: v for k, v in os.environ.items() if k not in _ELSEWHERE and not k.startswith("GIT_TRACE")}
    return kept | _SET


def _command(folder: Path, *arguments: str) -> list[str]:
    options = ["--no-pager", "--no-replace-objects", "-c", "core.warnAmbiguousRefs=true"]
    return ["git", *options, "-C", str(folder), *arguments]


class GitResult(NamedTuple):
    """How a git command ended, and what it wrote, without the last line break."""

    code: int
    out: str
    err: str

    @property
    def why(self) -> str:
        """What git complains about, in its own words."""
        return _words(self.err)


def git(folder: Path, *arguments: str) -> GitResult:
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
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_slow() from None
    except OSError as error:
        raise _cannot_run(error) from None
    out, err = (os.fsdecode(text).removesuffix("\n") for text in (ended.stdout, ended.stderr))
    return GitResult(ended.returncode, out, err)


def _words(err: str) -> str:
    return re.sub(r"^(fatal|error): ", "", " ".join(err.split())) or "it does not say why"


def _too_slow() -> GitError:
    return GitError(f"git did not answer within {PATIENCE} seconds")


def _cannot_run(error: OSError) -> GitError:
    if isinstance(error, FileNotFoundError):
        return NoGitError("revisions are read with the command `git`, and there is none here; install git")
    return GitError(f"git cannot be run: {(error.strerror or str(error)).lower()}")


class Objects:
    """The objects of a repository, read by one `git cat-file --batch`, which begins at the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reader: _Reader | None = None

    def close(self) -> None:
        """End the process; the next question begins another."""
        if self._reader:
            self._reader.end()
        self._reader = None

    def read(self, name: str, most: int) -> tuple[bytes, int] | None:
        """An object's bytes and how many there are; none of the bytes if there are more than `most`.

        None if there is no such object.

        Raises:
            GitError: git fails, or does not answer in time.
        """
        self._reader = self._reader or _Reader(self._folder)
        late: list[bool] = []
        timer = Timer(PATIENCE, self._give_up, (self._reader, late))
        timer.start()
        try:
            found = self._reader.read(name, most)
        except EOFError:
            why = self._reader.last_words()
            self.close()
            if "promisor" in why and not late:
                return None  # it would have to be fetched
            raise _too_slow() if late else GitError(f"git cannot read the repository: {why}") from None
        finally:
            timer.cancel()
            timer.join()  # its thread holds the reader, which ends when nobody does
        if found and found[1] > most:
            self.close()  # rather than have git write it all
        return found

    @staticmethod
    def _give_up(reader: _Reader, late: list[bool]) -> None:
        late.append(True)
        reader.process.kill()


class _Reader:
    """A running `git cat-file --batch`. It ends with this object at the latest."""

    def __init__(self, folder: Path) -> None:
        self.err: IO[bytes] = TemporaryFile()  # noqa: SIM115 - `_end` closes it; a pipe nobody reads could fill up
        try:
            self.process = subprocess.Popen(  # noqa: S603 - a fixed command, and no shell
                _command(folder, "cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.err,
                env=_environment(),
            )
        except OSError as error:
            self.err.close()
            raise _cannot_run(error) from None
        self.end = finalize(self, _end, self.process, self.err)

    def read(self, name: str, most: int) -> tuple[bytes, int] | None:
        """See `Objects.read`.

        Raises:
            EOFError: the process has ended.
        """
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin  # noqa: S101 - both are pipes
        assert stdout  # noqa: S101
        with suppress(BrokenPipeError):  # its output says so, too
            stdin.write(f"{name}\n".encode())
            stdin.flush()
        head = stdout.readline()
        if head.endswith(b" missing\n"):
            return None
        if not head.endswith(b"\n"):
            raise EOFError
        size = int(head.split()[-1])
        if size > most:
            return b"", size
        data = stdout.read(size + 1)  # a line break follows
        if len(data) <= size:
            raise EOFError
        return data[:-1], size

    def last_words(self) -> str:
        """What git complained about before it ended."""
        self.process.wait()
        self.err.seek(0)
        return _words(os.fsdecode(self.err.read(4096)))


def _end(process: subprocess.Popen[bytes], err: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, err):
        if stream:
            with suppress(OSError):  # what was not written finds nobody to read it
                stream.close()
