"""Receptive fields: which input positions reach an output, exactly, on any DAG.

See `archcost.windows.reach`. Positions beyond the borders count as if there were data: the field is that of
an output far from them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from math import lcm, prod
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from archcost.passes.access import AccessCache
from archcost.passes.following import Follower, T, followed
from archcost.windows.apart import boxes_at, extent, move_apart, patterns
from archcost.windows.moves import picked, placed, rearranged, turned
from archcost.windows.offsets import Offsets, hull, prune, union_count
from archcost.windows.reach import Reach, Slider, identity, merge, phases, simplified
from archcost.windows.rearrangement import over_channels
from archcost.windows.sight import seen
from archcost.windows.slides import slid, through_gaps, unrolled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.network import Input, Network, Node
    from archcost.passes.access import Access, Mix, Way
    from archcost.windows.offsets import Box
    from archcost.windows.reach import AxisReach
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.sight import Seen
    from archcost.windows.window import Axes, Shape, Window


Certainty: TypeAlias = Literal["exact", "at_most", "nominal", "unknown"]

_ALL = Fraction(1)

_ONE_BY_ONE = 4096
"""Of no more outputs than this it is counted one by one what they read, if the middle one does not tell."""


class Field(NamedTuple):
    """The receptive field of a node in one input, in positions of that input, per spatial axis.

    Attributes:
        size: from the first to the last position that is read, not clipped to the input; with phases the
            largest. The whole input if the field is global.
        stride: input positions between neighbouring outputs.
        center: the middle of output 0's field; input position i has its centre at i. If output 0 reads
            nothing (gaps of a transposed convolution), where it would lie.
        coverage: the share of the box of `size` that is read; of several outputs, the smallest. Beside an
            operation over all positions, what lies within the input counts.
        holes: positions of that box that are not read; with phases the most.
        is_global: an operation over all positions lies on the way.
        local: the field that ignores such operations; None without them, or if nothing is left.
        upper_bound: the true field may be smaller (see `PHASES` and `BOXES`, branches that do not fit, and
            positions that windows leave over).
        is_known: False if not all positions that are read could be followed: no number of it means anything.
        is_nominal: a deformable convolution lies on the way; the field is that without its offsets.
        alignment: where output 0 lies. That is `center`, but with phases the mean over one period of the
            middle of output u's field less u strides: nearest neighbours and bilinear interpolation agree
            in it. Empty if nothing moves along with the output.
        least: `size`, but the smallest of any output along each axis; empty if all are as large.
    """

    size: tuple[int, ...]
    stride: tuple[Fraction, ...]
    center: tuple[Fraction, ...]
    coverage: Fraction
    holes: int
    is_global: bool = False
    local: Field | None = None
    upper_bound: bool = False
    alignment: tuple[Fraction, ...] = ()
    is_known: bool = True
    is_nominal: bool = False
    least: tuple[int, ...] = ()

    @property
    def moving(self) -> Field | None:
        """What moves along with the output position: the field, or its local part; None if nothing does."""
        return self.local if self.is_global else self

    @property
    def certainty(self) -> Certainty:
        """`exact`, `at_most` (no output reads more, some may read less), `nominal` or `unknown`."""
        if not self.is_known:
            return "unknown"
        return "nominal" if self.is_nominal else "at_most" if self.upper_bound else "exact"


Reaches: TypeAlias = "dict[str, Reach]"
"""What a node reads, per input of the network."""

Sights: TypeAlias = "Mapping[tuple[Node, int], Seen | None]"
"""What a mask leaves of the sums over an input, by node and position; None if it may leave less than all."""


def receptive_fields(network: Network, accesses: AccessCache | None = None) -> tuple[dict[str, Field], ...]:
    """The field of every node, in written order: one per input it has a spatial relation to.

    With `accesses`, what they already know is not worked out again.

    Three 3×3 convolutions see 7 positions along each axis:

    >>> from archcost import load
    >>> net = load("zoo:vgg16")
    >>> [field["input"].size for field in receptive_fields(net)[:5:2]]
    [(3, 3), (5, 5), (6, 6)]
    """
    sizes = {tensor.path: tensor.output[1:] for tensor in network.inputs}
    result: list[dict[str, Field]] = []
    last: Reaches = {}
    fields: dict[str, Field] = {}
    shape: Shape = ()
    measured = cache(measure)  # blocks of a stage mostly read alike
    sights, numbers = _hidden(network)
    tracer = Tracer(sizes, accesses or AccessCache(), sights)
    for node, found in zip(network, reaches(network, tracer), strict=True):
        # An elementwise layer hands on what the one before it reads.
        if found is not last or node.output != shape:
            kept = last if node.output == shape else {}
            several = {
                name: fields.get(name)
                if kept.get(name) is reach
                else measured(reach, sizes[name], node.output)
                for name, reach in found.items()
            }
            fields = {name: field for name, field in several.items() if field}
            last, shape = found, node.output
        bounds = {name: _at_most(field) for name, field in fields.items()} if node in numbers else None
        result.append(bounds or fields)
    return tuple(result)


def _hidden(network: Network) -> tuple[Sights, frozenset[Node]]:
    """What masks leave of sums, and the nodes of which some elements read nothing."""
    if not any(node.kind == "constant" for node in network):
        return {}, frozenset()
    from archcost.passes.masked import partly_numbers, sights  # noqa: PLC0415 - few networks have masks

    return sights(network), partly_numbers(network)


def _at_most(field: Field) -> Field:
    local = field.local and field.local._replace(upper_bound=True)
    return field._replace(upper_bound=True, local=local)


def reaches(network: Network, tracer: Tracer) -> Iterator[Reaches]:
    """What every node reads, in written order."""
    start: dict[Node | Input, Reaches] = {
        tensor: {tensor.path: identity(len(tensor.output) - 1)} if len(tensor.output) > 1 else {}
        for tensor in network.inputs
    }
    yield from traced(network, tracer, start)


def traced(network: Network, follower: Follower[T], start: Mapping[Node | Input, T]) -> Iterator[T]:
    """What a follower finds at every node, in written order, from what there is of the inputs."""
    if any(node.layer.tells_channels_apart for node in network):
        # Only where channels are picked does it matter that some read less than others.
        from archcost.passes.by_channel import traced_by_channel  # noqa: PLC0415 - few networks do that

        yield from traced_by_channel(network, follower, start)
        return
    yield from followed(network.nodes, start, follower.through)


class Tracer(Follower[Reaches]):
    """Traces what nodes read, from what their inputs read.

    Args:
        sizes: the spatial size of every input, by name.
        accesses: how nodes read their inputs.
        sights: what masks leave of sums.
    """

    def __init__(
        self,
        sizes: Mapping[str, Axes],
        accesses: AccessCache,
        sights: Sights | None = None,
    ) -> None:
        self._sizes = sizes
        self._sights = sights or {}
        self._accesses = accesses
        self._slider = Slider()

    def nothing(self, node: Node) -> Reaches:  # noqa: ARG002 - it is the same everywhere
        """A learned tensor reads no input."""
        return {}

    def united(self, parts: Sequence[Reaches]) -> Reaches:
        """See `united`."""
        return united(parts)

    def bounded(self, part: Reaches) -> Reaches:
        """The true fields may be smaller."""
        return {name: reach._replace(upper_bound=True) for name, reach in part.items()}

    def is_one(self, node: Node, part: Reaches) -> bool:
        """Side by side, tensors of which every position reads the same."""
        placed = self._accesses.of(node, 0).way == "placed"
        return placed and not any(reach.moving for reach in part.values())

    def through_input(self, node: Node, position: int, arriving: Reaches) -> Reaches:
        """See `Follower.through_input`."""
        if self._sights.get((node, position), self) is None:
            arriving = self.bounded(arriving)
        access = self._accesses.of(node, position)
        if access.way == "unmoved" and not any(
            reach.has_digits or reach.blurred for reach in arriving.values()
        ):
            return arriving
        found = {
            name: self._seen(node, position, reach, self._sizes[name]) for name, reach in arriving.items()
        }
        if access.is_nominal:
            found = {name: reach._replace(nominal=True) for name, reach in found.items()}
        # Behind the gaps of a transposed convolution a window may hit nothing but gaps.
        return {name: reach for name, reach in found.items() if reach.is_known or reach.lost}

    def _seen(self, node: Node, position: int, reach: Reach, whole: Axes) -> Reach:
        """What a node reads of an input of size `whole`, from what the tensor at `position` does."""
        access = self._accesses.of(node, position)
        x, y = node.inputs[position].output, node.output
        if access.way == "unknown":
            return reach._replace(moving=(), fixed=(), lost=True)
        if access.how and (by := self._sights.get((node, position))):
            return seen(reach, by, access.how, x, whole)
        if access.how:
            if access.mixes_channels and (reach.has_digits or reach.blurred):
                reach = _mixed(reach, self._accesses.channels(node, position), x, y, whole)
            return _rearranged(access.way, reach, access.how, (x, y), whole)
        mixed = reach.has_digits or reach.blurred
        if access.stages:
            found = self._staged(access, reach, x, whole)
            return _blurred(found, reach, self._accesses.channels(node, position)) if mixed else found
        if mixed:
            reach = _mixed(reach, self._accesses.channels(node, position), x, y, whole)
            x = (y[0], *x[1:])
        return self._moved(access, reach, x, y, whole)

    def _staged(self, access: Access, reach: Reach, x: Shape, whole: Axes) -> Reach:
        """What is read in several steps, which say what becomes of channels, too."""
        for step, y in access.stages:
            reach, x = self._moved(step, reach, x, y, whole), y
        return reach._replace(upper_bound=True) if access.is_bounded else reach

    def _moved(self, access: Access, reach: Reach, x: Shape, y: Shape, whole: Axes) -> Reach:
        """What is read through a single step, from what a tensor of shape `x` reads."""
        if access.how:
            return rearranged(reach, access.how, x, whole)
        if access.start is not None:
            return placed(reach, *access.start, x, y, whole)
        if access.turns:
            return turned(reach, access.turns, x, whole)
        if access.unrolled:
            return unrolled(reach, access.shown[0], x, y)
        parts = [self._slid(reach, window, x, y) for window in access.shown]
        return merge(parts) if parts else reach

    def _slid(self, reach: Reach, window: Window, x: Shape, y: Shape) -> Reach:
        """What a node reads through a window, from what the tensor of shape `x` does."""
        follows = reach.counted or reach.has_digits or len(reach.stride) != len(window.kernel)
        reach = slid(reach, window, x, y) if reach.moving and follows else self._slider.slide(reach, window)
        return through_gaps(reach, window, y)


def _rearranged(
    way: Way, reach: Reach, how: Rearrangement, shapes: tuple[Shape, Shape], whole: Axes
) -> Reach:
    """What is read through a rearrangement of a tensor of the first shape into one of the second."""
    x, y = shapes
    found = rearranged(reach, how, x, whole)
    if way == "everywhere":
        # A pool leaves a single position of all there were, recurrence in both directions every one of them.
        over = zip(reach.stride, x[1:], y[1:], strict=False) if len(reach.stride) == len(x) - 1 else ()
        return found._replace(is_global=True, stride=tuple(s * n / m for s, n, m in over) or reach.stride)
    if way == "beside all" and found.fixed:
        # What an output reads at its own place is worth knowing beside what a norm over the map does.
        return merge([found, reach])._replace(is_global=True, stride=reach.stride)
    if way == "broadcast" and not found.upper_bound and any(_covers(box, whole) for box in found.fixed):
        # From then on, every output sees everything; of what is picked nobody knows that.
        return found._replace(is_global=True)
    return found


def _covers(box: Box, whole: Axes) -> bool:
    return all(s.low <= 0 and s.high >= n - 1 and s.bits is None for s, n in zip(box, whole, strict=True))


def _mixed(reach: Reach, mix: Mix, x: Shape, y: Shape, whole: Axes) -> Reach:
    """What channels read that are made of those of `x`, while positions stay."""
    if mix.first is not None:
        return picked(reach, mix.first, x, y)
    found = rearranged(reach, mix.how, x, whole) if mix.how else reach
    return _blurred(found, reach, mix)


def _blurred(found: Reach, reach: Reach, mix: Mix) -> Reach:
    """What was found from a reach, as sure as the mix of channels is."""
    bounded = found.upper_bound or mix.is_bounded or (mix.is_blurred and reach.blurred)
    return found._replace(blurred=found.blurred or mix.is_blurred, upper_bound=bounded)


def united(parts: Sequence[Reaches]) -> Reaches:
    """All that is read in several ways at once."""
    arriving: dict[str, list[Reach]] = {}
    for part in parts:
        for name, reach in part.items():
            arriving.setdefault(name, []).append(reach)
    return {name: merge(found) for name, found in arriving.items()}


def measure(reach: Reach, whole: Axes, shape: Shape) -> Field | None:
    """A reach in numbers; None if nothing of the input is read.

    Args:
        reach: what a tensor reads, over all its channels.
        whole: the size of the input that is read.
        shape: of the tensor.
    """
    if reach.has_digits:
        reach = rearranged(reach, over_channels(shape), shape, whole)
        shape = (1, *shape[1:])
    if reach.lost:
        return _unknown(reach, whole)
    if not reach.is_known:
        return None
    if not reach.is_global:
        return _local(reach, shape, whole)
    moves = any(line.step for lines in reach.moving for line in lines)
    local = _local(reach._replace(fixed=(), is_global=False), shape, whole) if moves else None
    total = prod(whole)
    least = _least_read(reach, whole, shape)
    covered = total if least is None else least
    return Field(
        size=whole,
        stride=reach.stride,
        center=tuple(Fraction(n - 1, 2) for n in whole),
        coverage=Fraction(covered, total),
        holes=total - covered,
        is_global=True,
        local=local,
        upper_bound=reach.upper_bound or least is None,
        is_nominal=reach.nominal,
        alignment=local.alignment if local else (),
    )


def _least_read(reach: Reach, whole: Axes, shape: Shape) -> int | None:
    """Positions of the input that the output reads that reads the fewest; None if they cannot be counted.

    No output reads fewer than all do wherever they lie, and mostly one in the middle reads no more.
    """
    by_all = _count_within(reach.fixed, whole)
    if by_all in {None, prod(whole)} or not reach.moving:
        return by_all
    middle = (0, *(n // 2 for n in shape[1:]))
    if _count_within(boxes_at(reach, shape, middle), whole) == by_all:
        return by_all
    if prod(shape[1:]) > _ONE_BY_ONE:
        return None
    counts: list[int] = []
    for index in product([0], *map(range, shape[1:])):
        count = _count_within(boxes_at(reach, shape, index), whole)
        if count is None:
            return None
        counts.append(count)
    return min(counts)


def _count_within(boxes: Sequence[Box], whole: Axes) -> int | None:
    """How many positions of the input lie in some box."""
    clipped = ([s.within(0, n - 1) for s, n in zip(box, whole, strict=True)] for box in boxes)
    inside = prune(tuple(s for s in box if s) for box in clipped if all(box))
    return union_count(inside) if inside else 0


def _unknown(reach: Reach, whole: Axes) -> Field:
    """What was lost may be anywhere in the input."""
    return Field(
        size=whole,
        stride=reach.stride,
        center=tuple(Fraction(n - 1, 2) for n in whole),
        coverage=_ALL,
        holes=0,
        is_global=True,
        upper_bound=True,
        is_known=False,
    )


def _local(reach: Reach, shape: Shape, whole: Axes) -> Field:
    """The field of a reach without global operations: over all outputs the largest, the emptiest."""
    if move_apart(reach):
        return _of_patterns(reach, patterns(reach, shape, whole)) or _around(reach, shape)
    if len(reach.moving) == 1 and all(len(line.sets) == 1 for line in reach.moving[0]):
        return _of_box(reach, [s for line in reach.moving[0] for s in line.there])
    if not reach.moving:
        return _of_patterns(reach, [[*reach.fixed]]) or _local(simplified(reach), shape, whole)
    return _of_patterns(reach, phases(reach, shape[1:], whole)) or _local(simplified(reach), shape, whole)


def _of_patterns(reach: Reach, patterns: list[list[Box]] | None) -> Field | None:
    """The field of outputs that read these boxes; None if there are too many, or they cannot be counted."""
    sizes: list[tuple[int, ...]] = []
    shares: list[tuple[Fraction, int]] = []
    for boxes in patterns or ():
        size = tuple(high - low + 1 for low, high in hull(boxes))
        count = union_count(prune(boxes))
        if count is None:
            return None
        total = prod(size)
        sizes.append(size)
        shares.append((Fraction(count, total), total - count))
    if not sizes:
        return None
    size, least = (tuple(map(end, zip(*sizes, strict=True))) for end in (max, min))
    return Field(
        size=size,
        stride=reach.stride,
        center=_center(reach),
        coverage=min(share for share, _ in shares),
        holes=max(holes for _, holes in shares),
        upper_bound=reach.upper_bound,
        is_nominal=reach.nominal,
        alignment=() if move_apart(reach) else _alignment(reach),
        least=least if least != size else (),
    )


def _around(reach: Reach, shape: Shape) -> Field:
    """A field that is at least as large as that of any output, where branches move apart."""
    return Field(
        size=extent(reach, shape),
        stride=reach.stride,
        center=_center(reach),
        coverage=_ALL,
        holes=0,
        upper_bound=True,
        is_nominal=reach.nominal,
    )


def _of_box(reach: Reach, box: Sequence[Offsets]) -> Field:
    """The field of a single box: nearly all there are."""
    size = tuple(s.size for s in box)
    total, covered = prod(size), prod(s.members for s in box)
    center = tuple(Fraction(s.low + s.high, 2) for s in box)
    return Field(
        size=size,
        stride=reach.stride,
        center=center,
        coverage=Fraction(covered, total) if covered < total else _ALL,
        holes=total - covered,
        upper_bound=reach.upper_bound,
        is_nominal=reach.nominal,
        alignment=center,
    )


def _center(reach: Reach) -> tuple[Fraction, ...]:
    """The middle of what output 0 reads; if that is nothing, of the next output that does, as far back."""
    first = [tuple(s for line in lines if (s := line.at(0))) for lines in reach.moving]
    there = [box for box in first if len(box) == len(reach.stride)]
    if there or reach.fixed:
        return tuple(Fraction(low + high, 2) for low, high in hull([*there, *reach.fixed]))
    return tuple(
        _middles(lines, stride)[0]
        for lines, stride in zip(zip(*reach.moving, strict=True), reach.stride, strict=True)
    )


def _alignment(reach: Reach) -> tuple[Fraction, ...]:
    """See `Field.alignment`."""
    return tuple(map(_mean_middle, zip(*reach.moving, strict=True), reach.stride))


def _mean_middle(lines: Sequence[AxisReach], stride: Fraction) -> Fraction:
    """Along one axis, the mean over a period of where output u lies, less u strides."""
    middles = _middles([line for line in lines if line.step] or lines, stride)
    return sum(middles, Fraction(0)) / len(middles)


def _middles(lines: Sequence[AxisReach], stride: Fraction) -> list[Fraction]:
    """Along one axis, where each output u of a period lies, less u strides, if it reads anything."""
    period = range(lcm(*(len(line.sets) for line in lines)))
    read = [(u, [s for line in lines if (s := line.at(u))]) for u in period]
    return [
        Fraction(min(s.low for s in sets) + max(s.high for s in sets), 2) - u * stride
        for u, sets in read
        if sets
    ]


def fields_by_tensor(
    network: Network, fields: Sequence[dict[str, Field]]
) -> dict[Node | Input, dict[str, Field]]:
    """The fields of all nodes and of the inputs themselves, where every position sees its own."""
    found: dict[Node | Input, dict[str, Field]] = {tensor: _itself(tensor) for tensor in network.inputs}
    found.update(zip(network, fields, strict=True))
    return found


def _itself(tensor: Input) -> dict[str, Field]:
    rank = len(tensor.output) - 1
    one, zero = (Fraction(1),) * rank, (Fraction(0),) * rank
    if not rank:
        return {}
    return {tensor.path: Field((1,) * rank, one, zero, coverage=Fraction(1), holes=0, alignment=zero)}
