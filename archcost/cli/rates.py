"""`archcost rates`: dilation rates without holes."""

from __future__ import annotations

import click

from archcost.cli.common import output, quiet, width
from archcost.cli.option import by_commas, option
from archcost.cli.output import style_for, write
from archcost.dilation.solver import LARGEST_FIELD, LARGEST_KERNEL, MOST_LAYERS, solve
from archcost.report.formats import write as render
from archcost.report.options import WriteOptions
from archcost.results.rates import Request


def _kernels(_ctx: click.Context, _param: click.Parameter, given: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in given.split(","))
    except ValueError:
        shown = given if len(given) <= 60 else f"{given[:60]}…"
        raise click.BadParameter(
            f"{shown!r} is not a kernel size, such as 3, or one per layer: 3,3,5"
        ) from None


@click.command
@option(
    "--kernel",
    "-k",
    "kernels",
    metavar="K[,K...]",
    required=True,
    callback=_kernels,
    together=by_commas,
    help=f"Kernel size of every layer, or of each: 3,3,5. From 2 to {LARGEST_KERNEL}.",
)
@option(
    "--layers",
    "-n",
    type=int,
    metavar="N",
    help=f"Layers, at most {MOST_LAYERS}. [default: as few as do, and up to two more]",
)
@option(
    "--field",
    "-r",
    type=int,
    metavar="R",
    required=True,
    help=f"Positions to cover, along one axis; at most {LARGEST_FIELD}.",
)
@option("--max-rate", type=int, metavar="RATE", help="The largest rate that is allowed.")
@option(
    "--top",
    type=int,
    metavar="COUNT",
    default=3,
    show_default=True,
    help="Stacks to show per number of layers.",
)
@output("rates")
@width
@quiet
def command(  # noqa: PLR0913 - one argument per option
    kernels: tuple[int, ...],
    layers: int | None,
    field: int,
    max_rate: int | None,
    *,
    top: int,
    form: str,
    output: str | None,
    width: int | None,
    quiet: bool,
) -> None:
    """Solve for dilation rates that reach a receptive field without holes.

    Finds stacks of at most N convolutions whose field is at least R and in which every position is read.
    The fewest layers come first, then the most even path counts, then the least beyond R. Rates that grow
    as fast as they can (1, 3, 9, 27) need the fewest layers and read each position once; smaller rates and
    more layers lead several paths to it. What the rules of hybrid dilated convolution say of a stack stands
    beside it, though they can be wrong.

    \b
      archcost rates --kernel 3 --layers 4 --field 63
      archcost rates --kernel 3 --field 63 --max-rate 12
      archcost rates --kernel 3,3,5 --field 41 --format json
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    solution = solve(kernels, layers, field, max_rate=max_rate, top=top)
    request = Request(kernel_sizes=kernels, layers=layers, field=field, max_rate=max_rate, top=top)
    options = WriteOptions(quiet=quiet, style=style_for(output, width))
    write(render("rates", (request, solution), form, options), output)
