"""A network after expansion: plain values. In JSON, `archcost-expansion/1`."""

from __future__ import annotations

from collections.abc import Mapping

from archcost.results.record import Record
from archcost.windows.window import Shape

SCHEMA = "archcost-expansion/1"


class ExpandedNode(Record):
    """One node, and where it is written.

    Attributes:
        path: where it stands in the network.
        kind: what it does.
        fields: as the spec sets them.
        inputs: paths of what it reads, in order.
        output: the shape that leaves.
        shared: the set of weights it shares: what the spec calls it, and the layer inside the item that does;
            null if it shares none.
        file: the text it is written in.
        line: where it is written, from 1.
        column: where it is written, from 1.
    """

    path: str
    kind: str
    fields: Mapping[str, object]
    inputs: tuple[str, ...]
    output: Shape
    shared: str | None
    file: str
    line: int
    column: int


class Expansion(Record):
    """A network without blocks, repeats and variables.

    Attributes:
        path: the file as the user named it.
        name: the network's.
        variant: the variant that was chosen, if any.
        vars: the variables with their final values.
        inputs: shapes by name.
        outputs: the nodes that give them, by name.
        nodes: in the order in which they run.
    """

    path: str
    name: str
    variant: str | None
    vars: Mapping[str, object]
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, str]
    nodes: tuple[ExpandedNode, ...]
