"""What a counting convention makes of a network: plain values, as JSON has them."""

from __future__ import annotations

from archcost.results.derivation import DerivationStep
from archcost.results.record import Record


class KindComparison(Record):
    """The nodes of one kind, by our count and by a convention's.

    Attributes:
        kind: theirs.
        nodes: how many there are.
        formula: what the convention counts for each; empty if it counts nothing.
        ours: our count, summed.
        count: the convention's, summed.
        difference: what the convention counts more.
    """

    kind: str
    nodes: int
    formula: str
    ours: int
    count: int
    difference: int


class ConventionExplanation(Record):
    """Where the difference between our count and a convention's comes from.

    Attributes:
        name: the convention's.
        unit: what is counted.
        definition: what that means.
        source: whose rules these are, in which version.
        beside: the count of ours it is compared with.
        ours: that count.
        count: the convention's.
        difference: what the convention counts more.
        steps: for one node, the terms, the count and the difference derived; else empty.
        kinds: the same by kind of layer, the largest differences first.
    """

    name: str
    unit: str
    definition: str
    source: str
    beside: str
    ours: int
    count: int
    difference: int
    steps: tuple[DerivationStep, ...]
    kinds: tuple[KindComparison, ...]
