"""Rule `unread-input` (info): a window steps over positions of its input and never reads them."""

from __future__ import annotations

from collections import defaultdict
from math import prod
from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, Seen, at
from archcost.geometry import brief, show
from archcost.taps import positions_read, skips

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.geometry import Axes, Window
    from archcost.network import Input, Node
    from archcost.report.model import Finding

Readers = dict["Node | Input", list["tuple[Node, Window | None]"]]
"""What reads a tensor, and the window through which it skips some of it (None if it skips nothing)."""


def _check(seen: Seen) -> Iterator[Finding]:
    found = [(window, node) for window, nodes in seen.alike if _skips(window) for node in nodes]
    if not found:
        return
    readers = _readers(seen, {node.inputs[0] for _, node in found})
    outputs = set(seen.network.outputs.values())
    for window, node in found:
        others = [other for other in readers[node.inputs[0]] if other[0] is not node]
        message = _message(node, window, others, is_output=node.inputs[0] in outputs)
        yield at(node, RULE.name, "info", message)


def _skips(window: Window) -> bool:
    return any(stride > 1 and skips(window, axis) for axis, stride in enumerate(window.stride))


def _read(window: Window, axes: Axes) -> int:
    """Positions that are read, over all axes: those of each axis multiply."""
    outputs = window.output(axes)
    return prod(positions_read(window, i, n, o) for i, (n, o) in enumerate(zip(axes, outputs, strict=True)))


def _readers(seen: Seen, tensors: set[Node | Input]) -> Readers:
    """All readers of these tensors, in written order."""
    readers: Readers = defaultdict(list)
    for node in seen.network:
        for position, source in enumerate(node.inputs):
            if source in tensors:
                window = seen.looks.of(node, position).window
                readers[source].append((node, window if window and _skips(window) else None))
    return readers


def _message(
    node: Node, window: Window, others: Sequence[tuple[Node, Window | None]], *, is_output: bool
) -> str:
    x, given = node.inputs[0], _given(node, window)
    read, every = _read(window, x.output[1:]), prod(x.output[1:])
    reads = f"{given} reads {read:,} of the {every:,} positions of {x.path}"
    if full := next((node for node, skipping in others if skipping is None), None):
        return f"{reads}; {full.path} reads those between as well"
    if is_output:
        return f"{reads}, which is an output, too"
    if any(skipping and _reads(skipping) != _reads(window) for _, skipping in others):
        return f"{reads}; no layer reads all of them"
    return (
        f"{every - read:,} of the {every:,} positions of {x.path} are read by nothing: {given} steps over "
        f"them; {_advice(window)}"
    )


def _advice(window: Window) -> str:
    return "pool first" if window.stretch else "put the stride where they are made, or a larger kernel here"


def _reads(window: Window) -> list[tuple[int | Axes, ...]]:
    """What decides which positions are read."""
    return [window.along(axis) for axis in range(len(window.kernel))]


def _given(node: Node, window: Window) -> str:
    if window.stretch:
        return f"resizing to {show(node.output[1:])}"
    dilation = f", dilation {brief(window.dilation)}" if set(window.dilation) != {1} else ""
    return f"kernel_size {brief(window.kernel)} with stride {brief(window.stride)}{dilation}"


RULE = Rule(
    name="unread-input",
    levels=("info",),
    summary="a window steps over positions of its input without reading them",
    good="""\
archcost: 1
name: reads_all
input: [8, 16, 16]
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 1}
  - conv: {out_channels: 16, kernel_size: 2, stride: 2}
""",
    bad="""\
archcost: 1
name: reads_a_quarter
input: [8, 16, 16]
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 1}
  - conv: {out_channels: 16, kernel_size: 1, stride: 2}
""",
    check=_check,
)
