"""A file of another framework as the text of a spec, and how faithful that is.

The spec is rolled up, loaded and compared with one that has an item per operation. Of those that have the
same graph the shortest is taken: less rolled up where rolling would change something.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import ModelFileError, SpecError
from archcost.importing import pt2
from archcost.importing.aten import RULES
from archcost.importing.converter import Converter
from archcost.importing.elements import Leaf
from archcost.importing.graph import fingerprints
from archcost.importing.parts import parts
from archcost.importing.roll import rolled
from archcost.importing.structure import structured
from archcost.importing.text import written
from archcost.passes.cost import costs
from archcost.spec.load import load_text

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from archcost.importing.converter import Converted
    from archcost.importing.model import Model
    from archcost.network import Network


class Imported(NamedTuple):
    """What became of a file.

    Attributes:
        text: of the spec.
        nodes: of the network.
        parameters: learned numbers of its layers.
        unread: learned numbers that are in the file, and that no operation reads.
    """

    text: str
    nodes: int
    parameters: int
    unread: int

    @property
    def lines(self) -> int:
        """Lines of the spec."""
        return self.text.count("\n")

    def sentence(self) -> str:
        """How faithful it is, in a line.

        >>> Imported("archcost: 1" + chr(10), 3, 25557032, 0).sentence()
        '3 nodes, 1 lines; 25,557,032 parameters, as in the file; the spec read again gives the same graph'
        """
        kept = f"{self.nodes:,} nodes, {self.lines:,} lines; {self.parameters:,} parameters, as in the file"
        if self.unread:
            kept += f", and {self.unread:,} more that no operation of it reads"
        return f"{kept}; the spec read again gives the same graph"


def imported(path: Path, *, flat: bool = False) -> Imported:
    """The spec of a model.

    Args:
        path: a `.pt2` file.
        flat: an item for every operation, as they come.

    Raises:
        ModelFileError: the file cannot be read, or holds what is not understood.
    """
    if path.suffix in {".pt", ".pth"}:
        raise ModelFileError(path, _PICKLE.format(stem=path.stem))
    model = pt2.read(path)
    converted = Converter(path, model, RULES).converted()
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
    best = Imported(plain, len(network), parameters, model.unread)
    for rolls in () if flat else (False, True):
        text = _text(path, model, converted, rolls=rolls, structures=True)
        if text.count("\n") <= best.lines and _is_same(text, path, graph):
            best = best._replace(text=text)
    return best


_PICKLE = (
    "a pickle runs code when it is opened, so it is not; export the model instead:\n"
    "  program = torch.export.export(model.eval(), (torch.zeros(1, 3, 224, 224),))\n"
    "  torch.export.save(program, '{stem}.pt2')"
)


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
