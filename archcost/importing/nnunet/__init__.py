"""Plans of nnU-Net, `plans.json`: the U-Nets that it found for a dataset, each a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.formats import Text
from archcost.importing.lines import plain
from archcost.importing.nnunet.plans import read_dataset, read_plans
from archcost.importing.nnunet.writer import Writer
from archcost.source import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.windows.window import Shape


def read(path: Path, given: Mapping[str, Shape]) -> Text:  # noqa: ARG001 - the spec takes other sizes
    """The specs of the configurations.

    Raises:
        ModelFileError: it holds what is not understood, at its place, or `dataset.json` is not beside it.
    """
    source, plans = read_plans(path)
    dataset = read_dataset(path)
    found: dict[str, Text] = {}
    for name, plan in plans.items():
        writer = Writer(plan, dataset)
        head = [
            "archcost: 1",
            f"name: {plain(path.stem)}_{plain(name)}",
            f"note: Imported from {plain(path.name)}, {plain(name)}.",
            f"vars: {{classes: {dataset.classes}}}",
            f"input: [{', '.join(map(str, writer.input))}]",
            *writer.blocks(),
        ]
        text, rows = writer.spec(head, writer.outputs)
        found[name] = Text(text, None, ("the file states none",), Origin(source.lines, rows))
    return Text("", choices=found)
