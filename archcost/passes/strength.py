"""How strongly each input position reaches one output position: path counts, or averages of windows.

The output's centre unit gets weight 1, and every layer hands weights back to what it read: one share per tap.
It is what a gradient does in a linear network whose weights are all alike (Luo, Li, Urtasun & Zemel 2016,
Understanding the effective receptive field in deep convolutional neural networks, section 2).

The plane is unbounded: positions beyond the borders count as if there were data. Channels are ignored, merges
sum. Whatever reads all positions at once hands nothing back, so the support is the field that
`archcost.passes.receptive_field` calls local (or simply the field, where nothing is global).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.errors import NoWeightsError, TooLargeError
from archcost.passes.access import AccessCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archcost.network import Input, Network, Node
    from archcost.passes.access import Access
    from archcost.windows.window import Axes, Shape, Window

    Weights: TypeAlias = NDArray[np.float64]

POSITIONS = 2**25
"""More positions than this are not followed at once: that many are 256 MiB."""

ADDITIONS = 2**32
"""More additions than this are not started: they would take half a minute and more."""

PHASES = 2**16
"""More phases along an axis than this are not handed back: each takes additions of its own."""

PATTERNS = 4096
"""Phases that are looked at to see whether an axis can be summed over on the way."""

_TOO_HIGH = 2.0**512
"""Above this, all weights are scaled down: products of taps would overflow before the input is reached."""


class Strength(NamedTuple):
    """How strongly the positions of one input reach the centre unit of a node.

    Attributes:
        first: the input position that index 0 of `weights` stands for, per axis; may lie outside the input.
        weights: one number per position of the box that holds all that are read.
        exponent: the true weights are `weights * 2**exponent`; 0 unless they exceed what a float can hold.
    """

    first: tuple[int, ...]
    weights: Weights
    exponent: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether path counts are exact integers: none is beyond what a float can tell apart."""
        return not self.exponent and float(self.weights.max()) < 2**53


def strength(
    network: Network, node: Node, *, mean: bool, axes: Sequence[int] | None = None
) -> dict[str, Strength]:
    """The weights of all input positions that reach the centre unit of a node, per input of the network.

    The centre unit has index `n // 2` along an axis of n positions. Inputs without a spatial relation to the
    node are missing.

    Args:
        network: the network.
        node: one of its nodes.
        mean: along each axis, every output is the mean of the positions it reads (a tap weighs 1/k).
            Otherwise taps weigh 1, and a weight is the number of paths.
        axes: the spatial axes of interest; over the others weights are summed up. A single axis of a deep
            network is cheap where all axes together are not.

    Raises:
        TooLargeError: there are more than `POSITIONS` positions to follow, or `ADDITIONS` additions to make.
        NoWeightsError: positions move between axes on the way, where weights are not followed; or the unit
            reads nothing.

    >>> from archcost import load
    >>> net = load("zoo:vgg16")
    >>> found = strength(net, net.nodes[2], mean=False, axes=[0])["input"]
    >>> found.first, found.weights.tolist()
    ((110,), [9.0, 18.0, 27.0, 18.0, 9.0])
    """
    rank = max(len(tensor.output) - 1 for tensor in (node, *network.inputs))
    kept = tuple(range(rank)) if axes is None else tuple(axes)
    way = _Backtrace(network, node, kept, mean=mean)
    if way.summed_too_early:
        whole = strength(network, node, mean=mean)
        return {name: _marginal(found, kept) for name, found in whole.items()}
    way.refuse_if_large()
    return way.weights()


def _marginal(found: Strength, kept: Axes) -> Strength:
    """The sum over all axes but some."""
    there = [axis for axis in kept if axis < len(found.first)]
    others = tuple(axis for axis in range(len(found.first)) if axis not in there)
    return Strength(
        tuple(found.first[axis] for axis in there), found.weights.sum(axis=others), found.exponent
    )


Span: TypeAlias = tuple[int, int]
"""The first and the last position along an axis."""

Extent: TypeAlias = tuple[Span, ...]
"""A span per axis that is kept."""


class _Backward:
    """A layer that looks at one position: it hands on what it is given."""

    def extent(self, extent: Extent) -> Extent | None:
        """The positions that are read; None if there are none."""
        return extent

    def phases(self, extent: Extent) -> int:  # noqa: ARG002 - as the others
        """How many kinds of outputs an extent has, which are handed back one kind after the other."""
        return 1

    def additions(self, extent: Extent) -> int:  # noqa: ARG002 - as the others
        """How many it takes to hand back the weights of an extent."""
        return 0

    def hand_back(self, weights: Weights, extent: Extent) -> Weights:  # noqa: ARG002 - as the others
        """The weights of the positions that are read."""
        return weights


class _BackwardSum(_Backward):
    """A layer that reads position 0 along some axes, wherever the output lies, as a broadcast does.

    `origins` has an entry per axis of the source: the reader's axis it follows, or None.
    """

    def __init__(self, origins: Sequence[int | None]) -> None:
        self._origins = origins

    def extent(self, extent: Extent) -> Extent:
        """Position 0 where no axis is followed."""
        return tuple((0, 0) if axis is None else extent[axis] for axis in self._origins)

    def additions(self, extent: Extent) -> int:
        """Every weight is added once."""
        return _positions(extent)

    def hand_back(self, weights: Weights, extent: Extent) -> Weights:
        """Summed over the axes that are not followed."""
        others = tuple(axis for axis in range(weights.ndim) if axis not in self._origins)
        sizes = [last - first + 1 for first, last in self.extent(extent)]
        return weights.sum(axis=others).reshape(sizes)


class _BackwardWindow(_Backward):
    """A window, seen along the axes that are kept; along the others every output adds up to `factor`."""

    def __init__(self, window: Window, axes: Axes, factor: int, *, mean: bool) -> None:
        self._window = window
        self._axes = axes
        self._factor = factor
        self._mean = mean
        self._known: dict[tuple[Span, int], list[_Pattern]] = {}

    def extent(self, extent: Extent) -> Extent | None:
        """From the first position that any output reads to the last."""
        spans = [self._span(span, axis) for span, axis in zip(extent, self._axes, strict=True)]
        found = tuple(span for span in spans if span)
        return found if len(found) == len(spans) else None

    def phases(self, extent: Extent) -> int:
        """Along any axis, the most phases that the outputs of an extent have."""
        each = zip(extent, self._axes, strict=True)
        return max((min(self._window.period(i)[0], b - a + 1) for (a, b), i in each), default=1)

    def additions(self, extent: Extent) -> int:
        """An addition per weight and tap, axis after axis."""
        total, sizes = 0, [last - first + 1 for first, last in extent]
        for i, axis in enumerate(self._axes):
            total += prod(sizes) * max((len(p.reads) for p in self._patterns(extent[i], axis)), default=0)
            first, last = self._span(extent[i], axis) or (0, 0)
            sizes[i] = last - first + 1
        return total

    def hand_back(self, weights: Weights, extent: Extent) -> Weights:
        """One axis after the other: windows are products over their axes."""
        for i, (span, axis) in enumerate(zip(extent, self._axes, strict=True)):
            weights = self._along(weights, i, span, axis)
        return weights if self._factor == 1 else weights * self._factor

    def _patterns(self, span: Span, axis: int) -> list[_Pattern]:
        """What is read from a span of outputs, phase by phase; phases that read nothing are left out."""
        if (span, axis) not in self._known:
            self._known[span, axis] = [*self._new_patterns(span, axis)]
        return self._known[span, axis]

    def _new_patterns(self, span: Span, axis: int) -> Iterator[_Pattern]:
        first, last = span
        period, step = self._window.period(axis)
        for u in range(first, min(first + period, last + 1)):
            if reads := self._window.reads(axis, u):
                yield _Pattern(u - first, period, reads, step, (last - u) // period + 1)

    def _span(self, span: Span, axis: int) -> Span | None:
        patterns = self._patterns(span, axis)
        if not patterns:
            return None
        return min(p.reads[0] for p in patterns), max(
            p.reads[-1] + (p.outputs - 1) * p.step for p in patterns
        )

    def _along(self, weights: Weights, i: int, span: Span, axis: int) -> Weights:
        import numpy as np  # noqa: PLC0415 - only some commands need it

        patterns = self._patterns(span, axis)
        if len(patterns) == 1 and patterns[0].moves_only:
            return weights
        low, high = self._span(span, axis) or (0, 0)
        result = np.zeros((*weights.shape[:i], high - low + 1, *weights.shape[i + 1 :]))
        source, target = np.moveaxis(weights, i, 0), np.moveaxis(result, i, 0)
        for pattern in patterns:
            part = source[pattern.start :: pattern.period]
            part = part / len(pattern.reads) if self._mean else part
            for slots, weight in pattern.handed_back(part, low):
                target[slots] += weight
        return result


class _Pattern(NamedTuple):
    """Outputs of one phase along an axis: `outputs` of them, every `period`-th from `start`.

    The first reads `reads`, each further one the same, `step` inputs on.
    """

    start: int
    period: int
    reads: Sequence[int]
    step: int
    outputs: int

    @property
    def moves_only(self) -> bool:
        """Whether every output reads one position, and neighbours read neighbours."""
        return self.period == self.step == len(self.reads) == 1

    def handed_back(self, weights: Weights, low: int) -> Iterator[tuple[slice, Weights]]:
        """Weights and what they are added to, from index `low` on: by tap or, of fewer outputs, by output."""
        if isinstance(self.reads, range) and self.outputs < len(self.reads):
            for i in range(self.outputs):
                yield (
                    _slots(self.reads[0] + i * self.step - low, self.reads.step, len(self.reads)),
                    weights[i],
                )
        else:
            for position in self.reads:
                yield _slots(position - low, self.step, self.outputs), weights


def _slots(first: int, step: int, count: int) -> slice:
    return slice(first, first + (count - 1) * step + 1, step)


def _positions(extent: Extent) -> int:
    return prod(last - first + 1 for first, last in extent)


def _united(a: Extent, b: Extent) -> Extent:
    return tuple((min(p[0], q[0]), max(p[1], q[1])) for p, q in zip(a, b, strict=True))


class _Edge(NamedTuple):
    """One edge that weights are handed back along."""

    source: Node | Input
    step: _Backward
    extent: Extent


class _Backtrace:
    """The way back from a node: first how far it spreads, which costs little, then the weights."""

    def __init__(self, network: Network, node: Node, axes: Axes, *, mean: bool) -> None:
        self.summed_too_early = False
        self._network = network
        self._node = node
        self._axes = axes
        self._mean = mean
        self._accesses = AccessCache()
        self._steps: dict[tuple[int, Shape, Shape], _Backward | None] = {}
        self._additions = 0
        self._related = network.descendants(network.inputs)
        unit = [node.output[1 + axis] // 2 for axis in self._kept(node.output)]
        self._extents: dict[Node | Input, Extent] = {node: tuple((u, u) for u in unit)}
        self._links: list[tuple[Node, list[_Edge]]] = []
        last = network.nodes.index(node)
        for reader in reversed(network.nodes[: last + 1]):
            if reader in self._extents:
                self._links.append((reader, self._follow(reader)))

    def _kept(self, shape: Shape) -> Axes:
        """The axes of a tensor that are not summed over."""
        return tuple(axis for axis in self._axes if axis < len(shape) - 1)

    def _follow(self, reader: Node) -> list[_Edge]:
        links: list[_Edge] = []
        extent = self._extents[reader]
        for position, source in enumerate(reader.inputs):
            step = self._step(reader, position) if source in self._related else None
            if step and (phases := step.phases(extent)) > PHASES:  # even listing them would take too long
                raise TooLargeError(
                    f"{reader.path} reads in {phases:,} different patterns on the way to {self._node.path}, "
                    f"and at most {PHASES:,} are followed; choose a node nearer to the input"
                )
            read = step.extent(extent) if step else None
            if step and read is not None:
                links.append(_Edge(source, step, read))
                self._additions += step.additions(extent) + _positions(read)
                self._extents[source] = _united(self._extents.get(source, read), read)
        return links

    def _step(self, reader: Node, position: int) -> _Backward | None:
        access = self._accesses.of(reader, position)
        x, y = reader.inputs[position].output, reader.output
        key = (id(access), x, y)
        if key not in self._steps:
            self._steps[key] = self._new_step(access, x, y)
        return self._steps[key]

    def _new_step(self, access: Access, x: Shape, y: Shape) -> _Backward | None:
        """How a layer hands back weights; None where the way ends."""
        if access.window:
            return self._through(access.window, x)
        match access.way:
            case "unmoved" | "beside all" | "beside some":
                return _Backward()
            case "broadcast":
                return self._from_broadcast(x, y)
            case "rearranged" | "placed":
                return self._from_rearranged(access, x, y)
            case _:
                return None

    def _from_rearranged(self, access: Access, x: Shape, y: Shape) -> _Backward | None:
        """Nothing moved if only channels did. A vector has lost its positions, or has none but one."""
        if len(x) == 1 or len(y) == 1 or all(n == 1 for n in x[1:]):
            return _BackwardSum([None for _ in self._kept(x)]) if all(n == 1 for n in x[1:]) else None
        if access.how and access.how.moves_channels_only:
            return _Backward()
        raise NoWeightsError(
            f"before {self._node.path}, positions move to other axes or are read all along one, and weights "
            "are not followed through that; choose a node before it"
        )

    def _from_broadcast(self, x: Shape, y: Shape) -> _Backward | None:
        """What is broadcast along every axis is the same everywhere: like a global operation, it ends."""
        spread = [n == 1 < m for n, m in zip(x[1:], y[1:], strict=True)]
        if all(spread):
            return None
        return _BackwardSum([None if spread[axis] else i for i, axis in enumerate(self._kept(x))])

    def _through(self, window: Window, x: Shape) -> _Backward:
        axes = self._kept(x)
        factor = 1
        for axis in set(range(len(x) - 1)) - set(axes):
            taps = _taps(window, axis, mean=self._mean)
            self.summed_too_early = self.summed_too_early or taps is None
            factor *= taps or 1
        return _BackwardWindow(window, axes, factor, mean=self._mean)

    def refuse_if_large(self) -> None:
        """Raise TooLargeError before anything is computed that would not end."""
        largest = max(self._extents.values(), key=_positions)
        if (positions := _positions(largest)) > POSITIONS:
            sizes = "×".join(f"{last - first + 1:,}" for first, last in largest)
            over = f"{sizes} = {positions:,}" if len(largest) > 1 else sizes
            raise TooLargeError(
                f"{self._node.path} reaches back over {over} positions, and at most {POSITIONS:,} can be "
                "weighed; choose a node nearer to the input"
            )
        if self._additions > ADDITIONS:
            raise TooLargeError(
                f"weighing the positions that reach {self._node.path} takes {self._additions:,} additions, "
                f"and at most {ADDITIONS:,} are made; choose a node nearer to the input"
            )

    def weights(self) -> dict[str, Strength]:
        """The weights of every input, from the node back."""
        import numpy as np  # noqa: PLC0415 - only some commands need it

        held: dict[Node | Input, Weights] = {self._node: np.ones([1] * len(self._extents[self._node]))}
        exponent = 0
        for reader, links in self._links:
            if reader not in held:
                continue
            if float(held[reader].max()) > _TOO_HIGH:
                held = {tensor: _scaled_down(weights) for tensor, weights in held.items()}
                exponent += 512
            self._hand_back(held, reader, links)
        arrived = [held[tensor] for tensor in self._network.inputs if tensor in held]
        if arrived and not any(weights.any() for weights in arrived):
            raise NoWeightsError(
                f"the centre unit of {self._node.path} reads nothing but the gaps of a transposed convolution"
            )
        return {
            tensor.path: Strength(tuple(first for first, _ in self._extents[tensor]), held[tensor], exponent)
            for tensor in self._network.inputs
            if tensor in held and len(tensor.output) > 1
        }

    def _hand_back(self, held: dict[Node | Input, Weights], reader: Node, links: list[_Edge]) -> None:
        import numpy as np  # noqa: PLC0415 - only some commands need it

        given, extent = held.pop(reader), self._extents[reader]
        for link in links:
            weights, whole = link.step.hand_back(given, extent), self._extents[link.source]
            if link.source not in held and link.extent == whole:
                # What is added into later must not be what another input is still to be given.
                held[link.source] = weights.copy() if weights is given and len(links) > 1 else weights
                continue
            if link.source not in held:
                held[link.source] = np.zeros([last - first + 1 for first, last in whole])
            starts = [a - b for (a, _), (b, _) in zip(link.extent, whole, strict=True)]
            box = tuple(slice(a, a + n) for a, n in zip(starts, weights.shape, strict=True))
            held[link.source][box] += weights


def _scaled_down(weights: Weights) -> Weights:
    """Divided by `_TOO_HIGH`; what would vanish stays a tiny number, for it is read and no hole."""
    import numpy as np  # noqa: PLC0415 - only some commands need it

    tiny = float(np.finfo(np.float64).tiny)
    return np.where(weights > 0, np.maximum(weights / _TOO_HIGH, tiny), 0.0)


def _taps(window: Window, axis: int, *, mean: bool) -> int | None:
    """What the taps of any output add up to along an axis; None if that depends on the output."""
    period, _ = window.period(axis)
    if period > PATTERNS:
        return None
    counts = {len(window.reads(axis, u)) for u in range(period)}
    if mean and 0 not in counts:
        return 1
    return counts.pop() if len(counts) == 1 else None
