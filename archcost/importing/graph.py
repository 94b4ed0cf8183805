"""Whether two networks are the same graph: what each node computes, of what, whatever they are called."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from archcost.importing.structure import COMMUTE
from archcost.layers.activation import Activation
from archcost.network import Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.network import Input, Network

Marks: TypeAlias = "Mapping[Node | Input, str]"


def fingerprints(network: Network) -> Counter[str]:
    """A fingerprint of every node, made of its layer, its shape and the fingerprints of what it reads.

    Equal multisets mean equal graphs, but for the order of nodes and their names. What adds or multiplies
    may read its inputs in any order.
    """
    found = _upwards(network)
    outputs = [_hashed("output", found[source]) for source in network.outputs.values()]
    return Counter([*(found[node] for node in network), *outputs])


def partners(network: Network, other: Network) -> dict[Node, Node]:
    """Which node of another network of the same graph each node is.

    Where two are alike in all that they read and in all that reads them, either may be which.

    Raises:
        LookupError: the path of the first node that the other network does not have, or has elsewhere.
    """
    above, there = _upwards(network), Counter(_upwards(other).values())
    for node in network:
        there[above[node]] -= 1
        if there[above[node]] < 0:
            raise LookupError(node.path)
    ours, theirs = _marks(network), _marks(other)
    waiting = [*zip(network.outputs.values(), other.outputs.values(), strict=False)]
    found: dict[Node | Input, Node | Input] = {}
    pairs: dict[Node, Node] = {}
    while waiting:
        here, there = waiting.pop()
        if here in found and found[here] is there:
            continue
        if here in found or ours[here] != theirs[there]:
            raise LookupError(here.path)
        found[here] = there
        if isinstance(here, Node) and isinstance(there, Node):
            pairs[here] = there
            waiting += zip(_read(here, ours), _read(there, theirs), strict=True)
    return pairs


def _read(node: Node, marks: Marks) -> Sequence[Node | Input]:
    return sorted(node.inputs, key=marks.__getitem__) if node.kind in COMMUTE else node.inputs


def _marks(network: Network) -> Marks:
    """What tells a tensor from others: all that it is made of, and all that is made of it."""
    above = _upwards(network)
    found: dict[Node | Input, str] = {}
    for tensor in reversed([*network.inputs, *network]):
        outputs = (str(i) for i, source in enumerate(network.outputs.values()) if source is tensor)
        read = (
            _hashed(found[reader], "" if reader.kind in COMMUTE else str(at))
            for reader, at in network.readers[tensor]
        )
        found[tensor] = _hashed(above[tensor], *outputs, *sorted(read))
    return found


def _upwards(network: Network) -> dict[Node | Input, str]:
    found: dict[Node | Input, str] = {
        tensor: _hashed("input", tensor.path, str(tensor.output)) for tensor in network.inputs
    }
    sets = Counter(node.shared for node in network)
    first: dict[str, str] = {}
    for node in network:
        read = [found[source] for source in node.inputs]
        kind, layer = node.kind, node.layer
        if isinstance(layer, Activation):
            kind, layer = layer.function, layer.chosen
        given = layer.model_dump(warnings=False)
        if kind == "matmul":
            given["kv_heads"] = given["kv_heads"] or given["heads"]
        fields = repr(sorted((key, repr(value)) for key, value in given.items()))
        ordered = sorted(read) if kind in COMMUTE else read
        found[node] = _hashed(kind, fields, str(node.output), *ordered)
        if node.shared and sets[node.shared] > 1:
            owner = first.setdefault(node.shared, found[node])
            found[node] = _hashed("shared", found[node], owner)
    return found


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
