"""What is wrong with the gate itself and not with a network: where it does not judge, it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.config.listing import unlisted
from archcost.config.patterns import matches_spec
from archcost.gate.judge import parts
from archcost.source import Place, Source
from archcost.words.suggest import suggest
from archcost.words.wording import few_of, in_a_row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.config.configuration import Budget, Config
    from archcost.config.selection import SelectedSpec
    from archcost.gate.baseline import Baseline
    from archcost.gate.bases import Base
    from archcost.results.judgement import CheckedSpec


class ConfigProblem(NamedTuple):
    """One of them.

    Attributes:
        rule: that it breaks, one of `GATE_RULES`.
        message: what is wrong.
        place: where.
        about: the specs it is about, by path and variant, so that waivers may accept it, one for each.
        subject: what it is about, if one place may have several: without numbers, names of revisions and
            whatever else may be another one when the next change is checked. Its fingerprint is made of it.
    """

    rule: str
    message: str
    place: Place
    about: tuple[tuple[str, str | None], ...] = ()
    subject: tuple[object, ...] = ()


def nowhere(config: Config) -> Place:
    """Where a problem is that no line of a file is responsible for."""
    return Place(Source(config.file or "archcost.yaml"))


def about_base(
    config: Config, base: Base | None, specs: Sequence[CheckedSpec], *, has_drifted: bool
) -> Iterator[ConfigProblem]:
    """Relative limits that wait for a base that is not there, was not named, or is what is checked."""
    waiting = sum(one.waits for spec in specs for one in spec.limits)
    relative = (
        f"{waiting} relative limit{'s are' if waiting != 1 else ' is'} not judged, only absolute ones are"
    )
    if base and base.missing:
        so = relative if waiting else "no limit is relative, so all of them are judged"
        rule = "no-base-yet" if base.is_first else "missing-base"
        so += "" if base.is_first else "; specs that are gone, and what is loosened, are not noticed"
        yield ConfigProblem(rule, f"no base: {base.missing}; {so}", nowhere(config))
    elif waiting and not base:
        how = "name a base by --against REF, or `against` in the configuration"
        yield ConfigProblem("missing-base", f"{relative}: {how}", nowhere(config))
    elif base and base.is_head and not has_drifted and _is_all_equal(specs):
        text = (
            f"{base.name} is what is checked out, and no network differs from it; no relative limit can fail"
        )
        yield ConfigProblem("self-base", text, nowhere(config))


def _is_all_equal(specs: Sequence[CheckedSpec]) -> bool:
    """Whether networks have limits that are relative, and are what they were."""
    relative = [one for spec in specs for one in spec.limits if one.base is not None]
    is_kept = bool(relative) and all(one.kept is not False for one in relative)
    return is_kept and all(spec.base == spec.measures for spec in specs if spec.base)


def about_judged(
    config: Config,
    checked: Sequence[tuple[SelectedSpec, Facts]],
    specs: Sequence[CheckedSpec],
    new: Collection[str],
) -> Iterator[ConfigProblem]:
    """Networks that no limit was judged of and that expect nothing: of these, a check says hardly anything.

    Args:
        config: the levels of the rules.
        checked: how each network is read, and the network.
        specs: what was said of each.
        new: labels of those that have no base so far.
    """
    expects = config.rules.get("expectation") != "off"
    silent = [
        (entry, spec)
        for (entry, facts), spec in zip(checked, specs, strict=True)
        if not (expects and facts.network.expectations) and all(one.waits for one in spec.limits)
    ]
    # Networks of the zoo ship with archcost: there is no change to them that a limit would have to notice.
    unjudged = [spec for entry, spec in silent if not entry.path.startswith("zoo:")]
    waiting = [spec for spec in unjudged if spec.limits and spec.label in new]
    if len(silent) == len(specs) and len(waiting) < len(unjudged):
        none = "" if config.file else " (no configuration was found)"
        text = f"no limit was judged{none}, and no spec expects anything; {_LIMITS}"
        yield ConfigProblem("nothing-judged", text, nowhere(config))
    elif without := [spec.label for spec in unjudged if not spec.limits]:
        has = "has" if len(without) == 1 else "have"
        yield ConfigProblem(
            "unlimited", f"{few_of(without)} {has} no limit; only findings can fail there", nowhere(config)
        )


_LIMITS = (
    "give limits as flags (--max-macs 4G) or as `budgets` in archcost.yaml, or write `expect` into the spec; "
    "for findings alone, set `rules: {nothing-judged: off}`"
)


def about_budgets(
    config: Config, checked: Sequence[tuple[SelectedSpec, Facts]], others: Sequence[SelectedSpec]
) -> Iterator[ConfigProblem]:
    """Budgets that hold for nothing: a typo there would pass for a budget that is kept.

    Args:
        config: the budgets.
        checked: the specs that were checked.
        others: those of the configuration that were not, and may have what a budget is about.
    """
    said: set[tuple[object, ...]] = set()
    for budget in config.budgets:
        about = _scope(budget)
        if about in said:
            continue
        said.add(about)
        yield from _about_lists(budget, config, [one for one, _ in checked], others)
        meant = [facts for one, facts in checked if config.applies(budget, one.path, one.variant)]
        if not (meant or config.specs) or any(True for facts in meant for _ in parts(budget, facts)):
            continue  # without a list of specs, it may be for one that is named another time
        if not any(config.applies(budget, one.path, one.variant) for one in others):
            place = budget.place or nowhere(config)
            yield ConfigProblem("unused-budget", _unused(budget, meant), place, subject=about)


def _scope(budget: Budget) -> tuple[object, ...]:
    return budget.match, budget.variant, budget.block, budget.kind


def _about_lists(
    budget: Budget, config: Config, checked: Sequence[SelectedSpec], others: Sequence[SelectedSpec]
) -> Iterator[ConfigProblem]:
    """Patterns and variants of a budget that mean nothing, beside others that do."""
    if not config.specs:
        return
    known = [one for one in (*checked, *others) if config.applies(budget, one.path, one.variant)]
    if not known:
        return  # the budget as a whole means nothing
    place = budget.place or nowhere(config)
    for pattern in budget.match if len(budget.match) > 1 else ():
        if not any(matches_spec(pattern, one.path, config.folder) for one in known):
            text = f"no spec that is checked matches {pattern}, which this budget lists beside others"
            yield ConfigProblem("unused-budget", text, place, subject=(*_scope(budget), "match", pattern))
    for variant in budget.variant if len(budget.variant) > 1 else ():
        if all(one.variant != variant for one in known):
            how = "as it stands" if variant is None else f"as variant {variant}"
            text = f"no spec that this budget matches is checked {how}, which it lists beside others"
            yield ConfigProblem("unused-budget", text, place, subject=(*_scope(budget), "variant", variant))


def about_unlisted(config: Config, known: Sequence[SelectedSpec]) -> Iterator[ConfigProblem]:
    """Specs that lie among those that are checked, and are not."""
    if found := unlisted(config, {one.path for one in known if one.is_file}):
        are, it = ("is a spec", "it") if len(found) == 1 else ("are specs", "each")
        text = f"{few_of(found)} {are} that no pattern of `specs` matches; list {it}, or exclude {it}"
        yield ConfigProblem("unlisted-spec", text, nowhere(config))


_CHECK_VARIANTS = (
    "list the file without a variant under `specs`, with `variants: all`, or name each by --variant"
)


def about_variants(
    checked: Sequence[tuple[SelectedSpec, Facts]], others: Sequence[SelectedSpec]
) -> Iterator[ConfigProblem]:
    """Variants of specs that nobody checks. Those of the zoo are networks with names of their own."""
    read: dict[str, set[str | None]] = {}
    for one in (*(entry for entry, _ in checked), *others):
        read.setdefault(one.path, set()).add(one.variant)
    for path, (entry, facts) in {one.path: (one, facts) for one, facts in checked}.items():
        missing = [name for name in facts.network.variants if name not in read[path]]
        if missing and not path.startswith("zoo:"):
            which = f"variant{'s' * (len(missing) > 1)} {few_of(missing)}"
            text = f"its {which} {'are' if len(missing) > 1 else 'is'} not checked; {_CHECK_VARIANTS}"
            yield ConfigProblem("unchecked-variant", text, Place(Source(path)), ((path, entry.variant),))


def _unused(budget: Budget, meant: Sequence[Facts]) -> str:
    """Why a budget holds for nothing."""
    if not meant:
        which = [f"matches {', '.join(budget.match)}"] * bool(budget.match)
        ways = ["as it stands" if one is None else f"as variant {one}" for one in budget.variant]
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
    near = suggest(budget.kind or budget.block or "", names) or f" (it has {few_of(names)})" * (
        len(meant) == 1
    )
    return f"there is no {what} in {where}{near}, so this budget holds for nothing"


def about_baseline(
    config: Config, baseline: Baseline, labels: Sequence[str], *, is_whole: bool
) -> Iterator[ConfigProblem]:
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
        yield ConfigProblem(
            "stale-baseline", f"{text}; `archcost check --ratchet` makes sure it stays so", place
        )
