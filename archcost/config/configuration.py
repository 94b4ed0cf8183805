"""The configuration of a project: `archcost.yaml`, or `[tool.archcost]` in pyproject.toml."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from archcost.config.patterns import matches_spec
from archcost.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.analysis.measures import Measure
    from archcost.config.amounts import Limit
    from archcost.config.config_file import SpecPattern, Waiver
    from archcost.limits import Limits
    from archcost.results.report import Level
    from archcost.source import Place

WAIVER_DAYS = 366
"""How long a waiver may hold at most, unless the configuration says otherwise: a year."""


TABLE = ("tool", "archcost")
"""The part of a TOML file that is one."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One spatial axis of those a limit was given for."""

    index: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One limit of one measure.

    Attributes:
        match: patterns of the specs it holds for; none for every spec.
        variant: of those, the variants it holds for, None for the spec as it stands; empty for all of them.
        block: a pattern of the blocks it holds for, each by itself; None for the whole network.
        kind: the layers it holds for, together; None likewise.
        measure: what is limited: to a maximum if it is a cost, else to a minimum.
        axis: the spatial axis it holds for; None for every one.
        level: of the finding if it is broken.
        limit: what is allowed.
        place: where the limit is written; None if it was no file.
    """

    match: tuple[str, ...] = ()
    variant: tuple[str | None, ...] = ()
    block: str | None = None
    kind: str | None = None
    measure: Measure
    axis: Axis | None = None
    level: Literal["warn", "error"] = "error"
    limit: Limit

    @property
    def key(self) -> str:
        """What the limit is called: `max_macs`."""
        return self.measure.limit

    @property
    def place(self) -> Place | None:
        """Where the limit is written; None if it was no file."""
        return self.limit.place

    @property
    def set_at(self) -> str:
        """Where to change it: `archcost.yaml:7:15`, or the flag."""
        return str(self.place) if self.place else flag(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the command line says in place of a configuration; None for what it leaves to that.

    Attributes:
        against: the base.
        fail_level: the level from which a check fails.
        dtype: of weights and activations.
        baseline: the file of complaints that are known.
        budgets: limits for whole networks.
        limits: how large things may get.
    """

    against: str | None = None
    fail_level: Level | None = None
    dtype: str | None = None
    baseline: Path | None = None
    budgets: tuple[Budget, ...] = ()
    limits: Limits = DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that a project configures.

    Attributes:
        file: where it was read, as messages name it; None if there was no file.
        folder: what its paths are relative to.
        specs: what to check where no spec is named.
        exclude: patterns of files that no pattern of specs means.
        all_variants: whether a spec that is listed is checked as each of its variants, too.
        against: the base that relative limits are relative to.
        against_at: where the file names it; None if it names none.
        fail_level: the level from which a check fails.
        dtype: of weights and activations, for bytes.
        baseline: the file of complaints that are known already.
        waiver_days: how many days from today a waiver may hold at most.
        rules: the levels at which rules report, in place of their own.
        budgets: what networks may cost, a limit each.
        waivers: what was agreed to nevertheless.
        overrides: what the command line put in place of it.
    """

    file: str | None = None
    folder: Path = Path()
    specs: tuple[SpecPattern, ...] = ()
    exclude: tuple[str, ...] = ()
    all_variants: bool = True
    against: str | None = None
    against_at: Place | None = None
    fail_level: Level = "error"
    dtype: str = "float32"
    baseline: Path | None = None
    waiver_days: int = WAIVER_DAYS
    rules: Mapping[str, Level | Literal["off"]] = field(default_factory=dict[str, "Level | Literal['off']"])
    budgets: tuple[Budget, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    overrides: Overrides = Overrides()

    def settled(self, overrides: Overrides) -> Config:
        """The configuration with what the command line says in its place."""
        keys = {budget.key for budget in overrides.budgets}
        kept = [b for b in self.budgets if b.key not in keys or b.block or b.kind]
        return replace(
            self,
            against=overrides.against or self.against,
            fail_level=overrides.fail_level or self.fail_level,
            dtype=overrides.dtype or self.dtype,
            baseline=overrides.baseline or self.baseline,
            budgets=(*kept, *overrides.budgets),
            overrides=overrides,
        )

    def path_of(self, pattern: str) -> str:
        """A path or glob of the configuration, as the working folder sees it."""
        return pattern if pattern.startswith("zoo:") else os.path.normpath(self.folder / pattern)

    def excludes(self, spec: str) -> bool:
        """Whether no pattern of specs means a file, by the path the user named it."""
        return any(matches_spec(one, spec, self.folder) for one in self.exclude)

    def applies(self, entry: Budget | Waiver, spec: str, variant: str | None = None) -> bool:
        """Whether a budget or a waiver is for a spec, by the path the user named it, as this variant."""
        if entry.variant and variant not in entry.variant:
            return False
        return not entry.match or any(matches_spec(one, spec, self.folder) for one in entry.match)


def flag(key: str) -> str:
    """The flag of the command line for a limit.

    >>> flag("max_best_peak")
    '--max-best-peak'
    """
    return f"--{key.replace('_', '-')}"
