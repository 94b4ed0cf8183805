"""Where tensors lie in one block of memory that is divided before anything runs: an arena.

The planner is that of TensorFlow Lite for Microcontrollers (`GreedyMemoryPlanner`): the largest tensor first,
of equal ones the one that was made last; each at the lowest place where it overlaps with none that is placed
and alive while it is. What is alive at once is a lower bound, which gaps may keep it from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcost.passes.liveness import Plan

ALIGNMENT = 16
"""Bytes to a multiple of which each tensor is rounded up."""


class Life(NamedTuple):
    """A tensor's memory and when it is needed.

    Attributes:
        size: bytes.
        first: the first step that needs it.
        last: the last one.
    """

    size: int
    first: int
    last: int


class Arena(NamedTuple):
    """A plan.

    Attributes:
        offsets: where each tensor begins, in bytes, in the order that they were given in.
        size: bytes from the beginning to the end of the highest.
        alive: the most bytes that are needed at one step; no plan is smaller.
    """

    offsets: tuple[int, ...]
    size: int
    alive: int


def lives(plan: Plan, sizes: Sequence[int]) -> dict[int, Life]:
    """The tensors of a plan that have memory of their own: inputs from the start on, outputs to the end.

    Args:
        plan: when tensors are read.
        sizes: bytes of each.
    """
    found: dict[int, Life] = {}
    for t, elements in enumerate(plan.sizes):
        first = max(t - plan.inputs, 0)
        if elements and sizes[t]:
            found[t] = Life(sizes[t], first, max(first, min(plan.last_use[t], len(plan.reads) - 1)))
    return found


def arena(tensors: Sequence[Life], alignment: int = ALIGNMENT) -> Arena:
    """A place for each tensor. Takes time by how many are alive together, for as long as they are.

    >>> arena([Life(32, 0, 1), Life(64, 1, 2), Life(32, 2, 3)])
    Arena(offsets=(64, 0, 64), size=96, alive=96)

    Args:
        tensors: in the order in which they are made.
        alignment: bytes to a multiple of which each is rounded up.
    """
    sizes = [-(-tensor.size // alignment) * alignment for tensor in tensors]
    offsets = [0] * len(tensors)
    steps = 1 + max((tensor.last for tensor in tensors), default=-1)
    placed: list[list[int]] = [[] for _ in range(steps)]
    for i in sorted(range(len(tensors)), key=lambda i: (-sizes[i], -i)):
        _, first, last = tensors[i]
        there = {j for step in placed[first : last + 1] for j in step}
        offsets[i] = _lowest(sizes[i], ((offsets[j], offsets[j] + sizes[j]) for j in there))
        for step in placed[first : last + 1]:
            step.append(i)
    size = max((offset + n for offset, n in zip(offsets, sizes, strict=True)), default=0)
    return Arena(tuple(offsets), size, max((sum(sizes[j] for j in step) for step in placed), default=0))


def _lowest(size: int, taken: Iterable[tuple[int, int]]) -> int:
    """The lowest place for so many bytes between some that are taken."""
    place = 0
    for start, end in sorted(taken):
        if start - place >= size:
            break
        place = max(place, end)
    return place
