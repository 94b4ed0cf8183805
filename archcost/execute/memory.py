"""How much memory a run takes, before anything is allocated."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archcost.geometry import size
from archcost.layers.convolution import DeformConv
from archcost.passes.cost import costs
from archcost.passes.memory import peaks

if TYPE_CHECKING:
    from archcost.network import Network, Node

_COPIES = 4
"""A kernel works on a padded copy of what arrives, on what one tap reads of it, and on partial sums."""


class Need(NamedTuple):
    """Bytes that are allocated at once, by what they are for.

    Attributes:
        weights: learned tensors and statistics; those that are shared once.
        activations: outputs that are still needed, at their peak.
        temporaries: what the most demanding layer works on.
    """

    weights: int
    activations: int
    temporaries: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self)


def need(network: Network, width: int) -> Need:
    """What running a network takes, with numbers of so many bytes. Another run needs it again, not more.

    >>> from archcost import load
    >>> need(load("zoo:lenet5"), 8).weights
    480000
    """
    tensors = sum(
        cost.params + cost.buffers
        for node, cost in zip(network, costs(network), strict=True)
        if not node.layer.made_up
    )
    working = max((_working(node, 8 // width) for node in network), default=0)
    return Need(width * tensors, width * peaks(network).as_written, width * working)


def _working(node: Node, wider: int) -> int:
    """Elements a layer works on beside its inputs and its output; random weights are drawn `wider`."""
    moved = _COPIES * (sum(map(size, node.shapes)) + size(node.output))
    if isinstance(node.layer, DeformConv):  # all that is sampled stands side by side before it is summed
        sampled = node.shapes[0][0] * prod(node.output[1:]) * prod(node.layer.window(node.shapes[0]).kernel)
        return moved + 3 * sampled
    weights = () if node.layer.made_up else node.layer.parameters(node.shapes).values()
    return moved + wider * max(map(size, weights), default=0)
