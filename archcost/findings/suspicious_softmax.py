"""Rule `suspicious-softmax` (warn): scores of attention add up to 1 along an axis that is not summed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, at
from archcost.layers.given import fields_of
from archcost.network import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.network import Network
    from archcost.results.report import Finding

_ELEMENTWISE = {
    *("scale", "layer_scale", "dropout", "drop_path", "identity"),
    *("offset", "clamp", "tanh", "add", "subtract", "multiply", "divide", "where"),
}
"""Kinds that scores pass one by one: they are scaled, masked, or get a bias for their distance."""


def _check(facts: Facts) -> Iterator[Finding]:
    for node in facts.network:
        scores = _before(node) if _is(node, "softmax") else None
        if scores is None:
            continue
        axis = _field(node, "axis")
        product = _behind(node, facts.network)
        summed = _summed(*product) if product else None
        if axis == 0 or (summed is not None and summed != axis):
            reads = f"{product[0].path} sums over their {_name(summed, node)}" if product and summed else ""
            yield at(node, RULE.name, "warn", _message(scores, axis, summed or len(scores.output) - 1, reads))


def _is(node: Node, kind: str) -> bool:
    return node.kind == kind or (node.kind == "activation" and fields_of(node.layer)["function"] == kind)


def _field(node: Node, name: str) -> int:
    """A number or a yes of a layer; 0 where it chooses another kind and leaves the field to that one."""
    value = fields_of(node.layer).get(name)
    return value if isinstance(value, int) else 0


def _before(softmax: Node) -> Node | None:
    """The product whose results arrive, element by element."""
    left, known = list(softmax.inputs), set[Node]()
    while left:
        node = left.pop()
        if isinstance(node, Node) and node not in known and node.output == softmax.output:
            known.add(node)
            if _is(node, "matmul"):
                return node
            left.extend(node.inputs if node.kind in _ELEMENTWISE else ())
    return None


def _behind(softmax: Node, network: Network) -> tuple[Node, int] | None:
    """The product that weighs something with the shares, and which of its inputs they are."""
    left, known = [softmax], set[Node]()
    while left:
        source = left.pop()
        known.add(source)
        for node, position in network.readers[source]:
            if _is(node, "matmul"):
                return node, position
            if node.kind in _ELEMENTWISE and node.output == softmax.output and node not in known:
                left.append(node)
    return None


def _summed(product: Node, position: int) -> int:
    """The axis of an input's matrices that a product sums over: columns of the first, rows of the second."""
    is_turned = _field(product, ("transpose_a", "transpose_b")[position])
    return len(product.shapes[position]) - 2 + (position ^ 1 ^ is_turned)


def _name(axis: int, scores: Node) -> str:
    """What an axis of a product of two tensors is: heads, sets of tokens, rows or columns."""
    return {0: "heads", len(scores.output) - 2: "rows", len(scores.output) - 1: "columns"}.get(axis, "sets")


def _message(scores: Node, axis: int, wanted: int, reads: str) -> str:
    instead = f"take axis: {wanted - len(scores.output)}, the {_name(wanted, scores)}"
    return (
        f"the scores of {scores.path} become shares along their {_name(axis, scores)} (axis {axis})"
        f"{f', but {reads}' if reads else ''}; for attention {instead}"
    )


RULE = Rule(
    name="suspicious-softmax",
    levels=("warn",),
    summary="scores of attention add up to 1 along an axis that is not summed over",
    why="""\
The scores of attention are matrices `[heads, queries, keys]`, and every query's shares of the keys should add
up to 1. A softmax without `axis` runs along the first axis, as it does for classes: here that is the heads,
of which each then gets a share. No shape changes, and no count but those of the softmax itself. It is
reported for whatever a `matmul` gives, scaled or masked, and judged by the `matmul` that weighs something
with the shares: it sums over their columns, or over their rows.

Write `axis: -1`, or the axis that the message names.
""",
    good="""\
archcost: 1
name: shares_over_the_keys
input: {q: [64, 10], k: [64, 10], v: [64, 10]}
layers:
  - {name: scores, from: [q, k], matmul: {heads: 4, transpose_a: true}}
  - {name: weights, softmax: {axis: -1}}
  - {from: [weights, v], matmul: {transpose_b: true}}
""",
    bad="""\
archcost: 1
name: shares_over_the_heads
input: {q: [64, 10], k: [64, 10], v: [64, 10]}
layers:
  - {name: scores, from: [q, k], matmul: {heads: 4, transpose_a: true}}
  - {name: weights, softmax}
  - {from: [weights, v], matmul: {transpose_b: true}}
""",
    check=_check,
)
