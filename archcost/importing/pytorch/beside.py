"""A network beside the model that it was imported from: PyTorch runs the file, with the file's own weights.

What PyTorch makes of every operation is compared with what the executor makes of the layers, which take their
weights from the file as well. PyTorch opens the file here, which reading it for an import does not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from archcost.errors import UsageError
from archcost.execute.against_torch import Answer
from archcost.execute.tensors import Tensors
from archcost.execute.verification import Run
from archcost.importing.conversion import conversion
from archcost.importing.formats import Graph, format_of
from archcost.importing.graph import partners
from archcost.importing.items import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from archcost.execute.arrays import Array
    from archcost.importing.model import Weight
    from archcost.importing.values import Value
    from archcost.network import Input, Network, Node


def beside(path: Path, network: Network, seed: int, dtype: str) -> Run:
    """The weights of a file for a network, random inputs, and what PyTorch makes of them, node by node.

    Args:
        path: a `.pt2`.
        network: of a spec that was imported from it.
        seed: of the inputs.
        dtype: `float64` or `float32`; PyTorch computes in double precision.

    Raises:
        ModelFileError: the file cannot be imported.
        UsageError: PyTorch is not installed or cannot load it; the network is another one.
    """
    torch = _torch()
    form = format_of(path)
    source = form.reader().read(path, {})
    if form.module != "pytorch" or not isinstance(source, Graph):
        raise UsageError(f"{path}: only an export of PyTorch can be run beside a network, not {form.name}")
    plain = conversion(path, source, form, allow_declared=True)
    try:
        found = partners(network, plain.network)
    except LookupError as error:
        raise UsageError(
            f"{network.path} is not the network of {path}: '{error.args[0]}' is not there, or elsewhere; "
            "import the model again"
        ) from None
    items = dict(zip(plain.network, plain.converted.items, strict=True))
    pairs = {node: items[partner] for node, partner in found.items()}
    program = _Program(torch, path)
    inputs = Tensors(seed, dtype).inputs(network)
    values = program.run({x: inputs[x] for x in plain.converted.inputs}, plain.converted.values)
    given = {
        (node.shared or node.path, name): program.weight(weight).reshape(shape)
        for node, item in pairs.items()
        if not node.layer.values_unknown
        for name, weight in item.weights.items()
        if (shape := _shape(node, name)) is not None
    }
    tensors = Tensors(seed, dtype, given)
    return Run(tensors, inputs, _answers(network, pairs, values))


def _shape(node: Node, name: str) -> tuple[int, ...] | None:
    return {**node.weight_shapes(), **node.buffer_shapes()}.get(name)


def _answers(network: Network, pairs: Mapping[Node, Item], values: Mapping[Item, Array]) -> Iterator[Answer]:
    declared: set[Node | Input] = set()
    for node in network:
        if node.layer.values_unknown or not declared.isdisjoint(node.inputs):
            declared.add(node)
            yield Answer(node, None, "what is declared is not computed")
        elif node in pairs and pairs[node] in values:
            yield Answer(node, values[pairs[node]])
        else:
            yield Answer(node, None, "it is a step of an operation")


class _Program:
    """An exported program, which is run in double precision."""

    def __init__(self, torch: Any, path: Path) -> None:  # noqa: ANN401 - PyTorch's types would have to be installed
        self._torch = torch
        self._made: dict[str, Any] = {}
        try:
            self._program = torch.export.load(str(path))
        except Exception as error:  # PyTorch's, of any class
            why = str(error).strip().splitlines()
            said = why[0] if why else type(error).__name__
            raise UsageError(f"{path}: PyTorch cannot load it: {said}") from error

    def weight(self, weight: Weight) -> Array:
        """A parameter, buffer or constant, its dimensions as a layer takes them; behind a run.

        A constant that the program makes of others is known once it has run.
        """
        held = self._made[weight.name] if weight.name in self._made else self._held(weight.name)
        found = held.detach().numpy().reshape(weight.shape)
        return weight.factor * (found.transpose(weight.order) if weight.order else found)

    def run(self, inputs: Mapping[str, Array], values: Mapping[str, Value]) -> dict[Item, Array]:
        """What PyTorch makes of every item, as we lay it out.

        Args:
            inputs: in the order in which the program takes them.
            values: what is ours, by the names of the program; an item is what the first of its names means.
        """
        found: dict[Item, Array] = {}
        with self._torch.no_grad():
            for name, made in self._steps(self._arguments(inputs)):
                if name not in values and isinstance(made, self._torch.Tensor):
                    self._made[name] = made
                item = values[name].tensor if name in values else ""
                if isinstance(item, Item) and item not in found:
                    found[item] = _ours(_double(made).numpy(), values[name])
        return found

    def _steps(self, arguments: Iterator[Any]) -> Iterator[tuple[str, Any]]:
        """What every operation makes, before others change it in place."""
        made: dict[Any, Any] = {}
        for node in self._program.graph.nodes:
            if node.op == "output":
                return
            if node.op == "placeholder":
                made[node] = next(arguments)
            elif node.op == "get_attr":
                made[node] = getattr(self._program.graph_module, node.target)
            else:
                made[node] = self._called(node, made)
            yield node.name, made[node]
            for source in node.all_input_nodes:
                if [*source.users][-1] is node:
                    del made[source]

    def _called(self, node: Any, made: Mapping[Any, Any]) -> Any:  # noqa: ANN401 - PyTorch's
        """An operation; what it makes single is double here, and it may not insist on what arrives."""
        if "_assert" in str(node.target):
            return None

        def meant(one: Any) -> Any:  # noqa: ANN401 - as above
            return self._torch.float64 if one is self._torch.float32 else one

        read = self._torch.fx.node.map_arg((node.args, node.kwargs), made.__getitem__)
        return node.target(*map(meant, read[0]), **{key: meant(one) for key, one in read[1].items()})

    def _held(self, name: str) -> Any:  # noqa: ANN401 - a tensor
        return _double(self._program.state_dict.get(name, self._program.constants.get(name)))

    def _arguments(self, inputs: Mapping[str, Array]) -> Iterator[Any]:
        """What the graph takes: weights, and inputs as a batch of one."""
        signature = self._program.graph_signature
        of_user = dict(zip(signature.user_inputs, inputs.values(), strict=True))
        held = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        held |= signature.inputs_to_lifted_tensor_constants
        for node in self._program.graph.nodes:
            if node.op != "placeholder":
                continue
            if node.name in held:
                yield self._held(held[node.name])
            else:
                value, dtype = self._torch.from_numpy(of_user[node.name])[None], node.meta["val"].dtype
                yield value.double() if dtype.is_floating_point else value.to(dtype)


def _double(tensor: Any) -> Any:  # noqa: ANN401 - a tensor
    return tensor.double() if tensor.is_floating_point() else tensor


def _ours(theirs: Array, value: Value) -> Array:
    """A tensor of the framework as we lay it out."""
    order = sorted((axis, d) for d, axis in enumerate(value.axes) if axis is not None)
    squeezed = [d for _, d in order] + [d for d, axis in enumerate(value.axes) if axis is None]
    return np.array(theirs.transpose(squeezed).reshape(value.shape), np.float64)


def _torch() -> Any:  # noqa: ANN401 - a module whose types would have to be installed
    try:
        return import_module("torch")
    except ModuleNotFoundError:
        raise UsageError(
            "comparing with a PyTorch export needs PyTorch: pip install 'archcost[peers]'"
        ) from None
