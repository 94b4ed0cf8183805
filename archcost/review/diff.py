"""What changed from one network to another, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from archcost.analysis.facts import Facts, fields_seen
from archcost.analysis.measures import MEASURES
from archcost.gc_paused import collector_paused
from archcost.layers.given import given
from archcost.network import Node
from archcost.results.difference import (
    CauseDiff,
    Change,
    Diff,
    NodeDiff,
    OutputChange,
    Renamed,
    SeenChange,
    Side,
    Together,
    Total,
    WrittenAt,
)
from archcost.results.report import COUNTS
from archcost.review.cause_text import Wording, field_changes
from archcost.review.causes import Attribution
from archcost.review.edits import Cause
from archcost.review.matching import Matching, is_called_by_kind, layer_key, word_of
from archcost.review.source_items import SourceItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.network import Input, Network
    from archcost.review.causes import NodeCounts, NodeDifference

ALWAYS = ("params", "macs")
"""Measures that are shown as soon as anything changed."""


def diff(base: Network | None, head: Network | None, *, revision: str | None = None) -> Diff:
    """What changed from `base` to `head`: totals, causes, layers.

    Every difference is head minus base, so `diff(b, a)` has the negative of each number of `diff(a, b)`.

    Args:
        base: the network as it was; None if there was none.
        head: the network as it is; None if there is none.
        revision: where the base was read, if not from the disk.

    >>> from archcost import load
    >>> found = diff(load("zoo:vgg16"), load("zoo:vgg16_bn"))
    >>> [(cause.what, cause.nodes, cause.params) for cause in found.causes]
    [('batch_norm: false → true', 13, 8448)]
    """
    with collector_paused():
        # A network without layers is a network, too, though it has no length.
        before = None if base is None else Facts.of(base)
        after = None if head is None else Facts.of(head)
        if before is None or after is None:
            return _alone(before, after, revision)
        return _Differ(before, after).diff(revision)


def between(before: Facts, after: Facts) -> Diff:
    """The same for networks that are analyzed already."""
    with collector_paused():
        return _Differ(before, after).diff(None)


def _alone(before: Facts | None, after: Facts | None, revision: str | None) -> Diff:
    """A network that only one side has."""
    return Diff(
        base=_side(before, revision) if before else None,
        head=_side(after, None) if after else None,
        status="removed" if before else "added",
        totals=tuple(_totals(before, after)),
    )


def _side(facts: Facts, revision: str | None) -> Side:
    report = facts.report
    return Side(
        path=report.path,
        revision=revision,
        name=report.name,
        variant=report.variant,
        vars=report.vars,
        inputs=report.inputs,
        outputs=report.outputs,
        nodes=len(report.nodes),
    )


def _totals(before: Facts | None, after: Facts | None) -> Iterator[Total]:
    for name, measure in MEASURES.items():
        base, head = (facts and measure.of(facts) for facts in (before, after))
        if base != head or name in ALWAYS:
            yield Total(
                measure=name, unit=measure.unit, base=base, head=head, difference=(head or 0) - (base or 0)
            )


class _Differ:
    """The difference of two networks that are both there."""

    def __init__(self, before: Facts, after: Facts) -> None:
        self._before = before
        self._after = after
        self._base = before.network
        self._head = after.network
        # Ties are broken alike in both directions, if both look at the same network first.
        turn = _is_later(self._base, self._head)
        first, second = (after, before) if turn else (before, after)
        matching = Matching(first.network, second.network)
        found = Attribution(matching, first.report.nodes, second.report.nodes)
        self._rows = [row.turned() for row in found.rows] if turn else found.rows
        self._causes = found.causes
        self._head_of = matching.base_of if turn else matching.head_of
        if turn:
            for cause in self._causes:
                cause.turn()

    def diff(self, revision: str | None) -> Diff:
        """The difference as plain values."""
        causes = self._cause_diffs()
        totals = tuple(_totals(self._before, self._after))
        found = Diff(
            base=_side(self._before, revision),
            head=_side(self._after, None),
            status="changed",
            totals=totals,
            vars=tuple(_changes(self._before.report.vars, self._after.report.vars)),
            inputs=tuple(_changes(self._before.report.inputs, self._after.report.inputs)),
            outputs=tuple(self._outputs()),
            causes=tuple(causes.values()),
            together=tuple(self._together(list(causes))),
            nodes=tuple(self._nodes(list(causes))),
            renamed=tuple(self._renamed()),
        )
        seen = found.nodes or found.inputs or found.outputs or found.renamed
        if seen or any(total.base != total.head for total in totals):
            return found
        return replace(found, status="equal", totals=())

    # -- causes ---------------------------------------------------------------------------------------------

    def _cause_diffs(self) -> dict[Cause, CauseDiff]:
        """The causes, the worst first."""
        direct: dict[Cause, list[NodeDifference]] = {cause: [] for cause in self._causes}
        rippled = Counter[Cause]()
        alone: dict[Cause, list[NodeCounts]] = {cause: [] for cause in self._causes}
        for row in self._rows:
            for cause in row.own:
                direct[cause].append(row)
            if len(row.causes) == 1:
                (cause,) = row.causes
                alone[cause].append(row.counts)
                rippled[cause] += cause not in row.own
        wording = Wording(self._base, self._head, self._rows)
        found = {
            cause: CauseDiff(
                kind=cause.kind,
                what=wording.what(cause, direct[cause]),
                base=_place(cause.base),
                head=_place(cause.head),
                nodes=len(direct[cause]),
                rippled=rippled[cause],
                **_summed(alone[cause]),
            )
            for cause in self._causes
        }
        return dict(sorted(found.items(), key=lambda item: _weight(item[1].counts())))

    def _together(self, causes: Sequence[Cause]) -> list[Together]:
        places = {cause: i for i, cause in enumerate(causes)}
        found: dict[tuple[int, ...], list[NodeCounts]] = {}
        for row in self._rows:
            if len(row.causes) > 1:
                key = tuple(sorted(places[cause] for cause in row.causes))
                found.setdefault(key, []).append(row.counts)
        rows = [Together(causes=key, nodes=len(rows), **_summed(rows)) for key, rows in found.items()]
        return sorted(rows, key=lambda row: _weight(row.counts()))

    # -- nodes ----------------------------------------------------------------------------------------------

    def _nodes(self, causes: Sequence[Cause]) -> Iterator[NodeDiff]:
        places = {cause: i for i, cause in enumerate(causes)}
        for row in self._rows:
            if node := row.head or row.base:
                yield self._node(row, node, places)

    def _node(self, row: NodeDifference, node: Node, places: Mapping[Cause, int]) -> NodeDiff:
        b, h = row.base, row.head
        reads = row.is_rewired and b and h
        return NodeDiff(
            status=row.status,
            base=b and b.path,
            head=h and h.path,
            kind=node.kind,
            **node.place.written,
            fields=tuple(_fields(b, h)),
            inputs=Change(name="inputs", base=_reads(b), head=_reads(h)) if reads else None,
            base_output=b and b.output,
            head_output=h and h.output,
            receptive_fields=tuple(self._seen(b, h)) if row.status == "changed" and b and h else (),
            changed_by=tuple(sorted(places[cause] for cause in row.own)),
            causes=tuple(sorted(places[cause] for cause in row.causes)),
            **dict(zip(COUNTS, row.counts, strict=True)),
        )

    def _seen(self, b: Node, h: Node) -> Iterator[SeenChange]:
        """The receptive fields in which a layer differs."""
        before = fields_seen(self._before.report.node(b.path), self._base.inputs[0].path)
        after = fields_seen(self._after.report.node(h.path), self._head.inputs[0].path)
        for name in dict.fromkeys((*before, *after)):
            if before.get(name) != after.get(name):
                yield SeenChange(input=name, base=before.get(name), head=after.get(name))

    # -- names ----------------------------------------------------------------------------------------------

    def _renamed(self) -> Iterator[Renamed]:
        """Paths that differ, by what they differ in."""
        found = Counter[tuple[str, str]]()
        for b in self._base:
            h = self._head_of.get(b)
            if isinstance(h, Node) and (paths := _other_paths(b, h)):
                found[paths] += 1
        for (before, after), nodes in found.items():
            numbers = _words(before) == _words(after)
            yield Renamed(base=before, head=after, nodes=nodes, renumbered=numbers)

    def _outputs(self) -> Iterator[OutputChange]:
        """Outputs with another shape or source: those that are each other, then by name, then those left."""
        left, right = dict(self._base.outputs), dict(self._head.outputs)
        pairs: list[tuple[str | None, str | None]] = []
        names: dict[Node | Input, list[str]] = {}
        for name, tensor in right.items():
            names.setdefault(tensor, []).append(name)
        for name, tensor in self._base.outputs.items():
            partner = self._head_of.get(tensor)
            same = [n for n in names.get(partner, ()) if n in right] if partner else []
            other = name if name in same else next(iter(same), None)
            if other is not None:
                if tensor.output != right[other].output:
                    pairs.append((name, other))
                del left[name], right[other]
        pairs += [(name, name) for name in left if name in right]
        rest = [name for name in left if name not in right], [name for name in right if name not in left]
        pairs += zip(*rest, strict=True) if len(rest[0]) == len(rest[1]) else []
        if len(rest[0]) != len(rest[1]):
            pairs += [*((name, None) for name in rest[0]), *((None, name) for name in rest[1])]
        return (self._output(*pair) for pair in pairs)

    def _output(self, before: str | None, after: str | None) -> OutputChange:
        b = None if before is None else self._base.outputs[before]
        h = None if after is None else self._head.outputs[after]
        return OutputChange(
            base_name=before,
            head_name=after,
            base_node=b and b.path,
            head_node=h and h.path,
            base=b and b.output,
            head=h and h.output,
        )


def _is_later(base: Network, head: Network) -> bool:
    """Whether the base comes after the head in an order of all networks; no matter which."""
    if len(base) != len(head):
        return len(base) > len(head)
    for b, h in zip(base, head, strict=True):
        is_same = b.layer == h.layer  # many layers are, and their keys cost more than this
        layers = ("", "") if is_same else (layer_key(b.layer), layer_key(h.layer))
        sides = zip((b, h), layers, strict=True)
        one, other = ((node.path, layer, node.output, _reads(node)) for node, layer in sides)
        if one != other:
            return one > other
    inputs = ([(tensor.path, tensor.output) for tensor in network.inputs] for network in (base, head))
    return next(inputs) > next(inputs)


def _place(side: SourceItem | Node | Input | None) -> WrittenAt | None:
    if isinstance(side, SourceItem | Node):
        return WrittenAt(**side.place.written)
    return None


def _summed(counted: Iterable[NodeCounts]) -> dict[str, int]:
    sums = [sum(column) for column in zip(*counted, strict=True)] or [0] * len(COUNTS)
    return dict(zip(COUNTS, sums, strict=True))


def _weight(counts: Mapping[str, int]) -> tuple[int, int, int]:
    """What the largest differences come first by."""
    return -abs(counts["macs"]), -abs(counts["params"]), -max(map(abs, counts.values()))


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(name=name, base=before.get(name), head=after.get(name))


def _fields(b: Node | None, h: Node | None) -> Iterator[Change]:
    if b and h:
        for name, before, after in field_changes(b, h) if b.layer != h.layer else ():
            yield Change(name=name, base=before, head=after)
    elif node := b or h:
        for name, value in given(node).items():
            yield Change(name=name, base=value if b else None, head=value if h else None)


def _reads(node: Node | None) -> list[str]:
    return [tensor.path for tensor in node.inputs] if node else []


def _other_paths(b: Node, h: Node) -> tuple[str, str] | None:
    """The beginnings of the paths of a node that was renamed; None if it was not.

    A node without a name of its own is called what it does: if that is something else, nobody renamed it.
    """
    paths = b.path, h.path
    if b.word != h.word and is_called_by_kind(b) and is_called_by_kind(h):
        paths = b.path.rpartition(".")[0], h.path.rpartition(".")[0]
    return None if paths[0] == paths[1] else _beginnings(*paths)


def _beginnings(before: str, after: str) -> tuple[str, str]:
    """Two paths without what they have in common at the end.

    >>> _beginnings("stage.0.conv", "trunk.0.conv"), _beginnings("conv", "stem.conv")
    (('stage', 'trunk'), ('conv', 'stem.conv'))
    """
    left, right = before.split("."), after.split(".")
    while len(left) > 1 and len(right) > 1 and left[-1] == right[-1]:
        left.pop()
        right.pop()
    return ".".join(left), ".".join(right)


def _words(path: str) -> list[str]:
    """The segments of a path without numbers.

    >>> _words("stage.3.conv_2") == _words("stage.12.conv")
    True
    """
    return [word_of(segment) for segment in path.split(".")]
