"""What is known of a network: each thing is worked out when it is first needed, and kept."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from archcost.analysis.rows import groups, node_rows
from archcost.findings import findings
from archcost.passes.access import AccessCache
from archcost.passes.cost import costs
from archcost.passes.memory import Peaks, peaks
from archcost.passes.receptive_field import fields_by_tensor, receptive_fields
from archcost.passes.stacks import Stacks, stacks
from archcost.words.paths import beginnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.conventions.counting import Count
    from archcost.conventions.table import Convention
    from archcost.network import Input, Network, Node
    from archcost.passes.cost import Cost
    from archcost.passes.masked import Left
    from archcost.passes.receptive_field import Field
    from archcost.results.comparison import OutputField
    from archcost.results.report import Finding, GroupRow, NodeRow, ReceptiveField, Report, SeenField
    from archcost.windows.window import Window


class Facts:
    """What the passes say of a network, and what follows: what findings, reports and limits are made from.

    Attributes:
        network: the network.
        label: what the user calls it, a path with its variant or settings.
        accesses: how its nodes read their inputs.
    """

    def __init__(self, network: Network, label: str | None = None) -> None:
        variant = f" ({network.variant})" if network.variant else ""
        self.network = network
        self.label = label or f"{network.path}{variant}"
        self.accesses = AccessCache()
        self._counts: dict[str, Mapping[Node, Count]] = {}

    @classmethod
    def of(cls, network: Network) -> Facts:
        """The facts of a network, the same ones every time."""
        found = network.known.setdefault(cls, cls(network))
        assert isinstance(found, cls)  # noqa: S101 - the type is the key
        return found

    def __repr__(self) -> str:
        return f"<Facts {self.label}>"

    @cached_property
    def costs(self) -> tuple[Cost, ...]:
        """Of the nodes, in written order."""
        return costs(self.network)

    @cached_property
    def cost_of(self) -> Mapping[Node, Cost]:
        """The same by node."""
        return dict(zip(self.network, self.costs, strict=True))

    def counts_by(self, convention: Convention) -> Mapping[Node, Count]:
        """What a convention counts for each node, in written order."""
        if convention.name not in self._counts:
            from archcost.conventions.counting import counts  # noqa: PLC0415 - few ask for a convention

            counted = counts(self.network, convention, self.costs)
            self._counts[convention.name] = dict(zip(self.network, counted, strict=True))
        return self._counts[convention.name]

    @cached_property
    def _fields(self) -> tuple[dict[str, Field], ...]:
        return receptive_fields(self.network, self.accesses)

    @cached_property
    def fields(self) -> Mapping[Node | Input, Mapping[str, Field]]:
        """Of every tensor, its receptive field in each input it has a spatial relation to."""
        return fields_by_tensor(self.network, self._fields)

    @cached_property
    def stacks(self) -> Stacks:
        """The stacks of dilated convolutions."""
        return stacks(self.network, self.accesses, self.fields)

    @cached_property
    def peaks(self) -> Peaks:
        """The most elements that are alive at once."""
        return peaks(self.network)

    @cached_property
    def masked(self) -> Mapping[Node, Left]:
        """What fixed masks leave of the work of some nodes."""
        if not any(node.kind in {"constant", "masked_conv"} for node in self.network):
            return {}
        from archcost.passes.masked import masked  # noqa: PLC0415 - few networks have masks

        return masked(self.network)

    @cached_property
    def rows(self) -> tuple[NodeRow, ...]:
        """A row of the report per node, in written order."""
        return node_rows(self.network, self.costs, self._fields, self.masked)

    @cached_property
    def groups(self) -> tuple[GroupRow, ...]:
        """A row per group."""
        return groups(self.rows)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules notice, in the order of the text."""
        return findings(self)

    @cached_property
    def report(self) -> Report:
        """All of it, as `analyze` reports it."""
        from archcost.analysis.analyze import report  # noqa: PLC0415 - it is made of this

        return report(self)

    @cached_property
    def windows(self) -> list[tuple[Node, Window]]:
        """The nodes that read their first input through a window, in written order."""
        found = ((node, self.accesses.of(node).window) for node in self.network if node.inputs)
        return [(node, window) for node, window in found if window]

    @cached_property
    def nodes_by_window(self) -> list[tuple[Window, list[Node]]]:
        """The same by window: the nodes of one have equal layers and shapes, so they are judged once."""
        found: dict[int, tuple[Window, list[Node]]] = {}
        for node, window in self.windows:
            # The cache keeps one window per layer and shapes, for as long as there are facts.
            found.setdefault(id(window), (window, []))[1].append(node)
        return list(found.values())

    @cached_property
    def depth(self) -> int:
        """Weighted layers on the longest path."""
        from archcost.passes.paths import depth  # noqa: PLC0415 - `analyze` does not need it

        return depth(self.network)

    @cached_property
    def blocks(self) -> Mapping[str, tuple[NodeRow, ...]]:
        """The rows of every group, and of every node by itself, by path; the groups first."""
        found = {group.path: list["NodeRow"]() for group in self.groups}
        for row in self.rows:
            for around in beginnings(row.path)[:-1]:
                found[around].append(row)
            # The path of a node is one of a group, too, if something lies below it.
            found.setdefault(row.path, []).append(row)
        return {path: tuple(rows) for path, rows in found.items()}

    @cached_property
    def output_fields(self) -> tuple[OutputField, ...]:
        """What each output sees of each input.

        The field of a classifier's output is the whole input, whatever the network. What tells networks apart
        is the field of the last map before that: of the output itself without what reads all positions, or
        if nothing is left then, of what it reads.

        >>> from archcost import load
        >>> Facts.of(load("zoo:resnet50")).output_fields[0].size
        (427, 427)
        """
        return tuple(
            field for name, tensor in self.network.outputs.items() for field in self._of(name, tensor)
        )

    def _of(self, name: str, tensor: Node | Input) -> Iterator[OutputField]:
        fields: dict[str, list[ReceptiveField]] = {}
        unknown: set[str] = set()
        for row in self._last_maps(tensor):
            for source, field in fields_seen(row, self.network.inputs[0].path).items():
                if field.certainty == "unknown":
                    unknown.add(source)
                if field.moving:
                    fields.setdefault(source, []).append(field.moving)
        row = self.row_of.get(tensor.path)
        own = fields_seen(row, "").values() if row else ()
        whole = not own or any(field.is_global for field in own)
        for source in sorted({*fields, *unknown}, key=self._places.__getitem__):
            yield _seen(name, source, None if source in unknown else fields[source], is_global=whole)

    @cached_property
    def _places(self) -> dict[str, int]:
        """Which input of the spec has a name. There may be thousands, and an output sees few of them."""
        return {source.path: i for i, source in enumerate(self.network.inputs)}

    def _last_maps(self, tensor: Node | Input) -> Iterator[NodeRow]:
        """The nearest nodes at or before a tensor that see a part of an input, or nobody knows what."""
        waiting, known = [tensor.path], {tensor.path}
        while waiting:
            row = self.row_of.get(waiting.pop())
            if row is None:
                continue
            if any(field.moving or field.certainty == "unknown" for field in fields_seen(row, "").values()):
                yield row
                continue
            waiting += [path for path in row.inputs if path not in known]
            known.update(row.inputs)

    @cached_property
    def row_of(self) -> dict[str, NodeRow]:
        """Rows by path."""
        return {row.path: row for row in self.rows}


def _seen(
    output: str, source: str, found: Sequence[ReceptiveField] | None, *, is_global: bool
) -> OutputField:
    """The largest of some fields, as large as the coverage is small; None if one of them is unknown."""
    from archcost.results.comparison import OutputField  # noqa: PLC0415 - `analyze` makes none

    bounds = found is not None and any(field.upper_bound for field in found)
    nominal = found is not None and any(field.certainty == "nominal" for field in found)
    return OutputField(
        output=output,
        input=source,
        certainty="unknown" if found is None else "nominal" if nominal else "at_most" if bounds else "exact",
        size=None if found is None else tuple(map(max, zip(*(field.size for field in found), strict=True))),
        coverage=None if found is None else min(field.coverage for field in found),
        upper_bound=bounds,
        is_global=is_global,
    )


def fields_seen(row: NodeRow, only: str) -> Mapping[str, SeenField]:
    """The fields of a node by input; `only` is the name of the network's only one."""
    if row.receptive_fields is not None:
        return row.receptive_fields
    return {only: row.receptive_field} if row.receptive_field else {}
