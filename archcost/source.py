"""Where a piece of a spec stands: the text it came from, its line and its column."""

from __future__ import annotations

from typing import NamedTuple, TypedDict


class Origin(NamedTuple):
    """The file of another framework that a text was made of.

    Attributes:
        lines: of that file; none if it is no text.
        rows: for each line of the text the number of the line it was made of, from 1; 0 where there is none.
    """

    lines: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()


class Source:
    """One text that was read: its name as the user wrote it, and its lines (empty if unreadable).

    The name of a text that was made of another file is that file's, and `origin` says how to find the way
    back: nobody but archcost sees the text.

    A spec that is read several times, once for each of its variants, is the same source every time.

    >>> Source("net.yaml", ("archcost: 1",)) == Source("net.yaml", ("archcost: 1",))
    True
    """

    __slots__ = ("lines", "name", "origin")

    def __init__(self, name: str, lines: tuple[str, ...] = (), origin: Origin | None = None) -> None:
        self.name = name
        self.lines = lines
        self.origin = origin

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and (self.name, self.lines) == (other.name, other.lines)

    def __hash__(self) -> int:
        return hash(self.name)  # a text may be long, and hardly any two have one name

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


class PlaceKeys(TypedDict):
    """Where something is written, as results have it. Lines and columns count from 1."""

    file: str
    line: int
    column: int


class Place(NamedTuple):
    """A stretch of one line of a source. Lines and columns count from 1, `width` is in characters.

    >>> str(Place(Source("net.yaml"), 14, 7))
    'net.yaml:14:7'
    """

    source: Source
    line: int = 1
    column: int = 1
    width: int = 1

    def __str__(self) -> str:
        place = self.shown
        return f"{place.source.name}:{place.line}:{place.column}"

    @property
    def shown(self) -> Place:
        """Where a user finds it: itself, or in the file that its text was made of, or that as a whole."""
        origin = self.source.origin
        if origin is None:
            return self
        row = origin.rows[self.line - 1] if self.line <= len(origin.rows) else 0
        if not row:
            return Place(Source(self.source.name))
        text = origin.lines[row - 1]
        start = len(text) - len(text.lstrip())
        return Place(Source(self.source.name, origin.lines), row, start + 1, max(1, len(text.strip())))

    @property
    def is_authors(self) -> bool:
        """Whether the author can change it there: it is in no standard block, and in no text of ours."""
        origin, i = self.source.origin, self.line - 1
        is_ours = origin is not None and not (i < len(origin.rows) and origin.rows[i])
        return not (is_ours or self.source.name.startswith("std/"))

    @property
    def written(self) -> PlaceKeys:
        """The keywords of a result that says where something is written."""
        place = self.shown
        return {"file": place.source.name, "line": place.line, "column": place.column}

    def text(self) -> str:
        """The whole line, without its line break; empty when the source has no such line."""
        lines = self.source.lines
        return lines[self.line - 1] if self.line <= len(lines) else ""
