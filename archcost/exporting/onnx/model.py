"""An ONNX model of a network, without weights.

What is learned or kept is no initializer, which would need its numbers, but the output of a
`ConstantOfShape`: named as its layer and the tensor there, `layer1.0.conv.weight`, of its shape, and the same
number everywhere. Any tool reads that as a constant, and it takes a hundred bytes.
"""

from __future__ import annotations

from math import prod
from struct import pack
from typing import TYPE_CHECKING

from archcost import __version__
from archcost.errors import Diagnostic, SpecError
from archcost.exporting.onnx.graph import Graph, Operation, Site, Value
from archcost.exporting.onnx.rules import RULES
from archcost.exporting.onnx.rules.common import NotExportableError
from archcost.exporting.onnx.wire import FLOAT, INT64, Tensor, entry, field, tensor
from archcost.spec.weights import tensors

if TYPE_CHECKING:
    from archcost.network import Input, Network, Node
    from archcost.windows.window import Shape

IR_VERSIONS = {18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11}
"""Operator set -> the version of the file format that came with it."""


def export_onnx(network: Network) -> bytes:
    """An ONNX model that computes what a network does: `[1, channels, *axes]` for each `[channels, *axes]`.

    The same network gives the same bytes. Tensors are called as nodes are, those that leave as the outputs.

    Raises:
        SpecError: layers that ONNX has nothing for, each with the reason.

    >>> from archcost import load
    >>> len(export_onnx(load("zoo:resnet18"))) < 100_000
    True
    """
    graph, weights = Graph(), _Weights(network)
    values: dict[Node | Input, Value] = {x: _input(network, x) for x in network.inputs}
    refused: list[Diagnostic] = []
    for node in network:
        site = Site(graph, node.path, (1, *node.output), f"{node.word}: {node.path}")
        try:
            made = RULES[node.kind](
                site, node.layer, *(values[x] for x in node.inputs), **weights.of(node, graph)
            )
        except NotExportableError as error:
            refused.append(Diagnostic(node.place, f"{node.word}: cannot be exported to ONNX: {error}"))
            made = Value(node.path, (1, *node.output))
        else:
            made = site.done(made)
        values[node] = made
    if refused:
        raise SpecError(refused)
    inputs = [values[x] for x in network.inputs]
    outputs = [_output(graph, name, values[y]) for name, y in network.outputs.items()]
    return _model(network, graph, inputs, outputs)


def _input(network: Network, x: Input) -> Value:
    """A tensor that arrives; of whole numbers if they are those of tokens."""
    readers = network.readers[x]
    tokens = bool(readers) and all(node.kind == "embedding" for node, _ in readers)
    return Value(x.path, (1, *x.output), INT64 if tokens else FLOAT)


def _output(graph: Graph, name: str, value: Value) -> Value:
    """A tensor under the name by which it leaves."""
    if value.name == name:
        return value
    named = value._replace(name=name)
    graph.write(f"/{name}", Operation("Identity", [value], [named], {}))
    return named


class _Weights:
    """What layers learn and keep: sets that are shared are written once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._written: dict[str, dict[str, Value]] = {}

    def of(self, node: Node, graph: Graph) -> dict[str, Value]:
        """The tensors of a node, by their names there; what is only declared has none."""
        owner = self._network.first_user(node)
        if owner.path not in self._written:
            there = {} if node.layer.values_unknown else tensors(owner)
            numbered = owner.layer.numbered(*owner.shapes)
            self._written[owner.path] = {
                name: _weight(graph, owner.path, name, shape, INT64 if name in numbered else FLOAT)
                for name, shape in there.items()
            }
        return self._written[owner.path]


def _weight(graph: Graph, path: str, name: str, shape: Shape, type_: int) -> Value:
    value = Value(f"{path}.{name}", shape, type_)
    fill = tensor(type_, (1,), bytes(8) if type_ == INT64 else pack("<f", _filling(name, shape)))
    made = Operation("ConstantOfShape", [graph.numbers(shape)], [value], {"value": Tensor(fill)})
    graph.write(f"/{path.replace('.', '/')}/{name}", made)
    return value


def _filling(name: str, shape: Shape) -> float:
    """With such numbers a run stays finite: means, and neither scales nor shifts."""
    if len(shape) > 1:
        return 1 / max(prod(shape[1:]), 1)
    return 0.0 if "bias" in name or name == "running_mean" else 1.0


def _model(network: Network, graph: Graph, inputs: list[Value], outputs: list[Value]) -> bytes:
    """A `ModelProto`."""
    said = f"{network.name}, without weights: each is the output of a ConstantOfShape of its name."
    metadata = {"archcost": __version__, "spec": network.path} | (
        {"variant": network.variant} if network.variant else {}
    )
    return (
        field(1, IR_VERSIONS[graph.opset])
        + field(2, "archcost")
        + field(3, __version__)
        + field(6, said)
        + field(7, graph.encoded(network.name, inputs, outputs, said))
        + field(8, field(1, "") + field(2, graph.opset))
        + b"".join(field(14, entry(key, value)) for key, value in metadata.items())
    )
