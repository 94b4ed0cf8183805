"""Rule `even-kernel-shift` (info): outputs lie half a position off their inputs, however they are padded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, along, at
from archcost.windows.window import brief

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.results.report import Finding
    from archcost.windows.window import Window


def _check(facts: Facts) -> Iterator[Finding]:
    for window, nodes in facts.nodes_by_window:
        shown = facts.accesses.of(nodes[0]).shown
        if axes := [axis for axis in range(len(window.kernel)) if _shifts(window, shown, axis)]:
            message = _message(window, axes)
            yield from (at(node, RULE.name, "info", message) for node in nodes)


def _shifts(window: Window, shown: Sequence[Window], axis: int) -> bool:
    """Whether a window keeps the grid, as step 1 and padding say, but what is shown of it has no middle."""
    before, after = window.padding[axis]
    keeps = window.stride[axis] == 1 and not window.stretch and (before > 0 or after > 0)
    first = min(-part.padding[axis][0] for part in shown)
    last = max(part.span[axis] - 1 - part.padding[axis][0] for part in shown)
    causal = len(window.kernel) == 1 and (last < 0 or (before == window.span[axis] - 1 and not after))
    return keeps and window.span[axis] % 2 == 0 and (last - first) % 2 == 1 and not causal


def _message(window: Window, axes: list[int]) -> str:
    odd = tuple(k + (axis in axes) for axis, k in enumerate(window.kernel))
    return (
        f"with kernel_size {brief(window.kernel)} outputs lie half a position off their inputs "
        f"{along(axes, len(odd))}, which no padding undoes; take kernel_size {brief(odd)}, or a second even "
        "kernel that shifts back"
    )


RULE = Rule(
    name="even-kernel-shift",
    levels=("info",),
    summary="an even kernel with stride 1 and padding moves everything by half a position",
    why="""\
An even kernel has no middle position. With stride 1 and padding that keeps the size, output u lies half a
position before or behind input u, and padding can only choose which. Shifts add up over layers, and meet
branches that did not shift. Kernels that only look back in time (`causal`) are meant to, and those without
padding make another grid anyway.

Take an odd kernel, or two even ones that are padded on opposite sides (`same`, then `same_lower`).
""",
    good="""\
archcost: 1
name: odd_kernel
input: [8, 16, 16]
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: same}
""",
    bad="""\
archcost: 1
name: even_kernel
input: [8, 16, 16]
layers:
  - conv: {out_channels: 8, kernel_size: 4, padding: same}
""",
    check=_check,
)
