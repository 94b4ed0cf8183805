"""`archcost explain`: where a number comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archcost.analysis.explain import explain
from archcost.cli.common import (
    Loading,
    convention,
    load_one,
    loading,
    output,
    reading,
    spec_argument,
    width,
    write_options,
)
from archcost.cli.completion import complete_node
from archcost.cli.output import write
from archcost.cli.progress import progress
from archcost.report.formats import write as render

if TYPE_CHECKING:
    from typing import Unpack


class ExplainOptions(Loading):
    """How specs are read, what else is counted, and how wide lines may be."""

    convention: str | None
    width: int | None


@click.command
@spec_argument
@click.argument("node", required=False, shell_complete=complete_node)
@output("explanation")
@loading
@convention
@width
def command(
    spec: str, node: str | None, form: str, output: str | None, **options: Unpack[ExplainOptions]
) -> None:
    """Derive the numbers of one node, step by step.

    Shows where NODE is written, how its window arrives at the output's size, its weights, and each count as
    its formula, with the numbers put in, and the result. A group of nodes is shown as the sum of its parts,
    and so is the network if there is no NODE. --convention derives what others count, and why it differs.

    \b
      archcost explain zoo:resnet50 stem.conv_bn.conv
      archcost explain zoo:resnet50 stage.2
      archcost explain zoo:resnet50 --convention thop
      archcost explain net.yaml conv_1 --format json
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    with progress() as doing:
        doing.step(reading(spec))
        network = load_one(spec, options)
        doing.step(f"explaining {spec}")
        explained = explain(network, node, options["convention"])
    write(render("explanation", explained, form, write_options(options, output)), output)
