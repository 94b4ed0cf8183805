"""What becomes of a reach where the axes of a tensor are rearranged, and of windows over the result.

A line then moves with parts of the output's indices, see `archcost.windows.reach.Digit`. Splitting and
merging axes only renames these parts; summing over one of them unites the line with itself, as a window does.
"""

from __future__ import annotations

from itertools import combinations
from math import gcd, prod
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from archcost.windows.reach import PLACES, AxisReach, Digit, fewer, moving_with, packed, slide_line
from archcost.windows.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from archcost.windows.reach import Digits, MovingBox, Reach
    from archcost.windows.rearrangement import FactorPlace, Rearrangement, Turn
    from archcost.windows.window import Axes, Shape

T = TypeVar("T")


# -- rearranging ----------------------------------------------------------------------------------------


class _DigitPart(NamedTuple):
    """What a digit and a factor have in common: `size` values, `weight` apart.

    Neighbouring values are `inside` values of the factor apart.
    """

    factor: int
    inside: int
    size: int
    weight: int


class _Moved(NamedTuple):
    """A line in its new place (None: it reads nothing), what it was summed over, and whether it is exact."""

    line: AxisReach | None
    summed: tuple[_DigitPart, ...]
    exact: bool


def rearranged(reach: Reach, how: Rearrangement, x: Shape, whole: Axes) -> Reach:
    """The reach behind a rearrangement of the axes of a tensor.

    Args:
        reach: what the tensor reads.
        how: where its elements go.
        x: its shape.
        whole: the size of the input that is read, per spatial axis.
    """
    targets = {factor for axis in how.target for factor in axis}
    apart = {*how.source[0]} & {*targets, *how.loose}
    # Of channels that may read less than they say, some are picked out or become positions.
    exact = not (reach.blurred and how.target[:1] != how.source[:1] and apart)
    into = _Into(how)
    boxes: list[MovingBox] = []
    is_global = reach.is_global
    for lines in reach.moving:
        found = [into.line(*one) for one in zip(lines, moving_with(lines, x), strict=True)]
        exact = exact and all(f.exact for f in found) and not _overlap([f.summed for f in found])
        there = tuple(line for f, length in zip(found, whole, strict=True) if (line := _inside(f, length)))
        if len(there) == len(found):
            stands_still = not any(line.digits for line in there)
            summed = any(piece.factor not in how.loose for f in found for piece in f.summed)
            is_global = is_global or (stands_still and summed)
            boxes.append(_on_own_axes(there, how))
    blurred = reach.blurred and bool(apart)
    return with_boxes(reach._replace(is_global=is_global, blurred=blurred), boxes, exact=exact)


class _Into:
    """Puts lines into their new places."""

    def __init__(self, how: Rearrangement) -> None:
        self._loose = how.loose
        self._target = how.places(how.target)
        self._along: dict[int, list[tuple[int, FactorPlace]]] = {}
        for factor, place in how.places(how.source).items():
            self._along.setdefault(place.axis, []).append((factor, place))

    def line(self, line: AxisReach, digits: Digits) -> _Moved:
        """A line that moves with `digits` of the source."""
        kept: list[Digit] = []
        summed: list[_DigitPart] = []
        exact = True
        for digit in digits:
            pieces = [*self._pieces(digit)]
            if any(not piece.size for piece in pieces):
                exact = False  # factor and digit overlap, and neither divides the other
                pieces = [_DigitPart(factor, 1, digit.size, digit.weight) for factor, *_ in pieces[:1]]
                summed += pieces
                continue
            for piece in pieces:
                place = self._target.get(piece.factor)
                exact = exact and piece.factor not in self._loose
                if place:
                    kept.append(Digit(place.axis, place.below * piece.inside, piece.size, piece.weight))
                else:
                    summed.append(piece)
        found, followed = summed_over(line, summed)
        return _Moved(tidy(found, kept), tuple(summed), exact and followed)

    def _pieces(self, digit: Digit) -> Iterator[_DigitPart]:
        """What a digit has in common with each factor of its axis; a size of 0 where they do not divide."""
        end = digit.below * digit.size
        for factor, place in self._along.get(digit.axis, []):
            low, high = max(digit.below, place.below), min(end, place.below * place.size)
            if low >= high:
                continue
            fits = not (low % digit.below or low % place.below or end % high or high % low)
            fits = fits and not place.below * place.size % high
            size = high // low if fits else 0
            yield _DigitPart(factor, low // place.below, size, digit.weight * (low // digit.below))


def summed_over(line: AxisReach, over: Sequence[_DigitPart] | Digits) -> tuple[AxisReach | None, bool]:
    """The line that unites what it has at all values of some parts of the index it moves with."""
    found: AxisReach | None = line._replace(digits=None)
    exact = True
    for part in over:
        found, followed = stepped(found, part.size, part.weight) if found else (None, True)
        exact = exact and followed
    return found, exact


def stepped(
    line: AxisReach, count: int, gap: int, *, start: int = 0, stride: int = 1
) -> tuple[AxisReach | None, bool]:
    """The line that at u unites what `line` has at `start + stride * u + gap * t`, t from 0 up to `count`.

    False beside it if it may read less than that.
    """
    window = Window((count,), (stride,), (gap,), ((-start, 0),))
    return slide_line(line, window, 0)


def tidy(line: AxisReach | None, digits: Sequence[Digit]) -> AxisReach | None:
    """A line that moves with digits, joined and in steps as small as they get; None if it reads nothing."""
    if line is None:
        return None
    joined: list[Digit] = []
    for digit in sorted(digits):
        last = joined[-1] if joined else None
        if (
            last
            and last.axis == digit.axis
            and digit.below == last.below * last.size
            and digit.weight == last.weight * last.size
        ):
            joined[-1] = last._replace(size=last.size * digit.size)
        elif digit.size > 1:
            joined.append(digit)
    if not joined:
        return AxisReach((only,), 0, digits=()) if (only := line.at(0)) else None
    shared = gcd(*(digit.weight for digit in joined))
    if shared > 1 and (found := stepped(line, 1, 1, stride=shared)[0]):
        line = found
        joined = [digit._replace(weight=digit.weight // shared) for digit in joined]
    return line._replace(digits=tuple(joined))


def _inside(found: _Moved, length: int) -> AxisReach | None:
    """The line; None if it reads nothing. What sums over positions read, lies within the input."""
    line = found.line
    if line is None or line.digits or not found.summed:
        return line
    inside = line.there[0].within(0, length - 1)
    return line._replace(sets=(inside,)) if inside else None


def _overlap(summed: Sequence[Sequence[_DigitPart]]) -> bool:
    """Whether two lines of a box were summed over the same thing: then not all of their product is read."""
    return any(
        a.factor == b.factor and max(a.inside, b.inside) < min(a.inside * a.size, b.inside * b.size)
        for one, other in combinations(summed, 2)
        for a in one
        for b in other
    )


def _on_own_axes(lines: MovingBox, how: Rearrangement) -> MovingBox:
    """The box; where every line moves with its own axis only, as phases along that axis."""
    if any(digit.axis != 1 + j for j, line in enumerate(lines) for digit in line.digits or ()):
        return lines
    sizes = [prod(how.sizes[factor] for factor in axis) for axis in how.target]
    phased = [
        in_phases(line, line.digits, sizes[1 + j]) if line.digits else line for j, line in enumerate(lines)
    ]
    return tuple(
        new._replace(digits=None) if new and old.digits else old
        for new, old in zip(phased, lines, strict=True)
    )


def in_phases(line: AxisReach, digits: Digits, length: int) -> AxisReach | None:
    """A line that moves with digits of one axis of that length, as phases; None if there are too many."""
    *_, outer = digits
    if len(digits) == 1 and outer.below == outer.weight == 1 and outer.size == length:
        return line
    if line.ends:
        return None
    count = len(line.sets)
    periods = count // gcd(count, outer.weight)
    whole = outer.below * outer.size
    # The outermost digit goes on beyond the borders, as positions do; without it, all begins again.
    phases, step = (
        (outer.below * periods, outer.weight * periods // count * line.step)
        if whole == length
        else (whole, 0)
    )
    if phases > PLACES:
        return None
    inner = digits[:-1]
    values = (
        sum(d.of(u) for d in inner)
        + outer.weight * (u // outer.below if whole == length else u // outer.below % outer.size)
        for u in range(phases)
    )
    return AxisReach(tuple(line.at(v) for v in values), step)


def _steps(moving: Sequence[MovingBox], before: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """Input positions between neighbouring outputs: along the spatial axis that moves a line the least."""
    if not moving:
        return before
    found: list[Fraction] = []
    for line, step in zip(moving[0], before, strict=True):
        _, nominal = line.motion
        weights = [1] if line.digits is None else [d.weight for d in line.digits if d.axis]
        found.append(nominal * min(weights) if weights and nominal else step)
    return tuple(found)


def with_boxes(reach: Reach, boxes: Sequence[MovingBox], *, exact: bool) -> Reach:
    """The reach with other boxes that move, those that stand still among the fixed ones."""
    still = [lines for lines in boxes if all(line.digits == () for line in lines)]
    kept, all_kept = fewer([lines for lines in boxes if lines not in still])
    return packed(
        reach._replace(
            moving=kept or (),
            fixed=(*reach.fixed, *(tuple(s for line in lines for s in line.there) for lines in still)),
            stride=_steps(kept or (), reach.stride),
            upper_bound=reach.upper_bound or not (exact and all_kept),
            lost=reach.lost or kept is None,
        )
    )


def own(line: AxisReach, j: int, shape: Shape) -> AxisReach:
    """Without digits, if it moves with all of its own axis."""
    own = 1 + j < len(shape) and line.digits == (Digit(1 + j, 1, shape[1 + j], 1),)
    return line._replace(digits=None) if own else line


# -- channels that are picked ---------------------------------------------------------------------------


def picked(reach: Reach, first: int, x: Shape, y: Shape) -> Reach:
    """The reach of the channels from `first` on, as many as `y` has."""
    boxes: list[MovingBox] = []
    exact = not reach.blurred
    for lines in reach.moving:
        box: list[AxisReach] = []
        for line, digits in zip(lines, moving_with(lines, x), strict=True):
            found: AxisReach | None = line._replace(digits=None)
            kept = [d for d in digits if d.axis]
            for digit in digits:
                if digit.axis == 0 and found:
                    found, digit_left, followed = _picked(found, digit, first, y[0])
                    kept += [digit_left] if digit_left else []
                    exact = exact and followed
            box += [done] if (done := tidy(found, kept)) else []
        if len(box) == len(lines):
            boxes.append(tuple(own(line, j, y) for j, line in enumerate(box)))
    return with_boxes(reach, boxes, exact=exact)


def _picked(
    line: AxisReach, digit: Digit, first: int, count: int
) -> tuple[AxisReach | None, Digit | None, bool]:
    """A line and what is left of one of its digits where only `count` indices from `first` on are kept."""
    end = digit.below * digit.size
    at = first % end
    if first // digit.below == (first + count - 1) // digit.below:  # it is the same for all of them
        return (*stepped(line, 1, 1, start=digit.of(first))[:1], None, True)
    if at + count <= end and not (first % digit.below or count % digit.below):
        left = digit._replace(size=count // digit.below)
        return (*stepped(line, 1, 1, start=digit.of(first))[:1], left, True)
    if at == 0:
        return line, digit, True
    return (*stepped(line, digit.size, digit.weight)[:1], None, False)


# -- pieces side by side --------------------------------------------------------------------------------


def placed(reach: Reach, axis: int, start: int, x: Shape, y: Shape, whole: Axes) -> Reach:  # noqa: PLR0913, PLR0917 - as many things decide
    """The reach of one of several tensors that stand one after the other along an axis, from `start` on.

    Outputs elsewhere read nothing of it.
    """
    boxes: list[MovingBox] = []
    reach = reach._replace(counted=reach.counted or x != y)
    exact = not reach.fixed or x == y
    for lines in reach.moving:
        box, followed = _placed(lines, _PlacedBox(axis, start, x, y), whole)
        exact = exact and followed
        there = tuple(own(line, j, y) for j, line in enumerate(box) if line)
        boxes += [there] if len(there) == len(lines) else []
    return with_boxes(reach, boxes, exact=exact)


class _PlacedBox(NamedTuple):
    """Where a tensor of shape `x` lies in one of shape `y`."""

    axis: int
    start: int
    x: Shape
    y: Shape


def _placed(lines: MovingBox, at: _PlacedBox, whole: Axes) -> tuple[Sequence[AxisReach | None], bool]:
    """A box, moved on; False if outputs elsewhere are said to read it as well."""
    axis, start, x, y = at
    found: list[AxisReach | None] = []
    marked = x[axis] == y[axis]
    digit = Digit(axis, 1, y[axis], 1)
    for line, digits, length in zip(lines, moving_with(lines, x), whole, strict=True):
        here = tuple(d for d in digits if d.axis == axis)
        if not here:
            # Along an axis of one position it stands still, and must not move in a longer one.
            found.append(line if digits else tidy(line._replace(digits=None), []))
            continue
        along = in_phases(line._replace(digits=None), here, x[axis]) if len(here) == len(digits) else None
        masked = _masked(along, at, length) if along else None
        if masked and not masked.there:
            return [], True  # all of it lies beyond the borders
        if masked:
            marked = True
            found.append(tidy(masked, [digit]))
        elif along:
            found.append(tidy(stepped(along, 1, 1, start=-start)[0], [digit]))
        else:
            return _spread_out(lines, x), False
    free = next(((j, line) for j, line in enumerate(found) if line and line.digits == ()), None)
    if not marked and free and y[axis] <= PLACES:
        j, (s, *_) = free[0], free[1].sets
        sets = tuple(s if start <= u < start + x[axis] else None for u in range(y[axis]))
        found[j] = AxisReach(sets, 0, digits=(digit,))
        marked = True
    return found, marked


def _masked(line: AxisReach, at: _PlacedBox, whole: int) -> AxisReach | None:
    """A line as one phase per output, within the input; None if that is too many."""
    length, total = at.x[at.axis], at.y[at.axis]
    step = line.step * total
    if total > PLACES or line.ends or step % len(line.sets):
        return None
    sets = (line.at(u - at.start) if 0 <= u - at.start < length else None for u in range(total))
    return AxisReach(tuple(s and s.within(0, whole - 1) for s in sets), step // len(line.sets))


def turned(reach: Reach, turns: Sequence[Turn], x: Shape, whole: Axes) -> Reach:
    """The reach of a tensor of shape `x` whose axes go round their ends, or the other way."""
    boxes: list[MovingBox] = []
    exact = True
    for lines in reach.moving:
        box: MovingBox = lines
        for axis, turn in enumerate(turns, 1):
            if box and turn.moves(x[axis]):
                box, followed = _turned(box, axis, turn, x, whole)
                exact = exact and followed
        boxes += [tuple(own(line, j, x) for j, line in enumerate(box))] if box else []
    return with_boxes(reach._replace(counted=True), boxes, exact=exact)


def _turned(lines: MovingBox, axis: int, turn: Turn, x: Shape, whole: Axes) -> tuple[MovingBox, bool]:
    """A box whose outputs along an axis are each a phase of their own; none if they read nothing.

    False beside it if the box reads, at every output, what any output does.
    """
    found: list[AxisReach] = []
    for line, digits, size in zip(lines, moving_with(lines, x), whole, strict=True):
        here = tuple(d for d in digits if d.axis == axis)
        if not here:
            found.append(line)
            continue
        along = in_phases(line._replace(digits=None), here, x[axis]) if len(here) == len(digits) else None
        if not (along and (moved := _moved_on(along, turn, x[axis], size))):
            return tuple(line for line in _spread_out(lines, x) if line), False
        if not moved.there:
            return (), True
        found.append(moved._replace(digits=(Digit(axis, 1, x[axis], 1),)))
    return tuple(found), True


def _moved_on(line: AxisReach, turn: Turn, length: int, whole: int) -> AxisReach | None:
    """A line as one phase per output, turned, within the input; None if that is too many."""
    step = line.step * length
    if length > PLACES or line.ends or step % len(line.sets):
        return None
    sets = (line.at(turn.source(u, length)) for u in range(length))
    return AxisReach(tuple(s and s.within(0, whole - 1) for s in sets), step // len(line.sets))


def _spread_out(lines: MovingBox, x: Shape) -> Sequence[AxisReach | None]:
    """The box that reads, at every output, all that any output reads."""
    return [tidy(summed_over(*one)[0], []) for one in zip(lines, moving_with(lines, x), strict=True)]
