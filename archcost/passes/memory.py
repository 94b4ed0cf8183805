"""Peak memory: the most elements alive at once, in the written order and in the best one.

A tensor is alive from the run of its node (an input: from the start) to its last reader, an output of the
network to the end; what nobody reads, only while its node runs. While a node runs, its inputs and its output
are alive at once: nothing is in place. An alias (`flatten`, `dropout`) has no elements of its own, and who
reads it keeps its base alive. A learned tensor that enters as a node counts like any other output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.geometry import size
from archcost.passes.best_order import least_peak

if TYPE_CHECKING:
    from archcost.network import Input, Network, Node

SEARCH_LIMIT = 100_000
"""Steps `peaks` tries, over the whole network, before it settles for the best order found."""


class Peaks(NamedTuple):
    """Peak activations, in elements.

    Attributes:
        as_written: the most elements alive at once in the written order.
        best: the same for the best order found; never more than `as_written`.
        best_is_exact: True if no order needs less than `best`.
        at: the first node that runs at the written order's peak; None if the network has no nodes.
        alive: what is alive then, in written order, the running node last; aliases are left out.
    """

    as_written: int
    best: int
    best_is_exact: bool
    at: Node | None
    alive: tuple[Node | Input, ...]


def peaks(network: Network, *, limit: int = SEARCH_LIMIT) -> Peaks:
    """The most elements alive at once, as written and under the best order.

    VGG-16 needs the most when its first ReLU runs, between two maps of 64×224×224:

    >>> from archcost import load
    >>> found = peaks(load("zoo:vgg16"))
    >>> found.as_written == 2 * 64 * 224 * 224, found.at.path
    (True, 'stage.0.0.relu')

    Exact up to `limit` steps of search, else the best order found, and `best_is_exact` says so. The time is
    linear in the size of the network plus `limit`.
    """
    plan = Plan.of(network)
    if not network.nodes:
        given = tuple(network.inputs[t] for t in plan.alive_before(0))
        elements = sum(size(x.output) for x in given)
        return Peaks(elements, elements, best_is_exact=True, at=None, alive=given)
    needs = plan.needs()
    as_written = max(needs)
    step = needs.index(as_written)
    tensors = (*network.inputs, *network.nodes)
    alive = tuple(tensors[t] for t in (*plan.alive_before(step), plan.inputs + step) if plan.sizes[t])
    best, exact = least_peak(plan, needs, limit)
    return Peaks(as_written, best, best_is_exact=exact, at=network.nodes[step], alive=alive)


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
