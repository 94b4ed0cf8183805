"""Ideas that widen what a network sees: other dilations without holes, or more layers."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from archcost.dilation.solver import fewest_layers, solve
from archcost.errors import UsageError
from archcost.findings.gridding import repaired, worst_line
from archcost.layers.convolution import Conv, DepthwiseConv
from archcost.network import Node
from archcost.words.numbers import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcost.advice.question import Hint, Question
    from archcost.layers.base import Kind
    from archcost.network import Input
    from archcost.passes.stacks import Link
    from archcost.results.report import ReceptiveField
    from archcost.windows.window import Axes

_LONGEST = 8
"""Layers that are given other dilations, or are added."""


# -- holes ------------------------------------------------------------------------------------------------


def without_holes(question: Question) -> Iterator[Hint]:
    """Dilations that leave no holes: first those that keep the field, then those that change least."""
    if question.measure == "coverage" and (chains := _gridded(question)):
        yield from _redilated(question, chains, _as_wide)
        yield from _redilated(question, chains, repaired)


def _gridded(question: Question) -> list[list[Link]]:
    """The convolutions of the stacks that do not read all of their own input."""
    found = question.facts.stacks.stacks
    return [stack.tip.chain() for stack in found if stack.field.holes and stack.tip and stack.is_chain]


def _as_wide(line: Sequence[tuple[int, int]]) -> list[int]:
    """Dilations without holes whose field is the one of the stack, or little more."""
    if not 1 < len(line) <= _LONGEST:
        return []
    field = 1 + sum((kernel - 1) * dilation for kernel, dilation in line)
    return _solved([kernel for kernel, _ in line], field)


def _solved(kernels: Sequence[int], field: int, max_rate: int | None = None) -> list[int]:
    """The dilations of the smallest stack found that covers a field; none if no stack does."""
    try:
        found = solve(kernels, None, field, max_rate=max_rate, top=2).stacks
    except UsageError:
        return []
    return list(min(found, key=lambda stack: stack.field).rates)


def _redilated(
    question: Question,
    chains: Sequence[Sequence[Link]],
    choose: Callable[[tuple[tuple[int, int], ...]], list[int]],
) -> Iterator[Hint]:
    """Every stack with the dilations that are chosen for it along the axis with holes."""
    changes: dict[Node, Sequence[Kind]] = {}
    texts: list[str] = []
    for links in chains:
        axis, line = worst_line(links)
        nodes = [link.node for link in links if link.window.kernel[axis] > 1]
        if not (chosen := choose(line)) or not (changed := _with_dilations(nodes, chosen)):
            return
        changes |= changed
        texts.append(f"dilation {listed(chosen)} instead of {listed(d for _, d in line)} {_from(nodes)}")
    more = f" (and so in {len(texts) - 1} more stacks)" if len(texts) > 1 else ""
    yield from question.changed(texts[0] + more, changes)


def _from(nodes: Sequence[Node]) -> str:
    return f"in {nodes[0].path}" if len(nodes) == 1 else f"from {nodes[0].path} to {nodes[-1].path}"


def _with_dilations(nodes: Sequence[Node], dilations: Sequence[int]) -> dict[Node, list[Kind]]:
    """The layers with other dilations, padded to give as much as they did; none if one cannot be."""
    pairs = zip(nodes, dilations, strict=True)
    found = {node: layer for node, dilation in pairs if (layer := _with_dilation(node, dilation))}
    return {node: [layer] for node, layer in found.items()} if len(found) == len(nodes) else {}


def _with_dilation(node: Node, dilation: int) -> Kind | None:
    layer = node.layer
    if not isinstance(layer, Conv | DepthwiseConv) or node.shared is not None:
        return None
    if isinstance(layer.padding, str):
        return layer.model_copy(update={"dilation": (dilation,)})
    window = layer.window(node.shapes[0])
    halves = tuple((d * (k // 2),) * 2 for k, d in zip(window.kernel, window.dilation, strict=True))
    if window.padding != halves:
        return None
    padding = tuple(dilation * (k // 2) for k in window.kernel)
    return layer.model_copy(update={"dilation": (dilation,), "padding": padding})


# -- more field -------------------------------------------------------------------------------------------


class DilatedConv(NamedTuple):
    """A convolution with a square kernel and no stride.

    Attributes:
        node: where it stands.
        kernel: taps along every axis.
        dilation: likewise.
        field: what it sees.
        before: what it reads sees; None if that is an input.
    """

    node: Node
    kernel: int
    dilation: Axes
    field: ReceptiveField
    before: ReceptiveField | None


def more_field(question: Question) -> Iterator[Hint]:
    """Larger dilations in the last convolutions, or more convolutions behind the last."""
    if question.measure == "field" and (last := _last(question)):
        yield from _wider(question, [*_row_before(question, last)])
        yield from _longer(question, last)


def _wider(question: Question, spots: Sequence[DilatedConv]) -> Iterator[Hint]:
    """As few of the last convolutions as can reach it without holes. `spots` begin with the last one."""
    for count in range(2, len(spots) + 1):
        first = spots[count - 1]
        axis = _axis(question, first)
        missing = Fraction(question.limit) - (first.before.size[axis] if first.before else 1)
        needed = 1 + ceil(missing / Fraction(first.field.stride[axis]))
        widest = max(1, min(first.node.output[1:]) // 2)
        if fewest_layers(first.kernel, needed, widest) <= count:
            nodes = [spot.node for spot in spots[:count]][::-1]
            rates = _solved([first.kernel] * count, needed, widest)
            if rates and (changes := _with_dilations(nodes, rates)):
                yield from question.changed(f"dilation {listed(rates)} (no holes) {_from(nodes)}", changes)
            return


def _longer(question: Question, last: DilatedConv) -> Iterator[Hint]:
    """Convolutions like the last one, behind it."""
    node, axis = last.node, _axis(question, last)
    each = Fraction(last.field.stride[axis]) * last.dilation[axis] * (last.kernel - 1)
    count = ceil((Fraction(question.limit) - Fraction(question.value or 0)) / each)
    if 0 < count <= _LONGEST and node.shared is None:
        once = {"in_channels": None} | ({"multiplier": 1} if isinstance(node.layer, DepthwiseConv) else {})
        more = [node.layer.model_copy(update=once)] * count
        what = "1 more convolution" if count == 1 else f"{count} more convolutions"
        text = f"{what} like {node.path} behind it, {each} positions each"
        yield from question.changed(text, {node: [node.layer, *more]})


def _last(question: Question) -> DilatedConv | None:
    """The nearest convolution before an output that could see more."""
    network = question.facts.network
    # Breadth first in the order of the outputs, which networkx's layers do not keep.
    waiting: list[Node | Input] = list(network.outputs.values())
    known = set(waiting)
    for tensor in waiting:
        if isinstance(tensor, Node):
            if spot := _spot(question, tensor):
                return spot
            waiting += [source for source in tensor.inputs if source not in known]
            known.update(tensor.inputs)
    return None


def _spot(question: Question, node: Node) -> DilatedConv | None:
    """A node as such a convolution, if it is one."""
    layer, field = node.layer, question.fields.get(node.path)
    if field is None or not isinstance(layer, Conv | DepthwiseConv):
        return None
    window = layer.window(node.shapes[0])
    if len(set(window.kernel)) > 1 or window.kernel[0] == 1 or max(window.stride) > 1:
        return None
    if len(window.kernel) != len(field.size):  # along axes that are no longer those of the input
        return None
    before = question.fields.get(node.inputs[0].path)
    return DilatedConv(node, window.kernel[0], window.dilation, field, before)


def _row_before(question: Question, last: DilatedConv) -> Iterator[DilatedConv]:
    """Convolutions with equal kernels, each reading the next along the widest way, at one stride."""
    yield last
    found, at = 1, last.node
    while (
        found < _LONGEST and (source := _widest(question, at)) and _moves_along(question, source, last.field)
    ):
        at = source
        if spot := _spot(question, at):
            if spot.kernel != last.kernel:
                return
            found += 1
            yield spot


def _widest(question: Question, node: Node) -> Node | None:
    """The node with the largest field of those that one reads."""
    sources = [
        source for source in node.inputs if isinstance(source, Node) and source.path in question.fields
    ]
    return max(sources, key=lambda source: question.fields[source.path].size, default=None)


def _moves_along(question: Question, node: Node, field: ReceptiveField) -> bool:
    window = node.layer.window(node.shapes[0]) if node.inputs else None
    return question.fields[node.path].stride == field.stride and (window is None or max(window.stride) == 1)


def _axis(question: Question, spot: DilatedConv) -> int:
    """The axis that counts: the one the limit is for, or the one that sees least."""
    size = spot.field.size
    return size.index(min(size)) if question.axis is None else question.axis
