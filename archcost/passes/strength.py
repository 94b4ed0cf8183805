"""How strongly each input position reaches one output position: path counts, or averages of windows.

The output's centre unit gets weight 1, and every layer hands weights back to what it read: one share per tap.
It is what a gradient does in a linear network whose weights are all alike (Luo, Li, Urtasun & Zemel 2016,
Understanding the effective receptive field in deep convolutional neural networks, section 2).

The plane is unbounded: positions beyond the borders count as if there were data. Channels are ignored, merges
sum. Whatever reads all positions at once hands nothing back, so the support is the field that
`archcost.passes.receptive_field` calls local (or simply the field, where nothing is global).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import NoWeightsError, TooLargeError
from archcost.passes.access import AccessCache
from archcost.passes.backward import Backward, BackwardChain, BackwardSum, BackwardWindow, positions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.network import Input, Network, Node
    from archcost.passes.access import Access
    from archcost.passes.backward import Extent, Weights
    from archcost.windows.window import Axes, Shape, Window

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
    back = _Backtrace(network, node, kept, mean=mean)
    if back.summed_too_early:
        whole = strength(network, node, mean=mean)
        return {name: _marginal(found, kept) for name, found in whole.items()}
    back.refuse_if_large()
    return back.weights()


def _marginal(found: Strength, kept: Axes) -> Strength:
    """The sum over all axes but some."""
    there = [axis for axis in kept if axis < len(found.first)]
    others = tuple(axis for axis in range(len(found.first)) if axis not in there)
    return Strength(
        tuple(found.first[axis] for axis in there), found.weights.sum(axis=others), found.exponent
    )


class _Edge(NamedTuple):
    """One edge that weights are handed back along."""

    source: Node | Input
    step: Backward
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
        self._steps: dict[tuple[int, Shape, Shape], tuple[Backward, ...]] = {}
        self._additions = 0
        self._related = network.descendants(network.inputs)
        unit = [node.output[1 + axis] // 2 for axis in self._kept(node.output)]
        self._extents: dict[Node | Input, Extent] = {node: tuple((u, u) for u in unit)}
        self._edges: list[tuple[Node, list[_Edge]]] = []
        last = network.nodes.index(node)
        for reader in reversed(network.nodes[: last + 1]):
            if reader in self._extents:
                self._edges.append((reader, self._follow(reader)))

    def _kept(self, shape: Shape) -> Axes:
        """The axes of a tensor that are not summed over."""
        return tuple(axis for axis in self._axes if axis < len(shape) - 1)

    def _follow(self, reader: Node) -> list[_Edge]:
        edges: list[_Edge] = []
        extent = self._extents[reader]
        for position, source in enumerate(reader.inputs):
            for step in self._ways(reader, position) if source in self._related else ():
                if (phases := step.phases(extent)) > PHASES:  # even listing them would take too long
                    raise TooLargeError(
                        f"{reader.path} reads in {phases:,} different patterns on the way to "
                        f"{self._node.path}, and at most {PHASES:,} are followed; choose a node nearer to "
                        "the input"
                    )
                read = step.extent(extent)
                if read is not None:
                    edges.append(_Edge(source, step, read))
                    self._additions += step.additions(extent) + positions_of(read)
                    spans = zip(self._extents.get(source, read), read, strict=True)
                    self._extents[source] = tuple((min(a, c), max(b, d)) for (a, b), (c, d) in spans)
        return edges

    def _ways(self, reader: Node, position: int) -> tuple[Backward, ...]:
        access = self._accesses.of(reader, position)
        x, y = reader.inputs[position].output, reader.output
        key = (id(access), x, y)
        if key not in self._steps:
            self._steps[key] = self._new_steps(access, x, y)
        return self._steps[key]

    def _new_steps(self, access: Access, x: Shape, y: Shape) -> tuple[Backward, ...]:
        """How a layer hands back weights, one window after the other; nothing where the way ends."""
        if access.shown:
            taps = sum(window.taps for window in access.shown)
            shares = (window.taps / taps if self._mean else 1 for window in access.shown)
            return tuple(self._through(*one, x) for one in zip(access.shown, shares, strict=True))
        step = self._new_step(access, x, y)
        return (step,) if step else ()

    def _new_step(self, access: Access, x: Shape, y: Shape) -> Backward | None:
        match access.way:
            case "unmoved" | "beside all" | "beside some":
                return Backward()
            case "broadcast":
                return self._from_broadcast(x, y)
            case "staged" if all(step.window for step, _ in access.stages):
                return self._from_windows(access, x)
            case "rearranged" | "placed" | "turned" | "staged":
                return self._from_rearranged(access, x, y)
            case _:
                return None

    def _from_rearranged(self, access: Access, x: Shape, y: Shape) -> Backward | None:
        """Nothing moved if only channels did. A vector has lost its positions, or has none but one."""
        if len(x) == 1 or len(y) == 1 or all(n == 1 for n in x[1:]):
            return BackwardSum([None for _ in self._kept(x)]) if all(n == 1 for n in x[1:]) else None
        if access.how and access.how.moves_channels_only:
            return Backward()
        if access.turns:
            mirrored = any(turn.mirrored for turn in access.turns)
            go = "stand in the other order along" if mirrored else "go round the ends of"
            raise NoWeightsError(
                f"before {self._node.path}, positions {go} an axis, and weights are not "
                "followed through that; choose a node before it"
            )
        raise NoWeightsError(
            f"before {self._node.path}, positions move to other axes or are read all along one, and weights "
            "are not followed through that; choose a node before it"
        )

    def _from_windows(self, access: Access, x: Shape) -> Backward:
        """Window after window, the last first."""
        steps: list[Backward] = []
        for step, y in access.stages:
            steps += [self._through(window, 1, x) for window in step.shown]
            x = y
        return BackwardChain(steps[::-1])

    def _from_broadcast(self, x: Shape, y: Shape) -> Backward | None:
        """What is broadcast along every axis is the same everywhere: like a global operation, it ends."""
        spread = [n == 1 < m for n, m in zip(x[1:], y[1:], strict=True)]
        if all(spread):
            return None
        return BackwardSum([None if spread[axis] else i for i, axis in enumerate(self._kept(x))])

    def _through(self, window: Window, factor: float, x: Shape) -> Backward:
        """The window, whose outputs have `factor` to hand back."""
        axes = self._kept(x)
        for axis in set(range(len(x) - 1)) - set(axes):
            taps = _taps(window, axis, mean=self._mean)
            self.summed_too_early = self.summed_too_early or taps is None
            factor *= taps or 1
        return BackwardWindow(window, axes, factor, mean=self._mean)

    def refuse_if_large(self) -> None:
        """Raise TooLargeError before anything is computed that would not end."""
        largest = max(self._extents.values(), key=positions_of)
        if (positions := positions_of(largest)) > POSITIONS:
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
        for reader, edges in self._edges:
            if reader not in held:
                continue
            if float(held[reader].max()) > _TOO_HIGH:
                held = {tensor: _scaled_down(weights) for tensor, weights in held.items()}
                exponent += 512
            self._hand_back(held, reader, edges)
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

    def _hand_back(self, held: dict[Node | Input, Weights], reader: Node, edges: list[_Edge]) -> None:
        import numpy as np  # noqa: PLC0415 - only some commands need it

        given, extent = held.pop(reader), self._extents[reader]
        for edge in edges:
            # NumPy makes a scalar of a sum over all axes, which nothing can be added into.
            weights = np.asarray(edge.step.hand_back(given, extent))
            whole = self._extents[edge.source]
            if edge.source not in held and edge.extent == whole:
                # What is added into later must not be what another input is still to be given.
                held[edge.source] = weights.copy() if weights is given and len(edges) > 1 else weights
                continue
            if edge.source not in held:
                held[edge.source] = np.zeros([last - first + 1 for first, last in whole])
            starts = [a - b for (a, _), (b, _) in zip(edge.extent, whole, strict=True)]
            box = tuple(slice(a, a + n) for a, n in zip(starts, weights.shape, strict=True))
            held[edge.source][box] += weights


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
