"""Whether a stack of dilated convolutions leaves holes: exactly, and by the rules published for it.

Along one axis, each layer of a stack chooses one of `kernel_size` taps that lie `rate` apart, and the stack
reaches every sum of such choices. So neither coverage nor path counts depend on the order of the layers; two
of the published rules (Wang et al. 2018, Understanding convolution for semantic segmentation) do.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING

from archcost.words.numbers import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one of the published rules of hybrid dilated convolution says of a stack.

    Attributes:
        rule: its name.
        holds: whether the stack keeps it; null if it says nothing about such a stack.
        reason: the numbers it goes by.
    """

    rule: str
    holds: bool | None
    reason: str

    @property
    def word(self) -> str:
        """What it says, in a word or two."""
        return {True: "holds", False: "fails", None: "says nothing"}[self.holds]


def published_rules(rates: Sequence[int], kernels: Sequence[int]) -> tuple[Verdict, ...]:
    """What the three rules of hybrid dilated convolution say about a stack, its layers in the order given.

    They are judged as they are published, right or wrong; `is_complete` knows the truth. Layers with a kernel
    of 1 have no rate that matters and are left out, as in the paper, which looks past the 1×1 of bottlenecks.

    Args:
        rates: the dilation of each layer.
        kernels: the kernel size of each layer.

    >>> for verdict in published_rules([1, 2, 5], [3, 3, 3]):
    ...     print(f"{verdict.rule} {verdict.word}: {verdict.reason}")
    maximum distance holds: M_2 = 2 ≤ K = 3
    no common factor holds: the greatest common divisor is 1
    sawtooth holds: 1, 2, 5 rises once
    """
    layers = [(k, r) for k, r in zip(kernels, rates, strict=True) if k > 1]
    wide = [rate for _, rate in layers]
    return (
        _maximum_distance(wide, {k for k, _ in layers}),
        _no_common_factor(wide),
        _sawtooth(wide),
    )


def _maximum_distance(rates: Sequence[int], kernels: Iterable[int]) -> Verdict:
    """M_n = r_n, M_i = max(M_{i+1} − 2r_i, 2r_i − M_{i+1}, r_i): M_2 may not exceed K.

    With fewer than two layers there is no M_2, and where the kernels differ there is no K.
    """
    rule = "maximum distance"
    if len(rates) < 2:
        return Verdict(rule, None, "M_2 takes two layers")
    if len(sizes := sorted(kernels)) > 1:
        return Verdict(rule, None, f"the rule has one K, the kernels are {listed(sizes)}")
    distance = rates[-1]
    for rate in reversed(rates[1:-1]):
        distance = max(distance - 2 * rate, 2 * rate - distance, rate)
    holds = distance <= sizes[0]
    return Verdict(rule, holds, f"M_2 = {distance} {'≤' if holds else '>'} K = {sizes[0]}")


def _no_common_factor(rates: Sequence[int]) -> Verdict:
    """All the rates together may have no factor above 1."""
    rule = "no common factor"
    if not rates:
        return Verdict(rule, None, "there is no rate")
    factor = gcd(*rates)
    return Verdict(rule, factor == 1, f"the greatest common divisor is {factor}")


def _sawtooth(rates: Sequence[int]) -> Verdict:
    """The rates are one rising edge, or the same edge again and again.

    An edge rises with every layer and has at least two of them. So equal neighbours break it, as does a last
    edge that is cut short, and of a lone layer the rule says nothing.
    """
    rule = "sawtooth"
    if len(rates) < 2:
        return Verdict(rule, None, "an edge takes two layers")
    edges = _edges(rates)
    if any(len(edge) < 2 for edge in edges):
        before, rate = next((a, b) for a, b in pairwise(rates) if b <= a)
        return Verdict(rule, holds=False, reason=f"{rate} after {before} does not rise")
    first, *others = edges
    if other := next((edge for edge in others if edge != first), None):
        return Verdict(rule, holds=False, reason=f"{listed(other)} is not {listed(first)} again")
    times = "once" if not others else f"{len(edges)} times"
    return Verdict(rule, holds=True, reason=f"{listed(first)} rises {times}")


def _edges(rates: Sequence[int]) -> list[list[int]]:
    """The longest runs that rise, in order.

    >>> _edges([1, 2, 5, 1, 2, 2])
    [[1, 2, 5], [1, 2], [2]]
    """
    edges = [[rates[0]]]
    for before, rate in pairwise(rates):
        if rate > before:
            edges[-1].append(rate)
        else:
            edges.append([rate])
    return edges


def is_complete(layers: Iterable[tuple[int, int]]) -> bool:
    """Whether a stack reads every position of its extent.

    Sorted by rate (kernels of 1 dropped), a rate r may be at most 1 + S, S = Σ (k − 1)·r of those before it.
    Enough: if the layers before reach all of 0 … S, copies of that r ≤ S + 1 apart leave nothing out.
    Needed: if r > S + 1, nobody reaches S + 1: those before end at S, all others go no step shorter than r.

    Args:
        layers: (kernel size, rate) of each, in any order.

    >>> is_complete([(3, 5), (3, 1), (3, 2)]), is_complete([(3, 2), (3, 2), (3, 2)])
    (True, False)
    """
    reached = 0
    for rate, kernel in sorted((rate, kernel) for kernel, rate in layers if kernel > 1):
        if rate > reached + 1:
            return False
        reached += (kernel - 1) * rate
    return True


def path_counts(layers: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """How many paths lead from one output to each position of its extent; 0 is a hole.

    The coefficients of the product of 1 + x^r + … + x^((k−1)·r) over the layers. Multiplying by one of these
    is a running sum along every r-th position: c[i] = c[i − r] + b[i] − b[i − k·r].

    Args:
        layers: (kernel size, rate) of each, in any order.

    >>> path_counts([(3, 1), (3, 2)])
    (1, 1, 2, 1, 2, 1, 1)
    """
    counts = [1]
    for kernel, rate in layers:
        before = counts + [0] * ((kernel - 1) * rate)
        counts = before.copy()
        for i in range(rate, len(counts)):  # before the first position are the zeros at the end
            counts[i] = counts[i - rate] + before[i] - before[i - kernel * rate]
    return tuple(counts)
