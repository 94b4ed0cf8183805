"""The gate from Python: what the command line asks for, in one call."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.config.bounds import BOUNDS
from archcost.config.configuration import Overrides
from archcost.config.outside import refuse_file
from archcost.config.read import budgets_of_flag, find_config, read_config
from archcost.config.selection import SelectedSpec, select_specs
from archcost.errors import UsageError
from archcost.gate.baseline import Baseline
from archcost.gate.baseline import read as read_baseline
from archcost.gate.gate import Gate
from archcost.limits import DEFAULT
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.config.configuration import Config
    from archcost.limits import Limits
    from archcost.results.judgement import Judgement
    from archcost.results.report import Level


def check(
    *specs: str | Path,
    config: str | Path | None = None,
    budgets: Mapping[str, str | int | Sequence[str | int]] | None = None,
    against: str | None = None,
    fail_level: Level | None = None,
    today: dt.date | None = None,
) -> Judgement:
    """Networks beside their budgets, with all that is wrong with them.

    Args:
        specs: files, globs and zoo names; without any, the specs of the configuration.
        config: the file that has the configuration; without one, the nearest is looked for.
        budgets: limits by name, `{"max_macs": "4.2G"}`, in place of those the configuration has for networks.
        against: the git revision that relative limits are relative to.
        fail_level: the level from which complaints fail.
        today: the day by which waivers are judged.

    Raises:
        SpecError: a spec or the configuration is wrong.
        UsageError: there is no such limit, or nothing to check.
        NothingToAnalyzeError: a pattern matches nothing.

    >>> found = check("zoo:resnet50", budgets={"max_macs": "4G"})
    >>> found.failed, found.specs[0].complaints[0].message
    (True, 'MACs are 4.089 G, 89.18 M (2.2 %) over the limit of 4.000 G')
    """
    settled = configured(config, against=against, fail_level=fail_level, budgets=_texts(budgets or {}))
    names = [str(spec) for spec in specs]
    gate = Gate(settled, today or dt.date.today(), accepted(settled))  # noqa: DTZ011 - the user's day
    flags = [SelectedSpec(path="")]
    return gate.judge(select_specs(names, flags, settled), is_whole=not names, patterns=names, flags=flags)


def _texts(budgets: Mapping[str, str | int | Sequence[str | int]]) -> dict[str, list[str]]:
    """Limits as flags have them.

    Raises:
        UsageError: there is no such limit.
    """
    for key in budgets:
        if key not in BOUNDS:
            near = suggest(key, BOUNDS) or f"; there are {', '.join(BOUNDS)}"
            raise UsageError(f"there is no limit '{key}'{near}")
    several = {key: [given] if isinstance(given, str | int) else given for key, given in budgets.items()}
    return {key: [str(one) for one in limits] for key, limits in several.items()}


def configured(  # noqa: PLR0913 - one for everything that can be said in place of the configuration
    file: str | Path | None,
    *,
    budgets: Mapping[str, Sequence[str]],
    against: str | None = None,
    fail_level: Level | None = None,
    dtype: str | None = None,
    baseline: str | None = None,
    limits: Limits = DEFAULT,
) -> Config:
    """The configuration in a file, or the nearest one, with what flags put in its place.

    Raises:
        ArchcostError: the file or a limit cannot be read.
    """
    if against is not None and not against.strip():
        raise UsageError("against is empty; name a commit, a branch or a tag, or leave it out")
    path = Path(file) if file else find_config(Path.cwd())
    if path and not file:
        refuse_file(path, path.parent)
    config = read_config(path, limits)
    if config.baseline:
        refuse_file(config.baseline, config.folder)
    of_flags = [
        budget for key, texts in budgets.items() for text in texts for budget in budgets_of_flag(key, text)
    ]
    overrides = Overrides(
        against=against,
        fail_level=fail_level,
        dtype=dtype,
        baseline=Path(baseline) if baseline else None,
        budgets=tuple(of_flags),
        limits=limits,
    )
    return config.settled(overrides)


def accepted(config: Config) -> Baseline:
    """The baseline of a configuration; an empty one if it has none.

    Raises:
        UsageError: it cannot be read.
        SpecError: it holds something else.
    """
    file = config.baseline
    return Baseline(str(file), read_baseline(file)) if file else Baseline()
