"""Rolls up parts: modules of a class that are alike become a block, neighbours that are alike a repeat."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from archcost.importing.blocks import Block, alike, block_of, lines, refresh
from archcost.importing.elements import is_container
from archcost.importing.parts import says_nothing
from archcost.importing.repeats import repeated, table, tabled, two_started, with_start, without_two
from archcost.importing.standard import AROUND, INSIDE, call_standard
from archcost.importing.units import grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from archcost.importing.parts import Part

SMALL = 3
"""Layers that a module has at most that needs no text of its own."""


class Units(Enum):
    """What is grouped with a convolution."""

    NONE = auto()
    NORMS = auto()
    ACTIVATIONS = auto()


@dataclass
class Steps:
    """Counts the steps of rolling up, so that one that turns out to change the network is left out.

    Attributes:
        left_out: numbers of steps that are not taken.
        end: the number of steps after which none is taken; None for all.
        asked: steps so far.
    """

    left_out: Collection[int] = ()
    end: int | None = None
    asked: int = field(default=0, init=False)

    def take(self) -> bool:
        """Whether the next step is taken."""
        self.asked += 1
        return self.asked not in self.left_out and (self.end is None or self.asked <= self.end)


def rolled(layers: list[Part], outputs: Sequence[str], units: Units, steps: Steps) -> list[Block]:
    """The blocks that the layers are then written with; the layers are changed in place.

    Inner modules come first, so that outer ones are made of calls.

    Args:
        layers: of the spec.
        outputs: names of layers that leave.
        units: what is grouped with a convolution, whatever module it is in.
        steps: which steps are taken.
    """
    for find in INSIDE:
        if steps.take():
            call_standard(layers, find)
    _open(layers, _needs_no_text)
    for find in AROUND:
        if steps.take():
            call_standard(layers, find)
    _open(layers, _needs_no_text)
    if units is not Units.NONE:
        grouped(layers, activations=units is Units.ACTIVATIONS)
    blocks = _blocks(layers, outputs, steps)
    _neighbours(layers, steps)
    by_name = {block.name: block for block in blocks}
    for several in (layers, *(block.body for block in blocks)):
        without_two(several)
        _shortened(several, by_name)
        _open(several, _says_little)
        _unnamed(several, by_name, int(several is not layers), {*_names_read(several)})
    return blocks


def _blocks(layers: list[Part], outputs: Sequence[str], steps: Steps) -> list[Block]:
    """Blocks and repeats of all modules, inner ones first."""
    blocks: list[Block] = []
    done: set[int] = set()
    while ready := _ready(layers, done):
        for several in _homes(layers, {id(part) for part in ready}):
            repeated(several)
        ready = _complete(_ready(layers, done), layers, done)
        for part in ready:
            _neighbours(part.lists["body"], steps)
            two_started(part.lists["body"])
        by_class: dict[str, list[Part]] = {}
        for part in ready:
            by_class.setdefault("" if is_container(part.module_class) else part.module_class, []).append(part)
        wanted = {id(part) for part in ready}
        homes = {id(part): home for home in _homes(layers, wanted) for part in home if id(part) in wanted}
        taken = {*(block.name for block in blocks), *_names_read(layers)}
        for instances in by_class.values():
            for several in alike(instances):
                if len(several) < 2 or not steps.take() or _tabled(several, homes):
                    continue
                if block := block_of(several, taken):
                    blocks.append(block)
                    taken.add(block.name)
        refresh(layers, outputs)
        done.update(map(id, ready))
    return blocks


def _names_read(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        if part.is_read:
            yield part.name
        for several in part.lists.values():
            yield from _names_read(several)


def _unnamed(parts: Sequence[Part], blocks: Collection[str], depth: int, taken: set[str]) -> None:
    """Names only where they help: of what is read by them, of groups, and of the network's own layers."""
    calls = Counter(part.word for part in parts)
    for part in parts:
        is_plain = not part.lists and (depth or calls[part.word] > 1)
        if not part.is_read and (part.name in blocks or part.name in taken or is_plain):
            part.name = ""
        taken.add(part.name)
        for several in part.lists.values():
            _unnamed(several, blocks, depth + 1, {*taken})


def _complete(ready: list[Part], layers: Sequence[Part], done: Collection[int]) -> list[Part]:
    """Those of which all of their class are ready, if there are any."""
    waiting = Counter(part.module_class for part in _open_bodies(layers, done))
    waiting.subtract(part.module_class for part in ready)
    found = [part for part in ready if is_container(part.module_class) or not waiting[part.module_class]]
    return found or ready


def _open_bodies(parts: Sequence[Part], done: Collection[int]) -> Iterator[Part]:
    for part in parts:
        if part.word == "body" and id(part) not in done:
            yield part
        for several in part.lists.values():
            yield from _open_bodies(several, done)


def _ready(parts: Sequence[Part], done: Collection[int]) -> list[Part]:
    """The modules in which every module is done."""
    found: list[Part] = []

    def visit(part: Part) -> bool:
        below = [visit(inner) for several in part.lists.values() for inner in several]
        is_open = part.word == "body" and id(part) not in done
        if is_open and not any(below):
            found.append(part)
        return is_open or any(below)

    for part in parts:
        visit(part)
    return found


def _homes(parts: list[Part], wanted: Collection[int]) -> Iterator[list[Part]]:
    """The lists that hold certain parts."""
    for part in parts:
        for several in part.lists.values():
            yield from _homes(several, wanted)
    if any(id(part) in wanted for part in parts):
        yield parts


def _neighbours(parts: list[Part], steps: Steps) -> None:
    """Repeats in all lists in which no module is."""
    for part in parts:
        for several in part.lists.values():
            _neighbours(several, steps)
    repeated(parts)
    if steps.take():
        with_start(parts)
    if steps.take():
        tabled(parts)


def _tabled(several: Sequence[Part], homes: Mapping[int, list[Part]]) -> bool:
    """Makes a repeat of modules that are alike, if they are all neighbours and it saves lines."""
    home = homes[id(several[0])]
    if any(homes[id(part)] is not home for part in several):
        return False
    wanted = {id(part) for part in several}
    at = [i for i, part in enumerate(home) if id(part) in wanted]
    made = table([[home[i]] for i in at]) if at[-1] - at[0] == len(at) - 1 else None
    if made:
        home[at[0] : at[-1] + 1] = [made]
    return made is not None


def _shortened(parts: Sequence[Part], blocks: Mapping[str, Block]) -> None:
    """Calls without the arguments that are a block's defaults."""
    for part in parts:
        if part.word in blocks:
            defaults = blocks[part.word].params
            part.fields = {key: value for key, value in part.fields.items() if value != defaults[key]}
        for several in part.lists.values():
            _shortened(several, blocks)


# -- modules that need no group -----------------------------------------------------------------------------


def _open(parts: list[Part], is_open: Callable[[Part, list[Part], str], bool], owner: str = "") -> None:
    """Modules without a text of their own: their parts stand in the list."""
    made: list[Part] = []
    for part in parts:
        for several in part.lists.values():
            _open(several, is_open, part.module_class if part.word == "body" else owner)
    for part in parts:
        if part.word == "body" and not part.when and is_open(part, parts, owner) and _freed(part, parts):
            made += part.lists["body"]
        else:
            made.append(part)
    parts[:] = made


def _freed(body: Part, parts: Sequence[Part]) -> bool:
    """Readies the parts of a module to stand in the list around it; not if names would meet."""
    inner = body.lists["body"]
    others = {name for part in parts for name in _names(part, body)}
    if any(part.is_read and part.name in others for part in inner) or (body.is_read and inner[-1].is_read):
        return False
    if body.source and inner[0].source:
        return False
    for part in inner:
        if not part.is_read and (part.name in others or len(inner) == 1):
            part.name = ""
    inner[0].source = inner[0].source or body.source
    if body.is_read or (len(inner) == 1 and not says_nothing(body.name)):
        inner[-1].name, inner[-1].is_read = body.name, body.is_read
    return True


def _names(part: Part, but: Part) -> Iterator[str]:
    if part.name:
        yield part.name
    if part is not but:
        for several in part.lists.values():
            for inner in several:
                yield from _names(inner, but)


def _needs_no_text(body: Part, _: Sequence[Part], owner: str) -> bool:
    return _is_small(body) or _is_inner(body, owner)


def _is_small(body: Part) -> bool:
    inner = body.lists["body"]
    return len(inner) <= SMALL and not any(part.lists for part in inner)


def _is_inner(body: Part, owner: str) -> bool:
    """Whether it is a mere sequence in a module that is more."""
    return is_container(body.module_class) and not is_container(owner)


def _says_little(body: Part, parts: Sequence[Part], _: str) -> bool:
    """Whether a group is most of its list, or hardly anything."""
    inside = lines(body.lists["body"])
    return (
        body.name in {"", "block", "blocks", "body", "features", "layers", "main", "model"}
        or len(body.lists["body"]) < 3
        or inside > 0.6 * lines(parts)
    )
