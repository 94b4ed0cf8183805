"""How one number came about: a node's formulas with the numbers put in, a group's parts with their sum."""

from __future__ import annotations

import inspect
from collections.abc import Mapping  # noqa: TC003 - the JSON Schema is made from these annotations
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from archcost.analysis import derivation
from archcost.analysis.by_convention import compare
from archcost.analysis.facts import Facts
from archcost.analysis.rows import readable_field, readable_mask
from archcost.errors import UsageError
from archcost.layers.given import given
from archcost.results.explanation import GroupExplanation, NodeExplanation, Tensor
from archcost.results.report import GroupRow, NodeRow
from archcost.windows.window import Shape, show, size
from archcost.words.paths import children, unknown

if TYPE_CHECKING:
    from archcost.network import Network, Node


def explain(
    network: Network, path: str | None = None, convention: str | None = None
) -> NodeExplanation | GroupExplanation:
    """Where the numbers of a node or a group come from; without a path, those of the whole network.

    With the name of a `convention`, also what that one counts, and why it is another number.

    Raises:
        UsageError: there is neither node nor group, or no such convention; the text names similar ones.

    >>> from archcost import load
    >>> macs = explain(load("zoo:lenet5"), "c1").counts[0]
    >>> macs.formula, macs.numbers, macs.value
    ('taps * outputs', '25 * 4,704', 117600)
    """
    explained = _explained(network, path)
    if convention is None:
        return explained
    return replace(explained, convention=compare(network, convention, _nodes(network, path)))


def _nodes(network: Network, path: str | None) -> list[Node]:
    """The node of this path, or those of the group, in written order."""
    if path in network.by_path:
        return [network.by_path[path]]
    return [node for node in network if path is None or node.path.startswith(f"{path}.")]


def _explained(network: Network, path: str | None) -> NodeExplanation | GroupExplanation:
    if path in network.by_path:
        return _node(network, network.by_path[path])
    for tensor in network.inputs:
        if tensor.path == path:
            raise UsageError(
                f"'{path}' is an input of {network.name}, {show(tensor.output)}: nothing to derive"
            )
    report = Facts.of(network).report
    rows: dict[str, GroupRow | NodeRow] = {row.path: row for row in (*report.groups, *report.nodes)}
    if path is not None:
        if path not in rows:
            raise unknown(path, network.name, rows)
        parts = tuple(rows[f"{path}.{name}"] for name in children(path, network.by_path))
        return GroupExplanation(path=path, group=report.group(path), parts=parts)
    whole = GroupRow(
        path=network.name,
        nodes=len(network),
        params_fraction=1.0 if report.totals.params else 0.0,
        macs_fraction=1.0 if report.totals.macs else 0.0,
        unmasked_macs=report.totals.unmasked_macs,
        **report.totals.counts(),
    )
    parts = tuple(rows[name] for name in children("", network.by_path))
    return GroupExplanation(path=network.name, group=whole, parts=parts)


def _node(network: Network, node: Node) -> NodeExplanation:
    layer = node.layer
    weights = _tensors(node.weight_shapes())
    first = network.first_user(node)
    formulas = node.formulas()
    fields = Facts.of(network).fields
    return NodeExplanation(
        path=node.path,
        kind=node.kind,
        summary=_summary(type(layer)),
        reference=layer.reference,
        **node.written,
        fields=given(node),
        inputs=tuple(Tensor(name=t.path, shape=t.output, elements=size(t.output)) for t in node.inputs),
        output=node.output,
        window=derivation.window_positions(node),
        receptive_fields={name: readable_field(field) for name, field in fields[node].items()},
        seen=derivation.seen(node, fields),
        weights=weights,
        buffers=_tensors(node.buffer_shapes()),
        params=sum(tensor.elements for tensor in weights) if first is node else 0,
        counted_at=None if first is node else first.path,
        terms=tuple(derivation.terms(formulas)),
        counts=tuple(derivation.counts(formulas)),
        masked=readable_mask(Facts.of(network).masked.get(node)),
    )


@cache
def _summary(kind: type) -> str:
    """The first sentence of the class's documentation."""
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def _tensors(shapes: Mapping[str, Shape]) -> tuple[Tensor, ...]:
    return tuple(Tensor(name=name, shape=shape, elements=size(shape)) for name, shape in shapes.items())
