"""Axes by number, as the fields `axis` and `axes` count them: 0 is channels, 1 and up the spatial axes."""

from __future__ import annotations

from archcost.errors import ShapeError
from archcost.geometry import Axes, Pads, Shape, Window, axis_names, per_axis, show


def names(x: Shape) -> tuple[str, ...]:
    """What the axes of a tensor are called.

    >>> names((3, 224, 224))
    ('channels', 'height', 'width')
    """
    return ("channels", *axis_names(len(x) - 1))


def name_of(axis: int, x: Shape) -> str:
    """What one axis of a tensor is called.

    Raises:
        ShapeError: the tensor has no such axis.

    >>> name_of(2, (3, 224, 224))
    'width'
    """
    if axis >= len(x):
        listed = ", ".join(f"{name} ({i})" for i, name in enumerate(names(x)))
        raise ShapeError(f"axis={axis}, but the axes of {show(x)} are {listed}")
    return names(x)[axis]


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
