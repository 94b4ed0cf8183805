"""What `archcost rf` reports: where fields change, one node's field closely, stacks, and findings."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the JSON Schema is made from these annotations
from typing import TYPE_CHECKING

from archcost.analysis.rows import readable_field
from archcost.dilation.published_rules import published_rules
from archcost.errors import TooLargeError, UsageError
from archcost.findings.gridding import worst_line
from archcost.passes.effective_field import effective_fields
from archcost.passes.paths import paths
from archcost.passes.stacks import ENDS, by_run
from archcost.results.fields import EffectiveField, FieldReport, FieldRow, PathCounts, StackRow
from archcost.words.paths import unknown
from archcost.words.wording import vector_without_positions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.network import Network, Node
    from archcost.passes.receptive_field import Field
    from archcost.passes.stacks import Stack


def chosen(facts: Facts, path: str | None) -> Node | None:
    """The node of that path, or the last one of that group, or of the network without a path.

    Of groups and networks, it is the last node whose field moves along with its position.

    Raises:
        UsageError: there is no such node, or its field does not move.
    """
    network = facts.network
    if path in network.by_path:
        node = network.by_path[path]
        if not moving_fields(facts, node):
            raise UsageError(f"{path} {_why_none(facts.fields[node], network)}")
        return node
    inside = [node for node in network if path is None or node.path.startswith(f"{path}.")]
    if path is not None and not inside:
        raise unknown(path, network.name, network.by_path)
    return next((node for node in reversed(inside) if moving_fields(facts, node)), None)


def moving_fields(facts: Facts, node: Node) -> dict[str, Field]:
    """A node's fields as they move along with its position, per input."""
    fields = facts.fields[node]
    return {name: moving for name, field in fields.items() if (moving := field.moving)}


def _why_none(fields: Mapping[str, Field], network: Network) -> str:
    if not all(field.is_known for field in fields.values()):
        return "has a field that is unknown: on some way to it, nobody knows what is read"
    if fields:
        return "sees the whole input at every position; choose a node before the operation over all positions"
    why = vector_without_positions({tensor.path: tensor.output for tensor in network.inputs})
    return f"has no spatial relation to an input of the network{f': {why}' if why else ''}"


def field_report(facts: Facts, at: str | None = None, *, effective: bool = False) -> FieldReport:
    """The fields of a network, or of its node `at`; with `effective`, the effective field of every node too.

    Raises:
        UsageError: there is no such node, or its field does not move.
    """
    network = facts.network
    node = chosen(facts, at)
    writer = _FieldRows(facts)
    closely = writer.row(node, effective=True, pixels=at is not None) if node else None
    rows = [closely] if at and closely else [writer.row(n, effective=effective) for n in _changes(facts)]
    return FieldReport(
        path=network.path,
        name=network.name,
        variant=network.variant,
        inputs={tensor.path: tensor.output for tensor in network.inputs},
        outputs={name: tensor.output for name, tensor in network.outputs.items()},
        nodes=tuple(rows),
        closely=closely,
        paths=PathCounts(**paths(network, node)._asdict()) if node else None,
        deformable=_deformable(network, node) if node else (),
        stacks=tuple(_stacks(facts)),
        findings=facts.findings,
    )


def _changes(facts: Facts) -> Iterator[Node]:
    """The nodes that see something else than what they read."""
    fields = facts.fields
    for node in facts.network:
        if fields[node] and all(fields[node] != fields[source] for source in node.inputs):
            yield node


class _FieldRows:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def row(self, node: Node, *, effective: bool, pixels: bool = False) -> FieldRow:
        found: dict[str, EffectiveField] = {}
        reason = ""
        try:
            found = self._effective(node, pixels=pixels) if effective else {}
        except UsageError as error:  # what the table says is true all the same
            reason = str(error)
        return FieldRow(
            path=node.path,
            kind=node.kind,
            **node.written,
            output=node.output,
            receptive_fields={
                name: readable_field(field) for name, field in self._facts.fields[node].items()
            },
            effective_fields=found,
            reason=reason,
        )

    def _effective(self, node: Node, *, pixels: bool) -> dict[str, EffectiveField]:
        if not moving_fields(self._facts, node):
            return {}
        try:
            found = effective_fields(self._facts.network, node, pixels=pixels)
        except TooLargeError:
            if not pixels:
                raise
            found = effective_fields(self._facts.network, node)
        return {name: EffectiveField(**field._asdict()) for name, field in found.items()}


def _deformable(network: Network, node: Node) -> tuple[str, ...]:
    """The deformable convolutions that a node is made of."""
    deformable = [one for one in network if one.layer.field_is_nominal]
    before = network.ancestors([node]) if deformable else ()
    return tuple(one.path for one in deformable if one in before)


def _stacks(facts: Facts) -> Iterator[StackRow]:
    for ends in by_run(facts.stacks.stacks):
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
