"""The gate itself: networks, what they may cost, what is wrong with them, and what was agreed to."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.advice import advice
from archcost.advice.heaviest import heaviest_text
from archcost.analysis.facts import Facts
from archcost.config.outside import is_in_repository
from archcost.config.selection import SelectedSpec, load_all, unchecked
from archcost.errors import RevisionError, SpecError
from archcost.findings import RULES
from archcost.gate.agreements import Agreements
from archcost.gate.alternative import would_pass
from archcost.gate.anchor import anchor
from archcost.gate.baseline import Baseline, fingerprint
from archcost.gate.bases import Absent
from archcost.gate.change_causes import Causes, causes
from archcost.gate.config_problems import (
    ConfigProblem,
    about_base,
    about_baseline,
    about_budgets,
    about_judged,
    about_unlisted,
    about_variants,
    nowhere,
)
from archcost.gate.declared_costs import findings as findings_of_declared
from archcost.gate.drift import CheckedPair, about_config, about_limits
from archcost.gate.drift import about_baseline as drift_of_baseline
from archcost.gate.gone import about_gone, checked_then
from archcost.gate.judge import judge, measures, raw, raw_limit, rows_of, sentence
from archcost.gate.moved_cost import about_moved
from archcost.gate.waivers import granted
from archcost.results.difference import WrittenAt
from archcost.results.judgement import (
    WATCHING,
    CheckedSpec,
    Judgement,
    LimitResult,
    Violation,
)
from archcost.results.report import Finding
from archcost.results.units import DTYPES
from archcost.source import Place, Source

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from archcost.config.configuration import Budget, Config
    from archcost.gate.bases import Base
    from archcost.gate.judge import Applied
    from archcost.results.report import Level

ADVISED = 20
"""Broken limits whose remedies are worked out; where more are broken, the same would be said again."""

ADVISED_NODES = 40_000
"""Once the networks of those limits have so many nodes together, the others get no advice: it takes time."""


@dataclass(frozen=True)
class Checked:
    """A network that is judged, and what it is judged by."""

    entry: SelectedSpec
    label: str
    facts: Facts
    base: Facts | None

    @cached_property
    def causes(self) -> Causes:
        """Why it is not what it was at the base."""
        return causes(self.base, self.facts) if self.base else Causes()


class Gate:
    """One run of the gate.

    Attributes:
        config: what networks may cost, and who agreed to what.
        baseline: what was accepted before, and what is met now.
    """

    def __init__(self, config: Config, today: dt.date, baseline: Baseline | None = None) -> None:
        self.config = config
        self.baseline = baseline or Baseline()
        self._agreements = Agreements(config, today, self.baseline)
        self._base: Base | None = None
        self._pairs: list[CheckedPair] = []
        self._is_new: set[str] = set()
        self._said = Counter[tuple[str, str, str]]()
        self._advised = 0
        self._advised_nodes = 0

    # -- the run ----------------------------------------------------------------------------------------

    def judge(
        self,
        wanted: Sequence[SelectedSpec],
        *,
        is_whole: bool,
        patterns: Sequence[str] = (),
        flags: Sequence[SelectedSpec] = (),
        tick: Callable[[], object] = lambda: None,
    ) -> Judgement:
        """What is to be said of networks.

        Args:
            wanted: the networks.
            is_whole: whether these are all the configuration has, so that what concerns none of them
                concerns nothing.
            patterns: how they were named, if they were.
            flags: the settings of the command line.
            tick: called when a network has been read, and when it has been judged.

        Raises:
            ArchcostError: a spec cannot be read.
        """
        subjects = [Facts.of(network) for network in load_all(wanted, tick)]
        checked = list(zip(wanted, subjects, strict=True))
        base, of_anchor = anchor(self.config, _near(wanted, self.config), wanted)
        self._base = base
        with closing(base) if base else nullcontext():
            drifted: list[ConfigProblem] = []
            then, old = None, list[SelectedSpec]()
            if base and base.revision:
                then, drifted = self._then(base)
                self._agreements.before = then
                is_known = is_whole or patterns or flags
                old = self._checked_then(base, then, patterns, flags) if is_known else []
            specs: list[CheckedSpec] = []
            for pair in checked:
                specs.append(self._spec(*pair, base))
                tick()
            if base and base.revision:
                drifted += self._drift(base, then, old, wanted)
        others = unchecked(wanted, self.config)
        problems = [
            *about_base(self.config, base, specs, has_drifted=bool(drifted)),
            *of_anchor,
            *drifted,
            *about_moved(self._pairs, self.config, base.name if base else ""),
            *about_variants(checked, others),
            *(about_unlisted(self.config, [*wanted, *others]) if is_whole else ()),
            *about_budgets(self.config, checked, others),
        ]
        general = [complaint for problem in problems if (complaint := self._problem(problem))]
        # Only now is it known what waivers and the baseline were needed for: these problems are about that.
        unneeded = [
            *self._agreements.waivers.problems(wanted, others, is_whole=is_whole),
            *about_baseline(self.config, self.baseline, [one.label for one in specs], is_whole=is_whole),
        ]
        general += [complaint for problem in unneeded if (complaint := self._problem(problem))]
        said = (one for several in (general, *(spec.complaints for spec in specs)) for one in several)
        if not any(one.fails and one.rule in _UNJUDGED for one in said):
            judged = about_judged(self.config, checked, specs, self._is_new)
            general += [complaint for problem in judged if (complaint := self._problem(problem))]
        return Judgement(
            failed=any(one.fails for one in general) or any(spec.fails for spec in specs),
            fail_level=self.config.fail_level,
            against=base.against if base else None,
            rules=tuple(name for name in RULES if self.config.rules.get(name) != "off"),
            specs=tuple(specs),
            complaints=tuple(general),
        )

    # -- beside the base ------------------------------------------------------------------------------------

    def _checked_then(
        self, base: Base, then: Config | None, patterns: Sequence[str], flags: Sequence[SelectedSpec]
    ) -> list[SelectedSpec]:
        """What the same command would have checked at the base, of what lies below this configuration."""
        if then is None and not patterns:
            return []
        found = checked_then(patterns, flags or [SelectedSpec(path="")], then or self.config, base)
        here = os.path.abspath(self.config.folder)  # noqa: PTH100 - links are not followed
        if then and not patterns and os.path.abspath(then.folder) != here:  # noqa: PTH100 - as above
            found = [one for one in found if Path(os.path.abspath(one.path)).is_relative_to(here)]  # noqa: PTH100 - as above
        base.look_for(found)
        return found

    def _drift(
        self, base: Base, then: Config | None, old: Sequence[SelectedSpec], wanted: Sequence[SelectedSpec]
    ) -> Iterator[ConfigProblem]:
        """What is not checked any more, and what is checked less strictly."""
        yield from about_gone(old, wanted, self.config, base)
        if then is None:
            return
        labels = {entry.label(self.config) for entry in old}
        pairs = [pair for pair in self._pairs if pair.before.label(self.config) in labels]
        yield from about_limits(pairs, self.config, then, base.name)
        yield from about_config(self.config, then, base.name)
        known = base.accepted(then)
        yield from drift_of_baseline(self.baseline.accepted, known, self.baseline.file, base.name)

    def _then(self, base: Base) -> tuple[Config | None, list[ConfigProblem]]:
        """The configuration at the base, and what there is to say if it cannot be read; None without one."""
        try:
            return base.config(self.config), []
        except SpecError as error:
            why = f"{error.diagnostics[0].place}: {error.diagnostics[0].message}"
        except RevisionError as error:
            why = str(error)
        text = f"what this change loosened cannot be told: {why}"
        return None, [ConfigProblem("loosened", text, nowhere(self.config))]

    def _spec(self, entry: SelectedSpec, facts: Facts, base: Base | None) -> CheckedSpec:
        before = base.of(entry) if base else None
        label = entry.label(self.config)
        checked = Checked(entry, label, facts, before if isinstance(before, Facts) else None)
        report = facts.report
        limits, complaints = self._limits(checked, base)
        declared = findings_of_declared(facts, checked.base, base.name if base else "")
        complaints += self._findings(checked, [*report.findings, *declared])
        waits = any(one.waits for one in limits)
        if isinstance(before, Absent) and before.is_new:
            self._is_new.add(label)
        if base and isinstance(before, Absent) and not base.missing and (entry.is_file or waits):
            so = (
                "relative limits are not judged, only absolute ones are"
                if waits
                else "its limits are absolute"
            )
            text = f"no base: {before.why}; {so}"
            rule = "no-base-yet" if before.is_new else "missing-base"
            problem = ConfigProblem(rule, text, Place(Source(entry.path)), subject=(label,))
            if missing := self._problem(problem):
                complaints.append(missing)
        if not entry.is_plain:
            # One spec may be read in several ways: each says which.
            complaints = [replace(one, message=f"{entry.settings}: {one.message}") for one in complaints]
        was_called = base.entry_of(entry).path if base and checked.base else entry.path
        return CheckedSpec(
            path=report.path,
            label=label,
            name=report.name,
            variant=report.variant,
            measures=measures(facts),
            base=measures(checked.base) if checked.base else None,
            causes=checked.causes.texts,
            declared=report.declared,
            base_path=None if was_called == entry.path else was_called,
            limits=tuple(limits),
            complaints=tuple(sorted(complaints, key=lambda one: (one.file, one.line, one.column))),
        )

    # -- limits -----------------------------------------------------------------------------------------

    def _limits(self, checked: Checked, base: Base | None) -> tuple[list[LimitResult], list[Violation]]:
        """Every limit that applies, and what is to be said of those that do not hold."""
        which = checked.entry.path, checked.entry.variant
        budgets = [one for one in self.config.budgets if self.config.applies(one, *which)]
        dtype = self.config.dtype
        found = list(judge(budgets, checked.facts, checked.base, dtype, checked.label))
        if base and checked.base:
            before = base.entry_of(checked.entry)
            self._pairs.append(
                CheckedPair(checked.entry, checked.label, checked.facts, before, checked.base, found)
            )
        for budget, result in found:
            if result.kept is None:
                # Nobody knows whether it still needs its waiver or its line.
                self._agreements.waivers.of_budget(budget, result, checked.entry)
                self.baseline.keep(result.fingerprint or "")
        # Where there is no base at all, that is said once and not for each limit.
        wrong = [one for one in found if checked.base is not None or not one[1].waits]
        ref = base.name if base else ""
        complaints = [said for one in _worst(wrong, dtype) if (said := self._broken(*one, checked, ref))]
        return [result for _, result in found], complaints

    def _broken(self, budget: Budget, result: LimitResult, checked: Checked, ref: str) -> Violation | None:
        """What is to be said of a limit that does not hold, or could not be judged; None if that is off."""
        rule, level = "budget", result.level
        if result.waits:
            # A block that was not there is new, as a spec may be; a number that a network had none of is not.
            rule = "no-base-yet" if result.scope else "missing-base"
            self._is_new.update([checked.label] * (rule == "no-base-yet"))
            configured = self._agreements.level(rule)
            if configured == "off":
                return None
            level = configured
        place = self._place(budget, result, checked)
        # What made a network what it is may be written in a file that it includes.
        whose = "" if result.scope or place.file == checked.facts.report.path else f"{checked.label}: "
        finding = Finding(
            rule=rule,
            level=level,
            node=None if budget.kind else result.scope,
            file=place.file,
            line=place.line,
            column=place.column,
            message=whose + sentence(budget, result, checked.facts, ref),
        )
        details = {"limit": f"{result.budget}: {result.text}, set at {result.set_at}"}
        complaint = Violation.of(finding, result.fingerprint or "", details)
        if result.waits:
            return self._agreements.judged(complaint)
        waiver = self._agreements.waivers.of_budget(budget, result, checked.entry)
        if waiver and self._agreements.waivers.allow(waiver, result):
            return replace(complaint, state="waived", because=granted(waiver))
        if waiver and waiver.limit:
            more = f"; even the waiver of {waiver.owner} allows {waiver.limit.text} only"
            complaint = replace(complaint, message=complaint.message + more)
        value = None if result.measured is None else raw(result, self.config.dtype)
        about = f"{checked.label} {result.scope or ''}"
        settled = self._agreements.settled(complaint, about, result.budget, value)
        return settled if settled.state != "open" else self._explained(settled, budget, result, checked)

    def _place(self, budget: Budget, result: LimitResult, checked: Checked) -> WrittenAt:
        """What a reader should look at: the part that is limited, or what made the network what it is."""
        if rows := rows_of(budget, result, checked.facts):
            called = checked.facts.network.by_path[rows[0].path].called
            return WrittenAt(**called.written)
        measure = budget.measure.name
        cause = checked.causes.place(checked.facts, measure, checked.entry.limits)
        return cause or WrittenAt(file=checked.facts.report.path, line=1, column=1)

    def _explained(
        self, complaint: Violation, budget: Budget, result: LimitResult, checked: Checked
    ) -> Violation:
        """The complaint with the layers that weigh most, and what would help."""
        measure, facts, dtype = budget.measure.name, checked.facts, self.config.dtype
        rows = rows_of(budget, result, facts)
        details = {**complaint.details}
        if budget.limit.is_relative:
            details["cause"] = "; ".join(checked.causes.texts)
            if self._base and self._base.is_ahead:
                ref = self._base.name
                details["branch"] = f"{ref} has commits that are not here; {ref}... is where the two parted"
        if result.measured is not None:
            details["heaviest"] = heaviest_text(facts, rows or facts.report.nodes, measure)
        if result.limit is not None and result.measured is not None and self._may_advise(facts):
            hints = advice(
                facts,
                measure,
                raw_limit(result, dtype),
                rows,
                None if checked.entry.path == "-" else checked.entry.load,
                kind=budget.kind,
                axis=budget.axis.index if budget.axis else None,
                dtype=dtype if result.unit == "bytes" else None,
                passes=lambda name: would_pass(replace(checked.entry, variant=name), self.config, self._base),
            )
            details["helps"] = "; ".join(hints)
        return replace(complaint, details={name: text for name, text in details.items() if text})

    def _may_advise(self, facts: Facts) -> bool:
        """Whether there is time to work out what would help, which is noted as done."""
        may = self._advised < ADVISED and self._advised_nodes < ADVISED_NODES
        self._advised += 1
        self._advised_nodes += len(facts.network)
        return may

    # -- findings ---------------------------------------------------------------------------------------

    def _findings(self, checked: Checked, found: Sequence[Finding]) -> list[Violation]:
        """What the rules found, at the levels that are configured."""
        times = Counter[tuple[str, str | None]]()
        complaints: list[Violation] = []
        for finding in found:
            level = self._agreements.level(finding.rule, finding.level)
            if level == "off":
                continue
            times[finding.rule, finding.node] += 1
            nth = str(times[finding.rule, finding.node])
            complaints.append(self._finding(finding, level, checked, nth))
        return complaints

    def _finding(self, finding: Finding, level: Level, checked: Checked, nth: str) -> Violation:
        name = fingerprint(checked.label, finding.rule, finding.node or "", nth)
        complaint = Violation.of(replace(finding, level=level), name)
        which = checked.entry.path, checked.entry.variant
        if waiver := self._agreements.waivers.of_rule(finding.rule, finding.node, which):
            return replace(complaint, state="waived", because=granted(waiver))
        if finding.rule in WATCHING:
            # The line of one change in a baseline would accept what the next one does there.
            return self._agreements.judged(complaint)
        return self._agreements.settled(complaint, f"{checked.label} {finding.node or ''}", finding.rule)

    def _problem(self, problem: ConfigProblem) -> Violation | None:
        """A problem as a complaint, at the level that is configured; None if that is off."""
        level = self._agreements.level(problem.rule)
        if level == "off":
            return None
        place, message = problem.place.shown, problem.message
        file = place.source.name
        finding = Finding(
            rule=problem.rule,
            level=level,
            node=None,
            file=file,
            line=place.line,
            column=place.column,
            message=message,
        )
        # Nor does the name depend on the folder that the check is run in.
        about = SelectedSpec(path=file).label(self.config), problem.rule, repr(problem.subject)
        self._said[about] += 1
        complaint = Violation.of(finding, fingerprint(*about, str(self._said[about])))
        waivers = [self._agreements.waivers.of_rule(problem.rule, None, one) for one in problem.about]
        if waivers and all(waivers):
            who = dict.fromkeys(granted(waiver) for waiver in waivers if waiver)
            return replace(complaint, state="waived", because="; ".join(who))
        return self._agreements.judged(complaint)


_UNJUDGED = ("missing-base", "unused-budget", "lost-budget")
"""Rules that say why a limit was not judged. Where one of them fails, it need not be said again."""


def _near(wanted: Sequence[SelectedSpec], config: Config) -> str:
    """A path in the repository that the base is in.

    That is the one we are in, for specs of a submodule as well: a change may bring another commit of that.
    """
    first = next((entry.path for entry in wanted if entry.is_file), None)
    home = str(config.folder if config.file else Path())
    return first if first is not None and not is_in_repository(first, home) else home


def _worst(found: Sequence[Applied], dtype: str) -> list[Applied]:
    """Of the limits of one thing that do not hold, the worst: an error says what a warning would say."""

    def badness(one: Applied) -> tuple[bool, float]:
        """First by level, then by how far they are missed."""
        _, result = one
        width = DTYPES[dtype] if result.unit == "bytes" else 1
        return result.level == "error" and not result.waits, result.missed / width

    worst: dict[tuple[object, ...], Applied] = {}
    for budget, result in found:
        if result.kept:
            continue
        key = (result.budget, result.scope, result.axis, budget.limit.is_relative)
        if key not in worst or badness((budget, result)) > badness(worst[key]):
            worst[key] = budget, result
    return list(worst.values())
