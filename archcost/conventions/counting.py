"""Counting by a convention: the rule of every node's kind, with the node's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.layers.activation import Activation
from archcost.layers.base import evaluate
from archcost.layers.resize import Upsample
from archcost.passes.cost import costs
from archcost.windows.window import size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.conventions.table import Convention, CountingRule
    from archcost.network import Network, Node
    from archcost.passes.cost import Cost


class Count(NamedTuple):
    """What a convention counts for one node.

    Attributes:
        kind: the node's, an `activation` as the one that is meant.
        rule: the formulas that are added up.
        parts: what they come out as.
        ours: the count of ours that it is compared with.
    """

    kind: str
    rule: CountingRule
    parts: tuple[int, ...]
    ours: int

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return sum(self.parts)


def counts(network: Network, convention: Convention, known_costs: Sequence[Cost] = ()) -> tuple[Count, ...]:
    """What a convention counts for every node, in written order; from their costs, if they are known.

    >>> from archcost import load
    >>> from archcost.conventions.table import find
    >>> network = load("zoo:resnet18")
    >>> sum(count.total for count in counts(network, find("thop")))
    1824033792
    """
    known: dict[tuple[object, ...], Count] = {}
    result: list[Count] = []
    for node, cost in zip(network, known_costs or costs(network), strict=True):
        # Equal layers on equal shapes count alike, unless another one counts the weights.
        key = (id(node.layer), node.shapes, cost.params, cost.buffers)
        count = known.get(key) or known.setdefault(key, _count(node, cost, convention))
        result.append(count)
    return tuple(result)


def _count(node: Node, cost: Cost, convention: Convention) -> Count:
    # The rule of the first word that has one; none, if there is one for another number of axes only.
    rule = next((convention.rules[word] for word in words(node) if word in convention.rules), ())
    env = terms(node, cost)
    ours = cost.operations.macs if convention.beside == "macs" else cost.params
    return Count(_kind(node), rule, tuple(evaluate(formula, env) for formula in rule), ours)


def terms(node: Node, cost: Cost) -> dict[str, int]:
    """The numbers that a convention's formulas speak of, by name."""
    learned = {name: size(shape) for name, shape in node.weight_shapes().items()}
    return node.formulas().values() | {
        "inputs": sum(map(size, node.shapes)),
        "outputs": size(node.output),
        "positions": size(node.output[1:]),
        "affine": int(bool(learned)),
        "by_factor": int(isinstance(node.layer, Upsample) and node.layer.scale_factor is not None),
        "bias": int("bias" in learned),
        "learned": sum(learned.values()),
        "weight_elements": learned.get("weight", 0),
        "trainable": cost.params,
        "non_trainable": cost.buffers,
    }


def words(node: Node) -> Iterator[str]:
    """What a rule may call a node, the most special first: `upsample_bilinear2d`, `upsample`, `*`."""
    kind, layer = _kind(node), node.layer
    rank = len(node.output) - 1
    if isinstance(layer, Upsample):
        yield f"{kind}_{layer.mode}{rank}d"
    yield f"{kind}{len(node.shapes[0]) - 1 if node.shapes else rank}d"
    yield kind
    yield "*"


def _kind(node: Node) -> str:
    return node.layer.function if isinstance(node.layer, Activation) else node.kind
