"""What every channel of a tensor reads, for networks that pick channels out of a tensor.

After a concat some channels may read more than others, and a slice of them, or a group of a convolution,
reads what its own channels do. See `archcost.channels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.channels import Channels, Run, alike, blurred_together
from archcost.passes.receptive_field import followed, united

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.network import Input, Network, Node
    from archcost.passes.receptive_field import Reaches, Tracer

PARTS = 64
"""More different reaches than this in one tensor are not told apart."""


class _Traced(NamedTuple):
    """A tensor: what its channels read differently, which channels read what, and what all of them read."""

    parts: tuple[Reaches, ...]
    channels: Channels
    whole: Reaches


def traced_by_channel(
    network: Network, tracer: Tracer, start: Mapping[Node | Input, Reaches]
) -> Iterator[Reaches]:
    """What every node reads over all its channels, in written order, from what the inputs read."""
    first = {
        tensor: _Traced((reaches,), alike(tensor.output[0], 0), reaches) for tensor, reaches in start.items()
    }
    for traced in followed(network.nodes, first, lambda node, found: _through(node, tracer, found)):
        yield traced.whole


def _through(node: Node, tracer: Tracer, found: Mapping[Node | Input, _Traced]) -> _Traced:
    parts: list[Reaches] = []
    arriving: list[Channels] = []
    for position, source in enumerate(node.inputs):
        before = found[source]
        seen = [tracer.look(node, position, part) for part in before.parts]
        arriving.append(_renumbered(before.channels, [_place(part, parts) for part in seen]))
    if not arriving:
        return _Traced(({},), alike(node.output[0], 0), {})
    channels = node.layer.channels(tuple(arriving), node.output[0])
    if channels.total != node.output[0]:  # a flattened or transposed tensor has other channels
        channels = blurred_together(arriving, node.output[0])
    return _separated(channels, parts, only=found[node.inputs[0]] if len(node.inputs) == 1 else None)


def _place(part: Reaches, parts: list[Reaches]) -> int:
    """Where a part stands among the parts; it is added unless it is there."""
    for i, known in enumerate(parts):
        if known is part or known == part:
            return i
    parts.append(part)
    return len(parts) - 1


def _renumbered(channels: Channels, places: Sequence[int]) -> Channels:
    if places == [*range(len(places))]:
        return channels
    runs = (Run(length, frozenset(places[i] for i in sources)) for length, sources in channels.runs)
    return channels._replace(runs=tuple(runs))


def _separated(channels: Channels, parts: Sequence[Reaches], only: _Traced | None) -> _Traced:
    """The parts united as the channels need them. What only hands on its input is that input again."""
    if only and channels == only.channels and all(a is b for a, b in zip(parts, only.parts, strict=False)):
        return only
    needed = dict.fromkeys(run.sources for run in channels.runs)
    if len(needed) > PARTS:
        channels = blurred_together([channels], channels.total)
        needed = dict.fromkeys(run.sources for run in channels.runs)
    merged = [_united([parts[i] for i in sorted(sources)]) for sources in needed]
    if channels.bounded:
        merged = [_bounded(part) for part in merged]
    places = {sources: i for i, sources in enumerate(needed)}
    runs = tuple(Run(length, frozenset([places[sources]])) for length, sources in channels.runs)
    return _Traced(tuple(merged), Channels(runs, channels.blurred), _united(merged))


def _united(parts: Sequence[Reaches]) -> Reaches:
    """The union; a single part stays the same object, so that it is measured once."""
    return parts[0] if len(parts) == 1 else united(parts)


def _bounded(reaches: Reaches) -> Reaches:
    return {name: reach._replace(upper_bound=True) for name, reach in reaches.items()}
