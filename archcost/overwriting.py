"""A result never takes the place of a file that it is made from.

A command says where its results go before it reads anything; whoever opens a file for it says so here. Files
are told apart as the file system does it, so that links, `./` and another case lead to the same one.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from archcost.errors import OverwritingError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import IO

Identity = tuple[int, int]
"""The device of a file, and its number there."""

_targets: ContextVar[dict[Identity, str] | None] = ContextVar("targets", default=None)


@contextmanager
def inputs_are_kept() -> Generator[None]:
    """Refuse what is described above, for as long as one command runs."""
    before = _targets.set({})
    try:
        yield
    finally:
        _targets.reset(before)


def will_write(file: int | str, name: str) -> None:
    """Somebody's result goes to a file.

    Args:
        file: its path, or its number if it is open.
        name: what to call it.
    """
    targets, identity = _targets.get(), _identity(file)
    if targets is not None and identity:
        targets[identity] = name


def will_read(file: int | str | Path) -> None:
    """A result depends on a file, or on one that names it.

    Raises:
        OverwritingError: that result is to go there.
    """
    targets = _targets.get()
    if targets and (name := targets.get(_identity(file) or (0, 0))):
        raise OverwritingError(f"{name} belongs to what this command reads; write the result to another file")


def number_of(stream: IO[bytes] | IO[str]) -> int:
    """The number of an open file; one that no file has, for a stream that is none."""
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return -1


def _identity(file: int | str | Path) -> Identity | None:
    """Which file that is; None if there is none, or a device or pipe, which keeps nothing."""
    try:
        found = os.stat(file)  # noqa: PTH116 - of an open file, too
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
