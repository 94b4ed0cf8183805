"""Why a network is not what it was at the base, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.gate.judge import measures
from archcost.report.difference.words import effect, place
from archcost.review.diff import between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.report.difference.model import Diff
    from archcost.review.measured import Subject

MOST = 5
"""Causes that are named; `archcost diff` has them all."""


def causes(before: Subject, after: Subject) -> tuple[str, ...]:
    """What was changed and what that costs, the worst first; nothing if every measure is the same.

    >>> from archcost import load
    >>> from archcost.review.measured import Subject
    >>> causes(*(Subject(load("zoo:resnet50", set={"classes": n})) for n in (1000, 10)))
    ('classes: 1000 → 10: -2.028 M MACs (-<0.1 %), -2.029 M parameters (-7.9 %)',)
    """
    if measures(before) == measures(after):
        return ()
    found = list(_told(between(before, after)))
    more = len(found) - MOST
    return (*found[:MOST], *([f"and {more} more: see archcost diff"] if more > 0 else []))


def _told(diff: Diff) -> Iterator[str]:
    """Each cause with what it changes alone, then what several change together."""
    shared = {index for one in diff.together for index in one.causes}
    for index, cause in enumerate(diff.causes):
        counts, at = cause.counts(), place(cause)
        if any(counts.values()) or index not in shared:
            yield f"{cause.what}{at and f' at {at}'}: {effect(counts, diff, 'si')}"
    for one in diff.together:
        names = ", ".join(diff.causes[index].what for index in one.causes)
        yield f"{names}, together: {effect(one.counts(), diff, 'si')}"
