"""What fixed masks leave of the work under them: products, softmax over scores, masked convolutions.

A mask that is added makes elements so small that their softmax is 0; one that is multiplied makes them 0.
All are computed, and every count has them, as in PyTorch. What a mask leaves is known beside it where a
`constant` says so by a rule, for which nothing is run: it is the same share of whatever it is broadcast to.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.layers.constant import Constant
from archcost.layers.convolution import MaskedConv
from archcost.layers.given import fields_of
from archcost.network import Node
from archcost.passes.given_numbers import GivenNumbers
from archcost.windows.sight import Seen, Sight
from archcost.windows.window import size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.network import Input, Network
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.window import Shape

_PRODUCTS = {"matmul", "einsum"}
_MOVING = {"reshape", "identity"}
"""Kinds behind which a mask has the same elements; it is one still if its rows and columns stay."""
_ELEMENTWISE = {"scale", "layer_scale", "dropout", "drop_path", "identity", "multiply"}
"""Kinds whose results are 0 where what arrives is, unless they have a bias."""
_KEEPS_SMALL = {"add", "identity", "dropout"}
"""Kinds whose results are small where what arrives is, as scores that get a bias are; they may repeat it.

What constants add is known, and may lift it; what is learned or computed is taken to be no mask.
"""
_LAYING = {"add", "multiply", "where"}
"""Kinds by which a mask is laid over something."""
_HIDING = 100
"""How much less is added to an element whose share is 0: Swin's mask adds -100, and exp(-100) is 4e-44."""


class Left(NamedTuple):
    """What a mask leaves of a node's work.

    Attributes:
        mask: the constant; of a masked convolution the node itself.
        seen: elements of the scores, or taps of the window, that it lets through.
        elements: how many there are.
        macs: multiply-accumulates that these need; 0 of a softmax.
    """

    mask: Node
    seen: int
    elements: int
    macs: int


Tensor: TypeAlias = "Node | Input"


def masked(network: Network) -> dict[Node, Left]:
    """The products and softmaxes under a mask, and what it leaves of each, in written order.

    Of two masks over each other it is the first.
    """
    found = _followed(network)
    return {node: found.left[node] for node in network if node in found.left}


def sights(network: Network) -> dict[tuple[Node, int], Seen | None]:
    """Where a sum leaves out what a mask hides: a node, and which of its inputs it sums over.

    Of `shifted_windows` and `banded`. What a causal mask hides is not left out: the last position sees all.
    None where something is left out that is not followed, so that the node may read less than it seems to.
    """
    return _followed(network).seen


def partly_numbers(network: Network) -> frozenset[Node]:
    """The nodes of which a mask made some elements a number, 0 or a small one, so that they read nothing.

    Of masks under which no row sees everything, so that the largest field may be that of such an element. Of
    a softmax it is not: what is seen in its row has as large a one.
    """
    return frozenset(_followed(network).numbers)


def _followed(network: Network) -> _Masks:
    found = _Masks(network)
    for node in network:
        found.follow(node)
    return found


class _Masks:
    """Follows masks, scores that are hidden, and shares that are 0, each to the constant it is due to."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._outputs = set(network.outputs.values())
        self._masks: dict[Tensor, Node] = {}
        self._hidden: dict[Tensor, Node] = {}
        self._below: dict[Tensor, float] = {}
        self._given = GivenNumbers()
        self._zero: dict[Tensor, Node] = {}
        self._laid: set[Node] = set()
        self._lost: set[Tensor] = set()
        self._under_causal: set[Tensor] = set()
        self.numbers: set[Node] = set()
        self.left: dict[Node, Left] = {}
        self.seen: dict[tuple[Node, int], Seen | None] = {}

    def follow(self, node: Node) -> None:
        """Take a node up whose inputs were."""
        self._given.follow(node)
        self._follow(node)
        covering = self._covering(node)
        is_causal = covering is not None and not _hides_from_all(covering)
        if is_causal or not self._under_causal.isdisjoint(node.inputs):
            self._under_causal.add(node)
        if covering and _hides_from_all(covering) and not _is_softmax(node):
            laid = node in self._laid and (node in self._zero or node.kind == "where")
            if laid or not self.numbers.isdisjoint(node.inputs):
                self.numbers.add(node)
        if any(self._loses(node, position) for position, _ in enumerate(node.inputs)):
            self._lost.add(node)
            self.seen |= {(node, position): None for position, _ in enumerate(node.inputs)}

    def _loses(self, node: Node, position: int) -> bool:
        """Whether a node uses a mask, or what it hides, in a way that is not followed."""
        source = node.inputs[position]
        if source in self._lost or (source in self._under_causal and _drops_the_last(node, position)):
            return True
        if mask := self._masks.get(source):
            harmless = node in self._laid or node in self._masks or self._is_a_number_to(node, mask)
            # Under a second mask, the last row does not see everything either.
            return not harmless and (_hides_from_all(mask) or any(map(self._covering, node.inputs)))
        if not (mask := self._covering(source)):
            return False
        if not _hides_from_all(mask):
            # The last row still sees all, but perhaps not under a second mask over this one.
            return source in self._hidden and node.kind in _LAYING and node not in self._hidden
        if node.kind in _PRODUCTS or _is_softmax(node):
            others = [other for other in node.inputs if other is not source]
            return not self.seen.get((node, position)) or any(map(self._covering, others))
        covers = {cover for other in node.inputs if (cover := self._covering(other))}
        return self._covering(node) is not mask or len(covers) > 1

    def _covering(self, tensor: Tensor) -> Node | None:
        """The mask by which something of a tensor is hidden, or is 0."""
        return self._hidden.get(tensor) or self._zero.get(tensor)

    @staticmethod
    def _is_a_number_to(node: Node, mask: Node) -> bool:
        """Whether a mask hides nothing where it is laid, neither what is inside nor what is outside."""
        assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
        inside, outside = mask.layer.inside, mask.layer.outside
        if node.kind == "multiply":
            return inside != 0 != outside
        return node.kind == "add" and abs(inside - outside) < _HIDING

    def _follow(self, node: Node) -> None:
        if isinstance(node.layer, MaskedConv):
            of = node.formulas().values()
            self.left[node] = Left(node, of["shown"], of["kernel_size"], of["unmasked"])
        if isinstance(node.layer, Constant):
            if node.layer.seen is not None:
                self._masks[node] = node
        elif node.kind in _MOVING and (mask := self._masks.get(node.inputs[0])):
            if node.output[-2:] == mask.output[-2:]:
                self._masks[node] = mask
        elif mask := self._mask_over(node):
            self._laid.add(node)
            if _makes_zero(node):
                self._zero[node] = mask
                self._look_back(node, mask)
            else:
                self._hidden[node] = mask
                self._below[node] = self._how_far_below(node, mask)
        elif _is_softmax(node) and (mask := self._hidden.get(node.inputs[0])):
            if _leaves_something(mask, _axis(node) - len(node.output)):
                self._zero[node] = mask
                self._note(node, mask, size(node.output))
                self._look_back(node, mask)
                self._note_shares(node, mask)
        else:
            self._pass_on(node)

    def _mask_over(self, node: Node) -> Node | None:
        """The one mask that a node lays over something else."""
        if node.kind not in _LAYING or (node.kind == "where" and node.inputs[0] not in self._masks):
            return None
        masks = {mask for source in node.inputs if (mask := self._masks.get(source))}
        covered = any(source in self._hidden or source in self._zero for source in node.inputs)
        if len(masks) != 1 or covered or all(source in self._masks for source in node.inputs):
            return None
        (mask,) = masks
        same = node.output[-2:] == mask.output[-2:]
        if not same or not _hides(node, mask):
            return None
        return mask if _makes_zero(node) or self._how_far_below(node, mask) >= _HIDING else None

    def _how_far_below(self, node: Node, mask: Node) -> float:
        """How much less is what a mask hides that a node lays, whatever constants lift it."""
        assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
        if node.kind == "where":
            filled = _filled(node)
            shown = node.inputs[2] if filled is node.inputs[1] else node.inputs[1]
            return self._given.of(shown).low - (_number(filled) or 0)
        others = sum(self._given.of(source).spread for source in node.inputs if source not in self._masks)
        return mask.layer.inside - mask.layer.outside - others

    def _lift(self, node: Node, source: Tensor) -> float:
        """How much more something that is added adds to what is hidden than to what is seen."""
        if (mask := self._masks.get(source) or self._hidden.get(source)) and _only_hides(node, mask):
            return 0
        return inf if source in self._hidden else self._given.of(source).spread

    def _look_back(self, node: Node, mask: Node) -> None:
        """Products whose results nobody reads but under the mask, where they make no difference."""
        waiting = [*node.inputs]
        while waiting:
            source = waiting.pop()
            alone = len(self._network.readers[source]) == 1 and source not in self._outputs
            if not isinstance(source, Node) or not alone or not _lies_under(mask, source, node):
                continue
            if source.kind in _PRODUCTS:
                self._note(source, mask, size(source.output))
            elif source.kind in _ELEMENTWISE | _LAYING:
                waiting += source.inputs

    def _pass_on(self, node: Node) -> None:
        """What is 0 stays 0, and what is hidden stays hidden; a product with what is 0 need not be made."""
        for source in node.inputs:
            if mask := self._zero.get(source):
                if node.kind in _PRODUCTS:
                    self._note(node, mask, size(source.output))
                    self._note_product(node, node.inputs.index(source), mask)
                elif node.kind in _ELEMENTWISE and source.output == node.output and not _adds(node):
                    self._zero[node] = mask
            elif (mask := self._hidden.get(source)) and node.kind in _KEEPS_SMALL:
                others = (self._lift(node, other) for other in node.inputs if other is not source)
                below = self._below[source] - sum(others)
                if below >= _HIDING:
                    self._hidden[node], self._below[node] = mask, below

    def _note_shares(self, softmax: Node, mask: Node) -> None:
        """Shares along a row are made of what is seen in it, and along a column of what it is seen from."""
        rank = len(softmax.output)
        sight, along = _sight(mask, softmax.output), _axis(softmax)
        if sight and along in {rank - 1, rank - 2}:
            across = 2 * rank - 3 - along
            sight = sight if along > across else sight.turned()
            sets = rank - 3 if sight.windows else None
            self.seen[softmax, 0] = Seen(sight, along, across, own_rows=across, sets=sets)

    def _note_product(self, node: Node, weighing: int, mask: Node) -> None:
        """A product sums the shares of what a row sees, and of what is weighed as much; or of a column."""
        weighed = 1 - weighing
        sight = _sight(mask, node.shapes[weighing])
        one, other = (node.layer.rearrangement(i, node.shapes, node.output) for i in (weighing, weighed))
        if not (sight and one and other) or len(one.source) < 3 or node.inputs[0] is node.inputs[1]:
            return
        windows, rows, columns = one.source[-3:]
        along, across = len(one.source) - 1, len(one.source) - 2
        if rows not in one.target:
            rows, columns, along, across, sight = columns, rows, across, along, sight.turned()
        summed = [i for i, axis in enumerate(other.source) if axis and not _stay(axis, other)]
        if rows not in one.target or _stay(columns, one) or len(summed) != 1:
            return
        at = one.target.index(rows)
        own = Seen(sight, along, at, own_rows=across)
        same = Seen(sight, summed[0], at, own_rows=_axis_of(other, at))
        if sight.windows:
            sets = _axis_of(other, one.target.index(windows)) if windows in one.target else None
            if sets is None:
                return
            own, same = own._replace(sets=len(one.source) - 3), same._replace(sets=sets)
        self.seen[node, weighing], self.seen[node, weighed] = own, same

    def _note(self, node: Node, mask: Node, elements: int) -> None:
        assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
        seen = elements * (mask.layer.seen or 0) // size(mask.output)
        macs = node.formulas().operations().macs * seen // elements
        self.left.setdefault(node, Left(mask, seen, elements, macs))


def _hides(node: Node, mask: Node) -> bool:
    """Whether what a mask does not let through is so small that its share is 0, or is 0 itself."""
    assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
    inside, outside = mask.layer.inside, mask.layer.outside
    if node.kind == "add":
        return inside - outside >= _HIDING
    if node.kind == "multiply":
        return outside == 0
    filled = _filled(node)
    is_chosen_by = outside == 0 != inside if filled is node.inputs[2] else inside == 0 != outside
    return is_chosen_by and filled is not None


def _lies_under(mask: Node, source: Node, node: Node) -> bool:
    """Whether a mask over a node hides the same of what is repeated for it: all but windows look alike."""
    assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
    alike = 3 if mask.layer.values == "shifted_windows" else 2
    return len(source.output) == len(node.output) and source.output[-alike:] == node.output[-alike:]


def _only_hides(node: Node, mask: Node) -> bool:
    """Whether a mask that is added over another lifts nothing: what is seen by both is there in every row."""
    assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
    layer = mask.layer
    hides = layer.inside >= layer.outside and node.output[-2:] == mask.output[-2:]
    return hides and layer.reaches_along(-1) and layer.reaches_along(-2)


def _adds(node: Node) -> bool:
    """Whether a node has a bias, so that what was 0 is not."""
    return bool(fields_of(node.layer).get("bias"))


def _makes_zero(node: Node) -> bool:
    """Whether what is hidden becomes 0, and not just small."""
    return node.kind == "multiply" or (node.kind == "where" and _number(_filled(node)) == 0)


def _filled(where: Node) -> Node | None:
    """Which of the two that are chosen from is one number for all that is hidden: 0, or a small one."""
    for source in where.inputs[1:]:
        number = _number(source)
        if isinstance(source, Node) and number is not None and (number == 0 or number <= -_HIDING):
            return source
    return None


def _number(tensor: Tensor | None) -> float | None:
    """What a constant is everywhere."""
    layer = tensor.layer if isinstance(tensor, Node) else None
    values = layer.values if isinstance(layer, Constant) else None
    return values if isinstance(values, float | int) else None


def _hides_from_all(mask: Node) -> bool:
    """Whether no row sees everything, as the last one of a causal mask does."""
    assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
    rows, columns = mask.output[-2:]
    return mask.layer.values != "causal" or rows < columns


def _drops_the_last(node: Node, position: int) -> bool:
    """Whether no output reads the last position along some axis, as where a sequence is cut off."""
    window = node.layer.window_of(position, node.shapes) if len(node.output) > 1 else None
    if window is None or window.stretch:
        return False
    x, y = node.shapes[position][1:], node.output[1:]
    pairs = zip(x, y, window.stride, window.padding, window.span, strict=False)
    return any((m - 1) * stride - before + span < n for n, m, stride, (before, _), span in pairs)


def _sight(mask: Node, shape: Shape) -> Sight | None:
    """What the rows of a tensor see that a mask is laid over; None if that is no box for each."""
    assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
    layer = mask.layer
    if shape[-2:] != mask.output[-2:]:  # what was hidden has been repeated
        return None
    if layer.values == "banded":
        rows, columns = shape[-2:]
        return Sight((columns,), band=(layer.before or 0, layer.after or 0)) if rows == columns else None
    if layer.values != "shifted_windows" or size(mask.output[:-3]) > 1:
        return None
    sizes, window_size, shift = layer.windows()
    windows = tuple(n // w for n, w in zip(sizes, window_size, strict=True))
    return Sight(window_size, windows, shift) if len(shape) > 2 and shape[-3] == size(windows) else None


def _stay(axis: Sequence[int], how: Rearrangement) -> bool:
    """Whether some factor of an axis is there in what leaves."""
    return any(factor in left for left in how.target for factor in axis)


def _axis_of(how: Rearrangement, leaving: int) -> int | None:
    """The axis of what is read that leaves as that one, if there is one."""
    axis = how.target[leaving]
    return how.source.index(axis) if axis and axis in how.source else None


def _is_softmax(node: Node) -> bool:
    fields = fields_of(node.layer)
    return node.kind == "softmax" or (node.kind == "activation" and fields["function"] == "softmax")


def _axis(softmax: Node) -> int:
    """The axis along which shares add up to 1; an activation that is one has no such field by default."""
    axis = fields_of(softmax.layer).get("axis", 0)
    return axis if isinstance(axis, int) else 0


def _leaves_something(mask: Node, axis: int) -> bool:
    """Whether something is seen along the axis, wherever it is; if not, all shares are equal, and not 0."""
    assert isinstance(mask.layer, Constant)  # noqa: S101 - no other is kept
    return axis in {-1, -2} and mask.layer.reaches_along(axis)
