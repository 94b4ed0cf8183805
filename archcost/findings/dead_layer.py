"""Rule `dead-layer` (warn, info): layers compute something that no output depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, at
from archcost.windows.window import size
from archcost.words.numbers import percent
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.network import Input, Network, Node
    from archcost.results.report import Finding

_NAMED = 3
"""Layers of one kind of part that are named one by one; of more, the first and how many."""


def _check(facts: Facts) -> Iterator[Finding]:
    network, outputs = facts.network, {*facts.network.outputs.values()}
    if any(not network.readers[node] and node not in outputs for node in network):
        alive = network.ancestors(outputs)
        costs = _Costs(facts, alive)
        for region in _regions(network, alive):
            ends = [node for node in region if not network.readers[node]]
            level = "warn" if costs.computes(region) else "info"
            if level == "info" and costs.are_free(region):
                continue
            yield at(ends[0], RULE.name, level, f"{_which(region, ends)}: {costs.of(region)}; {_ADVICE}")


def _regions(network: Network, alive: set[Node | Input]) -> Iterator[list[Node]]:
    """Dead nodes that hang together, in written order: what one forgotten line costs."""
    import networkx as nx  # noqa: PLC0415 - few networks have dead nodes

    dead = [node for node in network if node not in alive]
    regions = enumerate(nx.weakly_connected_components(network.graph.subgraph(dead)))
    region_of = {node: i for i, region in regions for node in region}
    found: dict[int, list[Node]] = {}
    for node in dead:
        found.setdefault(region_of[node], []).append(node)
    yield from found.values()


class _Costs:
    """What is spent, and of how much."""

    def __init__(self, facts: Facts, alive: set[Node | Input]) -> None:
        self._costs = facts.cost_of
        self._params = sum(cost.params for cost in facts.costs)
        self._macs = sum(cost.operations.macs for cost in facts.costs)
        self._used = {node.shared for node in facts.network if node in alive and node.shared is not None}
        """Sets of weights that live layers use as well: nothing is spent on these."""

    def computes(self, region: Sequence[Node]) -> bool:
        """Whether anything is learned or calculated in it, rather than only moved."""
        return any(any(self._costs[node].operations) or self._costs[node].params for node in region)

    def are_free(self, region: Sequence[Node]) -> bool:
        """Whether nothing is stored either: all of it names what is there, as `identity` does."""
        return all(node.layer.alias for node in region)

    def of(self, region: Sequence[Node]) -> str:
        """The cost of a region, and what share that is."""
        params = sum(self._costs[node].params for node in region if node.shared not in self._used)
        macs = sum(self._costs[node].operations.macs for node in region)
        elements = sum(size(node.output) for node in region if not node.layer.alias)
        spent = [_share(params, self._params, "parameters"), _share(macs, self._macs, "MACs")]
        words = in_a_row(filter(None, spent)) if params or macs else f"{elements:,} activations"
        return f"{words} are spent on nothing"


def _share(part: int, whole: int, what: str) -> str:
    return f"{part:,} of {whole:,} {what} ({percent(part, whole)} %)" if part else ""


def _which(region: Sequence[Node], ends: Sequence[Node]) -> str:
    """The layers that nothing reads, and those before them that only they read."""
    unread = set(ends)
    others = [node for node in region if node not in unread]
    also = f" or {_listed(ends[1:])}" if len(ends) > 1 else ""
    before = f", nor on {_listed(others)} before {'them' if also else 'it'}" if others else ""
    return f"no output depends on it{also}{before}"


def _listed(nodes: Sequence[Node]) -> str:
    if len(nodes) <= _NAMED:
        return in_a_row(node.path for node in nodes)
    return f"the {len(nodes):,} layers from {nodes[0].path} on"


_ADVICE = "merge it into what goes on (`from`), name it under `outputs`, or leave it out"


RULE = Rule(
    name="dead-layer",
    levels=("warn", "info"),
    summary="layers compute something that no output depends on",
    why="""\
What no output depends on is paid for and changes nothing. Mostly a merge was forgotten, an auxiliary head or
one output of a block was left over, or the last item, which is the output where `outputs` names none, does
not read what was meant. What hangs together is one finding, at the first of its layers that nobody reads; the
numbers are of all of them. Weights that a layer shares with one that is needed are not counted. Reading the
size alone (`like`) needs no values. What is only moved, as by a slice, is `info`, and what costs nothing at
all, as `identity` in the last round of a repeat, is not reported.

Merge it, name it under `outputs`, or leave it out.
""",
    good="""\
archcost: 1
name: merged
input: [3, 32, 32]
layers:
  - {name: deep, conv: {out_channels: 16, kernel_size: 3, padding: 1}}
  - {name: side, from: input, conv: {out_channels: 16, kernel_size: 1}}
  - {add, from: [deep, side]}
""",
    bad="""\
archcost: 1
name: forgets_to_merge
input: [3, 32, 32]
layers:
  - {name: deep, conv: {out_channels: 16, kernel_size: 3, padding: 1}}
  - {name: side, from: input, conv: {out_channels: 16, kernel_size: 1}}
  - {relu, from: deep}
""",
    check=_check,
)
