"""Ways from an input to an output that take several steps, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.window import Shape, Window


class Stage(NamedTuple):
    """One step: a window, or elements that are rearranged, or a place beside other tensors.

    Attributes:
        y: the shape that it makes.
        window: slides over the positions, channel by channel.
        how: where the elements go.
        start: the axis, and where along it everything begins.
        is_bounded: some positions that it makes may read less than it says.
    """

    y: Shape
    window: Window | None = None
    how: Rearrangement | None = None
    start: tuple[int, int] | None = None
    is_bounded: bool = False
