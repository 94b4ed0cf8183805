"""`archcost analyze`: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archcost.analysis.analyze import analyze
from archcost.cli.common import (
    Loading,
    convention,
    load_all,
    loading,
    output,
    quiet,
    specs_argument,
    units,
    width,
    write_options,
)
from archcost.cli.completion import listed
from archcost.cli.option import by_commas, option
from archcost.cli.output import write
from archcost.cli.progress import progress
from archcost.report.analysis.columns import NAMES, choose
from archcost.report.formats import write as render
from archcost.results.report import COUNTS
from archcost.results.units import DTYPES

if TYPE_CHECKING:
    from typing import Unpack

    from archcost.words.numbers import Units


class AnalyzeOptions(Loading):
    """How specs are read, what else is counted, and how the result is to look."""

    convention: str | None
    depth: int | None
    columns: tuple[str, ...] | None
    sort: str | None
    units: Units
    dtype: str
    width: int | None
    quiet: bool


def _columns(_ctx: click.Context, _param: click.Parameter, given: str | None) -> tuple[str, ...] | None:
    return None if given is None else choose(name.strip() for name in given.split(","))


@click.command(epilog=f"Columns: {', '.join(NAMES)}.")
@specs_argument
@output("analysis")
@loading
@convention
@option(
    "--depth", type=click.IntRange(min=1), help="Levels of the tree to show. [default: what fits 40 lines]"
)
@option(
    "--columns",
    metavar="NAMES",
    callback=_columns,
    shell_complete=listed(NAMES),
    together=by_commas,
    help="Columns to show, separated by commas; see below.",
)
@option(
    "--sort", metavar="COUNT", type=click.Choice(COUNTS), help="Largest first, each line by its whole path."
)
@units
@option("--dtype", type=click.Choice(list(DTYPES)), default="float32", show_default=True, help="For bytes.")
@width
@quiet
def command(specs: tuple[str, ...], form: str, output: str | None, **options: Unpack[AnalyzeOptions]) -> None:
    """Count what networks cost: shapes, parameters, operations, memory.

    Every number is exact and for one sample. Findings are listed and change no exit code.

    \b
      archcost analyze net.yaml
      archcost analyze zoo:vgg16 --sort macs --columns kind,output,macs,macs_fraction
      archcost analyze zoo:mobilenet_v2 --set width=0.5 --input 3x192x192
      archcost analyze zoo:resnet50 --convention thop
      archcost analyze 'specs/*.yaml' --format json --output report.json

    JSON always holds everything; CSV has a row per node with exact integers, and heeds --columns and --sort.
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    with progress(quiet=options["quiet"]) as doing:
        networks = load_all(specs, options, doing)
        counted = doing.each(networks, lambda network: f"analyzing {network.path}")
        reports = [analyze(network, options["convention"]) for network in counted]
        doing.step("writing")
        text = render("analysis", reports, form, write_options(options, output))
    write(text, output)
