"""Between which numbers lies what constants add to the elements of a tensor.

So far may they lift one element over another. What is computed of an input, or learned, is taken to lift
none.
"""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from archcost.layers.base import Moving
from archcost.layers.constant import Constant
from archcost.layers.elementwise import Scale
from archcost.layers.mathematics import Offset
from archcost.layers.merge import Add, Concat, Subtract, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.network import Input, Node

_FILLING = {"pad", "unfold"}
"""Kinds that move elements and put numbers of their own beside them."""


class Range(NamedTuple):
    """The least and the largest of what constants add.

    Attributes:
        low: the least.
        high: the largest.
        is_given: whether there is nothing but what constants add.
    """

    low: float = 0
    high: float = 0
    is_given: bool = False

    @property
    def spread(self) -> float:
        """How much more one element has than another."""
        return self.high - self.low if self.low < self.high else 0


class GivenNumbers:
    """Follows what constants add through nodes, in written order."""

    def __init__(self) -> None:
        self._found: dict[Node | Input, Range] = {}

    def of(self, tensor: Node | Input) -> Range:
        """What constants add to a tensor."""
        return self._found.get(tensor, Range())

    def follow(self, node: Node) -> None:
        """Take a node up whose inputs were."""
        if isinstance(node.layer, Constant):
            self._found[node] = Range(*_ends(node.layer), is_given=True)
            return
        parts = [self.of(source) for source in node.inputs]
        given = bool(parts) and all(part.is_given for part in parts)
        if given or any(part != Range() for part in parts):
            self._found[node] = Range(*_through(node, parts, given=given), is_given=given)


def _through(node: Node, parts: Sequence[Range], *, given: bool) -> tuple[float, float]:
    """What a node makes of what constants add to its inputs."""
    low, high, _ = parts[0]
    match node.layer:
        case Add():
            ends = [sum(part.low for part in parts), sum(part.high for part in parts)]
        case Subtract():
            ends = [low - parts[1].high, high - parts[1].low]
        case Offset(value=value):
            ends = [low + value, high + value]
        case Scale(factor=factor):
            ends = [factor * low, factor * high]
        case Where():
            ends = [end for part in parts[1:] for end in part[:2]]
        case Concat():
            ends = [end for part in parts for end in part[:2]]
        case Moving() if node.kind not in _FILLING:
            ends = [low, high]
        case _:
            ends = [-inf, inf] if given else [0, 0]
    return (-inf, inf) if any(isnan(end) for end in ends) else (min(ends), max(ends))


def _ends(layer: Constant) -> tuple[float, float]:
    """The least and the largest number of a constant."""
    shape = layer.output_shape()
    match layer.values:
        case "declared":
            return -inf, inf
        case "identity":
            return 0, 1
        case "sinusoids":
            return -1, 1
        case "ramp" | "coordinates":
            lines = layer.line(shape if layer.values == "coordinates" else (1, 1))
            lengths = shape[1:] if layer.values == "coordinates" else (shape[layer.axis],)
            ends = [
                start + step * i for (start, step), n in zip(lines, lengths, strict=True) for i in (0, n - 1)
            ]
        case str():
            ends = [layer.inside, layer.outside]
        case tuple():
            ends = _flat(layer.values)
        case _:
            ends = [layer.values]
    return min(ends), max(ends)


def _flat(numbers: Sequence[Any]) -> list[float]:
    """The numbers of nested lists."""
    return [
        n
        for one in numbers
        for n in (_flat(cast("tuple[Any, ...]", one)) if isinstance(one, tuple) else [one])
    ]
