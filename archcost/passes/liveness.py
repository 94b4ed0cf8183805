"""When each tensor is born and last read, and which tensors lie in the memory of another."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from archcost.layers.base import Merge
from archcost.network import Node
from archcost.windows.window import size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.network import Network

Sharing = Literal["written", "folded", "in_place", "in_place_sums"]
"""Which outputs have no memory of their own, each with those of the words before it.

written: aliases alone, which are their input under another shape.
folded: what inference computes inside the layer before it, if nobody else reads that layer.
in_place: what can be written over its input, if nobody reads that later; sums excepted.
in_place_sums: sums as well.
"""


class Plan(NamedTuple):
    """The network as numbers. Tensors are the inputs, then one per node; step i makes tensor `inputs + i`.

    Attributes:
        inputs: how many tensors are there from the start.
        sizes: elements per tensor; 0 for one that lies in its input as a whole.
        reads: the tensors each step needs, one that lies in another together with that.
        last_use: the last step that reads each tensor; `len(reads)` if the network gives it, -1 if none does.
        over: the tensor each step writes over, which nothing reads later; -1 where it writes over none.
    """

    inputs: int
    sizes: list[int]
    reads: list[tuple[int, ...]]
    last_use: list[int]
    over: list[int]

    @classmethod
    def of(cls, network: Network, sharing: Sharing = "written") -> Plan:
        """The plan of a network, its nodes in written order."""
        tensors = (*network.inputs, *network.nodes)
        index = {tensor: t for t, tensor in enumerate(tensors)}
        sizes = [size(tensor.output) for tensor in tensors]
        held: list[tuple[int, ...]] = [(t,) for t in range(len(tensors))]
        reads: list[tuple[int, ...]] = []
        readers = Counter[object]() if sharing == "written" else _readers(network)
        for t, node in enumerate(network.nodes, start=len(network.inputs)):
            reads.append(tuple({h: None for source in node.inputs for h in held[index[source]]}))
            if node.layer.alias or _is_folded(node, readers):
                sizes[t] = 0
                held[t] = (t, held[index[node.inputs[0]]][-1])
        given = {t for tensor in network.outputs.values() for t in held[index[tensor]]}
        last_use = _last_use(reads, given, len(tensors))
        plan = cls(len(network.inputs), sizes, reads, last_use, [-1] * len(reads))
        if sharing.startswith("in_place"):
            bases = [held[index[tensor]][-1] for tensor in tensors]
            for step, node in enumerate(network.nodes):
                if sharing == "in_place_sums" or not isinstance(node.layer, Merge):
                    plan.over[step] = plan._overwritten(step, node, [bases[index[x]] for x in node.inputs])
        return plan

    def _overwritten(self, step: int, node: Node, read: Sequence[int]) -> int:
        """The tensor whose memory a step can take: one that the network made, large enough, and read last."""
        if not self.made(step):
            return -1
        for position in node.layer.overwrites(node.shapes, node.output):
            t = read[position]
            if t >= self.inputs and self.last_use[t] == step and self.sizes[t] >= self.made(step):
                return t
        return -1

    def made(self, step: int) -> int:
        """Elements of the tensor a step makes."""
        return self.sizes[self.inputs + step]

    def brought(self, step: int) -> int:
        """Elements for which a step needs memory that was free before it."""
        return 0 if self.over[step] >= 0 else self.made(step)

    def own_need(self, step: int) -> int:
        """Elements of what a step reads and makes: no order gets by with less."""
        return self.brought(step) + sum(self.sizes[t] for t in self.reads[step])

    def alive_before(self, step: int) -> list[int]:
        """Tensors that are there before a step of the written order and needed from it on."""
        return [t for t in range(self.inputs + step) if self.last_use[t] >= step]

    def needs(self) -> list[int]:
        """Elements alive during each step of the written order."""
        live = sum(self.sizes[t] for t in self.alive_before(0))
        needs: list[int] = []
        for step, read in enumerate(self.reads):
            made = self.inputs + step
            needs.append(live + self.brought(step))
            live += self.sizes[made] if self.last_use[made] >= 0 else 0
            live -= sum(self.sizes[t] for t in read if self.last_use[t] == step)
        return needs


def _readers(network: Network) -> Counter[object]:
    """How often each tensor is read, one that leaves the network once more, an alias with what it is of."""
    found: Counter[object] = Counter()
    for node in network.nodes:
        found.update(node.inputs)
    found.update(network.outputs.values())
    return found


def _is_folded(node: Node, readers: Counter[object]) -> bool:
    """Whether inference computes a node inside the layer before it."""
    if not node.layer.folds:
        return False
    before = node.inputs[0]
    while isinstance(before, Node) and before.layer.alias and readers[before] == 1:
        before = before.inputs[0]
    return isinstance(before, Node) and readers[before] == 1 and before.layer.computes


def _last_use(reads: list[tuple[int, ...]], given: set[int], tensors: int) -> list[int]:
    last = [-1] * tensors
    for step, read in enumerate(reads):
        for t in read:
            last[t] = step
    for t in given:
        last[t] = len(reads)
    return last
