"""Text -> pieces, by the events of the YAML parser; every comment goes where it will be printed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from archcost.errors import Diagnostic, SpecError
from archcost.formatting.block_text import block_text
from archcost.formatting.scalars import comment
from archcost.formatting.tree import Collection, Comment, FileLayout, FormattingError, Leaf, Member, groups
from archcost.source import Place, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    import yaml

    from archcost.formatting.tree import Node

_LONGEST_KEY = 1000
"""Characters; YAML wants `? ` before a key of more than 1024."""


def parse(text: str, name: str) -> FileLayout:
    r"""The pieces of a text that the reader of specs has accepted, with `\n` for line breaks.

    Raises:
        SpecError: a key spans several lines.
        FormattingError: something in it is neither a scalar nor punctuation nor a comment.
    """
    return _LayoutParser(text, name).document()


class _Open(NamedTuple):
    """A collection that is not complete; `keys` holds the key whose value is to come."""

    group: Collection
    keys: list[Leaf]


class _LayoutParser:
    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._source = Source(name, tuple(text.split("\n")))
        self._starts = list(accumulate((len(line) + 1 for line in self._source.lines), initial=0))
        self._leaves: list[Leaf] = []
        self._dashes: list[int] = []
        self._marker = 0
        """Where `---` ends."""

    def document(self) -> FileLayout:
        root = self._walk()
        blank = self._blank()
        for group in groups(root):
            for member in group.members:
                member.blank = not group.flow and member.line - 1 in blank
        comments = list(self._comments(blank))
        inside = [one for one in comments if one.offset >= self._marker]
        opening = self._opening(inside)
        _Attachment(inside).attach(root)
        headers = [(leaf.start, leaf.block.comment) for leaf in self._leaves if leaf.block]
        every = sorted([(c.offset, c.text) for c in comments] + headers)
        return FileLayout(root, opening, [text for _, text in every if text])

    # -- nodes ------------------------------------------------------------------------------------------

    def _walk(self) -> Node:
        import yaml  # noqa: PLC0415 - only reading a spec needs it

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        tokens = yaml.scan(self._text, Loader=loader)
        self._dashes = [_mark(token).index for token in tokens if isinstance(token, yaml.BlockEntryToken)]
        root: Node | None = None
        stack: list[_Open] = []
        for event in yaml.parse(self._text, Loader=loader):
            node: Node | None = None
            if isinstance(event, yaml.ScalarEvent):
                node = self._leaf(event, stack[-1].group if stack else None)
            elif isinstance(event, yaml.CollectionStartEvent):
                stack.append(_Open(_group(event, mapping=isinstance(event, yaml.MappingStartEvent)), []))
            elif isinstance(event, yaml.CollectionEndEvent):
                node = stack.pop().group
                end = _mark(event, "end_mark")
                node.end, node.last_line = end.index, end.line
            elif isinstance(event, yaml.DocumentStartEvent) and event.explicit:
                self._marker = _mark(event, "end_mark").index
            if node and stack:
                self._add(stack[-1], node)
            root = node or root
        if root is None:
            raise FormattingError("a document without a node")
        return root

    def _leaf(self, event: yaml.ScalarEvent, around: Collection | None) -> Leaf:
        start, end = _mark(event), _mark(event, "end_mark")
        text = self._text[start.index : end.index]
        leaf = Leaf(text, event.style or "", start.index, start.line, end.line)
        if leaf.style in {"|", ">"}:
            leaf.block = block_text(text, event.value, around.column if around else 0)
            leaf.last_line = start.line + len(leaf.block.lines)
        self._leaves.append(leaf)
        return leaf

    def _add(self, around: _Open, node: Node) -> None:
        """Put a node that is complete into the collection around it."""
        group, keys = around
        if not group.mapping:
            start = node.start if group.flow else self._dashes[bisect_left(self._dashes, node.start) - 1]
            group.members.append(Member(None, node, start, bisect_right(self._starts, start) - 1))
        elif keys:
            key = keys.pop()
            group.members.append(Member(key, node, key.start, key.line))
        elif isinstance(node, Leaf):
            self._check_key(node)
            keys.append(node)

    def _check_key(self, key: Leaf) -> None:
        if key.line != key.last_line or len(key.text) > _LONGEST_KEY:
            place = Place(self._source, key.line + 1, key.start - self._starts[key.line] + 1)
            why = f"a key over several lines, or of more than {_LONGEST_KEY} characters, cannot be formatted"
            raise SpecError([Diagnostic(place, why)])

    # -- what lies between the scalars ------------------------------------------------------------------

    def _blank(self) -> set[int]:
        """The empty lines that are not part of a scalar."""
        covered = {n for leaf in self._leaves for n in range(leaf.line, leaf.last_line + 1)}
        return {n for n, line in enumerate(self._source.lines) if not line.strip()} - covered

    def _comments(self, blank: set[int]) -> Iterator[Comment]:
        """All but those behind a `|` or `>`, which are part of the scalar."""
        for start, gap in self._gaps():
            for found in re.finditer(r"#.*", gap):
                offset = start + found.start()
                line = bisect_right(self._starts, offset) - 1
                yield Comment(found[0].rstrip(), offset, line, offset - self._starts[line], line - 1 in blank)
            rest = re.sub(r"(?m)#.*|^%YAML.*|^\.\.\.", "", gap)
            if strange := re.search(r"[^\s\[\]{},:?-]", rest):
                raise FormattingError(f"'{strange[0]}' is neither punctuation nor part of a scalar")

    def _gaps(self) -> Iterator[tuple[int, str]]:
        at = 0
        for leaf in self._leaves:
            yield at, self._text[at : leaf.start]
            at = leaf.start + len(leaf.text)
        yield at, self._text[at:]

    def _opening(self, inside: list[Comment]) -> list[str]:
        """The lines down to `---`, which may have a comment behind it."""
        if not self._marker:
            return []
        last = bisect_right(self._starts, self._marker) - 1
        lines = [line.rstrip() for line in self._source.lines[:last]]
        if inside and inside[0].line == last:
            return [*lines, f"--- {comment(inside.pop(0).text)}"]
        return [*lines, "---"]


def _mark(event: Any, which: str = "start_mark") -> yaml.Mark:  # noqa: ANN401 - the stubs let marks be missing
    return getattr(event, which)


def _group(event: yaml.CollectionStartEvent, *, mapping: bool) -> Collection:
    start = _mark(event)
    return Collection(mapping, bool(event.flow_style), start.index, start.line, start.column)


class _Attachment:
    """Hands out the comments, in the order of the text, to what they stand by."""

    def __init__(self, comments: list[Comment]) -> None:
        self._comments = comments
        self._next = 0

    def attach(self, root: Node) -> None:
        """Give every comment its place; none is left over."""
        if isinstance(root, Collection):
            self._group(root, _FAR)
            root.tail += self._before(_FAR)

    def _before(self, offset: int, column: int = 0) -> list[Comment]:
        """Those that come next, down to an offset or to the first that is indented less than `column`."""
        first = self._next
        while self._upcoming(offset) and self._comments[self._next].column >= column:
            self._next += 1
        return self._comments[first : self._next]

    def _upcoming(self, offset: int) -> bool:
        return self._next < len(self._comments) and self._comments[self._next].offset < offset

    def _on(self, line: int, before: int) -> Comment | None:
        """The one that comes next, if it ends this line and stands before an offset."""
        if self._upcoming(before) and self._comments[self._next].line == line:
            self._next += 1
            return self._comments[self._next - 1]
        return None

    def _group(self, group: Collection, limit: int) -> None:
        """A collection; `limit` is where the next thing after it starts."""
        if group.flow:
            group.comments = self._before(group.end)
            return
        following = [member.start for member in group.members[1:]]
        for member, after in zip(group.members, [*following, limit], strict=True):
            member.lead = self._before(member.start)
            self._member(member, group, after)

    def _member(self, member: Member, group: Collection, after: int) -> None:
        value = member.value
        if isinstance(value, Leaf) and not value.text:
            member.trail = self._on(member.line, after)
        elif isinstance(value, Leaf) or value.flow:
            member.inner = self._before(value.start)
            if isinstance(value, Collection):
                self._group(value, after)
            member.trail = self._on(value.last_line, after)
        else:
            member.trail = self._on(member.line, value.start)
            self._group(value, after)
            if value.column > group.column:
                value.tail = self._before(after, value.column)


_FAR = 2**62
