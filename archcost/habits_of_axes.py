"""Shapes whose axes stand as other frameworks have them: channels last, or behind a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcost.windows.window import Shape

_COLOURS = (1, 3, 4)
"""How many channels an image has: grey, colour, and colour with transparency."""
_LARGE = 16
"""From here on an axis of an image is one: no thumbnail has fewer positions."""


def channels_last(x: Shape) -> bool:
    """Whether three axes are those of an image whose channels come last."""
    return len(x) == 3 and x[2] in _COLOURS and min(x[:2]) >= _LARGE


def images(x: Shape) -> bool:
    """Whether four axes are any number of images with their colours."""
    return len(x) == 4 and x[1] in {1, 3} and min(x[2:]) >= _LARGE and x[0] not in {3, 4}


def meant(x: Shape) -> Shape | None:
    """The shape that is probably meant by one in which nothing fits; None if it looks as it should.

    >>> meant((224, 224, 3)), meant((1, 3, 64, 64)), meant((1, 64, 64, 3)), meant((3, 224, 224))
    ((3, 224, 224), (3, 64, 64), (3, 64, 64), None)
    """
    if channels_last(x[-3:]) and (len(x) == 3 or x[0] not in {3, 4}):
        return (x[-1], *x[-3:-1])
    return x[1:] if images(x) else None
