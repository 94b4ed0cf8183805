"""Model files of Ultralytics, YOLOv3 to YOLO26: rows of modules, and how wide and deep scales make them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.importing.formats import Text
from archcost.importing.ultralytics.rows import read_file
from archcost.importing.ultralytics.writer import Writer
from archcost.source import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.windows.window import Shape


def read(path: Path, given: Mapping[str, Shape]) -> Text:  # noqa: ARG001 - the spec takes any size
    """The spec of a model file; its variants are the scales of the file.

    Raises:
        ModelFileError: it is none, or holds what is not understood, at its place.
    """
    file = read_file(path)
    writer = Writer(file)
    text, rows = writer.written()
    notes = ["the file states none"]
    if file.scales and not file.scale and "" not in file.scales:
        first = next(iter(file.scales))
        notes.append(f"its first scale, {first}, as Ultralytics takes it; --variant chooses another")
    return Text(text, None, (*notes, *writer.notes), Origin(file.source.lines, rows), variant=file.scale)


def scale_of(stem: str) -> str | None:
    """The scale that a file's name says.

    >>> scale_of("yolov8n-seg"), scale_of("yolo11x"), scale_of("mine")
    ('n', 'x', None)
    """
    found = re.search(r"yolo(e-)?v?\d+([nslmx])", stem)
    return found[2] if found else None
