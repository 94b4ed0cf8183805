"""A graph of ONNX operations, written value by value."""

from __future__ import annotations

from math import prod
from struct import pack
from typing import TYPE_CHECKING, NamedTuple

from archcost.exporting.onnx.wire import (
    FLOAT,
    INT64,
    Tensor,
    attribute,
    field,
    fields,
    tensor,
    value_info,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcost.exporting.onnx.wire import Attribute
    from archcost.windows.window import Shape

_NONE: Mapping[str, Attribute] = {}
"""No attributes."""

OLDEST = 18
"""The operator set that a graph has at least."""

SINCE = {
    "AveragePool": 19,
    "DeformConv": 19,
    "Gelu": 20,
    "GridSample": 20,
    "GroupNormalization": 21,
    "Pad": 19,
    "Resize": 19,
    "RMSNormalization": 23,
}
"""Operations that came with a later one, or are used here in a way that did."""


class Value(NamedTuple):
    """A tensor of the graph.

    Attributes:
        name: what it is called.
        shape: its sizes, as ONNX counts them: a batch of 1 in front of everything but what is learned.
        type: of its elements.
    """

    name: str
    shape: Shape
    type: int = FLOAT

    @property
    def rank(self) -> int:
        """How many axes it has."""
        return len(self.shape)


class Graph:
    """Operations one after the other, and the whole numbers they take, each list of these once.

    Args:
        prefix: of the names of these numbers, so that a graph inside another one has its own.

    Attributes:
        opset: the oldest operator set that has all of its operations.
    """

    def __init__(self, prefix: str = "") -> None:
        self.opset = OLDEST
        self._prefix = prefix
        self._nodes: list[bytes] = []
        self._values: dict[str, bytes] = {}
        self._numbers: dict[tuple[Shape, tuple[int, ...]], Value] = {}

    def write(self, name: str, operation: Operation, doc: str = "") -> None:
        """Write an operation behind all others."""
        word, inputs, outputs, attributes = operation
        self.opset = max(self.opset, SINCE.get(word, OLDEST))
        self._values[outputs[-1].name] = value_info(*_told(outputs[-1]))
        self._nodes.append(
            fields(1, (x.name if x else "" for x in inputs))
            + fields(2, (y.name for y in outputs))
            + field(3, name)
            + field(4, word)
            + fields(5, (attribute(key, value) for key, value in attributes.items()))
            + (field(6, doc) if doc else b"")
        )

    def numbers(self, numbers: Sequence[int], shape: Shape | None = None) -> Value:
        """Whole numbers that are known: sizes, axes, indices; a vector unless a shape is given."""
        key = ((len(numbers),) if shape is None else shape, tuple(numbers))
        return self._numbers.setdefault(
            key, Value(f"{self._prefix}numbers_{len(self._numbers)}", key[0], INT64)
        )

    def encoded(self, name: str, inputs: Iterable[Value], outputs: Iterable[Value], doc: str = "") -> bytes:
        """A `GraphProto`."""
        numbers = (
            tensor(INT64, value.shape, pack(f"<{len(listed)}q", *listed), value.name)
            for (_, listed), value in self._numbers.items()
        )
        leaving = {y.name: value_info(*_told(y)) for y in outputs}
        return (
            fields(1, self._nodes)
            + field(2, name)
            + fields(5, numbers)
            + (field(10, doc) if doc else b"")
            + fields(11, (value_info(*_told(x)) for x in inputs))
            + fields(12, leaving.values())
            + fields(13, (told for key, told in self._values.items() if key not in leaving))
        )


def _told(value: Value) -> tuple[str, int, Shape]:
    return value.name, value.type, value.shape


class Operation(NamedTuple):
    """What is done to which tensors, None for one that is left out, and what that makes: the last is read."""

    word: str
    inputs: list[Value | None]
    outputs: list[Value]
    attributes: dict[str, Attribute]


class Site:
    """Where the operations of one layer are written.

    Args:
        graph: which they become part of.
        path: of the layer: `/stage/0/conv` is where its operations are, `stage.0.conv` what leaves.
        shape: that leaves.
        doc: what is said of the layer, at its first operation.
    """

    def __init__(self, graph: Graph, path: str, shape: Shape, doc: str = "") -> None:
        self.graph = graph
        self.path = path
        self.shape = shape
        self._doc = doc
        self._operations: dict[str, Operation] = {}

    def op(
        self,
        word: str,
        *inputs: Value | None,
        shape: Shape | None = None,
        type_: int = FLOAT,
        nth: int = 0,
        given: Mapping[str, Attribute] = _NONE,
        **attributes: Attribute,
    ) -> Value:
        """One operation.

        Args:
            word: what ONNX calls it.
            inputs: what it reads; None is an optional input that is left out.
            shape: that leaves; that of its inputs, sizes of 1 repeated, unless given.
            type_: of the elements that leave.
            nth: which of its outputs is taken.
            given: attributes, as ONNX calls them.
            attributes: more of these.
        """
        name = self._name(word)
        if shape is None:
            shape = broadcast(*(x.shape for x in inputs if x))
        outputs = [Value(f"{name}_output_{i}", shape, type_) for i in range(nth + 1)]
        self._operations[name] = Operation(word, [*inputs], [*outputs], {**given, **attributes})
        return outputs[nth]

    def _name(self, word: str) -> str:
        name = f"/{self.path.replace('.', '/')}/{word}"
        return name if name not in self._operations else f"{name}_{len(self._operations)}"

    def done(self, value: Value) -> Value:
        """Write it all; the value is what leaves, and gets the name of the layer."""
        if not any(value in operation.outputs for operation in self._operations.values()):
            value = self.op("Identity", value, type_=value.type)
        renamed = value._replace(name=self.path)
        for i, (name, (word, inputs, outputs, attributes)) in enumerate(self._operations.items()):
            read = [renamed if x == value else x for x in inputs]
            made = [renamed if y == value else y for y in outputs]
            self.graph.write(name, Operation(word, read, made, attributes), "" if i else self._doc)
        return renamed

    # -- numbers that are known ---------------------------------------------------------------------------

    def number(self, value: float) -> Value:
        """One number for every element."""
        return self.constant([value], ())

    def constant(self, values: Iterable[float], shape: Shape) -> Value:
        """Numbers that are given, row by row."""
        data = pack(f"<{prod(shape)}f", *values)
        return self.op("Constant", shape=shape, value=Tensor(tensor(FLOAT, shape, data)))

    def filled(self, value: float, shape: Shape) -> Value:
        """The same number everywhere."""
        return self.op("Expand", self.number(value), self.graph.numbers(shape), shape=shape)

    # -- other shapes of the same elements ----------------------------------------------------------------

    def reshape(self, x: Value, shape: Shape) -> Value:
        """The same elements in the same order."""
        if shape == x.shape:
            return x
        return self.op("Reshape", x, self.graph.numbers(shape), shape=shape, type_=x.type)

    def transpose(self, x: Value, axes: Sequence[int]) -> Value:
        """The axes in another order."""
        if [*axes] == [*range(x.rank)]:
            return x
        shape = tuple(x.shape[axis] for axis in axes)
        return self.op("Transpose", x, shape=shape, type_=x.type, perm=tuple(axes))

    def moved(self, x: Value, sources: Sequence[int], targets: Sequence[int]) -> Value:
        """Some axes moved to other places, as NumPy's `moveaxis` does it."""
        order = [axis for axis in range(x.rank) if axis not in sources]
        for target, source in sorted(zip(targets, sources, strict=True)):
            order.insert(target, source)
        return self.transpose(x, order)

    def per_channel(self, weight: Value, like: Value) -> Value:
        """One number per channel, so that it meets the channels of a tensor."""
        return (
            self.reshape(weight, (*weight.shape, *(1 for _ in like.shape[2:]))) if like.rank > 2 else weight
        )

    # -- parts --------------------------------------------------------------------------------------------

    def part(self, x: Value, axis: int, start: int, end: int, step: int = 1) -> Value:
        """A stretch of one axis, counted from the front; with a step of -1 all of it, the last first."""
        places = range(start, end, step) if step > 0 else range(x.shape[axis])
        if len(places) == x.shape[axis] and step == 1:
            return x
        if step < 0:
            start, end = -1, -(2**63)
        whole = (self.graph.numbers((n,)) for n in (start, end, axis, step))
        shape = (*x.shape[:axis], len(places), *x.shape[axis + 1 :])
        return self.op("Slice", x, *whole, shape=shape, type_=x.type)

    def joined(self, xs: Sequence[Value], axis: int) -> Value:
        """One behind the other along an axis."""
        if len(xs) == 1:
            return xs[0]
        total = sum(x.shape[axis] for x in xs)
        shape = (*xs[0].shape[:axis], total, *xs[0].shape[axis + 1 :])
        return self.op("Concat", *xs, shape=shape, type_=xs[0].type, axis=axis)

    def picked(self, x: Value, index: Value, axis: int) -> Value:
        """Elements along an axis, in whose place the axes of the index are."""
        shape = (*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])
        return self.op("Gather", x, index, shape=shape, type_=x.type, axis=axis)

    def padded(
        self, x: Value, pads: Sequence[tuple[int, int]], value: float = 0, mode: str = "constant"
    ) -> Value:
        """With elements around it, (before, after) per axis; negative ones are cut off first."""
        for axis, (before, after) in enumerate(pads):
            x = self.part(x, axis, max(-before, 0), x.shape[axis] + min(after, 0))
        added = [(max(before, 0), max(after, 0)) for before, after in pads]
        if not any(map(any, added)):
            return x
        listed = self.graph.numbers([before for before, _ in added] + [after for _, after in added])
        shape = tuple(n + before + after for n, (before, after) in zip(x.shape, added, strict=True))
        fill = self.number(value) if mode == "constant" else None
        inputs = (x, listed, fill) if fill else (x, listed)
        return self.op("Pad", *inputs, shape=shape, mode=mode)

    # -- arithmetic ---------------------------------------------------------------------------------------

    def reduced(self, word: str, x: Value, axes: Sequence[int], *, keep: bool = True) -> Value:
        """One number for all elements along some axes."""
        kept = [1 if axis in axes else n for axis, n in enumerate(x.shape)]
        shape = tuple(n for axis, n in enumerate(kept) if keep or axis not in axes)
        return self.op(word, x, self.graph.numbers(axes), shape=shape, keepdims=int(keep))

    def matmul(self, a: Value, b: Value) -> Value:
        """The products of matrices along the last two axes."""
        shape = (*broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
        return self.op("MatMul", a, b, shape=shape)


def broadcast(*shapes: Shape) -> Shape:
    """The common shape, the last axes side by side and sizes of 1 repeated.

    >>> broadcast((1, 64, 56, 56), (64, 1, 1))
    (1, 64, 56, 56)
    """
    rank = max(map(len, shapes))
    aligned = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(next((n for n in sizes if n != 1), 1) for sizes in zip(*aligned, strict=True))
