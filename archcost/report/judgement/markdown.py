"""A judgement as GitHub and GitLab render it: a job's summary, or a comment on a change.

What comes from a spec is text and stays text: no link, no picture, no HTML, and nobody is mentioned.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from archcost.escape import code, markdown
from archcost.report.formats.markdown import joined
from archcost.report.judgement.sentences import (
    NAMES,
    allowed,
    amount,
    amounts,
    are_accepted,
    are_open,
    change,
    subject,
    together,
    used,
    verdict,
    worst_first,
)
from archcost.results.judgement import LEVELS
from archcost.words.findings import about_all
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.judgement import CheckedSpec, Judgement, LimitResult, Violation

# A comment has room for 65,536 characters, a summary for more. The parts share what the frame leaves.
_COMPLAINTS, _NUMBERS, _CAUSES, _ACCEPTED, _SPECS = 24_000, 18_000, 6_000, 9_000, 5_000
_LONGEST = 600
"""Characters of one text; what a message quotes may be of any length."""
_ROWS = 20
"""Rows of the table that are not folded."""
MAIN = ("params", "macs", "peak", "field", "coverage")
"""Measures that are listed when they have changed, without a limit."""


def write(judgement: Judgement, options: WriteOptions) -> str:
    """The verdict, the numbers that changed or have a limit, why, and what is wrong; the rest folded."""
    blocks = [_head(judgement), *_numbers(judgement), _causes(judgement), _complaints(judgement)]
    if not options.quiet:
        blocks += [_accepted(judgement), _specs(judgement)]
    return joined(blocks)


def _head(judgement: Judgement) -> str:
    mark = "❌" if judgement.failed else "✅"
    return f"## {mark} archcost check {_text(verdict(judgement))}\n\n{_against(judgement)}".rstrip()


def _against(judgement: Judgement) -> str:
    if judgement.against is None:
        return ""
    ref = _code(judgement.against.ref)
    if not judgement.against.commit:
        return f"⚠️ The base {ref} is not there: nothing could be compared with it."
    commit = _code(judgement.against.commit[:12])
    named = judgement.against.ref == judgement.against.commit
    return f"Compared with {commit if named else f'{ref} ({commit})'}."


# -- numbers ------------------------------------------------------------------------------------------------


class NumberRow(NamedTuple):
    """One line of the table; `rank` says how near the top it belongs."""

    rank: int
    cells: tuple[str, ...]


_HEAD = (
    "| network | number | base | now | change | limit | used |\n| :-- | :-- | --: | --: | --: | --: | --: |"
)


def _numbers(judgement: Judgement) -> Iterator[str]:
    rows = sorted((row for spec in judgement.specs for row in _of(spec)), key=lambda row: row.rank)
    lines = ["| " + " | ".join(_text(cell, 80) for cell in row.cells) + " |" for row in rows]
    if not lines:
        return
    yield "\n".join([_HEAD, *lines[:_ROWS]])
    if rest := lines[_ROWS:]:
        shown, more = _fit(rest, _NUMBERS)
        yield _folded(plural(len(rest), "more number"), "\n".join([_HEAD, *shown]) + f"\n\n{more}")


def _of(spec: CheckedSpec) -> Iterator[NumberRow]:
    """The limits of a network, broken ones first, then what has changed without one."""
    complaints = {one.fingerprint: one for one in spec.complaints}
    for limit in spec.limits:
        yield NumberRow(_rank(limit), (spec.label, *_limit(limit, complaints.get(limit.fingerprint or ""))))
    limited = {limit.budget[4:] for limit in spec.limits if limit.scope is None}
    for name, base in (spec.base or {}).items():
        now = spec.measures.get(name)
        if name in MAIN and name not in limited and now != base:
            yield NumberRow(
                2,
                (
                    spec.label,
                    name,
                    *_difference(base, now, "share" if name == "coverage" else "count"),
                    "",
                    "",
                ),
            )


def _causes(judgement: Judgement) -> str:
    """What changed since the base, network by network."""
    lines = [f"- {_code(spec.label)}: {_text(cause)}" for spec in judgement.specs for cause in spec.causes]
    shown, more = _fit(lines, _CAUSES)
    return "\n".join(["What changed:", "", *shown]) + (f"\n\n{more}" if more else "") if lines else ""


def _rank(limit: LimitResult) -> int:
    """Broken, not judged, changed, all others."""
    if limit.kept is not True:
        return 0 if limit.kept is False else 1
    return 2 if limit.base not in {None, limit.measured} else 3


def _limit(limit: LimitResult, about: Violation | None) -> tuple[str, ...]:
    base, _, difference = _difference(limit.base, limit.measured, limit.unit)
    mark = "not judged" if limit.kept is None else "" if limit.kept else _mark(about)
    cells = subject(limit), base, amounts(limit)[0], difference, allowed(limit)
    return *cells, f"{used(limit)} {mark}".strip()


def _mark(about: Violation | None) -> str:
    if about is None or about.state == "open":
        return "❌" if about and about.fails else "⚠️"
    return about.state


def _difference(base: float | None, now: float | None, unit: str) -> tuple[str, str, str]:
    difference = "" if base is None or now is None else change(base, now, unit)
    return "" if base is None else amount(base, unit), amount(now, unit), difference


# -- complaints ---------------------------------------------------------------------------------------------


def _complaints(judgement: Judgement) -> str:
    entries = [_entry(several) for several in worst_first(judgement.all)]
    shown, more = _fit(entries, _COMPLAINTS)
    return "\n".join([*shown, *([f"\n{more}"] if more else [])])


def _entry(several: Sequence[Violation]) -> str:
    first = several[0]
    place = _code(f"{first.file}:{first.line}:{first.column}")
    lines = [f"- **{NAMES[first.level]}** {place} {_text(about_all(several))} ({_code(first.rule)})"]
    lines += [f"  - {_text(f'{label}: {text}')}" for label, text in first.details.items()]
    return "\n".join(lines)


def _accepted(judgement: Judgement) -> str:
    lines = together(are_accepted(judgement))
    entries = [f"{_entry(several)}\n  - {several[0].state}: {_text(several[0].because)}" for several in lines]
    if not entries:
        return ""
    shown, more = _fit(entries, _ACCEPTED)
    states = {"waived": "waived", "baseline": "in the baseline"}
    counts = Counter(one.state for one in are_accepted(judgement))
    title = ", ".join(f"{counts[state]} {words}" for state, words in states.items() if counts[state])
    return _folded(title, "\n".join(shown) + f"\n\n{more}")


def _specs(judgement: Judgement) -> str:
    """Every network, and whether it passes."""
    order = sorted(judgement.specs, key=lambda spec: not spec.fails)
    shown, more = _fit([f"- {_sign(spec)} {_code(spec.label)}" for spec in order], _SPECS)
    return _folded(plural(len(order), "spec"), "\n".join(shown) + f"\n\n{more}") if order else ""


def _sign(spec: CheckedSpec) -> str:
    if spec.fails:
        return "❌"
    worst = max((LEVELS.index(one.level) for one in are_open(spec.complaints)), default=0)
    return "⚠️" if worst else "✅"


# -- text ---------------------------------------------------------------------------------------------------


def _fit(entries: Sequence[str], room: int) -> tuple[Sequence[str], str]:
    """As many of the entries as there is room for, and how many more there are."""
    ends = accumulate(len(entry) + 1 for entry in entries)
    fitting = sum(end <= room for end in ends)
    more = len(entries) - fitting
    return entries[:fitting], f"… and {more} more." if more else ""


def _folded(title: str, text: str) -> str:
    return f"<details>\n<summary>{_text(title)}</summary>\n\n{text.strip()}\n\n</details>"


def _text(text: str, longest: int = _LONGEST) -> str:
    """A text as text, cut where it gets too long."""
    return markdown(text if len(text) <= longest else f"{text[:longest]}…", everything=True)


def _code(text: str) -> str:
    """Likewise as code."""
    return code(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
