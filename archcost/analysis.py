"""The main job: everything archcost knows about a network, as one report."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from archcost.findings import expectation
from archcost.geometry import size
from archcost.layers import KINDS, RANKED
from archcost.passes.cost import costs
from archcost.passes.memory import peaks
from archcost.report.model import (
    COUNTS,
    Declared,
    GroupRow,
    NodeRow,
    PeakActivations,
    Report,
    Totals,
    add_up,
    amounts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.expressions import Value
    from archcost.network import Network, Node
    from archcost.passes.cost import Cost
    from archcost.report.model import Finding


def analyze(network: Network) -> Report:
    """Shapes, parameters, operations and memory of a network, and what is odd about it.

    >>> from archcost import load
    >>> report = analyze(load("zoo:vgg16"))
    >>> report.totals.params, report.totals.macs
    (138357544, 15470264320)
    """
    counted = costs(network)
    rows = _rows(network, counted)
    return Report(
        path=network.path,
        name=network.name,
        variant=network.variant,
        vars={name: readable(value) for name, value in network.variables.items()},
        inputs={tensor.path: tensor.output for tensor in network.inputs},
        outputs={name: tensor.output for name, tensor in network.outputs.items()},
        totals=_totals(network, rows),
        nodes=rows,
        groups=_groups(rows),
        findings=_findings(network, counted),
        declared=tuple(_declared(node) for node in network if node.word == "custom"),
    )


def readable(value: Value) -> object:
    """A variable as JSON: an exact decimal is a number, any other fraction the text `p/q`."""
    if isinstance(value, tuple):
        return [readable(item) for item in value]
    if isinstance(value, Fraction):
        near = float(value)
        return near if Fraction(repr(near)) == value else str(value)
    return value


def _rows(network: Network, counted: Sequence[Cost]) -> tuple[NodeRow, ...]:
    fields: dict[int, Mapping[str, object]] = {}
    return tuple(_row(node, cost, fields) for node, cost in zip(network, counted, strict=True))


def _row(node: Node, cost: Cost, fields: dict[int, Mapping[str, object]]) -> NodeRow:
    if id(node.layer) not in fields:
        fields[id(node.layer)] = given(node)
    macs, multiplications, additions, comparisons, divisions, exponentials = cost.operations
    return NodeRow(
        path=node.path,
        kind=kind_of(node.word),
        fields=fields[id(node.layer)],
        file=node.place.source.name,
        line=node.place.line,
        column=node.place.column,
        inputs=tuple(source.path for source in node.inputs),
        output=node.output,
        params=cost.params,
        buffers=cost.buffers,
        macs=macs,
        multiplications=multiplications,
        additions=additions,
        comparisons=comparisons,
        divisions=divisions,
        exponentials=exponentials,
        activations=size(node.output),
    )


def kind_of(word: str) -> str:
    """The kind a word names, without the rank it may assert.

    >>> kind_of("conv2d")
    'conv'
    """
    return word[:-2] if word not in KINDS and word[:-2] in RANKED else word


def given(node: Node) -> dict[str, object]:
    """The fields of a node's layer that its spec sets, in the kind's order, as JSON knows them."""
    dumped = cast("dict[str, object]", node.layer.model_dump(mode="json", exclude_unset=True))
    return {name: dumped[name] for name in type(node.layer).model_fields if name in dumped}


def _totals(network: Network, rows: Sequence[NodeRow]) -> Totals:
    found = peaks(network)
    at = found.at.path if found.at else None
    peak = PeakActivations(
        as_written=found.as_written,
        best=found.best,
        best_is_exact=found.best_is_exact,
        node=at,
    )
    return Totals(**add_up(rows), peak_activations=peak)


def _groups(rows: Sequence[NodeRow]) -> tuple[GroupRow, ...]:
    """Each beginning that paths share. Sums go to the parent alone and then up, so time stays linear."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        parent = row.path.rpartition(".")[0]
        _open(parent, sums)
        if parent:
            _add((1, *amounts(row)), sums[parent])
    for path in reversed(sums):
        if parent := path.rpartition(".")[0]:
            _add(sums[path], sums[parent])
    whole = add_up(rows)
    return tuple(_group(path, numbers, whole) for path, numbers in sums.items())


def _open(path: str, sums: dict[str, list[int]]) -> None:
    """Make room for a group and all around it, the outer ones first."""
    missing: list[str] = []
    while path and path not in sums:
        missing.append(path)
        path = path.rpartition(".")[0]
    sums.update({new: [0] * (1 + len(COUNTS)) for new in reversed(missing)})


def _add(part: Sequence[int], total: list[int]) -> None:
    total[:] = map(int.__add__, total, part)


def _group(path: str, numbers: Sequence[int], whole: Mapping[str, int]) -> GroupRow:
    nodes, *sums = numbers
    counts = dict(zip(COUNTS, sums, strict=True))
    params, macs = (counts[name] / whole[name] if whole[name] else 0.0 for name in ("params", "macs"))
    return GroupRow(path=path, nodes=nodes, params_fraction=params, macs_fraction=macs, **counts)


def _findings(network: Network, counted: Sequence[Cost]) -> tuple[Finding, ...]:
    found = expectation.check(network, counted)
    return tuple(sorted(found, key=lambda f: (f.file, f.line, f.column)))


def _declared(node: Node) -> Declared:
    stated = node.layer.model_dump(
        mode="json"
    )  # defaults too: a cost of 0 that nobody wrote is still a claim
    return Declared(
        node=node.path,
        file=node.place.source.name,
        line=node.place.line,
        column=node.place.column,
        reason=stated.pop("reason"),
        declared=stated,
    )
