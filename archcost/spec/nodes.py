"""From a layer of the spec to a node: its values, its output, and what is said where it has none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from archcost.errors import ExpressionError, ShapeError
from archcost.layers.axes import names
from archcost.layers.base import Merge
from archcost.network import Node
from archcost.spec.problems import Mistake
from archcost.spec.scope import Lost, Unknown
from archcost.windows.window import axis_names, show
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.expressions.values import Value
    from archcost.layers.base import Kind
    from archcost.limits import Limits
    from archcost.network import Input
    from archcost.source import Place
    from archcost.spec.fields import Fields, K
    from archcost.spec.problems import Problems, Uses
    from archcost.spec.scope import Environment, Flow, Frame
    from archcost.windows.window import Shape

    Fits = Callable[[tuple[Input, ...]], bool]
    """Whether the network can be built on other inputs."""


class NodeMaker:
    """Makes the nodes of one network.

    Attributes:
        nodes: those made so far, in written order.
    """

    def __init__(
        self, inputs: tuple[Input, ...], problems: Problems, limits: Limits, fits: Fits | None
    ) -> None:
        """Without `fits`, nothing is said about what would mend two tensors that do not fit each other."""
        self.nodes: list[Node] = []
        self._inputs = inputs
        self._problems = problems
        self._limits = limits
        self._fits = fits
        self._layers: dict[tuple[Fields[Any] | Value, ...], Any] = {}
        self._settled: dict[tuple[int, int], Kind] = {}
        """By layer and number of axes, the same with its axes settled."""
        self._outputs: dict[tuple[int, tuple[Shape, ...]], Shape | ShapeError] = {}

    def layer(self, fields: Fields[K], env: Environment, sizes: dict[str, Shape], flow: Flow) -> K:
        """The layer under these variables, reading this flow; equal values give the same object.

        Raises:
            Lost: it names an axis of something that is unknown.
        """
        axes: tuple[str, ...] = ()
        if fields.names_axes and flow:
            if isinstance(flow[0], Unknown):
                raise Lost
            axes = names(flow[0].output)
        try:
            key = (fields, *(env[name] for name in fields.names), *sizes.values(), axes)
        except ExpressionError:
            return fields.layer(env, sizes, axes)  # the same error again, now with its place
        layer = self._layers.get(key)
        if layer is None:
            layer = self._layers[key] = fields.layer(env, sizes, axes)
        return layer

    def make(  # noqa: PLR0913, PLR0917 - what a node is made of
        self, fields: Fields[Kind], layer: Kind, flow: Flow, labels: list[str], path: str, frame: Frame
    ) -> Node:
        """The next node.

        Raises:
            Mistake: the layer refuses what arrives; it says so with the `labels` of the tensors.
            Lost: something that arrives is unknown.
        """
        inputs = tuple(wire for wire in flow if not isinstance(wire, Unknown))
        if len(inputs) != len(flow):
            raise Lost
        if len(self.nodes) >= self._limits.nodes:
            self.too_many(fields.place, frame.uses)
        shapes = tuple(wire.output for wire in inputs)
        settled = layer.settled(shapes)
        if settled is not layer:  # equal layers on equally many axes stay one object
            layer = self._settled.setdefault((id(layer), len(shapes[0])), settled)
        try:
            output = self._output(fields, layer, shapes)
        except ShapeError as error:
            text = f"{fields.word}: {_worded(error, layer, shapes, labels)}"
            advice = self._advice(layer, inputs, labels, path, error)
            raise Mistake(fields.place_of(str(error)), text + advice) from None
        shared = frame.shared and frame.shared.key(
            path, layer.weight_shapes(*shapes) | layer.buffer_shapes(*shapes)
        )
        # Where the author can change it: what stands in a standard block, where that is called.
        places = (fields.place, *(use for _, use in frame.uses))
        called = next((at for at in places if at.is_authors), fields.place)
        node = Node(path, fields.word, layer, inputs, output, fields.place, shared, called, frame.uses)
        self.nodes.append(node)
        return node

    def too_many(self, place: Place, uses: Uses) -> NoReturn:
        """Give up: the network grows beyond the limit."""
        limit = self._limits.nodes
        text = f"the network grows beyond {limit:,} nodes; if that is meant, raise it: --limit nodes=N"
        self._problems.add(place, text, uses)
        self._problems.stop_if_any()
        raise AssertionError("a problem was just added")

    def _output(self, fields: Fields[Kind], layer: Kind, shapes: tuple[Shape, ...]) -> Shape:
        key = (id(layer), shapes)
        found = self._outputs.get(key)
        if found is None:
            try:
                found = self._checked(fields, layer, shapes)
            except ShapeError as error:
                found = error
            self._outputs[key] = found
        if isinstance(found, ShapeError):
            raise found
        return found

    def _checked(self, fields: Fields[Kind], layer: Kind, shapes: tuple[Shape, ...]) -> Shape:
        if fields.rank is not None and shapes and len(shapes[0]) - 1 != fields.rank:
            axes = axis_names(len(shapes[0]) - 1)
            found = f"has {in_a_row(axes)}" if axes else "is a vector"
            raise ShapeError(f"is for {fields.rank}-D, but the input {found}")
        layer.check_inputs(len(shapes))
        output = layer.output_shape(*shapes)
        if max(output) > self._limits.dimension:
            limit = f"beyond the limit `dimension` of {self._limits.dimension:,}"
            raise ShapeError(f"gives {show(output)}, {limit}")
        return output

    def _advice(
        self, layer: Kind, inputs: tuple[Node | Input, ...], labels: list[str], path: str, error: ShapeError
    ) -> str:
        """What to do about two tensors of unequal size; said once, for later ones follow from the first."""
        fits = self._fits
        if not isinstance(layer, Merge) or len(error.inputs) != 2 or fits is None:
            return ""
        self._fits = None
        from archcost.spec.unequal import UnequalPair  # noqa: PLC0415 - only such a mistake needs it

        (a, b), names = error.inputs, [label[1:-1] if label[:1] == "'" else None for label in labels]
        pair = UnequalPair(layer, (inputs[a], inputs[b]), (names[a], names[b]), path.rpartition(".")[0])
        return pair.advice(self.nodes, self._inputs, fits)


def _worded(error: ShapeError, layer: Kind, shapes: tuple[Shape, ...], labels: list[str]) -> str:
    """A layer's terse reason, with the inputs it speaks of."""
    if error.inputs:
        return str(error).format(*(labels[i] for i in error.inputs))
    if isinstance(layer, Merge) or len(shapes) != 1:
        return str(error)
    shape = show(shapes[0])
    known = re.search(rf"(?<![\d×]){shape}(?![\d×])", str(error))
    return f"{error} ({'' if known else f'input {shape} '}from {labels[0]})"
