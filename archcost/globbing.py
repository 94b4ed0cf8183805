"""What a pattern means, on the disk or in a commit: `*` and `?` stay in a name, `**` stands for folders.

As in git and in pathlib, `**` does not go through links: one of them may lead back to a folder around it, and
two of them do so in endlessly many ways. A link that is written out, or matched by `*`, is followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator


class Name(NamedTuple):
    """What a folder holds.

    Attributes:
        text: its name there.
        is_folder: whether it is a folder itself; a link to one is not.
    """

    text: str
    is_folder: bool


Below: TypeAlias = Callable[[Path], Iterable[Name]]
"""The names in a folder; none if it cannot be read, or is none."""


def on_disk(pattern: str) -> list[str]:
    """The files that a pattern matches, as they are shown, sorted."""
    return sorted(str(shown) for shown, path in matching(pattern, Path(), _names) if path.is_file())


def _names(folder: Path) -> list[Name]:
    try:
        with os.scandir(folder) as entries:
            return [Name(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except (OSError, ValueError):
        return []


def matching(pattern: str, folder: Path, below: Below) -> Iterator[tuple[str, Path]]:
    """Whatever matches but folders, if it is there: what to call it, and where it is."""
    if pattern.endswith("/"):
        return  # folders alone
    first, *rest = pattern.split("/")
    parts = [first, *filter(None, rest)]
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
        for name, matched in _steps(path, parts[done], below, is_last=done + 1 == len(parts)):
            # Not by Path, which would drop a "./" in front.
            to = os.path.join(shown, name) if name else shown  # noqa: PTH118
            ahead.append((to, path / name, done + matched))


def _steps(path: Path, part: str, below: Below, *, is_last: bool) -> Iterator[tuple[str, int]]:
    """The names to go on with in a folder, and how many parts of the pattern each one is worth."""
    if part == "**":
        yield "", 1
        names = [name for name in below(path) if not name.text.startswith(".")]
        yield from ((name.text, 0) for name in names if name.is_folder)
        yield from ((name.text, 1) for name in names if not name.is_folder and is_last)
    elif re.search(r"[*?[]", part):
        texts = [name.text for name in below(path) if fnmatchcase(name.text, part)]
        yield from ((text, 1) for text in texts if part.startswith(".") or not text.startswith("."))
    else:
        yield part or os.sep, 1
