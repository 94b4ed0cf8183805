"""`archcost expand`: the network without its blocks, repeats and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archcost.analysis.expand import expanded
from archcost.cli.common import (
    Loading,
    load_one,
    loading,
    output,
    reading,
    spec_argument,
    width,
    write_options,
)
from archcost.cli.output import write
from archcost.cli.progress import progress
from archcost.report.formats import write as render

if TYPE_CHECKING:
    from typing import Unpack


class ExpandOptions(Loading):
    """How specs are read, and how wide a table may be."""

    width: int | None


@click.command
@spec_argument
@output("expansion")
@loading
@width
def command(spec: str, form: str, output: str | None, **options: Unpack[ExpandOptions]) -> None:
    """List every node of a network, with its path and its source line.

    Blocks, repeats, branches and variables are gone: what stands is what is counted, in the order in which
    it runs. The paths are those that `explain`, budgets and reports use.

    \b
      archcost expand net.yaml
      archcost expand zoo:mobilenet_v2 --set width=0.5 --format csv
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    with progress() as doing:
        doing.step(reading(spec))
        found = expanded(load_one(spec, options))
        text = render("expansion", found, form, write_options(options, output))
    write(text, output)
