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
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from archcost.execute.arrays import Array
    from archcost.importing.converter import Converted
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
    inputs = program.arriving(Tensors(seed, dtype).inputs(network), plain.converted.inputs)
    values = program.run({x: inputs[x] for x in plain.converted.inputs}, plain.converted)
    given: dict[tuple[str, str], Array] = {}
    made_up: set[Node] = set()
    for node, item in pairs.items():
        shapes = {} if node.layer.values_unknown else {**node.weight_shapes(), **node.buffer_shapes()}
        for name in item.weights.keys() & shapes:
            if (held := program.weight(item.weights[name])) is None:
                made_up.add(node)
            else:
                given[node.shared or node.path, name] = held.reshape(shapes[name])
    tensors = Tensors(seed, dtype, given)
    return Run(tensors, inputs, _answers(network, pairs, values, made_up))


def _answers(
    network: Network, pairs: Mapping[Node, Item], values: Mapping[Item, Array], made_up: Collection[Node]
) -> Iterator[Answer]:
    declared: set[Node | Input] = set()
    for node in network:
        if node.layer.values_unknown or node in made_up or not declared.isdisjoint(node.inputs):
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
        for module in self._program.graph_module.modules():
            if isinstance(module, torch.fx.GraphModule):
                self._in_double(module)

    def weight(self, weight: Weight) -> Array | None:
        """A parameter, buffer or constant, its dimensions as a layer takes them; behind a run.

        A constant that the program makes of others is known once it has run, and None if it makes none such.
        """
        held = self._made[weight.name] if weight.name in self._made else self._held(weight.name)
        if held is None:
            return None
        found = held.detach().numpy().reshape(weight.shape)
        return weight.factor * (found.transpose(weight.order) if weight.order else found)

    def arriving(self, inputs: Mapping[str, Array], names: Iterable[str]) -> dict[str, Array]:
        """Inputs as the program takes them, in the order of its names: of whole numbers, or of yes and no."""
        return {
            name: self._typed(inputs[name], kind).numpy().astype(inputs[name].dtype)
            for name, kind in zip(names, self._types().values(), strict=True)
        }

    def _types(self) -> dict[str, Any]:
        """Of the tensors that arrive, by name; what else arrives was written into the graph."""
        given = {node.name: node.meta["val"] for node in self._program.graph.find_nodes(op="placeholder")}
        several = {name: given[name] for name in self._program.graph_signature.user_inputs if name in given}
        return {name: one.dtype for name, one in several.items() if isinstance(one, self._torch.Tensor)}

    def _typed(self, value: Array, kind: Any) -> Any:  # noqa: ANN401 - PyTorch's
        found = self._torch.tensor(value)  # a copy, which a program may change
        return found.double() if kind.is_floating_point else found.to(kind)

    def run(self, inputs: Mapping[str, Array], converted: Converted) -> dict[Item, Array]:
        """What PyTorch makes of every item, as we lay it out.

        Args:
            inputs: in the order in which the program takes them.
            converted: what is ours, by the names of the program; an item is what the first of its names
                means, and one that leaves what it is in the end.
        """
        found: dict[Item, Array] = {}
        usual = self._torch.get_default_dtype()
        try:
            self._torch.set_default_dtype(self._torch.float64)
            with self._torch.no_grad():
                for name, made, leaves in self._steps(self._arguments(inputs)):
                    value = (converted.results if leaves else converted.values).get(name)
                    if value is None and isinstance(made, self._torch.Tensor):
                        self._made[name] = made
                    if value and isinstance(value.tensor, Item) and (leaves or value.tensor not in found):
                        # Positions may be laid out where the program has them in a row.
                        ours = _ours(_double(made).numpy(), value)
                        found[value.tensor] = ours.reshape(value.tensor.shape)
        finally:
            self._torch.set_default_dtype(usual)
        return found

    def _steps(self, arguments: Iterator[Any]) -> Iterator[tuple[str, Any, bool]]:
        """What every operation makes, before others change it in place; then what leaves."""
        made: dict[Any, Any] = {}
        last = {source: node for node in self._program.graph.nodes for source in node.all_input_nodes}
        for node in self._program.graph.nodes:
            if node.op == "output":
                yield from ((source.name, made[source], True) for source in node.all_input_nodes)
                return
            if node.op == "placeholder":
                made[node] = next(arguments)
            elif node.op == "get_attr":
                made[node] = getattr(self._program.graph_module, node.target)
            else:
                args, named = self._torch.fx.node.map_arg((node.args, node.kwargs), made.__getitem__)
                made[node] = node.target(*args, **named)
            yield node.name, made[node], False
            for source in node.all_input_nodes:
                if last[source] is node:
                    del made[source]

    def _in_double(self, module: Any) -> None:  # noqa: ANN401 - a graph of PyTorch's
        """Floating numbers are double, and no operation insists on what arrives."""
        for node in [*module.graph.nodes]:
            if "_assert" in str(node.target):
                module.graph.erase_node(node)
            elif node.op == "call_function":
                node.args, node.kwargs = self._torch.fx.node.map_aggregate(
                    (node.args, node.kwargs), self._meant
                )
                if (
                    "rms_norm" in str(node.target) and len(node.args) < 4
                ):  # its eps is that of what was single
                    eps = node.kwargs.get("eps") or self._torch.finfo(self._torch.float32).eps
                    node.kwargs = {**node.kwargs, "eps": eps}
        module.recompile()

    def _meant(self, one: Any) -> Any:  # noqa: ANN401 - an argument
        is_type = isinstance(one, self._torch.dtype) and one.is_floating_point
        return self._torch.float64 if is_type else one

    def _held(self, name: str) -> Any:  # noqa: ANN401 - a tensor
        return _double(self._program.state_dict.get(name, self._program.constants.get(name)))

    def _arguments(self, inputs: Mapping[str, Array]) -> Iterator[Any]:
        """What the graph takes: weights, and inputs as a batch of one."""
        signature = self._program.graph_signature
        types = self._types()
        of_user = dict(zip(types, inputs.values(), strict=True))
        held = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        held |= signature.inputs_to_lifted_tensor_constants
        for node in self._program.graph.nodes:
            if node.op != "placeholder":
                continue
            if node.name in held:
                yield self._held(held[node.name])
            elif node.name in of_user:
                yield self._typed(of_user[node.name], types[node.name])[None]
            else:
                yield node.meta["val"]


def _double(tensor: Any) -> Any:  # noqa: ANN401 - a tensor, or none
    return tensor.double() if tensor is not None and tensor.is_floating_point() else tensor


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
