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

from collections import Counter
from dataclasses import dataclass, replace
from operator import sub
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from archcost.errors import LayerError
from archcost.network import Input, Node
from archcost.results.report import amounts
from archcost.review.edits import NO_CAUSES, Edits, union
from archcost.windows.window import size

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from archcost.layers.base import Kind
    from archcost.results.difference import Status
    from archcost.results.report import Counts
    from archcost.review.edits import CauseSet
    from archcost.review.matching import Matching
    from archcost.windows.window import Shape

NodeCounts: TypeAlias = tuple[int, ...]
"""The counts of a node, in the order of `COUNTS`."""


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
        self._edits = Edits(matching)
        sides = zip((*matching.base, *matching.head), (*base, *head), strict=True)
        self._counts: dict[Node, NodeCounts] = {node: amounts(row) for node, row in sides}
        self._blame: dict[Node | Input, tuple[CauseSet, ...]] = {}
        self._lone: dict[Node | Input, CauseSet] = {}
        self._sources: dict[Node, frozenset[Node | Input]] = {}
        self._costs: dict[tuple[int, tuple[Shape, ...]], Hashable] = {}
        self.rows: list[NodeDifference] = []
        self._attribute_inputs()
        for b, h in self._in_order():
            if b and h:
                self._attribute_pair(b, h)
            elif node := b or h:
                self._attribute_lone(node)
        used = dict.fromkeys(cause for row in self.rows for cause in (*row.own, *row.causes))
        self.causes = [cause for cause in self._edits.causes if cause in used]

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
                self._lone[tensor] = self._edits.input(tensor, None)
                self._blame[tensor] = (self._lone[tensor],) * len(tensor.output)
            elif tensor in self._matching.head_of and tensor.output != other.output:
                causes = self._edits.input(tensor, other)
                self._blame[tensor] = self._blame[other] = (causes,) * max(
                    len(tensor.output), len(other.output)
                )

    # -- nodes that only one side has -----------------------------------------------------------------------

    def _attribute_lone(self, node: Node) -> None:
        """A node that was added or removed."""
        is_new = self._matching.head.by_path.get(node.path) is node
        arriving = union(causes for tensor in node.inputs for causes in self._blame.get(tensor, ()))
        own = self._edits.lone(node, arriving, is_new=is_new)
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
        arriving = union(self._at(tensor, axis) for tensor in node.inputs)
        inputs = [tensor.output for tensor in node.inputs]
        if inputs and all(len(x) == len(node.output) and x[axis] == node.output[axis] for x in inputs):
            return arriving
        others = [self._partner(tensor) for tensor in node.inputs]
        shapes = tuple(other.output for other in others if other)
        if len(shapes) == len(inputs):
            output = _inferred(node.layer, shapes)
            if output and len(output) == len(node.output) and output[axis] == node.output[axis]:
                return own
        return union((own, arriving))

    def _at(self, tensor: Node | Input, axis: int) -> CauseSet:
        """What is to blame for the size of a tensor along an axis, if that has changed."""
        blame = self._blame.get(tensor, ())
        return blame[axis] if axis < len(blame) else union(blame)

    # -- nodes that both sides have -------------------------------------------------------------------------

    def _attribute_pair(self, b: Node, h: Node) -> None:
        is_rewired = self._is_rewired(b, h)
        arriving = self._arriving(b, h, partners_only=is_rewired)
        is_rewired = is_rewired or NO_CAUSES in arriving.values()
        everything = union(arriving.values())
        # Of nodes that share their weights, the first has their parameters.
        base, head = self._matching.base, self._matching.head
        pays = (base.first_user(b) is b) == (head.first_user(h) is h)
        own = NO_CAUSES
        if is_rewired or not pays or b.layer != h.layer:
            own = self._edits.changed(b, h, is_rewired=is_rewired, ripples=bool(everything))
        self._blame_pair(b, h, own, arriving)
        counts = tuple(map(sub, self._counts[h], self._counts[b]))
        if not (own or any(counts) or b.output != h.output or b.layer != h.layer):
            return
        causes = self._reaching(b, h, own, everything) if own and pays else union((own, everything))
        status: Status = "changed" if own else "rippled"
        self.rows.append(NodeDifference(b, h, status, is_rewired, own, causes, counts))

    def _arriving(self, b: Node, h: Node, *, partners_only: bool) -> dict[int | None, CauseSet]:
        """Who changed the sizes that arrive, by axis; None for all axes. No causes: it reads another."""
        found: dict[int | None, CauseSet] = {}
        for x, y in self._side_by_side(b, h):
            if not partners_only or (x and y and self._matching.head_of.get(x) is y):
                for axis, causes in self._resized(x, y):
                    met = causes or union(self._lone.get(t, NO_CAUSES) for t in (x, y) if t)
                    found[axis] = union((found.get(axis, NO_CAUSES), met)) if met else NO_CAUSES
        return found

    def _resized(
        self, x: Node | Input | None, y: Node | Input | None
    ) -> Iterator[tuple[int | None, CauseSet]]:
        """The axes along which one side's tensor has another size than the other's, and who changed that."""
        if x is None or y is None:
            yield None, NO_CAUSES
        elif len(x.output) != len(y.output):
            yield None, union((*self._blame.get(x, ()), *self._blame.get(y, ())))
        else:
            for axis, (before, after) in enumerate(zip(x.output, y.output, strict=True)):
                if before != after:
                    yield axis, union((self._at(x, axis), self._at(y, axis)))

    def _side_by_side(self, b: Node, h: Node) -> Iterator[tuple[Node | Input | None, Node | Input | None]]:
        """What a node reads on both sides: in turn, or if it reads more than before, partners."""
        if len(b.inputs) == len(h.inputs):
            yield from zip(b.inputs, h.inputs, strict=True)
            return
        left, met = Counter(h.inputs), Counter[Node | Input]()
        for x in b.inputs:
            y = self._matching.head_of.get(x)
            if y and met[y] < left[y]:
                met[y] += 1
                yield x, y
            else:
                yield x, None
        for y in h.inputs:
            if met[y]:
                met[y] -= 1
            else:
                yield None, y

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
        everything = union(arriving.values())
        crossed = _inferred(h.layer, b.shapes), _inferred(b.layer, h.shapes)
        blame: list[CauseSet] = []
        for axis in range(max(len(b.output), len(h.output))):
            at = union((arriving.get(axis, NO_CAUSES), arriving.get(None, NO_CAUSES))) or everything
            before, after, first, second = (
                shape[axis] if shape and axis < len(shape) else 0 for shape in (b.output, h.output, *crossed)
            )
            if before == after:
                blame.append(NO_CAUSES)
            elif own and at and first and second:
                blame.append(_deciding(own, at, (before, after), (first, second)))
            else:
                blame.append(union((own, at)))
        self._blame[b] = self._blame[h] = tuple(blame)

    def _reaching(self, b: Node, h: Node, own: CauseSet, arriving: CauseSet) -> CauseSet:
        """Of the layer's own causes and those of what arrives, the ones that its counts depend on."""
        if not arriving:
            return own
        try:
            crossed = self._cost(h.layer, b.shapes), self._cost(b.layer, h.shapes)
        except LayerError:
            return union((own, arriving))
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
    found = NO_CAUSES
    if crossed != sides:
        found |= own
    if crossed != sides[::-1]:
        found |= arriving
    return union((found,))


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
        LayerError: they do not fit. That comes first: a layer need not answer anything else about them.
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
