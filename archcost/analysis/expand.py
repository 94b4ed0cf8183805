"""What a network is after expansion: every node with its path, its layer, what it reads, and its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.layers.given import given, readable
from archcost.results.expansion import ExpandedNode, Expansion

if TYPE_CHECKING:
    from archcost.network import Network, Node


def expanded(network: Network) -> Expansion:
    """The network as plain values."""
    return Expansion(
        path=network.path,
        name=network.name,
        variant=network.variant,
        vars={name: readable(value) for name, value in network.variables.items()},
        inputs={tensor.path: tensor.output for tensor in network.inputs},
        outputs={name: tensor.path for name, tensor in network.outputs.items()},
        nodes=tuple(map(_node, network)),
    )


def _node(node: Node) -> ExpandedNode:
    return ExpandedNode(
        path=node.path,
        kind=node.kind,
        fields=given(node),
        inputs=tuple(source.path for source in node.inputs),
        output=node.output,
        shared=(node.shared or "").removesuffix(":") or None,
        **node.written,
    )
