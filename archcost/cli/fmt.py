"""`archcost fmt`: specs in the canonical style."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING, NamedTuple

import click

from archcost.cli.common import quiet
from archcost.cli.option import option
from archcost.cli.output import say, write
from archcost.errors import SpecError, UsageError
from archcost.escape import as_wide, no_commands, visible
from archcost.files import DISK
from archcost.limits import DEFAULT
from archcost.loading.opened import form_of
from archcost.spec.opened import open_spec
from archcost.spec.spec_patterns import named
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.errors import Diagnostic


class _File(NamedTuple):
    """A file as it is and as it should be."""

    spec: str
    name: str
    before: bytes
    after: bytes

    @property
    def changes(self) -> bool:
        return self.before != self.after


@click.command
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True, type=click.Path())
@option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is not in the style.")
@option("--diff", is_flag=True, help="Write nothing; print what would change.")
@quiet
def command(specs: tuple[str, ...], *, check: bool, diff: bool, quiet: bool) -> int:
    """Rewrite specs in the canonical style, comments kept.

    A SPEC is a file, a pattern, or `-` for standard input, which goes to standard output. Only the layout
    changes: every file is read again before it is written, and must say the same, with the same comments.
    A file that is not YAML stays as it is, while the others are formatted.

    \b
      archcost fmt net.yaml 'specs/*.yaml'
      archcost fmt --check 'specs/**/*.yaml'
      archcost fmt --diff net.yaml
      archcost fmt - < net.yaml
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    mistakes: list[Diagnostic] = []
    bugs: list[Exception] = []
    files = list(_formatted(specs, mistakes, bugs))
    for file in files:
        _finish(file, writes=not (check or diff), diff=diff)
    if not quiet:
        _report(files, writes=not (check or diff))
    if bugs:
        raise bugs[0]
    if mistakes:
        raise SpecError(mistakes)
    return int(check and any(file.changes for file in files))


def _formatted(specs: tuple[str, ...], mistakes: list[Diagnostic], bugs: list[Exception]) -> Iterator[_File]:
    """The files that can be formatted; what is wrong with the others is noted."""
    from archcost.formatting import FormattingError, formatted  # noqa: PLC0415 - only to run it

    names = named(specs)
    for spec in names:
        if spec.startswith("zoo:"):
            copy = f"archcost zoo {spec.removeprefix('zoo:')} > net.yaml"
            raise UsageError(f"{spec} ships with archcost and is not rewritten; format a copy: {copy}")
    for spec in names:
        if form := form_of(spec, DISK):
            raise UsageError(
                f"{spec} is {form.name}, and only specs are rewritten; `archcost import` makes one"
            )
        try:
            opened = open_spec(spec, DEFAULT)
            try:
                yield _File(spec, opened.name, opened.data, formatted(opened.data, opened.name))
            except FormattingError as error:
                bugs.append(FormattingError(f"{opened.name}: {error}; the file stays as it is"))
        except SpecError as error:
            mistakes += error.diagnostics


def _finish(file: _File, *, writes: bool, diff: bool) -> None:
    if diff:
        write(_difference(file), None)
    elif writes and file.spec == "-":
        write(file.after, None)
    elif writes and file.changes:
        write(file.after, file.spec)


def _difference(file: _File) -> str:
    before, after = (data.decode().splitlines(keepends=True) for data in (file.before, file.after))
    name = visible(file.name)
    lines = map(_shown, unified_diff(before, after, name, name))
    ended = (
        line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return no_commands("".join(ended))


def _shown(line: str) -> str:
    """A line of a difference; what turns letters around must not hide what would change."""
    text = line.rstrip("\r\n")
    return as_wide(text) + line[len(text) :]


def _report(files: list[_File], *, writes: bool) -> None:
    """What was done, or would be, on standard error: a line per file, then how many."""
    did = "reformatted" if writes else "would reformat"
    changed = [file for file in files if file.changes]
    for file in changed:
        say(visible(f"{did} {file.name}"))
    same = len(files) - len(changed)
    would = "" if writes else "would be "
    counts = [(len(changed), f"{would}reformatted"), (same, f"{would}left unchanged")]
    said = [f"{plural(n, 'file')} {what}" for n, what in counts if n]
    if said:
        say(", ".join(said))
