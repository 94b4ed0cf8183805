"""The pieces of a text: scalars, collections, members and comments, each with where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from archcost.formatting.block_text import BlockText

Node: TypeAlias = "Leaf | Collection"


class FormattingError(RuntimeError):
    """The formatter would lose or change something: a bug, which leaves the file as it is."""


class Comment(NamedTuple):
    """A comment, from its `#` on. `blank` tells whether the line above is empty."""

    text: str
    offset: int
    line: int
    column: int
    blank: bool


@dataclass(slots=True, eq=False)
class Leaf:
    """A scalar as it is written, from its first to its last line; `block` is there for a `|` or `>` text."""

    text: str
    style: str
    start: int
    line: int
    last_line: int
    block: BlockText | None = None


@dataclass(slots=True, eq=False)
class Collection:
    """A list or a mapping, in lines or in brackets (`flow`).

    Attributes:
        comments: of one in brackets, all that are inside.
        tail: of one in lines, those below its last member and indented like it.
    """

    mapping: bool
    flow: bool
    start: int
    line: int
    column: int
    end: int = 0
    last_line: int = 0
    members: list[Member] = field(default_factory=list["Member"])
    comments: list[Comment] = field(default_factory=list[Comment])
    tail: list[Comment] = field(default_factory=list[Comment])


@dataclass(slots=True, eq=False)
class Member:
    """An item of a list (without a key), or a key with its value, and the comments around it.

    Attributes:
        start: where its dash or its key stands, and on which `line`.
        blank: whether the line above is empty.
        lead: the comments above it.
        inner: the comments between its dash or key and a value that is no block of lines.
        trail: the comment behind it; if the value is a block of lines, behind its dash or key.
    """

    key: Leaf | None
    value: Node
    start: int
    line: int
    blank: bool = False
    lead: list[Comment] = field(default_factory=list[Comment])
    inner: list[Comment] = field(default_factory=list[Comment])
    trail: Comment | None = None


class FileLayout(NamedTuple):
    """A whole file. `opening` is its lines down to `---`, if it has that; `comments` are all of them."""

    root: Node
    opening: list[str]
    comments: list[str]


def groups(node: Node) -> list[Collection]:
    """A node and all below it that are collections, outermost first."""
    found = [node] if isinstance(node, Collection) else []
    for group in found:
        found += (member.value for member in group.members if isinstance(member.value, Collection))
    return found
