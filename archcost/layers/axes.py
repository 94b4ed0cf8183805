"""Axes by number, as the fields `axis` and `axes` count them: 0 is channels, 1 and up the spatial axes.

Negative numbers count from the end, -1 is the last axis. A layer that reads a tensor has them settled,
counted from the front, so that nothing but this file knows of both.
"""

from __future__ import annotations

from typing import TypeAlias, cast

from archcost.errors import ShapeError
from archcost.windows.window import Axes, Border, Pads, Shape, Window, axis_names, per_axis, show

Named: TypeAlias = int | tuple[int, ...] | str
"""What a field says: an axis, several, or `all`."""


WORDS = ("channels", "length", "height", "width", "depth")
"""What a spec may call an axis instead of its number."""


def numbered(axes: object, present: tuple[str, ...]) -> object:
    """What a field says, with every word for one of the axes that are present replaced by its number.

    >>> numbered(("width", -1), ("channels", "height", "width")), numbered("all", ("channels",))
    ((2, -1), 'all')
    """
    if isinstance(axes, tuple):
        return tuple(numbered(axis, present) for axis in cast("tuple[object, ...]", axes))
    return present.index(axes) if isinstance(axes, str) and axes in present else axes


def absent(axes: object, present: tuple[str, ...]) -> str | None:
    """The first word of a field for an axis that is not there.

    >>> absent(("width", "length"), ("channels", "height", "width"))
    'length'
    """
    words = cast("tuple[object, ...]", axes) if isinstance(axes, tuple) else (axes,)
    return next((w for w in words if isinstance(w, str) and w in WORDS and w not in present), None)


def names(x: Shape) -> tuple[str, ...]:
    """What the axes of a tensor are called.

    >>> names((3, 224, 224))
    ('channels', 'height', 'width')
    """
    return ("channels", *axis_names(len(x) - 1))


def listed(x: Shape) -> str:
    """The axes of a tensor with their numbers, for whoever named another.

    >>> listed((3, 224, 224)), listed((10,))
    ('channels (0), height (1), width (2), or -3 to -1 from the end', 'channels (0), or -1 from the end')
    """
    numbered = ", ".join(f"{name} ({i})" for i, name in enumerate(names(x)))
    return f"{numbered}, or {f'-{len(x)} to ' if len(x) > 1 else ''}-1 from the end"


def name_of(axis: int, x: Shape) -> str:
    """What one axis of a tensor is called.

    Raises:
        ShapeError: the tensor has no such axis.

    >>> name_of(2, (3, 224, 224)), name_of(-1, (3, 224, 224))
    ('width', 'width')
    """
    if not -len(x) <= axis < len(x):
        raise ShapeError(f"axis={axis}, but the axes of {show(x)} are {listed(x)}")
    return names(x)[axis]


def together(axes: Named, x: Shape) -> Axes:
    """The axes of a tensor that are taken together, by their names in a field `axis`, from the front on.

    Raises:
        ShapeError: the tensor has no such axis, or one is named twice.

    >>> together((-1, 0), (3, 224, 224)), together("all", (3, 224, 224))
    ((0, 2), (0, 1, 2))
    """
    if isinstance(axes, str):
        return tuple(range(len(x)))
    several = (axes,) if isinstance(axes, int) else axes
    found = [name_of(axis, x) for axis in several]
    if twice := [name for name in found if found.count(name) > 1]:
        raise ShapeError(f"axis={list(several)} names the {twice[0]} twice")
    return tuple(sorted(axis % len(x) for axis in several))


def settled(axes: Named, rank: int) -> Named:
    """Axes of a tensor of so many, counted from the front. What names none of them, or one twice, stays.

    >>> settled(-1, 3), settled((-1, 0), 3), settled(-4, 3), settled((-1, 2), 3)
    (2, (2, 0), -4, (-1, 2))
    """
    if isinstance(axes, str):
        return axes
    if isinstance(axes, int):
        return axes + rank if -rank <= axes < 0 else axes
    found = tuple(axis % rank for axis in axes if -rank <= axis < rank)
    return found if len(set(found)) == len(axes) else axes


def unsqueezed(x: Shape, axis: int) -> Shape:
    """A shape with an axis of 1 more, which is number `axis` then.

    Raises:
        ShapeError: with so many axes there is no such number.

    >>> unsqueezed((4, 8), 0), unsqueezed((4, 8), -1)
    ((1, 4, 8), (4, 8, 1))
    """
    rank = len(x) + 1
    if not -rank <= axis < rank:
        raise ShapeError(f"axis={axis} is none of the {rank} that {show(x)} has with one more")
    return (*x[: axis % rank], 1, *x[axis % rank :])


def margins(values: Axes | Pads, x: Shape, name: str) -> Pads:
    """(before, after) for every spatial axis of a tensor, from a field `name` that gives margins.

    Raises:
        ShapeError: the tensor is a vector, or there are more or fewer margins than axes.

    >>> margins((2,), (3, 32, 32), "padding")
    ((2, 2), (2, 2))
    """
    if len(x) == 1:
        raise ShapeError(f"{name} is for spatial axes; the input is a vector of {x[0]}")
    pairs = tuple(v for v in values if isinstance(v, tuple))
    if not pairs:
        return tuple(
            (v, v) for v in per_axis(tuple(v for v in values if isinstance(v, int)), len(x) - 1, name)
        )
    if len(pairs) != len(x) - 1:
        along = ", ".join(names(x)[1:])
        raise ShapeError(f"{name} needs a pair for each of {along}; it has {len(pairs)}")
    return pairs


def shift(pads: Pads) -> Window:
    """The window of a kind that only adds positions at the ends of the axes, or (negative) drops them."""
    ones = (1,) * len(pads)
    return Window(ones, ones, ones, pads)


def check_mirrored(mode: Border, window: Window, x: Shape) -> None:
    """Raises ShapeError if an axis is too short to be mirrored into its padding, or to go round into it."""
    for name, length, pair in zip(names(x)[1:], x[1:], window.padding, strict=True):
        if mode == "reflect" and max(pair) >= length:
            raise ShapeError(f"reflect takes less than the {name} of {length}; padding has {max(pair)}")
        left = length + sum(min(n, 0) for n in pair)  # what goes round is taken from it
        if mode == "circular" and max(pair) > left:
            of = f"{left} that is left" if left < length else str(length)
            raise ShapeError(f"circular takes at most the {name} of {of}; padding has {max(pair)}")
