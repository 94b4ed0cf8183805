"""Waivers: what somebody agreed to, until a day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from archcost.gate.config_problems import ConfigProblem
from archcost.gate.judge import raw
from archcost.results.units import DTYPES
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.config.config_file import Waiver
    from archcost.config.configuration import Budget, Config
    from archcost.config.selection import SelectedSpec
    from archcost.results.judgement import LimitResult

SOON = dt.timedelta(days=14)
"""How long before its end a waiver is warned about."""


class Waivers:
    """The waivers of a configuration, on one day."""

    def __init__(self, config: Config, today: dt.date) -> None:
        self._config = config
        self._today = today
        self._used: set[int] = set()
        self._by_spec: dict[tuple[str, str | None], list[Waiver]] = {}

    def of_budget(self, budget: Budget, result: LimitResult, spec: SelectedSpec) -> Waiver | None:
        """The waiver that allows what was measured; else one that speaks of the limit, and allows less."""
        block = None if budget.kind else result.scope
        found = [w for w in self._valid((spec.path, spec.variant)) if w.waives_budget(budget, block)]
        self._used.update(map(id, found))
        return next((w for w in found if self.allow(w, result)), found[0] if found else None)

    def allow(self, waiver: Waiver, result: LimitResult) -> bool:
        """Whether what was measured keeps the limit of a waiver, which may be in another unit."""
        if waiver.limit is None or result.measured is None:
            return False
        limit, dtype = waiver.limit.amount.value, self._config.dtype
        if waiver.limit.unit == "bytes":
            limit /= DTYPES[dtype]
        if isinstance(result.measured, float):
            return result.measured >= float(limit)
        measured = raw(result, dtype)
        return measured <= limit if result.is_maximum else measured >= limit

    def of_rule(self, rule: str, node: str | None, which: tuple[str, str | None]) -> Waiver | None:
        """The waiver that speaks of what a rule says about a node of a spec, by its path and variant."""
        found = [w for w in self._valid(which) if w.waives_finding(rule, node)]
        self._used.update(map(id, found))
        return found[0] if found else None

    def _valid(self, which: tuple[str, str | None]) -> list[Waiver]:
        """Those for a spec that hold today; its complaints all ask for them."""
        if which not in self._by_spec:
            self._by_spec[which] = [
                waiver
                for waiver in self._config.waivers
                if 0 <= self._left(waiver) <= self._config.waiver_days
                and self._config.applies(waiver, *which)
            ]
        return self._by_spec[which]

    def problems(
        self, specs: Sequence[SelectedSpec], others: Sequence[SelectedSpec], *, is_whole: bool
    ) -> Iterator[ConfigProblem]:
        """What there is to say about the waivers, now that everything was judged.

        Args:
            specs: the specs that were checked.
            others: those of the configuration that were not.
            is_whole: whether these are all there are.
        """
        for waiver in self._config.waivers:
            if is_whole or self._is_for_any(waiver, specs):
                yield from self._about(waiver, others)

    def _left(self, waiver: Waiver) -> int:
        """The days until its last one."""
        return (waiver.expires - self._today).days

    def _is_for_any(self, waiver: Waiver, specs: Sequence[SelectedSpec]) -> bool:
        return any(self._config.applies(waiver, one.path, one.variant) for one in specs)

    def _about(self, waiver: Waiver, others: Sequence[SelectedSpec]) -> Iterator[ConfigProblem]:
        left, most = self._left(waiver), self._config.waiver_days
        place, subject = waiver.place, waiver.about
        what = f"the waiver of {waiver.budget or waiver.rule} by {waiver.owner}"
        if left < 0:
            ended = f"{what} ended on {waiver.expires}, {plural(-left, 'day')} ago ({waiver.reason})"
            way = "keeps the limit" if waiver.limit else "mends the network"
            text = f"{ended}; {waiver.owner} renews it or {way}"
            yield ConfigProblem("expired-waiver", text, place, subject=subject)
        elif left > most:
            last = self._today + dt.timedelta(days=most)
            text = (
                f"{what} is to hold until {waiver.expires}, {left:,} days from today; {most:,} are the most"
            )
            text = f"{text} (`waiver_days`): it waives nothing; {last} is the last day it may name"
            yield ConfigProblem("long-waiver", text, place, subject=subject)
        elif id(waiver) not in self._used and not self._is_for_any(waiver, others):
            text = f"{what} waives nothing; delete it"
            yield ConfigProblem("unused-waiver", text, place, subject=subject)
        elif left <= SOON.days:
            when = f"in {plural(left, 'day')}, on {waiver.expires}" if left else "today"
            text = f"{what} ends {when} ({waiver.reason})"
            yield ConfigProblem("waiver-due", text, place, subject=subject)


def granted(waiver: Waiver) -> str:
    """Who agreed, until when and why."""
    return f"by {waiver.owner} until {waiver.expires}: {waiver.reason}"
