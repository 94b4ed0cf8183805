"""Networks as what a graph of another framework becomes: an item per layer, and the modules they stand in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from archcost.importing.converter import Converted
from archcost.importing.idioms import idiomatic
from archcost.importing.items import Item
from archcost.importing.model import Model
from archcost.layers.given import given

if TYPE_CHECKING:
    from archcost.importing.elements import Tensor
    from archcost.importing.items import FieldValue
    from archcost.network import Input, Network, Node

PER_AXIS = ("kernel_size", "stride", "padding", "dilation")


def items_of(network: Network, *, modules: bool) -> Converted:
    """Its layers as items.

    Args:
        network: any, without shared weights.
        modules: the groups of its paths are the modules; otherwise there are none, as in ONNX.
    """
    made: dict[Node | Input, Tensor] = {tensor: tensor.path for tensor in network.inputs}
    items: list[Item] = []
    for node in network:
        module = node.path.rpartition(".")[0] if modules else ""
        sources = tuple(made[source] for source in node.inputs)
        item = Item(node.kind, _fields(node), sources, node.output, module, node.path)
        made[node] = item
        items.append(item)
    inputs = {tensor.path: tensor.output for tensor in network.inputs}
    outputs = tuple(made[node] for node in network.outputs.values())
    return Converted(inputs, idiomatic(items, outputs, inputs), outputs, 0, {}, {})


def _fields(node: Node) -> dict[str, FieldValue]:
    """What is given of a layer, one number for all axes where it is the same."""
    found = cast("dict[str, FieldValue]", given(node))
    return {key: _shortened(value) if key in PER_AXIS else value for key, value in found.items()}


def _shortened(value: FieldValue) -> FieldValue:
    if isinstance(value, list) and len({repr(one) for one in value}) == 1 and not isinstance(value[0], list):
        return value[0]
    return value


def model_of(converted: Converted) -> Model:
    """The modules of items, as a file says them: a class is the name without its number."""
    classes: dict[str, str] = {}
    for item in converted.items:
        parts = item.module.split(".") if item.module else []
        for i, part in enumerate(parts, 1):
            words = re.sub(r"_?\d+$", "", part).split("_")
            classes[".".join(parts[:i])] = "".join(map(str.capitalize, words)) or "Sequential"
    return Model("network", {}, {}, {}, (), (), classes, None)
