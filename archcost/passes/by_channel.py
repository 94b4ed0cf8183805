"""What every channel of a tensor reads, for networks that pick channels out of a tensor.

After a concat some channels may read more than others, and a slice of them, or a group of a convolution,
reads what its own channels do. See `archcost.windows.channels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from archcost.passes.following import followed
from archcost.windows.channels import ChannelRun, Channels, alike, blurred_together

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.network import Input, Network, Node
    from archcost.passes.following import Follower

T = TypeVar("T")

PARTS = 64
"""More different reaches than this in one tensor are not told apart."""


class _Traced(NamedTuple, Generic[T]):
    """A tensor: what its channels read differently, which channels read what, and what all of them read."""

    parts: tuple[T, ...]
    channels: Channels
    whole: T


def traced_by_channel(network: Network, tracer: Follower[T], start: Mapping[Node | Input, T]) -> Iterator[T]:
    """What every node reads over all its channels, in written order, from what the inputs read."""
    first = {tensor: _Traced((found,), alike(tensor.output[0], 0), found) for tensor, found in start.items()}
    for traced in followed(network.nodes, first, lambda node, found: _through(node, tracer, found)):
        yield traced.whole


def _through(node: Node, tracer: Follower[T], found: Mapping[Node | Input, _Traced[T]]) -> _Traced[T]:
    first, *others = (found[source] for source in node.inputs) if node.inputs else (None,)
    is_one = first and others and all(tracer.is_one(node, part) for part in first.parts)
    if first and is_one and all(other == first for other in others):
        return first
    parts: list[T] = []
    arriving: list[Channels] = []
    for position, source in enumerate(node.inputs):
        before = found[source]
        seen = [tracer.through_input(node, position, part) for part in before.parts]
        arriving.append(_renumbered(before.channels, [_place(part, parts) for part in seen]))
    if not arriving:
        nothing = tracer.nothing(node)
        return _Traced((nothing,), alike(node.output[0], 0), nothing)
    channels = node.layer.channels(tuple(arriving), node.output[0])
    if channels.total != node.output[0]:  # a flattened or transposed tensor has other channels
        channels = blurred_together(arriving, node.output[0])
    if any(one.differ and _become_positions(node, position) for position, one in enumerate(arriving)):
        channels = channels._replace(bounded=True)
    only = found[node.inputs[0]] if len(node.inputs) == 1 else None
    return _separated(channels, parts, tracer, tracer.nothing(node), only)


def _become_positions(node: Node, position: int) -> bool:
    """Whether channels of an input leave as positions, each of which reads what that channel did."""
    stages = node.layer.stages(position, node.shapes, node.output)
    ways = [stage.how for stage in stages] or [node.layer.rearrangement(position, node.shapes, node.output)]
    return any(
        how.sizes[factor] > 1 and factor in axis
        for how in ways
        if how
        for factor in how.source[0]
        for axis in how.target[1:]
    )


def _place(part: T, parts: list[T]) -> int:
    """Where a part stands among the parts; it is added unless it is there."""
    for i, known in enumerate(parts):
        if known is part or known == part:
            return i
    parts.append(part)
    return len(parts) - 1


def _renumbered(channels: Channels, places: Sequence[int]) -> Channels:
    if places == [*range(len(places))]:
        return channels
    runs = (ChannelRun(length, frozenset(places[i] for i in sources)) for length, sources in channels.runs)
    return channels._replace(runs=tuple(runs))


def _separated(
    channels: Channels, parts: Sequence[T], tracer: Follower[T], nothing: T, only: _Traced[T] | None
) -> _Traced[T]:
    """The parts united as the channels need them, `nothing` where they read none of them.

    What only hands on its input is that input again.
    """
    if only and channels == only.channels and all(a is b for a, b in zip(parts, only.parts, strict=False)):
        return only
    needed = dict.fromkeys(run.sources for run in channels.runs)
    if len(needed) > PARTS:
        channels = blurred_together([channels], channels.total)
        needed = dict.fromkeys(run.sources for run in channels.runs)
    merged = [
        tracer.merged([parts[i] for i in sorted(sources)]) if sources else nothing for sources in needed
    ]
    if channels.bounded:
        merged = [tracer.bounded(part) for part in merged]
    places = {sources: i for i, sources in enumerate(needed)}
    runs = tuple(ChannelRun(length, frozenset([places[sources]])) for length, sources in channels.runs)
    return _Traced(tuple(merged), Channels(runs, channels.blurred), tracer.merged(merged))
