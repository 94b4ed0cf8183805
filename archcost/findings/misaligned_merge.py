"""Rule `misaligned-merge` (warn): what a merge puts together was seen at different places of the input."""

from __future__ import annotations

from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from archcost.findings.rule import Rule, along, at, each
from archcost.network import Node
from archcost.windows.reach import PHASES
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.network import Input
    from archcost.passes.receptive_field import Field
    from archcost.results.report import Finding
    from archcost.windows.window import Window


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


def _check(facts: Facts) -> Iterator[Finding]:
    past: _Past | None = None
    for node in facts.network:
        if len(node.inputs) > 1 and not _fit(facts, node) and (apart := _apart(facts, node)):
            past = past or _Past(facts)
            if message := _message(facts, node, apart, past):
                yield at(node, RULE.name, "warn", message)


def _fit(facts: Facts, node: Node) -> bool:
    """Whether all inputs lie alike, whatever the merge does: nearly always, so this is quick."""
    first, *others = (facts.fields[x] for x in node.inputs)
    return all(
        other.keys() == first.keys()
        and all(field.alignment == other[name].alignment for name, field in first.items())
        and all(field.stride == other[name].stride for name, field in first.items())
        for other in others
    )


def _apart(facts: Facts, node: Node) -> _Apart | None:
    """The first input and the one that fits it least; None if all fit."""
    moving = [source for i, source in enumerate(node.inputs) if facts.accesses.of(node, i).way == "unmoved"]
    if len(moving) < 2:
        return None
    by_input: dict[str, list[tuple[Node | Input, Field | None]]] = {}
    for x in moving:
        for name, field in facts.fields[x].items():
            by_input.setdefault(name, []).append((x, field.moving))
    for name, known in by_input.items():
        placed = [(x, field) for x, field in known if field and field.alignment and not field.upper_bound]
        for x, field in placed[1:]:
            first, start = placed[0]
            if field.alignment == start.alignment and field.stride == start.stride:
                continue
            if axes := [i for i, n in enumerate(node.output[1:]) if n > 1 and _differ(start, field, i, n)]:
                return _Apart((first, x), (start, field), name, axes)
    return None


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


def _message(facts: Facts, node: Node, apart: _Apart, past: _Past) -> str | None:
    """What does not fit, by how much and since when; None if what arrives was put together so before."""
    parting, shifts = past.of(apart)
    ends = [_offsets(*apart.fields, axis, node.output[1 + axis]) for axis in apart.axes]
    names = " and ".join(tensor.path for tensor in apart.tensors)
    input_ = "the input" if len(facts.network.inputs) == 1 else f"'{apart.name}'"
    since = f"since they part at {parting}, {shifts}; " if parting else ""
    if any(start != end for start, end in ends):
        return f"{names} {_drift(apart, ends, input_)}"
    if shifts or not parting:
        return f"{names} {_offset(apart, ends, input_)}; {since}{_ADVICE}"
    return None


_ADVICE = "pad and resize so that both shift alike"


def _drift(apart: _Apart, ends: Sequence[tuple[Fraction, Fraction]], input_: str) -> str:
    strides = (each(field.stride[axis] for axis in apart.axes) for field in apart.fields)
    where = along(apart.axes, len(apart.fields[0].size))
    drift = each(f"from {_signed(start)} to {_signed(end)}" for start, end in ends)
    return (
        f"step by {' and '.join(strides)} positions of {input_} {where}, so they drift {drift} apart across "
        "the map; resize by a whole factor (with align_corners from n + 1 to k·n + 1)"
    )


def _offset(apart: _Apart, ends: Sequence[tuple[Fraction, Fraction]], input_: str) -> str:
    stride = apart.fields[0].stride
    offset = each(f"{abs(start)} position{'s' * (abs(start) > 1)}" for start, _ in ends)
    own = each(abs(start) / stride[axis] for (start, _), axis in zip(ends, apart.axes, strict=True))
    return f"lie {offset} of {input_} apart {along(apart.axes, len(stride))} ({own} of a step here)"


def _signed(offset: Fraction) -> str:
    return f"{'+' if offset > 0 else ''}{offset}"


NAMED = 4
"""Layers that shift are named one by one, from the first; of many, only so many."""

STEPS = 16
"""So many tensors per tensor of the network are looked at to find where branches part, over all merges."""


class _Past:
    """What happened to branches before they came together."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._order = {tensor: i for i, tensor in enumerate((*facts.network.inputs, *facts.network))}
        self._left = STEPS * len(self._order)
        self._own: dict[int, list[Fraction]] = {}

    def of(self, apart: _Apart) -> tuple[str, str]:
        """Where two branches part, and what shifted since then; both empty if that is too far back."""
        parting, between = self._parting(*apart.tensors)
        if not parting:
            return "", ""
        moved = [node for node in between if isinstance(node, Node) and any(self._shifts(node, apart))]
        words = [self._words(node, apart) for node in moved[:NAMED]]
        words += [f"{len(moved) - NAMED} more layers"] if len(moved) > NAMED else []
        return parting.path, in_a_row(words) if words else ""

    def _parting(self, a: Node | Input, b: Node | Input) -> tuple[Node | Input | None, list[Node | Input]]:
        """The last tensor that both were made of, and all between it and them, in written order.

        From the two back, and no further than to where they part: of 1,200 merges one after the other, this
        takes 0.1 s. networkx's lowest common ancestor, which goes back to the input for each, takes 17.
        """
        made_of = {a: 1, b: 2}
        waiting = [(-self._order[tensor], tensor) for tensor in made_of]
        heapify(waiting)
        between: list[Node | Input] = []
        while waiting and self._left > 0:
            self._left -= 1
            _, tensor = heappop(waiting)
            if made_of[tensor] == 3:
                return tensor, between[::-1]
            between.append(tensor)
            for source in getattr(tensor, "inputs", ()):
                if source not in made_of:
                    heappush(waiting, (-self._order[source], source))
                made_of[source] = made_of.get(source, 0) | made_of[tensor]
        return None, between[::-1]

    def _shifts(self, node: Node, apart: _Apart) -> list[Fraction]:
        """What a layer shifts by itself, in positions of its input, along the axes that do not fit."""
        window = self._facts.accesses.of(node).window if node.inputs else None
        if not window or apart.name not in self._facts.fields[node.inputs[0]]:
            return []
        if len(window.kernel) != len(apart.fields[0].size):  # on the way, positions lay along other axes
            return []
        if id(window) not in self._own:
            self._own[id(window)] = [own_shift(window, axis) for axis in range(len(window.kernel))]
        return [self._own[id(window)][axis] for axis in apart.axes]

    def _words(self, node: Node, apart: _Apart) -> str:
        """The same in words, in positions of the network's input."""
        stride = self._facts.fields[node.inputs[0]][apart.name].stride
        shifts = zip(apart.axes, self._shifts(node, apart), strict=True)
        return f"{node.path} shifts by {each(_signed(shift * stride[axis]) for axis, shift in shifts)}"


def own_shift(window: Window, axis: int) -> Fraction:
    """Where output 0 lies on the input of a window; the mean over a period, where it has phases.

    >>> from archcost.windows.window import Window
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
    why="""\
An addition or a concatenation pairs positions by their index. That is meant to be by place: index u of both
branches should be centred at the same place of the input. An even kernel, padding on one side (`same` with
stride 2 at even sizes is that), or a resize that does not undo the way down shifts a branch by a part of a
step. Training works around it, at the cost of sharp borders.

Give both branches the same shifts. 2×2 pooling fits nearest-neighbour and linear resizing and transposed
convolutions whose kernel is as large as their stride; a 3×3 with stride 2 and padding 1 fits a transposed one
with the same fields. Branches that only look back in time are compared by their last position, not by their
middle.
""",
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
