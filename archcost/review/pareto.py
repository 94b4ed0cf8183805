"""Which networks no other one beats in everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.review.measured import Number

Point: TypeAlias = "tuple[Number | None, ...]"
"""What a network costs in each measure. What is better when it is larger stands here negated."""


def dominators(points: Sequence[Point]) -> list[int | None]:
    """For each point the first optimal one that dominates it; None for the optimal ones.

    A point dominates another if it is nowhere larger and somewhere smaller, so equal points never do. Where
    one has a number and the other has none, neither dominates.

    >>> dominators([(5, 5), (1, 2), (2, 1), (1, 2)])
    [1, None, None, None]
    """
    optimal: list[int] = []
    # Whatever dominates a point stands before it in this order, and something optimal is among that.
    for at in sorted(range(len(points)), key=lambda at: [(v is None, v or 0) for v in points[at]]):
        if not any(dominates(points[other], points[at]) for other in optimal):
            optimal.append(at)
    optimal.sort()
    return [_first(at, optimal, points) for at in range(len(points))]


def _first(at: int, optimal: Sequence[int], points: Sequence[Point]) -> int | None:
    return next((other for other in optimal if dominates(points[other], points[at])), None)


def dominates(a: Point, b: Point) -> bool:
    """Whether `a` is nowhere larger than `b`, and somewhere smaller."""
    return a != b and all(_no_worse(mine, other) for mine, other in zip(a, b, strict=True))


def _no_worse(a: Number | None, b: Number | None) -> bool:
    return a is b if a is None or b is None else a <= b
