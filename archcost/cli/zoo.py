"""`archcost zoo`: the networks that ship with it."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from archcost.cli.common import output
from archcost.cli.output import write
from archcost.limits import DEFAULT
from archcost.report.json import envelope
from archcost.spec.library import find_in_zoo, zoo

if TYPE_CHECKING:
    from archcost.spec.library import ZooEntry

SCHEMA = "archcost-zoo/1"

_WIDTH = 100


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(entry.name) for entry in zoo(DEFAULT) if entry.name.startswith(incomplete)]


@click.command
@click.argument("name", required=False, shell_complete=_complete)
@output("table", "json")
def command(name: str | None, form: str, output: str | None) -> None:
    """List the networks that ship with archcost, or print one's spec.

    A name works wherever a SPEC does, as `zoo:NAME`. Printed to a file, a spec is a start for your own.

    \b
      archcost zoo
      archcost zoo resnet50 > mine.yaml
      archcost analyze zoo:resnet101
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    if name is not None:
        write(_text(name.removeprefix("zoo:")), output)
    elif form == "json":
        write(_json(zoo(DEFAULT)), output)
    else:
        write("".join(f"{_line(entry)}\n" for entry in zoo(DEFAULT)), output)


def _text(name: str) -> str:
    file, variant = find_in_zoo(name, DEFAULT)
    if variant:
        click.echo(f"{name} is a variant in this spec: --variant {variant}", err=True)
    return file.read_text(encoding="utf-8")


def _json(entries: list[ZooEntry]) -> str:
    rows = ({"name": e.name, "file": e.file.name, "variant": e.variant, "note": e.note} for e in entries)
    return envelope(SCHEMA, "networks", rows)


def _line(entry: ZooEntry) -> str:
    what = f"variant of {entry.file.stem}" if entry.variant else entry.note
    return f"{entry.name:<24} {shorten(what, _WIDTH - 25, placeholder=' …')}"
