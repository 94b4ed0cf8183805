"""Positions that are put in a row for layers which work on each alone, and laid out again: they can stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.alignment import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.elements import Tensor
    from archcost.importing.items import Item
    from archcost.windows.window import Shape

EACH_ALONE = ACTIVATIONS | {"add", "multiply", "scale", "offset", "dropout", "layer_scale"}
"""Kinds that make of every position one, whatever axes there are."""

LARGEST = 100
"""Items between two shapes that are looked at, at most."""


def laid_out(items: Sequence[Item], outputs: Sequence[Tensor], inputs: Mapping[str, Shape]) -> list[Item]:
    """The items without shapes that only put positions in a row, which are changed in place.

    Args:
        items: in order.
        outputs: what leaves.
        inputs: shapes by name.
    """
    readers: dict[int, list[Item]] = {}
    for item in items:
        for source in item.sources:
            readers.setdefault(id(source), []).append(item)
    leaving = {id(output) for output in outputs}
    instead: dict[int, Tensor] = {}
    kept: list[Item] = []
    for item in items:
        item.sources = tuple(instead.get(id(source), source) for source in item.sources)
        if id(item) in instead:
            instead[id(item)] = item.sources[0]
            continue
        (source,) = item.sources if item.kind == "reshape" and len(item.shape) == 2 else ("",)
        before = inputs.get(source, ()) if isinstance(source, str) else source.shape
        found = _between(item, readers, leaving) if before[:1] == item.shape[:1] else None
        if found:
            inside, ends, positions = found
            for one in inside:
                one.shape = (one.shape[0], *positions)
            item.fields = {**item.fields, "shape": [*item.shape]}
            instead.update((id(end), end) for end in ends)
            if item.shape == before:
                instead[id(item)] = source
                continue
        kept.append(item)
    return kept


def _between(
    row: Item, readers: Mapping[int, list[Item]], leaving: set[int]
) -> tuple[list[Item], list[Item], Shape] | None:
    """What works on positions in a row, the shapes behind it, and how all of these lay the positions out."""
    inside = [row]
    ends: list[Item] = []
    numbers = {id(row)}
    for one in inside:  # it grows
        if id(one) in leaving or len(inside) > LARGEST:
            return None
        for reader in readers.get(id(one), []):
            if id(reader) in numbers:
                continue
            numbers.add(id(reader))
            if reader.kind == "reshape" and len(reader.shape) > 2 and reader.shape[0] == one.shape[0]:
                ends.append(reader)
            elif _is_each_alone(reader):
                inside.append(reader)
            else:
                return None
    positions = {end.shape[1:] for end in ends}
    is_whole = all(id(source) in numbers for one in inside[1:] for source in one.sources)
    if len(positions) != 1 or not is_whole or any(id(end) in leaving for end in ends):
        return None
    return inside, ends, positions.pop()


def _is_each_alone(item: Item) -> bool:
    if item.kind == "linear":
        return bool(item.fields.get("per_position"))
    return item.kind in EACH_ALONE or (item.kind == "layer_norm" and "axis" not in item.fields)
