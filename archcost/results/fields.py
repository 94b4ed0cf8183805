"""The receptive fields of a network: plain values. In JSON, `archcost-rf/1`."""

from __future__ import annotations

from collections.abc import Mapping

from archcost.dilation.published_rules import Verdict
from archcost.results.record import Record
from archcost.results.report import Finding, SeenField
from archcost.windows.window import Shape

SCHEMA = "archcost-rf/1"


class EffectiveField(Record):
    """The effective field of a node in one input, per spatial axis: linear, uniform weights.

    Attributes:
        size: positions that hold the central 95.45 % of the weight along the axis.
        first: the first of them, for the centre unit; an input position, perhaps beyond the border.
        deviation: standard deviation of the weight along the axis.
        pixels: positions over all axes that weigh more than 4.55 % of the strongest; null unless they were
            counted, as they are for a chosen node.
    """

    size: Shape
    first: Shape
    deviation: tuple[float, ...]
    pixels: int | None


class FieldRow(Record):
    """A node and its fields.

    Attributes:
        path: where it stands in the network.
        kind: what it does.
        file: the text it is written in.
        line: where it is written, from 1.
        column: where it is written, from 1.
        output: the shape that leaves.
        receptive_fields: what it sees of each input it has a spatial relation to.
        effective_fields: of the same inputs, the effective field that ignores operations over all positions;
            empty unless asked for.
        reason: why they are empty though asked for, where the field is too large; else empty.
    """

    path: str
    kind: str
    file: str
    line: int
    column: int
    output: Shape
    receptive_fields: Mapping[str, SeenField]
    effective_fields: Mapping[str, EffectiveField]
    reason: str


class PathCounts(Record):
    """The paths from the network's inputs to a node; see `archcost.passes.paths`.

    Attributes:
        total: how many there are.
        lengths: how many pass 0, 1, 2 … layers with learned weights; null if there are too many to add up.
        modules: the same by residual modules; null likewise.
        reason: why they are null; empty if they are not.
    """

    total: int
    lengths: tuple[int, ...] | None
    modules: tuple[int, ...] | None
    reason: str


class StackRow(Record):
    """A stack of dilated convolutions and what it reads of its own input.

    Attributes:
        node: the convolution, or the merge of branches, that completes it.
        convolutions: paths of its convolutions with more than one tap; empty if some stand side by side.
        kernel_size: of each, along the axis with holes (without any, the first).
        dilation: of each, along that axis.
        size: of what is read of the stack's own input, per axis.
        coverage: share of the box of that size that is read.
        holes: positions of the box that are not.
        upper_bound: it may read fewer positions, for they were not all followed.
        rules: what the published rules say; empty where they do not apply.
        more: further stacks that begin like this one and end elsewhere; they are counted, not listed.
    """

    node: str
    convolutions: tuple[str, ...]
    kernel_size: Shape
    dilation: Shape
    size: Shape
    coverage: float
    holes: int
    upper_bound: bool
    rules: tuple[Verdict, ...]
    more: int


class FieldReport(Record):
    """The receptive fields of one network.

    Attributes:
        path: the file as the user named it.
        name: the network's.
        variant: the variant that was chosen, if any.
        inputs: shapes by name.
        outputs: shapes by name.
        nodes: the nodes at which the field changes, in written order; the chosen node alone if there is one.
        closely: the chosen node, or the last one whose field moves along with its position; null without any.
        paths: to that node; null without it.
        deformable: the deformable convolutions that node depends on. Where they read follows from the data;
            all fields are nominal, those without offsets.
        stacks: the stacks of dilated convolutions.
        findings: what the rules noticed, in the order of the text.
    """

    path: str
    name: str
    variant: str | None
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    nodes: tuple[FieldRow, ...]
    closely: FieldRow | None
    paths: PathCounts | None
    deformable: tuple[str, ...]
    stacks: tuple[StackRow, ...]
    findings: tuple[Finding, ...]
