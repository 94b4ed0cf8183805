"""Configurations of Darknet, `.cfg`: sections, each a layer that reads the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.darknet.layers import Writer
from archcost.importing.darknet.sections import read_file
from archcost.importing.formats import Text
from archcost.importing.lines import plain
from archcost.source import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.windows.window import Shape


def read(path: Path, given: Mapping[str, Shape]) -> Text:  # noqa: ARG001 - the spec takes other sizes
    """The spec of a configuration.

    Raises:
        ModelFileError: it is none, or holds what is not understood, at its place.
    """
    lines, sections = read_file(path)
    writer = Writer(sections)
    head = [
        "archcost: 1",
        f"name: {plain(path.stem)}",
        f"note: Imported from {plain(path.name)}.",
        f"input: [{', '.join(map(str, writer.input))}]",
        *writer.blocks(),
    ]
    text, rows = writer.spec(head, writer.outputs)
    return Text(text, None, ("the file states none", *writer.notes), Origin(lines, rows))
