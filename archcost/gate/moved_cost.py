"""Costs that a change moved out of what is limited: a block's limit says nothing of layers beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.gate.config_problems import ConfigProblem, nowhere
from archcost.gate.judge import parts
from archcost.words.numbers import apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcost.analysis.facts import Facts
    from archcost.config.configuration import Budget, Config
    from archcost.gate.drift import CheckedPair


def about_moved(pairs: Iterable[CheckedPair], config: Config, base: str) -> Iterator[ConfigProblem]:
    """Parts that cost less than at the base, in networks that cost more and have no such limit as a whole."""
    for pair in pairs:
        budgets = {(b.measure, b.block, b.kind): b for b, _ in pair.found}
        for (measure, block, kind), budget in budgets.items():
            if (measure, None, None) in budgets:
                continue
            (of_part, of_all), (was, all_was) = (_costs(budget, side) for side in (pair.facts, pair.base))
            if of_part < was and of_all > all_was:
                (less, before), (more, all_before) = apart(of_part, was), apart(of_all, all_was)
                title, part = measure.title, block or f"all {kind} layers"
                text = (
                    f"{title} of {part} in {pair.label}: {less}, and {before} at {base}; "
                    f"of the whole network: {more}, and {all_before}; no {budget.key} holds for what grew"
                )
                about = ((pair.entry.path, pair.entry.variant),)
                subject = (pair.label, measure.name, block, kind)
                yield ConfigProblem("moved-cost", text, budget.place or nowhere(config), about, subject)


def _costs(budget: Budget, facts: Facts) -> tuple[int, int]:
    """What the layers cost that a budget is about, each counted once, and what all of them do."""
    name, rows = budget.measure.name, facts.report.nodes
    limited = {row.path for part in parts(budget, facts) for row in part.rows or ()}
    costs = {row.path: getattr(row, name) for row in rows}
    return sum(costs[path] for path in limited), sum(costs.values())
