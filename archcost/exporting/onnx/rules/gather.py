"""Elements picked along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archcost.execute.kernels.gather import relative_positions

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.gather import Gather


def _gather(site: Site, layer: Gather, x: Value, index: Value | None = None) -> Value:
    if index is None:
        listed = relative_positions(layer.window_size) if layer.window_size else np.array(layer.index)
        index = site.graph.numbers(listed.ravel().tolist(), listed.shape)
    return site.picked(x, index, 1 + layer.axis)


RULES: dict[str, Rule] = {
    "gather": _gather,
}
