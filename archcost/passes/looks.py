"""How a node looks at one of its inputs: the question every pass over receptive fields begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from archcost.layers.base import Layer, Merge

if TYPE_CHECKING:
    from archcost.geometry import Shape, Window
    from archcost.layers.base import Kind
    from archcost.network import Node

Way: TypeAlias = Literal[
    "unmoved", "window", "beside all", "everywhere", "as a vector", "broadcast", "lost", "unknown"
]
"""In what way positions are read.

    unmoved       each at its own place
    window        through a sliding window
    beside all    each at its own place, and all of them, as a norm with statistics over a map does
    everywhere    all of them, for every output
    as a vector   all of them, for an output without positions
    broadcast     a single position of an axis, for every output along it
    lost          positions of the output are not positions of the input: what moves along with it is lost
    unknown       nothing is known about what is read
"""


class Look(NamedTuple):
    """How a layer looks at an input; `window` is there for that way only."""

    way: Way
    window: Window | None = None


class Looks:
    """How nodes look at their inputs. What a layer does to a shape is asked once, wherever it stands."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, Shape, Shape], Look] = {}

    def of(self, node: Node, position: int = 0) -> Look:
        """How a node looks at the input at `position`."""
        x = node.inputs[position].output
        key = (id(node.layer), position, x, node.output)
        if key not in self._known:
            self._known[key] = _look(node.layer, position, x, node.output)
        return self._known[key]


def _look(layer: Kind, position: int, x: Shape, y: Shape) -> Look:
    if not layer.field_is_known:
        return Look("unknown")
    if len(x) > 1 and layer.is_global(x):
        keeps = isinstance(layer, Layer) and x[1:] == y[1:]
        return Look("beside all" if keeps else "everywhere")
    if len(y) == 1:
        return Look("as a vector" if len(x) > 1 else "unmoved")
    if not layer.keeps_positions(x, y):
        return Look("lost")
    if isinstance(layer, Merge):
        return Look("broadcast" if x[1:] != y[1:] else "unmoved")
    window = layer.window_of(position, x)
    return Look("window", window) if window else Look("unmoved")
