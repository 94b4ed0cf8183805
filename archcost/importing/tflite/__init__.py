"""Models of TensorFlow Lite (LiteRT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.formats import Graph
from archcost.importing.tflite.model import model
from archcost.importing.tflite.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.windows.window import Shape


def read(path: Path, given: Mapping[str, Shape]) -> Graph:
    """The graph of a `.tflite` file.

    Raises:
        ModelFileError: it cannot be read.
    """
    return Graph(model(path, given), RULES)
