"""From a network and what was measured to the rows of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.layers.base import BESIDE_MACS
from archcost.layers.given import given
from archcost.results.report import (
    COUNTS,
    Declared,
    GroupRow,
    Masked,
    NodeRow,
    ReceptiveField,
    SeenField,
    UnknownField,
    add_up,
    amounts,
)
from archcost.windows.window import size
from archcost.words.paths import beginnings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.network import Network, Node
    from archcost.passes.cost import Cost
    from archcost.passes.masked import Left
    from archcost.passes.receptive_field import Field


def node_rows(
    network: Network,
    counted: Sequence[Cost],
    fields: Sequence[Mapping[str, Field]],
    left: Mapping[Node, Left] | None = None,
) -> tuple[NodeRow, ...]:
    """A row per node, in written order, from its cost, its fields by input, and what masks leave of it."""
    writer = _NodeRows(several=len(network.inputs) > 1, left=left or {})
    return tuple(writer.row(*parts) for parts in zip(network, counted, fields, strict=True))


class _NodeRows:
    """Makes rows; what is equal in many of them is converted once and shared."""

    def __init__(self, *, several: bool, left: Mapping[Node, Left]) -> None:
        self._several = several
        self._left = left
        self._given: dict[int, Mapping[str, object]] = {}
        self._fields: dict[int, SeenField] = {}

    def row(self, node: Node, cost: Cost, fields: Mapping[str, Field]) -> NodeRow:
        macs, multiplications, additions, comparisons, divisions, exponentials = cost.operations
        seen = {name: self._field(field) for name, field in fields.items()}
        return NodeRow(
            path=node.path,
            kind=node.kind,
            fields=self._fields_of(node),
            **node.written,
            inputs=tuple(source.path for source in node.inputs),
            output=node.output,
            receptive_field=None if self._several else next(iter(seen.values()), None),
            receptive_fields=seen if self._several else None,
            params=cost.params,
            buffers=cost.buffers,
            macs=macs,
            multiplications=multiplications,
            additions=additions,
            comparisons=comparisons,
            divisions=divisions,
            exponentials=exponentials,
            activations=size(node.output),
            memory_access=cost.memory_access,
            masked=readable_mask(self._left.get(node)),
        )

    def _fields_of(self, node: Node) -> Mapping[str, object]:
        if id(node.layer) not in self._given:
            self._given[id(node.layer)] = given(node)
        return self._given[id(node.layer)]

    def _field(self, field: Field) -> SeenField:
        if id(field) not in self._fields:
            self._fields[id(field)] = readable_field(field)
        return self._fields[id(field)]


def readable_mask(left: Left | None) -> Masked | None:
    """What a mask leaves as a report holds it."""
    return left and Masked(mask=left.mask.path, seen=left.seen, elements=left.elements, macs=left.macs)


def readable_field(field: Field) -> SeenField:
    """A receptive field as a report holds it: fractions are the texts `p/q`."""
    if not field.is_known:
        return UnknownField()
    return _known_field(field)


def _known_field(field: Field) -> ReceptiveField:
    return ReceptiveField(
        certainty="nominal" if field.is_nominal else "at_most" if field.upper_bound else "exact",
        size=field.size,
        stride=tuple(map(str, field.stride)),
        center=tuple(map(str, field.center)),
        coverage=float(field.coverage),
        holes=field.holes,
        is_global=field.is_global,
        local=_known_field(field.local) if field.local else None,
        upper_bound=field.upper_bound,
    )


def groups(rows: Sequence[NodeRow]) -> tuple[GroupRow, ...]:
    """Each beginning that paths share. Sums go to the parent alone and then up, so time stays linear."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        parent = row.path.rpartition(".")[0]
        sums.update({new: [0] * (2 + len(COUNTS)) for new in beginnings(parent, sums)})
        if parent:
            hidden = row.macs - row.masked.macs if row.masked else 0
            _add((1, hidden, *amounts(row)), sums[parent])
    for path in reversed(sums):
        if parent := path.rpartition(".")[0]:
            _add(sums[path], sums[parent])
    whole = add_up(rows)
    return tuple(_group(path, numbers, whole) for path, numbers in sums.items())


def _add(part: Sequence[int], total: list[int]) -> None:
    total[:] = map(int.__add__, total, part)


def _group(path: str, numbers: Sequence[int], whole: Mapping[str, int]) -> GroupRow:
    nodes, hidden, *sums = numbers
    counts = dict(zip(COUNTS, sums, strict=True))
    params, macs = (counts[name] / whole[name] if whole[name] else 0.0 for name in ("params", "macs"))
    return GroupRow(
        path=path,
        nodes=nodes,
        params_fraction=params,
        macs_fraction=macs,
        unmasked_macs=counts["macs"] - hidden if hidden else None,
        **counts,
    )


def declared(network: Network) -> tuple[Declared, ...]:
    """What the spec's `custom` layers state."""
    return tuple(_declared(node) for node in network if node.word == "custom")


def _declared(node: Node) -> Declared:
    # Defaults too: a cost of 0 that nobody wrote is still a claim. What it does beside MACs nobody need say.
    stated = node.layer.model_dump(mode="json")
    stated = {name: value for name, value in stated.items() if value is not None or name not in BESIDE_MACS}
    return Declared(
        node=node.path,
        **node.written,
        reason=str(stated.pop("reason")),
        declared=stated,
    )
