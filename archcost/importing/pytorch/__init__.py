"""Models that PyTorch exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.formats import Graph
from archcost.importing.pytorch import pt2
from archcost.importing.pytorch.aten import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.windows.window import Shape


def read(path: Path, given: Mapping[str, Shape]) -> Graph:
    """The graph of a `.pt2` file.

    Raises:
        ModelFileError: it cannot be read.
    """
    return Graph(pt2.read(path, given), RULES)
