"""A stride that comes earlier makes every map in between smaller."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from archcost.layers.convolution import Conv, DepthwiseConv
from archcost.layers.pooling import AvgPool, MaxPool
from archcost.network import Node
from archcost.windows.window import brief

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.advice.question import Hint, Question
    from archcost.layers.base import Kind
    from archcost.windows.window import Axes

_MOST = 8
"""Strides that are tried: the first ones, where maps are largest."""


def earlier_stride(question: Question) -> Iterator[Hint]:
    """The stride of a layer in the first convolution of the chain that leads to it, to the same shape.

    A pool that strides is left out then, as in Springenberg et al. 2015, Striving for simplicity.
    """
    if question.less_is_better:
        for first, strided in islice(_pairs(question), _MOST):
            stride, instead = _stride(strided), _unstrided(strided)
            text = f"stride {brief(stride)} already in {first.path}, "
            text += f"not in {strided.path}" if instead else f"without {strided.path}"
            moved = first.layer.model_copy(update={"stride": stride})
            yield from question.changed(
                f"{text} (changes what is learned)", {first: [moved], strided: instead}
            )


def _pairs(question: Question) -> Iterator[tuple[Node, Node]]:
    """The first convolution of a chain without strides, and the layer with a stride that ends it."""
    for strided in question.facts.network:
        if max(_stride(strided)) > 1 and (first := _first(question, strided)):
            yield first, strided


def _first(question: Question, strided: Node) -> Node | None:
    found: Node | None = None
    at, readers = strided.inputs[0], question.facts.network.readers
    while isinstance(at, Node) and len(at.inputs) == len(readers[at]) == 1 and not question.gives(at):
        if max(_stride(at)) > 1:
            break
        if isinstance(at.layer, Conv | DepthwiseConv) and at.shared is None:
            found = at
        at = at.inputs[0]
    return found


def _stride(node: Node) -> Axes:
    layer = node.layer
    slides = isinstance(layer, Conv | DepthwiseConv | MaxPool | AvgPool)
    return layer.window(node.shapes[0]).stride if slides else (1,)


def _unstrided(node: Node) -> Sequence[Kind]:
    """A convolution without its stride; of a pool, nothing."""
    layer = node.layer
    return [layer.model_copy(update={"stride": (1,)})] if isinstance(layer, Conv | DepthwiseConv) else []
