"""The graph of a `.tflite` file. The numbers of weights are not read, but those of small constants."""

from __future__ import annotations

from collections import Counter
from math import prod
from mmap import ACCESS_READ, mmap
from struct import calcsize
from typing import TYPE_CHECKING

from archcost.errors import ModelFileError
from archcost.importing.model import Model, Operation, Reference, Weight, read_by
from archcost.importing.tflite.flatbuffer import Buffer, DamagedError
from archcost.importing.tflite.schema import BIASES, CUSTOM, IDENTIFIER, OPERATORS, OPTIONS, STATE, tensor_of
from archcost.importing.values import canonical
from archcost.limits import DEFAULT
from archcost.overwriting import will_read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.importing.model import Argument
    from archcost.importing.tflite.flatbuffer import Table
    from archcost.importing.tflite.schema import Tensor
    from archcost.windows.window import Shape

SMALL = 1024
"""Elements of a tensor whose numbers are read: of axes, paddings, positions and the like."""


def model(path: Path, given: Mapping[str, Shape]) -> Model:
    """The model in a file.

    Args:
        path: the file.
        given: shapes of inputs; a file says all sizes, so they may only repeat them.

    Raises:
        ModelFileError: it is no such file, or damaged; the message says where.
    """
    try:
        will_read(path)
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            if data[4:8] != IDENTIFIER:
                raise ModelFileError(path, "it is no model of TensorFlow Lite: bytes 4 to 7 are not TFL3")
            return _Reader(path, Buffer(data)).model(given)
    except (OSError, ValueError) as error:  # ValueError: an empty file, or a NUL in the path
        raise ModelFileError(path, str(error)) from None
    except DamagedError as error:
        raise ModelFileError(path, f"byte {error.at}: {error}") from None


class _Reader:
    """Makes a model of the tables."""

    def __init__(self, path: Path, buffer: Buffer) -> None:
        self._path = path
        self._buffer = buffer
        root = buffer.root()
        self._codes = [self._word(code) for code in root.tables(1)]
        graphs = root.tables(2)
        if not graphs:
            self._fail("there is no graph in it")
        self._graph = graphs[0]
        self._buffers = root.tables(4)
        self._tensors = [tensor_of(table) for table in self._graph.tables(0)]
        self._made: set[int] = set()
        self._copies: dict[int, int] = {}

    def _fail(self, what: str) -> None:
        raise ModelFileError(self._path, what)

    @staticmethod
    def _word(code: Table) -> str:
        number = max(code.integer(0, "b"), code.integer(3, "i"))
        if number == CUSTOM:
            return f"CUSTOM {code.text(1)}"
        return OPERATORS[number] if 0 <= number < len(OPERATORS) else f"operator {number}"

    def model(self, given: Mapping[str, Shape]) -> Model:
        """All of it."""
        inputs = {self._name(i): self._tensor(i).shape for i in self._graph.integers(1)}
        for i in self._graph.integers(1):
            if self._tensor(i).open_sizes:
                self._fail(
                    f"sizes of input '{self._tensor(i).name}' are left open: convert it with all sizes"
                )
        axes = {name: _axes(len(shape)) for name, shape in inputs.items()}
        self._check(given, inputs, axes)
        tables = self._graph.tables(3)
        if len(tables) > DEFAULT.nodes:
            self._fail(f"it has {len(tables):,} operations; {DEFAULT.nodes:,} are read at most")
        operations = tuple(self._operation(table, i) for i, table in enumerate(tables))
        outputs = tuple(self._name(i) for i in self._graph.integers(2))
        read = {name for operation in operations for name in read_by(operation)} | {*outputs}
        weights: dict[str, Weight] = {}
        unread = 0
        for i, tensor in enumerate(self._tensors):
            name = self._name(i)
            if i in self._made or name in inputs or not self._has_numbers(tensor):
                continue
            weights[name] = Weight(name, tensor.shape, is_learned=_is_learned(tensor))
            unread += prod(tensor.shape) if name not in read and _is_learned(tensor) else 0
        return Model(
            name=self._path.stem,
            inputs=inputs,
            weights=weights,
            shapes={self._name(i): tensor.shape for i, tensor in enumerate(self._tensors)},
            operations=operations,
            outputs=outputs,
            classes={},
            unread=unread,
            notes=self._notes(operations),
            axes=axes,
        )

    def _check(
        self,
        given: Mapping[str, Shape],
        inputs: Mapping[str, Shape],
        axes: Mapping[str, tuple[int | None, ...]],
    ) -> None:
        """What is given must be what the file says."""
        for name, shape in given.items():
            known = name if name in inputs else next(iter(inputs), "") if name == "input" else ""
            if not known:
                self._fail(f"--input names '{name}', and the inputs are: {', '.join(inputs)}")
            order = sorted((a, d) for d, a in enumerate(axes[known]) if a is not None)
            if tuple(inputs[known][d] for _, d in order) != shape:
                self._fail(
                    f"--input says that '{known}' is {shape}, and the file {inputs[known]}, channels last"
                )

    # -- tensors ----------------------------------------------------------------------------------------

    def _tensor(self, i: int) -> Tensor:
        if not 0 <= i < len(self._tensors):
            self._fail(f"tensor {i} is read, and there are {len(self._tensors)}")
        return self._tensors[i]

    def _name(self, i: int) -> str:
        """A name that no other tensor has."""
        return f"{i}:{self._tensor(i).name}"

    def _has_numbers(self, tensor: Tensor) -> bool:
        """Whether its numbers are in the file."""
        if not 0 < tensor.buffer < len(self._buffers):
            return False
        table = self._buffers[tensor.buffer]
        return table.extent(0)[1] > 0 or table.integer(2, "Q") > 0

    def _numbers(self, tensor: Tensor) -> list[Argument] | None:
        """The numbers of a small constant, as they are meant; None of any other tensor."""
        count = prod(tensor.shape)
        if not tensor.form or count > SMALL or not self._has_numbers(tensor):
            return None
        at, size = self._buffers[tensor.buffer].extent(0)
        if size != count * calcsize(f"<{tensor.form}"):
            return None
        found = self._buffer.numbers(tensor.form, at, count)
        if tensor.scale is not None:
            return [(number - tensor.zero) * tensor.scale for number in found]
        return [*found]

    # -- operations -------------------------------------------------------------------------------------

    def _operation(self, table: Table, place: int) -> Operation:
        code = table.integer(0, "I")
        if code >= len(self._codes):
            self._fail(f"operation {place} has code {code}, and there are {len(self._codes)}")
        word = self._codes[code]
        options = table.table(4)
        arguments: dict[str, Argument] = {
            option.name: options.number(option.field, option.form, option.default)
            if options
            else option.default
            for option in OPTIONS.get(word, ())
        }
        outputs = table.integers(2)
        self._made.update(outputs)
        for position, i in enumerate(table.integers(1)):
            if i == -1:
                continue
            arguments[str(position)] = Reference(self._name(i))
            arguments[f"numbers {position}"] = self._numbers(self._tensor(self._copies.get(i, i)))
        if word == "DEQUANTIZE" and outputs:  # a constant in another type is a constant
            self._copies[outputs[0]] = table.integers(1)[0]
        if not outputs and word not in STATE:
            self._fail(f"operation {place} ({word}) makes nothing")
        name = self._tensor(outputs[0]).name.split(";", 1)[0] if outputs else word
        module = ".".join(part for part in name.split("/")[:-1] if part)
        names = tuple(map(self._name, outputs))
        return Operation(word, arguments, names, module, f"operation {place}, '{name}'")

    def _notes(self, operations: tuple[Operation, ...]) -> tuple[str, ...]:
        """What else is to be known."""
        uses: Counter[str] = Counter()
        for operation in operations:
            bias = operation.arguments.get(str(BIASES.get(operation.word, -1)))
            uses.update([bias.name] if isinstance(bias, Reference) else [])
        sizes = {self._name(i): prod(tensor.shape) for i, tensor in enumerate(self._tensors)}
        again = sum((count - 1) * sizes[name] for name, count in uses.items())
        once = [f"{again:,} of them are equal biases of several layers, stored once"] if again else []
        return (*once, *self._types(operations))

    def _types(self, operations: tuple[Operation, ...]) -> tuple[str, ...]:
        """The types of its numbers, if not all are of 32 bits."""
        activations = Counter(self._tensors[i].word for i in self._made)
        floats = {"float32", "int32", "int64", "bool"}
        weights = Counter(
            tensor.word for tensor in self._tensors if self._has_numbers(tensor) and prod(tensor.shape) > 1
        )
        small = [word for word in ("int4", "int8", "uint8", "int16", "float16") if word in weights]
        if not small and {*activations} <= floats:
            return ()
        other = [word for word in ("int8", "uint8", "int16", "float16") if activations[word]]
        quantized = any(operation.word == "QUANTIZE" for operation in operations) or bool(other)
        held = f"weights are {' and '.join(small) or 'float32'}"
        runs = f"tensors {' and '.join(other)}" if quantized and other else "tensors float32"
        return (f"its {held}, its {runs}: the network that they quantize is analyzed",)


def _is_learned(tensor: Tensor) -> bool:
    """Numbers of a type that weights have, if an operator takes them as such."""
    return tensor.word not in {"int64", "bool", "another type"}


def _axes(rank: int) -> tuple[int | None, ...]:
    """Which of our axes the dimensions of an input are: channels are the last."""
    return canonical(rank) if rank < 3 else (None, *range(1, rank - 1), 0)
