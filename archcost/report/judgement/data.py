"""A judgement for programs: JSON has everything, and CSV a row per question.

A question is a limit, or a complaint that is about none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.data import JsonDocument, Rows
from archcost.results.judgement import SCHEMA
from archcost.results.report import plain, to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.report.options import WriteOptions
    from archcost.results.judgement import CheckedSpec, Judgement, LimitResult, Violation

COLUMNS = (
    *("spec", "network", "rule", "budget", "scope", "axis", "level", "outcome", "fails"),
    *("unit", "base", "measured", "limit", "text", "set_at"),
    *("file", "line", "column", "node", "message", "because", "fingerprint"),
)
"""`outcome` is `kept`, `not judged`, `open`, `waived` or `baseline`; numbers are exact."""


def document(judgement: Judgement, _options: WriteOptions) -> JsonDocument:
    """The verdict, what is wrong with no network in particular, and every network."""
    names = ("failed", "fail_level", "against", "rules", "complaints")
    beside = {name: plain(getattr(judgement, name)) for name in names}
    return JsonDocument(SCHEMA, "specs", map(to_dict, judgement.specs), beside)


def rows(judgement: Judgement, _options: WriteOptions) -> Rows:
    """Every limit and every complaint of every network, then what is about none."""
    found = ({name: _cell(value) for name, value in row.items()} for row in _rows(judgement))
    return Rows(COLUMNS, found)


def _rows(judgement: Judgement) -> Iterator[dict[str, object]]:
    for spec in judgement.specs:
        who = {"spec": spec.label, "network": spec.name}
        yield from (who | row for row in _of(spec))
    yield from map(_complaint, judgement.complaints)


def _of(spec: CheckedSpec) -> Iterator[dict[str, object]]:
    """The limits, with the complaints about them; then the other complaints."""
    first: dict[str | None, Violation] = {}
    for one in spec.complaints:
        first.setdefault(one.fingerprint, one)
    for limit in spec.limits:
        about = first.get(limit.fingerprint)
        yield (_complaint(about) if about else {"fails": False}) | _limit(limit, about)
    told = {id(first.get(limit.fingerprint)) for limit in spec.limits}
    yield from (_complaint(one) for one in spec.complaints if id(one) not in told)


def _limit(limit: LimitResult, about: Violation | None) -> dict[str, object]:
    # A limit that is kept may share its complaint with a stricter one.
    outcome = "kept" if limit.kept else about.state if about else "not judged"
    numbers: dict[str, object] = {
        "unit": limit.unit,
        "base": limit.base,
        "measured": limit.measured,
        "limit": limit.limit,
    }
    what: dict[str, object] = {
        "rule": "budget",
        "budget": limit.budget,
        "scope": limit.scope,
        "axis": limit.axis,
    }
    written = {"text": limit.text, "set_at": limit.set_at, "level": limit.level}
    return {**what, **numbers, **written, "outcome": outcome}


def _complaint(one: Violation) -> dict[str, object]:
    place: dict[str, object] = {"file": one.file, "line": one.line, "column": one.column, "node": one.node}
    what = {"rule": one.rule, "level": one.level, "outcome": one.state, "fails": one.fails}
    return place | what | {"message": one.message, "because": one.because, "fingerprint": one.fingerprint}


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
