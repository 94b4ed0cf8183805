"""What people read of a result: blocks, one below the other, for a terminal or for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.words.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archcost.results.report import Finding


class Title(NamedTuple):
    """What the next blocks are about, and what holds for all of it."""

    text: str
    lines: Iterable[str] = ()


class Legend(NamedTuple):
    """What explains a table; `listed` if each line is for itself."""

    lines: Sequence[str]
    listed: bool = False


class Sentences(NamedTuple):
    """What is to be said, a line each."""

    lines: Iterable[str]


class Section(NamedTuple):
    """The same below a title of its own; nothing without lines."""

    title: str
    lines: Iterable[str]


class Findings(NamedTuple):
    """What the rules noticed."""

    found: Iterable[Finding]


class Either(NamedTuple):
    """What a terminal shows in another way than Markdown: its lines, and the text that is a block there."""

    lines: Callable[[], Iterable[str]]
    markdown: Callable[[], str]


Block = Title | Legend | Sentences | Section | Findings | Either | Table
"""An empty one is left out."""
