"""Rule `unread-input` (info): a window steps over positions of its input and never reads them."""

from __future__ import annotations

from collections import defaultdict
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from archcost.findings.rule import Rule, at, dilated
from archcost.windows.taps import positions_read, skips
from archcost.windows.window import brief, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.network import Input, Node
    from archcost.results.report import Finding
    from archcost.windows.window import Axes, Window

Positions: TypeAlias = "tuple[tuple[int | Axes, ...], ...]"
"""What decides which positions a window reads."""


class _Readers:
    """What reads a tensor: the nodes that read all of it, in written order, and how the others skip some."""

    def __init__(self) -> None:
        self.full: list[Node] = []
        self.skipping: set[Positions] = set()


def _check(facts: Facts) -> Iterator[Finding]:
    found = [(window, nodes) for window, nodes in facts.alike if _skips(window)]
    if not found:
        return
    readers = _readers(facts, {node.inputs[0] for _, nodes in found for node in nodes})
    outputs = set(facts.network.outputs.values())
    for window, nodes in found:
        axes = nodes[0].inputs[0].output[1:]
        read = _read(window, axes)
        if read == prod(axes):  # what it would step over is not there: the input is too small
            continue
        for node in nodes:
            x = node.inputs[0]
            message = _message(node, window, read, readers[x], is_output=x in outputs)
            yield at(node, RULE.name, "info", message)


def _skips(window: Window) -> bool:
    return any(stride > 1 and skips(window, axis) for axis, stride in enumerate(window.stride))


def _read(window: Window, axes: Axes) -> int:
    """Positions that are read, over all axes: those of each axis multiply."""
    outputs = window.output(axes)
    return prod(positions_read(window, i, n, o) for i, (n, o) in enumerate(zip(axes, outputs, strict=True)))


def _readers(facts: Facts, tensors: set[Node | Input]) -> dict[Node | Input, _Readers]:
    """All readers of these tensors."""
    readers: dict[Node | Input, _Readers] = defaultdict(_Readers)
    for node in facts.network:
        for position, source in enumerate(node.inputs):
            if source in tensors:
                window = facts.accesses.of(node, position).window
                if window and _skips(window):
                    readers[source].skipping.add(_reads(window))
                else:
                    readers[source].full.append(node)
    return readers


def _message(node: Node, window: Window, read: int, readers: _Readers, *, is_output: bool) -> str:
    x, given = node.inputs[0], _given(node, window)
    every = prod(x.output[1:])
    reads = f"{given} reads {read:,} of the {every:,} positions of {x.path}"
    if full := next(iter(readers.full), None):
        return f"{reads}; {full.path} reads those between as well"
    if is_output:
        return f"{reads}, which is an output, too"
    if readers.skipping != {_reads(window)}:
        return f"{reads}; no layer reads all of them"
    return (
        f"{every - read:,} of the {every:,} positions of {x.path} are read by nothing: {given} steps over "
        f"them; {_advice(window)}"
    )


def _advice(window: Window) -> str:
    return "pool first" if window.stretch else "put the stride where they are made, or a larger kernel here"


def _reads(window: Window) -> Positions:
    return tuple(window.along(axis) for axis in range(len(window.kernel)))


def _given(node: Node, window: Window) -> str:
    if window.stretch:
        return f"resizing to {show(node.output[1:])}"
    return f"kernel_size {brief(window.kernel)} with stride {brief(window.stride)}{dilated(window)}"


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
