"""How a node reads one of its inputs, which every pass over receptive fields begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from archcost.windows.channels import RUNS, ChannelRun, Channels
from archcost.windows.rearrangement import broadcast, everything, everywhere, grouped, mixed, shared

if TYPE_CHECKING:
    from archcost.layers.base import Kind
    from archcost.network import Node
    from archcost.windows.rearrangement import Rearrangement, Turn
    from archcost.windows.stages import Stage
    from archcost.windows.window import Shape, Window

Way: TypeAlias = Literal[
    "unmoved",
    "window",
    "beside all",
    "beside some",
    "everywhere",
    "broadcast",
    "rearranged",
    "placed",
    "turned",
    "staged",
    "unknown",
]
"""In what way positions are read.

    unmoved       each at its own place
    window        through a sliding window
    beside all    each at its own place, and all of them, as a norm with statistics over a map does
    beside some   each at its own place, and all along some axes
    everywhere    all of them, for every output
    broadcast     a single position of an axis, for every output along it
    rearranged    at other places: axes are swapped, split or merged, or summed over
    placed        from some place on, beside other tensors
    turned        so many positions further back, round the ends of the axes, or in the other order
    staged        in several of these ways, one after the other
    unknown       nothing is known about what is read
"""


class Access(NamedTuple):
    """How a layer reads an input.

    Attributes:
        way: see `Way`.
        window: for `window`.
        shown: windows that read together what the window does: itself, or what a mask leaves of it.
        how: where the elements go; for `window`, `placed`, `turned`, `unmoved` and `unknown` there is none.
        start: for `placed`: the axis, and where along it the input begins.
        turns: for `turned`: of every spatial axis.
        stages: for `staged`: the single ways, each with the shape that it makes.
        unrolled: each tap of the window leaves as a channel.
        is_nominal: where positions are really read follows from the data.
        is_bounded: some positions that leave may read less than that.
    """

    way: Way
    window: Window | None = None
    shown: tuple[Window, ...] = ()
    how: Rearrangement | None = None
    start: tuple[int, int] | None = None
    turns: tuple[Turn, ...] = ()
    stages: tuple[tuple[Access, Shape], ...] = ()
    unrolled: bool = False
    is_nominal: bool = False
    is_bounded: bool = False

    @property
    def mixes_channels(self) -> bool:
        """Whether channels are mixed besides what `how` says: those of a norm's groups, say."""
        return (
            self.how is not None
            and self.way in {"beside all", "beside some"}
            and self.how.source[0] == self.how.target[0]
        )


class Mix(NamedTuple):
    """What a layer does to channels.

    Attributes:
        how: which of them each is made of; None if of the one at its place.
        first: those from here on are kept, and the others dropped; None if all are there.
        is_blurred: a single channel may read less than `how` says.
        is_bounded: so may all channels together.
    """

    how: Rearrangement | None
    first: int | None = None
    is_blurred: bool = False
    is_bounded: bool = False


class AccessCache:
    """How nodes read their inputs. What a layer does to its inputs is worked out once, wherever it stands."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, tuple[Shape, ...], Shape], Access] = {}
        self._channels: dict[tuple[int, int, tuple[Shape, ...]], Mix] = {}

    def of(self, node: Node, position: int = 0) -> Access:
        """How a node reads the input at `position`."""
        key = (id(node.layer), position, node.shapes, node.output)
        if key not in self._known:
            self._known[key] = _access(node.layer, position, node.shapes, node.output)
        return self._known[key]

    def channels(self, node: Node, position: int) -> Mix:
        """What a node does to the channels of the input at `position`."""
        key = (id(node.layer), position, node.shapes)
        if key not in self._channels:
            self._channels[key] = _channels(node.layer, position, node.shapes, node.output[0])
        return self._channels[key]


def _access(layer: Kind, position: int, xs: tuple[Shape, ...], y: Shape) -> Access:
    x = xs[position]
    if not layer.field_is_known:
        return Access("unknown")
    if stages := layer.stages(position, xs, y):
        less = any(stage.is_bounded for stage in stages)
        return Access("staged", stages=tuple((_staged(s), s.y) for s in stages), is_bounded=less)
    if how := layer.rearrangement(position, xs, y):
        return Access("rearranged", how=how)
    return _over_positions(layer, x, y) or _at_places(layer, position, xs, y)


def _staged(stage: Stage) -> Access:
    if stage.how:
        return Access("rearranged", how=stage.how)
    if stage.start:
        return Access("placed", start=stage.start)
    return Access("window", stage.window, (stage.window,) if stage.window else ())


def _over_positions(layer: Kind, x: Shape, y: Shape) -> Access | None:
    """The access of a layer that reads all positions, or all along some axes."""
    if len(x) > 1 and layer.is_global(x):
        return Access("everywhere", how=everywhere(x) if layer.per_channel else everything(x, y))
    if along := [axis for axis in layer.mixed_axes(x) if axis and x[axis] > 1]:
        covers_all = all(n == 1 or axis in along for axis, n in enumerate(x) if axis)
        return Access("beside all" if covers_all else "beside some", how=mixed(x, layer.mixed_axes(x)))
    return Access("rearranged", how=everything(x, y)) if len(y) == 1 < len(x) else None


def _at_places(layer: Kind, position: int, xs: tuple[Shape, ...], y: Shape) -> Access:
    """The access of a layer that reads at its own place, beside another tensor, or through a window."""
    x = xs[position]
    if start := layer.place(position, xs):
        return Access("placed", start=start)
    if layer.broadcasts:
        return Access("broadcast", how=broadcast(x, y)) if x[1:] != y[1:] else Access("unmoved")
    turns = layer.turns(x)
    if any(turn.moves(length) for turn, length in zip(turns, x[1:], strict=False)):
        return Access("turned", turns=turns)
    window = layer.window_of(position, xs) if len(y) > 1 else None
    if not window:
        return Access("unmoved")
    return Access(
        "window",
        window,
        layer.shown_windows(x) or (window,),
        unrolled=layer.taps_leave_as_channels,
        is_nominal=layer.field_is_nominal,
    )


def _channels(layer: Kind, position: int, xs: tuple[Shape, ...], channels: int) -> Mix:
    """What a layer does to channels, found from what it makes of channels that all differ."""
    x = xs[position]
    if layer.per_channel and channels == x[0]:
        return Mix(None)
    if x[0] > RUNS:
        return _mix_of_many(layer, position, xs, channels)
    told_apart = Channels(tuple(ChannelRun(1, frozenset([i])) for i in range(x[0])))
    arriving = tuple(
        told_apart if i == position else Channels((ChannelRun(other[0], frozenset()),))
        for i, other in enumerate(xs)
    )
    return _mix(layer.channels(arriving, channels), x, channels)


def _mix_of_many(layer: Kind, position: int, xs: tuple[Shape, ...], channels: int) -> Mix:
    """The same of so many channels that only two halves are told apart."""
    x = xs[position]
    half = x[0] // 2
    arriving = [Channels((ChannelRun(other[0], frozenset()),)) for other in xs]
    arriving[position] = Channels((ChannelRun(half, frozenset([0])), ChannelRun(x[0] - half, frozenset([1]))))
    made = layer.channels(tuple(arriving), channels)
    sure = len(made.runs) == 1 and len(made.sources) == 2 and not (made.blurred or made.bounded)
    return Mix(shared(x, channels), is_blurred=not sure, is_bounded=not sure)


def _mix(made: Channels, x: Shape, channels: int) -> Mix:
    """What was done to channels that read one source each, by number."""
    sure = not (made.blurred or made.bounded) and made.total == channels
    if sure and [len(run.sources) for run in made.runs] == [x[0]]:
        return Mix(shared(x, channels))
    reads = [run.sources for run in made.runs for _ in range(run.length)]
    if sure and made.sources:
        first = min(made.sources)
        if reads == [frozenset([first + c]) for c in range(channels)]:
            return Mix(None, first=first if channels < x[0] else None)
        groups, left = divmod(x[0], max(1, len(reads[0])))
        if groups and not (left or channels % groups) and reads == _in_groups(x[0], groups, channels):
            return Mix(grouped(x, groups, channels))
    return Mix(shared(x, channels), is_blurred=True, is_bounded=made.bounded or len(made.sources) < x[0])


def _in_groups(arriving: int, groups: int, channels: int) -> list[frozenset[int]]:
    """What each channel reads where groups of channels are made of groups of those that arrive."""
    share, out = arriving // groups, channels // groups
    return [frozenset(range(c // out * share, (c // out + 1) * share)) for c in range(channels)]
