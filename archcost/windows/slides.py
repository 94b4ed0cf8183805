"""Windows over tensors whose axes were rearranged: lines may move with several axes, or parts of one."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, TypeVar

from archcost.windows.moves import in_phases, own, stepped, summed_over, tidy, with_boxes
from archcost.windows.offsets import unite
from archcost.windows.reach import PLACES, AxisReach, Digit, moving_with, slide_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.windows.reach import Digits, MovingBox, Reach
    from archcost.windows.window import Shape, Window

T = TypeVar("T")

TAPS = 16
"""Over several axes of the input at once, no more taps of a window than these are told apart."""


def slid(reach: Reach, window: Window, x: Shape, y: Shape) -> Reach:
    """The reach of a tensor of shape `x`, some of whose lines move with digits, through a window."""
    boxes: list[MovingBox] = []
    exact = True
    for lines in reach.moving:
        found, followed = _slid([lines], window, x, y)
        boxes += found
        exact = exact and followed
    return with_boxes(reach, boxes, exact=exact)


def _slid(boxes: list[MovingBox], window: Window, x: Shape, y: Shape) -> tuple[list[MovingBox], bool]:
    """Boxes through a window, one axis after the other."""
    exact = True
    for axis in range(len(window.kernel)):
        if _is_trivial(window, axis):
            continue
        shape = (*y[: 1 + axis], *x[1 + axis :])
        after = (*y[: 2 + axis], *x[2 + axis :])
        made: list[MovingBox] = []
        for lines in boxes:
            moved = sum(any(d.axis == 1 + axis for d in along) for along in moving_with(lines, shape))
            ways = [*_taps(window, axis)] if moved > 1 else [window]
            exact = (
                exact
                and (moved > 0 or not _has_gaps(window, axis))
                and (moved < 2 or window.kernel[axis] <= TAPS)
            )
            for way in ways:
                box, followed = _box(lines, way, axis, shape, after)
                exact = exact and followed
                made += [box] if box else []
        boxes = made
    return boxes, exact


def _is_trivial(window: Window, axis: int) -> bool:
    return window.along(axis)[:2] == (1, 1) and window.padding[axis] == (0, 0) and window.along(axis)[4] == 1


def _taps(window: Window, axis: int) -> Iterator[Window]:
    """A window per tap, so that lines that move together do so tap by tap."""
    count = window.kernel[axis]
    skipped = window.skipped[axis] if window.skipped else ()
    if count > TAPS:
        yield window
        return
    for tap in range(count):
        if tap in skipped:
            continue
        before = window.padding[axis][0] - window.dilation[axis] * tap
        yield window._replace(
            kernel=_put(window.kernel, axis, 1), padding=_put(window.padding, axis, (before, 0)), skipped=()
        )


def _put(values: tuple[T, ...], axis: int, value: T) -> tuple[T, ...]:
    return (*values[:axis], value, *values[axis + 1 :])


def _has_gaps(window: Window, axis: int) -> bool:
    """Whether some outputs read nothing at all."""
    if not window.stretch:
        return False
    period, _ = window.period(axis)
    return period > PLACES or not all(window.reads(axis, u) for u in range(period))


def _box(lines: MovingBox, window: Window, axis: int, x: Shape, y: Shape) -> tuple[MovingBox | None, bool]:
    found: list[AxisReach] = []
    exact = True
    for j, (line, digits) in enumerate(zip(lines, moving_with(lines, x), strict=True)):
        moved: AxisReach | None = line
        if line.digits is None and j == axis:
            moved, followed = _slid_along(line, window, axis, (x[1 + axis], y[1 + axis]))
        elif any(d.axis == 1 + axis for d in digits):
            moved, followed = _slid_line(line, digits, window, axis, (x[1 + axis], y[1 + axis]))
        else:
            followed = True
        exact = exact and followed
        if moved is None:
            return None, exact
        found.append(moved)
    return tuple(own(line, j, y) for j, line in enumerate(found)), exact


def _slid_along(
    line: AxisReach, window: Window, axis: int, lengths: tuple[int, int]
) -> tuple[AxisReach | None, bool]:
    """A line through a window along its axis. If it has a phase for every input, there are none outside."""
    length, outputs = lengths
    if len(line.sets) < length or length == 1 or line.ends:
        return slide_line(line, window, axis)
    if outputs > PLACES:
        return slide_line(line, window, axis)[0], False
    read = [[line.at(i) for i in window.reads(axis, u) if 0 <= i < length] for u in range(outputs)]
    there = [[s for s in several if s] for several in read]
    sets = tuple(unite(several) if several else None for several in there)
    step = line.step * outputs * window.steps[axis] / len(line.sets)
    made = AxisReach(sets, int(step)) if any(sets) else None
    return made, not any(s and s.bounded for s in sets)


def _slid_line(
    line: AxisReach, digits: Digits, window: Window, axis: int, lengths: tuple[int, int]
) -> tuple[AxisReach | None, bool]:
    """A line through one axis of a window that some of its digits lie on."""
    here = tuple(d for d in digits if d.axis == 1 + axis)
    others = [d for d in digits if d.axis != 1 + axis]
    length, outputs = lengths
    base = line._replace(digits=None)
    if not others:
        base_here = in_phases(base, here, length)
        if base_here:
            made, exact = _slid_along(base_here, window, axis, lengths)
            return tidy(made, [Digit(1 + axis, 1, outputs, 1)]), exact
    elif len(here) == 1 and here[0][1:3] == (1, length) and not (window.stretch or window.skipped):
        weight = here[0].weight
        first = -window.padding[axis][0] * weight
        made, exact = stepped(base, window.kernel[axis], window.dilation[axis] * weight, start=first)
        exact = exact and (window.padding[axis] == (0, 0) or len(base.sets) < length)
        digit = Digit(1 + axis, 1, outputs, weight * window.stride[axis])
        return tidy(made, [*others, digit]), exact
    return tidy(summed_over(base, here)[0], others), False


def unrolled(reach: Reach, window: Window, x: Shape, y: Shape) -> Reach:
    """The reach through a window at stride 1 whose taps leave as channels, row by row.

    Args:
        reach: of all channels of the tensor together.
        window: the window.
        x: the shape of the tensor.
        y: what leaves: a channel per tap.
    """
    if reach.counted or not all(_follows_whole_axes(lines, x) for lines in reach.moving):
        return slid(reach, window, x, y)._replace(upper_bound=True)
    boxes = [tuple(_unrolled(line, j, window, y) for j, line in enumerate(lines)) for lines in reach.moving]
    return with_boxes(reach, [tuple(line for line in box if line) for box in boxes], exact=True)


def _follows_whole_axes(lines: MovingBox, x: Shape) -> bool:
    return all(
        digit.axis and digit.below == 1 and digit.size == x[digit.axis]
        for digits in moving_with(lines, x)
        for digit in digits
    ) and all(line.digits is None or min(x) > 1 for line in lines)


def _unrolled(line: AxisReach, j: int, window: Window, y: Shape) -> AxisReach | None:
    """A line that moves with the tap, too."""
    digits: list[Digit] = []
    start = 0
    for digit in (Digit(1 + j, 1, y[1 + j], 1),) if line.digits is None else line.digits:
        axis = digit.axis - 1
        below = prod(window.kernel[axis + 1 :])
        digits += [digit, Digit(0, below, window.kernel[axis], digit.weight * window.dilation[axis])]
        start -= digit.weight * window.padding[axis][0]
    found, _ = stepped(line._replace(digits=None), 1, 1, start=start)
    done = tidy(found, digits)
    return done and own(done, j, y)


def through_gaps(reach: Reach, window: Window, y: Shape) -> Reach:
    """The reach of a tensor through a window that leaves gaps between its inputs: outputs there read nothing.

    So what every output read, only those do that read anything.
    """
    gaps = [axis for axis in range(len(window.kernel)) if _has_gaps(window, axis)]
    if not gaps or not reach.fixed:
        return reach
    moving = [*reach.moving]
    exact = True
    for box in reach.fixed:
        lines = [AxisReach((s,), 0, digits=()) for s in box]
        for axis in gaps:
            free = next((j for j, line in enumerate(lines) if line.digits == ()), None)
            outputs = window.period(axis)[0]
            if free is None or outputs > PLACES:
                exact = False
                continue
            sets = tuple(lines[free].sets[0] if window.reads(axis, u) else None for u in range(outputs))
            lines[free] = AxisReach(sets, 0, digits=(Digit(1 + axis, 1, y[1 + axis], 1),))
        moving.append(tuple(own(line, j, y) for j, line in enumerate(lines)))
    return with_boxes(reach._replace(fixed=(), counted=True), moving, exact=exact)
