"""`--format NAME[:FILE]`, as often as there are readers: one result in several formats at once."""

from __future__ import annotations

import os
import stat
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from click.shell_completion import CompletionItem

from archcost.cli.completion import complete_file
from archcost.cli.option import option
from archcost.cli.output import result_file, write
from archcost.errors import UsageError
from archcost.overwriting import will_write
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

F = TypeVar("F", bound="Callable[..., Any]")


_STDOUT = frozenset({"", "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
"""Names of standard output. Where that is a file, opening it by such a name would begin it anew."""


class Output(NamedTuple):
    """A format, and the file it goes to; None for standard output."""

    form: str
    file: str | None


class FormatType(click.ParamType["Output"]):
    """`NAME`, or `NAME:FILE`; only the first colon counts, so FILE may have a drive."""

    name = "format"

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        r"""The format and the file.

        >>> FormatType(["text"]).convert(r"text:C:\out.txt", None, None)
        Output(form='text', file='C:\\out.txt')
        """
        if isinstance(value, Output):
            return value
        name, colon, file = str(value).partition(":")
        if name not in self.names:
            instead = suggest(name, self.names) or f"; there are {', '.join(self.names)}"
            self.fail(f"there is no format '{name}'{instead}", param, ctx)
        if colon and not file:
            self.fail(f"'{value}' lacks its file: {name}:FILE, or {name} for standard output", param, ctx)
        return Output(name, _file(file))

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - likewise
        incomplete: str,
    ) -> list[CompletionItem]:
        """Formats; files once there is a colon."""
        name, colon, file = incomplete.partition(":")
        if colon:
            return [CompletionItem(file, type="file")]
        return [CompletionItem(known) for known in self.names if known.startswith(name)]


def formats(*names: str) -> Callable[[F], F]:
    """Add `--format`, repeatable (the first is the default), and `--output`, as `forms` and `output`."""
    options = (
        option(
            "--format",
            "-f",
            "forms",
            metavar="NAME[:FILE]",
            type=FormatType(names),
            multiple=True,
            help=f"How to write the result, to FILE or standard output: {', '.join(names)}. Repeatable.  "
            f"[default: {names[0]}]",
        ),
        option(
            "--output",
            "-o",
            metavar="FILE",
            callback=result_file,
            shell_complete=complete_file,
            help="Where the format without a FILE goes instead. Files appear whole or not at all.",
        ),
    )
    return lambda command: reduce(lambda f, add: add(f), reversed(options), command)


def outputs(forms: Sequence[Output], output: str | None, default: str) -> list[Output]:
    """What goes where. People read along: unless a format takes standard output, the default one does.

    Raises:
        UsageError: two formats for one place.
    """
    single = [form for form in forms if form.file is None]
    if len(single) > 1:
        one, other = single[:2]
        raise UsageError(
            f"--format {one.form} and --format {other.form} both go to standard output; "
            f"give one of them a file: --format {other.form}:FILE"
        )
    bare = single[0].form if single else default
    placed = [*(form for form in forms if form.file is not None), Output(bare, _file(output or ""))]
    files = [form.file for form in placed if form.file is not None]
    _refuse_same(files)
    for file in files:
        will_write(file, f"'{file}'")
    return placed


def _file(name: str) -> str | None:
    return None if name in _STDOUT else name


def _refuse_same(files: Iterable[str]) -> None:
    """Devices can take several results, one after another; of a file only the last would remain."""
    known: dict[str, str] = {}
    for file in files:
        path = os.path.realpath(file)
        if path in known and not _is_device(path):
            also = "" if file == known[path] else f" (it is '{known[path]}')"
            raise UsageError(f"two formats would be written to '{file}'{also}; give each its own file")
        known[path] = file


def _is_device(path: str) -> bool:
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def write_all(placed: Sequence[Output], render: Callable[[str, str | None], str]) -> None:
    """Render everything, then write the files, then what goes to standard output.

    Args:
        placed: formats, and where they go.
        render: a format's text, for the file it goes to.

    Raises:
        UsageError: an output cannot be written; nothing is on standard output then.
    """
    results = [(render(form, file), file) for form, file in placed]
    for result, file in sorted(results, key=lambda pair: pair[1] is None):
        write(result, file)


def repository_root() -> Path:
    """Where paths in annotations begin: GitHub's workspace, else the repository, else the working folder."""
    here = Path.cwd()
    if (workspace := os.environ.get("GITHUB_WORKSPACE")) and here.is_relative_to(os.path.realpath(workspace)):
        return Path(workspace)
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
