"""Elements moved, dropped, or put beside others: nothing is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.execute.arrays import Array
    from archcost.windows.window import Axes, Pads, Shape

_MODES: dict[str, Literal["reflect", "edge"]] = {"reflect": "reflect", "replicate": "edge"}
"""What NumPy calls them."""


def reshape(x: Array, shape: Shape) -> Array:
    """The same elements in the same order; one size may be -1, whatever is left."""
    return x.reshape(shape)


def pad(x: Array, pads: Pads, mode: str, value: float) -> Array:
    """Elements added, (before, after) on every axis, channels first; negative ones are cut off.

    They are cut off at last, but first where what is added goes round: it is taken from what is left.
    """
    added = [(max(before, 0), max(after, 0)) for before, after in pads]
    lost = [(max(-before, 0), max(-after, 0)) for before, after in pads]
    if mode == "constant":
        return _without(np.pad(x, added, constant_values=value), lost)
    if mode == "circular":
        return np.pad(_without(x, lost), added, "wrap")
    return _without(np.pad(x, added, _MODES[mode]), lost)


def _without(x: Array, lost: Sequence[tuple[int, int]]) -> Array:
    """Elements cut off, (before, after) on every axis."""
    return x[tuple(slice(before, n - after) for n, (before, after) in zip(x.shape, lost, strict=True))]


def crop(x: Array, margins: Pads) -> Array:
    """Positions cut off: (before, after) on every spatial axis."""
    return _without(x, ((0, 0), *margins))


def cut(x: Array, axis: int, kept: slice) -> Array:
    """What is kept of an axis."""
    return x[(*(slice(None) for _ in range(axis)), kept)]


def transpose(x: Array, axes: Axes) -> Array:
    """The axes in another order."""
    return x.transpose(axes)


def channel_shuffle(x: Array, groups: int) -> Array:
    """Channel j of group i becomes channel `j * groups + i`."""
    return x.reshape(groups, -1, *x.shape[1:]).swapaxes(0, 1).reshape(x.shape)


def flip(x: Array, axes: Axes) -> Array:
    """The other order along some axes."""
    return np.flip(x, axes)


def roll(x: Array, shifts: Axes) -> Array:
    """Everything moved on along every axis, channels first, round its end."""
    return np.roll(x, shifts, axis=tuple(range(x.ndim)))


def expand(x: Array, shape: Shape) -> Array:
    """Sizes of 1 repeated; -1 keeps a size."""
    return np.broadcast_to(x, [n if new == -1 else new for n, new in zip(x.shape, shape, strict=True)])
