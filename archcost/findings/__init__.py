"""What archcost notices about a network: one rule per file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.findings import (
    checkerboard,
    dead_layer,
    even_kernel_shift,
    expectation,
    field_exceeds_input,
    field_smaller_than_expected,
    gridding,
    lattice,
    misaligned_merge,
    padding_dominates,
    suspicious_input,
    suspicious_softmax,
    unread_input,
    unused_input,
    unused_name,
)

if TYPE_CHECKING:
    from archcost.analysis.facts import Facts
    from archcost.findings.rule import Rule
    from archcost.results.report import Finding

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        expectation.RULE,
        gridding.RULE,
        lattice.RULE,
        checkerboard.RULE,
        misaligned_merge.RULE,
        dead_layer.RULE,
        unused_input.RULE,
        unused_name.RULE,
        suspicious_input.RULE,
        suspicious_softmax.RULE,
        unread_input.RULE,
        field_exceeds_input.RULE,
        field_smaller_than_expected.RULE,
        even_kernel_shift.RULE,
        padding_dominates.RULE,
    )
}
"""Name -> rule, in the order of the documentation. A new rule is one file and one line here."""


def findings(facts: Facts) -> tuple[Finding, ...]:
    """All that the rules find, in the order of the text."""
    found = [finding for rule in RULES.values() for finding in rule.check(facts)]
    return tuple(sorted(found, key=lambda f: (f.file, f.line, f.column)))
