"""The effective receptive field: where most of what reaches an output comes from. Linear, uniform weights.

Under these assumptions a chain convolves its windows with one another, so the profile tends to a Gaussian and
its width grows with the root of the depth, while the field grows with the depth (Luo, Li, Urtasun & Zemel
2016, Understanding the effective receptive field in deep convolutional neural networks, theorem 1). The field
of a Gaussian is taken to be what lies within two standard deviations: 95.45 % of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.passes.strength import strength

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from archcost.network import Network, Node
    from archcost.passes.strength import Strength

SHARE = 0.9545
"""Of a normal distribution, so much lies within two standard deviations of its mean."""


class EffectiveExtent(NamedTuple):
    """The effective field of a node's centre unit in one input, per spatial axis. Linear, uniform weights.

    Attributes:
        first: the first position of the central interval that holds `SHARE` of the weight along the axis: at
            most (1 - SHARE) / 2 of it lies before, and as much behind. Where the weights are symmetric, that
            is the smallest interval around the centre that holds so much.
        size: how many positions the interval has.
        deviation: the standard deviation of the weight along the axis, in input positions.
        pixels: positions, over all axes, that weigh more than 1 - SHARE of the strongest; None unless they
            are to be counted.
    """

    first: tuple[int, ...]
    size: tuple[int, ...]
    deviation: tuple[float, ...]
    pixels: int | None = None


def effective_fields(
    network: Network, node: Node, *, mean: bool = True, pixels: bool = False
) -> dict[str, EffectiveExtent]:
    """The effective field of a node's centre unit, per input it has a spatial relation to.

    Args:
        network: the network.
        node: one of its nodes.
        mean: every window averages what it reads. Otherwise it sums, and the weights are path counts:
            another quantity, in which what came through more and larger windows counts for more.
        pixels: count `EffectiveExtent.pixels` as well, which needs all axes at once.

    Raises:
        UsageError: there is too much to follow (see `archcost.passes.strength`).

    >>> from archcost import load
    >>> net = load("zoo:vgg16")
    >>> effective_fields(net, net.by_path["stage.4.max_pool"])["input"].size
    (110, 110)
    """
    whole = strength(network, node, mean=mean) if pixels else {}
    ranks = {tensor.path: len(tensor.output) - 1 for tensor in network.inputs}
    lines = [strength(network, node, mean=mean, axes=[axis]) for axis in range(max(ranks.values()))]
    return {
        name: _measured([line[name] for line in lines[: ranks[name]]], whole.get(name))
        for name in (lines[0] if lines else ())
    }


def _measured(lines: list[Strength], whole: Strength | None) -> EffectiveExtent:
    """The effective field from what arrives along each axis."""
    intervals = [_central(line.weights) for line in lines]
    return EffectiveExtent(
        first=tuple(line.first[0] + first for line, (first, _) in zip(lines, intervals, strict=True)),
        size=tuple(last - first + 1 for first, last in intervals),
        deviation=tuple(_deviation(line.weights) for line in lines),
        pixels=int((whole.weights > (1 - SHARE) * whole.weights.max()).sum()) if whole else None,
    )


def _central(weights: NDArray[np.float64]) -> tuple[int, int]:
    """First and last index of what is left when both ends lose up to half of what may be missing."""
    ends: list[int] = []
    for line in (weights, weights[::-1]):
        missing = line.cumsum() / line.sum()
        ends.append(int((missing <= (1 - SHARE) / 2).sum()))
    return ends[0], len(weights) - 1 - ends[1]


def _deviation(weights: NDArray[np.float64]) -> float:
    import numpy as np  # noqa: PLC0415 - only some commands need it

    shares, positions = weights / weights.sum(), np.arange(len(weights), dtype=np.float64)
    centre = float((shares * positions).sum())
    return float((shares * (positions - centre) ** 2).sum()) ** 0.5
