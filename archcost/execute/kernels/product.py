"""Products of two tensors."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from archcost.execute.arrays import Counted
from archcost.execute.kernels.windows import Slide, reads_of_padding

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.windows.window import Window


def matmul(
    a: Array, b: Array, *, heads: tuple[int, int], are_tokens: tuple[bool, bool], turned: tuple[bool, bool]
) -> Array:
    """The product a·b of each head and set. Of tokens and matrices, what leaves is tokens again.

    Args:
        a: tokens `(channels, *sets, length)`, of each head `(channels / heads, length)`, or matrices
            `(heads, *sets, rows, columns)`.
        b: likewise. Fewer heads than those of `a` are repeated, each for its neighbours.
        heads: those of what leaves and of `a`, unless it is a single matrix, and those of `b`.
        are_tokens: which of them are tokens.
        turned: which are transposed first.
    """
    sides = zip((a, b), heads, are_tokens, turned, strict=True)
    left, right = (_turned(_split(x, n) if tokens else x, turn) for x, n, tokens, turn in sides)
    if 1 < len(right) < heads[0]:
        right = np.repeat(right, heads[0] // len(right), axis=0)
    y = np.matmul(left, right)
    if are_tokens[0] == are_tokens[1]:
        return y
    y = np.moveaxis(_turned(y, turned[are_tokens[1]]), -2, 1)
    return y.reshape(-1, *y.shape[2:])


def correlation(a: Array, b: Array, window: Window, *, mean: bool) -> Array:
    """The products of one map and another one that is moved, summed over the channels, per displacement.

    Args:
        a: `(channels, *positions)`.
        b: the same, surrounded by zeros.
        window: its taps are the displacements.
        mean: take the mean over the channels.
    """
    if isinstance(b, Counted):
        b.tally.on_padding += reads_of_padding(b.shape[1:], window) * len(b)
    y = np.stack([(a * moved).sum(axis=0) for _, moved in Slide(b, window).taps()])
    return y * (1 / len(a)) if mean else y


def _split(x: Array, heads: int) -> Array:
    """Tokens `(channels, *sets, length)` as matrices `(heads, *sets, channels / heads, length)`."""
    return np.moveaxis(x.reshape(heads, -1, *x.shape[1:]), 1, -2)


def _turned(x: Array, turn: bool) -> Array:
    return x.swapaxes(-1, -2) if turn else x


def einsum(a: Array, b: Array, left: str, right: str, leaving: str) -> Array:
    """Products of elements that agree in the letters of both, summed over the letters that do not leave.

    They are matrices side by side: letters of both that leave say which, those of one alone are its rows or
    columns.
    """
    both = [c for c in leaving if c in left and c in right]
    summed = [c for c in left if c not in leaving]
    rows, columns = ([c for c in one if c in leaving and c not in both] for one in (left, right))
    y = np.matmul(_grouped(a, left, both, rows, summed), _grouped(b, right, both, summed, columns))
    sizes = dict(zip((*left, *right), (*a.shape, *b.shape), strict=True))
    y = y.reshape(*y.shape[: len(both)], *(sizes[c] for c in (*rows, *columns)))
    order = [*both, *rows, *columns]
    return np.transpose(y, [order.index(c) for c in leaving])


def _grouped(x: Array, letters: str, both: list[str], *groups: list[str]) -> Array:
    """The axes of both one by one, then one axis for each group."""
    order = [c for group in (both, *groups) for c in group]
    x = np.transpose(x, [letters.index(c) for c in order])
    sizes, first = x.shape[len(both) :], len(groups[0])
    return x.reshape(*x.shape[: len(both)], prod(sizes[:first]), prod(sizes[first:]))
