"""The steps of a derivation: plain values, as JSON has them."""

from __future__ import annotations

from archcost.results.record import Record


class DerivationStep(Record):
    """One line of a derivation: `name = formula = numbers = value`.

    Attributes:
        name: what is derived.
        formula: over the names before it; a shape whose elements are counted; empty if it simply is given.
        numbers: the formula with its names replaced; empty without a formula or where nothing changes.
        value: what comes out.
        meaning: of the name, in words; empty if it speaks for itself.
    """

    name: str
    formula: str
    numbers: str
    value: int
    meaning: str


class AxisDerivation(Record):
    """A derivation along some axes that all come out alike, and what is to be said about it."""

    axes: tuple[str, ...]
    steps: tuple[DerivationStep, ...]
    note: str
