"""Says what items are in particular, or together, by the kind that a person would write."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archcost.importing.heads import with_heads
from archcost.importing.items import Item
from archcost.importing.positions import laid_out
from archcost.layers.convolution import DepthwiseConv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.importing.elements import Tensor
    from archcost.windows.window import Shape

SHAPES = frozenset({"flatten", "reshape", "squeeze", "unsqueeze"})
"""Kinds that keep all numbers in their order."""


def idiomatic(
    items: Sequence[Item], outputs: Sequence[Tensor], inputs: Mapping[str, Shape]
) -> tuple[Item, ...]:
    """The items with depthwise convolutions and channel shuffles; changed in place.

    Args:
        items: in order.
        outputs: what leaves.
        inputs: shapes by name.
    """
    items = laid_out(items, outputs, inputs)
    readers: Counter[int] = Counter(id(source) for item in items for source in item.sources)
    readers.update(id(output) for output in outputs)
    dropped: set[int] = set()
    instead: dict[int, Tensor] = {}
    for item in items:
        item.sources = tuple(instead.get(id(source), source) for source in item.sources)
        if item.kind == "reshape":
            _at_once(item, readers)
        if (
            item.kind in SHAPES
            and (same := _undone(item, inputs))
            and not any(item is one for one in outputs)
        ):
            instead[id(item)] = same
            dropped.add(id(item))
        elif item.kind == "conv":
            (source,) = item.sources
            _depthwise(item, inputs[source][0] if isinstance(source, str) else source.shape[0])
        elif item.kind == "concat":
            _turned(item, readers)
        elif item.kind == "reshape":
            dropped.update(map(id, _shuffle(item, readers, inputs)))
    kept = [item for item in items if id(item) not in dropped]
    return tuple(_late(_read(with_heads(kept, readers, inputs), outputs)))


def _read(items: Sequence[Item], outputs: Sequence[Tensor]) -> tuple[Item, ...]:
    """The items that something reads."""
    used = {id(output) for output in outputs}
    found: list[Item] = []
    for item in reversed(items):
        if id(item) in used:
            found.append(item)
            used.update(map(id, item.sources))
    return tuple(reversed(found))


def _late(items: Sequence[Item]) -> Iterator[Item]:
    """The items; what is made of no input right before the first that reads it beside others."""
    waiting: dict[int, Item] = {}

    def with_sources(item: Item) -> Iterator[Item]:
        for source in item.sources:
            if isinstance(source, Item) and waiting.pop(id(source), None):
                yield from with_sources(source)
        yield item

    given: set[int] = set()
    for item in items:
        if all(id(source) in given for source in item.sources):
            given.add(id(item))
            waiting[id(item)] = item
        else:
            yield from with_sources(item)
    while waiting:
        yield from with_sources(waiting.pop(next(reversed(waiting))))


def _at_once(last: Item, readers: Counter[int]) -> None:
    """A shape of a shape that nothing else reads; that of what an index picks is one of the index."""
    (before,) = last.sources
    if not isinstance(before, Item) or readers[id(before)] > 1:
        return
    if before.kind in SHAPES:
        (source,) = before.sources
        joins = not isinstance(source, str) and len(source.shape) > len(before.shape)
        if not (
            joins and len(last.shape) > len(before.shape)
        ):  # what is joined, to be split otherwise, stays
            last.sources = before.sources
        return
    axis, index = before.fields.get("axis", 0), before.fields.get("index_shape")
    if before.kind != "gather" or not isinstance(axis, int) or not isinstance(index, list):
        return
    behind = len(before.shape) - axis - len(index)
    there = last.shape[axis : len(last.shape) - behind]
    if 1 not in there and last.shape == (
        *before.shape[:axis],
        *there,
        *before.shape[len(before.shape) - behind :],
    ):
        last.kind, last.sources, last.weights = "gather", before.sources, before.weights
        last.fields = {**before.fields, "index_shape": [*there]}


def _undone(item: Item, inputs: Mapping[str, Shape]) -> Tensor | None:
    """The tensor that a change of shape gives back, if it undoes others."""
    source = item.sources[0]
    while isinstance(source, Item) and source.kind in SHAPES:
        source = source.sources[0]
        if item.shape == (inputs[source] if isinstance(source, str) else source.shape):
            return source
    return None


def _depthwise(conv: Item, in_channels: int) -> None:
    """A convolution with a filter for each channel."""
    fields = dict(conv.fields)
    groups, out = fields.pop("groups", 1), fields.pop("out_channels", None)
    if groups == in_channels == out != 1 and fields.keys() <= DepthwiseConv.model_fields.keys():
        conv.kind, conv.fields = "depthwise_conv", fields


def _turned(last: Item, readers: Counter[int]) -> None:
    """What a tensor has behind a place, and then what is before it: a `roll`, along several axes at once."""
    axis = last.fields.get("axis", 0)
    ends = [one for one in last.sources if isinstance(one, Item) and one.kind == "slice"]
    if len(ends) != 2 or len(last.sources) != 2 or not isinstance(axis, int):
        return
    (behind, before), size = ends, last.shape[axis]
    (source,) = before.sources
    place, kept = before.fields.get("end"), {"axis": axis} if axis else {}
    cuts = [{"start": place, **kept}, {"end": place, **kept}]
    if (
        behind.sources != before.sources
        or [behind.fields, before.fields] != cuts
        or not isinstance(place, int)
    ):
        return
    shift = size - place if 2 * (size - place) <= size else -place
    last.kind, last.fields, last.sources = "roll", {"shifts": shift, "axis": axis}, (source,)
    # Both have read it, which is one reader now.
    readers[id(source)] -= 1
    if isinstance(source, Item) and source.kind == "roll" and readers[id(source)] == 1:
        axes = source.fields["axis"]
        if source.fields["shifts"] == shift and isinstance(axes, int) and axes < axis:
            last.fields, last.sources = {"shifts": shift, "axis": [axes, axis]}, source.sources


def _shuffle(last: Item, readers: Counter[int], inputs: Mapping[str, Shape]) -> list[Item]:
    """Channels as a matrix, transposed, and in a row again; what is no longer needed is returned."""
    (transpose,) = last.sources
    if not isinstance(transpose, Item) or transpose.kind != "transpose" or readers[id(transpose)] > 1:
        return []
    (first,) = transpose.sources
    if not isinstance(first, Item) or first.kind != "reshape" or readers[id(first)] > 1:
        return []
    (source,) = first.sources
    shape = inputs[source] if isinstance(source, str) else source.shape
    groups, *rest = first.shape
    if transpose.fields.get("axes") != [1, 0, *range(2, len(first.shape))] or last.shape != shape:
        return []
    if (groups * rest[0], *rest[1:]) != shape:
        return []
    last.kind, last.fields, last.sources = "channel_shuffle", {"groups": groups}, (source,)
    return [transpose, first]
