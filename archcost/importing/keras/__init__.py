"""Models of Keras, as `.keras` archives and as the JSON of `to_json()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.formats import Graph
from archcost.importing.keras.document import document
from archcost.importing.keras.graph import model
from archcost.importing.keras.layers import LAYERS
from archcost.importing.keras.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.windows.window import Shape


def read(path: Path, given: Mapping[str, Shape]) -> Graph:
    """The graph of a model.

    Raises:
        ModelFileError: it cannot be read.
    """
    return Graph(model(path, document(path), given), {**LAYERS, **OPERATIONS})
