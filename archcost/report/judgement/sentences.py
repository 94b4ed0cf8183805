"""What the writers of a judgement have in common: its verdict, its order, its numbers in words."""

from __future__ import annotations

import os
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.results.judgement import LEVELS
from archcost.words.findings import alike
from archcost.words.numbers import apart, in_bytes, percent, shares_apart
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcost.results.judgement import Judgement, LimitResult, Violation
    from archcost.results.report import Level


NAMES: dict[Level, str] = {"error": "error", "warn": "warning", "info": "note"}
"""What a complaint of a level is called, in every format that has these three."""


def verdict(judgement: Judgement) -> str:
    """The outcome in a line: whether it fails, what was found, and how much was looked at."""
    found = ", ".join(_found(judgement))
    return f"{'failed' if judgement.failed else 'passed'}{found and ': '}{found} ({scale(judgement)})"


def _found(judgement: Judgement) -> Iterator[str]:
    for level in reversed(LEVELS):
        if count := judgement.count(level):
            yield plural(count, NAMES[level])
    if waived := judgement.accepted("waived"):
        yield f"{waived} waived"
    if known := judgement.accepted("baseline"):
        yield f"{known} in the baseline"


def scale(judgement: Judgement) -> str:
    """How much was looked at, what could not be, and how strictly."""
    limits = [limit for spec in judgement.specs for limit in spec.limits]
    parts = [plural(len(judgement.specs), "spec"), plural(len(limits), "limit") if limits else "no limits"]
    if unknown := sum(limit.kept is None for limit in limits):
        parts.append(f"{unknown} of them not judged")
    if judgement.fail_level != "error":
        parts.append(f"failing from level {judgement.fail_level}")
    return ", ".join(parts)


def are_open(complaints: Iterable[Violation]) -> list[Violation]:
    """Those that nobody has agreed to."""
    return [one for one in complaints if one.state == "open"]


def are_accepted(judgement: Judgement) -> list[Violation]:
    """Those that somebody has agreed to."""
    return [one for one in judgement.all if one.state != "open"]


def together(complaints: Iterable[Violation]) -> list[list[Violation]]:
    """Complaints that are one line: the same rule at the same place, with the same details."""
    return alike(complaints, lambda one: (one.fails, one.state, one.because, tuple(one.details.items())))


def worst_first(complaints: Iterable[Violation]) -> list[list[Violation]]:
    """The open ones as lines: first what fails, then by level, then as they stand."""
    lines = together(are_open(complaints))
    return sorted(lines, key=lambda several: (not several[0].fails, -LEVELS.index(several[0].level)))


# -- limits -------------------------------------------------------------------------------------------------


def subject(limit: LimitResult) -> str:
    """What is limited: `max_macs`, `min_field in height`, `max_params of stage.2`."""
    scope = f" of {limit.scope}" if limit.scope else ""
    return f"{limit.budget}{scope}" + (f" in {limit.axis}" if limit.axis else "")


def amounts(limit: LimitResult) -> tuple[str, str]:
    """What was measured and what is allowed, as people read them; never alike if they differ."""
    measured, bound = limit.measured, limit.limit
    if measured is not None and bound is not None:
        return _apart(measured, bound, limit.unit)
    return amount(measured, limit.unit), amount(bound, limit.unit)


def amount(number: float | None, unit: str = "count") -> str:
    """One number as people read it; a dash where there is none."""
    return "–" if number is None else _apart(number, number, unit)[0]


def _apart(number: float, bound: float, unit: str) -> tuple[str, str]:
    if unit == "share" or isinstance(number, float):
        return shares_apart(number, bound)
    texts = apart(number, Fraction(bound))
    return texts if unit != "bytes" else (in_bytes(texts[0]), in_bytes(texts[1]))


def used(limit: LimitResult) -> str:
    """How much of a maximum is used, or how near a minimum is; empty if that is no number."""
    if limit.measured is None or limit.limit is None:
        return ""
    part, whole = Fraction(limit.measured), Fraction(limit.limit)
    if limit.budget.startswith("min_"):
        part, whole = whole, part
    return f"{share(part, whole)} %" if whole > 0 else ""


def share(part: Fraction, whole: Fraction) -> str:
    """A share of two exact numbers, as a report words it; what is more than the whole reads so.

    >>> share(Fraction(1, 3), Fraction(1)), share(Fraction(100_001), Fraction(100_000))
    ('33.3', '>100')
    """
    text = percent(part.numerator * whole.denominator, whole.numerator * part.denominator)
    return ">100" if part > whole and text == ">99.9" else text


def allowed(limit: LimitResult) -> str:
    """What may be at most, or at least; of a relative limit, how it is written, too."""
    bound = amounts(limit)[1]
    return f"{bound} ({limit.text})" if limit.text[:1] in {"+", "-"} else bound


def change(base: float, now: float, unit: str = "count") -> str:
    """How a number has changed: `+470.3 M (+3.1 %)`; empty if it has not.

    >>> change(1000, 1050), change(331, 315), change(0, 7), change(7, 7)
    ('+50 (+5.0 %)', '−16 (−4.8 %)', '+7', '')
    """
    if base == now:
        return ""
    difference = abs(Fraction(now) - Fraction(base))
    sign = "+" if now > base else "−"
    is_share = unit == "share" or isinstance(now, float)
    size = f"{float(100 * difference):.4g} points" if is_share else amount(int(difference), unit)
    return f"{sign}{size}" + (f" ({sign}{share(difference, Fraction(base))} %)" if base > 0 else "")


# -- places -------------------------------------------------------------------------------------------------


def in_repository(file: str, root: Path | None) -> str | None:
    """A file's path from the repository's root, with forward slashes; None for what is no file in it."""
    if file.startswith(("zoo:", "std/", "<")):
        return None
    here = Path.cwd()
    return _below(here / file, root or here)


@lru_cache(maxsize=1024)
def _below(file: Path, root: Path) -> str | None:
    """The same for absolute paths. Links are followed; a file that comes again is not looked up."""
    try:
        path = Path(os.path.relpath(os.path.realpath(file), os.path.realpath(root)))
    except ValueError:  # another drive, or a name that no file can have
        return None
    return None if path.parts[:1] == ("..",) else path.as_posix()
