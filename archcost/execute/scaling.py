"""The same network with fewer channels, where the whole one is too large to be run.

Every channel count that a layer sets is scaled; everything else follows from what arrives, as ever. Shapes
are inferred anew, layer by layer. Where layers do not fit together any more (a reshape to literal sizes,
weights that are tied, a slice that would cut through), the counts that lead there grow, divisor by divisor of
what they were, until they do: with all of them as they were, everything fits.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, prod
from typing import TYPE_CHECKING, Any, NamedTuple

from archcost.errors import LayerError, ShapeError, UsageError
from archcost.layers.constant import Constant
from archcost.layers.declared import Custom, Parameter
from archcost.layers.merge import Concat
from archcost.layers.shape import Expand, Reshape, Slice, Unflatten
from archcost.network import Node
from archcost.spec.weights import tensors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.layers.base import Kind
    from archcost.network import Input, Network
    from archcost.source import Place
    from archcost.windows.window import Shape

Parts = tuple[tuple[int, int], ...]
"""Stretches of an axis that were scaled each in its own way: how many there were, and are."""

_LEAVING = ("out_channels", "out_features", "embedding_dim", "hidden_size", "proj_size")
"""Fields that say how many channels leave; 0 where another says it."""

_ARRIVING = ("in_channels", "in_features", "input_size")
"""Fields that assert how many arrive."""


_PATIENCE = 500
"""Times that something may not fit; a network of the zoo takes a few."""


def scaled(network: Network, factor: Fraction) -> Network:
    """The network with `factor` times its channels, rounded, but at least one; inputs stay as they are.

    A layer in groups gets a multiple of them, and one with a group per channel keeps that. Where layers would
    not fit together, there are more channels than that.

    Raises:
        UsageError: its weights are fixed, or no channel can be spared; the text says where.

    >>> from fractions import Fraction
    >>> from archcost import load
    >>> [node.output for node in scaled(load("zoo:vgg16"), Fraction(1, 8))][:2]
    [(8, 224, 224), (8, 224, 224)]
    """
    if network.given:
        raise _refusal(network, f"its weights are fixed on line {network.given[0].place.line}")
    counts, misfits = _Counts(factor), list[_Misfit]()
    while isinstance(made := _attempt(network, counts), _Misfit):
        misfits.append(made)
        if len(misfits) > _PATIENCE or not counts.grow(made):
            raise _refusal(network, misfits[0].why)
    if not counts.spares(network) and (why := misfits[0].why if misfits else _listed(network)):
        raise _refusal(network, why)
    return made


def _refusal(network: Network, why: str) -> UsageError:
    return UsageError(f"--scale-channels: {network.name} cannot be scaled: {why}")


class _Misfit(NamedTuple):
    """Layers that do not fit together.

    Attributes:
        why: in words, with the path of the node.
        blamed: what feeds it too little, or is it itself.
    """

    why: str
    blamed: tuple[Node | Input, ...]


class _Set(NamedTuple):
    """A channel count that a layer sets: of all layers written there with that many, the same."""

    place: Place
    field: str
    whole: int


class _Counts:
    """How many channels layers set."""

    def __init__(self, factor: Fraction) -> None:
        self._factor = factor
        self._grown: dict[_Set, int] = {}

    def now(self, one: _Set, groups: int = 1) -> int:
        """What a count becomes."""
        return self._grown.get(one, _times(one.whole, self._factor, groups))

    def grow(self, misfit: _Misfit) -> bool:
        """Set more channels on the way to what does not fit; whether there was anything to grow."""
        found = list(self._scaled_before(misfit.blamed))
        for one, groups in found:
            now = self.now(one, groups)
            more = (n for n in _divisors(one.whole) if n > now and n % groups == 0)
            self._grown[one] = next(more, one.whole)
        return bool(found)

    def spares(self, network: Network) -> bool:
        """Whether any layer has fewer channels than it had."""
        return any(self.now(one, groups) < one.whole for node in network for one, groups in _set_by(node))

    def _scaled_before(self, nodes: Iterable[Node | Input]) -> Iterator[tuple[_Set, int]]:
        """On each way back, the nearest count that is smaller than it was."""
        seen: set[Node | Input] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node in seen or not isinstance(node, Node):
                continue
            seen.add(node)
            smaller = [(one, n) for one, n in _set_by(node) if self.now(one, n) < one.whole]
            yield from smaller
            waiting += [] if smaller else node.inputs


def _set_by(node: Node) -> Iterator[tuple[_Set, int]]:
    """The counts that a layer sets, and what they are a multiple of."""
    layer = node.layer
    if shape := _said_shape(layer):
        yield _Set(node.place, "shape", shape[0]), 1
    elif not (_is_per_channel(node) or _is_listed(layer)):
        for name in _LEAVING:
            if name in type(layer).model_fields and getattr(layer, name):
                yield _Set(node.place, name, getattr(layer, name)), getattr(layer, "groups", 1)


def _said_shape(layer: Kind) -> Shape | None:
    """The shape of a tensor that comes with the spec, if it could have another."""
    if isinstance(layer, Constant) and isinstance(layer.values, tuple):
        return None
    return layer.shape if isinstance(layer, Constant | Custom | Parameter) else None


def _is_per_channel(node: Node) -> bool:
    groups = getattr(node.layer, "groups", 1)
    return groups > 1 and groups == node.shapes[0][0]


def _is_listed(layer: Kind) -> bool:
    """Whether it says, channel by channel, what is connected with what."""
    return bool(getattr(layer, "connections", None))


_LISTS = "lists its connections channel by channel"


def _listed(network: Network) -> str:
    """The first layer that does; empty if none."""
    return next((f"{node.path}: {node.word}: {_LISTS}" for node in network if _is_listed(node.layer)), "")


def _attempt(network: Network, counts: _Counts) -> Network | _Misfit:
    """The network with these counts, or the first place where they do not fit."""
    made: dict[Node | Input, Node | Input] = {tensor: tensor for tensor in network.inputs}
    channels: dict[Node | Input, Parts] = {one: ((one.output[0], one.output[0]),) for one in network.inputs}
    nodes: list[Node] = []
    users: dict[str, tuple[Node, dict[str, Shape]]] = {}
    for node in network:
        inputs = tuple(made[source] for source in node.inputs)
        try:
            new = _rebuilt(node, inputs, counts, channels)
        except LayerError as why:
            blamed = _blamed(node, [one.output for one in inputs], why)
            return _Misfit(f"{node.path}: {node.word}: {_worded(why, node)}", blamed)
        if new.shared:
            user, known = users.setdefault(new.shared, (node, tensors(new)))
            if known != (own := tensors(new)):
                why = f"{node.path}: its weights are shared, and differ in shape now"
                smaller = [one for one, a, b in ((node, own, known), (user, known, own)) if _lacks(a, b)]
                return _Misfit(why, tuple(smaller))
        made[node], channels[node] = new, _parts(node, new, channels)
        nodes.append(new)
    return network.with_nodes(nodes, {name: made[tensor] for name, tensor in network.outputs.items()})


def _worded(error: LayerError, node: Node) -> str:
    """The reason, with the names of the inputs it speaks of."""
    at = error.inputs if isinstance(error, ShapeError) else ()
    return str(error).format(*(f"'{node.inputs[i].path}'" for i in at)) if at else str(error)


def _blamed(node: Node, shapes: Sequence[Shape], error: LayerError) -> tuple[Node | Input, ...]:
    """The inputs that are smaller than another one, of those the error speaks of; else all, and the node."""
    at = error.inputs if isinstance(error, ShapeError) and error.inputs else tuple(range(len(shapes)))
    largest = [max(sizes) for sizes in zip(*(shapes[i] for i in at), strict=False)]
    smaller = [i for i in at if any(n < most for n, most in zip(shapes[i], largest, strict=False))]
    return tuple(node.inputs[i] for i in smaller or at) or (node,)


def _lacks(own: Mapping[str, Shape], other: Mapping[str, Shape]) -> bool:
    """Whether a tensor is smaller than the one it should be."""
    pairs = ((shape, other.get(name, shape)) for name, shape in own.items())
    return any(n < most for shape, largest in pairs for n, most in zip(shape, largest, strict=False))


def _rebuilt(
    node: Node,
    inputs: tuple[Node | Input, ...],
    counts: _Counts,
    channels: Mapping[Node | Input, Parts],
) -> Node:
    shapes = tuple(source.output for source in inputs)
    if isinstance(node.layer, Slice):
        changed = _cut(node.layer, *_along(node.layer, node, shapes[0], channels))
    else:
        changed = _changed(node, shapes, counts)
    layer = node.layer.model_copy(update=changed) if changed else node.layer
    return Node(
        node.path, node.word, layer, inputs, layer.output_shape(*shapes), node.place, node.shared, node.called
    )


def _changed(node: Node, after: tuple[Shape, ...], counts: _Counts) -> dict[str, Any]:
    """The fields of a layer that become others."""
    layer, before = node.layer, node.shapes
    if _is_listed(layer):
        if before != after:
            raise ShapeError(_LISTS)
        return {}
    changed: dict[str, Any] = {one.field: counts.now(one, groups) for one, groups in _set_by(node)}
    if shape := _said_shape(layer):
        return {"shape": (changed["shape"], *shape[1:])}
    if isinstance(layer, Reshape):
        return {} if before == after else {"shape": _reshaped(before[0], after[0], node.output)}
    if isinstance(layer, Unflatten):
        made = _reshaped(before[0], after[0], node.output)[layer.axis : layer.axis + len(layer.sizes)]
        return {} if before == after else {"sizes": made}
    if isinstance(layer, Expand):
        kept = zip(layer.shape, before[0], strict=True)
        return {"shape": tuple(-1 if wanted == n else wanted for wanted, n in kept)}
    changed |= {name: after[0][0] for name in _ARRIVING if getattr(layer, name, None) is not None}
    if _is_per_channel(node):
        fields = type(layer).model_fields
        changed |= {"groups": after[0][0]} if "groups" in fields else {}
        leaving = [name for name in _LEAVING if name in fields]
        changed |= {name: getattr(layer, name) * after[0][0] // before[0][0] for name in leaving}
    return changed


# -- slices -------------------------------------------------------------------------------------------------


def _parts(node: Node, new: Node, channels: Mapping[Node | Input, Parts]) -> Parts:
    """What became of a node's channels, stretch by stretch, as far as it keeps them apart."""
    layer, was, now = node.layer, node.output[0], new.output[0]
    if isinstance(layer, Concat) and layer.axis == 0:
        return tuple(part for source in node.inputs for part in channels[source])
    if isinstance(layer, Slice) and layer.axis == 0 and layer.step == 1:
        first, last = _ends(layer, node.shapes[0][0])
        return tuple(_between(channels[node.inputs[0]], first, last))
    if layer.per_channel or _is_per_channel(node):
        for parts in (channels[source] for source in node.inputs):
            if (sum(w for w, _ in parts), sum(n for _, n in parts)) == (was, now):
                return parts
    return ((was, now),)


def _along(
    layer: Slice, node: Node, after: Shape, channels: Mapping[Node | Input, Parts]
) -> tuple[int, Parts]:
    """The axis a slice cuts: how long it was, and what became of it."""
    was = node.shapes[0][layer.axis]
    return was, channels[node.inputs[0]] if layer.axis == 0 else ((was, after[layer.axis]),)


def _cut(layer: Slice, was: int, parts: Parts) -> dict[str, Any]:
    """Where a slice begins and ends: at the same place of the same stretch."""
    first, last = _ends(layer, was)
    return {"start": _moved(first, parts), "end": _moved(last, parts)}


def _ends(layer: Slice, length: int) -> tuple[int, int]:
    """The first that is kept and the first that is not, counted from 0."""
    end = length if layer.end is None else layer.end
    return layer.start % length if layer.start < 0 else layer.start, end % length if end < 0 else end


def _moved(place: int, parts: Parts) -> int:
    """Where a place of an axis is now.

    >>> _moved(20, ((16, 4), (8, 8)))
    8
    """
    before = 0
    for was, now in parts:
        if place <= was:
            if place * now % was:
                raise ShapeError(f"{now} in place of {was} cannot be cut at {Fraction(place, was)} of them")
            return before + place * now // was
        place, before = place - was, before + now
    return before


def _between(parts: Parts, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The stretches between two places.

    >>> list(_between(((16, 4), (8, 8)), 12, 20))
    [(4, 1), (4, 4)]
    """
    start = 0
    for was, _ in parts:
        low, high = max(first, start), min(last, start + was)
        if low < high:
            yield high - low, _moved(high, parts) - _moved(low, parts)
        start += was


# -- reshapes -----------------------------------------------------------------------------------------------


def _reshaped(before: Shape, after: Shape, output: Shape) -> Shape:
    """What a reshape makes of another shape: sizes that were made of smaller ones are smaller themselves.

    >>> _reshaped((768, 14, 14), (192, 14, 14), (12, 64, 196))
    (12, 16, 196)
    """
    sizes = list(output)
    for arriving, leaving in _blocks(before, output):
        was, now = (prod(shape[i] for i in arriving) for shape in (before, after))
        # The largest of several: the others are heads, or parts.
        for i in sorted(leaving, key=lambda i: -output[i]):
            if output[i] * now % was == 0:
                sizes[i] = output[i] * now // was
                break
        else:
            raise ShapeError(f"none of {[output[i] for i in leaving]} can be {Fraction(now, was)} of itself")
    return tuple(sizes)


def _blocks(before: Shape, output: Shape) -> Iterator[tuple[list[int], list[int]]]:
    """The axes that arrive and leave, in the smallest stretches that have equally many elements.

    >>> list(_blocks((768, 14, 14), (12, 64, 196)))
    [([0], [0, 1]), ([1, 2], [2])]
    """
    i = j = 0
    while i < len(before) and j < len(output):
        arriving, leaving = [i], [j]
        i, j = i + 1, j + 1
        while (left := prod(before[k] for k in arriving)) != (right := prod(output[k] for k in leaving)):
            if left < right:
                arriving.append(i)
                i += 1
            else:
                leaving.append(j)
                j += 1
        yield arriving, leaving


def _times(n: int, factor: Fraction, multiple: int = 1) -> int:
    """The nearest multiple, but not 0."""
    return multiple * max(1, floor(factor * n / multiple + Fraction(1, 2)))


def _divisors(n: int) -> list[int]:
    """In ascending order."""
    small = [k for k in range(1, int(n**0.5) + 1) if n % k == 0]
    return sorted({*small, *(n // k for k in small)})
