"""Taps that a mask leaves of a window, as boxes: a window each, however many taps there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import ShapeError
from archcost.windows.window import Window, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.windows.window import Axes

Box: TypeAlias = tuple[tuple[int, int], ...]
"""The first and the last tap, per axis."""

Bits: TypeAlias = "int | tuple[Bits, ...]"
"""Zeros and ones, nested as deep as there are axes."""


def before_the_middle(kernel: Axes, *, included: bool) -> tuple[Box, ...]:
    """The taps before the middle one, row by row, or up to it.

    >>> before_the_middle((3, 3), included=False)
    (((0, 0), (0, 2)), ((1, 1), (0, 0)))
    """
    middle = tuple(k // 2 for k in kernel)
    boxes: list[Box] = []
    for axis, at in enumerate(middle):
        last = at - 1 + (included and axis == len(kernel) - 1)
        if last >= 0:
            here = tuple((m, m) for m in middle[:axis])
            boxes.append((*here, (0, last), *((0, k - 1) for k in kernel[axis + 1 :])))
    return tuple(boxes)


def ones(bits: Bits, kernel: Axes) -> tuple[Box, ...]:
    """The taps whose bit is 1.

    Raises:
        ShapeError: there are more or fewer bits than taps.

    >>> ones(((1, 1, 1), (1, 1, 1), (1, 0, 1)), (3, 3))
    (((0, 1), (0, 2)), ((2, 2), (0, 0)), ((2, 2), (2, 2)))
    """
    sizes = _sizes(bits)
    if sizes != kernel:
        raise ShapeError(f"mask has {show(sizes)} zeros and ones, but the kernel has {show(kernel)} taps")
    return tuple(_boxes(bits))


def _sizes(bits: Bits) -> Axes:
    return (len(bits), *_sizes(bits[0])) if isinstance(bits, tuple) else ()


def _boxes(bits: Bits) -> Iterator[Box]:
    """Neighbours that are alike are one."""
    if isinstance(bits, int):
        yield from [()] * bits
        return
    first = 0
    for i, one in enumerate(bits):
        if bits[i + 1 : i + 2] != (one,):
            yield from (((first, i), *box) for box in _boxes(one))
            first = i + 1


def taps_of(boxes: Sequence[Box]) -> int:
    """How many taps there are in boxes that do not overlap."""
    total = 0
    for box in boxes:
        taps = 1
        for first, last in box:
            taps *= last - first + 1
        total += taps
    return total


def part(window: Window, box: Box) -> Window:
    """The window of some taps, at the same places.

    >>> window = part(Window((5,), (2,), (3,), ((6, 6),)), ((1, 2),))
    >>> [*window.reads(0, 0)]
    [-3, 0]
    """
    ends = zip(window.kernel, window.dilation, window.padding, box, strict=True)
    return window._replace(
        kernel=tuple(last - first + 1 for first, last in box),
        padding=tuple(
            (before - d * first, after - d * (k - 1 - last)) for k, d, (before, after), (first, last) in ends
        ),
    )
