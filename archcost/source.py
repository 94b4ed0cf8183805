"""Where a piece of a spec stands: the text it came from, its line and its column."""

from __future__ import annotations

from typing import NamedTuple, TypedDict


class Source:
    """One text that was read: its name as the user wrote it, and its lines (empty if unreadable).

    A spec that is read several times, once for each of its variants, is the same source every time.

    >>> Source("net.yaml", ("archcost: 1",)) == Source("net.yaml", ("archcost: 1",))
    True
    """

    __slots__ = ("lines", "name")

    def __init__(self, name: str, lines: tuple[str, ...] = ()) -> None:
        self.name = name
        self.lines = lines

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
        return f"{self.source.name}:{self.line}:{self.column}"

    @property
    def written(self) -> PlaceKeys:
        """The keywords of a result that says where something is written."""
        return {"file": self.source.name, "line": self.line, "column": self.column}

    def text(self) -> str:
        """The whole line, without its line break; empty when the source has no such line."""
        lines = self.source.lines
        return lines[self.line - 1] if self.line <= len(lines) else ""
