"""`archcost import`: the spec of a model of another framework."""

from __future__ import annotations

from pathlib import Path

import click

from archcost.cli.option import filled, option
from archcost.cli.output import result_file, say, write
from archcost.cli.progress import progress
from archcost.escape import visible
from archcost.importing.given import sizes
from archcost.importing.imported import imported


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
@option("--flat", is_flag=True, help="Write an item for every operation: no blocks, no repeats.")
def command(
    file: Path, *, output: str | None, input_shape: str | None, allow_declared: bool, flat: bool
) -> None:
    """Write the spec of a model that was exported from PyTorch.

    FILE is what `torch.export.save` wrote. Modules become blocks and repeats, and the spec is checked: it has
    the learned numbers that the file has, every shape is the file's, and read again it is the same graph. How
    faithful it is, is said in a line on standard error.

    \b
      archcost import model.pt2
      archcost import model.pt2 -o model.yaml
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    with progress() as doing:
        doing.step(f"reading {file.name}")
        found = imported(
            file, flat=flat, allow_declared=allow_declared, given=sizes(input_shape) if input_shape else None
        )
    write(found.text, output)
    say(f"archcost: {visible(output or file.stem)}: {found.sentence()}")
