"""Which node of one network is which of another.

Both networks are trees by their paths, and are matched level by level, from the top: items that the author
named are each other by name, wherever they stand between their siblings. The rest keeps its order: first what
is equal inside (names and numbers do not matter, so an inserted layer shifts nothing), then what is most
alike. What is left over on both sides and reads the same was moved.

An example, layers with their out_channels:

    base:  conv 4    conv_2 8               stem (relu, gelu)
    head:  conv 4    conv_2 6    conv_3 8   stem (relu, batch_norm, gelu)

`stem` is `stem` by its name, and its parts are the next level. Of the convolutions, whose names are only
counted, the equal ones are each other: `conv_2` became `conv_3`, and what is called `conv_2` now was added.
In `stem` the same finds that `batch_norm` was.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcost.layers.given import fields_of
from archcost.network import Node
from archcost.results.report import field_text
from archcost.review.alignment import ascending, best, common
from archcost.review.source_items import SourceText
from archcost.words.paths import beginnings

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from archcost.layers.base import Kind
    from archcost.network import Input, Network
    from archcost.review.alignment import Pair

SMALL = 1600
"""Pairs of items up to which every pair is looked at. Beyond, only equal words are."""

_NUMBERED = re.compile(r"(.+?)_(\d+)")


def word_of(segment: str) -> str:
    """A segment of a path without the number that tells it from its siblings; empty for an iteration.

    >>> word_of("conv_2"), word_of("conv"), word_of("3")
    ('conv', 'conv', '')
    """
    found = _NUMBERED.fullmatch(segment)
    return "" if segment.isdigit() else found[1] if found else segment


def is_called_by_kind(node: Node) -> bool:
    """Whether a node has no name of its own: that of its kind, and perhaps a number."""
    return word_of(node.path.rpartition(".")[2]) == node.word.rpartition("/")[2]


@dataclass(slots=True, eq=False)
class _TreeItem:
    """A node, or a group with what is in it.

    Attributes:
        name: the last segment of its path.
        node: the node; None for a group.
        children: of a group, in written order.
        signature: equal for items that are equal inside.
        readers: how many inputs and outputs read the node; 0 for a group.
        size: how many nodes it holds.
        leaves: how often it holds a layer, by the layer's signature; of small groups only.
        text: what its network's author wrote.
    """

    name: str
    node: Node | None = None
    children: list[_TreeItem] = field(default_factory=list["_TreeItem"])
    signature: int = 0
    readers: int = 0
    size: int = 1
    leaves: Counter[int] = field(default_factory=Counter[int])
    text: SourceText | None = None

    @property
    def word(self) -> str:
        """Its name without the number that tells it from its siblings."""
        return word_of(self.name)


class Matching:
    """Nodes and inputs of two networks that are each other.

    Attributes:
        base: the one network.
        head: the other.
        base_text: what the author of the one wrote.
        head_text: what the author of the other did.
        head_of: the partner of a node or input of the base.
        base_of: the partner of a node or input of the head.
    """

    def __init__(self, base: Network, head: Network) -> None:
        self.base = base
        self.head = head
        self.base_text = SourceText(base)
        self.head_text = SourceText(head)
        self.head_of: dict[Node | Input, Node | Input] = {}
        self.base_of: dict[Node | Input, Node | Input] = {}
        self._known = _Signatures()
        self._match_inputs()
        self._match_levels()
        self._match_moved()

    def _pair(self, b: Node | Input, h: Node | Input) -> None:
        self.head_of[b] = h
        self.base_of[h] = b

    @property
    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """The nodes that are each other, in the written order of the head."""
        for h in self.head:
            b = self.base_of.get(h)
            if isinstance(b, Node):
                yield b, h

    def removed(self) -> Iterator[Node]:
        """The nodes that only the base has."""
        return (node for node in self.base if node not in self.head_of)

    def added(self) -> Iterator[Node]:
        """The nodes that only the head has."""
        return (node for node in self.head if node not in self.base_of)

    # -- inputs ---------------------------------------------------------------------------------------------

    def _match_inputs(self) -> None:
        """By name; those that are left by their order, if both have as many."""
        names = {tensor.path: tensor for tensor in self.head.inputs}
        for tensor in self.base.inputs:
            if tensor.path in names:
                self._pair(tensor, names[tensor.path])
        left = [tensor for tensor in self.base.inputs if tensor not in self.head_of]
        right = [tensor for tensor in self.head.inputs if tensor not in self.base_of]
        if len(left) == len(right):
            for b, h in zip(left, right, strict=True):
                self._pair(b, h)

    # -- level by level -------------------------------------------------------------------------------------

    def _match_levels(self) -> None:
        known = self._known
        trees = ((self.base, self.base_text), (self.head, self.head_text))
        left, right = (_plant(network, known, text) for network, text in trees)
        waiting = [(left, right)]
        while waiting:
            left, right = waiting.pop()
            for b, h in _align(left, right):
                if b.node and h.node:
                    self._pair(b.node, h.node)
                else:
                    waiting.append((b.children, h.children))

    # -- what was moved -------------------------------------------------------------------------------------

    def _match_moved(self) -> None:
        """Pair what is left over on both sides, is the same layer and reads the same."""
        known = self._known
        left: dict[Hashable, list[Node]] = defaultdict(list)
        for b in self.removed():
            left[known.of(b), b.inputs].append(b)
        if not left:
            return
        for h in list(self.added()):
            reads = tuple(self._origin(tensor) for tensor in h.inputs)
            found = [b for b in left.get((known.of(h), reads), ()) if b not in self.head_of]
            if not found and len(reads) == 1:
                found = [b for b in self._behind(reads[0]) if known.of(b) == known.of(h)]
            if found:
                self._pair(found[0], h)

    def _origin(self, tensor: Node | Input) -> Node | Input | None:
        """The partner of a tensor of the head, or of what only new layers lie between."""
        while tensor not in self.base_of:
            if not isinstance(tensor, Node) or len(tensor.inputs) != 1:
                return None
            tensor = tensor.inputs[0]
        return self.base_of[tensor]

    def _behind(self, tensor: Node | Input | None) -> Iterator[Node]:
        """The nearest few nodes behind a tensor that only the base has, so far."""
        waiting = [tensor] if tensor else []
        for one in waiting:
            for node in dict.fromkeys(reader for reader, _ in self.base.readers[one]):
                if len(waiting) < _NEAR and node not in self.head_of:
                    waiting.append(node)
                    yield node


_NEAR = 16
"""Nodes among which one that was moved is looked for."""


# -- trees ------------------------------------------------------------------------------------------------


class _Signatures:
    """Small numbers for layers and groups: equal ones are equal inside. Names and numbers are left out."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._layers: dict[int, int] = {}

    def of(self, node: Node) -> int:
        """Of a layer: its kind and its fields."""
        if id(node.layer) not in self._layers:
            self._layers[id(node.layer)] = self.number(layer_key(node.layer))
        return self._layers[id(node.layer)]

    def number(self, key: Hashable) -> int:
        """Of anything."""
        return self._numbers.setdefault(key, len(self._numbers))


def layer_key(layer: Kind) -> str:
    """The kind and every field of a layer, defaults included, in a line."""
    return f"{type(layer).__name__} {field_text(fields_of(layer))}"


def _plant(network: Network, known: _Signatures, text: SourceText) -> list[_TreeItem]:
    """The network as a tree by its paths, in written order."""
    given = Counter(network.outputs.values())
    children: dict[str, list[_TreeItem]] = {"": []}
    groups: list[_TreeItem] = []
    for node in network:
        parent, _, name = node.path.rpartition(".")
        for path in beginnings(parent, children):
            around, _, own = path.rpartition(".")
            groups.append(_TreeItem(own))
            children[around].append(groups[-1])
            children[path] = groups[-1].children
        signature = known.of(node)
        readers = len(network.readers[node]) + given[node]
        leaf = _TreeItem(name, node, [], signature, readers, 1, Counter([signature]), text)
        children[parent].append(leaf)
    for group in reversed(groups):
        group.signature = known.number(tuple(child.signature for child in group.children))
        group.size = sum(child.size for child in group.children)
        if len(group.children) <= _FEW_CHILDREN:
            for child in group.children:
                group.leaves.update(child.leaves)
    return children[""]


_FEW_CHILDREN = 64
"""Parts up to which a group is compared by what is in it."""


# -- one level --------------------------------------------------------------------------------------------


def _align(left: Sequence[_TreeItem], right: Sequence[_TreeItem]) -> list[tuple[_TreeItem, _TreeItem]]:
    """The items of one level that are each other; one that is only a cover around them is opened."""
    left, right = _opened(left, right), _opened(right, left)
    return [(left[i], right[j]) for i, j in _aligned(left, right)]


def _opened(items: Sequence[_TreeItem], others: Sequence[_TreeItem]) -> list[_TreeItem]:
    """The items, with its parts in place of a group most of which stands among the others without one."""
    names = {item.name for item in others if item.node is None}
    signatures = {item.signature for item in others}
    found: list[_TreeItem] = []
    waiting = [*reversed(items)]
    while waiting:
        item = waiting.pop()
        if item.node or item.name in names or item.signature in signatures:
            found.append(item)
            continue
        known = [
            part
            for part in item.children
            if part.signature in signatures or (part.node is None and part.name in names)
        ]
        if 2 * sum(part.size for part in known) > item.size:
            waiting += reversed(item.children)
        else:
            found.append(item)
    return found


def _aligned(left: Sequence[_TreeItem], right: Sequence[_TreeItem]) -> list[Pair]:
    """Positions of the items that are each other."""
    named = _by_name(left, right)
    done = {i for i, _ in named}, {j for _, j in named}
    pairs = list(named)
    start = (0, 0)
    for end in [*ascending(named), (len(left), len(right))]:
        rows = [i for i in range(start[0], end[0]) if i not in done[0]]
        columns = [j for j in range(start[1], end[1]) if j not in done[1]]
        found = _in_order([left[i] for i in rows], [right[j] for j in columns])
        pairs += [(rows[i], columns[j]) for i, j in found]
        start = (end[0] + 1, end[1] + 1)
    return pairs


def _by_name(left: Sequence[_TreeItem], right: Sequence[_TreeItem]) -> list[Pair]:
    """Items with equal names that their author gave them."""
    several = _several(left) | _several(right)
    places = {(item.node is None, item.name): j for j, item in enumerate(right)}
    keys = [(item.node is None, item.name) for item in left]
    return [
        (i, places[key])
        for i, (item, key) in enumerate(zip(left, keys, strict=True))
        if key in places and _is_named(item, several) and _is_named(right[places[key]], several)
    ]


def _several(items: Sequence[_TreeItem]) -> set[str]:
    """Words that more than one of some siblings has."""
    return {word for word, times in Counter(item.word for item in items).items() if times > 1}


def _is_named(item: _TreeItem, several: set[str]) -> bool:
    """Whether the name stays when a sibling is added: no number, and of a layer not its kind."""
    if item.node is None:
        return bool(item.word) and item.word not in several
    return not is_called_by_kind(item.node)


def _in_order(left: Sequence[_TreeItem], right: Sequence[_TreeItem]) -> list[Pair]:
    """Items without names of their own: what is equal, then in between what is most alike."""
    return _refined(left, right, _STEPS)


_STEPS: tuple[Callable[[_TreeItem], Hashable], ...] = (
    lambda item: (item.signature, item.readers),
    lambda item: item.signature,
    lambda item: (item.node is None, item.word),
)
"""What makes two items of a level each other, one after the other: always less."""


def _refined(
    left: Sequence[_TreeItem], right: Sequence[_TreeItem], steps: Sequence[Callable[[_TreeItem], Hashable]]
) -> list[Pair]:
    """Pairs by the first of the steps, between these by the others; of few items, the best pairs at once."""
    if not (left and right and steps):
        return []
    if len(steps) < len(_STEPS) and len(left) * len(right) <= SMALL:
        return best(len(left), len(right), lambda i, j: _likeness(left[i], right[j]))
    found = common([*map(steps[0], left)], [*map(steps[0], right)])
    pairs = list(found)
    i = j = 0
    for row, column in [*found, (len(left), len(right))]:
        inner = _refined(left[i:row], right[j:column], steps[1:])
        pairs += [(i + a, j + b) for a, b in inner]
        i, j = row + 1, column + 1
    return pairs


_SAME = 1000
"""How much alike two things are that are equal inside."""


def _likeness(a: _TreeItem, b: _TreeItem) -> int:
    """How much two items are alike: 0 if they cannot be each other, 1 if one may have replaced the other."""
    if (a.node is None) != (b.node is None):
        return 0
    alike = _shared(a, b) if a.node is None or b.node is None else _equal_fields(a.node, b.node)
    return alike + 2 * _says_the_same(a, b) + (a.name == b.name) if alike else 0


def _says_the_same(a: _TreeItem, b: _TreeItem) -> bool:
    """Whether two layers are written alike, though they may have become different ones."""
    if not (a.node and b.node and a.text and b.text) or a.signature == b.signature:
        return False
    return a.text.own(a.node) == b.text.own(b.node)


def _shared(a: _TreeItem, b: _TreeItem) -> int:
    """The share of layers that two groups have in common; those that are called alike have some."""
    if a.signature == b.signature:
        return _SAME
    most = max(a.leaves.total(), b.leaves.total())
    share = _SAME * (a.leaves & b.leaves).total() // most if most else 0
    return max(share // 2, _SAME // 4 if a.word == b.word else 0) if share < _SAME // 2 else share


def _equal_fields(a: Node, b: Node) -> int:
    """The share of fields in which two layers of a kind agree."""
    one, other = type(a.layer), type(b.layer)
    if one is not other:
        return int(one.__module__ == other.__module__ and len(a.inputs) == len(b.inputs))
    if a.layer == b.layer:
        return _SAME
    names = one.model_fields
    equal = sum(getattr(a.layer, name) == getattr(b.layer, name) for name in names)
    return _SAME // 2 + _SAME // 2 * equal // (len(names) + 1)
