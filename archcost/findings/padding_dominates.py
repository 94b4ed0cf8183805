"""Rule `padding-dominates` (info): most taps of a convolution read padding instead of data."""

from __future__ import annotations

from math import ceil, prod
from operator import ge
from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, at, dilated
from archcost.passes.stacks import CONVOLUTIONS
from archcost.windows.taps import on_data
from archcost.windows.window import brief, show
from archcost.words.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.network import Node
    from archcost.results.report import Finding
    from archcost.windows.window import Axes, Window


def _check(facts: Facts) -> Iterator[Finding]:
    for window, nodes in facts.nodes_by_window:
        axes = nodes[0].inputs[0].output[1:]
        if any(map(any, window.padding)) and nodes[0].kind in CONVOLUTIONS:
            data, every = _counts(window, axes)
            if 2 * data < every:
                what, more = _what(window, axes, every - data, every), _missing(nodes[0], axes)
                yield from (at(node, RULE.name, "info", what + _advice(facts, node, more)) for node in nodes)


def _counts(window: Window, axes: Axes) -> tuple[int, int]:
    """Taps of all outputs, of one channel: those on data, and all."""
    outputs = window.output(axes)
    data = [on_data(window, axis, n, o) for axis, (n, o) in enumerate(zip(axes, outputs, strict=True))]
    return prod(data), window.taps * prod(outputs)


def _what(window: Window, axes: Axes, padding: int, every: int) -> str:
    given = f"kernel_size {brief(window.kernel)}{dilated(window)} on {show(axes)} positions"
    outer = [d * (k // 2) for k, d in zip(window.kernel, window.dilation, strict=True)]
    never = " its outer taps never meet data," if all(map(ge, outer, axes)) else ""
    return f"{percent(padding, every)} % of its taps read padding ({padding:,} of {every:,}): {given};{never}"


def _missing(node: Node, axes: Axes) -> int | None:
    """How many positions more per axis it takes for half of the taps to read data; None if too many."""
    low, high = 0, 1
    while _dominates(node, axes, high):
        low, high = high, 2 * high
        if high > _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _dominates(node, axes, middle) else (low, middle)
    return high


_MOST = 2**20
"""Nobody makes a map so large for the sake of a finding."""


def _dominates(node: Node, axes: Axes, more: int) -> bool:
    """Whether padding does so on a larger map as well."""
    larger = tuple(n + more for n in axes)
    window = node.layer.window_of(0, ((node.shapes[0][0], *larger), *node.shapes[1:]))
    if window is None:
        return False
    data, every = _counts(window, larger)
    return 2 * data < every


def _advice(facts: Facts, node: Node, more: int | None) -> str:
    """What would help: a larger map, and the input that makes it."""
    if more is None:
        return f" it takes a smaller {_field(node)}"
    axes = node.inputs[0].output[1:]
    larger = show(tuple(n + more for n in axes))
    given = _input(facts, node, more)
    return f" it takes {larger} positions{given} for most to meet data, or a smaller {_field(node)}"


def _input(facts: Facts, node: Node, more: int) -> str:
    """The input that gives the layer so many positions more."""
    tensors, fields = facts.network.inputs, facts.fields[node.inputs[0]]
    stride = next(iter(fields.values())).stride if len(tensors) == 1 and fields else ()
    if node.inputs[0] in tensors or len(stride) != len(tensors[0].output) - 1:
        return ""
    needed = (n + ceil(more * s) for n, s in zip(tensors[0].output[1:], stride, strict=True))
    return f" (an input of {show(tuple(needed))})"


def _field(node: Node) -> str:
    """What reaches out too far."""
    return "dilation" if max(getattr(node.layer, "dilation", (1,))) > 1 else "kernel_size"


RULE = Rule(
    name="padding-dominates",
    levels=("info",),
    summary="more than half of a convolution's taps read padding",
    why="""\
On a map that is small beside the kernel's reach, most taps read zeros: the weights are there, multiplied with
nothing. With a dilation as large as the map, a 3×3 is a 1×1 at the price of nine.

Take a smaller dilation or kernel, or a larger input: the message has the size from which on most taps read
data.
""",
    good="""\
archcost: 1
name: kernel_of_the_size_of_the_map
input: [8, 7, 7]
layers:
  - depthwise_conv: {kernel_size: 7, padding: 3}
""",
    bad="""\
archcost: 1
name: kernel_beyond_the_map
input: [8, 7, 7]
layers:
  - depthwise_conv: {kernel_size: 9, padding: 4}
""",
    check=_check,
)
