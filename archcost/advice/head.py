"""A linear layer on a flattened map has weights for every position; on means, one per channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.layers.linear import Linear
from archcost.layers.pooling import GlobalAvgPool
from archcost.layers.shape import Flatten
from archcost.windows.window import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.advice.question import Hint, Question
    from archcost.layers.base import Kind
    from archcost.network import Input, Node


def pooled(question: Question) -> Iterator[Hint]:
    """Global average pooling before a flattened map meets a linear layer (Lin, Chen & Yan 2014)."""
    for flatten, linears in _flattened(question).items():
        changes: dict[Node, list[Kind]] = {flatten: [GlobalAvgPool(), flatten.layer]}
        # What asserts how many numbers arrive would be wrong.
        changes |= {node: [node.layer.model_copy(update={"in_features": None})] for node in linears}
        what = f"global_avg_pool before {flatten.path}"
        yield from question.changed(f"{what} (changes what is learned)", changes)


def _flattened(question: Question) -> dict[Node, list[Node]]:
    """Flattened maps, and the linear layers they lead to through whatever keeps their shape."""
    found: dict[Node, list[Node]] = {}
    origin: dict[Node | Input, Node] = {}
    for node in question.facts.network:
        if isinstance(node.layer, Flatten) and size(node.shapes[0][1:]) > 1:
            origin[node] = node
        elif len(node.inputs) == 1 and (flatten := origin.get(node.inputs[0])):
            if isinstance(node.layer, Linear):
                found.setdefault(flatten, []).append(node)
            elif node.output == node.shapes[0]:
                origin[node] = flatten
    return found
