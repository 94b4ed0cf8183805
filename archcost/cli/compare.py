"""`archcost compare`: networks side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archcost.analysis.measures import MEASURES
from archcost.cli.common import (
    Loading,
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
from archcost.errors import UsageError
from archcost.report.comparison.columns import NAMES
from archcost.report.comparison.columns import choose as choose_columns
from archcost.report.formats import write as render
from archcost.results.units import DTYPES
from archcost.review.compare import PARETO, choose, measure, side_by_side
from archcost.review.sweep import Sweep
from archcost.spec.spec_patterns import named

if TYPE_CHECKING:
    from typing import Unpack

    from archcost.cli.progress import Progress
    from archcost.results.comparison import Comparison
    from archcost.words.numbers import Units


class CompareOptions(Loading):
    """How specs are read, what they are compared by, and how the result is to look."""

    variants: bool
    base: str | None
    pareto: tuple[str, ...]
    depth: int | None
    columns: tuple[str, ...] | None
    sort: str | None
    units: Units
    dtype: str
    width: int | None
    quiet: bool


class _Measure(click.Choice[str]):
    """One measure. Who mistypes it is told the nearest, as with `--pareto`."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's
        return choose([value], "--sort")[0]


def _words(name: str, given: str) -> list[str]:
    words = [word.strip() for word in given.split(",")]
    if not all(words):
        raise UsageError(f"{name} '{given}': a name is missing, between two commas or beside one")
    return words


def _columns(_ctx: click.Context, _param: click.Parameter, given: str | None) -> tuple[str, ...] | None:
    return None if given is None else choose_columns(_words("--columns", given))


def _pareto(_ctx: click.Context, _param: click.Parameter, given: str) -> tuple[str, ...]:
    return choose(_words("--pareto", given), "--pareto")


@click.command(epilog=f"Columns: {', '.join(NAMES)}.")
@specs_argument
@output("comparison")
@loading
@option("--variants", is_flag=True, help="Every spec as it is, and each of its variants.")
@option("--base", metavar="NAME", help="The network that factors are relative to. [default: the first]")
@option(
    "--pareto",
    metavar="MEASURES",
    default=",".join(PARETO),
    show_default=True,
    callback=_pareto,
    shell_complete=listed(list(MEASURES)),
    together=by_commas,
    help="What an optimal network must not be beaten in, separated by commas.",
)
@option(
    "--depth", metavar="N", type=click.IntRange(min=1), help="Also block by block, to N levels of the tree."
)
@option(
    "--columns",
    metavar="NAMES",
    callback=_columns,
    shell_complete=listed(NAMES),
    together=by_commas,
    help="Columns to show, separated by commas; see below.",
)
@option("--sort", metavar="MEASURE", type=_Measure(list(MEASURES)), help="The best in it first.")
@units
@option("--dtype", type=click.Choice(list(DTYPES)), default="float32", show_default=True, help="For bytes.")
@width
@quiet
def command(specs: tuple[str, ...], form: str, output: str | None, **options: Unpack[CompareOptions]) -> None:
    """Put networks side by side: what they cost, what they see, which ones no other beats.

    Here --set takes several values, one network for each; several --set make all combinations.

    \b
      archcost compare zoo:resnet18 zoo:resnet50 zoo:mobilenet_v2
      archcost compare net.yaml --variants --sort macs
      archcost compare net.yaml --set width=32,64,128 --set depths=[2,2,2,2],[3,4,6,3]
      archcost compare old.yaml new.yaml --depth 1
      archcost compare 'specs/*.yaml' --pareto params,macs --format csv

    JSON always holds every measure; CSV has a row per network, with --depth one per network and block.
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    with progress(quiet=options["quiet"]) as doing:
        found = _compared(specs, options, doing)
    write(render("comparison", found, form, write_options(options, output)), output)


def _compared(specs: tuple[str, ...], options: CompareOptions, doing: Progress) -> Comparison:
    sweep = Sweep(
        named(specs),
        options["settings"],
        chosen=options["variant"],
        variants=options["variants"],
        input_shape=options["input_shape"],
        limits=options["limits"],
    )
    depth = options["depth"]
    doing.step(f"measuring {len(sweep.choices)} networks", len(sweep.choices))
    networks = doing.counted(sweep.networks())
    measured = [measure(network, depth, choice.swept) for choice, network in networks]
    return side_by_side(measured, base=options["base"], pareto=options["pareto"], depth=depth)
