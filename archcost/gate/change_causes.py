"""Why a network is not what it was at the base, in words, and where that is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import ArchcostError
from archcost.gate.judge import measures
from archcost.report.difference.sentences import effect, place
from archcost.results.difference import WrittenAt
from archcost.review.diff import between
from archcost.spec.opened import open_spec
from archcost.spec.yaml_reader import MappingNode, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.limits import Limits
    from archcost.results.difference import CauseDiff, Diff
    from archcost.spec.yaml_reader import Tree

MOST = 5
"""Causes that are named; `archcost diff` has them all."""


class Causes(NamedTuple):
    """What was changed and what that costs, the worst first; nothing if every measure is the same.

    Attributes:
        texts: a line for each.
        changed: what they are about.
    """

    texts: tuple[str, ...] = ()
    changed: tuple[CauseDiff, ...] = ()

    def place(self, facts: Facts, measure: str, limits: Limits) -> WrittenAt | None:
        """Where the cause is written that did most to a measure; None if none is written anywhere."""
        known = [(one, at) for one in self.changed if (at := one.head or _variable(one, facts, limits))]
        return max(known, key=lambda pair: getattr(pair[0], measure, 0))[1] if known else None


def causes(before: Facts, after: Facts) -> Causes:
    """What was changed and what that costs.

    >>> from archcost import load
    >>> from archcost.analysis.facts import Facts
    >>> causes(*(Facts.of(load("zoo:resnet50", set={"classes": n})) for n in (1000, 10))).texts
    ('classes: 1000 → 10: -2.028 M MACs (-<0.1 %), -2.029 M parameters (-7.9 %)',)
    """
    if measures(before) == measures(after):
        return Causes()
    diff = between(before, after)
    found = list(_told(diff))
    more = len(found) - MOST
    texts = (*found[:MOST], *([f"and {more} more: see archcost diff"] if more > 0 else []))
    return Causes(texts, diff.causes)


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


def _variable(cause: CauseDiff, facts: Facts, limits: Limits) -> WrittenAt | None:
    """Where a variable, or the input, has its value: in the variant, or for all of them."""
    network = facts.network
    if cause.kind not in {"variable", "input"} or network.path == "-":
        return None
    try:
        opened = open_spec(network.path, limits)
        root = read(opened.data, opened.name, limits)
    except ArchcostError:
        return None
    name = cause.what.partition(":")[0]
    ways = [("variants", network.variant or "", name), ("vars", name), ("input", name), ("input",)]
    at = next((found for way in ways if (found := _key(root, way))), None)
    return at and WrittenAt(**at.place.written)


def _key(root: Tree, way: tuple[str, ...]) -> Tree | None:
    """The key at the end of a way through mappings."""
    *ahead, last = way
    for name in ahead:
        inside = root.get(name) if isinstance(root, MappingNode) else None
        if inside is None:
            return None
        root = inside
    entries = root.entries if isinstance(root, MappingNode) else []
    return next((entry.key for entry in entries if entry.key.text == last), None)
