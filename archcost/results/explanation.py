"""How one number came about: plain values. In JSON, `archcost-explanation/1`."""

from __future__ import annotations

from collections.abc import Mapping

from archcost.results.by_convention import ConventionExplanation
from archcost.results.derivation import AxisDerivation, DerivationStep
from archcost.results.record import Record
from archcost.results.report import GroupRow, Masked, NodeRow, SeenField
from archcost.windows.window import Shape

SCHEMA = "archcost-explanation/1"


class Tensor(Record):
    """A tensor by name, with its number of elements."""

    name: str
    shape: Shape
    elements: int


class NodeExplanation(Record):
    """Everything about one node.

    Attributes:
        path: the node's.
        kind: what it does.
        summary: that in a sentence.
        reference: where its formulas come from; empty for what needs no source.
        file: the text it is written in.
        line: where it is written, from 1.
        column: where it is written, from 1.
        fields: as the spec sets them.
        inputs: the tensors that arrive.
        output: the shape that leaves.
        window: derivations of its spatial axes; empty if it does not slide.
        receptive_fields: what it sees of each input it has a spatial relation to.
        seen: derivations of the receptive field; empty if more than the node's own window decides it.
        weights: learned tensors.
        buffers: running statistics.
        params: elements of the weights that are counted here.
        counted_at: the node that counts these weights, if it is another one that shares them.
        terms: the numbers its counts are made of.
        counts: the operations; a count that is missing is 0.
        convention: what the chosen convention counts; None, and missing in JSON, without one.
        masked: what a fixed mask leaves of its work; None, and missing in JSON, without one.
    """

    path: str
    kind: str
    summary: str
    reference: str
    file: str
    line: int
    column: int
    fields: Mapping[str, object]
    inputs: tuple[Tensor, ...]
    output: Shape
    window: tuple[AxisDerivation, ...]
    receptive_fields: Mapping[str, SeenField]
    seen: tuple[AxisDerivation, ...]
    weights: tuple[Tensor, ...]
    buffers: tuple[Tensor, ...]
    params: int
    counted_at: str | None
    terms: tuple[DerivationStep, ...]
    counts: tuple[DerivationStep, ...]
    convention: ConventionExplanation | None = None
    masked: Masked | None = None


class GroupExplanation(Record):
    """A group, or the whole network, as the sum of what is directly in it.

    Attributes:
        path: the group's; of the whole network its name.
        group: its row.
        parts: the rows directly in it.
        convention: what the chosen convention counts; None, and missing in JSON, without one.
    """

    path: str
    group: GroupRow
    parts: tuple[GroupRow | NodeRow, ...]
    convention: ConventionExplanation | None = None
