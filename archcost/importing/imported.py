"""A file of another framework as the text of a spec, and how faithful that is.

The spec is rolled up, loaded and compared with one that has an item per operation. Of those that have the
same graph the shortest is taken: less rolled up where rolling would change something.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import ModelFileError, SpecError
from archcost.importing.converter import Converter
from archcost.importing.elements import Leaf
from archcost.importing.formats import Graph, format_of
from archcost.importing.graph import fingerprints
from archcost.importing.parts import parts
from archcost.importing.roll import rolled
from archcost.importing.structure import structured
from archcost.importing.text import written
from archcost.passes.cost import costs
from archcost.spec.load import load_text
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.importing.converter import Converted
    from archcost.importing.formats import Format, Text
    from archcost.importing.model import Model
    from archcost.network import Network
    from archcost.windows.window import Shape


class Imported(NamedTuple):
    """What became of a file.

    Attributes:
        text: of the spec.
        nodes: of the network.
        parameters: learned numbers of its layers.
        unread: learned numbers of the file that no operation reads; None if the file has no numbers.
        notes: what else is to be known.
    """

    text: str
    nodes: int
    parameters: int
    unread: int | None
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        """Lines of the spec."""
        return self.text.count("\n")

    def sentence(self) -> str:
        """How faithful it is, in a line.

        >>> Imported("archcost: 1" + chr(10), 3, 25557032, 0).sentence()
        '3 nodes, 1 lines; 25,557,032 parameters, as in the file; the spec read again gives the same graph'
        """
        kept = f"{self.nodes:,} nodes, {self.lines:,} lines; {self.parameters:,} parameters"
        if self.unread is not None:
            kept += ", as in the file"
        if self.unread:
            kept += f", and {self.unread:,} more that no operation of it reads"
        notes = (
            (*self.notes, "the spec read again gives the same graph")
            if self.unread is not None
            else self.notes
        )
        return "; ".join([kept, *notes])


def imported(
    path: Path, *, flat: bool = False, allow_declared: bool = False, given: Mapping[str, Shape] | None = None
) -> Imported:
    """The spec of a model.

    Args:
        path: a file of one of the `FORMATS`.
        flat: an item for every operation, as they come.
        allow_declared: what is not understood becomes a `custom` layer, without its MACs.
        given: shapes of inputs whose sizes the file leaves open.

    Raises:
        ModelFileError: the file cannot be read, or holds what is not understood.
    """
    form = format_of(path)
    source = form.reader().read(path, given or {})
    return (
        _converted(path, source, form, flat=flat, allow_declared=allow_declared)
        if isinstance(source, Graph)
        else _stated(path, source)
    )


def _stated(path: Path, source: Text) -> Imported:
    """The spec of a file that says its network in words."""
    try:
        network = _network(source.text, path)
    except SpecError as error:
        raise ModelFileError(
            path, f"its layers do not fit together: {error.diagnostics[0].message}"
        ) from None
    parameters = sum(cost.params for cost in costs(network))
    if source.parameters not in {None, parameters}:
        raise ModelFileError(
            path, f"it states {source.parameters:,} learned numbers, but the layers have {parameters:,}"
        )
    return Imported(source.text, len(network), parameters, None, source.notes)


def _converted(path: Path, source: Graph, form: Format, *, flat: bool, allow_declared: bool) -> Imported:
    """The spec of a graph."""
    model = source.model
    converted = Converter(path, model, source.rules, form.name, allow_declared=allow_declared).converted()
    if not converted.items:
        raise ModelFileError(path, "there is no layer in it")
    plain = _text(path, model, converted, rolls=False, structures=False)
    try:
        network = _network(plain, path)
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
    graph = fingerprints(network)
    declared = sum(item.kind == "custom" for item in converted.items)
    notes = (*model.notes, *([_declared(declared)] if declared else []))
    best = Imported(plain, len(network), parameters, model.unread, notes)
    for rolls in () if flat else (False, True):
        text = _text(path, model, converted, rolls=rolls, structures=True)
        if text.count("\n") <= best.lines and _is_same(text, path, graph):
            best = best._replace(text=text)
    return best


def _declared(several: int) -> str:
    return f"{plural(several, 'layer')} declared as custom, whose MACs are to be filled in"


def _text(path: Path, model: Model, converted: Converted, *, rolls: bool, structures: bool) -> str:
    items, outputs = converted.items, converted.outputs
    leaves = [Leaf(item) for item in items]
    tree = structured(items, outputs, model.classes) if structures else leaves
    made = parts(tree, converted.inputs, outputs)
    blocks = rolled(made.layers) if rolls else []
    name = re.sub(r"[^\w.-]+", "_", model.name)
    note = f"Imported from {name}{path.suffix}."
    return written(name, note, converted.inputs, blocks, made.layers, made.outputs)


def _network(text: str, path: Path) -> Network:
    return load_text(text, f"{path.stem}.yaml")


def _is_same(text: str, path: Path, graph: Counter[str]) -> bool:
    try:
        return fingerprints(_network(text, path)) == graph
    except SpecError:
        return False
