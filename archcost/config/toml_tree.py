"""TOML -> the tree with places that YAML is read into, so that one parser serves both.

`tomllib` says whether a text is TOML and what its values are, but not where they stand. So a text that it
accepts is walked once more, for structure and places only.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from archcost.errors import Diagnostic, SpecError
from archcost.source import Place, Source
from archcost.spec.yaml_reader import KeyValue, MappingNode, ScalarNode, SequenceNode, decode, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.limits import Limits
    from archcost.spec.yaml_reader import Tree


def read_table(data: bytes, name: str, path: tuple[str, ...], limits: Limits) -> Tree | None:
    r"""A part of a TOML file, with the place of every node; None if it has no such part.

    Numbers keep their text (`+5` is not `5`), dates are words (`2026-12-31`).

    Args:
        data: what is in the file.
        name: the file as the user named it, for messages.
        path: keys that lead to the part.
        limits: `integer` applies to the part.

    Raises:
        SpecError: the file is no TOML, or the part holds a number that is too large.

    >>> from archcost.limits import DEFAULT
    >>> table = read_table(b"[tool.a]\nx = [1, +5]\n", "p.toml", ("tool", "a"), DEFAULT)
    >>> [(item.text, str(item.place)) for item in table.get("x").items]
    [('1', 'p.toml:2:6'), ('+5', 'p.toml:2:9')]
    """
    text, source = _open(data, name)
    _values(text, source)
    try:
        node: Tree | None = _Scanner(text, source).document()
    except RecursionError:
        raise _too_deep(source) from None
    for key in path:
        node = node.get(key) if isinstance(node, MappingNode) else None
    if node is not None:
        _resolve_below(node, limits)
    return node


def has_table(data: bytes, path: tuple[str, ...]) -> bool:
    """Whether a TOML file has such a part; what cannot be read may.

    >>> has_table(b"[tool.a]", ("tool", "a")), has_table(b"[tool.b]", ("tool", "a")), has_table(b"[", ("a",))
    (True, False, True)
    """
    try:
        node: object = _values(*_open(data, ""))
    except SpecError:
        return True
    for key in path:
        node = cast("dict[str, object]", node).get(key) if isinstance(node, dict) else None
    return node is not None


def _open(data: bytes, name: str) -> tuple[str, Source]:
    text = decode(data, name).replace("\r\n", "\n")
    return text, Source(name, tuple(text.split("\n")))


# -- what it means ------------------------------------------------------------------------------------------

_MOST_PARTS = 1000
_KEY_TAIL = re.compile(r"""(?:\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*)+""")
"""A dotted key from its first dot on."""

_BARE_WORDS = (
    "Invalid value",
    "Unclosed array",
    "Unclosed inline table",
    "Expected newline or end of document after a statement",
)
"""What tomllib may say of `+5%` and other text without quotes."""

_WORD = re.compile(r"""(?<=[=,\[{ ])(?:[A-Za-z@*./]|[+-]?[0-9.]+[A-Za-z%])[^\s"',\]}#]*(?=[\s,\]}#]|$)""")
_WHERE = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)")


def _values(text: str, source: Source) -> dict[str, Any]:
    """What the text means, without places; whatever is no TOML is refused."""
    # The time that tomllib takes for a key grows with the square of its parts.
    long = next((tail for tail in _KEY_TAIL.finditer(text) if tail[0].count(".") > _MOST_PARTS), None)
    if long:
        place = Place(source, text.count("\n", 0, long.start()) + 1)
        raise SpecError([Diagnostic(place, f"a key has more than {_MOST_PARTS:,} parts")])
    try:
        return tomllib.loads(text, parse_float=str)
    except ValueError as error:
        raise SpecError([_diagnose(str(error), source)]) from None
    except RecursionError:
        raise _too_deep(source) from None


def _too_deep(source: Source) -> SpecError:
    return SpecError([Diagnostic(Place(source), "arrays or tables nest too deeply")])


def _diagnose(message: str, source: Source) -> Diagnostic:
    """What tomllib says, at the place it names."""
    what, where = _WHERE.sub("", message), _WHERE.search(message)
    place = Place(source)
    if where is not None:
        end = (len(source.lines), len(source.lines[-1]) + 1)
        place = Place(source, *((int(where[1]), int(where[2])) if where[1] else end))
    if what in _BARE_WORDS and (word := _word_at(place)):
        return Diagnostic(
            place._replace(column=word.start() + 1, width=len(word[0])), f'text needs quotes: "{word[0]}"'
        )
    return Diagnostic(place, f"this is no TOML: {what[:1].lower()}{what[1:]}")


def _word_at(place: Place) -> re.Match[str] | None:
    """The text without quotes that stands at a place."""
    column = place.column - 1
    return next((w for w in _WORD.finditer(place.text()) if w.start() <= column <= w.end()), None)


def _resolve_below(node: Tree, limits: Limits) -> None:
    """Give every scalar its meaning in place of its text."""
    found: list[Diagnostic] = []
    for scalar in _scalars(node):
        try:
            _resolve(scalar, limits)
        except ValueError as error:
            found.append(Diagnostic(scalar.place, str(error)))
    if found:
        raise SpecError(found)


def _scalars(node: Tree) -> Iterator[ScalarNode]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ScalarNode):
            yield one
        else:
            waiting += one.items if isinstance(one, SequenceNode) else [entry.value for entry in one.entries]


def _resolve(scalar: ScalarNode, limits: Limits) -> None:
    """A string becomes what it holds, a number an exact one, a date the word for it."""
    value = tomllib.loads(f"v = {scalar.text}", parse_float=str)["v"]
    if not scalar.plain:
        scalar.text = scalar.value = value
    elif isinstance(value, bool):
        scalar.value = value
    elif isinstance(value, (int, str)):
        scalar.value = resolve(str(value).replace("_", ""), limits)
    else:
        scalar.text = scalar.value = value.isoformat()


# -- where it stands ----------------------------------------------------------------------------------------


class _Mark(NamedTuple):
    line: int
    column: int


class _Stretch(NamedTuple):
    """Where something begins and ends, as the events of a YAML parser say it."""

    start_mark: _Mark
    end_mark: _Mark


class _Table:
    """A table that later lines may add to; `below` are such tables in it, of a list the members."""

    def __init__(self, node: MappingNode) -> None:
        self.node = node
        self.below: dict[str, list[_Table]] = {}
        self.lists: dict[str, SequenceNode] = {}

    def add(self, key: ScalarNode, value: Tree) -> None:
        self.node.entries.append(KeyValue(key, value))


_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*+")
_SPACE = re.compile(r"[ \t]*+")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'""")
_STRING = re.compile(
    r'''"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5}|"(?:[^"\\]|\\.)*+"|'''
    r"""'''(?:[^']|'{1,2}(?!'))*+'{3,5}|'[^']*+'""",
    re.DOTALL,
)
_BARE = re.compile(r"[0-9-]+ [0-9]+:[^\s,\]}#]+|[^\s,\]}#]+")
"""A number, a boolean or a date, which may have its time behind a space."""


class _Scanner:
    """Walks TOML that is valid. Scalars hold their text as it stands there."""

    def __init__(self, text: str, source: Source) -> None:
        self._text = text
        self._source = source
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def document(self) -> MappingNode:
        root = table = _Table(MappingNode(self._source, self._from(0)))
        while not self._is_over():
            if self._takes("[["):
                table = self._append(root, self._key("]]"))
            elif self._takes("["):
                table = self._reach(root, self._key("]"))
            else:
                self._assign(table)
        return root.node

    def _is_over(self) -> bool:
        self._match(_BLANK)
        return self._at == len(self._text)

    # tables

    def _assign(self, table: _Table) -> None:
        """`key = value`."""
        *way, last = self._key("=")
        self._reach(table, way).add(last, self._value())

    def _reach(self, table: _Table, names: list[ScalarNode]) -> _Table:
        """The table at the end of a path; in a list of them, the last one."""
        for name in names:
            if name.text not in table.below:
                table.below[name.text] = [_Table(MappingNode(self._source, self._of(name)))]
                table.add(name, table.below[name.text][0].node)
            table = table.below[name.text][-1]
        return table

    def _append(self, root: _Table, names: list[ScalarNode]) -> _Table:
        """One more table in the list at the end of a path."""
        *way, name = names
        around = self._reach(root, way)
        if name.text not in around.lists:
            around.lists[name.text], around.below[name.text] = SequenceNode(self._source, self._of(name)), []
            around.add(name, around.lists[name.text])
        new = _Table(MappingNode(self._source, self._of(name)))
        around.lists[name.text].items.append(new.node)
        around.below[name.text].append(new)
        return new

    # keys and values

    def _key(self, end: str) -> list[ScalarNode]:
        """The parts of a dotted key; what ends it is passed."""
        parts: list[ScalarNode] = []
        while not parts or self._takes("."):
            self._match(_SPACE)
            parts.append(self._part())
            self._match(_SPACE)
        self._at += len(end)
        return parts

    def _part(self) -> ScalarNode:
        part = self._scalar(_PART)
        if not part.plain:
            part.text = part.value = tomllib.loads(f"v = {part.text}")["v"]
        return part

    def _value(self) -> Tree:
        self._match(_BLANK)
        match self._text[self._at]:
            case "[":
                return self._array()
            case "{":
                return self._inline()
            case '"' | "'":
                return self._scalar(_STRING)
            case _:
                return self._scalar(_BARE)

    def _array(self) -> SequenceNode:
        start, self._at = self._at, self._at + 1
        node = SequenceNode(self._source, self._from(start))
        while not self._closes("]"):
            node.items.append(self._value())
        node.reach(self._from(start))
        return node

    def _inline(self) -> MappingNode:
        start, self._at = self._at, self._at + 1
        table = _Table(MappingNode(self._source, self._from(start)))
        while not self._closes("}"):
            self._assign(table)
        table.node.reach(self._from(start))
        return table.node

    def _closes(self, bracket: str) -> bool:
        """Whether a collection ends here; the comma before its next member is passed."""
        self._match(_BLANK)
        self._takes(",")
        self._match(_BLANK)
        return self._takes(bracket)

    def _scalar(self, pattern: re.Pattern[str]) -> ScalarNode:
        start = self._at
        text = self._match(pattern)
        return ScalarNode(self._source, self._from(start), text, plain=text[0] not in "\"'")

    # the text

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise AssertionError(f"TOML that tomllib reads, but we do not: {self._text[self._at :][:40]!r}")
        self._at = found.end()
        return found[0]

    def _takes(self, word: str) -> bool:
        """Pass a word if it stands here."""
        here = self._text.startswith(word, self._at)
        self._at += len(word) * here
        return here

    def _from(self, start: int) -> Any:  # noqa: ANN401 - a node takes the events of YAML, and these are none
        return _Stretch(self._mark(start), self._mark(self._at))

    def _of(self, name: ScalarNode) -> Any:  # noqa: ANN401 - likewise
        _, line, column, width = name.place
        return _Stretch(_Mark(line - 1, column - 1), _Mark(line - 1, column - 1 + width))

    def _mark(self, at: int) -> _Mark:
        line = bisect(self._starts, at) - 1
        return _Mark(line, at - self._starts[line])
