"""How many taps of a window land on data, and how many positions they read: by arithmetic, not by looking.

Along one axis output u reads position `u * stride - before + dilation * tap`. Sizes may be in the billions,
so nothing here counts one by one.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcost.windows.window import Window


def on_data(window: Window, axis: int, length: int, outputs: int) -> int:
    """Pairs (output, tap) along an axis of `length` positions that read a position, not padding.

    The input must not be stretched.

    >>> from archcost.windows.window import Window
    >>> on_data(Window((3,), (1,), (1,), ((1, 1),)), 0, length=8, outputs=8)
    22
    """
    kernel, stride, dilation = window.kernel[axis], window.stride[axis], window.dilation[axis]
    before = window.padding[axis][0]
    return _below(before + length, outputs, stride, kernel, dilation) - _below(
        before, outputs, stride, kernel, dilation
    )


def positions_read(window: Window, axis: int, length: int, outputs: int) -> int:
    """Positions along an axis of `length` that at least one output reads.

    >>> from archcost.windows.window import Window
    >>> positions_read(Window((1,), (2,), (1,), ((0, 0),)), 0, length=56, outputs=28)
    28
    """
    read = _read_in_periods if window.stretch else _read
    return read(window, axis, length, outputs)


def _read(window: Window, axis: int, length: int, outputs: int) -> int:
    """The same, where the input is not stretched.

    Pair (output, tap) reads what pair `(output - dilation / g, tap + stride / g)` does, g the common divisor.
    Of those that read the same, the one without such a neighbour is counted: the first outputs with all
    their taps, and of all others the last taps.
    """
    kernel, stride, dilation = window.kernel[axis], window.stride[axis], window.dilation[axis]
    shared = gcd(stride, dilation)
    first, last = min(outputs, dilation // shared), min(kernel, stride // shared)
    start = first * stride + (kernel - last) * dilation

    def below(bound: int) -> int:
        return _below(bound, first, stride, kernel, dilation) + _below(
            bound - start, outputs - first, stride, last, dilation
        )

    before = window.padding[axis][0]
    return below(before + length) - below(before)


def _read_in_periods(window: Window, axis: int, length: int, outputs: int) -> int:
    """The same, where the input is stretched: all periods but those near the ends read equally many."""
    per_period, step = window.period(axis)
    near = window.span[axis] // (step * window.stretch[axis]) + 2
    inner = max(0, outputs // per_period - 2 * near)
    rest, left = length - inner * step, outputs - inner * per_period
    read = {i for u in range(left) for i in window.reads(axis, u) if 0 <= i < rest}
    return len(read) + inner * len(_remainders(window, axis))


def _remainders(window: Window, axis: int) -> set[int]:
    """Which of the positions of a period are read, far from the borders."""
    outputs, step = window.period(axis)
    return {i % step for u in range(outputs) for i in window.reads(axis, u)}


LONGEST = 4096
"""Resizing whose pattern repeats after more outputs than this is not looked at for positions it skips."""


def skips(window: Window, axis: int) -> bool:
    """Whether positions between those that are read are not, however long the axis is.

    Of `stride` neighbours as many are read as taps have different remainders.
    """
    stride, dilation = window.stride[axis], window.dilation[axis]
    if window.stretch:
        outputs, step = window.period(axis)
        gapless = window.kernel[axis] >= stride and not (window.skipped and window.skipped[axis])
        return outputs < step and not gapless and outputs <= LONGEST and len(_remainders(window, axis)) < step
    return min(window.kernel[axis], stride // gcd(stride, dilation)) < stride


def _below(bound: int, outputs: int, stride: int, taps: int, dilation: int) -> int:
    """Pairs (output u, tap t) with `u * stride + t * dilation < bound`."""
    if outputs <= 0 or bound <= 0:
        return 0
    # Tap t is below the bound for `ceil((bound - t * dilation) / stride)` outputs, if there are as many.
    every = min(taps, max(0, _ceil(bound - stride * (outputs - 1), dilation)))
    some = min(taps, _ceil(bound, dilation))
    rest = some - every
    return every * outputs + rest + _floor_sum(rest, stride, dilation, bound - 1 - dilation * (some - 1))


def _ceil(a: int, b: int) -> int:
    return -(-a // b)


def _floor_sum(count: int, divisor: int, step: int, start: int) -> int:
    """The sum of `(start + i * step) // divisor` over i below `count`, as Euclid would find it.

    >>> _floor_sum(4, 3, 2, 1)
    4
    """
    total = 0
    while count > 0:
        total += count * (count - 1) // 2 * (step // divisor) + count * (start // divisor)
        step, start = step % divisor, start % divisor
        # What is left are points under a line; count them along the other axis.
        count, start = divmod(step * count + start, divisor)
        step, divisor = divisor, step
        if not divisor:
            break
    return total
