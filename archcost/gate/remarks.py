"""What is wrong with the gate itself and not with a network: where it does not judge, it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.gate.judge import parts
from archcost.report.lookup import some
from archcost.source import Place, Source
from archcost.suggest import suggest
from archcost.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.gate.baseline import Baseline
    from archcost.gate.bases import Base
    from archcost.gate.config import Budget, Config
    from archcost.gate.entries import Entry
    from archcost.gate.model import CheckedSpec
    from archcost.review.measured import Subject


class Remark(NamedTuple):
    """One of them: the rule it breaks (see `GATE_RULES`), what is wrong, and where."""

    rule: str
    message: str
    place: Place


def nowhere(config: Config) -> Place:
    """What a remark is about that no line of a file is responsible for."""
    return Place(Source(config.file or "archcost.yaml"))


def about_base(config: Config, base: Base | None, specs: Sequence[CheckedSpec]) -> Iterator[Remark]:
    """Relative limits that wait for a base that is not there, or was not asked for."""
    waiting = sum(one.waits for spec in specs for one in spec.limits)
    relative = (
        f"{waiting} relative limit{'s are' if waiting != 1 else ' is'} not judged, only absolute ones are"
    )
    if base and base.missing:
        so = relative if waiting else "no limit is relative, so all of them are judged"
        yield Remark("missing-base", f"no base: {base.missing}; {so}", nowhere(config))
    elif waiting and not base:
        how = "name a base by --against REF, or `against` in the configuration"
        yield Remark("missing-base", f"{relative}: {how}", nowhere(config))


def about_budgets(
    config: Config, checked: Sequence[tuple[Entry, Subject]], others: Sequence[Entry]
) -> Iterator[Remark]:
    """Budgets that hold for nothing: a typo there would pass for a budget that is kept.

    Args:
        config: the budgets.
        checked: the specs that were checked.
        others: those of the configuration that were not, and may have what a budget is about.
    """
    said: set[tuple[object, ...]] = set()
    for budget in config.budgets:
        about = (budget.match, budget.variants, budget.block, budget.kind)
        if about in said:
            continue
        said.add(about)
        meant = [subject for one, subject in checked if config.applies(budget, one.path, one.variant)]
        if not (meant or config.specs) or any(True for subject in meant for _ in parts(budget, subject)):
            continue  # without a list of specs, it may be for one that is named another time
        if not any(config.applies(budget, one.path, one.variant) for one in others):
            yield Remark("unused-budget", _unused(budget, meant), budget.place or nowhere(config))


def _unused(budget: Budget, meant: Sequence[Subject]) -> str:
    """Why a budget holds for nothing."""
    if not meant:
        which = [f"matches {', '.join(budget.match)}"] * bool(budget.match)
        ways = ["as it stands" if one is None else f"as variant {one}" for one in budget.variants]
        which += [f"is read {' or '.join(ways)}"] * bool(ways)
        return f"no spec that is checked {' and '.join(which)}, so this budget holds for none"
    reports = [one.report for one in meant]
    if budget.kind is not None:
        what, known = f"layer of kind '{budget.kind}'", [row.kind for one in reports for row in one.nodes]
    else:
        what, known = f"block '{budget.block}'", [group.path for one in reports for group in one.groups]
    is_one = len({one.path for one in reports}) == 1
    where = reports[0].name if is_one else f"any of the {len(meant)} networks"
    names = list(dict.fromkeys(known))
    near = suggest(budget.kind or budget.block or "", names) or f" (it has {some(names)})" * (len(meant) == 1)
    return f"there is no {what} in {where}{near}, so this budget holds for nothing"


def about_baseline(
    config: Config, baseline: Baseline, labels: Sequence[str], *, is_whole: bool
) -> Iterator[Remark]:
    """What the baseline accepts without need; `labels` are those of the specs that were checked."""
    unmet = baseline.fixed if is_whole else []
    fixed = sum(one.is_about(labels) for one in unmet)
    gone, better = len(unmet) - fixed, len(baseline.better)
    if unmet or better:
        few = [f"{fixed} {'is' if fixed == 1 else 'are'} fixed"] * bool(fixed)
        few += [f"{better} {'has' if better == 1 else 'have'} a better number by now"] * bool(better)
        few += [f"{gone} {'is' if gone == 1 else 'are'} about specs that are not checked any more"] * bool(
            gone
        )
        text = f"of the complaints that it accepts, {in_a_row(few)}"
        place = Place(Source(baseline.file)) if baseline.file else nowhere(config)
        yield Remark("stale-baseline", f"{text}; `archcost check --ratchet` makes sure it stays so", place)
