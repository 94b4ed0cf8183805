"""A judgement for a reader at a terminal: what is wrong as a compiler says it, and the verdict last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.formats.table import joined
from archcost.report.judgement.sentences import (
    allowed,
    amounts,
    are_accepted,
    are_open,
    subject,
    together,
    used,
    verdict,
)
from archcost.words.findings import about_all, compiler_line
from archcost.words.tables import Head, Table, grid
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcost.report.options import WriteOptions
    from archcost.results.judgement import Judgement, LimitResult, Violation
    from archcost.words.style import Style

MOST_LIMITS = 20
"""Limits that are listed with what is left of them; more would bury what is wrong."""


def write(judgement: Judgement, options: WriteOptions) -> str:
    """What is wrong per network, what was accepted, what is left of the limits, and the verdict."""
    groups = [spec.complaints for spec in judgement.specs] + [judgement.complaints]
    blocks = [list(_lines(_listed(group, options), options.style)) for group in groups]
    if not options.quiet:
        blocks += [_accepted(judgement), _limits(judgement, options), _in_order(judgement)]
    style = "error" if judgement.failed else "bold"
    blocks.append([options.style.paint(verdict(judgement), style)])
    return joined(blocks, options.style)


def _listed(complaints: Iterable[Violation], options: WriteOptions) -> list[Violation]:
    """The open ones; for who wants it quiet, without the notes that fail nothing."""
    return [one for one in are_open(complaints) if one.fails or one.level != "info" or not options.quiet]


def _lines(complaints: Iterable[Violation], style: Style) -> Iterator[str]:
    for several in together(complaints):
        yield compiler_line(several, style)
        for label, text in several[0].details.items():
            yield f"    {style.paint(f'{label}:', 'dim')} {text}"


def _accepted(judgement: Judgement) -> list[str]:
    lines = [
        f"  {one.file}:{one.line}:{one.column}: {about_all(several)} [{one.rule}], {one.state}: {one.because}"
        for several in together(are_accepted(judgement))
        for one in several[:1]
    ]
    return ["accepted:", *lines] if lines else []


def _limits(judgement: Judgement, options: WriteOptions) -> list[str]:
    """What is left of the limits that are kept, and which could not be judged."""
    pairs = [(spec, limit) for spec in judgement.specs for limit in spec.limits if limit.kept is not False]
    if not 0 < len(pairs) <= MOST_LIMITS:
        return []
    several = len(judgement.specs) > 1
    rows = [[*([spec.label] * several), *_cells(limit)] for spec, limit in pairs]
    heads = [*[Head("spec", least=12)] * several, *_HEADS]
    return grid(Table(heads, rows), options.style)


_HEADS = (
    Head("limit", least=12),
    Head("allowed", right=True),
    Head("measured", right=True),
    Head("used", right=True, rank=1),
)


def _cells(limit: LimitResult) -> list[str]:
    state = "not judged" if limit.kept is None else used(limit)
    return [subject(limit), allowed(limit), amounts(limit)[0], state]


def _in_order(judgement: Judgement) -> list[str]:
    """How many networks nothing was said about, if something was said about others."""
    silent = sum(not are_open(spec.complaints) for spec in judgement.specs)
    total = len(judgement.specs)
    return [f"{silent} of {plural(total, 'spec')} without complaints"] if 0 < silent < total else []
