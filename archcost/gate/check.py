"""The gate itself: networks, what they may cost, what is wrong with them, and what was agreed to."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from archcost.findings import RULES
from archcost.gate.advice import advice
from archcost.gate.baseline import Accepted, Baseline, fingerprint
from archcost.gate.bases import Base
from archcost.gate.causes import causes
from archcost.gate.entries import load_entries, unchecked
from archcost.gate.heaviest import heaviest_text
from archcost.gate.judge import measures, rulings
from archcost.gate.model import GATE_RULES, CheckedSpec, Complaint, Judged, Judgement, at_least
from archcost.gate.remarks import Remark, about_base, about_baseline, about_budgets
from archcost.gate.waivers import Waivers, granted
from archcost.review.measured import Subject
from archcost.source import Place, Source

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from archcost.gate.config import Config
    from archcost.gate.entries import Entry
    from archcost.gate.judge import Ruling
    from archcost.report.model import Finding, Level
    from archcost.review.measured import Number

ADVISED = 20
"""Broken limits whose remedies are worked out; where more are broken, the same would be said again."""

ADVISED_NODES = 40_000
"""Once the networks of those limits have so many nodes together, the others get no advice: it takes time."""


@dataclass(frozen=True)
class Checked:
    """A network that is judged, and what it is judged by."""

    entry: Entry
    label: str
    subject: Subject
    base: Subject | None

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """Why it is not what it was at the base."""
        return causes(self.base, self.subject) if self.base else ()


class Gate:
    """One run of the gate.

    Attributes:
        config: what networks may cost, and who agreed to what.
        baseline: what was accepted before, and what is met now.
    """

    def __init__(self, config: Config, today: dt.date, baseline: Baseline | None = None) -> None:
        self.config = config
        self.baseline = baseline or Baseline()
        self._waivers = Waivers(config, today)
        self._advised = 0
        self._advised_nodes = 0

    # -- the run ----------------------------------------------------------------------------------------

    def judge(self, wanted: Sequence[Entry], *, is_whole: bool) -> Judgement:
        """What is to be said of networks.

        Args:
            wanted: the networks.
            is_whole: whether these are all the configuration has, so that what concerns none of them
                concerns nothing.

        Raises:
            ArchcostError: a spec cannot be read.
        """
        subjects = [Subject(network) for network in load_entries(wanted)]
        base = Base(self.config.against, _near(wanted, self.config)) if self.config.against else None
        with closing(base) if base else nullcontext():
            specs = [self._spec(*pair, base) for pair in zip(wanted, subjects, strict=True)]
        others = unchecked(wanted, self.config)
        remarks = [
            *about_base(self.config, base, specs),
            *about_budgets(self.config, list(zip(wanted, subjects, strict=True)), others),
            *self._waivers.remarks(wanted, others, is_whole=is_whole),
            *about_baseline(self.config, self.baseline, [one.label for one in specs], is_whole=is_whole),
        ]
        general = [complaint for remark in remarks if (complaint := self._remark(remark))]
        return Judgement(
            failed=any(one.fails for one in general) or any(spec.fails for spec in specs),
            fail_level=self.config.fail_level,
            against=base.against if base else None,
            rules=tuple(name for name in RULES if self.config.rules.get(name) != "off"),
            specs=tuple(specs),
            complaints=tuple(general),
        )

    def _spec(self, entry: Entry, subject: Subject, base: Base | None) -> CheckedSpec:
        before = base.of(entry) if base else None
        label = entry.label(self.config)
        checked = Checked(entry, label, subject, before if isinstance(before, Subject) else None)
        report = subject.report
        limits, complaints = self._limits(checked, base.name if base else "")
        complaints += self._findings(checked)
        waits = any(one.waits for one in limits)
        if base and isinstance(before, str) and not base.missing and (entry.is_file or waits):
            so = (
                "relative limits are not judged, only absolute ones are"
                if waits
                else "its limits are absolute"
            )
            text = f"no base: {before}; {so}"
            if missing := self._remark(Remark("missing-base", text, Place(Source(entry.path)))):
                complaints.append(missing)
        return CheckedSpec(
            path=report.path,
            label=label,
            name=report.name,
            variant=report.variant,
            measures=measures(subject),
            base=measures(checked.base) if checked.base else None,
            causes=checked.causes,
            limits=tuple(limits),
            complaints=tuple(
                sorted(_named(complaints, entry), key=lambda one: (one.file, one.line, one.column))
            ),
        )

    # -- limits -----------------------------------------------------------------------------------------

    def _limits(self, checked: Checked, ref: str) -> tuple[list[Judged], list[Complaint]]:
        """Every limit that applies, and what is to be said of those that do not hold."""
        which = checked.entry.path, checked.entry.variant
        budgets = [one for one in self.config.budgets if self.config.applies(one, *which)]
        found = list(rulings(budgets, checked.subject, checked.base, self.config.dtype))
        for one in found:
            if one.kept is None:
                self._keep_agreements(one, checked)
        # Where there is no base at all, that is said once and not for each limit.
        is_said = checked.base is not None and self._level("missing-base") != "off"
        wrong = [one for one in found if is_said or not one.waits]
        complaints = [self._broken(worst, checked, ref) for worst in _worst(wrong)]
        return [self._judged(one, checked) for one in found], complaints

    def _keep_agreements(self, ruling: Ruling, checked: Checked) -> None:
        """Of a limit that is not judged, nobody knows whether it still needs its waiver or its line."""
        self._waivers.of_budget(ruling, checked.entry)
        self.baseline.keep(self._print_of(ruling, checked))

    def _judged(self, ruling: Ruling, checked: Checked) -> Judged:
        budget = ruling.budget
        return Judged(
            budget=budget.bound.key,
            scope=ruling.part.scope,
            axis=ruling.axis,
            level=budget.level,
            unit="share" if budget.bound.measure.unit == "share" else budget.limit.unit,
            measured=ruling.measured,
            limit=ruling.limit,
            base=ruling.base,
            text=budget.limit.text,
            set_at=budget.set_at,
            kept=ruling.kept,
            fingerprint=None if ruling.kept else self._print_of(ruling, checked),
        )

    def _print_of(self, ruling: Ruling, checked: Checked) -> str:
        kind = "relative" if ruling.budget.limit.is_relative else "absolute"
        axis = ruling.axis or ""
        return fingerprint(checked.label, ruling.budget.bound.key, ruling.part.scope or "", kind, axis)

    def _broken(self, ruling: Ruling, checked: Checked, ref: str) -> Complaint:
        """What is to be said of a limit that does not hold, or could not be judged."""
        budget, report = ruling.budget, checked.subject.report
        level = ruling.level
        if ruling.waits and (configured := self._level("missing-base")) != "off":
            level = configured
        first = ruling.part.rows[0].path if ruling.part.rows else None
        place = checked.subject.network.by_path[first].called if first else None
        complaint = Complaint(
            rule="missing-base" if ruling.waits else "budget",
            level=level,
            node=None if budget.kind else ruling.part.scope,
            file=place.source.name if place else report.path,
            line=place.line if place else 1,
            column=place.column if place else 1,
            message=ruling.sentence(ref),
            details={"limit": f"{budget.bound.key}: {budget.limit.text}, set at {budget.set_at}"},
            fingerprint=self._print_of(ruling, checked),
            state="open",
            because="",
            fails=False,
        )
        if ruling.waits:
            return self._judged_by_level(complaint)
        waiver = self._waivers.of_budget(ruling, checked.entry)
        if waiver and self._waivers.allow(waiver, ruling):
            return replace(complaint, state="waived", because=granted(waiver))
        if waiver and waiver.limit:
            more = f"; even the waiver of {waiver.owner} allows {waiver.limit.text} only"
            complaint = replace(complaint, message=complaint.message + more)
        value = None if ruling.measured is None else ruling.raw
        settled = self._settled(
            complaint, budget.bound.key, value, f"{checked.label} {ruling.part.scope or ''}"
        )
        return settled if settled.state != "open" else self._explained(settled, ruling, checked)

    def _explained(self, complaint: Complaint, ruling: Ruling, checked: Checked) -> Complaint:
        """The complaint with the layers that weigh most, and what would help."""
        measure, subject = ruling.budget.bound.measure.name, checked.subject
        rows = ruling.part.rows or subject.report.nodes
        details = {**complaint.details}
        if ruling.budget.limit.is_relative:
            details["cause"] = "; ".join(checked.causes)
        if ruling.measured is not None:
            details["heaviest"] = heaviest_text(subject, rows, measure)
        if ruling.limit is not None and ruling.measured is not None and self._may_advise(subject):
            hints = advice(
                subject,
                measure,
                Fraction(ruling.limit) / ruling.width,
                ruling.part.rows,
                None if checked.entry.path == "-" else checked.entry.load,
                kind=ruling.budget.kind,
                axis=ruling.budget.axis.index if ruling.budget.axis else None,
                dtype=self.config.dtype if ruling.budget.limit.unit == "bytes" else None,
            )
            details["helps"] = "; ".join(hints)
        return replace(complaint, details={name: text for name, text in details.items() if text})

    def _may_advise(self, subject: Subject) -> bool:
        """Whether there is time to work out what would help, which is noted as done."""
        may = self._advised < ADVISED and self._advised_nodes < ADVISED_NODES
        self._advised += 1
        self._advised_nodes += len(subject.network)
        return may

    # -- findings ---------------------------------------------------------------------------------------

    def _findings(self, checked: Checked) -> list[Complaint]:
        """What the rules found, at the levels that are configured."""
        times = Counter[tuple[str, str | None]]()
        complaints: list[Complaint] = []
        for finding in checked.subject.report.findings:
            level = self.config.rules.get(finding.rule, finding.level)
            if level == "off":
                continue
            times[finding.rule, finding.node] += 1
            nth = str(times[finding.rule, finding.node])
            complaints.append(self._finding(finding, level, checked, nth))
        return complaints

    def _finding(self, finding: Finding, level: Level, checked: Checked, nth: str) -> Complaint:
        complaint = Complaint(
            rule=finding.rule,
            level=level,
            node=finding.node,
            file=finding.file,
            line=finding.line,
            column=finding.column,
            message=finding.message,
            details={},
            fingerprint=fingerprint(checked.label, finding.rule, finding.node or "", nth),
            state="open",
            because="",
            fails=False,
        )
        if waiver := self._waivers.of_finding(finding, checked.entry):
            return replace(complaint, state="waived", because=granted(waiver))
        return self._settled(complaint, finding.rule, None, f"{checked.label} {finding.node or ''}")

    # -- what was agreed to ---------------------------------------------------------------------------------

    def _settled(self, complaint: Complaint, what: str, value: Number | None, about: str) -> Complaint:
        """A complaint that nobody waived, beside the baseline. `what` and `about` are for its readers."""
        judged = self._judged_by_level(complaint)
        known = self.baseline.meet(Accepted(complaint.fingerprint, what, value, about), fails=judged.fails)
        if known is None:
            return judged
        if known.covers(value):
            because = f"{self.baseline.file}:{known.line}"
            return replace(complaint, state="baseline", because=because)
        worse = f"; the baseline accepts {known.value:,}" if known.value is not None else ""
        return replace(judged, message=complaint.message + worse)

    def _judged_by_level(self, complaint: Complaint) -> Complaint:
        return replace(complaint, fails=at_least(complaint.level, self.config.fail_level))

    def _level(self, rule: str) -> Level | Literal["off"]:
        """The level of a rule of the gate's own."""
        return self.config.rules.get(rule, GATE_RULES[rule][0])

    def _remark(self, remark: Remark) -> Complaint | None:
        """A remark as a complaint, at the level that is configured; None if that is off."""
        level = self._level(remark.rule)
        if level == "off":
            return None
        file = remark.place.source.name
        return self._judged_by_level(
            Complaint(
                rule=remark.rule,
                level=level,
                node=None,
                file=file,
                line=remark.place.line,
                column=remark.place.column,
                message=remark.message,
                details={},
                fingerprint=fingerprint(file, remark.rule, remark.message),
                state="open",
                because="",
                fails=False,
            )
        )


def _near(wanted: Sequence[Entry], config: Config) -> str:
    """A path in the repository that the base is in."""
    files = (entry.path for entry in wanted if entry.is_file)
    return next(files, str(config.folder))


def _named(complaints: Sequence[Complaint], entry: Entry) -> Iterator[Complaint]:
    """The complaints, which tell what they are about where one spec is read in several ways."""
    for one in complaints:
        yield one if entry.is_plain else replace(one, message=f"{entry.settings}: {one.message}")


def _worst(found: Sequence[Ruling]) -> list[Ruling]:
    """Of the limits of one thing that do not hold, the worst: an error says what a warning would say."""
    worst: dict[tuple[object, ...], Ruling] = {}
    for ruling in found:
        if ruling.kept:
            continue
        key = (ruling.budget.bound.key, ruling.part.scope, ruling.axis, ruling.budget.limit.is_relative)
        if key not in worst or _badness(ruling) > _badness(worst[key]):
            worst[key] = ruling
    return list(worst.values())


def _badness(ruling: Ruling) -> tuple[bool, float]:
    """The order of limits that do not hold: first by level, then by how far they are missed."""
    return ruling.level == "error", ruling.missed / ruling.width
