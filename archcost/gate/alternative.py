"""Whether a network that would help may be recommended: it has limits of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.analysis.facts import Facts
from archcost.errors import ArchcostError
from archcost.gate.judge import judge
from archcost.results.judgement import at_least

if TYPE_CHECKING:
    from archcost.config.configuration import Config
    from archcost.config.selection import SelectedSpec
    from archcost.gate.bases import Base


def would_pass(entry: SelectedSpec, config: Config, base: Base | None) -> bool:
    """Whether a network breaks no limit that holds for it, and has no finding that fails."""
    try:
        facts = Facts.of(entry.load())
    except ArchcostError:
        return False
    before = base.of(entry) if base else None
    budgets = [one for one in config.budgets if config.applies(one, entry.path, entry.variant)]
    found = judge(budgets, facts, before if isinstance(before, Facts) else None, config.dtype)
    if any(one.kept is False and at_least(one.level, config.fail_level) for _, one in found):
        return False
    for finding in facts.report.findings:
        level = config.rules.get(finding.rule, finding.level)
        if level != "off" and at_least(level, config.fail_level):
            return False
    return True
