"""How bad a complaint is, and who agreed to it: levels, waivers and the baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from archcost.gate.baseline import Accepted
from archcost.gate.waivers import Waivers
from archcost.results.judgement import GATE_RULES, LEVELS, WATCHING, at_least

if TYPE_CHECKING:
    import datetime as dt

    from archcost.analysis.measures import Measurement
    from archcost.config.configuration import Config
    from archcost.gate.baseline import Baseline
    from archcost.results.judgement import Violation
    from archcost.results.report import Level


class Agreements:
    """What a configuration and its baseline say of complaints.

    Attributes:
        waivers: those of the configuration.
        before: the configuration at the base, once it is known; None without one.
    """

    def __init__(self, config: Config, today: dt.date, baseline: Baseline) -> None:
        self.waivers = Waivers(config, today)
        self.before: Config | None = None
        self._config = config
        self._baseline = baseline

    def settled(
        self, complaint: Violation, about: str, what: str, value: Measurement | None = None
    ) -> Violation:
        """A complaint that nobody waived, beside the baseline. `about` and `what` are for its readers."""
        judged = self.judged(complaint)
        known = self._baseline.meet(Accepted(complaint.fingerprint, what, value, about), fails=judged.fails)
        if known is None:
            return judged
        if known.covers(value):
            because = f"{self._baseline.file}:{known.line}"
            return replace(complaint, state="baseline", because=because)
        worse = f"; the baseline accepts {known.value:,}" if known.value is not None else ""
        return replace(judged, message=complaint.message + worse)

    def judged(self, complaint: Violation) -> Violation:
        """A complaint, which fails if its level does; no matter who agreed."""
        fails = (at_least(complaint.level, one.fail_level) for one in self._watching(complaint.rule))
        return replace(complaint, fails=any(fails))

    def _watching(self, rule: str) -> tuple[Config, ...]:
        """The configurations that say how bad a rule is: of what watches a change, that of the base as well.

        Else a change could switch off what would tell of it.
        """
        return (self._config, self.before) if self.before and rule in WATCHING else (self._config,)

    def level(self, rule: str, found: Level = "info") -> Level | Literal["off"]:
        """The level of a rule: as it is configured, else that of its finding, or the gate's own.

        Of what watches a change, it is no milder than at the base.
        """
        own = GATE_RULES[rule][0] if rule in GATE_RULES else found
        levels: list[Level | Literal["off"]] = [one.rules.get(rule, own) for one in self._watching(rule)]
        return max(levels, key=("off", *LEVELS).index)
