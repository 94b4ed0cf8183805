"""The messages of an ONNX file, as far as they matter here: `onnx.proto` numbers their fields.

Numbers of tensors stay in the file: a tensor is its shape, its type, and where its numbers are.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from archcost.importing.onnx.wire import DamagedError, Message, Span, signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEEPEST = 24
"""Graphs within graphs that are read: branches of branches, which no exporter writes more than a few of."""


class Tensor(NamedTuple):
    """A tensor of numbers.

    Attributes:
        name: empty of one within an operation.
        shape: its sizes.
        type: ONNX's number of its type; 1 is float32, 7 int64.
        numbers: where its numbers are, and which field they are in; empty if they are in another file.
    """

    name: str
    shape: tuple[int, ...]
    type: int
    numbers: tuple[tuple[int, int | Span], ...]
    is_outside: bool


class Ref(NamedTuple):
    """An attribute of a function, by its name: what the caller gives."""

    name: str


Given: TypeAlias = "int | float | str | Tensor | Graph | Ref | list[int] | list[float] | list[str] | None"


class Node(NamedTuple):
    """An operation.

    Attributes:
        op: its word, with the domain before it unless that is ONNX's own.
        name: empty of many.
        inputs: names of values; empty of one that is left out.
        outputs: likewise.
        attributes: by name.
        metadata: what an exporter notes.
    """

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Given]
    metadata: Mapping[str, str]


class Info(NamedTuple):
    """What the file says of a value.

    Attributes:
        name: of the value.
        type: ONNX's number of the type of its elements; 0 of what is no tensor.
        sizes: a number, the name of one that is open, or empty; None if nothing is said.
    """

    name: str
    type: int
    sizes: tuple[int | str, ...] | None


class Graph(NamedTuple):
    """A graph, or a branch."""

    name: str
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[Info, ...]
    outputs: tuple[Info, ...]
    infos: tuple[Info, ...]
    sparse: tuple[str, ...]


class Function(NamedTuple):
    """An operation that the file defines by others."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    defaults: Mapping[str, Given]
    opset: int | None


class File(NamedTuple):
    """All of a file.

    Attributes:
        producer: who wrote it.
        opset: the version of ONNX's own operations.
        graph: what it computes.
        functions: by their words.
    """

    producer: str
    opset: int
    graph: Graph | None
    functions: Mapping[str, Function]


class Reader:
    """Reads one file."""

    def __init__(self, data: Message, size: int) -> None:
        self._data = data
        self._whole = Span(0, size)

    def file(self) -> File:
        """All of it.

        Raises:
            DamagedError: it is none.
        """
        producer, opset, graph = "", 0, None
        functions: dict[str, Function] = {}
        for number, value in self._data.fields(self._whole):
            if number == 2:
                producer = self._text(value)
            elif number == 7:
                graph = self._graph(value, 0)
            elif number == 8:
                opset = self._opset(value) or opset
            elif number == 25:
                function = self._function(value)
                functions[function.op] = function
        return File(producer, opset, graph, functions)

    def _opset(self, value: int | Span) -> int | None:
        """The version of ONNX's own operations; None if it is that of others."""
        domain, version = "", 0
        for number, found in self._fields(value):
            if number == 1:
                domain = self._text(found)
            elif number == 2 and isinstance(found, int):
                version = found
        return None if domain not in _OWN else version

    def _fields(self, value: int | Span) -> list[tuple[int, int | Span]]:
        return [*self._data.fields(self._span(value))]

    @staticmethod
    def _span(value: int | Span) -> Span:
        if isinstance(value, int):
            raise DamagedError(0, "a number stands where a message is expected")
        return value

    def _text(self, value: int | Span) -> str:
        return self._data.text(self._span(value))

    def _graph(self, value: int | Span, depth: int) -> Graph:
        span = self._span(value)
        if depth > DEEPEST:
            raise DamagedError(span.start, f"graphs are nested deeper than {DEEPEST}")
        nodes: list[Node] = []
        tensors: dict[str, Tensor] = {}
        infos: dict[int, list[Info]] = {11: [], 12: [], 13: []}
        sparse: list[str] = []
        name = ""
        for number, found in self._data.fields(span):
            if number == 1:
                nodes.append(self._node(found, depth))
            elif number == 2:
                name = self._text(found)
            elif number == 5:
                tensor = self.tensor(found)
                tensors[tensor.name] = tensor
            elif number in infos:
                infos[number].append(self._info(found))
            elif number == 15:
                sparse += [self.tensor(one).name for field, one in self._fields(found) if field == 1]
        return Graph(
            name, tuple(nodes), tensors, tuple(infos[11]), tuple(infos[12]), tuple(infos[13]), tuple(sparse)
        )

    def _node(self, value: int | Span, depth: int) -> Node:
        texts: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: [], 7: [], 8: []}
        attributes: dict[str, Given] = {}
        metadata: dict[str, str] = {}
        for number, found in self._fields(value):
            if number in texts:
                texts[number].append(self._text(found))
            elif number == 5:
                name, given = self._attribute(found, depth)
                attributes[name] = given
            elif number == 9:
                key, said = self._entry(found)
                metadata[key] = said
        op = _word(*("".join(texts[n][-1:]) for n in (7, 4, 8)))
        return Node(op, "".join(texts[3][-1:]), tuple(texts[1]), tuple(texts[2]), attributes, metadata)

    def _entry(self, value: int | Span) -> tuple[str, str]:
        found = {number: self._text(one) for number, one in self._fields(value)}
        return found.get(1, ""), found.get(2, "")

    def _attribute(self, value: int | Span, depth: int) -> tuple[str, Given]:
        name, kind = "", 0
        given: Given = None
        several: dict[int, list[Any]] = {7: [], 8: [], 9: []}
        for number, found in self._fields(value):
            if number == 1:
                name = self._text(found)
            elif number == 20 and isinstance(found, int):
                kind = found
            elif number in several:
                several[number] += self._several(number, found)
            elif number in {2, 3, 4, 5, 6, 21}:
                given = self._single(number, found, depth)
        of_kind = {6: several[7], 7: several[8], 8: several[9]}
        if kind in of_kind or given is None:
            given = of_kind.get(kind) or next(filter(None, several.values()), of_kind.get(kind))
        return name, given

    def _single(self, number: int, found: int | Span, depth: int) -> Given:
        """The value of an attribute: a number, a text, a tensor, a graph, or that of a call."""
        if number == 2:
            return next(iter(self._floats(found)), 0.0)
        if number == 3:
            return signed(found) if isinstance(found, int) else 0
        if number == 4:
            return self._text(found)
        if number == 5:
            return self.tensor(found)
        return self._graph(found, depth + 1) if number == 6 else Ref(self._text(found))

    def _several(self, number: int, found: int | Span) -> Sequence[float | str]:
        """Values of an attribute that is a list: floats, whole numbers, texts."""
        if number == 7:
            return self._floats(found)
        if number == 8:
            return [signed(found)] if isinstance(found, int) else self._data.varints(found)
        return [self._text(found)]

    def _floats(self, value: int | Span) -> list[float]:
        span = self._span(value)
        if (span.end - span.start) % 4:
            raise DamagedError(span.start, "floats of another size than four bytes")
        return [x for (x,) in struct.iter_unpack("<f", self._data.data[span.start : span.end])]

    def tensor(self, value: int | Span) -> Tensor:
        """A tensor."""
        name, kind, is_outside = "", 0, False
        sizes: list[int] = []
        numbers: list[tuple[int, int | Span]] = []
        for number, found in self._data.fields(self._span(value)):
            if number == 1:
                sizes += [signed(found)] if isinstance(found, int) else self._data.varints(found)
            elif number == 2 and isinstance(found, int):
                kind = found
            elif number == 8:
                name = self._text(found)
            elif number in _NUMBERS:
                numbers.append((number, found))
            elif number == 14:
                is_outside = found == 1
        if any(n < 0 for n in sizes):
            raise DamagedError(self._span(value).start, f"tensor '{name}' has a size below 0")
        return Tensor(name, tuple(sizes), kind, tuple(numbers), is_outside)

    def _info(self, value: int | Span) -> Info:
        name, kind, sizes = "", 0, None
        for number, found in self._fields(value):
            if number == 1:
                name = self._text(found)
            elif number == 2:
                for what, given in self._fields(found):
                    if what == 1:
                        kind, sizes = self._tensor_type(given)
        return Info(name, kind, sizes)

    def _tensor_type(self, value: int | Span) -> tuple[int, tuple[int | str, ...] | None]:
        kind, sizes = 0, None
        for number, found in self._fields(value):
            if number == 1 and isinstance(found, int):
                kind = found
            elif number == 2:
                sizes = tuple(self._size(one) for field, one in self._fields(found) if field == 1)
        return kind, sizes

    def _size(self, value: int | Span) -> int | str:
        for number, found in self._fields(value):
            if number == 1 and isinstance(found, int):
                return max(signed(found), 0) or ""
            if number == 2:
                name = self._text(found)
                return "" if name in {"?", "-1", "None"} else name
        return ""

    def _function(self, value: int | Span) -> Function:
        texts: dict[int, list[str]] = {1: [], 4: [], 5: [], 10: [], 13: []}
        nodes: list[Node] = []
        defaults: dict[str, Given] = {}
        opset = None
        for number, found in self._data.fields(self._span(value)):
            if number in texts:
                texts[number].append(self._text(found))
            elif number == 7:
                nodes.append(self._node(found, 0))
            elif number == 9:
                opset = self._opset(found) or opset
            elif number == 11:
                name, given = self._attribute(found, 0)
                defaults[name] = given
        op = _word(*("".join(texts[n][-1:]) for n in (10, 1, 13)))
        return Function(op, tuple(texts[4]), tuple(texts[5]), tuple(nodes), defaults, opset)


_OWN = {"", "ai.onnx"}
"""What the domain of ONNX's own operations is called."""

_NUMBERS = (4, 5, 7, 9, 10, 11)
"""Fields of a tensor that hold its numbers: float, int32, int64, raw, double, uint64."""


def _word(domain: str, op: str, overload: str = "") -> str:
    """What an operation is called: ONNX's own plainly, others with their domain.

    >>> _word("com.microsoft", "FusedConv")
    'com.microsoft.FusedConv'
    """
    own = op if domain in _OWN else f"{domain}.{op}"
    return f"{own}:{overload}" if overload else own
