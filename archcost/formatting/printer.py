"""Pieces -> text in the canonical style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.formatting.flow import filled, flat, holds_mapping, rows
from archcost.formatting.scalars import comment, lines, scalar
from archcost.formatting.tree import Collection

if TYPE_CHECKING:
    from archcost.formatting.tree import Comment, FileLayout, Member

WIDTH = 128
"""Columns a mapping or list in brackets may reach, comments not counted."""


def printed(document: FileLayout) -> str:
    """The text of a document whose root is a collection in lines."""
    printer = _Printer(document.opening)
    if isinstance(document.root, Collection):
        printer.group(document.root, 0)
    return "\n".join([*printer.lines, ""])


class _Printer:
    def __init__(self, opening: list[str]) -> None:
        self.lines: list[str] = []
        for line in opening:
            if line:
                self.lines.append(comment(line))
            else:
                self._blank()

    def group(self, group: Collection, indent: int, opening: str = "") -> None:
        """The members of a collection; `opening` is what stands before the first on its line (`- `)."""
        for n, member in enumerate(group.members):
            line = " " * indent
            if opening and n == 0 and not member.lead:
                line = opening
            else:
                if opening and n == 0:
                    self.lines.append(opening.rstrip())
                self._comments(member.lead, indent)
                self._blank(wanted=member.blank)
            self._member(member, line, indent)
        self._comments(group.tail, indent)

    def _member(self, member: Member, line: str, indent: int) -> None:
        head = line + (f"{scalar(member.key.text, member.key.style, is_key=True)}:" if member.key else "-")
        value = member.value
        if isinstance(value, Collection) and not value.flow:
            self._block(member, value, head, indent)
            return
        start = self._inner(member, head, indent) if member.inner else f"{head} "
        if isinstance(value, Collection):
            self._flow(member, value, start, indent)
        else:
            self._extend(start, lines(value, indent), member.trail)

    def _block(self, member: Member, group: Collection, head: str, indent: int) -> None:
        """A key or dash with a collection below it, or, behind a dash, beside it."""
        if member.key or member.trail:
            self.lines.append(head + _behind(member.trail))
            self.group(group, indent + 2)
        else:
            self.group(group, indent + 2, f"{head} ")

    def _inner(self, member: Member, head: str, indent: int) -> str:
        """Comments between a key and its value, which begins a line of its own then."""
        first, *more = member.inner
        last_line = member.key.last_line if member.key else member.line
        if first.line == last_line:
            self.lines.append(head + _behind(first))
        else:
            self.lines.append(head)
            more.insert(0, first)
        self._comments(more, indent + 2)
        return " " * (indent + 2)

    def _flow(self, member: Member, group: Collection, start: str, indent: int) -> None:
        """A collection in brackets: on one line if that fits, else in rows or in block style.

        A list of plain values that the author broke keeps its rows: they are often a table's.
        """
        whole = None if group.comments else flat(group)
        broken = group.line != group.last_line and not holds_mapping(group)
        if whole is None or broken:
            self._extend("", rows(group, start, indent), member.trail)
        elif len(start + whole) <= WIDTH:
            self._extend(start, [whole], member.trail)
        elif not holds_mapping(group):
            self._extend("", filled(group, start, WIDTH), member.trail)
        elif member.inner:
            self._comments([member.trail] if member.trail else [], indent + 2)
            self.group(group, indent + 2)
        else:
            self._block(member, group, start.rstrip(), indent)

    def _extend(self, start: str, texts: list[str], trail: Comment | None) -> None:
        first, *more = texts
        self.lines += [(start + first).rstrip() if not more else start + first, *more]
        self.lines[-1] += _behind(trail)

    def _comments(self, comments: list[Comment], indent: int) -> None:
        for one in comments:
            self._blank(wanted=one.blank)
            self.lines.append(" " * indent + comment(one.text))

    def _blank(self, *, wanted: bool = True) -> None:
        """An empty line, but none at the top and never two."""
        if wanted and self.lines and self.lines[-1]:
            self.lines.append("")


def _behind(trail: Comment | None) -> str:
    return f" {comment(trail.text)}" if trail else ""
