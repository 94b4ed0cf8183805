"""`archcost expand`: the network without its blocks, repeats and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archcost.cli.common import load_one, loading, output, spec_argument
from archcost.cli.output import write
from archcost.report import expanded

if TYPE_CHECKING:
    from typing import Unpack

    from archcost.cli.common import Loading


@click.command
@spec_argument
@output("table", "json", "csv", "markdown")
@loading
def command(spec: str, form: str, output: str | None, **options: Unpack[Loading]) -> None:
    """List every node of a network, with its path and its source line.

    Blocks, repeats, branches and variables are gone: what stands is what is counted, in the order in which
    it runs. The paths are those that `explain`, budgets and reports use.

    \b
      archcost expand net.yaml
      archcost expand zoo:mobilenet_v2 --set width=0.5 --format csv
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    write(expanded.write(load_one(spec, options), form), output)
