"""Text -> data with places: strict YAML 1.2, one document, nothing hidden.

Only the events of the YAML parser are used and walked with a stack of our own: a file may nest as deeply as
it likes without harm. Every mistake is noted before the reader gives up, so one run reports them all.
"""

from __future__ import annotations

import re
from copy import copy
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from archcost.errors import Diagnostic, SpecError
from archcost.limits import DEFAULT, Limits
from archcost.source import Place, Source
from archcost.spec import yaml_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    import yaml

    from archcost.source import Origin

Tree: TypeAlias = "ScalarNode | SequenceNode | MappingNode"


class _Node:
    """A piece of the document. Its place is put together when someone asks, as few do."""

    __slots__ = ("_column", "_line", "_source", "_width")

    def __init__(self, source: Source, event: Any) -> None:  # noqa: ANN401 - the stubs let marks be missing
        start, end = event.start_mark, event.end_mark
        self._source = source
        self._line: int = start.line
        self._column: int = start.column
        if end.line == start.line:
            self._width: int = end.column - start.column
        else:
            self._width = len(source.lines[self._line]) - start.column

    def reach(self, event: Any) -> None:  # noqa: ANN401 - as above
        """Make the place end where the event does, if that is on its line."""
        end = event.end_mark
        last = end.column if end.line == self._line else len(self._source.lines[self._line])
        self._width = last - self._column

    @property
    def place(self) -> Place:
        """Where it stands: the whole of it on one line, else its part of the first line."""
        return Place(self._source, self._line + 1, self._column + 1, max(1, self._width))

    def get(self, key: str) -> Tree | None:  # noqa: ARG002 - a mapping's answer is another
        """What stands under a key; None if there is no such key (an empty value is a ScalarNode)."""
        return None

    def pairs(self) -> list[KeyValue]:
        """The keys with their values; none in what is no mapping."""
        return []

    def word(self) -> str | None:
        """The text, if it is a word: no number, truth value or collection."""
        return None


class ScalarNode(_Node):
    """A single value.

    Attributes:
        value: what it means: empty (None), a boolean, a number, or a word.
        text: its text, without quotes.
        plain: whether it stands without quotes (and is not a `|` or `>` text).
    """

    __slots__ = ("plain", "text", "value")

    def __init__(self, source: Source, event: yaml.Event, text: str, *, plain: bool) -> None:
        super().__init__(source, event)
        self.text = text
        self.plain = plain
        self.value: bool | int | Fraction | str | None = text

    def word(self) -> str | None:
        """The text, if it is a word."""
        return self.value if isinstance(self.value, str) else None

    def meaning(self, word: str) -> ScalarNode:
        """The same place, holding another word."""
        other = copy(self)
        other.text = other.value = word
        return other


class SequenceNode(_Node):
    """A list of nodes."""

    __slots__ = ("items",)

    def __init__(self, source: Source, event: yaml.Event) -> None:
        super().__init__(source, event)
        self.items: list[Tree] = []


class KeyValue(NamedTuple):
    """One `key: value`."""

    key: ScalarNode
    value: Tree


class MappingNode(_Node):
    """Keys with values, in the order of the text. Keys differ as texts."""

    __slots__ = ("_values", "entries")

    def __init__(self, source: Source, event: yaml.Event) -> None:
        super().__init__(source, event)
        self.entries: list[KeyValue] = []
        self._values: dict[str, Tree] | None = None

    def get(self, key: str) -> Tree | None:
        """The value of a key."""
        if self._values is None:
            self._values = {entry.key.text: entry.value for entry in self.entries}
        return self._values.get(key)

    def pairs(self) -> list[KeyValue]:
        """The entries."""
        return self.entries

    def key_places(self) -> dict[str, Place]:
        """Where the keys stand."""
        return {entry.key.text: entry.key.place for entry in self.entries}

    def with_entries(self, entries: list[KeyValue]) -> MappingNode:
        """The same place, with other entries."""
        other = copy(self)
        other.entries, other._values = entries, None  # noqa: SLF001 - its own
        return other


def is_empty(node: Tree | None) -> bool:
    """Whether there is nothing, or nothing behind a key."""
    return node is None or (isinstance(node, ScalarNode) and node.value is None)


def read(data: bytes | str, name: str, limits: Limits = DEFAULT, origin: Origin | None = None) -> Tree:
    r"""The one document of a YAML file, with the place of every node.

    Args:
        data: what is in the file.
        name: the file as the user named it, for messages.
        limits: `file_bytes`, `depth` and `integer` apply.
        origin: what the text was made of, if nobody wrote it.

    Raises:
        SpecError: with everything that is wrong with it as YAML.

    >>> tree = read("archcost: 1\ninput: [3, 224, 224]\n", "net.yaml")
    >>> str(tree.get("input").place), [item.value for item in tree.get("input").items]
    ('net.yaml:2:8', [3, 224, 224])
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    if len(data) > limits.file_bytes:
        raise _whole(name, f"the file has {len(data)} bytes; the limit is {limits.file_bytes} (`file_bytes`)")
    text = decode(data, name)
    source = Source(name, _lines(text), origin)
    _check_characters(text, source)
    try:
        return _TreeBuilder(source, limits).build(text)
    except _TooShallow:
        return _TreeBuilder(source, limits).build(text, slow=True)


def _whole(name: str, message: str) -> SpecError:
    """An error about the whole file."""
    return SpecError([Diagnostic(Place(Source(name)), message)])


def _lines(text: str) -> tuple[str, ...]:
    return tuple(re.split(r"\r\n?|\n", text))


def decode(data: bytes, name: str) -> str:
    """The text of a file in UTF-8, without a byte order mark.

    Raises:
        SpecError: it is in another encoding, or no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _whole(name, "the file is UTF-16; save it as UTF-8")
    if b"\0" in data:
        raise _whole(name, "the file is not text: it has NUL bytes")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = _lines(data[: error.start].decode())
        source = Source(name, _lines(data.decode(errors="replace")))
        message = f"byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise SpecError([Diagnostic(Place(source, len(before), len(before[-1]) + 1), message)]) from None


_STRANGE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]+")
"""What YAML forbids, a byte order mark in the middle, and what only YAML 1.1 takes for a line break."""


def _check_characters(text: str, source: Source) -> None:
    if not _STRANGE.search(text):
        return
    strange = ((n, found) for n, line in enumerate(source.lines, 1) for found in _STRANGE.finditer(line))
    raise SpecError(
        Diagnostic(
            Place(source, number, found.start() + 1, len(found[0])),
            f"the invisible character U+{ord(found[0][0]):04X} stands here; delete it",
        )
        for number, found in islice(strange, 20)
    )


class _Frame:
    """A collection that is still open. The problems noted from the `first` on are its own."""

    __slots__ = ("first", "flow", "key", "keys", "node", "torn")

    def __init__(self, node: SequenceNode | MappingNode, first: int, *, flow: bool) -> None:
        self.node = node
        self.first = first
        self.flow = flow
        self.key: Tree | None = None
        self.keys: dict[str, ScalarNode] = {}
        self.torn = False


class _TreeBuilder:
    """Turns events into nodes and notes what is wrong.

    `_torn` holds the expressions, tuples and calls that a comma tore apart. Whatever else seems wrong with
    such a collection is fallout, and is dropped.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._stack: list[_Frame] = []
        self._root: Tree | None = None
        self._problems: list[Diagnostic] = []
        self._torn: list[Diagnostic] = []
        self._anchors: set[str] = set()

    def build(self, text: str, *, slow: bool = False) -> Tree:
        """The whole tree, by libyaml's parser if it is there, or by the `slow` one in Python."""
        self._walk(text, slow=slow)
        root = self._root
        if self._problems or self._torn:
            raise SpecError(self._problems + self._torn)
        if root is None or (isinstance(root, ScalarNode) and root.plain and not root.text):
            raise _whole(self._source.name, "the file is empty")
        return root

    def _walk(self, text: str, *, slow: bool) -> None:
        import yaml  # noqa: PLC0415 - only reading a spec needs it

        handlers: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: partial(self._open, SequenceNode),
            yaml.MappingStartEvent: partial(self._open, MappingNode),
            yaml.SequenceEndEvent: self._close,
            yaml.MappingEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        loader = yaml.SafeLoader if slow else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            for event in yaml.parse(text, Loader=loader):
                if handle := handlers.get(type(event)):
                    handle(event)
        except yaml.YAMLError as error:
            if "maximum nesting depth" in str(error):
                raise _TooShallow from None
            self._break_off(error)
        except _Stop:
            pass

    def _break_off(self, error: yaml.YAMLError) -> None:
        """Nothing can be read from here on."""
        torn = next((frame for frame in self._stack if frame.torn), None)
        if torn:
            del self._problems[torn.first :]
        else:
            bracket = self._stack[-1].node.place if self._stack and self._stack[-1].flow else None
            found = yaml_errors.diagnose(error, self._source, bracket)
            if not any(one.place.line == found.place.line for one in self._problems):
                self._problems.append(found)

    def _note(self, place: Place, message: str) -> None:
        self._problems.append(Diagnostic(place, message))

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        place = _Node(self._source, event).place
        if self._root is not None:
            self._note(place, "a second document starts here; a file holds one network")
            raise _Stop
        if event.tags:
            self._note(place, "tags are not used: delete the %TAG line")
        elif event.version not in {None, (1, 2)}:
            self._note(place, "specs are YAML 1.2: delete the %YAML line")

    def _open(self, kind: type[SequenceNode | MappingNode], event: yaml.CollectionStartEvent) -> None:
        node = kind(self._source, event)
        if len(self._stack) == self._limits.depth:
            self._note(node.place, f"nested more than {self._limits.depth} levels deep (the limit `depth`)")
            raise _Stop
        if event.anchor or event.tag:
            self._refuse_properties(event, node.place)
        self._stack.append(_Frame(node, len(self._problems), flow=bool(event.flow_style)))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        frame = self._stack.pop()
        if frame.torn:
            del self._problems[frame.first :]
        if frame.flow:
            frame.node.reach(event)
        self._attach(frame.node)

    def _attach(self, node: Tree) -> None:
        """Hand a node that is complete to the collection around it."""
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        if isinstance(frame.node, SequenceNode):
            frame.node.items.append(node)
        elif frame.key is None:
            self._check_key(frame, node)
            frame.key = node
        else:
            if isinstance(frame.key, ScalarNode):
                self._check_pair(frame.key, node)
                frame.node.entries.append(KeyValue(frame.key, node))
            frame.key = None

    def _check_key(self, frame: _Frame, node: Tree) -> None:
        if not isinstance(node, ScalarNode):
            what = "a list" if isinstance(node, SequenceNode) else "a mapping"
            self._note(node.place, f"{what} cannot be a key{_as_variable(node) if frame.flow else ''}")
            return
        first = frame.keys.setdefault(node.text, node)
        if node.plain and (why := _refuse_key(node)):
            self._note(node.place, why)
        elif first is not node:
            line = first.place.line
            where = " on this line" if line == node.place.line else f"; first on line {line}"
            self._note(node.place, f"'{node.text}' is given twice{where}")

    def _check_pair(self, key: ScalarNode, value: Tree) -> None:
        """`{out_channels:8}` and `{out_channels=8}` are keys without a value."""
        if not key.plain or not isinstance(value, ScalarNode) or not value.plain or value.text:
            return
        if pair := re.fullmatch(_PAIR, key.text):
            why = "a space is missing after the colon" if pair[2] == ":" else "a field is given with a colon"
            self._note(key.place, f"{why}: write `{pair[1]}: {pair[3]}`")
        elif whole := _thousands(key):
            self._note(key.place, f"a comma ends a number: write {whole}")

    def _alias(self, event: yaml.AliasEvent) -> None:
        """An alias of an anchor that was refused, or under a merge key that was, is no mistake of its own."""
        node = ScalarNode(self._source, event, "", plain=False)
        key = self._stack[-1].key if self._stack else None
        if event.anchor not in self._anchors and not (isinstance(key, ScalarNode) and key.text == "<<"):
            self._note(node.place, f"aliases (*{event.anchor}) are not used: {_IN_SIGHT}")
        self._attach(node)

    def _refuse_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: Place) -> None:
        """Anchors and tags."""
        if event.anchor is not None:
            self._anchors.add(event.anchor)
            here = place._replace(width=len(event.anchor) + 1)
            self._note(here, f"anchors (&{event.anchor}) are not used: {_IN_SIGHT}")
        elif event.tag is not None:
            written = _TAG.match(place.text(), place.column - 1)
            tag = written[0] if written else event.tag
            message = f"tags ({tag}) are not used: quotes make a word, nothing else needs saying"
            self._note(place._replace(width=len(tag)), message)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text, plain = event.value, not event.style
        node = ScalarNode(self._source, event, text, plain=plain)
        if event.anchor or event.tag:
            self._refuse_properties(event, node.place)
        if plain:
            self._resolve(node)
            if text[:1] == "0" and self._stack and self._is_in_list() and (whole := _thousands(node)):
                self._note(node.place, f"a comma ends a number: write {whole}")
        elif event.style == '"' and (strange := _STRANGE.search(text)):
            self._note(node.place, f"the text holds the invisible character U+{ord(strange[0][0]):04X}")
        self._attach(node)

    def _is_in_list(self) -> bool:
        return self._stack[-1].flow and isinstance(self._stack[-1].node, SequenceNode)

    def _resolve(self, node: ScalarNode) -> None:
        """The meaning of an unquoted value. One that ends inside its parentheses was torn apart."""
        text = node.text
        may_be_torn = "(" in text and self._stack and self._stack[-1].flow and yaml_errors.is_torn(text)
        if may_be_torn and (why := yaml_errors.word_torn(text, node.place)):
            self._stack[-1].torn = True
            self._torn.append(Diagnostic(node.place, why))
        elif text[:1] in _MEANINGFUL:
            try:
                node.value = resolve(text, self._limits)
            except ValueError as error:
                self._note(node.place, str(error))


def _as_variable(node: Tree) -> str:
    """What to say about `{{width}}`, as the end of a message."""
    if not isinstance(node, MappingNode):
        return ""
    name = node.entries[0].key.text if len(node.entries) == 1 else "name"
    return f"; a variable is written ${name}"


def _refuse_key(node: ScalarNode) -> str | None:
    """What is wrong with an unquoted key, if something is."""
    text = node.text
    if text == "<<":
        return "merge keys (<<) are not used: a block says it in sight"
    if not text:
        return "a key is missing before this colon"
    if ("{" in text or "[" in text) and (word := re.fullmatch(_TIGHT, text)):
        missing = (
            "a space is missing after the colon"
            if word["colon"]
            else f"a colon is missing after '{word['word']}'"
        )
        rest = node.place.text()[node.place.column - 1 + word.start("rest") :].split(" #")[0].rstrip()
        return f"{missing}: write `{word['word']}: {rest}`"
    return None


_TIGHT = r"(?P<word>[A-Za-z_][\w./-]*)(?P<colon>:?) *(?P<rest>[\[{][^\]}]+)"
"""Of `conv {kernel_size: 3}` YAML makes the key `conv {kernel_size`, and of `conv:{…` likewise."""

_PAIR = r"([A-Za-z_]\w*) *([:=]) *(\S+)"


def _thousands(node: ScalarNode) -> str | None:
    """The number of which this is the end, behind a comma that separates thousands; None if it is none."""
    until = node.place.text()[: node.place.column - 1 + len(node.text)]
    number = re.search(r"(?<![\d.,])\d{1,3}(,\d{3})+$", until)
    return number[0].replace(",", "") if number else None


_IN_SIGHT = "a variable or a block says it in sight"
_TAG = re.compile(r"!<[^>]*>|![^\s,\[\]{}]*")


class _Stop(Exception):  # noqa: N818 - a signal that never leaves this file
    """Nothing after this can be read."""


class _TooShallow(Exception):  # noqa: N818 - as above
    """The parser follows 1000 levels and no more, as libyaml's does since 0.2.6; that in Python has no end.

    It reads ahead, and may say so before it hands out the level that is beyond our own limit.
    """


_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MEANINGFUL = frozenset("0123456789-+.~nNtTfF") | {""}
"""What a plain scalar starts with if it may be more than a word."""

_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASED = r"0o[0-7]+|0x[0-9a-fA-F]+"
_NOT_FINITE = r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
_DIGITS = 400
"""More than any float needs, few enough that exact fractions stay cheap."""


def resolve(text: str, limits: Limits = DEFAULT) -> bool | int | Fraction | str | None:
    """What a plain scalar means: the core schema of YAML 1.2, with exact decimals.

    Raises:
        ValueError: a number that is not finite or beyond the limits.

    >>> [resolve(text) for text in ("010", "0x10", "0.75", "1e3", "yes", "3:4", "~")]
    [10, 16, Fraction(3, 4), 1000, 'yes', '3:4', None]
    """
    if len(text) <= 15 and text.isascii() and text.isdigit():
        return _within(int(text), text, limits)
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789-+.":
        return text
    if _NUMBER.fullmatch(text):
        return _decimal(text, limits)
    if re.fullmatch(_BASED, text):
        if len(text) > _DIGITS:
            raise ValueError(_too_large(text))
        return _within(int(text, 0), text, limits)
    if re.fullmatch(_NOT_FINITE, text):
        raise ValueError(f"{text} is not a finite number; quote it if it is a word")
    return text


def _decimal(text: str, limits: Limits) -> int | Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > _DIGITS or len(exponent) > 5 or abs(int(exponent or 0)) > _DIGITS:
        raise ValueError(_too_large(text))
    value = Fraction(text)
    return _within(value.numerator, text, limits) if value.denominator == 1 else value


def _within(value: int, text: str, limits: Limits) -> int:
    if abs(value) > limits.integer:
        raise ValueError(_too_large(text))
    return value


def _too_large(text: str) -> str:
    shown = text if len(text) <= 40 else f"{text[:20]}... ({len(text)} characters)"
    return f"{shown} is beyond the numbers a spec may hold (the limit `integer`)"
