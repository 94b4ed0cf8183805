"""`archcost rf`: receptive fields, coverage, gridding, effective fields, and their picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archcost.analysis.facts import Facts
from archcost.analysis.field_report import chosen, field_report
from archcost.cli.common import (
    Loading,
    load_one,
    loading,
    quiet,
    reading,
    spec_argument,
    width,
    write_options,
)
from archcost.cli.common import output as output_options
from archcost.cli.completion import complete_input, complete_node
from archcost.cli.option import option
from archcost.cli.output import write
from archcost.cli.progress import progress
from archcost.errors import NoWeightsError, TooLargeError, UsageError
from archcost.report.formats import write as render
from archcost.words.fit import wrapped

if TYPE_CHECKING:
    from typing import Unpack

    from archcost.network import Node
    from archcost.picture import Picture, Terminal
    from archcost.words.style import Style

PICTURES = {".svg", ".png"}
OTHER_PICTURES = {".bmp", ".eps", ".gif", ".jpeg", ".jpg", ".pdf", ".tif", ".tiff", ".webp"}


class RfOptions(Loading):
    """How specs are read, and what is drawn."""

    of: str | None
    cut: tuple[int, ...] | None
    effective: bool
    width: int | None
    quiet: bool


def _cut(_ctx: click.Context, _param: click.Parameter, given: str | None) -> tuple[int, ...] | None:
    try:
        return None if given is None else tuple(int(part) for part in given.split(","))
    except ValueError:
        raise click.BadParameter(f"{given!r} is not a position such as 12, or several such as 12,8") from None


@click.command
@spec_argument
@option(
    "--at", metavar="NODE", shell_complete=complete_node, help="Look at a node closely, and draw its field."
)
@option(
    "--of",
    metavar="INPUT",
    shell_complete=complete_input,
    help="The input to draw, of several. [default: the first]",
)
@option(
    "--slice",
    "cut",
    metavar="N[,N]",
    callback=_cut,
    help="The slice of a 3-D field. [default: the middle]",
)
@option("--effective", is_flag=True, help="The effective field of every row, too: slow.")
@output_options("fields")
@loading
@width
@quiet
def command(spec: str, at: str | None, form: str, output: str | None, **options: Unpack[RfOptions]) -> None:
    """Show which input positions reach a node: receptive fields, holes, effective fields.

    Without --at, a row for every node at which the field changes, and a closer look at the last one. With
    --at, that node (or the last one of that group) and its picture: how many paths lead from each input
    position to the centre unit, with holes, and the box that holds 95.45 % of the weight. --output writes the
    picture if its file ends in .svg or .png.

    \b
      archcost rf zoo:vgg16
      archcost rf zoo:hdc_segmentation_gridding --at stack
      archcost rf zoo:resnet50 --at stage.3 --output field.svg
      archcost rf net.yaml --effective
      archcost rf net.yaml --format json

    Stacks of dilated convolutions are judged by counting; beside it stands what the published rules say.
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    suffix = Path(output or "").suffix.lower()
    draws = suffix in PICTURES
    if suffix in OTHER_PICTURES:
        raise UsageError(f"cannot draw '{output}': a picture's file ends in .svg or .png")
    if draws and form != "table":
        raise UsageError(f"--format {form} does not go into a picture: '{output}'")
    if not draws and (at is None or form != "table"):
        _refuse_unused(options)
    with progress(quiet=options["quiet"]) as doing:
        doing.step(reading(spec))
        network = load_one(spec, options)
        doing.step(f"looking at {spec}")
        facts = Facts.of(network)
        result = _drawn(facts, at, output, options) if draws else _written(facts, at, form, output, options)
    write(result, output)


def _drawn(facts: Facts, at: str | None, file: str | None, options: RfOptions) -> str | bytes:
    """The picture for a file."""
    from archcost.picture import draw  # noqa: PLC0415 - NumPy, and only here

    node = chosen(facts, at)
    if node is None:
        raise UsageError(f"{facts.network.name} has no node whose field moves along with its position")
    return draw(_picture(facts, node, options), file, slice_at=options["cut"])


def _written(facts: Facts, at: str | None, form: str, output: str | None, options: RfOptions) -> str:
    """The fields in a format; for reading with a picture, if `--at` names a node."""
    node = chosen(facts, at)
    report = field_report(facts, at, effective=options["effective"])
    how = write_options(options, output)
    if at and node and form == "table":
        how = how._replace(picture=_text(facts, node, _terminal(output, how.style), options))
    return render("fields", report, form, how)


def _refuse_unused(options: RfOptions) -> None:
    for flag, given in (("--of", options["of"]), ("--slice", options["cut"])):
        if given is not None:
            raise UsageError(
                f"{flag} is for a picture, and none is drawn: name a node with --at, in the table format, or "
                "write to a file that ends in .svg or .png"
            )


def _text(facts: Facts, node: Node, terminal: Terminal, options: RfOptions) -> str:
    from archcost.picture import draw  # noqa: PLC0415 - NumPy, and only here

    try:
        picture = _picture(facts, node, options)
    except (NoWeightsError, TooLargeError) as error:
        return "\n".join(wrapped(f"no picture: {error}", terminal.width))
    drawn = draw(picture, slice_at=options["cut"], terminal=terminal)
    return drawn if isinstance(drawn, str) else ""


def _terminal(output: str | None, style: Style) -> Terminal:
    """How wide, how colourful, and which characters: a file and a pipe get 80 columns of Unicode."""
    from archcost.picture import Terminal  # noqa: PLC0415 - NumPy, and only here
    from archcost.picture.text import can_show  # noqa: PLC0415 - likewise

    width = 80 if style.width is None else min(style.width, 120)
    on_terminal = output in {None, "-"} and sys.stdout.isatty()
    return Terminal(style, width, ascii_only=on_terminal and not can_show(sys.stdout.encoding))


def _picture(facts: Facts, node: Node, options: RfOptions) -> Picture:
    """The picture of a node's field in one input.

    Raises:
        NoWeightsError: nothing is there to draw, or nobody knows what.
        UsageError: the node does not see that input, or its field is too large to be weighed.
    """
    from archcost.passes.effective_field import effective_fields  # noqa: PLC0415 - NumPy, and only here
    from archcost.passes.strength import strength  # noqa: PLC0415 - likewise
    from archcost.picture import Picture  # noqa: PLC0415 - likewise

    found = strength(facts.network, node, mean=False)
    if not found:
        raise NoWeightsError(f"the centre unit of {node.path} reads no position of an input")
    name = options["of"] or next(iter(found))
    if name not in found:
        raise UsageError(f"--of: {node.path} does not see '{name}'; it sees {', '.join(found)}")
    size = next(tensor.output[1:] for tensor in facts.network.inputs if tensor.path == name)
    effective = effective_fields(facts.network, node)[name]
    return Picture(
        node=node.path,
        input=name,
        strength=found[name].weights,
        first=found[name].first,
        exponent=found[name].exponent,
        input_size=size,
        effective=tuple(
            (first, first + n - 1) for first, n in zip(effective.first, effective.size, strict=True)
        ),
        unit=tuple(n // 2 for n in node.output[1:]),
    )
