"""What the gate says: plain values, the same for every format. Its JSON form is `archcost-check/1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal

from archcost.results.record import Record
from archcost.results.report import Declared, Finding, Level

SCHEMA = "archcost-check/1"

LEVELS: tuple[Level, ...] = ("info", "warn", "error")
"""From the mildest to the worst."""

State = Literal["open", "waived", "baseline"]


GATE_RULES: dict[str, tuple[Level, str]] = {
    "budget": ("error", "a number is over its limit, or short of it"),
    "nothing-judged": ("error", "no limit was judged, and no spec expects anything of itself"),
    "unlimited": ("warn", "a network has no limit and expects nothing, so that only findings can fail it"),
    "unused-budget": ("error", "a budget, or one of its patterns, holds for no network, block or layer"),
    "missing-base": ("error", "there is no base to compare with, though there should be one"),
    "no-base-yet": ("warn", "there is nothing to compare with yet: a spec is new, or this is the first push"),
    "self-base": ("info", "the base is the commit that is checked, so that nothing can have changed"),
    "moving-base": ("warn", "the configuration names a base that moves with what is checked, such as HEAD~1"),
    "gone-spec": ("error", "a network that was checked at the base is not checked any more"),
    "lost-budget": ("error", "a network has no limit any more that held for it at the base"),
    "loosened": ("warn", "a limit, a level, a waiver or the baseline allows more than at the base"),
    "moved-cost": (
        "warn",
        "what is limited costs less than at the base, and the network without a limit more",
    ),
    "unlisted-spec": ("warn", "a spec lies where specs are looked for, and no pattern of `specs` means it"),
    "unchecked-variant": ("warn", "a spec has variants that are not checked"),
    "declared": ("info", "what a layer costs is declared by the spec, not derived"),
    "more-declared": ("error", "more of a network is declared than at the base, or is declared to cost less"),
    "hollow-network": (
        "error",
        "nothing that is derived costs anything, so that limits judge nothing",
    ),
    "expired-waiver": ("error", "the time of a waiver is over"),
    "long-waiver": ("error", "a waiver holds longer than any may"),
    "waiver-due": ("warn", "the time of a waiver is over within 14 days"),
    "unused-waiver": ("warn", "a waiver waives nothing"),
    "stale-baseline": ("info", "the baseline accepts more than there is to accept"),
}
"""What the gate itself complains about, besides the findings: name -> its level, and what it means."""


WATCHING = ("moving-base", "gone-spec", "lost-budget", "loosened", "more-declared", "moved-cost")
"""Those that watch what a change does to the gate: it cannot make them milder for itself."""

WAIVABLE = (
    "gone-spec",
    "lost-budget",
    "declared",
    "more-declared",
    "hollow-network",
    "unchecked-variant",
    "moved-cost",
)
"""Those of them that are about a network, so that a waiver may accept them, as it does findings."""


def at_least(level: Level, other: Level) -> bool:
    """Whether a level is as bad as another, or worse.

    >>> at_least("error", "warn"), at_least("info", "warn")
    (True, False)
    """
    return LEVELS.index(level) >= LEVELS.index(other)


class LimitResult(Record):
    """One limit, and what was measured.

    Attributes:
        budget: what is limited and how: `max_macs`, `min_field`.
        scope: the part of the network it is about, a block's path or `kind conv`; null for the whole.
        axis: the spatial axis it is about, `height`; null if it is about all of them, or there are none.
        level: of the finding if it is broken.
        unit: what the three numbers count: things, bytes, or shares of 1.
        measured: the number; null if the network has none, or not for sure.
        limit: what it may be at most, or at least; null if it is relative to a base that is not there.
        base: the number at the base; null without one.
        text: the limit as written, `4.2G` or `+5%`.
        set_at: where, `archcost.yaml:7:15` or `--max-macs`.
        kept: whether it holds; null if that could not be judged.
        fingerprint: of the complaint that it is broken, or could not be judged; null without one. Limits of
            several levels may share one.
    """

    budget: str
    scope: str | None
    axis: str | None
    level: Level
    unit: Literal["count", "bytes", "share"]
    measured: int | float | None
    limit: int | float | None
    base: int | float | None
    text: str
    set_at: str
    kept: bool | None
    fingerprint: str | None

    @property
    def waits(self) -> bool:
        """Whether it is not judged for want of a base."""
        return self.kept is None and self.limit is None

    @property
    def is_maximum(self) -> bool:
        """Whether the limit is a maximum, not a minimum."""
        return self.budget.startswith("max_")

    @property
    def missed(self) -> int | float:
        """How far the number is from its limit; what is not there is 0."""
        return abs((self.measured or 0) - (self.limit or 0))

    @property
    def of_scope(self) -> str:
        """The part of the network as a sentence has it: nothing, ` of stage.2`, ` of all conv layers`."""
        if self.scope is None:
            return ""
        kind = self.scope.removeprefix("kind ")
        return f" of {self.scope}" if kind == self.scope else f" of all {kind} layers"


class Violation(Finding):
    """Something that is wrong, or would be if nobody had agreed to it: a finding with a status.

    Attributes:
        rule: `budget`, the rule of a finding, or what is wrong with the gate's own files.
        level: how bad it is.
        node: path of a node or a group; null if it is about the network or about no network.
        file: the text it is about.
        line: where, from 1.
        column: where, from 1.
        message: what is wrong, with the numbers.
        details: more, by what it is: `limit` (and where it is set), `cause`, `heaviest`, `helps`.
        fingerprint: the same for the same complaint, wherever it moves in its file; baselines name it.
        state: `waived` and `baseline` do not fail the check.
        because: why it is not open: who waived it until when and why, or where the baseline has it.
        fails: whether the check fails because of it.
    """

    details: Mapping[str, str]
    fingerprint: str
    state: State
    because: str
    fails: bool

    @classmethod
    def of(cls, finding: Finding, fingerprint: str, details: Mapping[str, str] | None = None) -> Violation:
        """A finding that nobody has agreed to, so far, and that fails nothing."""
        own: dict[str, Any] = {field.name: getattr(finding, field.name) for field in fields(Finding)}
        details = details or {}
        return cls(**own, details=details, fingerprint=fingerprint, state="open", because="", fails=False)


class CheckedSpec(Record):
    """One network before the gate.

    Attributes:
        path: the file as the user named it.
        label: the path, with the variant or the settings it was read with.
        name: the network's.
        variant: the variant that was chosen, if any.
        measures: its numbers by name (`params`, `macs`, `peak`, `field` ...); null where it has none, or it
            is not known.
        base: the same at the base; null without one.
        causes: what changed since the base, and what that costs; empty without a base or a difference.
        declared: what the spec states rather than has derived: its `custom` layers.
        base_path: what the file was called at the base, if it had another name; null if not.
        limits: every limit that applies to it.
        complaints: what is wrong, in the order of the text.
    """

    path: str
    label: str
    name: str
    variant: str | None
    measures: Mapping[str, int | float | None]
    base: Mapping[str, int | float | None] | None
    causes: tuple[str, ...]
    declared: tuple[Declared, ...] = ()
    base_path: str | None = None
    limits: tuple[LimitResult, ...]
    complaints: tuple[Violation, ...]

    @property
    def fails(self) -> bool:
        """Whether the check fails because of it."""
        return any(one.fails for one in self.complaints)


class Against(Record):
    """What relative limits are relative to.

    Attributes:
        ref: as the user named it.
        commit: what that is, in full; empty if it could not be found.
    """

    ref: str
    commit: str


class Judgement(Record):
    """The outcome of a check.

    Attributes:
        failed: whether anything fails.
        fail_level: the level from which complaints fail.
        against: the base; null if there was none to ask for.
        rules: the rules every network was checked by; those that are off are missing.
        specs: the networks, in the order they were named.
        complaints: what is wrong with no network in particular: waivers, the baseline, the base.
    """

    failed: bool
    fail_level: Level
    against: Against | None
    rules: tuple[str, ...]
    specs: tuple[CheckedSpec, ...]
    complaints: tuple[Violation, ...]

    @property
    def all(self) -> tuple[Violation, ...]:
        """Every complaint: those about networks first."""
        return (*(one for spec in self.specs for one in spec.complaints), *self.complaints)

    def without(self, rule: str) -> Judgement:
        """The judgement as it is once a remark about the gate is taken care of."""
        complaints = tuple(one for one in self.complaints if one.rule != rule)
        failed = any(one.fails for one in complaints) or any(spec.fails for spec in self.specs)
        return replace(self, complaints=complaints, failed=failed)

    def count(self, level: Level) -> int:
        """How many open complaints have that level."""
        return sum(one.level == level for one in self.all if one.state == "open")

    def accepted(self, state: State) -> int:
        """How many complaints are in that state."""
        return sum(one.state == state for one in self.all)
