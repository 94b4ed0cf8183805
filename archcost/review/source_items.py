"""What of a network its author wrote: the items that a node comes from, and the variables in them.

Two expanded layers may differ though nobody touched their lines: a variable has another value, or a tensor
arrives with other channels. Whoever looks for the cause of a difference therefore needs the text. It is read
again from the lines that the places of nodes carry.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import ArchcostError, ExpressionError
from archcost.expressions.dollar import split_dollar
from archcost.expressions.tokens import tap_of
from archcost.limits import DEFAULT
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcost.network import Network, Node
    from archcost.source import Place, Source
    from archcost.spec.yaml_reader import Tree

VariableNames: TypeAlias = frozenset[str]

ARRIVING: VariableNames = frozenset({"in_channels", "in_length", "in_height", "in_width", "in_depth"})
"""What an expression knows about the tensor that arrives."""

_SILENT = frozenset({"name", "note", "expect", "weights"})
"""Keys of an item that change no layer."""
_NOTHING: VariableNames = frozenset()
_UNBOUNDED = DEFAULT._replace(file_bytes=2**62, depth=2**31, integer=2**4096, expression_length=2**31)
"""The text was read before, under whatever limits there were."""


@dataclass(slots=True, eq=False)
class SourceItem:
    """An item of a spec, one of its branches, or a block's definition.

    Attributes:
        place: where it begins.
        text: what it says, without the items inside it, its name and its remarks; blanks do not matter.
        parent: what it stands in; None at the top.
        names: of the variables its fields read.
        conditions: of those that decide whether and how often it is there.
        loops: of those behind each variable of a repeat.
        given: of those behind each argument of a call, or each default of a block.
        is_block: whether it defines a block.
    """

    place: Place
    text: str
    parent: SourceItem | None
    names: VariableNames = _NOTHING
    conditions: VariableNames = _NOTHING
    loops: dict[str, VariableNames] = field(default_factory=dict[str, VariableNames])
    given: dict[str, VariableNames] = field(default_factory=dict[str, VariableNames])
    is_block: bool = False


class SourceText:
    """The text of a network."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._items: dict[int, dict[tuple[int, int], SourceItem]] = {}
        self._roots: dict[int, Tree] = {}
        self._chains: dict[object, tuple[SourceItem, ...]] = {}

    def chain(self, node: Node) -> tuple[SourceItem, ...]:
        """The items a node comes from: its own, then what that stands in, through the calls of blocks."""
        key = (id(node.place.source), node.place.line, node.place.column, id(node.uses))
        if key not in self._chains:
            self._chains[key] = tuple(self._climb([node.place, *(place for _, place in node.uses)]))
        return self._chains[key]

    def _climb(self, places: Iterable[Place]) -> Iterator[SourceItem]:
        for place in places:
            item = self._of(place.source).get((place.line, place.column))
            while item is not None:
                yield item
                item = item.parent

    def own(self, node: Node) -> str:
        """What the item of a node says; empty if its text cannot be found."""
        chain = self.chain(node)
        return chain[0].text if chain else ""

    @cached_property
    def texts(self) -> Counter[str]:
        """How often each text occurs among the items that nodes come from, each item counted once."""
        found = {id(item): item for node in self._network for item in self.chain(node)}
        for source in list(self._items.values()):
            found |= {id(item): item for item in source.values()}
        return Counter(item.text for item in found.values())

    def behind(self, node: Node) -> VariableNames:
        """The variables that a node's fields come from, and what they know of the tensors that arrive."""
        chain = self.chain(node)
        return _followed(chain, chain[0].names if chain else _NOTHING, conditions=False)

    def deciding(self, node: Node) -> VariableNames:
        """The variables that decide whether a node is there, and likewise."""
        return _followed(self.chain(node), _NOTHING, conditions=True)

    @cached_property
    def inputs(self) -> VariableNames:
        """The variables in `input:`."""
        tree = self._root.get("input") if self._root else None
        return _names(tree) if tree else _NOTHING

    @cached_property
    def variables(self) -> dict[str, VariableNames]:
        """The variables that each variable is computed from, under the variant that was chosen."""
        if self._root is None:
            return {}
        variants = self._root.get("variants")
        chosen = variants.get(self._network.variant or "") if isinstance(variants, MappingNode) else None
        found: dict[str, VariableNames] = {}
        for tree in (self._root.get("vars"), chosen):
            if isinstance(tree, MappingNode):
                found |= {entry.key.text: _names(entry.value) for entry in tree.entries}
        return found

    @cached_property
    def _root(self) -> MappingNode | None:
        """The spec itself, if a node comes from it."""
        for node in self._network:
            places = (node.place, *(place for _, place in node.uses))
            self._of(places[-1].source)
            root = self._roots.get(id(places[-1].source))
            if isinstance(root, MappingNode) and root.get("layers") is not None:
                return root
        return None

    def _of(self, source: Source) -> dict[tuple[int, int], SourceItem]:
        if id(source) not in self._items:
            found = self._items[id(source)] = dict[tuple[int, int], SourceItem]()
            try:
                root = read("\n".join(source.lines), source.name, _UNBOUNDED, source.origin)
            except ArchcostError:
                return found
            self._roots[id(source)] = root
            if isinstance(root, MappingNode):
                _collect(root, found)
        return self._items[id(source)]


def _followed(chain: Iterable[SourceItem], names: VariableNames, *, conditions: bool) -> VariableNames:
    """Names at the innermost item in terms of what the outermost one knows."""
    block: SourceItem | None = None
    for item in chain:
        if item.is_block:
            block = item
            continue
        if block is not None:  # its call: arguments, else defaults, stand for the parameters
            names = _replaced(names, block.given | {k: v for k, v in item.given.items() if k in block.given})
            block = None
        names = _replaced(names | item.conditions if conditions else names, item.loops)
    return names


def _replaced(names: VariableNames, given: dict[str, VariableNames]) -> VariableNames:
    """The names with what stands behind them; a default may be computed from parameters before it."""
    for _ in given:
        if not any(name in given for name in names):
            break
        names = _NOTHING.union(*(given.get(name, {name}) for name in names))
    return names


# -- reading ----------------------------------------------------------------------------------------------


def _collect(root: MappingNode, found: dict[tuple[int, int], SourceItem]) -> None:
    """All items of a spec, or of a file of blocks, by every place that a node may give."""
    if isinstance(layers := root.get("layers"), SequenceNode):
        _items(layers, None, found)
    if not isinstance(blocks := root.get("blocks"), MappingNode):
        return
    for entry in blocks.entries:
        if isinstance(block := entry.value, MappingNode):
            item = SourceItem(entry.key.place, f"block {entry.key.text}", None, is_block=True)
            found[item.place.line, item.place.column] = item
            if isinstance(params := block.get("params"), MappingNode):
                item.given = {one.key.text: _names(one.value) for one in params.entries}
                item.text += _text(params)
            if isinstance(body := block.get("body"), SequenceNode):
                _items(body, item, found)


def _items(items: SequenceNode, parent: SourceItem | None, found: dict[tuple[int, int], SourceItem]) -> None:
    for tree in items.items:
        item = SourceItem(tree.place, "", parent)
        found[tree.place.line, tree.place.column] = item
        if isinstance(tree, ScalarNode):
            item.text = tree.text
        elif isinstance(tree, MappingNode):
            _item(tree, item, found)


def _item(tree: MappingNode, item: SourceItem, found: dict[tuple[int, int], SourceItem]) -> None:
    """Fill in an item, and go on with what stands in it."""
    texts: list[str] = []
    for key, value in tree.entries:
        for part in (key, value):
            found.setdefault((part.place.line, part.place.column), item)
        if key.text in _SILENT:
            continue
        texts.append(key.text)
        if key.text in ("body", "residual", "shortcut", "branches"):
            _inside(value, item, found)
            texts[-1] += " " + _outline(value)
            continue
        texts[-1] += _text(value)
        _take(key.text, value, item)
    item.text = ", ".join(sorted(texts))


def _take(key: str, value: Tree, item: SourceItem) -> None:
    """Note which variables an entry reads, and what for."""
    names = _names(value)
    if key == "when":
        item.conditions |= names
    elif key == "repeat":
        rows = value.items if isinstance(value, SequenceNode) else [value]
        columns = [entry for row in rows if isinstance(row, MappingNode) for entry in row.entries]
        item.conditions |= names
        for entry in columns:
            item.loops[entry.key.text] = item.loops.get(entry.key.text, _NOTHING) | _names(entry.value)
    else:
        item.names |= names
        if isinstance(value, MappingNode):
            item.given |= {entry.key.text: _names(entry.value) for entry in value.entries}


def _inside(value: Tree, item: SourceItem, found: dict[tuple[int, int], SourceItem]) -> None:
    """The items of a body, of a shortcut or of branches."""
    if isinstance(value, SequenceNode):
        _items(value, item, found)
    elif isinstance(value, MappingNode) and isinstance(body := value.get("body"), SequenceNode):
        inner = SourceItem(value.place, _outline(value), item)
        if when := value.get("when"):
            inner.conditions = _names(when)
        _items(body, inner, found)
    elif isinstance(value, MappingNode):
        for entry in value.entries:
            _inside(entry.value, SourceItem(entry.key.place, "", item), found)


def _outline(value: Tree) -> str:
    """Branches without their items."""
    if not isinstance(value, MappingNode):
        return ""
    inner = (_text(when) for entry in value.entries if (when := _when(entry.value)))
    return _text(when) if (when := value.get("when")) else " ".join(inner)


def _when(branch: Tree) -> Tree | None:
    return branch.get("when") if isinstance(branch, MappingNode) else None


def _text(tree: Tree) -> str:
    """What a value says, whatever the order of its keys."""
    if isinstance(tree, ScalarNode):
        return f" {tree.value!r}"
    if isinstance(tree, SequenceNode):
        return " [" + ",".join(map(_text, tree.items)) + "]"
    return " {" + ",".join(sorted(f"{entry.key.text}:{_text(entry.value)}" for entry in tree.entries)) + "}"


def _names(tree: Tree) -> VariableNames:
    """The variables in a value; a tap whose size is taken counts as what arrives."""
    if isinstance(tree, ScalarNode):
        try:
            expression = split_dollar(tree.text, _UNBOUNDED) if tree.plain or tree.text[:1] == "$" else None
        except ExpressionError:
            return _NOTHING
        names = expression.names if expression else _NOTHING
        return names.union(*(ARRIVING for name in names if tap_of(name)))
    if isinstance(tree, SequenceNode):
        return _NOTHING.union(*map(_names, tree.items))
    sized = ARRIVING if tree.get("like") else _NOTHING
    return sized.union(*(_names(entry.value) for entry in tree.entries))
