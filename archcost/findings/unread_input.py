"""Rule `unread-input` (info): a window steps over positions of its input and never reads them."""

from __future__ import annotations

from functools import cache, partial
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

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


class _Readers(NamedTuple):
    """The first node that reads all of a tensor, and how the others skip some."""

    full: Node | None
    skipping: set[Positions]


def _check(facts: Facts) -> Iterator[Finding]:
    outputs = {*facts.network.outputs.values()}
    readers = cache(partial(_readers, facts))
    for window, nodes in facts.nodes_by_window:
        if not _skips(window):
            continue
        axes = nodes[0].inputs[0].output[1:]
        read = _read(window, axes)
        if read == prod(axes):  # what it would step over is not there: the input is too small
            continue
        for node in nodes:
            x = node.inputs[0]
            message = _message(node, window, read, readers(x), is_output=x in outputs)
            yield at(node, RULE.name, "info", message)


def _skips(window: Window) -> bool:
    return any(stride > 1 and skips(window, axis) for axis, stride in enumerate(window.stride))


def _read(window: Window, axes: Axes) -> int:
    """Positions that are read, over all axes: those of each axis multiply."""
    outputs = window.output(axes)
    return prod(positions_read(window, i, n, o) for i, (n, o) in enumerate(zip(axes, outputs, strict=True)))


def _readers(facts: Facts, tensor: Node | Input) -> _Readers:
    full, skipping = None, set[Positions]()
    for node, position in facts.network.readers[tensor]:
        window = facts.accesses.of(node, position).window
        if window and _skips(window):
            skipping.add(_reads(window))
        else:
            full = full or node
    return _Readers(full, skipping)


def _message(node: Node, window: Window, read: int, readers: _Readers, *, is_output: bool) -> str:
    x, given = node.inputs[0], _given(node, window)
    every = prod(x.output[1:])
    reads = f"{given} reads {read:,} of the {every:,} positions of {x.path}"
    if readers.full:
        return f"{reads}; {readers.full.path} reads those between as well"
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
    why="""\
A kernel smaller than its stride reads some positions and steps over others. In a shortcut that is usual,
since the main branch reads all of them. If nobody does, they were computed for nothing: in the first
ResNet-50, where the stride is in the first 1×1, three quarters of every stage's last map.

If nothing else reads them, move the stride to where the positions are made or to a layer with a larger
kernel, or pool before the 1×1.
""",
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
