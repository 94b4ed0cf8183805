"""The same network with fewer channels, where the whole one is too large to be run.

Every channel count that a layer sets is scaled; everything else follows from what arrives, as ever. Shapes
are inferred anew, layer by layer, so what does not fit together any more is found, and refused.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from archcost.errors import LayerError, ShapeError, UsageError
from archcost.geometry import size
from archcost.layers.declared import Custom, Parameter
from archcost.layers.shape import Reshape, Slice
from archcost.network import Node
from archcost.spec.weights import tensors

if TYPE_CHECKING:
    from archcost.geometry import Shape
    from archcost.layers.base import Kind
    from archcost.network import Input, Network

_LEAVING = ("out_channels", "out_features", "embedding_dim")
"""Fields that say how many channels leave."""

_ARRIVING = ("in_channels", "in_features")
"""Fields that assert how many arrive."""


def scaled(network: Network, factor: Fraction) -> Network:
    """The network with `factor` times its channels, rounded, but at least one; inputs stay as they are.

    A layer in groups gets a multiple of them, and one with a group per channel keeps that.

    Raises:
        UsageError: its layers do not fit together any more; the text names the first that does not.

    >>> from fractions import Fraction
    >>> from archcost import load
    >>> [node.output for node in scaled(load("zoo:vgg16"), Fraction(1, 8))][:2]
    [(8, 224, 224), (8, 224, 224)]
    """
    if network.given:
        raise _refusal(network, f"its weights are fixed on line {network.given[0].place.line}")
    made: dict[Node | Input, Node | Input] = {tensor: tensor for tensor in network.inputs}
    nodes: list[Node] = []
    sets: dict[str, dict[str, Shape]] = {}
    for node in network:
        try:
            new = _rebuilt(node, tuple(made[source] for source in node.inputs), factor)
        except LayerError as why:
            raise _refusal(network, f"{node.path}: {node.word}: {_worded(why, node)}") from None
        if new.shared and sets.setdefault(new.shared, tensors(new)) != tensors(new):
            raise _refusal(network, f"{node.path}: its weights are shared, and differ in shape now")
        made[node] = new
        nodes.append(new)
    outputs = {name: made[tensor] for name, tensor in network.outputs.items()}
    return network.having(nodes, outputs)


def _refusal(network: Network, why: str) -> UsageError:
    return UsageError(f"--scale-channels: {network.name} cannot be scaled: {why}")


def _worded(error: LayerError, node: Node) -> str:
    """The reason, with the names of the inputs it speaks of."""
    at = error.inputs if isinstance(error, ShapeError) else ()
    return str(error).format(*(f"'{node.inputs[i].path}'" for i in at)) if at else str(error)


def _rebuilt(node: Node, inputs: tuple[Node | Input, ...], factor: Fraction) -> Node:
    shapes = tuple(source.output for source in inputs)
    changed = _changed(node.layer, node.shapes, shapes, factor)
    layer = node.layer.model_copy(update=changed) if changed else node.layer
    return Node(
        node.path, node.word, layer, inputs, layer.infer(shapes), node.place, node.shared, node.called
    )


def _changed(
    layer: Kind, before: tuple[Shape, ...], after: tuple[Shape, ...], factor: Fraction
) -> dict[str, Any]:
    """The fields of a layer that become others."""
    if getattr(layer, "connections", None):
        raise ShapeError("lists its connections channel by channel")
    if isinstance(layer, Parameter | Custom):
        return {"shape": (_times(layer.shape[0], factor), *layer.shape[1:])}
    if isinstance(layer, Slice):
        return _cut(layer, Fraction(after[0][0], before[0][0]))
    if isinstance(layer, Reshape) and layer.shape[0] > 0:
        channels = Fraction(layer.shape[0] * size(after[0]), size(before[0]))
        return {"shape": (floor(channels), *layer.shape[1:])}
    fields = type(layer).model_fields
    changed: dict[str, Any] = {
        name: after[0][0] for name in _ARRIVING if getattr(layer, name, None) is not None
    }
    groups = getattr(layer, "groups", 1)
    per_channel = groups > 1 and groups == before[0][0]
    if per_channel and "groups" in fields:
        changed["groups"] = after[0][0]
    for name in _LEAVING:
        if name in fields:
            n = getattr(layer, name)
            changed[name] = n * after[0][0] // before[0][0] if per_channel else _times(n, factor, groups)
    return changed


def _cut(layer: Slice, factor: Fraction) -> dict[str, Any]:
    """Where a slice begins and ends, of so many times the channels."""
    if layer.axis != 0:
        return {}
    ends = {"start": layer.start, "end": layer.end}
    return {name: _end(n, factor) for name, n in ends.items() if n}


def _end(n: int, factor: Fraction) -> int:
    return _times(n, factor) if n > 0 else -_times(-n, factor)


def _times(n: int, factor: Fraction, multiple: int = 1) -> int:
    """The nearest multiple, but not 0."""
    return multiple * max(1, floor(factor * n / multiple + Fraction(1, 2)))
