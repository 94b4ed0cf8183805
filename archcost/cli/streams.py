"""Standard streams that may be closed, full, or a pipe that nobody reads any more.

Results that cannot be written end the program: quietly, as a shell expects it, where the reader has gone,
else with a reason. What is said on standard error cannot change how the program ends: if nobody can hear it,
it is dropped.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from archcost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import TextIO

    from typing_extensions import Buffer

BROKEN_PIPE = 141
"""What a shell reports for a program whose reader went away (128 + SIGPIPE)."""

_CLOSED = OSError(errno.EBADF, "it is closed")


class BrokenPipe(BaseException):
    """Nobody reads standard output any more. Not an `Exception`: nothing on the way is meant to catch it."""


@contextmanager
def standard_streams() -> Generator[None]:
    """Standard streams that fail as described above, for as long as archcost runs.

    Streams that somebody has put in the place of the standard ones are left alone.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    _occupy()
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_NoInput()))
    sys.stdout = _guarded(sys.stdout, sys.__stdout__, _refuse)
    sys.stderr = _guarded(sys.stderr, sys.__stderr__, _ignore)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _occupy() -> None:
    """Keep the places of closed streams from the files that are opened next: these would be written to."""
    for place in range(3):
        try:
            os.fstat(place)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which takes the first place that is free


def _guarded(stream: TextIO | None, original: TextIO | None, fail: Callable[[OSError], None]) -> TextIO:
    """A stream in the place of a standard one, which hands its errors to `fail`."""
    if stream is None:
        raw = io.BufferedWriter(_Raw(None, fail))
        return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace")
    buffer: object = getattr(stream, "buffer", stream)
    if stream is not original or not isinstance(stream, io.TextIOWrapper):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Raw(getattr(buffer, "raw", buffer), fail)),  # none between, if Python was told so
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
    )


def _refuse(error: OSError) -> None:
    if isinstance(error, BrokenPipeError):
        raise BrokenPipe
    raise UsageError(f"cannot write standard output: {error.strerror or error}")


def _ignore(_error: OSError) -> None:
    pass


class _Raw(io.RawIOBase):
    """Writes to a stream until that fails, once; what comes after that is dropped."""

    def __init__(self, stream: object, fail: Callable[[OSError], None]) -> None:
        self._stream = cast("io.RawIOBase | None", stream)
        self._fail = fail
        self._has_failed = False

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        if self._stream is None:
            raise _CLOSED
        return self._stream.fileno()

    def write(self, data: Buffer, /) -> int | None:
        if not self._has_failed:
            try:
                return self._write(data)
            except OSError as error:
                self._has_failed = True
                self._fail(error)
        return memoryview(data).nbytes

    def _write(self, data: Buffer) -> int:
        if self._stream is None:
            raise _CLOSED
        while (written := self._stream.write(data)) is None:  # it does not block, and is not ready
            select.select([], [self._stream], [])
        return written


class _NoInput(io.RawIOBase):
    """What stands where there is no standard input."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Buffer, /) -> int:
        raise _CLOSED
