"""What would help where a limit is broken: every number in it comes from analyzing the changed network.

An idea is a function from a question to hints, the least invasive first. `IDEAS` lists them in
that order, too: what changes nothing that is computed, then what needs no new architecture, then the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.advice.cheaper_convolution import as_cheaper
from archcost.advice.head import pooled
from archcost.advice.more_field import more_field, without_holes
from archcost.advice.other_settings import narrower_type, smaller_input, variant
from archcost.advice.question import Hint, Question
from archcost.advice.same_values import best_order, undone_biases
from archcost.advice.stride import earlier_stride

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction

    from archcost.advice.question import Passes, Reload
    from archcost.analysis.facts import Facts
    from archcost.results.report import NodeRow

IDEAS: tuple[Callable[[Question], Iterator[Hint]], ...] = (
    undone_biases,
    best_order,
    variant,
    smaller_input,
    narrower_type,
    pooled,
    earlier_stride,
    as_cheaper,
    without_holes,
    more_field,
)
"""Every idea, the least invasive first."""

MOST = 3
"""Hints that are given."""


def advice(  # noqa: PLR0913 - a limit, and what is known around it
    facts: Facts,
    measure: str,
    limit: Fraction | float,
    rows: Sequence[NodeRow] | None = None,
    reload: Reload | None = None,
    *,
    kind: str | None = None,
    axis: int | None = None,
    dtype: str | None = None,
    passes: Passes | None = None,
) -> list[str]:
    """What would keep a limit that is broken: at most three sentences, the least invasive change first.

    If nothing would, the change that saves most, and that it is not enough.

    Args:
        facts: the network.
        measure: what is limited, a name of `MEASURES`.
        limit: the limit as a number: elements (also where it was written in bytes), operations, positions.
        rows: the part of the network the limit is for; None for all of it.
        reload: how the spec is read with other settings; None if it cannot be.
        kind: the kind, if the limit is for all layers of one.
        axis: of a field, the axis the limit is for; None for every one.
        dtype: the data type, if the limit was written in bytes.
        passes: whether a variant keeps all limits of its own; without it, every variant does.

    >>> from archcost import load
    >>> from archcost.analysis.facts import Facts
    >>> vgg = Facts.of(load("zoo:vgg16"))
    >>> advice(vgg, "params", 40_000_000)[0]
    'global_avg_pool before flatten (changes what is learned): 37.69 M'
    """
    part = None if rows is None else frozenset(row.path for row in rows)
    found = hints(Question(facts, measure, limit, part, kind, axis, reload, dtype, passes))
    return [hint.text if hint.fits else f"{hint.text}, which is not enough" for hint in found]


def hints(question: Question) -> list[Hint]:
    """The hints behind `advice`."""
    is_too_large = len(question.facts.network) > question.work
    if is_too_large or question.measure == "depth" or question.value is None or question.fits(question.value):
        return []
    answers: list[Hint] = []
    for idea in IDEAS:
        answers += _answer(question, idea)
        if len(fitting := [hint for hint in answers if hint.fits]) == MOST:
            break
    else:
        fitting = [hint for hint in answers if hint.fits]
    return fitting or sorted(answers, key=lambda hint: -question.gain(hint.value))[:1]


def _answer(question: Question, idea: Callable[[Question], Iterator[Hint]]) -> list[Hint]:
    """The first hint of an idea that fits, or the one that comes closest."""
    closest: list[Hint] = []
    for hint in idea(question):
        if hint.fits:
            return [hint]
        closest = [max([*closest, hint], key=lambda one: question.gain(one.value))]
    return closest
