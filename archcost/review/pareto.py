"""Which networks no other one beats in everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.analysis.measures import Measurement

Point: TypeAlias = "tuple[Measurement | None, ...]"
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
    best = set(optimal)
    optimal.sort()
    return [
        None if at in best else next(other for other in optimal if dominates(points[other], point))
        for at, point in enumerate(points)
    ]


def dominates(a: Point, b: Point) -> bool:
    """Whether `a` is nowhere larger than `b`, and somewhere smaller."""
    for mine, other in zip(a, b, strict=True):  # a plain loop: this runs for every pair of a sweep
        if mine is None or other is None:
            if mine is not other:
                return False
        elif mine > other:
            return False
    return a != b
