"""Whether two networks are the same graph: what each node computes, of what, whatever they are called."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from archcost.importing.structure import COMMUTE

if TYPE_CHECKING:
    from archcost.network import Input, Network, Node


def fingerprints(network: Network) -> Counter[str]:
    """A fingerprint of every node, made of its layer, its shape and the fingerprints of what it reads.

    Equal multisets mean equal graphs, but for the order of nodes and their names. What adds or multiplies
    may read its inputs in any order.
    """
    found: dict[Node | Input, str] = {
        tensor: _hashed("input", tensor.path, str(tensor.output)) for tensor in network.inputs
    }
    for node in network:
        read = [found[source] for source in node.inputs]
        fields = repr(sorted((key, repr(value)) for key, value in node.layer.model_dump().items()))
        ordered = sorted(read) if node.kind in COMMUTE else read
        found[node] = _hashed(node.kind, fields, str(node.output), *ordered)
    outputs = [_hashed("output", found[source]) for source in network.outputs.values()]
    return Counter([*(found[node] for node in network), *outputs])


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
