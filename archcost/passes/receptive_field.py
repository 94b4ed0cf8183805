"""Receptive fields: which input positions reach an output, exactly, on any DAG (see `archcost.reach`).

Positions beyond the borders count as if there were data: the field is that of an output far from them.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.layers.base import Merge
from archcost.offsets import hull, prune, union_count
from archcost.reach import Reach, Slider, broadcast, collapse, identity, merge, phases, through_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.geometry import Axes, Shape
    from archcost.layers.base import Kind
    from archcost.network import Input, Network, Node
    from archcost.offsets import Box


class Field(NamedTuple):
    """The receptive field of a node in one input, in positions of that input, per spatial axis.

    Attributes:
        size: from the first to the last position that is read, not clipped to the input; with phases the
            largest. The whole input if the field is global.
        stride: input positions between neighbouring outputs.
        center: the middle of output 0's field; input position i has its centre at i.
        coverage: the share of the box of `size` that is read; with phases the smallest.
        holes: positions of that box that are not read; with phases the most.
        is_global: an operation over all positions lies on the way.
        local: the field that ignores such operations; None without them, or if nothing is left.
        upper_bound: the true field may be smaller (see `PHASES` and `BOXES`, and branches that do not fit).
    """

    size: tuple[int, ...]
    stride: tuple[Fraction, ...]
    center: tuple[Fraction, ...]
    coverage: Fraction
    holes: int
    is_global: bool = False
    local: Field | None = None
    upper_bound: bool = False


Reaches: TypeAlias = "dict[str, Reach]"
"""What a node reads, per input of the network."""


def receptive_fields(network: Network) -> tuple[dict[str, Field], ...]:
    """The field of every node, in written order: one per input it has a spatial relation to.

    Three 3×3 convolutions see 7 positions along each axis:

    >>> from archcost import load
    >>> net = load("zoo:vgg16")
    >>> [field["input"].size for field in receptive_fields(net)[:5:2]]
    [(3, 3), (5, 5), (6, 6)]
    """
    sizes = {tensor.path: tensor.output[1:] for tensor in network.inputs}
    reaches: dict[Node | Input, Reaches] = {}
    for tensor in network.inputs:
        reaches[tensor] = {tensor.path: identity(len(tensor.output) - 1)} if len(tensor.output) > 1 else {}
    tracer = _Tracer(sizes)
    # Elementwise layers hand on what they read: each set of reaches is measured once.
    measured: dict[int, dict[str, Field]] = {}
    result: list[dict[str, Field]] = []
    for node in network:
        found = reaches[node] = tracer.through(node, reaches)
        if id(found) not in measured:
            measured[id(found)] = {name: _measure(reach, sizes[name]) for name, reach in found.items()}
        result.append(measured[id(found)])
    return tuple(result)


_Step: TypeAlias = "Callable[[Reach, Axes], Reach | None] | None"
"""How a layer changes a reach in an input of a given size; None leaves it as it is."""


class _Tracer:
    """Traces reaches through nodes. What a layer does to a shape is asked once, wherever it stands."""

    def __init__(self, sizes: dict[str, Axes]) -> None:
        self._sizes = sizes
        self._steps: dict[tuple[int, int, Shape, Shape], _Step] = {}
        self._slider = Slider()

    def through(self, node: Node, reaches: dict[Node | Input, Reaches]) -> Reaches:
        """What a node reads, from what its inputs read."""
        if len(node.inputs) == 1:
            return self._one(node, 0, reaches)
        arriving: dict[str, list[Reach]] = {}
        for position in range(len(node.inputs)):
            for name, reach in self._one(node, position, reaches).items():
                arriving.setdefault(name, []).append(reach)
        return {name: merge(parts) for name, parts in arriving.items()}

    def _one(self, node: Node, position: int, reaches: dict[Node | Input, Reaches]) -> Reaches:
        """What is read through one input of a node."""
        source = node.inputs[position]
        arriving = reaches[source]
        key = (id(node.layer), position, source.output, node.output)
        if key not in self._steps:
            self._steps[key] = self._step(node.layer, position, source.output, node.output)
        step = self._steps[key]
        if step is None:
            return arriving
        passed = {name: step(reach, self._sizes[name]) for name, reach in arriving.items()}
        return {name: reach for name, reach in passed.items() if reach is not None}

    def _step(self, layer: Kind, position: int, x: Shape, y: Shape) -> _Step:
        if not layer.field_is_known:
            return lambda reach, whole: None  # noqa: ARG005 - nothing is known, whatever arrives
        if len(x) > 1 and layer.is_global(x):
            return lambda reach, whole: through_all(reach, x[1:], whole)
        if len(y) == 1:
            return (lambda reach, whole: collapse(reach, x[1:], whole)) if len(x) > 1 else None
        if not layer.keeps_positions(x, y):
            return lambda reach, whole: None if reach.moving else reach  # noqa: ARG005 - likewise
        if isinstance(layer, Merge):
            return (lambda reach, whole: broadcast(reach, x[1:], y[1:])) if x[1:] != y[1:] else None  # noqa: ARG005 - every step is asked alike
        window = layer.window_of(position, x)
        return (lambda reach, whole: self._slider.slide(reach, window)) if window else None  # noqa: ARG005 - every step is asked alike


def _measure(reach: Reach, whole: Axes) -> Field:
    """A reach in numbers."""
    if not reach.is_global:
        return _of_boxes(reach, (*reach.fixed,))
    local = reach._replace(fixed=(), is_global=False)
    covered = union_count(reach.fixed) if reach.fixed else 0
    total = prod(whole)
    return Field(
        size=whole,
        stride=reach.stride,
        center=tuple(Fraction(n - 1, 2) for n in whole),
        coverage=Fraction(covered, total),
        holes=total - covered,
        is_global=True,
        local=_of_boxes(local, ()) if local.moving else None,
        upper_bound=reach.upper_bound,
    )


def _of_boxes(reach: Reach, fixed: tuple[Box, ...]) -> Field:
    """The field of a reach without global operations: over all phases the largest, the emptiest."""
    patterns = phases(reach)
    if len(patterns) == len(patterns[0]) == 1 and not fixed:
        return _of_box(reach, patterns[0][0])
    first: tuple[tuple[int, int], ...] | None = None
    sizes: list[tuple[int, ...]] = []
    shares: list[tuple[Fraction, int]] = []
    for boxes in patterns:
        ends = hull([*boxes, *fixed])
        first = first or ends
        size = tuple(high - low + 1 for low, high in ends)
        total = prod(size)
        count = union_count(prune([*boxes, *fixed]))
        sizes.append(size)
        shares.append((Fraction(count, total), total - count))
    return Field(
        size=tuple(map(max, zip(*sizes, strict=True))),
        stride=reach.stride,
        center=tuple(Fraction(low + high, 2) for low, high in first or ()),
        coverage=min(share for share, _ in shares),
        holes=max(holes for _, holes in shares),
        upper_bound=reach.upper_bound,
    )


def _of_box(reach: Reach, box: Box) -> Field:
    """The field of a single box: nearly all there are."""
    size = tuple(s.size for s in box)
    total, covered = prod(size), prod(s.members for s in box)
    return Field(
        size=size,
        stride=reach.stride,
        center=tuple(Fraction(s.low + s.high, 2) for s in box),
        coverage=Fraction(covered, total),
        holes=total - covered,
        upper_bound=reach.upper_bound,
    )
