"""The rows of a report as people read them: a tree by path, equal neighbours in one line, cut at a depth.

Everything here is linear in the number of nodes, and nothing recurses, however deep paths go.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from archcost.results.record import Record
from archcost.results.report import NodeRow, amounts, field_text
from archcost.words.paths import beginnings

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from archcost.results.report import GroupRow, Report

FITS = 40
"""Lines a table may have before its default depth gets smaller: what a screen shows at once."""

_FEW = 3
"""Nodes of a closed group whose kinds are named one by one."""


@dataclass(slots=True, eq=False)
class _Item:
    """A node, or a group with what is in it. `times` equal neighbours stand in one item.

    `path` and `last` are those of the item as it was planted, `reads` what it reads from outside.
    """

    name: str
    row: NodeRow | GroupRow
    children: list[_Item] = field(default_factory=list["_Item"])
    times: int = 1
    signature: int = 0
    path: str = ""
    reads: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Where it was planted stays known when it takes the row of its only part."""
        self.path = self.row.path


class TableRow(Record):
    """One line of a table. Its counts are sums over all the equal items it stands for.

    Attributes:
        name: the last segment of the path, or several joined; `0…2` for equal neighbours.
        path: the whole path; with `0…2` in it, if it stands for equal neighbours.
        level: how far inside, from 0.
        times: how many equal items the line stands for, because of itself or of what it is inside of.
        closed: False if its parts follow as lines of their own.
        kind: of a node; of a closed group its few kinds or their number; empty for an open one.
        node: the node, if the line stands for one (or for several equal ones: the last).
        last: the node that ends it: what leaves it leaves the group.
        counts: by name.
    """

    name: str
    path: str
    level: int
    times: int
    closed: bool
    kind: str
    node: NodeRow | None
    last: NodeRow
    counts: dict[str, int]


def lines(report: Report, depth: int | None = None) -> list[TableRow]:
    """The report as a tree, `depth` levels of it; by default as many as fit on a screen, but at least one."""
    roots = _fold(_plant(report))
    return list(_walk(roots, _fitting(roots) if depth is None else depth))


def leaves(report: Report, depth: int | None = None) -> list[TableRow]:
    """Every node, or group that is cut off at `depth`, in a line of its own with its whole path."""
    everything = len(report.nodes) + 1
    return [line for line in _walk(_plant(report), depth or everything) if line.closed]


def height(report: Report) -> int:
    """Levels of the whole tree."""
    return len(_widths(_fold(_plant(report))))


def _plant(report: Report) -> list[_Item]:
    """Nodes and groups as a tree, in written order."""
    rows = {row.path: row for row in report.groups}
    children: dict[str, list[_Item]] = {"": []}
    for row in report.nodes:
        parent, _, name = row.path.rpartition(".")
        for group in beginnings(parent, children):
            around, _, own = group.rpartition(".")
            item = _Item(own, rows[group])
            children[around].append(item)
            children[group] = item.children
        children[parent].append(_Item(name, row))
    return children[""]


def _fold(roots: list[_Item]) -> list[_Item]:
    """Join groups of one part with that part, and equal neighbours with each other, from the inside out."""
    numbers: dict[Hashable, int] = {}
    texts: dict[int, str] = {}
    for item in reversed(_everything(roots)):
        item.reads = _read(item)
        item.children = _merge(item.children)
        if len(item.children) == 1 and item.children[0].times == 1:
            only = item.children[0]
            item.name, item.row, item.children = f"{item.name}.{only.name}", only.row, only.children
        item.signature = numbers.setdefault(_signature(item, texts), len(numbers))
    return _merge(roots)


def _everything(roots: list[_Item]) -> list[_Item]:
    """All items, each before what is in it."""
    found: list[_Item] = []
    waiting = roots[::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += reversed(found[-1].children)
    return found


def _signature(item: _Item, texts: dict[int, str]) -> Hashable:
    """Equal for two items that look and cost the same inside; their own names do not matter."""
    if not isinstance(item.row, NodeRow):
        return tuple((part.name, part.times, part.signature) for part in item.children)
    row = item.row
    if id(row.fields) not in texts:
        texts[id(row.fields)] = field_text(row.fields)
    return (row.kind, texts[id(row.fields)], row.output, row.convention_count, *amounts(row))


def _read(item: _Item) -> frozenset[str]:
    """The paths an item reads that are no part of it."""
    if isinstance(item.row, NodeRow):
        return frozenset(item.row.inputs)
    inside = f"{item.path}."
    return frozenset(path for part in item.children for path in part.reads if not path.startswith(inside))


def _merge(items: list[_Item]) -> list[_Item]:
    """Equal neighbours as one item: the last of them, for what leaves it leaves the run."""
    merged: list[_Item] = []
    run: list[_Item] = []
    for item in items:
        if run and not (item.signature == run[-1].signature and _continues(item, run[-1])):
            merged.append(_joined(run))
            run = []
        run.append(item)
    return [*merged, _joined(run)] if run else merged


def _continues(item: _Item, before: _Item) -> bool:
    """Whether an item reads the one before it, or sees the same: else the last does not stand for both."""
    inside = f"{before.path}."
    if any(path == before.path or path.startswith(inside) for path in item.reads):
        return True
    this, other = _last(item), _last(before)
    return (this.receptive_field, this.receptive_fields) == (other.receptive_field, other.receptive_fields)


def _joined(run: list[_Item]) -> _Item:
    first, last = run[0], run[-1]
    if first is not last:
        last.times, last.name = len(run), _range(first.name, last.name)
    return last


def _range(first: str, last: str) -> str:
    """The name of a run.

    >>> _range("1.bottleneck", "5.bottleneck"), _range("relu", "relu_2")
    ('1…5.bottleneck', 'relu…relu_2')
    """
    (start, dot, rest), (end, _, other) = first.partition("."), last.partition(".")
    return f"{start}…{end}{dot}{rest}" if rest == other else f"{first}…{last}"


def _widths(roots: list[_Item]) -> list[int]:
    """How many items each level has."""
    widths: list[int] = []
    level = roots
    while level:
        widths.append(len(level))
        level = [part for item in level for part in item.children]
    return widths


def _fitting(roots: list[_Item]) -> int:
    return max(1, sum(total <= FITS for total in accumulate(_widths(roots))))


def _walk(roots: list[_Item], depth: int) -> Iterator[TableRow]:
    """The lines of the tree from top to bottom."""
    waiting = [(item, "", 0, 1) for item in reversed(roots)]
    while waiting:
        item, prefix, level, times = waiting.pop()
        path, times = prefix + item.name, times * item.times
        open_ = bool(item.children) and level + 1 < depth
        yield _line(item, path, level, times, closed=not open_)
        if open_:
            waiting += [(part, f"{path}.", level + 1, times) for part in reversed(item.children)]


def _line(item: _Item, path: str, level: int, times: int, *, closed: bool) -> TableRow:
    return TableRow(
        name=item.name,
        path=path,
        level=level,
        times=times,
        closed=closed,
        kind=_kinds(item) if closed else "",
        node=item.row if isinstance(item.row, NodeRow) else None,
        last=_last(item),
        counts={name: count * times for name, count in _counts(item.row).items()},
    )


def _counts(row: NodeRow | GroupRow) -> dict[str, int]:
    convention = {} if row.convention_count is None else {"convention_count": row.convention_count}
    return row.counts() | convention


def _last(item: _Item) -> NodeRow:
    """The node that ends an item."""
    while not isinstance(item.row, NodeRow):
        item = item.children[-1]
    return item.row


def _kinds(item: _Item) -> str:
    """What a line stands for: a few kinds by name, or how many nodes."""
    if not isinstance(item.row, NodeRow) and item.row.nodes > _FEW:
        return f"{item.row.nodes} nodes"
    kinds = Counter[str]()
    for part in _everything([item]):
        if isinstance(part.row, NodeRow):
            kinds[part.row.kind] += part.times if part is not item else 1
    return " + ".join(kind if n == 1 else f"{n} {kind}" for kind, n in kinds.items())
