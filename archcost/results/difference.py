"""What changed from one network to another: plain values, the same for every writer.

In JSON, `archcost-diff/1`. Every number of a difference is head minus base, so that from head to base it is
the negative one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from archcost.results.record import Record
from archcost.results.report import Counts, SeenField, to_dict
from archcost.windows.window import Shape

SCHEMA = "archcost-diff/1"

Number = int | float


class Side(Record):
    """One of the two networks.

    Attributes:
        path: the file as the user named it.
        revision: the git revision it was read at; null for the disk.
        name: the network's.
        variant: the variant that was chosen, if any.
        vars: the variables with their final values.
        inputs: shapes by name.
        outputs: shapes by name.
        nodes: how many it has.
    """

    path: str
    revision: str | None
    name: str
    variant: str | None
    vars: Mapping[str, object]
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    nodes: int


class Total(Record):
    """A number of the whole network that has changed; parameters and MACs stand here in any case.

    Attributes:
        measure: its name.
        unit: what is counted: `operations`, `elements`, `positions`, `share` or `layers`.
        base: as it was; null if there was none.
        head: as it is; null if there is none.
        difference: head minus base; a side without a number counts as 0.
    """

    measure: str
    unit: str
    base: Number | None
    head: Number | None
    difference: Number


class Change(Record):
    """A value that is another: a field of a layer, a variable, an input's shape, what a node reads.

    Attributes:
        name: of the field, variable or input.
        base: as it was; null if there was none.
        head: as it is; null if there is none.
    """

    name: str
    base: object
    head: object


class OutputChange(Record):
    """An output of the network that has another shape, or comes from elsewhere.

    Attributes:
        base_name: what it was called; null if it was not there.
        head_name: what it is called; null if it is gone.
        base_node: the node or input it came from.
        head_node: the node or input it comes from.
        base: the shape it had.
        head: the shape it has.
    """

    base_name: str | None
    head_name: str | None
    base_node: str | None
    head_node: str | None
    base: Shape | None
    head: Shape | None


class SeenChange(Record):
    """A receptive field that is another.

    Attributes:
        input: the input it lies in.
        base: as it was; null without a spatial relation to the input.
        head: likewise, as it is.
    """

    input: str
    base: SeenField | None
    head: SeenField | None


Status = Literal["added", "removed", "changed", "rippled"]
CauseKind = Literal["item", "variable", "input", "node", "many"]


class NodeDiff(Counts):
    """A layer that differs. Its counts are head minus base.

    Attributes:
        status: `added`, `removed`, `changed` (itself), or `rippled`: only because of what arrives.
        base: its path as it was; null if it was added.
        head: its path as it is; null if it was removed.
        kind: what it does (in the base, if it was removed).
        file: the text it is written in (of the base, if it was removed).
        line: where it is written, from 1.
        column: where it is written, from 1.
        fields: its fields that are others; of an added or removed layer, all that the spec sets.
        inputs: what it reads, if that is something else; null if not.
        base_output: the shape that left.
        head_output: the shape that leaves.
        receptive_fields: those that are others, of a layer that was itself changed.
        changed_by: positions in `causes`: what changed it itself; none if it `rippled`.
        causes: positions in `causes`: what its difference is booked under.
    """

    status: Status
    base: str | None
    head: str | None
    kind: str
    file: str
    line: int
    column: int
    fields: tuple[Change, ...]
    inputs: Change | None
    base_output: Shape | None
    head_output: Shape | None
    receptive_fields: tuple[SeenChange, ...]
    changed_by: tuple[int, ...]
    causes: tuple[int, ...]

    @property
    def path(self) -> str:
        """Where it stands; where it stood, if it is gone."""
        return self.head or self.base or ""


class WrittenAt(Record):
    """Where an item is written.

    Attributes:
        file: the text.
        line: from 1.
        column: from 1.
    """

    file: str
    line: int
    column: int


class CauseDiff(Counts):
    """Something that its author changed, and what that alone makes different: the counts are head minus base.

    Attributes:
        kind: an `item` of the spec, a `variable`, an `input`, a `node` if the text does not say more, or
            `many`: more causes together than are told apart.
        what: what was changed, in words.
        base: where the item was written; null if it was not, or is none.
        head: where it is written; likewise.
        nodes: layers that it changed, added or removed itself.
        rippled: layers that differ only because of it.
    """

    kind: CauseKind
    what: str
    base: WrittenAt | None
    head: WrittenAt | None
    nodes: int
    rippled: int


class Together(Counts):
    """What several causes make different together, and none of them alone. The counts are head minus base.

    Attributes:
        causes: positions in `causes`.
        nodes: layers.
    """

    causes: tuple[int, ...]
    nodes: int


class Renamed(Record):
    """Layers that have another path.

    Attributes:
        base: what their paths began with.
        head: what they begin with.
        nodes: how many there are.
        renumbered: whether only numbers differ, because siblings came or went.
    """

    base: str
    head: str
    nodes: int
    renumbered: bool


class Diff(Record):
    """What changed from a base to a head.

    The counts of `causes` and `together` add up to the difference of the totals, and so do those of `nodes`.

    Attributes:
        base: the network as it was; null if there was none.
        head: the network as it is; null if there is none.
        status: `equal`, `changed`, or `added` or `removed` as a whole.
        totals: the numbers that changed, parameters and MACs in any case; of a network as a whole, all.
        vars: variables with other values.
        inputs: inputs with other shapes.
        outputs: outputs with other shapes, or that come from elsewhere.
        causes: what its author changed, the worst first.
        together: what several causes do together, the worst first.
        nodes: the layers that differ, in written order.
        renamed: the layers that only have other paths.
    """

    base: Side | None
    head: Side | None
    status: Literal["equal", "changed", "added", "removed"]
    totals: tuple[Total, ...] = ()
    vars: tuple[Change, ...] = ()
    inputs: tuple[Change, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    causes: tuple[CauseDiff, ...] = ()
    together: tuple[Together, ...] = ()
    nodes: tuple[NodeDiff, ...] = ()
    renamed: tuple[Renamed, ...] = ()

    @property
    def changes(self) -> Iterator[NodeDiff]:
        """The layers that were themselves changed, added or removed."""
        return (node for node in self.nodes if node.status != "rippled")

    def total(self, measure: str) -> Total | None:
        """A number of the whole network, if it changed."""
        return next((total for total in self.totals if total.measure == measure), None)

    def to_dict(self) -> dict[str, object]:
        """The difference as one entry of `diffs` in `archcost-diff/1`."""
        return to_dict(self)
