"""What `archcost rf` reports: where fields change, one node's field closely, stacks, and findings."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the JSON Schema is made from these annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from archcost.analysis import fields_by_tensor
from archcost.errors import TooLargeError, UsageError
from archcost.findings import findings
from archcost.findings.gridding import worst_line
from archcost.findings.rule import Seen
from archcost.geometry import Shape  # noqa: TC001 - likewise
from archcost.hdc import Verdict, published_rules
from archcost.passes.cost import costs
from archcost.passes.effective_field import effective_fields
from archcost.passes.looks import Looks
from archcost.passes.paths import paths
from archcost.passes.receptive_field import receptive_fields
from archcost.passes.stacks import ENDS, by_run
from archcost.report.lookup import unknown
from archcost.report.model import Finding, SeenField  # noqa: TC001 - likewise
from archcost.report.rows import kind_of, readable_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.network import Input, Network, Node
    from archcost.passes.receptive_field import Field
    from archcost.passes.stacks import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveField:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCounts:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRow:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReport:
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


class Seeing(NamedTuple):
    """A network and its fields by node, for the report and for pictures."""

    network: Network
    seen: Seen

    @classmethod
    def of(cls, network: Network) -> Seeing:
        """The fields of a network."""
        looks = Looks()
        fields = fields_by_tensor(network, receptive_fields(network, looks))
        return cls(network, Seen(network, costs(network), fields, looks))

    def chosen(self, path: str | None) -> Node | None:
        """The node of that path, or the last one of that group, or of the network without a path.

        Of groups and networks, it is the last node whose field moves along with its position.

        Raises:
            UsageError: there is no such node, or its field does not move.
        """
        if path in self.network.by_path:
            node = self.network.by_path[path]
            if not self.local(node):
                raise UsageError(f"{path} {_why_none(self.seen.fields[node])}")
            return node
        inside = [node for node in self.network if path is None or node.path.startswith(f"{path}.")]
        if path is not None and not inside:
            raise unknown(path, self.network.name, self.network.by_path)
        return next((node for node in reversed(inside) if self.local(node)), None)

    def local(self, node: Node) -> dict[str, Field]:
        """A node's fields as they move along with its position, per input."""
        fields = self.seen.fields[node]
        return {name: moving for name, field in fields.items() if (moving := field.moving)}


def _why_none(fields: Mapping[str, Field]) -> str:
    if not all(field.is_known for field in fields.values()):
        return "has a field that is unknown: on some way to it, nobody knows what is read"
    if fields:
        return "sees the whole input at every position; choose a node before the operation over all positions"
    return "has no spatial relation to an input of the network"


def field_report(seeing: Seeing, at: str | None = None, *, effective: bool = False) -> FieldReport:
    """The fields of a network, or of its node `at`; with `effective`, the effective field of every node too.

    Raises:
        UsageError: there is no such node, or its field does not move.
    """
    network = seeing.network
    node = seeing.chosen(at)
    writer = _RowWriter(seeing)
    closely = writer.row(node, effective=True, pixels=at is not None) if node else None
    rows = [closely] if at and closely else [writer.row(n, effective=effective) for n in _changes(seeing)]
    return FieldReport(
        path=network.path,
        name=network.name,
        variant=network.variant,
        inputs={tensor.path: tensor.output for tensor in network.inputs},
        outputs={name: tensor.output for name, tensor in network.outputs.items()},
        nodes=tuple(rows),
        closely=closely,
        paths=_paths(network, node) if node else None,
        deformable=_deformable(network, node) if node else (),
        stacks=tuple(_stacks(seeing)),
        findings=findings(seeing.seen),
    )


def _changes(seeing: Seeing) -> Iterator[Node]:
    """The nodes that see something else than what they read."""
    fields = seeing.seen.fields
    for node in seeing.network:
        if fields[node] and all(fields[node] != fields[source] for source in node.inputs):
            yield node


class _RowWriter:
    def __init__(self, seeing: Seeing) -> None:
        self._seeing = seeing

    def row(self, node: Node, *, effective: bool, pixels: bool = False) -> FieldRow:
        found: dict[str, EffectiveField] = {}
        reason = ""
        try:
            found = self._effective(node, pixels=pixels) if effective else {}
        except UsageError as error:  # what the table says is true all the same
            reason = str(error)
        return FieldRow(
            path=node.path,
            kind=kind_of(node.word),
            file=node.place.source.name,
            line=node.place.line,
            column=node.place.column,
            output=node.output,
            receptive_fields={
                name: readable_field(field) for name, field in self._seeing.seen.fields[node].items()
            },
            effective_fields=found,
            reason=reason,
        )

    def _effective(self, node: Node, *, pixels: bool) -> dict[str, EffectiveField]:
        if not self._seeing.local(node):
            return {}
        try:
            found = effective_fields(self._seeing.network, node, pixels=pixels)
        except TooLargeError:
            if not pixels:
                raise
            found = effective_fields(self._seeing.network, node)
        return {
            name: EffectiveField(
                size=field.size, first=field.first, deviation=field.deviation, pixels=field.pixels
            )
            for name, field in found.items()
        }


def _paths(network: Network, node: Node) -> PathCounts:
    found = paths(network, node)
    return PathCounts(total=found.total, lengths=found.lengths, modules=found.modules, reason=found.reason)


def _deformable(network: Network, node: Node) -> tuple[str, ...]:
    needed: set[Node | Input] = {node}
    found: list[str] = []
    for before in reversed(network.nodes):
        if before in needed:
            needed.update(before.inputs)
            if kind_of(before.word) == "deform_conv":
                found.append(before.path)
    return tuple(reversed(found))


def _stacks(seeing: Seeing) -> Iterator[StackRow]:
    for ends in by_run(seeing.seen.stacks.stacks):
        for i, stack in enumerate(ends[:ENDS], 1):
            yield _stack(stack, more=len(ends) - ENDS if i == ENDS else 0)


def _stack(stack: Stack, *, more: int) -> StackRow:
    links = stack.tip.chain() if stack.tip and stack.is_chain else []
    line = worst_line(links)[1] if links else ()
    kernels, dilations = [k for k, _ in line], [d for _, d in line]
    return StackRow(
        node=stack.judged.path,
        convolutions=tuple(link.node.path for link in links),
        kernel_size=tuple(kernels),
        dilation=tuple(dilations),
        size=stack.field.size,
        coverage=float(stack.field.coverage),
        holes=stack.field.holes,
        upper_bound=stack.field.upper_bound,
        rules=published_rules(dilations, kernels) if links else (),
        more=more,
    )
