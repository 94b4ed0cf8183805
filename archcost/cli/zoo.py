"""`archcost zoo`: the networks that ship with it."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from archcost.cli.common import output, width
from archcost.cli.option import option
from archcost.cli.output import say, style_for, write
from archcost.errors import UsageError
from archcost.limits import DEFAULT
from archcost.report.analysis.csv import table
from archcost.report.analysis.json import envelope
from archcost.spec.zoo import BLOCKS, find_in_zoo, shipped, standard_blocks, zoo
from archcost.words.fit import cut
from archcost.words.suggest import suggest
from archcost.words.tables import Head, Table, piped

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.spec.zoo import ZooEntry

SCHEMA = "archcost-zoo/1"

_WIDTH = 100
"""Columns of a line, unless the terminal has others."""


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    names = (entry.name for entry in (*zoo(DEFAULT), *standard_blocks(DEFAULT)))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command
@click.argument("name", required=False, shell_complete=_complete)
@option("--blocks", is_flag=True, help="List the standard blocks instead.")
@output("table", "json", "csv", "markdown")
@width
def command(name: str | None, *, blocks: bool, form: str, output: str | None, width: int | None) -> None:
    """List the networks that ship with archcost, or print one's spec.

    A name works wherever a SPEC does, as `zoo:NAME`. Printed to a file, a spec is a start for your own.
    Standard blocks are called by their path; their text shows their parameters.

    \b
      archcost zoo
      archcost zoo resnet50 > mine.yaml
      archcost analyze zoo:resnet101
      archcost zoo std/squeeze_excite
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    if name is not None:
        write(_text(name.removeprefix("zoo:")), output)
        return
    entries = standard_blocks(DEFAULT) if blocks else zoo(DEFAULT)
    most = None if width == 0 else style_for(output, width).width or _WIDTH
    made: dict[str, Callable[[], str]] = {
        "table": lambda: "".join(f"{_line(entry, most)}\n" for entry in entries),
        "json": lambda: _json(entries, "blocks" if blocks else "networks"),
        "csv": lambda: table(_COLUMNS, map(_row, entries)),
        "markdown": lambda: _markdown(entries),
    }
    write(made[form](), output)


def _text(name: str) -> str:
    if name.startswith("std/"):
        return _block_text(name)
    file, variant = find_in_zoo(name, DEFAULT)
    if variant:
        say(f"{name} is a variant in this spec: --variant {variant}")
    return shipped(file).decode()


def _block_text(name: str) -> str:
    known = [entry.name for entry in standard_blocks(DEFAULT)]
    if name not in known:
        raise UsageError(f"{name}: no standard block has that name{suggest(name, known)}; see --blocks")
    return shipped(BLOCKS / f"{name.removeprefix('std/')}.yaml").decode()


_COLUMNS = ("name", "file", "variant", "note")


def _row(entry: ZooEntry) -> dict[str, object]:
    return {"name": entry.name, "file": entry.file.name, "variant": entry.variant, "note": entry.note}


def _json(entries: list[ZooEntry], what: str) -> str:
    return envelope(SCHEMA, what, map(_row, entries))


def _markdown(entries: list[ZooEntry]) -> str:
    rows = [[entry.name, _what(entry)] for entry in entries]
    return piped(Table([Head("name", least=12), Head("what it is")], rows)) + "\n"


def _what(entry: ZooEntry) -> str:
    return f"variant of {entry.file.stem}" if entry.variant else entry.note


def _line(entry: ZooEntry, most: int | None) -> str:
    line = f"{entry.name:<24} "
    if most is None:
        return line + _what(entry)
    return cut(line + shorten(_what(entry), max(most - len(line), 2), placeholder=" …"), most)
