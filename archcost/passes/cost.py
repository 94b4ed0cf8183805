"""What every node costs: parameters and buffers, each tensor once, and operations, each use anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.windows.window import size

if TYPE_CHECKING:
    from archcost.layers.base import Operations, Shapes
    from archcost.network import Network, Node
    from archcost.windows.window import Shape


class Cost(NamedTuple):
    """One node's cost for one sample.

    Attributes:
        params: elements of its learned tensors; 0 if an earlier node uses the same ones.
        buffers: elements of its running statistics; 0 likewise.
        operations: the six counts; shared weights do their work at every use.
        memory_access: elements read and written, each once: inputs, learned tensors and output; 0 for an
            alias (Ma et al. 2018, ShuffleNet V2, section 2, where it is called MAC).
    """

    params: int
    buffers: int
    operations: Operations
    memory_access: int = 0


def costs(network: Network) -> tuple[Cost, ...]:
    """The cost of every node, in written order.

    LeNet-5 opens with six 5×5 kernels on a 32×32 image, so 25 weights and a bias six times, and 25 products
    at each of 6×28×28 outputs:

    >>> from archcost import load
    >>> first = costs(load("zoo:lenet5"))[0]
    >>> first.params, first.operations.macs
    (156, 117600)

    Equal layers on equal shapes are counted once and remembered: the time is linear in the nodes, and small.
    """
    known: dict[tuple[int, tuple[Shape, ...]], Cost] = {}
    result: list[Cost] = []
    for node in network:
        # An id is as good as the layer: the network keeps its layers alive, and equal items share one object.
        key = (id(node.layer), node.shapes)
        cost = known.get(key) or known.setdefault(key, _cost(node))
        result.append(cost if network.first_user(node) is node else cost._replace(params=0, buffers=0))
    return tuple(result)


def _cost(node: Node) -> Cost:
    shapes = node.shapes
    params, buffers = node.weight_shapes(), node.buffer_shapes()
    moved = 0 if node.layer.alias else sum(map(size, shapes)) + _elements(params) + size(node.output)
    return Cost(_elements(params), _elements(buffers), node.formulas().operations(), moved)


def _elements(tensors: Shapes) -> int:
    return sum(map(size, tensors.values()))
