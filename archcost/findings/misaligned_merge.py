"""Rule `misaligned-merge` (warn): what a merge puts together was seen at different places of the input."""

from __future__ import annotations

from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from archcost.findings.rule import Rule, Seen, along, at
from archcost.network import Node
from archcost.reach import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.geometry import Window
    from archcost.network import Input
    from archcost.passes.receptive_field import Field
    from archcost.report.model import Finding


class _Apart(NamedTuple):
    """Two inputs of a merge that do not fit, in positions of an input of the network.

    Attributes:
        tensors: the two.
        fields: theirs, without global operations.
        name: of the network's input.
        axes: along which they do not fit.
    """

    tensors: tuple[Node | Input, Node | Input]
    fields: tuple[Field, Field]
    name: str
    axes: list[int]


def _check(seen: Seen) -> Iterator[Finding]:
    order: dict[Node | Input, int] = {}
    for node in seen.network:
        if len(node.inputs) > 1 and not _fit(seen, node) and (apart := _apart(seen, node)):
            if not order:
                tensors = (*seen.network.inputs, *seen.network)
                order = {tensor: i for i, tensor in enumerate(tensors)}
            if message := _message(seen, node, apart, order):
                yield at(node, RULE.name, "warn", message)


def _fit(seen: Seen, node: Node) -> bool:
    """Whether all inputs lie alike, whatever the merge does: nearly always, so this is quick."""
    first, *others = (seen.fields[x] for x in node.inputs)
    return all(
        other.keys() == first.keys()
        and all(field.alignment == other[name].alignment for name, field in first.items())
        and all(field.stride == other[name].stride for name, field in first.items())
        for other in others
    )


def _apart(seen: Seen, node: Node) -> _Apart | None:
    """The first input and the one that fits it least; None if all fit."""
    moving = [source for i, source in enumerate(node.inputs) if seen.looks.of(node, i) == ("unmoved", None)]
    if len(moving) < 2:
        return None
    for name in dict.fromkeys(name for x in moving for name in seen.fields[x]):
        known = [(x, _local(field)) for x in moving if (field := seen.fields[x].get(name))]
        placed = [(x, field) for x, field in known if field and field.alignment and not field.upper_bound]
        for x, field in placed[1:]:
            first, start = placed[0]
            if field.alignment == start.alignment and field.stride == start.stride:
                continue
            if axes := [i for i, n in enumerate(node.output[1:]) if n > 1 and _differ(start, field, i, n)]:
                return _Apart((first, x), (start, field), name, axes)
    return None


def _local(field: Field) -> Field | None:
    return field.local if field.is_global else field


def _differ(a: Field, b: Field, axis: int, positions: int) -> bool:
    """Whether two fields do not fit along an axis.

    With equal strides, their middles must agree, or (in time, where what comes later must not be seen) their
    last positions. Resizing between sizes that do not divide makes strides that differ by little: then they
    must agree within half a step in the middle of the map, and not drift by a whole one from end to end.
    """
    start, end = _offsets(a, b, axis, positions)
    if start == end:
        in_time = axis == 0 and len(a.size) != 2
        return start != 0 and not (in_time and start == Fraction(a.size[axis] - b.size[axis], 2))
    step = min(a.stride[axis], b.stride[axis])
    return abs(start + end) >= step or abs(end - start) >= step


def _offsets(a: Field, b: Field, axis: int, positions: int) -> tuple[Fraction, Fraction]:
    """How far b lies behind a at the first and at the last output."""
    start = b.alignment[axis] - a.alignment[axis]
    return start, start + (positions - 1) * (b.stride[axis] - a.stride[axis])


def _message(seen: Seen, node: Node, apart: _Apart, order: Mapping[Node | Input, int]) -> str | None:
    """What does not fit, by how much and since when; None if what arrives was put together so before."""
    parting, shifts = _history(seen, apart, order)
    ends = [_offsets(*apart.fields, axis, node.output[1 + axis]) for axis in apart.axes]
    names = " and ".join(tensor.path for tensor in apart.tensors)
    input_ = "the input" if len(seen.network.inputs) == 1 else f"'{apart.name}'"
    if any(start != end for start, end in ends):
        return f"{names}, which part at {parting}, {_drift(apart, ends, input_)}"
    if shifts:
        return f"{names} {_offset(apart, ends, input_)}; since they part at {parting}, {shifts}; {_ADVICE}"
    return None


_ADVICE = "pad and resize so that both shift alike"


def _drift(apart: _Apart, ends: Sequence[tuple[Fraction, Fraction]], input_: str) -> str:
    strides = (_each(field.stride[axis] for axis in apart.axes) for field in apart.fields)
    where = along(apart.axes, len(apart.fields[0].size))
    drift = _each(f"from {_signed(start)} to {_signed(end)}" for start, end in ends)
    return (
        f"step by {' and '.join(strides)} positions of {input_} {where}, so they drift {drift} apart across "
        "the map; resize by a whole factor (with align_corners from n + 1 to k·n + 1)"
    )


def _offset(apart: _Apart, ends: Sequence[tuple[Fraction, Fraction]], input_: str) -> str:
    stride = apart.fields[0].stride
    offset = _each(_positions(abs(start)) for start, _ in ends)
    own = _each(abs(start) / stride[axis] for (start, _), axis in zip(ends, apart.axes, strict=True))
    return f"lie {offset} of {input_} apart {along(apart.axes, len(stride))} ({own} of a step here)"


def _positions(offset: Fraction) -> str:
    return f"{offset} position{'s' * (offset > 1)}"


def _each(values: Iterable[object]) -> str:
    """The values; one if they agree."""
    return " and ".join(dict.fromkeys(map(str, values)))


def _signed(offset: Fraction) -> str:
    return f"{'+' if offset > 0 else ''}{offset}"


NAMED = 4
"""Layers that shift are named one by one, from the first; of many, only so many."""


def _history(seen: Seen, apart: _Apart, order: Mapping[Node | Input, int]) -> tuple[str, str]:
    """Where the two part, and the layers that shifted since then; empty if none did."""
    parting, between = _since_parting(*apart.tensors, order)
    shifts = [shift for tensor in between if (shift := _shift(seen, tensor, apart))]
    if len(shifts) > NAMED:
        shifts[NAMED:] = [f"{len(shifts) - NAMED} more layers"]
    *first, last = shifts or [""]
    return parting.path if parting else apart.name, f"{', '.join(first)} and {last}" if first else last


def _since_parting(
    a: Node | Input, b: Node | Input, order: Mapping[Node | Input, int]
) -> tuple[Node | Input | None, list[Node | Input]]:
    """The last tensor that both were made of, and all that is between it and them, in written order."""
    made_of = {a: 1, b: 2}
    waiting = [(-order[a], a), (-order[b], b)]
    heapify(waiting)
    between: list[Node | Input] = []
    while waiting:
        _, tensor = heappop(waiting)
        if made_of[tensor] == 3:
            return tensor, between[::-1]
        between.append(tensor)
        for source in getattr(tensor, "inputs", ()):
            if source not in made_of:
                heappush(waiting, (-order[source], source))
            made_of[source] = made_of.get(source, 0) | made_of[tensor]
    return None, between[::-1]


def _shift(seen: Seen, tensor: Node | Input, apart: _Apart) -> str:
    """What a layer shifts by itself, in words; nothing if it does not."""
    if not isinstance(tensor, Node) or not tensor.inputs:
        return ""
    window = seen.looks.of(tensor).window
    field = seen.fields[tensor.inputs[0]].get(apart.name)
    if not window or not field:
        return ""
    shifts = [own_shift(window, axis) * field.stride[axis] for axis in apart.axes]
    return f"{tensor.path} shifts by {_each(map(_signed, shifts))}" if any(shifts) else ""


def own_shift(window: Window, axis: int) -> Fraction:
    """Where output 0 lies on the input of a window; the mean over a period, where it has phases.

    >>> from archcost.geometry import Window
    >>> own_shift(Window((2,), (2,), (1,), ((0, 0),)), 0)
    Fraction(1, 2)
    """
    if not window.stretch:
        return Fraction(window.span[axis] - 1, 2) - window.padding[axis][0]
    period = min(window.period(axis)[0], PHASES)
    reads = [(u, window.reads(axis, u)) for u in range(period)]
    middles = [Fraction(at_u[0] + at_u[-1], 2) - u * window.steps[axis] for u, at_u in reads if at_u]
    return sum(middles, Fraction(0)) / max(1, len(middles))


RULE = Rule(
    name="misaligned-merge",
    levels=("warn",),
    summary="branches come together whose outputs lie at different places of the input",
    good="""\
archcost: 1
name: aligned_branches
input: [8, 16, 16]
layers:
  - name: down
    branches:
      conv: [conv: {out_channels: 8, kernel_size: 3, stride: 2, padding: 1}]
      shortcut: [conv: {out_channels: 8, kernel_size: 1, stride: 2}]
    merge: add
""",
    bad="""\
archcost: 1
name: one_branch_shifts
input: [8, 16, 16]
layers:
  - name: down
    branches:
      conv: [conv: {out_channels: 8, kernel_size: 3, stride: 2, padding: same}]
      shortcut: [conv: {out_channels: 8, kernel_size: 1, stride: 2}]
    merge: add
""",
    check=_check,
)
