"""What a network states about itself rather than having it derived: no limit can judge that."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archcost.results.report import COUNTS, Finding
from archcost.words.numbers import si
from archcost.words.wording import few_of, in_a_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.results.report import Declared, NodeRow


def findings(facts: Facts, base: Facts | None, ref: str) -> Iterator[Finding]:
    """What is declared, how much more of it than at the base, and whether anything else costs something."""
    by_place: dict[tuple[str, int, int], list[Declared]] = {}
    for one in facts.report.declared:
        by_place.setdefault((one.file, one.line, one.column), []).append(one)
    for several in by_place.values():
        yield _finding("declared", several, _listed(several))
    if base is not None:
        yield from _more(facts, base, ref)
    yield from _hollow(facts)


def _finding(rule: str, about: Sequence[Declared], message: str) -> Finding:
    first = about[0]
    return Finding(
        rule=rule,
        level="info",  # the gate has its own
        node=first.node,
        file=first.file,
        line=first.line,
        column=first.column,
        message=message,
    )


def _listed(several: Sequence[Declared]) -> str:
    """The layers of one item, however often it is repeated."""
    costs = Counter(map(_cost, several))
    each = " each" * (len(several) > 1)
    stated = (
        in_a_row(f"{params} and {macs}" for params, macs in costs) if len(costs) == 1 else "costs that differ"
    )
    who = "" if len(several) == 1 else f" ({few_of([one.node for one in several])})"
    what = "a layer is" if len(several) == 1 else f"{len(several)} layers are"
    return f"{what} declared, not derived{who}: {stated}{each} ({several[0].reason})"


def _cost(one: Declared) -> tuple[str, str]:
    params, macs = _numbers(one)
    return f"{si(params)} parameters", f"{si(macs)} MACs"


def _numbers(one: Declared) -> tuple[int, int]:
    params, macs = one.declared.get("params"), one.declared.get("macs")
    return (params if isinstance(params, int) else 0, macs if isinstance(macs, int) else 0)


def _more(facts: Facts, base: Facts, ref: str) -> Iterator[Finding]:
    """Layers that were derived, or not there, and declared ones that are said to cost less."""
    old = {one.node: one for one in base.report.declared}
    known = [one for one in facts.report.declared if one.node in old]
    moved = Counter(_numbers(one) for name, one in old.items() if name not in {o.node for o in known})
    new: list[Declared] = []
    for one in facts.report.declared:
        if one.node in old:
            continue
        if moved[_numbers(one)]:
            moved[_numbers(one)] -= 1  # it has another name
        else:
            new.append(one)
    if new:
        whose = few_of([one.node for one in new])
        what = "is a declared layer" if len(new) == 1 else f"are {len(new)} declared layers"
        less = _derived_less(facts, base)
        yield _finding("more-declared", new, f"{whose} {what} that {ref} does not have{less}")
    for one in known:
        if any(now < was for now, was in zip(_numbers(one), _numbers(old[one.node]), strict=True)):
            now, was = (in_a_row(_cost(which)) for which in (one, old[one.node]))
            yield _finding(
                "more-declared", [one], f"{one.node} is declared to have {now}, and had {was} at {ref}"
            )


def _derived_less(facts: Facts, base: Facts) -> str:
    """By how much what is derived has shrunk, as the end of a sentence; empty if it has not."""
    now, was = _derived(facts), _derived(base)
    if all(a >= b for a, b in zip(now, was, strict=True)):
        return ""
    params, macs = (f"{si(b)} to {si(a)}" for a, b in zip(now, was, strict=True))
    return f", while what is derived went from {macs} MACs and from {params} parameters"


def _derived(facts: Facts) -> tuple[int, int]:
    """Parameters and MACs of the layers that are not declared."""
    stated = {one.node for one in facts.report.declared}
    rows = [row for row in facts.report.nodes if row.path not in stated]
    return sum(row.params for row in rows), sum(row.macs for row in rows)


def _costs(row: NodeRow) -> bool:
    """Whether a layer has anything that is counted, beside its output."""
    return any(getattr(row, name) for name in COUNTS if name not in {"activations", "memory_access"})


def _hollow(facts: Facts) -> Iterator[Finding]:
    """Whether limits have nothing to judge but what the spec says itself."""
    report = facts.report
    if any(_derived(facts)) or (not report.declared and any(_costs(row) for row in report.nodes)):
        return
    if report.declared:
        what = "every layer with a weight or a MAC is declared, so limits judge what the spec says of itself"
    else:
        what = "no layer costs anything, so there is nothing for limits to judge"
    yield Finding(
        rule="hollow-network", level="info", node=None, file=report.path, line=1, column=1, message=what
    )
