"""Where results go: standard output, a device or pipe, or a file that appears whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import TextIO

import click

from archcost.cli.option import filled
from archcost.cli.streams import BrokenPipe
from archcost.errors import UsageError
from archcost.escape import no_commands
from archcost.overwriting import will_write
from archcost.words.style import Style

_NO_TEXT = "backslashreplace"
"""What becomes of letters that are none: the name of a file may be bytes that are no UTF-8."""


def result_file(ctx: click.Context, param: click.Parameter, given: str | None) -> str | None:
    """A file for the result, as `--output` names it; what is read from now on must be another."""
    if given is not None and given != "-":
        will_write(given, f"'{given}'")
    return filled(ctx, param, given)


def write(result: str | bytes, output: str | None) -> None:
    """Write a result: text, which becomes UTF-8 in a file, or the bytes of a picture.

    Raises:
        UsageError: the output cannot be written; the text names it and says why.
    """
    if output in {None, "-"}:
        _to_stdout(result)
        return
    data = result.encode("utf-8", _NO_TEXT) if isinstance(result, str) else result
    try:
        _to_file(data, Path(str(output)))
    except OSError as error:
        raise UsageError(f"cannot write '{output}': {error.strerror or error}") from None


def say(text: str) -> None:
    """Tell the user something, on standard error, where a CI looks for commands as well."""
    annotate(no_commands(_fitted(text) if sys.stderr.isatty() else text))


_EXCERPT = re.compile(r" *\d* \| ")
"""How a line of a spec begins that is shown, or what marks a place in it."""


def _fitted(text: str) -> str:
    """What is said, in lines as long as the terminal's; a place in a spec stays below its line."""
    from archcost.words.fit import wrapped  # noqa: PLC0415 - few commands end in words for a terminal

    lines = text.split("\n")
    most = max(NARROWEST, columns(sys.stderr))
    return "\n".join(
        part for line in lines for part in ([line] if _EXCERPT.match(line) else wrapped(line, most))
    )


def annotate(text: str) -> None:
    """Tell a CI something there: commands of its own, which nobody's text may be part of unescaped."""
    click.echo(text.encode("utf-8", _NO_TEXT).decode("utf-8"), err=True)


def columns(terminal: TextIO) -> int:
    """How wide standard error is, whatever standard output is."""
    try:
        return os.get_terminal_size(terminal.fileno()).columns or shutil.get_terminal_size().columns
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns


NARROWEST = 24
"""Columns into which results can be fitted."""


def style_for(output: str | None, width: int | None = None) -> Style:
    """Colour on a terminal, unless NO_COLOR is set, and its width, unless `width` is given.

    Args:
        output: where the result goes; None for standard output.
        width: columns; 0 for any number, None for as many as the terminal has, if it goes to one.
    """
    on_terminal = output in {None, "-"} and sys.stdout.isatty()
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if width is None and on_terminal:
        width = max(NARROWEST, shutil.get_terminal_size().columns)
    return Style(colour=on_terminal and not plain, width=width or None)


def _to_stdout(result: str | bytes) -> None:
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        # A program that reads us gets UTF-8 wherever it runs; a terminal gets what it can show.
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8", errors=_NO_TEXT)
    if isinstance(result, bytes):
        sys.stdout.buffer.write(result)
    else:
        stream.write(result)
    stream.flush()


def _to_file(data: bytes, path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        _to_device(data, path)
    else:
        # A link keeps pointing at its file, and the file is replaced.
        _replace(data, Path(os.path.realpath(path)), mode)


def _to_device(data: bytes, path: Path) -> None:
    try:
        with path.open("wb") as stream:
            stream.write(data)
    except BrokenPipeError:
        raise BrokenPipe from None


def _replace(data: bytes, path: Path, mode: int | None) -> None:
    """Write beside the file, then move it into place in one step."""
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    # A name of its own: the file's may be as long as names get.
    handle, name = tempfile.mkstemp(prefix=".archcost-", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123 - an open handle, no path
            stream.write(data)
        temporary.chmod(stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
