"""What a change took out of the gate: limits that are wider than at the base, waivers, levels, the baseline.

Limits are compared by what they allow each network, not by how they are written: a budget that is edited, a
pattern that no longer matches, a block or a file with another name come to the same.
"""

from __future__ import annotations

from collections.abc import Iterable  # noqa: TC003 - a field of a tuple
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from archcost.config.patterns import is_glob
from archcost.findings import RULES
from archcost.findings.expectation import numbers, spread
from archcost.gate.config_problems import ConfigProblem, nowhere
from archcost.gate.judge import judge, raw_limit
from archcost.gate.waivers import granted
from archcost.results.judgement import GATE_RULES, LEVELS
from archcost.source import Place, Source
from archcost.windows.window import show, size
from archcost.words.wording import few_of, in_a_row, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.analysis.facts import Facts
    from archcost.config.config_file import Waiver
    from archcost.config.configuration import Budget, Config
    from archcost.config.selection import SelectedSpec
    from archcost.gate.baseline import Accepted
    from archcost.gate.judge import Applied
    from archcost.network import Expectation
    from archcost.results.report import Level


class CheckedPair(NamedTuple):
    """A network that is checked, and what it was.

    Attributes:
        entry: how it is read.
        label: what readers call it.
        facts: the network.
        before: how it was read at the base.
        base: the network there.
        found: its limits.
    """

    entry: SelectedSpec
    label: str
    facts: Facts
    before: SelectedSpec
    base: Facts
    found: Sequence[Applied]


class Loss(NamedTuple):
    """One thing that is wider for a network: the rule it breaks, what it is, and where that is decided.

    `subject` is what is wider, without how much.
    """

    rule: str
    text: str
    place: Place
    subject: str


def about_limits(
    pairs: Iterable[CheckedPair], now: Config, then: Config, base: str
) -> Iterator[ConfigProblem]:
    """Limits that allow more than they did, each with the networks it is about."""
    found: dict[Loss, list[CheckedPair]] = {}
    for pair in pairs:
        for loss in _losses(pair, now, then):
            found.setdefault(loss, []).append(pair)
    for loss, several in found.items():
        text = f"{loss.text} at {base}, for {few_of([_called(pair, now) for pair in several])}"
        about = tuple((pair.entry.path, pair.entry.variant) for pair in several)
        yield ConfigProblem(loss.rule, text, loss.place, about, (loss.subject,))


def _called(pair: CheckedPair, config: Config) -> str:
    """What readers call a network, and what its file was called if that had another name."""
    was = pair.before.path != pair.entry.path
    return pair.label + f" (which was {replace(pair.before, variant=None).label(config)})" * was


def _losses(pair: CheckedPair, now: Config, then: Config) -> Iterator[Loss]:
    budgets = [b for b in then.budgets if then.applies(b, pair.before.path, pair.before.variant)]
    old = list(judge(budgets, pair.base, pair.base, then.dtype))
    yield from _inputs(pair)
    yield from _expectations(pair)
    if old and not (pair.found or pair.facts.network.expectations):
        keys = in_a_row(dict.fromkeys(one.budget for _, one in old))
        yield Loss("lost-budget", f"no limit holds any more; {keys} did", nowhere(now), "limits")
        return
    for key in dict.fromkeys(map(_about, old)):
        before, after = ([one for one in side if _about(one) == key] for side in (old, pair.found))
        if loss := _loss(before, after, pair, now, then):
            yield loss


def _about(applied: Applied) -> tuple[object, ...]:
    """What limits have in common that can be compared."""
    budget, result = applied
    return result.budget, result.scope, result.axis, budget.limit.is_relative


def _loss(
    before: Sequence[Applied],
    after: Sequence[Applied],
    pair: CheckedPair,
    now: Config,
    then: Config,
) -> Loss | None:
    """What is wider about the limits of one thing: the strictest counts, an error's before a warning's."""
    for level in ("error", "warn"):
        was = _strictest((one for one in before if one[0].level == level), then.dtype)
        if was is None:
            continue
        new = _strictest((one for one in after if level == "warn" or one[0].level == "error"), now.dtype)
        if new and not _is_wider(new, now.dtype, was, then.dtype):
            continue
        (budget, result), text = was, was[1].text
        what = f"{result.budget}{result.of_scope}{f' in {result.axis}' if result.axis else ''}"
        if new:
            dtypes = f" ({now.dtype}, and was {then.dtype})" if then.dtype != now.dtype else ""
            same = dtypes if new[1].text == text else ""
            place = new[0].place or nowhere(now)
            return Loss("loosened", f"{what} is {new[1].text} now{same}, and was {text}", place, what)
        if weaker := _strictest(after, now.dtype):
            place = weaker[0].place or nowhere(now)
            return Loss("loosened", f"{what} only warns now, and {text} was an error", place, what)
        rule = _rule_of_lost(budget, pair, now, then)
        return Loss(rule, f"{what} has no limit now, and was {text}", nowhere(now), what)
    return None


def _rule_of_lost(budget: Budget, pair: CheckedPair, now: Config, then: Config) -> str:
    """Whether a limit was taken out, where a review sees it, or something slipped away from under it."""
    scopes = {(one.key, one.block, one.kind) for one in now.budgets}
    if budget.block is not None and (budget.key, budget.block, budget.kind) in scopes:
        left = [one for one, _ in pair.found if one.block == budget.block]
        return "loosened" if is_glob(budget.block) and left else "lost-budget"
    still = then.applies(budget, pair.entry.path, pair.entry.variant)
    return "loosened" if still else "lost-budget"


def _strictest(found: Iterable[Applied], dtype: str) -> Applied | None:
    """Of limits of one thing, the one that allows least; the first of several."""
    known = [one for one in found if one[1].limit is not None]
    best = next(iter(known), None)
    for one in known:
        if best and _is_wider(best, dtype, one, dtype):
            best = one
    return best


def _is_wider(one: Applied, dtype: str, other: Applied, other_dtype: str) -> bool:
    """Whether a limit allows what the other does not."""
    a, b = raw_limit(one[1], dtype), raw_limit(other[1], other_dtype)
    return a > b if one[1].is_maximum else a < b


def _inputs(pair: CheckedPair) -> Iterator[Loss]:
    """An input that is smaller: everything costs less then, so a limit leaves room that it did not."""
    inputs = pair.facts.network.inputs
    old, names = pair.base.network.inputs, {one.path for one in inputs}
    by_name = {one.path: one for one in old}
    for index, now in enumerate(inputs):
        # One that has another name takes the place of one that is gone.
        same = old[index] if index < len(old) and old[index].path not in names else None
        was = by_name.get(now.path, same)
        if was is not None and size(now.output) < size(was.output):
            name = now.path + f" (which was {was.path})" * (was.path != now.path)
            text = f"input {name} is {show(now.output)} now, which costs less, and was {show(was.output)}"
            yield Loss("loosened", text, Place(Source(pair.entry.path)), f"input {now.path}")


# -- expectations -------------------------------------------------------------------------------------------


def _expectations(pair: CheckedPair) -> Iterator[Loss]:
    """What a spec expected of itself, and no longer does, or only of something dearer."""
    before, after = (_by_name(one.network.expectations) for one in (pair.base, pair.facts))
    place = Place(Source(pair.entry.path))
    if lost := [f"{what} of {path or 'the network'}" for path, what in before if (path, what) not in after]:
        yield Loss("loosened", f"the spec no longer expects {few_of(lost)}, and did", place, "expect")
    for key, was in before.items():
        now = after.get(key)
        if now is not None and _expects_less(was, now):
            text = f"expected {now.what} of {now.path or 'the network'} is {now.text} now, and was {was.text}"
            yield Loss("loosened", text, now.place, f"{now.what} of {now.path}")


def _by_name(expectations: Iterable[Expectation]) -> dict[tuple[str, str], Expectation]:
    return {(one.path, one.what): one for one in expectations}


def _expects_less(was: Expectation, now: Expectation) -> bool:
    """Whether a network that cost more, or saw less, would be as it is expected to be now."""
    if was.what in {"params", "macs"}:
        return numbers(now)[0] + now.tolerance > numbers(was)[0] + was.tolerance
    if was.what in {"receptive_field", "coverage"}:
        rank = max(len(numbers(now)), len(numbers(was)))
        pairs = zip(spread(numbers(now), rank), spread(numbers(was), rank), strict=False)
        return any(a < b for a, b in pairs)
    return False


# -- what a configuration agrees to -------------------------------------------------------------------------


def about_config(now: Config, then: Config, base: str) -> Iterator[ConfigProblem]:
    """Levels that are milder, waivers that are new or allow more, and everything else that fails less."""
    for text in (*_levels(now, then), *_words(now, then)):
        # Each begins with the word of the configuration that it is about.
        subject = (text.partition(" ")[0],)
        yield ConfigProblem("loosened", f"{text} at {base}", nowhere(now), subject=subject)
    old = {waiver.about: waiver for waiver in then.waivers}
    for waiver in now.waivers:
        if more := _more(waiver, old.get(waiver.about)):
            limit = f" up to {waiver.limit.text}," if waiver.limit else ""
            what = f"{waiver.budget or waiver.rule} is waived now, and {more} at {base}"
            text = f"{what}:{limit} {granted(waiver)}"
            yield ConfigProblem("loosened", text, waiver.place, subject=waiver.about)


def _levels(now: Config, then: Config) -> Iterator[str]:
    for rule in dict.fromkeys([*now.rules, *then.rules]):
        was, new = (_level(rule, config) for config in (then, now))
        if _ORDER.index(new) < _ORDER.index(was):
            yield f"{rule} is {_said(rule, now)} now, and was {_said(rule, then)}"
    if LEVELS.index(now.fail_level) > LEVELS.index(then.fail_level):
        yield f"fail_level is {now.fail_level} now, and was {then.fail_level}"


_ORDER = ("off", *LEVELS)


def _level(rule: str, config: Config) -> str:
    """The worst level at which a rule reports."""
    if rule in config.rules:
        return config.rules[rule]
    if rule in GATE_RULES:
        return GATE_RULES[rule][0]
    levels: tuple[Level, ...] = RULES[rule].levels
    return max(levels, key=LEVELS.index)


def _said(rule: str, config: Config) -> str:
    return config.rules.get(rule) or f"{_level(rule, config)} by default"


def _words(now: Config, then: Config) -> Iterator[str]:
    if now.waiver_days > then.waiver_days:
        yield f"waiver_days is {now.waiver_days} now, and was {then.waiver_days}"
    if then.all_variants and not now.all_variants:
        yield "variants is listed now, and was all"
    if added := [one for one in now.exclude if one not in then.exclude]:
        yield f"exclude lists {few_of(added)}, and did not"


def _more(waiver: Waiver, was: Waiver | None) -> str:
    """How much less was waived; empty if that was as much."""
    if was is None:
        return "was not"
    less = [f"until {was.expires}"] * (waiver.expires > was.expires)
    if waiver.limit and was.limit and _allows_more(waiver, was):
        less += [f"up to {was.limit.text}"]
    return f"was {in_a_row(less)}" if less else ""


def _allows_more(waiver: Waiver, was: Waiver) -> bool:
    assert waiver.limit  # noqa: S101 - the caller looked
    assert was.limit  # noqa: S101 - likewise
    (new, unit), (old, other) = waiver.limit.amount, was.limit.amount
    is_minimum = (waiver.budget or "").startswith("min_")
    return unit != other or (new < old if is_minimum else new > old)


def about_baseline(
    now: Mapping[str, Accepted], then: Mapping[str, Accepted], file: str, base: str
) -> Iterator[ConfigProblem]:
    """Complaints that a baseline accepts, and did not, or only with a better number."""
    new = [one for name, one in now.items() if name not in then]
    worse = [one for name, one in now.items() if name in then and not then[name].covers(one.value)]
    for several, what in ((new, "that it did not accept"), (worse, "with a worse number than it did")):
        if several:
            listed = few_of([f"{one.what} of {one.about}" for one in several])
            text = f"the baseline accepts {plural(len(several), 'complaint')} {what} at {base}: {listed}"
            place = Place(Source(file), several[0].line or 1)
            yield ConfigProblem("loosened", text, place, subject=(what,))
