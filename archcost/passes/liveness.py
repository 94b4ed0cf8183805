"""When each tensor is born and last read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.windows.window import size

if TYPE_CHECKING:
    from archcost.network import Network


class Plan(NamedTuple):
    """The network as numbers. Tensors are the inputs, then one per node; step i makes tensor `inputs + i`.

    Attributes:
        inputs: how many tensors are there from the start.
        sizes: elements per tensor; 0 for an alias.
        reads: the tensors each step needs, an alias together with its base.
        last_use: the last step that reads each tensor; `len(reads)` if the network gives it, -1 if none does.
    """

    inputs: int
    sizes: list[int]
    reads: list[tuple[int, ...]]
    last_use: list[int]

    @classmethod
    def of(cls, network: Network) -> Plan:
        """The plan of a network, its nodes in written order."""
        tensors = (*network.inputs, *network.nodes)
        index = {tensor: t for t, tensor in enumerate(tensors)}
        sizes = [size(tensor.output) for tensor in tensors]
        held: list[tuple[int, ...]] = [(t,) for t in range(len(tensors))]
        reads: list[tuple[int, ...]] = []
        for t, node in enumerate(network.nodes, start=len(network.inputs)):
            reads.append(tuple({h: None for source in node.inputs for h in held[index[source]]}))
            if node.layer.alias:
                sizes[t] = 0
                held[t] = (t, held[index[node.inputs[0]]][-1])
        given = {t for tensor in network.outputs.values() for t in held[index[tensor]]}
        return cls(len(network.inputs), sizes, reads, _last_use(reads, given, len(tensors)))

    def made(self, step: int) -> int:
        """Elements of the tensor a step makes."""
        return self.sizes[self.inputs + step]

    def own_need(self, step: int) -> int:
        """Elements of what a step reads and makes: no order gets by with less."""
        return self.made(step) + sum(self.sizes[t] for t in self.reads[step])

    def alive_before(self, step: int) -> list[int]:
        """Tensors that are there before a step of the written order and needed from it on."""
        return [t for t in range(self.inputs + step) if self.last_use[t] >= step]

    def needs(self) -> list[int]:
        """Elements alive during each step of the written order."""
        live = sum(self.sizes[t] for t in self.alive_before(0))
        needs: list[int] = []
        for step, read in enumerate(self.reads):
            made = self.inputs + step
            needs.append(live + self.sizes[made])
            live += self.sizes[made] if self.last_use[made] >= 0 else 0
            live -= sum(self.sizes[t] for t in read if self.last_use[t] == step)
        return needs


def _last_use(reads: list[tuple[int, ...]], given: set[int], tensors: int) -> list[int]:
    last = [-1] * tensors
    for step, read in enumerate(reads):
        for t in read:
            last[t] = step
    for t in given:
        last[t] = len(reads)
    return last
