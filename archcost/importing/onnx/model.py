"""An ONNX file as a `Model`: operations on named values, functions written out, inputs with their sizes."""

from __future__ import annotations

import mmap
import re
from functools import partial
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import ModelFileError
from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Model, Operation, Weight, read_by
from archcost.importing.onnx import proto, tensors
from archcost.importing.onnx.folding import known
from archcost.importing.onnx.modules import SCOPES, classes_of, module_of, with_modules
from archcost.importing.onnx.names import arguments_of
from archcost.importing.onnx.simplified import simplified
from archcost.importing.onnx.sizes import Sizes
from archcost.importing.onnx.wire import DamagedError, Message
from archcost.limits import DEFAULT
from archcost.overwriting import will_read
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archcost.importing.model import Argument
    from archcost.windows.window import Shape


class Scope(NamedTuple):
    """Where operations stand: in the graph, or in a function that is written out.

    Attributes:
        names: what the names of values within mean outside.
        prefix: of those that are only known within.
        given: attributes of the call.
        opset: version of the operations.
        module: path of the module that calls it.
        depth: of the calls.
    """

    names: Mapping[str, str]
    prefix: str
    given: Mapping[str, proto.Given]
    opset: int
    module: str
    depth: int

    def name(self, inside: str) -> str:
        """What a value within is called outside."""
        return self.names.get(inside, self.prefix + inside) if inside else ""


class Branch(NamedTuple):
    """A graph that may be run within another: its operations, the tensors it brings and what leaves."""

    operations: tuple[Operation, ...]
    weights: Mapping[str, Weight]
    outputs: tuple[str, ...]


class File:
    """One file."""

    def __init__(self, path: Path, given: Mapping[str, Shape]) -> None:
        """Opens it.

        Raises:
            ModelFileError: it cannot be read, or is no such file.
        """
        self._path = path
        self._given = given
        self._data, self._file = _opened(path)
        self._branches: dict[str, tuple[proto.Graph, Scope]] = {}
        self._functions = self._file.functions
        self._count = 0
        self._types: dict[str, int] = {}

    def model(self) -> Model:
        """What is in it.

        Raises:
            ModelFileError: it is not as ONNX has it, or a size of an input is open and not given.
        """
        graph = self._graph()
        weights = {name: self._weight(tensor) for name, tensor in graph.tensors.items()}
        operations = self._operations(graph.nodes, self._scope(), weights)
        outputs = tuple(info.name for info in graph.outputs)
        if any(SCOPES in node.metadata for node in graph.nodes):
            operations = with_modules(operations)
        _check_order(self._path, operations, {*weights, *(info.name for info in graph.inputs)})
        inside = _captured(graph.nodes, self._scope())
        kept = simplified(operations, weights, {*outputs} | inside)
        sizes = Sizes(self._path, graph, self._given, kept, inside)
        read = {name for node in graph.nodes for name in node.inputs} | inside | {*outputs}
        unread = sum(
            prod(tensor.shape)
            for name, tensor in graph.tensors.items()
            if name not in read and tensor.type in tensors.REAL
        )
        return Model(
            self._path.stem,
            sizes.inputs,
            weights,
            sizes.shapes,
            tuple(kept),
            outputs,
            classes_of(graph.nodes),
            unread,
            tuple(self._notes(graph)),
            sizes.axes,
        )

    def _graph(self) -> proto.Graph:
        graph, opset = self._file.graph, self._file.opset
        if not graph or not graph.nodes:
            raise ModelFileError(self._path, "there is no graph of operations in it; is it an ONNX model?")
        if not opset:
            raise ModelFileError(self._path, "it does not say the version of its operations (opset_import)")
        if graph.sparse:
            raise ModelFileError(self._path, f"'{graph.sparse[0]}' is a sparse tensor, which is not followed")
        return graph

    def _scope(self) -> Scope:
        return Scope({}, "", {}, self._file.opset, "", 0)

    @staticmethod
    def _notes(graph: proto.Graph) -> list[str]:
        """What is to be known of the file."""
        notes: list[str] = []
        if gone := sum(_was_normalized(node) for node in graph.nodes):
            notes.append(
                f"{plural(gone, 'batch norm')} folded into convolutions before export, but not with "
                "`optimize=False`, or `training=TrainingMode.PRESERVE, do_constant_folding=False`"
            )
        if moved := sum(_is_placed_otherwise(node) for node in graph.nodes):
            notes.append(
                f"{plural(moved, 'resize')} interpolating at other places than a spec says, at the same cost"
            )
        quantized = {
            tensors.NAMES[tensor.type]
            for tensor in graph.tensors.values()
            if tensor.type in {2, 3, 21, 22} and len(tensor.shape) > 1
        }
        if quantized:
            notes.append(f"its weights are quantized ({', '.join(sorted(quantized))})")
        return notes

    # -- operations -----------------------------------------------------------------------------------------

    def _operations(
        self, nodes: Sequence[proto.Node], scope: Scope, weights: dict[str, Weight]
    ) -> list[Operation]:
        found: list[Operation] = []
        # Of what is no weight, but a mask that a model makes, parts are cut or filled in.
        masks = {scope.name(name) for node in nodes if node.op in _MASKING for name in node.inputs}
        for node in nodes:
            self._count += 1
            if self._count > DEFAULT.nodes:
                raise ModelFileError(self._path, f"it has more than {DEFAULT.nodes:,} operations")
            if not any(node.outputs):
                continue
            name = node.name or next(filter(None, node.outputs))
            module = scope.module or module_of(node)
            if function := self._functions.get(node.op):
                inside = self._inside(function, node, scope._replace(module=module), name)
                found += self._operations(function.nodes, inside, weights)
                continue
            attributes = {key: self._bound(value, scope) for key, value in node.attributes.items()}
            outputs = tuple(
                scope.name(one) or f"{scope.prefix}{name}:{k}" for k, one in enumerate(node.outputs)
            )
            if node.op == "Constant":
                weights[outputs[0]] = self._constant(outputs[0], attributes, name)
                continue
            plain = {
                key: self._argument(value, scope, f"{scope.prefix}{name}.{key}")
                for key, value in attributes.items()
            }
            inputs = [scope.name(one) for one in node.inputs]
            if node.op == "ConstantOfShape":
                plain["is_stated"] = bool(inputs) and inputs[0] in weights and outputs[0] not in masks
            found.append(
                Operation(node.op, arguments_of(node.op, scope.opset, inputs, plain), outputs, module, name)
            )
        return found

    def _inside(self, function: proto.Function, node: proto.Node, scope: Scope, name: str) -> Scope:
        """Where the operations of a function stand that is written out."""
        if scope.depth >= proto.DEEPEST:
            raise ModelFileError(self._path, f"{name}: functions call each other {proto.DEEPEST} deep")
        inputs = [scope.name(one) for one in node.inputs]
        outputs = [scope.name(one) for one in node.outputs]
        names = dict(zip(function.inputs, [*inputs, *[""] * len(function.inputs)], strict=False))
        names |= {inner: outer for inner, outer in zip(function.outputs, outputs, strict=False) if outer}
        given = {key: self._bound(value, scope) for key, value in node.attributes.items()}
        return Scope(
            names,
            f"{scope.prefix}{name}/",
            {**function.defaults, **given},
            function.opset or scope.opset,
            scope.module,
            scope.depth + 1,
        )

    @staticmethod
    def _bound(value: proto.Given, scope: Scope) -> proto.Given:
        return scope.given.get(value.name) if isinstance(value, proto.Ref) else value

    def _argument(self, value: proto.Given, scope: Scope, name: str) -> Argument:
        """An attribute as rules read it; graphs and tensors are kept aside, under a name."""
        if isinstance(value, proto.Graph):
            self._branches[name] = (value, scope)
            return name
        if isinstance(value, proto.Tensor):
            try:
                return tensors.numbers(self._data, value).ravel().tolist()
            except NotUnderstoodError:
                return None
        if isinstance(value, proto.Ref):
            return None
        return [*value] if isinstance(value, list) else value

    def branch(self, name: str) -> Branch:
        """A graph within the graph."""
        graph, scope = self._branches[name]
        inside = scope._replace(depth=scope.depth + 1)
        if inside.depth > proto.DEEPEST:
            raise ModelFileError(self._path, f"{name}: graphs are nested {proto.DEEPEST} deep")
        weights = {scope.name(key): self._weight(tensor) for key, tensor in graph.tensors.items()}
        operations = self._operations(graph.nodes, inside, weights)
        outputs = tuple(scope.name(info.name) for info in graph.outputs)
        kept = simplified(operations, weights, {*outputs} | _captured(graph.nodes, inside))
        return Branch(tuple(kept), weights, outputs)

    # -- tensors --------------------------------------------------------------------------------------------

    def _weight(self, tensor: proto.Tensor) -> Weight:
        is_learned = tensor.type in tensors.REAL and len(tensor.shape) > 0
        return Weight(
            tensor.name, tensor.shape, is_learned, numbers=partial(tensors.numbers, self._data, tensor)
        )

    def _constant(self, name: str, attributes: Mapping[str, proto.Given], place: str) -> Weight:
        """The tensor that an operation `Constant` makes."""
        given = next((value for value in attributes.values() if value is not None), None)
        if isinstance(given, proto.Tensor):
            return self._weight(given)._replace(name=name, is_learned=False)
        if isinstance(given, proto.Graph | proto.Ref) or given is None:
            raise ModelFileError(self._path, f"{place} (Constant): it has no value that is followed")
        if isinstance(given, str) or (isinstance(given, list) and given and isinstance(given[0], str)):
            return Weight(name, () if isinstance(given, str) else (len(given),), is_learned=False)
        return known(name, given)


def _is_placed_otherwise(node: proto.Node) -> bool:
    """Whether a resize interpolates at positions that are neither of half a pixel nor of aligned corners."""
    mode, way = (node.attributes.get(key) for key in ("mode", "coordinate_transformation_mode"))
    usual = {None, "half_pixel", "pytorch_half_pixel", "align_corners"}
    return node.op in {"Resize", "Upsample"} and mode in {"linear", "cubic"} and way not in usual


def _captured(nodes: Sequence[proto.Node], scope: Scope) -> set[str]:
    """Names of values that branches within operations read from outside, or may."""
    found: set[str] = set()
    waiting = [one for node in nodes for one in node.attributes.values() if isinstance(one, proto.Graph)]
    while waiting:
        graph = waiting.pop()
        found.update(scope.name(info.name) for info in graph.outputs)
        for node in graph.nodes:
            found.update(scope.name(name) for name in node.inputs if name)
            waiting += [one for one in node.attributes.values() if isinstance(one, proto.Graph)]
    return found


_MASKING = frozenset({"Slice", "CastLike", "ScatterND", "ScatterElements", "Equal", "Where"})


def _was_normalized(node: proto.Node) -> bool:
    """Whether PyTorch folded a batch norm into a convolution: it notes that, or calls the weights so."""
    if node.op != "Conv" or len(node.inputs) < 3:
        return False
    noted = "batch_norm" in node.metadata.get(SCOPES, "")
    return noted or all(re.fullmatch(r"onnx::Conv_\d+", name) for name in node.inputs[1:3])


def _opened(path: Path) -> tuple[Message, proto.File]:
    try:
        will_read(path)
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: an empty file, or a NUL in the path
        raise ModelFileError(path, f"{error}; it is no ONNX model") from None
    message = Message(data)
    try:
        return message, proto.Reader(message, len(data)).file()
    except DamagedError as error:
        raise ModelFileError(path, f"byte {error.at:,}: {error}; it is no ONNX model, or damaged") from None


def _check_order(path: Path, operations: Sequence[Operation], given: set[str]) -> None:
    """Each operation stands behind those that make what it reads, and no value is made twice."""
    made: set[str] = set()
    for operation in operations:
        for name in read_by(operation):
            if name not in given and name not in made:
                raise ModelFileError(
                    path, f"{operation.place} ({operation.word}): nothing before it makes '{name}'"
                )
        for name in operation.outputs:
            if name in made:
                raise ModelFileError(path, f"{operation.place} ({operation.word}): '{name}' is made twice")
            made.add(name)
