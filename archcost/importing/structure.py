"""Finds the structure of a list of items: modules, and what runs side by side between a fork and a merge."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from archcost.importing.elements import Body, Branches, Leaf, depth, is_container

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.elements import Element, Tensor
    from archcost.importing.items import Item

COMMUTE = ("add", "multiply", "max", "min", "average")
"""What joins tensors in whatever order."""

JOIN = (*COMMUTE, "concat")

DEEPEST = 30
"""How deep modules and branches may stand in each other: what is deeper stays as it comes."""

REGION = 100
"""Elements that a residual is looked for around, at most."""


def structured(items: Sequence[Item], outputs: Sequence[Tensor], classes: Mapping[str, str]) -> list[Element]:
    """The tree of a model.

    Args:
        items: in order.
        outputs: what leaves.
        classes: of the modules, by their paths.
    """
    readers: Counter[int] = Counter(id(source) for item in items for source in item.sources)
    readers.update(id(output) for output in outputs)
    found = _grouped([Leaf(item) for item in items], 0, classes)
    return _opened(found, readers)


# -- modules ------------------------------------------------------------------------------------------------


def _grouped(leaves: Sequence[Leaf], depth: int, classes: Mapping[str, str]) -> list[Element]:
    """Neighbours of one module as a body; those of the module at this depth itself stay."""
    found: list[Element] = []
    for name, several in groupby(leaves, lambda leaf: _part(leaf.item, depth)):
        inside = [*several]
        if name is None:
            found += inside
            continue
        children = _grouped(inside, depth + 1, classes)
        if len(children) == 1:
            (child,) = children
            child.name = child.name or name
            module_class = classes.get(_path(inside, depth), "")
            if isinstance(child, Body) and not is_container(module_class):
                child.module_class = module_class
            found.append(child)
        else:
            found.append(Body(children, name, classes.get(_path(inside, depth), "")))
    return found


def _path(inside: Sequence[Leaf], depth: int) -> str:
    return ".".join(inside[0].item.module.split(".")[: depth + 1])


def _part(item: Item, depth: int) -> str | None:
    parts = item.module.split(".", DEEPEST) if item.module else []
    return parts[depth] if depth < len(parts) else None


def _opened(children: list[Element], readers: Counter[int]) -> list[Element]:
    """The list with its structure; modules of which more than the last item is read outside are opened."""
    found: list[Element] = []
    for child in children:
        if isinstance(child, Body):
            child.children = _opened(child.children, readers)
            found += [child] if _is_closed(child, readers) else child.children
        else:
            found.append(child)
    return _joined(found, readers)


def _is_closed(body: Body, readers: Counter[int]) -> bool:
    """Whether only the last of its tensors is read outside."""
    inside: Counter[int] = Counter()
    for item in body.items():
        inside.update(id(source) for source in item.sources)
    return all(readers[id(item)] == inside[id(item)] for item in body.items() if item is not body.output)


# -- forks and merges ---------------------------------------------------------------------------------------


def _joined(children: list[Element], readers: Counter[int]) -> list[Element]:
    """The list with branches instead of the elements between a fork and its merge."""
    found: list[Element] = []
    made: dict[int, Element] = {}
    for child in children:
        if isinstance(child, Leaf) and child.item.kind in JOIN and len(child.item.sources) > 1:
            _join(found, child, made, readers)
        else:
            found.append(child)
        made[id(found[-1].output)] = found[-1]
    return found


def _join(before: list[Element], merge: Leaf, made: dict[int, Element], readers: Counter[int]) -> None:
    """Adds a merge to a list, with what stands between it and a tensor that all it joins come from."""
    walks = [_walk(source, made, readers) for source in merge.item.sources]
    ways = [way for _, way in walks]
    if len({id(fork) for fork, _ in walks}) == 1 and any(ways):
        moved = {id(element) for way in ways for element in way}
        start = len(before)
        while moved:
            start -= 1
            moved.discard(id(before[start]))
        moved = {id(element) for way in ways for element in way}
        kept = [element for element in before[start:] if id(element) not in moved]
        before[start:] = [*kept, *_branched(walks[0][0], ways, merge)]
    else:
        _join_region(before, merge, readers)


def _branched(fork: Tensor, ways: list[list[Element]], merge: Leaf) -> list[Element]:
    """Lists between a tensor and a merge as branches, unless they would stand too deep in each other."""
    inside = max(map(depth, ways))
    if inside >= DEEPEST:
        return [*(element for way in ways for element in way), merge]
    return [Branches(fork, ways, merge.item, depth=inside + 1)]


def _join_region(before: list[Element], merge: Leaf, readers: Counter[int]) -> None:
    """Adds an addition, or the like, of a tensor and of what some elements make of it alone."""
    sources = merge.item.sources
    for fork, last in (sources, sources[::-1]) if len({*map(id, sources)}) == len(sources) == 2 else ():
        start = _region(before, fork, last, readers)
        if start is not None:
            ways = [before[start:] if source is last else [] for source in sources]
            before[start:] = _branched(fork, ways, merge)
            return
    before.append(merge)


def _region(before: list[Element], fork: Tensor, last: Tensor, readers: Counter[int]) -> int | None:
    """Where the elements begin that stand between two tensors, if nothing else reads or is read by them."""
    inside: Counter[int] = Counter({id(last): 1})
    wanted = {id(last)}
    start = len(before)
    while wanted and start > max(0, len(before) - REGION):
        element = before[start - 1]
        if not 0 < inside[id(element.output)] == readers[id(element.output)] or element.output is fork:
            return None
        start -= 1
        wanted.discard(id(element.output))
        inside.update(id(read) for item in element.items() for read in item.sources)
        wanted.update(id(read) for read in element.reads if read is not fork)
    return None if wanted else start


def _walk(source: Tensor, made: dict[int, Element], readers: Counter[int]) -> tuple[Tensor, list[Element]]:
    """Back from a merge through what nobody else reads, to a tensor that others read as well."""
    way: list[Element] = []
    here, uses = source, 1
    while (
        readers[id(here)] == uses
        and (element := made.get(id(here)))
        and len(set(map(id, element.reads))) == 1
    ):
        way.append(element)
        here = element.reads[0]
        uses = sum(read is here for item in element.items() for read in item.sources)
    return here, way[::-1]
