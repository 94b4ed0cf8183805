"""A network with other layers in some places, so that what they would change is measured, not estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import ShapeError
from archcost.layers import KINDS
from archcost.network import Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.layers.base import Kind
    from archcost.network import Input, Network

Changes: TypeAlias = "Mapping[Node, Sequence[Kind]]"
"""Node -> the layers that stand in its place, one after another; none, and its input is what leaves."""


def rebuilt(network: Network, changes: Changes) -> Network:
    """The network with some nodes replaced, and every shape behind them inferred anew.

    A single layer keeps the node's path, and its weights if they are shared. Several have the node's path
    with a number behind it.

    Raises:
        LayerError: a layer does not fit, or the network would give other shapes.
    """
    now: dict[Node | Input, Node | Input] = {source: source for source in network.inputs}
    nodes: list[Node] = []
    for node in network:
        tensors = tuple(now[source] for source in node.inputs)
        layers = changes.get(node, (node.layer,))
        for i, layer in enumerate(layers):
            nodes.append(_node(node, layer, tensors, i if len(layers) > 1 else None))
            tensors = (nodes[-1],)
        now[node] = nodes[-1] if layers else tensors[0]
    outputs = {name: now[tensor] for name, tensor in network.outputs.items()}
    _check(network, outputs)
    return network.with_nodes(nodes, outputs)


def _node(node: Node, layer: Kind, inputs: tuple[Node | Input, ...], index: int | None) -> Node:
    shapes = tuple(tensor.output for tensor in inputs)
    same = layer is node.layer
    return Node(
        node.path if index is None else f"{node.path}.{index}",
        node.word if type(layer) is type(node.layer) else _WORDS[type(layer).__name__],
        layer,
        inputs,
        node.output if same and shapes == node.shapes else layer.output_shape(*shapes),
        node.place,
        node.shared if index is None else None,
        node.called,
    )


_WORDS = {home.partition(":")[2]: word for word, home in KINDS.items()}
"""Class -> the word for it."""


def _check(network: Network, outputs: Mapping[str, Node | Input]) -> None:
    for name, tensor in outputs.items():
        if tensor.output != network.outputs[name].output:
            raise ShapeError(f"'{name}' would have another shape")
