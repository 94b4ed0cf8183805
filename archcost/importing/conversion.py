"""A graph of another framework as a spec of one item per operation, which rolling up is held against."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import ModelFileError, SpecError
from archcost.importing.converter import Converter
from archcost.importing.elements import Leaf
from archcost.importing.idioms import idiomatic
from archcost.importing.parts import parts
from archcost.importing.roll import Units, rolled
from archcost.importing.structure import structured
from archcost.importing.text import written
from archcost.passes.cost import costs
from archcost.spec.load import load_text

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.importing.converter import Converted
    from archcost.importing.formats import Format, Graph
    from archcost.importing.model import Model
    from archcost.importing.roll import Steps
    from archcost.network import Network


class Conversion(NamedTuple):
    """A graph with an item per operation.

    Attributes:
        converted: the items.
        text: of the spec.
        network: that it says; its nodes are the items, in the same order.
        parameters: learned numbers of its layers.
    """

    converted: Converted
    text: str
    network: Network
    parameters: int


def conversion(path: Path, source: Graph, form: Format, *, allow_declared: bool = False) -> Conversion:
    """Converts a graph, and holds what it became against the file.

    Raises:
        ModelFileError: it holds what is not understood, or its layers have other shapes or other numbers than
            the file says.
    """
    converted = Converter(
        path, source.model, source.rules, form.name, allow_declared=allow_declared
    ).converted()
    items = idiomatic(converted.items, converted.outputs, converted.inputs)
    converted = converted._replace(items=items)
    if not converted.items:
        raise ModelFileError(path, "there is no layer in it")
    try:
        text = spec_text(path, source.model, converted, None)
        network = network_of(text, path)
    except SpecError as error:
        raise ModelFileError(
            path, f"its layers do not fit together: {error.diagnostics[0].message}"
        ) from None
    for node, item in zip(network, converted.items, strict=True):
        if node.output != item.shape:
            made = f"{item.kind} would make {node.output}, and the file says {item.shape}"
            raise ModelFileError(path, f"{item.place}: {made}")
    parameters = sum(cost.params for cost in costs(network))
    if parameters != converted.learned:
        raise ModelFileError(
            path, f"{converted.learned:,} learned numbers are read, but the layers have {parameters:,}"
        )
    return Conversion(converted, text, network, parameters)


def spec_text(
    path: Path, model: Model, converted: Converted, steps: Steps | None, units: Units = Units.NONE
) -> str:
    """The text of a spec of the items: rolled up by the steps that are given, or as they come."""
    items, outputs = converted.items, converted.outputs
    tree = structured(items, outputs, model.classes) if steps else [Leaf(item) for item in items]
    made = parts(tree, converted.inputs, outputs)
    blocks = rolled(made.layers, made.outputs, units, steps) if steps else []
    name = re.sub(r"[^\w.-]+", "_", model.name)
    note = f"Imported from {name}{path.suffix}."
    return written(name, note, converted.inputs, blocks, made.layers, made.outputs)


def network_of(text: str, path: Path) -> Network:
    """The network of a spec that was written for a file.

    Raises:
        SpecError: it is wrong.
    """
    return load_text(text, f"{path.stem}.yaml")
