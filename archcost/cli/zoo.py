"""`archcost zoo`: the networks that ship with it."""

from __future__ import annotations

from dataclasses import replace

import click
from click.shell_completion import CompletionItem

from archcost.cli.common import output, width
from archcost.cli.option import option
from archcost.cli.output import say, style_for, write
from archcost.errors import UsageError
from archcost.limits import DEFAULT
from archcost.report.formats import write as render
from archcost.report.options import WriteOptions
from archcost.spec.zoo import BLOCKS, find_in_zoo, shipped, standard_blocks, zoo
from archcost.words.suggest import suggest

_WIDTH = 100
"""Columns of a line, unless the terminal has others."""


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    names = (entry.name for entry in (*zoo(DEFAULT), *standard_blocks(DEFAULT)))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command
@click.argument("name", required=False, shell_complete=_complete)
@option("--blocks", is_flag=True, help="List the standard blocks instead.")
@output("zoo")
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
    found = {"blocks": standard_blocks(DEFAULT)} if blocks else {"networks": zoo(DEFAULT)}
    style = style_for(output, width)
    if width is None and style.width is None:
        style = replace(style, width=_WIDTH)
    write(render("zoo", found, form, WriteOptions(style=style)), output)


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
