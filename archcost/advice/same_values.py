"""Ideas that leave every value as it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.advice.question import Hint, Question
    from archcost.network import Node

_BIASED = ("conv", "depthwise_conv", "conv_transpose", "deform_conv", "linear")


def undone_biases(question: Question) -> Iterator[Hint]:
    """Biases before a batch norm: it subtracts the mean of every channel, and the bias with it."""
    found = _undone(question)
    if found:
        layers = {node: [node.layer.model_copy(update={"bias": False})] for node in found}
        who = f"{found[0].path}" if len(found) == 1 else f"{found[0].path} and {len(found) - 1} more"
        yield from question.changed(f"bias: false in {who}, whose bias a batch norm undoes", layers)


def _undone(question: Question) -> list[Node]:
    network = question.facts.network
    found = [node for node in network if _is_biased(node) and _is_normed(question, node)]
    # Where weights are shared, all users have a bias or none has.
    users = Counter(node.shared for node in network)
    undone = Counter(node.shared for node in found)
    return [node for node in found if node.shared is None or users[node.shared] == undone[node.shared]]


def _is_biased(node: Node) -> bool:
    return node.kind in _BIASED and getattr(node.layer, "bias", False)


def _is_normed(question: Question, node: Node) -> bool:
    """Whether batch norms, and nothing else, read what leaves a node."""
    kinds = {reader.kind for reader, _ in question.facts.network.readers[node]}
    return kinds == {"batch_norm"} and not question.gives(node)


def best_order(question: Question) -> Iterator[Hint]:
    """The same layers in another order."""
    if question.measure == "peak":
        best = question.facts.report.totals.peak_activations.best
        yield from question.hint("the layers in the order that needs least memory", best)
