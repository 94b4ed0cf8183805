"""Collections in brackets: on one line, filled to the margin, or in the author's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.formatting.scalars import comment, lines, scalar
from archcost.formatting.tree import Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.formatting.tree import Collection, Comment, Member, Node


def flat(node: Node) -> str | None:
    """A node on one line; None if a scalar in it has several."""
    if isinstance(node, Leaf):
        return scalar(node.text, node.style) if node.line == node.last_line else None
    parts = [_flat_member(member) for member in node.members]
    if None in parts:
        return None
    inside = ", ".join(part for part in parts if part is not None)
    return f"{{{inside}}}" if node.mapping else f"[{inside}]"


def _flat_member(member: Member) -> str | None:
    value = flat(member.value)
    if member.key is None or value is None:
        return value
    key = scalar(member.key.text, member.key.style, is_key=True)
    return f"{key}: {value}" if value else key


def holds_mapping(node: Node) -> bool:
    """Whether it is a mapping, or a list with one in it, at any depth."""
    if isinstance(node, Leaf):
        return False
    return node.mapping or any(holds_mapping(member.value) for member in node.members)


def filled(group: Collection, start: str, width: int) -> list[str]:
    """A list over as many lines as it takes, each as full as it gets."""
    done: list[str] = []
    line, margin = f"{start}[", " " * (len(start) + 1)
    for n, member in enumerate(group.members, 1):
        piece = f"{flat(member.value)}{',' if n < len(group.members) else ']'}"
        if n > 1 and len(line) + 1 + len(piece) > width:
            done.append(line)
            line = margin + piece
        else:
            line += f" {piece}" if n > 1 else piece
    return [*done, line]


class _FlowToken(NamedTuple):
    """A bracket or scalar of a collection; where it stood tells what is on a new line.

    `closes` is 1 for a closing bracket, -1 for an opening one. `ends` is glued to it: a comma, a colon.
    """

    texts: list[str]
    offset: int
    line: int
    last_line: int
    closes: int = 0
    ends: str = ""


def rows(group: Collection, start: str, indent: int) -> list[str]:
    """A collection in the author's rows, with its comments; `indent` is that of the collection around it."""
    writer = _Rows(start, indent, list(group.comments))
    for token in _tokens(group, ""):
        writer.put(token)
    return writer.lines


def _tokens(node: Node, ends: str) -> Iterator[_FlowToken]:
    if isinstance(node, Leaf):
        # The indentation of a scalar over several lines means nothing; `put` sets it.
        yield _FlowToken(lines(node, -2), node.start, node.line, node.last_line, ends=ends)
        return
    yield _FlowToken(["{" if node.mapping else "["], node.start, node.line, node.line, closes=-1)
    for n, member in enumerate(node.members, 1):
        comma = "," if n < len(node.members) else ""
        is_null = isinstance(member.value, Leaf) and not member.value.text
        if member.key:
            key = scalar(member.key.text, member.key.style, is_key=True)
            at = member.key
            yield _FlowToken([key], at.start, at.line, at.last_line, ends=comma if is_null else ":")
        if not is_null:
            yield from _tokens(member.value, comma)
    end = max(node.end - 1, node.start)
    yield _FlowToken(["}" if node.mapping else "]"], end, node.last_line, node.last_line, closes=1, ends=ends)


class _Margin(NamedTuple):
    """Of an open bracket: where what is in it begins on a new line, and where it is closed on one."""

    inside: int
    closing: int


class _Rows:
    def __init__(self, start: str, indent: int, comments: list[Comment]) -> None:
        self.lines = [start]
        self._comments = comments[::-1]
        self._base = indent
        self._margins: list[_Margin] = []
        self._last: _FlowToken | None = None

    def put(self, token: _FlowToken) -> None:
        """Write one token, and before it the comments that stand before it."""
        comments = self._before(token)
        wraps = bool(comments) or bool(self._last and token.line > self._last.last_line)
        if self._last and self._last.closes < 0:
            beside = len(self.lines[-1])
            self._margins.append(self._hanging() if wraps else _Margin(beside, beside - 1))
        self._write(comments)
        self._begin(token, wraps=wraps)
        first, *more = token.texts
        margin = " " * (self._margins[-1].inside if self._margins else self._base + 2)
        self.lines[-1] += first
        self.lines += [margin + line if line else "" for line in more]
        self.lines[-1] += token.ends
        if token.closes > 0:
            self._margins.pop()
        self._last = token

    def _before(self, token: _FlowToken) -> list[Comment]:
        found: list[Comment] = []
        while self._comments and self._comments[-1].offset < token.offset:
            found.append(self._comments.pop())
        return found

    def _hanging(self) -> _Margin:
        line = self.lines[-1]
        indent = len(line) - len(line.lstrip()) if len(self.lines) > 1 else self._base
        return _Margin(indent + 2, indent)

    def _write(self, comments: list[Comment]) -> None:
        for one in comments:
            if self._last and one.line == self._last.last_line:
                self.lines[-1] += f" {comment(one.text)}"
            else:
                self.lines.append(" " * self._margins[-1].inside + comment(one.text))

    def _begin(self, token: _FlowToken, *, wraps: bool) -> None:
        """Go to where the token stands: a new line, or behind the last one."""
        if wraps:
            margin = self._margins[-1]
            self.lines.append(" " * (margin.closing if token.closes > 0 else margin.inside))
        elif self._last and self._last.closes >= 0 and token.closes <= 0:
            self.lines[-1] += " "
