"""`archcost import`: the spec of a model of another framework."""

from __future__ import annotations

from pathlib import Path

import click

from archcost.cli.option import filled, option
from archcost.cli.output import result_file, say, write
from archcost.cli.progress import progress
from archcost.errors import UsageError
from archcost.escape import visible
from archcost.importing.formats import format_of
from archcost.importing.given import sizes
from archcost.importing.imported import imported
from archcost.words.wording import short


@click.command
@click.argument("file", type=click.Path(path_type=Path))
@option(
    "--output",
    "-o",
    metavar="FILE",
    callback=result_file,
    help="Write to FILE, which appears whole or not at all.",
)
@option(
    "--input",
    "input_shape",
    metavar="SHAPE",
    callback=filled,
    help="The sizes that the file leaves open, channels first and without the batch: 3x224x224; "
    "for named inputs left=3x64x64,right=3x64x64.",
)
@option(
    "--allow-declared",
    is_flag=True,
    help="Write what is not understood as a custom layer, whose MACs are to be filled in.",
)
@option("--variant", metavar="NAME", callback=filled, help="Choose one of the networks that FILE holds.")
@option("--flat", is_flag=True, help="Write an item for every operation: no blocks, no repeats.")
def command(  # noqa: PLR0913 - one for everything a user may choose
    file: Path,
    *,
    output: str | None,
    input_shape: str | None,
    allow_declared: bool,
    variant: str | None,
    flat: bool,
) -> None:
    """Write the spec of a model of another framework.

    FILE is what `torch.export.save` of PyTorch wrote (.pt2), a model of ONNX, Keras or TensorFlow Lite, a
    YOLO model file, a configuration of Darknet, or plans of nnU-Net. Modules become blocks and repeats, and
    the spec is checked: it has the learned numbers that the file has, every shape is the file's, and read
    again it is the same graph. How faithful it is, is said in a line on standard error.

    \b
      archcost import model.pt2
      archcost import model.onnx -o model.yaml
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    if not file.exists():
        raise UsageError(f"there is no file '{file}'")
    if variant and not format_of(file).has_variants:
        raise UsageError(f"--variant {short(variant)}: {file} holds a single network")
    with progress() as doing:
        doing.step(f"reading {file.name}")
        found = imported(
            file,
            flat=flat,
            allow_declared=allow_declared,
            given=sizes(input_shape) if input_shape else None,
            variant=variant,
        )
    if variant and not found.networks:
        raise UsageError(
            f"--variant {short(variant)}: the spec has all variants; choose one where it is read"
        )
    write(found.text, output)
    say(f"archcost: {visible(output or file.stem)}: {found.sentence()}")
