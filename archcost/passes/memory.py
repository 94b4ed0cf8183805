"""Peak memory: the most elements alive at once, in the written order and in the best one.

A tensor is alive from the run of its node (an input: from the start) to its last reader, an output of the
network to the end; what nobody reads, only while its node runs. While a node runs, its inputs and its output
are alive at once: nothing is in place. An alias (`flatten`, `dropout`) has no elements of its own, and who
reads it keeps its base alive. A learned tensor that enters as a node counts like any other output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.passes.best_order import least_peak
from archcost.passes.liveness import Plan
from archcost.windows.window import size

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
