"""How a framework's tensor lies in one of ours: which of our axes each of its dimensions is.

So the batch, permutations, squeezes and transposes of layout need no layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archcost.importing.items import Item
    from archcost.windows.window import Shape


class Value(NamedTuple):
    """A tensor.

    Attributes:
        tensor: the item that makes it, or the name of an input.
        shape: ours, `[channels, *axes]`.
        axes: per dimension of the framework our axis; None of one that is 1 and left out, as the batch is.
    """

    tensor: Item | str
    shape: Shape
    axes: tuple[int | None, ...]

    @property
    def theirs(self) -> Shape:
        """The framework's shape.

        >>> Value("x", (3, 8, 9), (None, 1, 2, 0)).theirs
        (1, 8, 9, 3)
        """
        return tuple(1 if axis is None else self.shape[axis] for axis in self.axes)


def canonical(rank: int) -> tuple[int | None, ...]:
    """The dimensions of a batch of one with channels first, of so many dimensions in all.

    >>> canonical(4)
    (None, 0, 1, 2)
    """
    return (None, *range(rank - 1))


def arriving(name: str, theirs: Shape, axes: tuple[int | None, ...]) -> Value:
    """An input of the framework's shape, of which each dimension is one of our axes, or left out.

    >>> arriving("image", (1, 8, 9, 3), (None, 1, 2, 0)).shape
    (3, 8, 9)
    """
    dims = sorted((d for d, axis in enumerate(axes) if axis is not None), key=lambda d: axes[d] or 0)
    return Value(name, tuple(theirs[d] for d in dims) or (1,), axes)
