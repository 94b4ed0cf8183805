"""What a verification found: plain values, as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping

from archcost.layers.base import Operations
from archcost.results.record import Record
from archcost.windows.window import Shape

SCHEMA = "archcost-verify/1"


OPERATIONS = Operations._fields[1:]
"""The counts that are measured; a MAC is a multiplication and an addition."""


class Pair(Record):
    """A count, measured and predicted.

    Attributes:
        measured: what ran, or was allocated.
        predicted: what `analyze` says.
    """

    measured: int
    predicted: int


class FieldProof(Record):
    """What NaN at single input positions showed of a receptive field.

    Attributes:
        pairs: of an input position and an output position that were compared.
        at_borders: pairs of the field that the run has not, because the way leads through padding.
        upper_bound: the field is an upper bound, and nothing beyond it was touched.
        untold: why it was not compared; empty if it was.
        wrong: pairs that differ.
    """

    pairs: int
    at_borders: int
    upper_bound: bool
    untold: str
    wrong: int


class TorchProof(Record):
    """A value beside PyTorch's.

    Attributes:
        difference: the largest of two elements, relative to the largest element; null if it is no number.
        tolerance: the most that is rounding.
        untold: why there is nothing to compare; empty if there is.
    """

    difference: float | None
    tolerance: float
    untold: str

    @property
    def differs(self) -> bool:
        """Whether it is more than rounding."""
        return not self.untold and not (self.difference is not None and self.difference <= self.tolerance)


class NodeProof(Record):
    """One layer.

    Attributes:
        path: where it stands in the network.
        kind: what it does.
        file: the text it is written in.
        line: where it is written, from 1.
        column: where it is written, from 1.
        agrees: whether everything that was measured is as predicted.
        status: `proved`; `declared`: the spec states its numbers; `on made-up values`: it ran on what comes
            from such a layer.
        measured_shape: of the array that came out.
        predicted_shape: as `analyze` says.
        params: elements of learned tensors; measured ones are allocated, those that are shared once.
        counts: the operations by name.
        on_padding: multiplications of which one factor was zero padding, among the measured ones.
        field: see `FieldProof`.
        torch: see `TorchProof`; null if PyTorch was not asked.
    """

    path: str
    kind: str
    file: str
    line: int
    column: int
    agrees: bool
    status: str
    measured_shape: Shape
    predicted_shape: Shape
    params: Pair
    counts: Mapping[str, Pair]
    on_padding: int
    field: FieldProof
    torch: TorchProof | None


class Mismatch(Record):
    """Something that was not as predicted.

    Attributes:
        node: where.
        file: the text it is written in.
        line: where it is written, from 1.
        column: where it is written, from 1.
        what: was compared.
        measured: in words.
        predicted: in words.
    """

    node: str
    file: str
    line: int
    column: int
    what: str
    measured: str
    predicted: str


class VerifyReport(Record):
    """A network that was run.

    Attributes:
        path: the file as the user named it.
        name: the network's.
        variant: the variant that was chosen, if any.
        vars: the variables with their final values.
        inputs: shapes by name.
        scale_channels: what every channel count was scaled by, as `p/q`; null if none was.
        dtype: of all numbers.
        seed: of random weights, inputs and positions.
        agrees: whether everything that was measured is as predicted.
        positions: the input positions that were probed, by input.
        totals: sums over the nodes that are not declared.
        on_padding: multiplications of which one factor was zero padding.
        differences: everything that was not as predicted.
        nodes: a row per node, in written order.
    """

    path: str
    name: str
    variant: str | None
    vars: Mapping[str, object]
    inputs: Mapping[str, Shape]
    scale_channels: str | None
    dtype: str
    seed: int
    agrees: bool
    positions: Mapping[str, tuple[Shape, ...]]
    totals: Mapping[str, Pair]
    on_padding: int
    differences: tuple[Mismatch, ...]
    nodes: tuple[NodeProof, ...]
