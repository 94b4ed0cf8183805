"""`archcost export`: a network as a model of another format."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from archcost.cli.common import Loading, load_one, loading, reading, spec_argument
from archcost.cli.option import option
from archcost.cli.output import result_file, write
from archcost.cli.progress import progress
from archcost.errors import UsageError

if TYPE_CHECKING:
    from typing import Unpack


@click.command
@spec_argument
@option(
    "--to",
    "target",
    type=click.Choice(["onnx"]),
    required=True,
    help="The format.",
)
@option(
    "--output",
    "-o",
    metavar="FILE",
    callback=result_file,
    help="Write to FILE, which appears whole or not at all.",
)
@loading
def command(spec: str, target: str, output: str | None, **options: Unpack[Loading]) -> None:  # noqa: ARG001 - there is one format
    """Write a network as an ONNX model, without weights.

    It has every layer as operations, with names and shapes, for a batch of 1. What is learned has
    its name and shape, and the same number everywhere, so that the model runs as it is.

    \b
      archcost export net.yaml --to onnx -o net.onnx
      archcost export zoo:resnet50 --to onnx --input 3x320x320 > resnet50.onnx
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    if output in {None, "-"} and sys.stdout.isatty():
        raise UsageError("a model is no text for a terminal; name a file with -o, or pipe it on")
    from archcost.exporting.onnx.model import export_onnx  # noqa: PLC0415 - NumPy, and only here

    with progress() as doing:
        doing.step(reading(spec))
        found = export_onnx(load_one(spec, options))
    write(found, output)
