"""Why two networks differ: every difference of every node, booked under what caused it.

A cause is what the author changed: an item of the spec, the value of a variable, the shape of an input. What
a node's counts changed by is booked whole, under the set of causes that reach it:

*   its own, if it is there on one side only, has other fields or reads other nodes, and
*   if its counts depend on them, those of every size that arrives changed: what changed the tensor it reads,
    axis by axis, on the way from the nearest layer that sets that size.

Most sets hold one cause. What several do together is booked under all of them at once, since it is no sum of
what each would do alone. So the parts add up to the whole exactly, and from head to base every one of them
is the negative of what it is from base to head.

An example, in which the author changed two layers:

    layer            base             head             booked under
    conv             gives 4 × 8 × 8  gives 6 × 8 × 8  conv: other out_channels
    max_pool         gives 4 × 8 × 8  gives 6 × 4 × 4  conv and max_pool: its stride, on the channels of conv
    conv_2           gives 8 × 8 × 8  gives 8 × 4 × 4  conv and max_pool: it reads what both changed
    global_avg_pool  gives 8          gives 8          max_pool: the channels are those that conv_2 sets
    linear           gives 10         gives 10         nothing: it is the same, and reads the same size
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from operator import sub
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from archcost.errors import LayerError
from archcost.network import Node
from archcost.results.report import amounts
from archcost.review.source_items import ARRIVING
from archcost.windows.window import size

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from archcost.layers.base import Kind
    from archcost.network import Input, Network
    from archcost.results.difference import CauseKind, Status
    from archcost.results.report import Counts
    from archcost.review.matching import Matching
    from archcost.review.source_items import SourceItem, VariableNames
    from archcost.windows.window import Shape

CauseSet: TypeAlias = "frozenset[Cause]"
NodeCounts: TypeAlias = tuple[int, ...]
"""The counts of a node, in the order of `COUNTS`."""

NOBODY: CauseSet = frozenset()
NO_NAMES: VariableNames = frozenset()

MOST_TOGETHER = 6
"""Causes of one difference that are told apart; beyond, all of them together are one cause."""


@dataclass(slots=True, eq=False)
class Cause:
    """Something that was changed.

    Attributes:
        kind: `item` of the spec, `variable`, `input`, a `node` if no text tells more, or `many` of them.
        name: of the variable or input.
        base: the item as it was, or the node or input; None if it was not there.
        head: likewise, as it is.
    """

    kind: CauseKind
    name: str = ""
    base: SourceItem | Node | Input | None = None
    head: SourceItem | Node | Input | None = None

    def turn(self) -> None:
        """Make it what it is from head to base."""
        self.base, self.head = self.head, self.base


MANY = Cause("many")
"""More causes together than are told apart."""


@dataclass(slots=True, eq=False)
class NodeDifference:
    """A node that differs.

    Attributes:
        base: as it was; None if it was added.
        head: as it is; None if it was removed.
        status: `rippled` if only what arrives has changed.
        is_rewired: whether it reads other nodes.
        own: what changed it directly; nothing if it is `rippled`.
        causes: what its difference is booked under.
        counts: head minus base.
    """

    base: Node | None
    head: Node | None
    status: Status
    is_rewired: bool
    own: CauseSet
    causes: CauseSet
    counts: NodeCounts

    def turned(self) -> NodeDifference:
        """The same from head to base."""
        turned: dict[Status, Status] = {"added": "removed", "removed": "added"}
        status = turned.get(self.status, self.status)
        counts = tuple(-number for number in self.counts)
        return replace(self, base=self.head, head=self.base, status=status, counts=counts)


class Attribution:
    """All differences of two matched networks.

    Attributes:
        rows: every node that differs, in the order of the head; what was removed stands where it was.
        causes: every cause, in the order in which they were met.
    """

    def __init__(self, matching: Matching, base: Iterable[Counts], head: Iterable[Counts]) -> None:
        """Attribute the difference of the counts of all nodes, which are in written order."""
        self._matching = matching
        self._texts = _Texts(matching)
        self._counts: dict[Node, NodeCounts] = {}
        self._payers: set[Node] = set()
        self._blame: dict[Node | Input, tuple[CauseSet, ...]] = {}
        self._lone: dict[Node | Input, CauseSet] = {}
        self._sources: dict[Node, frozenset[Node | Input]] = {}
        self._costs: dict[tuple[int, tuple[Shape, ...]], Hashable] = {}
        self.rows: list[NodeDifference] = []
        self._count(matching.base, base)
        self._count(matching.head, head)
        self._attribute_inputs()
        for b, h in self._in_order():
            if b and h:
                self._pair(b, h)
            elif node := b or h:
                self._only(node)
        used = dict.fromkeys(cause for row in self.rows for cause in (*row.own, *row.causes))
        self.causes = [cause for cause in self._texts.causes if cause in used]

    def _count(self, network: Network, rows: Iterable[Counts]) -> None:
        """The counts of all nodes, and which of them are the first to use their weights."""
        sets: set[str] = set()
        for node, row in zip(network, rows, strict=True):
            self._counts[node] = amounts(row)
            if node.shared not in sets:
                self._payers.add(node)
            if node.shared is not None:
                sets.add(node.shared)

    def _in_order(self) -> Iterator[tuple[Node | None, Node | None]]:
        """Pairs, and single nodes without a partner. What a node reads comes first, unless it was swapped."""
        base = iter(self._matching.base)
        passed: set[Node] = set()
        for h in self._matching.head:
            b = self._matching.base_of.get(h)
            while isinstance(b, Node) and b not in passed:
                passed.add(before := next(base))
                if before not in self._matching.head_of:
                    yield before, None
            yield (b if isinstance(b, Node) else None), h
        yield from ((b, None) for b in base if b not in self._matching.head_of)

    def _partner(self, tensor: Node | Input) -> Node | Input | None:
        return self._matching.head_of.get(tensor) or self._matching.base_of.get(tensor)

    # -- inputs ---------------------------------------------------------------------------------------------

    def _attribute_inputs(self) -> None:
        for tensor in (*self._matching.base.inputs, *self._matching.head.inputs):
            other = self._partner(tensor)
            if other is None:
                self._lone[tensor] = self._texts.input(tensor, None)
                self._blame[tensor] = (self._lone[tensor],) * len(tensor.output)
            elif tensor in self._matching.head_of and tensor.output != other.output:
                causes = self._texts.input(tensor, other)
                self._blame[tensor] = self._blame[other] = (causes,) * max(
                    len(tensor.output), len(other.output)
                )

    # -- nodes that only one side has -----------------------------------------------------------------------

    def _only(self, node: Node) -> None:
        """A node that was added or removed."""
        is_new = self._matching.head.by_path.get(node.path) is node
        arriving = _union(causes for tensor in node.inputs for causes in self._blame.get(tensor, ()))
        own = self._texts.lone(node, arriving, is_new=is_new)
        self._lone[node] = own
        self._sources[node] = frozenset().union(*map(self._source, node.inputs))
        self._blame[node] = tuple(self._passed_on(node, axis, own) for axis in range(len(node.output)))
        counts = self._counts[node]
        if not is_new:
            counts = tuple(-number for number in counts)
        status: Status = "added" if is_new else "removed"
        b, h = (None, node) if is_new else (node, None)
        self.rows.append(NodeDifference(b, h, status, False, own, own, counts))  # noqa: FBT003 - nothing is rewired

    def _source(self, tensor: Node | Input) -> frozenset[Node | Input]:
        """The nearest tensors at or before one that both sides have."""
        if self._partner(tensor) is not None:
            return frozenset({tensor})
        return self._sources.get(tensor, frozenset()) if isinstance(tensor, Node) else frozenset()

    def _passed_on(self, node: Node, axis: int, own: CauseSet) -> CauseSet:
        """What is to blame for the size of a single node's output: it, and what it passes on."""
        arriving = _union(self._at(tensor, axis) for tensor in node.inputs)
        inputs = [tensor.output for tensor in node.inputs]
        if inputs and all(len(x) == len(node.output) and x[axis] == node.output[axis] for x in inputs):
            return arriving
        others = [self._partner(tensor) for tensor in node.inputs]
        shapes = tuple(other.output for other in others if other)
        if len(shapes) == len(inputs):
            output = _inferred(node.layer, shapes)
            if output and len(output) == len(node.output) and output[axis] == node.output[axis]:
                return own
        return _union((own, arriving))

    def _at(self, tensor: Node | Input, axis: int) -> CauseSet:
        """What is to blame for the size of a tensor along an axis, if that has changed."""
        blame = self._blame.get(tensor, ())
        return blame[axis] if axis < len(blame) else _union(blame)

    # -- nodes that both sides have -------------------------------------------------------------------------

    def _pair(self, b: Node, h: Node) -> None:
        is_rewired = self._is_rewired(b, h)
        arriving = self._arriving(b, h, partners_only=is_rewired)
        is_rewired = is_rewired or NOBODY in arriving.values()
        everything = _union(arriving.values())
        pays = (b in self._payers) == (h in self._payers)
        own = NOBODY
        if is_rewired or not pays or b.layer != h.layer:
            own = self._texts.changed(b, h, is_rewired=is_rewired, ripples=bool(everything))
        self._blame_pair(b, h, own, arriving)
        counts = tuple(map(sub, self._counts[h], self._counts[b]))
        if not (own or any(counts) or b.output != h.output or b.layer != h.layer):
            return
        causes = self._reaching(b, h, own, everything) if own and pays else _union((own, everything))
        status: Status = "changed" if own else "rippled"
        self.rows.append(NodeDifference(b, h, status, is_rewired, own, causes, counts))

    def _arriving(self, b: Node, h: Node, *, partners_only: bool) -> dict[int | None, CauseSet]:
        """Who changed the sizes that arrive, by axis; None for all axes. Nobody: it reads something else."""
        found: dict[int | None, CauseSet] = {}
        for x, y in self._side_by_side(b, h):
            if partners_only and not (x and y and self._matching.head_of.get(x) is y):
                continue
            if x is None or y is None:
                tensor = x or y
                changed: list[int | None] = [None]
                blame = [self._lone.get(tensor, NOBODY) if tensor else NOBODY]
            elif len(x.output) != len(y.output):
                changed = [None]
                blame = [_union((*self._blame.get(x, ()), *self._blame.get(y, ())))]
            else:
                changed = [i for i, (m, n) in enumerate(zip(x.output, y.output, strict=True)) if m != n]
                blame = [_union((self._at(x, i), self._at(y, i))) for i in changed if i is not None]
            for axis, causes in zip(changed, blame, strict=True):
                met = causes or _union(self._lone.get(t, NOBODY) for t in (x, y) if t)
                found[axis] = _union((found.get(axis, NOBODY), met)) if met else NOBODY
        return found

    def _side_by_side(self, b: Node, h: Node) -> Iterator[tuple[Node | Input | None, Node | Input | None]]:
        """What a node reads on both sides: in turn, or if it reads more than before, partners."""
        if len(b.inputs) == len(h.inputs):
            yield from zip(b.inputs, h.inputs, strict=True)
            return
        left = list(h.inputs)
        for x in b.inputs:
            y = self._matching.head_of.get(x)
            if y in left:
                left.remove(y)
                yield x, y
            else:
                yield x, None
        yield from ((None, y) for y in left)

    def _is_rewired(self, b: Node, h: Node) -> bool:
        """Whether a node reads other nodes than before, apart from those that were added or removed there."""
        before = [y for x in b.inputs if (y := self._matching.head_of.get(x))]
        after = [y for y in h.inputs if y in self._matching.base_of]
        if before == after:
            return False
        through_new = {y for one in h.inputs for y in self._source(one)}
        through_old = {self._matching.head_of[x] for one in b.inputs for x in self._source(one)}
        both = set(before) & set(after)
        return (
            [y for y in before if y in both] != [y for y in after if y in both]
            or not set(before) <= through_new
            or not set(after) <= through_old
        )

    def _blame_pair(self, b: Node, h: Node, own: CauseSet, arriving: dict[int | None, CauseSet]) -> None:
        """Note who changed the sizes of a node's output."""
        if b.output == h.output:
            return
        everything = _union(arriving.values())
        axes = range(max(len(b.output), len(h.output)))
        first, second = _inferred(h.layer, b.shapes), _inferred(b.layer, h.shapes)
        blame: list[CauseSet] = []
        for axis in axes:
            at = _union((arriving.get(axis, NOBODY), arriving.get(None, NOBODY))) or everything
            sides = _along(b.output, axis), _along(h.output, axis)
            crossed = _along(first, axis), _along(second, axis)
            if sides[0] == sides[1]:
                blame.append(NOBODY)
            elif not own or not at or 0 in crossed:
                blame.append(_union((own, at)))
            else:
                blame.append(_deciding(own, at, sides, crossed))
        self._blame[b] = self._blame[h] = tuple(blame)

    def _reaching(self, b: Node, h: Node, own: CauseSet, arriving: CauseSet) -> CauseSet:
        """Of the layer's own causes and those of what arrives, the ones that its counts depend on."""
        if not arriving:
            return own
        try:
            crossed = self._cost(h.layer, b.shapes), self._cost(b.layer, h.shapes)
        except LayerError:
            return _union((own, arriving))
        sides = self._cost(b.layer, b.shapes), self._cost(h.layer, h.shapes)
        return own if sides[0] == sides[1] else _deciding(own, arriving, sides, crossed)

    def _cost(self, layer: Kind, shapes: tuple[Shape, ...]) -> Hashable:
        """What a layer would cost on other inputs: of many equal layers, reckoned once."""
        key = id(layer), shapes
        if key not in self._costs:
            self._costs[key] = _counted(layer, shapes)
        return self._costs[key]


T = TypeVar("T")


def _deciding(own: CauseSet, arriving: CauseSet, sides: tuple[T, T], crossed: tuple[T, T]) -> CauseSet:
    """Who made one value another.

    `crossed` is what comes out if only the layer is the head's, and if only what arrives is.
    """
    found = NOBODY
    if crossed != sides:
        found |= own
    if crossed != sides[::-1]:
        found |= arriving
    return _union((found,))


def _union(several: Iterable[CauseSet]) -> CauseSet:
    """All of them; beyond a few, `MANY` instead."""
    found = NOBODY.union(*several)
    return frozenset({MANY}) if len(found) > MOST_TOGETHER or MANY in found else found


def _along(shape: Shape | None, axis: int) -> int:
    """The size along an axis; 0 if there is none."""
    return shape[axis] if shape and axis < len(shape) else 0


def _inferred(layer: Kind, shapes: tuple[Shape, ...]) -> Shape | None:
    """What a layer would make of other inputs; None if they do not fit."""
    try:
        layer.check_inputs(len(shapes))
        return layer.output_shape(*shapes)
    except LayerError:
        return None


def _counted(layer: Kind, shapes: tuple[Shape, ...]) -> Hashable:
    """What a layer would cost on other inputs.

    Raises:
        LayerError: they do not fit. A layer is asked that first: it need not answer anything else about them.
    """
    layer.check_inputs(len(shapes))
    output = layer.output_shape(*shapes)
    return (
        sum(map(size, layer.weight_shapes(*shapes).values())),
        sum(map(size, layer.buffer_shapes(*shapes).values())),
        layer.formulas(*shapes, y=output).operations(),
        output,
        0 if layer.alias else sum(map(size, shapes)),
    )


# -- what the author changed ------------------------------------------------------------------------------


class _Texts:
    """The texts of both networks, and the causes that are found in them."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._base = matching.base_text
        self._head = matching.head_text
        self._known: dict[Hashable, Cause] = {}
        before, after = matching.base.variables, matching.head.variables
        self._changed = frozenset(name for name in before if name in after and before[name] != after[name])

    @property
    def causes(self) -> list[Cause]:
        """Every cause so far."""
        return [*self._known.values(), MANY]

    def input(self, tensor: Node | Input, other: Node | Input | None) -> CauseSet:
        """Of another shape of an input: the variables it is computed from, else the input itself."""
        if variables := self._variables(self._base.inputs | self._head.inputs):
            return variables
        is_base = tensor in self._matching.base.inputs
        base, head = (tensor, other) if is_base else (other, tensor)
        return self._cause((tensor,), "input", base, head, tensor.path)

    def changed(self, b: Node, h: Node, *, is_rewired: bool, ripples: bool) -> CauseSet:
        """Of a node with other fields or inputs: its text, if that is another, and the variables in it.

        Nobody, if its fields can only come from what arrives (`$(in_channels // 4)`), and that has changed.
        """
        found = self._edited(b, h)
        names = self._base.behind(b) | self._head.behind(h) if b.layer != h.layer else NO_NAMES
        if is_rewired or (not found and self._is_elsewhere(b, h)):
            names |= self._base.deciding(b) | self._head.deciding(h)
        found = _union((found, self._variables(names)))
        if found or (ripples and not is_rewired):
            return found
        before, after = self._chains(b, h)
        own = (before[0], after[0]) if before and after else (b, h)
        return self._cause(own, "node", *own)

    def lone(self, node: Node, arriving: CauseSet, *, is_new: bool) -> CauseSet:
        """Of a node without a partner: the text that is new or gone, or the condition that turned.

        If nothing is left of all that stands in a group, a branch or a called block, that is gone as a whole.
        """
        here = self._head if is_new else self._base
        chain = here.chain(node)
        whole = [line for line in chain if line not in self._kept]
        names = here.deciding(node)
        if found := self._come_or_gone(chain, whole, is_new=is_new) or self._variables(names):
            return found
        if arriving and names & ARRIVING:
            return arriving
        if whole:
            return self._single(whole, is_new=is_new)
        own = chain[0] if chain else node
        return self._cause((own, is_new), "node", *((None, own) if is_new else (own, None)))

    def _come_or_gone(
        self, chain: Iterable[SourceItem], whole: list[SourceItem], *, is_new: bool
    ) -> CauseSet:
        """The item that only one text has, or that says something else; nobody, if none has changed."""
        here, there = (self._head, self._base) if is_new else (self._base, self._head)
        if any(here.texts[line.text] > there.texts[line.text] for line in whole):
            return self._single(whole, is_new=is_new)
        for line in chain:
            other = self._partners[is_new].get(line)
            if other is None:
                if here.texts[line.text] > there.texts[line.text]:
                    return self._single([line], is_new=is_new)
                continue
            sides = (other, line) if is_new else (line, other)
            if self._is_edited(*sides):
                return self._item(*sides)
        return NOBODY

    def _single(self, lines: list[SourceItem], *, is_new: bool) -> CauseSet:
        """The outermost of some items, each in the next, that are new or gone."""
        line = lines[-1]
        is_group = len(lines) > 1 and lines[-2].parent is line
        # Of several that say the same, nobody can tell which one is new.
        key = (line, is_new) if is_group else (line.text, line.parent, is_new)
        return self._cause(key, "item", *((None, line) if is_new else (line, None)))

    def _is_elsewhere(self, b: Node, h: Node) -> bool:
        """Whether two nodes come from items that do not say the same."""
        before, after = self._chains(b, h)
        return [line.text for line in before] != [line.text for line in after]

    def _edited(self, b: Node, h: Node) -> CauseSet:
        """The innermost item around a node that says something else."""
        lines = _together(*self._chains(b, h))
        return next((self._item(x, y) for x, y in lines if self._is_edited(x, y)), NOBODY)

    def _is_edited(self, base: SourceItem, head: SourceItem) -> bool:
        """Whether the one text was made the other: if both specs have both, another item was chosen."""
        before, after = self._base.texts, self._head.texts
        return base.text != head.text and (
            before[base.text] > after[base.text] or before[head.text] < after[head.text]
        )

    def _item(self, base: SourceItem | None, head: SourceItem | None) -> CauseSet:
        return self._cause((base, head), "item", base, head)

    @cached_property
    def _kept(self) -> set[SourceItem]:
        """The items of both texts from which a node comes that both sides have."""
        chains = {id(chain): chain for b, h in self._matching.pairs for chain in self._chains(b, h)}
        return {line for chain in chains.values() for line in chain}

    def _chains(self, b: Node, h: Node) -> tuple[tuple[SourceItem, ...], tuple[SourceItem, ...]]:
        return self._base.chain(b), self._head.chain(h)

    @cached_property
    def _partners(self) -> tuple[dict[SourceItem, SourceItem], dict[SourceItem, SourceItem]]:
        """Which item of one text is which of the other, by the nodes that come from both, for both sides."""
        from_base: dict[SourceItem, SourceItem] = {}
        from_head: dict[SourceItem, SourceItem] = {}
        seen: set[tuple[int, int]] = set()
        for b, h in self._matching.pairs:
            before, after = self._chains(b, h)
            if (id(before), id(after)) in seen:
                continue
            seen.add((id(before), id(after)))
            for x, y in _together(before, after):
                from_base.setdefault(x, y)
                from_head.setdefault(y, x)
        return from_base, from_head

    def _variables(self, names: VariableNames) -> CauseSet:
        """The variables behind some names that have other values, not counting those computed from others."""
        found: set[str] = set()
        waiting = list(names & self._changed)
        for name in waiting:
            computed = self._base.variables.get(name, NO_NAMES) | self._head.variables.get(name, NO_NAMES)
            deeper = computed & self._changed - {name}
            waiting += deeper - set(waiting)
            if not deeper:
                found.add(name)
        return _union(self._cause((name,), "variable", None, None, name) for name in sorted(found))

    def _cause(
        self,
        key: tuple[Hashable, ...],
        kind: CauseKind,
        base: SourceItem | Node | Input | None,
        head: SourceItem | Node | Input | None,
        name: str = "",
    ) -> CauseSet:
        """The one cause of that key."""
        if (kind, *key) not in self._known:
            self._known[kind, *key] = Cause(kind, name, base, head)
        return frozenset({self._known[kind, *key]})


def _together(
    base: tuple[SourceItem, ...], head: tuple[SourceItem, ...]
) -> list[tuple[SourceItem, SourceItem]]:
    """The items around a node on both sides, the innermost first; just that if there are more around one."""
    alike = len(base) == len(head)
    return list(zip(base, head, strict=True)) if alike else list(zip(base[:1], head[:1], strict=False))
