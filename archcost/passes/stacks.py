"""Stacks of dilated convolutions: found in the graph, and what each reads of its own input.

A stack is a maximal run of convolutions at stride 1, through whatever moves no positions (norms, activations,
residual additions, merges of branches), with a dilation above 1 in it. It is judged at the node where it
ends, relative to what it is given; what pools and strides before it read does not matter to it.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, NamedTuple

from archcost.network import Input
from archcost.passes.following import followed
from archcost.passes.receptive_field import Tracer, measure, united
from archcost.windows.reach import identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.network import Network, Node
    from archcost.passes.access import AccessCache
    from archcost.passes.receptive_field import Field, Reaches
    from archcost.windows.window import Window

CONVOLUTIONS = {"conv", "depthwise_conv", "deform_conv", "deform_sum", "masked_conv"}

BLOCK = 256
"""A branch around more convolutions than this is not recognised as a shortcut."""

BESIDE = {"beside all", "beside some"}
"""Ways in which positions keep their places."""

_OWN = "the stack's own input"


class Joint:
    """Where branches with convolutions of their own join; `depth` counts the links of the longest."""

    __slots__ = ("depth",)

    before = None

    def __init__(self, depth: int) -> None:
        self.depth = depth


class FactorRun(NamedTuple):
    """Links one after another whose rates along an axis have a factor above 1 in common.

    Attributes:
        first: where it begins.
        links: how many there are.
        reading: how many of them have more than one tap along that axis.
    """

    first: Link
    links: int
    reading: int


class Link:
    """A convolution of a stack with more than one tap, and what comes before it.

    Attributes:
        node: the convolution.
        window: its window.
        before: the link before it, or the joint; None if it is the first.
        depth: links up to this one.
        shared: per axis, the factors above 1 that the rates of the links up to this one have in common, each
            with its longest run: from the shortest to the longest.
    """

    __slots__ = ("before", "depth", "node", "shared", "window")

    def __init__(self, node: Node, window: Window, before: Link | Joint | None) -> None:
        self.node = node
        self.window = window
        self.before = before
        self.depth = 1 + (before.depth if before else 0)
        self.shared = tuple(self._shared(axis) for axis in range(len(window.kernel)))

    def _shared(self, axis: int) -> dict[int, FactorRun]:
        before = self.before.shared[axis] if isinstance(self.before, Link) else {}
        if self.window.kernel[axis] == 1:  # it reads along other axes only
            return {factor: run._replace(links=run.links + 1) for factor, run in before.items()}
        rate = self.window.dilation[axis]
        found = {rate: FactorRun(self, 1, 1)}
        for factor, run in before.items():
            found[gcd(factor, rate)] = FactorRun(run.first, run.links + 1, run.reading + 1)
        found.pop(1, None)
        return found

    def chain(self, links: int | None = None) -> list[Link]:
        """The last so many links up to this one (without a number, all since the last joint), in order."""
        found: list[Link] = []
        link: Link | Joint | None = self
        while isinstance(link, Link) and len(found) != links:
            found.append(link)
            link = link.before
        return found[::-1]

    def is_twin_of(self, other: Link) -> bool:
        """Whether both read the same: the two halves of a gated unit."""
        return self.before is other.before and self.window == other.window


class Stack(NamedTuple):
    """A run of convolutions and what it reads.

    Attributes:
        last: the node where it ends: no other node of the run reads it.
        tip: the last convolution with more than one tap; None if branches with such ones join after it.
        is_chain: all its convolutions stand one after another; shortcuts around them do not count.
        field: what the last node reads of the stack's own input.
        run: a number that all ends of a run have in common.
    """

    last: Node
    tip: Link | None
    is_chain: bool
    field: Field
    run: int

    @property
    def judged(self) -> Node:
        """The node that completes what is read: the last convolution, or where branches join."""
        return self.tip.node if self.tip else self.last


class Stacks(NamedTuple):
    """The stacks of a network, one per node that completes one, and the links of all, in written order."""

    stacks: tuple[Stack, ...]
    links: tuple[Link, ...]


ENDS = 8
"""Of the ends of one run, so many are told of; of the others, how many there are."""


def by_run(stacks: Iterable[Stack]) -> Iterable[list[Stack]]:
    """The stacks that are ends of the same run, together."""
    found: dict[int, list[Stack]] = {}
    for stack in stacks:
        found.setdefault(stack.run, []).append(stack)
    return found.values()


def stacks(
    network: Network, accesses: AccessCache, fields: Mapping[Node | Input, Mapping[str, Field]]
) -> Stacks:
    """The stacks of a network with a dilation above 1 in them.

    Args:
        network: the network.
        accesses: how its nodes read their inputs.
        fields: the receptive fields of all its tensors.

    >>> from archcost import load
    >>> from archcost.passes.access import AccessCache
    >>> from archcost.passes.receptive_field import fields_by_tensor, receptive_fields
    >>> net = load("zoo:wavenet")
    >>> fields = fields_by_tensor(net, receptive_fields(net))
    >>> [stack.field.size for stack in stacks(net, AccessCache(), fields).stacks]
    [(1024,)]
    """
    dilated = [node for node in network if _is_dilated(node, accesses)]
    if not dilated:
        return Stacks((), ())
    runs = _runs(network, accesses)
    wanted = {runs[node] for node in dilated if node in runs}
    return _followed({node: run for node, run in runs.items() if run in wanted}, accesses, fields)


def _is_dilated(node: Node, accesses: AccessCache) -> bool:
    window = accesses.of(node).window if node.kind in CONVOLUTIONS else None
    return window is not None and any(d > 1 < k for k, d in zip(window.kernel, window.dilation, strict=True))


def _runs(network: Network, accesses: AccessCache) -> dict[Node, int]:
    """The number of its run for every node that is in one, in written order."""
    import networkx as nx  # noqa: PLC0415 - few networks have dilated convolutions

    members = dict.fromkeys(node for node in network if is_member(node, accesses))
    joined: nx.Graph[Node | Input] = nx.Graph()
    joined.add_nodes_from(members)
    joined.add_edges_from((x, node) for node in members for x in sources(node, accesses) if x in members)
    run_of = {node: run for run, nodes in enumerate(nx.connected_components(joined)) for node in nodes}
    return {node: run_of[node] for node in members}


def is_member(node: Node, accesses: AccessCache) -> bool:
    """Whether a node may be part of a run: it is a convolution at stride 1, or moves no position at all."""
    if not node.inputs:
        return False
    taps = node.kind in CONVOLUTIONS
    return all(
        access.way in {"unmoved", "broadcast", *BESIDE}
        or (access.window and _keeps_step(access.window, taps=taps))
        for access in (accesses.of(node, position) for position in range(len(node.inputs)))
    )


def _keeps_step(window: Window, *, taps: bool) -> bool:
    """Whether neighbouring outputs read neighbouring inputs; with one tap each, unless more are allowed."""
    return set(window.stride) == {1} and set(window.stretch) <= {1} and (taps or window.taps == 1)


def sources(node: Node, accesses: AccessCache) -> Iterator[Node | Input]:
    """What a node reads position by position: a gate that holds for a whole map is left out."""
    for position, source in enumerate(node.inputs):
        if accesses.of(node, position).way != "broadcast":
            yield source


class _State(NamedTuple):
    """What is known at a node of a stack."""

    reaches: Reaches
    tip: Link | Joint | None
    is_chain: bool
    is_dilated: bool


def _followed(
    runs: Mapping[Node, int], accesses: AccessCache, fields: Mapping[Node | Input, Mapping[str, Field]]
) -> Stacks:
    """What the members of dilated runs read, each run from its own inputs."""
    members = [*runs]
    tracer = Tracer({_OWN: ()}, accesses)
    links: list[Link] = []

    def step(node: Node, states: Mapping[Node | Input, _State]) -> _State:
        arriving = [
            (position, states.get(source) or _start(source, fields[source]))
            for position, source in enumerate(node.inputs)
            if accesses.of(node, position).way != "broadcast"
        ]
        # What a norm reads over the map is not what the stack reads.
        seen = [
            state.reaches
            if accesses.of(node, position).way in BESIDE
            else tracer.through_input(node, position, state.reaches)
            for position, state in arriving
        ]
        tip, is_chain = _joined([state for _, state in arriving])
        window = accesses.of(node).window
        if window and window.taps > 1:
            tip = Link(node, window, tip)
            links.append(tip)
        is_dilated = any(state.is_dilated for _, state in arriving) or _is_dilated(node, accesses)
        return _State(seen[0] if len(seen) == 1 else united(seen), tip, is_chain, is_dilated)

    read = {source for node in members for source in sources(node, accesses)}
    ends: dict[Node, Stack] = {}
    for node, state in zip(members, followed(members, {}, step), strict=True):
        # Where no output reads anything but padding, nothing is missed.
        if node not in read and state.is_dilated and _OWN in state.reaches and fields[node]:
            tip = state.tip if isinstance(state.tip, Link) else None
            if field := measure(state.reaches[_OWN], (), node.output):
                stack = Stack(node, tip, state.is_chain, field, runs[node])
                ends.setdefault(stack.judged, stack)
    return Stacks((*ends.values(),), tuple(links))


def _start(source: Node | Input, fields: Mapping[str, Field]) -> _State:
    """What enters a stack: positions of its own, unless it is the same everywhere."""
    moves = any(field.moving for field in fields.values())
    return _State(
        {_OWN: identity(len(source.output) - 1)} if moves else {}, None, is_chain=True, is_dilated=False
    )


def _joined(states: Sequence[_State]) -> tuple[Link | Joint | None, bool]:
    """The longest way to a node, or a joint if other ways are no part of it; and whether all is one chain."""
    tips = [state.tip for state in states if state.tip]
    is_chain = all(state.is_chain for state in states)
    if not tips:
        return None, is_chain
    longest = max(tips, key=lambda tip: tip.depth)
    if all(_leads_to(tip, longest) for tip in tips):
        return longest, is_chain
    return Joint(longest.depth), False


def _leads_to(tip: Link | Joint, later: Link | Joint) -> bool:
    at: Link | Joint | None = later
    for _ in range(min(later.depth - tip.depth, BLOCK)):
        at = at.before if at else None
    return at is tip or (isinstance(at, Link) and isinstance(tip, Link) and at.is_twin_of(tip))


def rates(stack: Stack, accesses: AccessCache) -> list[int]:
    """The different dilations in a stack, side by side or not, in ascending order."""
    found: set[int] = set()
    seen: set[Node | Input] = {stack.last}
    waiting: list[Node | Input] = [stack.last]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Input) or not is_member(node, accesses):
            continue
        window = accesses.of(node).window
        if window:
            found.update(d for k, d in zip(window.kernel, window.dilation, strict=True) if k > 1)
        new = set(sources(node, accesses)) - seen
        seen |= new
        waiting += new
    return sorted(found)
