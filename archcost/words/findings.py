"""Findings as sentences, those alike together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from archcost.results.report import Finding, Level
    from archcost.words.style import Style


NAMED = 3
"""Nodes that are named one by one where a finding is about many."""


class Remark(Protocol):
    """A finding, or anything else that says something about a place of a text."""

    @property
    def rule(self) -> str: ...  # noqa: D102 - see Finding, here and below
    @property
    def level(self) -> Level: ...  # noqa: D102
    @property
    def node(self) -> str | None: ...  # noqa: D102
    @property
    def file(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> int: ...  # noqa: D102
    @property
    def column(self) -> int: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102


R = TypeVar("R", bound=Remark)


def findings(found: Iterable[Finding], style: Style) -> list[str]:
    """A line per finding, as a compiler words it, in the order of the text; see `alike`."""
    return [compiler_line(several, style) for several in alike(found)]


def alike(found: Iterable[R], more: Callable[[R], Hashable] = lambda _: None) -> list[list[R]]:
    """Findings that are one line, together, in the order of the text.

    What a rule says of several nodes that are written at the same place (in a block that is repeated, say) is
    one line, about the first of them; the others are named. `more` tells apart what else would be lost.
    """
    groups: dict[tuple[object, ...], list[R]] = {}
    remarks = Counter[tuple[object, ...]]()
    for one in found:
        place = (one.rule, one.level, one.file, one.line, one.column, more(one))
        # A second remark about the same node is another remark.
        remarks[*place, one.node] += 1
        groups.setdefault((*place, remarks[*place, one.node]), []).append(one)
    return list(groups.values())


def compiler_line(several: Sequence[Remark], style: Style) -> str:
    """Findings that are one line, as a compiler words it."""
    first = several[0]
    level = style.paint(first.level, first.level)
    return f"{first.file}:{first.line}:{first.column}: {level}: {about_all(several)} [{first.rule}]"


def about_all(several: Sequence[Remark]) -> str:
    """The message of the first; the other nodes are named."""
    first, *others = several
    if not others:
        return first.message
    names = ", ".join(str(other.node) for other in others[:NAMED])
    return f"{first.message} (and {len(others)} more: {names}{', …' * (len(others) > NAMED)})"
