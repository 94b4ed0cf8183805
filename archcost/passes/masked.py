"""What fixed masks leave of the work under them: products of scores and softmax over them.

A mask that is added makes elements so small that their softmax is 0; one that is multiplied makes them 0.
All are computed, and every count has them, as in PyTorch. What a mask leaves is known beside it where a
`constant` says so by a rule, for which nothing is run: it is the same share of whatever it is broadcast to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.layers.constant import Constant
from archcost.layers.given import fields_of
from archcost.network import Node
from archcost.windows.window import size

if TYPE_CHECKING:
    from archcost.network import Input, Network

_PRODUCTS = {"matmul", "einsum"}
_MOVING = {"reshape", "transpose", "identity"}
"""Kinds behind which a mask has the same elements."""
_ELEMENTWISE = {"scale", "layer_scale", "dropout", "drop_path", "identity", "multiply"}
"""Kinds whose results are 0 where what arrives is."""
_KEEPS_SMALL = {"add", "identity", "dropout"}
"""Kinds whose results are small where what arrives is, as scores that get a bias are; they may repeat it."""
_HIDING = 100
"""How much less is added to an element whose share is 0: Swin's mask adds -100, and exp(-100) is 4e-44."""


class Left(NamedTuple):
    """What a mask leaves of a node's work.

    Attributes:
        mask: the constant.
        seen: elements of the scores that it lets through.
        elements: how many there are.
        macs: multiply-accumulates that these need; 0 of a softmax.
    """

    mask: Node
    seen: int
    elements: int
    macs: int


Tensor: TypeAlias = "Node | Input"


def masked(network: Network) -> dict[Node, Left]:
    """The products and softmaxes under a mask, and what it leaves of each, in written order."""
    found = _Masks(network)
    for node in network:
        found.follow(node)
    return {node: found.left[node] for node in network if node in found.left}


class _Masks:
    """Follows masks, scores that are hidden, and shares that are 0, each to the constant it is due to."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._outputs = set(network.outputs.values())
        self._masks: dict[Tensor, Node] = {}
        self._hidden: dict[Tensor, Node] = {}
        self._zero: dict[Tensor, Node] = {}
        self.left: dict[Node, Left] = {}

    def follow(self, node: Node) -> None:
        """Take a node up whose inputs were."""
        if isinstance(node.layer, Constant):
            if node.layer.seen is not None:
                self._masks[node] = node
        elif node.kind in _MOVING and node.inputs[0] in self._masks:
            self._masks[node] = self._masks[node.inputs[0]]
        elif node.kind in {"add", "multiply"} and (mask := self._mask_over(node)):
            (self._hidden if node.kind == "add" else self._zero)[node] = mask
            self._look_back(node, mask)
        elif _is_softmax(node) and (mask := self._hidden.get(node.inputs[0])):
            self._zero[node] = mask
            self._note(node, mask, size(node.output))
        else:
            self._pass_on(node)

    def _mask_over(self, node: Node) -> Node | None:
        """The one mask that a node lays over something else."""
        masks = {mask for source in node.inputs if (mask := self._masks.get(source))}
        covered = any(source in self._hidden or source in self._zero for source in node.inputs)
        if len(masks) != 1 or covered or all(source in self._masks for source in node.inputs):
            return None
        (mask,) = masks
        assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
        layer = mask.layer
        hides = layer.inside - layer.outside >= _HIDING if node.kind == "add" else layer.outside == 0
        return mask if hides else None

    def _look_back(self, node: Node, mask: Node) -> None:
        """Products whose results nobody reads but under the mask."""
        waiting = [*node.inputs]
        while waiting:
            source = waiting.pop()
            alone = len(self._network.readers[source]) == 1 and source not in self._outputs
            if not isinstance(source, Node) or source.output != node.output or not alone:
                continue
            if source.kind in _PRODUCTS:
                self._note(source, mask, size(source.output))
            elif source.kind in _ELEMENTWISE | {"add"}:
                waiting += source.inputs

    def _pass_on(self, node: Node) -> None:
        """What is 0 stays 0, and what is hidden stays hidden; a product with what is 0 need not be made."""
        for source in node.inputs:
            if mask := self._zero.get(source):
                if node.kind in _PRODUCTS:
                    self._note(node, mask, size(source.output))
                elif node.kind in _ELEMENTWISE and source.output == node.output:
                    self._zero[node] = mask
            elif (mask := self._hidden.get(source)) and node.kind in _KEEPS_SMALL:
                self._hidden[node] = mask

    def _note(self, node: Node, mask: Node, elements: int) -> None:
        assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
        seen = elements * (mask.layer.seen or 0) // size(mask.output)
        macs = node.formulas().operations().macs * seen // elements
        self.left.setdefault(node, Left(mask, seen, elements, macs))


def _is_softmax(node: Node) -> bool:
    return node.kind == "softmax" or (
        node.kind == "activation" and fields_of(node.layer)["function"] == "softmax"
    )
