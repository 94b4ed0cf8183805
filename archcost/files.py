"""Where files come from: the disk, or whatever else has them, as git revisions do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from archcost.errors import UsageError
from archcost.overwriting import number_of, will_read
from archcost.words.suggest import nearest

if TYPE_CHECKING:
    from typing import BinaryIO


class UnreadableError(OSError):
    """Why a file is refused, in words for the user."""


class Files(Protocol):
    """Where files come from: the disk, or a revision of a git repository.

    Attributes:
        prefix: what the names of files begin with in messages; `origin/main:` for a revision.
    """

    @property
    def prefix(self) -> str: ...  # noqa: D102 - see above

    def find(self, path: str) -> tuple[Path, str]:
        """Where the spec is that a user names, and what messages call it."""
        ...

    def real(self, path: Path) -> Path:
        """Where a path leads when links are followed; whatever is missing stays as it is written."""
        ...

    def read(self, file: Path, most: int) -> tuple[bytes, int]:
        """The bytes of a file and how many they are. Of more than `most`, an arbitrary part is enough.

        Raises:
            OSError: as opening a file on the disk does.
            ValueError: likewise.
        """
        ...

    def open(self, file: Path) -> BinaryIO:
        """The bytes of a file of any size, to be read in any order.

        Raises:
            OSError: it is not there, or no file.
        """
        ...

    def neighbours(self, file: Path) -> list[str]:
        """The names in the folder of a file; none if it cannot be read."""
        ...


def check_is_regular(file: Path) -> None:
    """Refuse what is there and is no file: a pipe would wait for somebody, and a device may never end.

    That is for files which somebody else names. A user may name a pipe, and a shell does it for them.

    Raises:
        UnreadableError: it is a pipe, a socket or a device.
    """
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise UnreadableError("this is no file")


class Disk:
    """Files as they are now."""

    prefix = ""

    def find(self, path: str) -> tuple[Path, str]:
        """The file of that name."""
        return Path(path), path

    def real(self, path: Path) -> Path:
        """The path without links."""
        return Path(os.path.realpath(path))

    def read(self, file: Path, most: int) -> tuple[bytes, int]:
        """The bytes of a file; the size is what the file says, where it is larger than `most`."""
        with file.open("rb") as stream:
            will_read(number_of(stream))
            data = stream.read(most + 1)
            size = os.fstat(stream.fileno()).st_size if len(data) > most else 0
        return data, max(len(data), size)

    def open(self, file: Path) -> BinaryIO:
        """A regular file, opened."""
        check_is_regular(file)
        return file.open("rb")

    def neighbours(self, file: Path) -> list[str]:
        """The names in the folder of a file."""
        try:
            return [entry.name for entry in os.scandir(file.parent)]
        except (OSError, ValueError):
            return []


DISK = Disk()


class Stored(NamedTuple):
    """A file that a spec names, not opened so far, and where it comes from."""

    path: Path
    files: Files


def check_is_file(path: str) -> None:
    """Refuse what a user may name as a spec, but git knows nothing of.

    Raises:
        UsageError: standard input, or a network of the zoo.
    """
    if path == "-" or path.startswith("zoo:"):
        what = "standard input" if path == "-" else "a network of the zoo, which ships with archcost,"
        raise UsageError(f"{path}: {what} has no git revisions; name a file of a repository")


def near_file(files: Files, file: Path, written: str) -> str:
    """The spec beside a missing one that may be meant, as the end of a message; empty if nothing is near.

    It stands there as it would be written, in the folder that was `written`.
    """
    specs = [name for name in files.neighbours(file) if name.endswith((".yaml", ".yml"))]
    if file.name in specs:
        return "; what this link points to is not there"
    names = {Path(name).stem: name for name in specs}
    near = nearest(file.stem, names)
    return f" (did you mean '{Path(written).with_name(names[near])}'?)" if near else ""
