"""`archcost import`: the spec of a model of another framework."""

from __future__ import annotations

from pathlib import Path

import click

from archcost.cli.option import option
from archcost.cli.output import result_file, say, write
from archcost.cli.progress import progress
from archcost.escape import visible
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
@option("--flat", is_flag=True, help="Write an item for every operation: no blocks, no repeats.")
def command(file: Path, *, output: str | None, flat: bool) -> None:
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
        found = imported(file, flat=flat)
    write(found.text, output)
    say(f"archcost: {visible(output or file.stem)}: {found.sentence()}")
