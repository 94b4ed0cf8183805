"""Paths through the network: how many there are, and how long they are, exactly.

A residual network is a sum over paths: every module is either passed or skipped, so n modules make 2ⁿ paths,
whose lengths are distributed binomially (Veit, Wilber & Belongie 2016, Residual networks behave like
ensembles of relatively shallow networks, section 3). Lengths are counted by a polynomial: layers in series
multiply, branches in parallel add up, and the coefficient of x to the power of n is the number of paths of
length n.

So nothing is listed: networkx's paths between two nodes come one by one, and here there may be 2ⁿ.

There are two measures of length, see `Paths`. Paths follow edges: the taps of a window do not count, and a
tensor that is read twice is read along two edges.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.layers.merge import Add

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.network import Input, Network, Node
    from archcost.windows.window import Shape

BITS = 2**32
"""A histogram is given up once its sums have taken so many bits together: about a second."""

Histogram: TypeAlias = tuple[int, ...]
"""How many paths have length 0, 1, 2 and so on."""


class Paths(NamedTuple):
    """The paths from the network's inputs to a node.

    Attributes:
        total: how many there are.
        lengths: how many pass so many weighted layers: those that multiply by what they have learned, as
            convolutions and linear layers do. They add up to `total`.
        modules: how many pass so many residual modules, where modules are all that is told apart. A residual
            module is an addition whose branches differ in length (the longest path there, in weighted
            layers): who comes along the longest has passed the module, who comes along a shorter one (an
            identity, a projection) has skipped it. Only additions offer a choice: branches that are
            concatenated, or multiplied as gates are, make up one function, and the longest stands for them.
            So these add up to 2ⁿ over n modules with a shortcut each, whatever is inside.
        reason: why `lengths` or `modules` is None; empty if neither is.
    """

    total: int
    lengths: Histogram | None
    modules: Histogram | None
    reason: str = ""


def paths(network: Network, node: Node) -> Paths:
    """The paths from the inputs to a node, by length. Tensors that are learned are no inputs.

    >>> from archcost import load
    >>> net = load("zoo:cifar_resnet20")
    >>> found = paths(net, net.nodes[-1])
    >>> found.total, found.modules
    (512, (1, 9, 36, 84, 126, 126, 84, 36, 9, 1))
    """
    every, chosen = _plans(network, node)
    total = _count(every)
    lengths, modules = _histogram(every, total), _histogram(chosen, _count(chosen))
    stopped = lengths is None or modules is None
    reason = f"adding up the paths length by length takes more than {BITS:,} bits" if stopped else ""
    return Paths(total, lengths, modules, reason)


def depth(network: Network) -> int:
    """The weighted layers on the longest path from an input to an output: what names count, as in ResNet-50.

    Nodes are sorted already: one pass is five times as fast as networkx, which sorts first, and
    leaves out what learned tensors lead to.

    >>> from archcost import load
    >>> [depth(load(f"zoo:{name}")) for name in ("vgg16", "resnet50", "densenet121", "inception_v1")]
    [16, 50, 121, 22]
    """
    longest: dict[Node | Input, int] = dict.fromkeys(network.inputs, 0)
    is_weighted = _Weighted()
    for node in network:
        if found := [longest[x] for x in node.inputs if x in longest]:
            longest[node] = max(found) + is_weighted(node)
    return max((longest.get(tensor, 0) for tensor in network.outputs.values()), default=0)


def share(histogram: Sequence[int], first: int, last: int) -> Fraction:
    """The share of the paths that are `first` to `last` long; there must be a path.

    >>> share((1, 4, 6, 4, 1), 0, 1)
    Fraction(5, 16)
    """
    return Fraction(sum(histogram[first : last + 1]), sum(histogram))


Ways: TypeAlias = "list[tuple[Node | Input, int]]"
"""The tensors whose paths a node continues, and by how much each way makes them longer."""

Sums: TypeAlias = "list[tuple[Node, Ways]]"
"""The terms of every node that a count needs, in written order."""


def _plans(network: Network, node: Node) -> tuple[Sums, Sums]:
    """What to add up for `Paths.lengths` and for `Paths.modules`."""
    longest: dict[Node | Input, int] = dict.fromkeys(network.inputs, 0)
    every: Sums = []
    chosen: Sums = []
    is_weighted = _Weighted()
    for reader in network.nodes[: network.nodes.index(node) + 1]:
        # To what is made of learned tensors alone no path leads.
        if sources := [x for x in reader.inputs if x in longest]:
            more = int(is_weighted(reader))
            depths = [longest[x] for x in sources]
            longest[reader] = max(depths) + more
            every.append((reader, [(x, more) for x in sources]))
            chosen.append((reader, _choice(reader, sources, depths)))
    return _needed(every, node), _needed(chosen, node)


def _choice(reader: Node, sources: list[Node | Input], depths: list[int]) -> Ways:
    """The ways there are to choose from, and whether each passes a module."""
    deepest = max(depths)
    if not isinstance(reader.layer, Add):
        return [(sources[depths.index(deepest)], 0)]
    is_module = min(depths) < deepest
    return [(x, int(is_module and d == deepest)) for x, d in zip(sources, depths, strict=True)]


class _Weighted:
    """Whether a node multiplies by learned tensors; worked out once per layer and shapes."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[Shape, ...]], bool] = {}

    def __call__(self, node: Node) -> bool:
        key = (id(node.layer), node.shapes)
        if key not in self._known:
            learns = bool(node.weight_shapes())
            self._known[key] = learns and node.formulas().operations().macs > 0
        return self._known[key]


def _needed(plan: Sums, node: Node) -> Sums:
    """The part of a plan that leads to a node."""
    wanted: set[Node | Input] = {node}
    kept: Sums = []
    for reader, terms in reversed(plan):
        if reader in wanted:
            wanted.update(source for source, _ in terms)
            kept.append((reader, terms))
    return kept[::-1]


class _Polynomial(NamedTuple):
    """x to the power of `lowest`, times a polynomial whose coefficients fill a single integer.

    Each has as many bits as the others, the first the lowest ones (Kronecker substitution). So a sum of
    polynomials is a sum of integers, and to make all paths longer only `lowest` has to change.
    """

    value: int
    lowest: int


_ONE = _Polynomial(1, 0)
"""An input: one path, of length 0."""


def _fold(plan: Sums, width: int) -> Iterator[_Polynomial]:
    """The polynomial of every node, coefficients `width` bits wide; each is held until its last reader."""
    uses = Counter(source for _, terms in plan for source, _ in terms)
    held: dict[Node | Input, _Polynomial] = {}
    for reader, terms in plan:
        held[reader] = _sum([(held.get(source, _ONE), more) for source, more in terms], width)
        yield held[reader]
        for source, _ in terms:
            uses[source] -= 1
            if not uses[source]:
                held.pop(source, None)


def _sum(terms: list[tuple[_Polynomial, int]], width: int) -> _Polynomial:
    """The sum of polynomials, each times x to the power of its number."""
    if len(terms) == 1:
        (value, lowest), more = terms[0]
        return _Polynomial(value, lowest + more)
    start = min(p.lowest + more for p, more in terms)
    return _Polynomial(sum(p.value << (p.lowest + more - start) * width for p, more in terms), start)


def _count(plan: Sums) -> int:
    """How many paths there are: at width 0 the coefficients of all lengths add up."""
    last = _Polynomial(0, 0)
    for last in _fold(plan, 0):  # noqa: B007 - the last one is the node's
        pass
    return last.value


def _histogram(plan: Sums, total: int) -> Histogram | None:
    """How many of `total` paths have each length; None if that takes more than `BITS`."""
    size = total.bit_length() // 8 + 1  # bytes of a coefficient, which is at most `total`
    last, spent = _Polynomial(0, 0), 0
    for (_, terms), last in zip(plan, _fold(plan, 8 * size), strict=True):
        spent += last.value.bit_length() if len(terms) > 1 else 0
        if spent > BITS:
            return None
    text = last.value.to_bytes(-(-last.value.bit_length() // 8), "little")
    found = (int.from_bytes(text[i : i + size], "little") for i in range(0, len(text), size))
    return (*([0] * last.lowest), *found)
