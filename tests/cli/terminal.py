"""Running archcost on a terminal of so many columns."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
from typing import NamedTuple

from tests.cli.program import SPECS


class Shown(NamedTuple):
    """What was shown on the terminal, what went elsewhere, and the exit code."""

    text: str
    other: str
    code: int


def on_a_terminal(columns: int, *args: str, stream: str = "stdout", **environment: str) -> Shown:
    """Run `archcost ARGS`, one of its two streams on a terminal and the other one piped."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    bare = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "NO_COLOR"}}
    with subprocess.Popen(  # noqa: S603 - our own program, our own arguments
        [sys.executable, "-m", "archcost", *args],
        cwd=SPECS,
        env=bare | {"TERM": "xterm"} | environment,
        stdout=theirs if stream == "stdout" else subprocess.PIPE,
        stderr=theirs if stream == "stderr" else subprocess.PIPE,
    ) as process:
        os.close(theirs)
        shown = _everything(ours)
        other = process.stderr if stream == "stdout" else process.stdout
        rest = other.read() if other else b""
        code = process.wait(timeout=60)
    return Shown(shown.decode().replace("\r\n", "\n"), rest.decode(), code)


def _everything(terminal: int) -> bytes:
    """What is written to a terminal until its other end is closed, which reading it says as an error."""
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        while True:
            try:
                part = stream.read(10_000)
            except OSError:
                return shown
            if not part:
                return shown
            shown += part
