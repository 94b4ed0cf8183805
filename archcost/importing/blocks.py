"""Makes one block of modules that are alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archcost.importing.alignment import aligned, is_activation, likeness, lines_of
from archcost.importing.elements import is_container
from archcost.importing.parts import Flow, Part, free
from archcost.importing.relations import Scope, say, usual

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


SHAPES = 40
"""Shapes that modules of a class may have to be compared with each other."""

GROUPS = 8
"""Groups of a class that a module is compared with: it bounds how long that takes."""


NETWORK_INPUT = "input of the network"
"""What the network's input is called in a copy of a module: no name, so that it is read from outside."""


@dataclass
class Block:
    """A block of the spec: its parameters with their defaults, and its body."""

    name: str
    body: list[Part]
    params: dict[str, Any] = field(default_factory=dict[str, Any])

    def plain(self) -> dict[str, Any]:
        """As YAML holds it."""
        head: dict[str, Any] = {"params": Flow(self.params)} if self.params else {}
        return {**head, "body": [part.plain() for part in self.body]}


def alike(instances: Sequence[Part]) -> list[list[Part]]:
    """Modules in groups that one text can stand for."""
    by_shape: dict[object, list[Part]] = {}
    for part in instances:
        by_shape.setdefault(tuple(map(likeness, inside(part))), []).append(part)
    if len(by_shape) > SHAPES:
        return [*by_shape.values()]
    found: list[list[Part]] = []
    for same in sorted(by_shape.values(), key=lambda several: -lines(several[0].lists["body"])):
        fitting = (g for g in found[:GROUPS] if aligned([inside(p) for p in (*_each_once(g), same[0])]))
        group = next(fitting, None)
        if group is None:
            found.append([*same])
        else:
            group.extend(same)
    return found


def _each_once(group: Sequence[Part]) -> list[Part]:
    """One of each shape."""
    return [*{tuple(map(likeness, inside(part))): part for part in group}.values()]


def inside(module: Part) -> list[Part]:
    """A copy of what is in a module, where what arrives is called `input`."""
    parts = [part.copy() for part in module.lists["body"]]
    names = {"input": NETWORK_INPUT}
    if module.arriving:
        names[module.arriving] = "input"
    _renamed(parts, names, set())
    return parts


def _renamed(parts: Sequence[Part], names: dict[str, str], taken: set[str]) -> None:
    """Names that do not depend on what stands around a module."""
    for part in parts:
        part.source = tuple(names.get(name, name) for name in part.source)
        part.arriving = names.get(part.arriving, part.arriving)
        for several in part.lists.values():
            _renamed(several, {**names}, {*taken})
        if part.is_read:
            name = free(re.sub(r"_\d+$", "", part.name), taken)
            names[part.name] = part.name = name
            taken.add(name)


def refresh(parts: Sequence[Part], outputs: Sequence[str] = ()) -> None:
    """Notes anew whose name is read, in the list and in the lists in it."""
    read = {*_read(parts), *outputs}
    for part in parts:
        part.is_read = part.name in read
        for several in part.lists.values():
            refresh(several)


def block_of(instances: Sequence[Part], taken: set[str]) -> Block | None:
    """One block for modules that are alike, which become calls of it; None if that saves no lines."""
    if len(instances) < 2:
        return None
    bodies = [inside(part) for part in instances]
    if not all(map(is_closed, bodies)):
        return None
    columns = aligned(bodies)
    if (
        columns is None
        or sum(lines(p.lists["body"]) for p in instances) <= lines_of(columns) + len(instances) + 3
    ):
        return None
    name = _name(instances, taken)
    arriving = {i: part.shape for i, part in enumerate(instances)}
    scope = Scope(arriving, {name, *(c for part in instances for c in counters(part.lists["body"]))})
    block = Block(name, say(columns, arriving, scope))
    for part in instances:
        part.word, part.lists, part.fields, part.module_class = name, {}, {}, ""
    for param, row in scope.rows.items():
        value = usual(row, len(instances))
        block.params[param] = "required" if value is None else value
        for i, part in enumerate(instances):
            part.fields[param] = row.get(i, value)
    return block


def counters(parts: Sequence[Part] | Iterator[Part]) -> Iterator[str]:
    """The variables of the repeats in parts."""
    for part in parts:
        if part.word == "repeat" and isinstance(part.fields["repeat"], dict):
            yield from part.fields["repeat"]
        for several in part.lists.values():
            yield from counters(several)


def is_closed(parts: Sequence[Part]) -> bool:
    """Whether nothing is read by name that does not stand among the parts."""
    return {*_read(parts)} <= {*_named(parts), "input"}


def _read(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        yield from part.source
        for several in part.lists.values():
            yield from _read(several)


def _named(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        if part.is_read:
            yield part.name
        for several in part.lists.values():
            yield from _named(several)


def lines(parts: Sequence[Part]) -> int:
    """Roughly how many lines parts take."""
    return sum(1 + sum(1 + lines(several) for several in part.lists.values() if several) for part in parts)


def snake(module_class: str) -> str:
    """A class as the name of a block.

    >>> snake("InvertedResidual"), snake("SEModule"), snake("Conv2dNormActivation"), snake("C2f")
    ('inverted_residual', 'se_module', 'conv2d_norm_activation', 'c2f')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", module_class)
    return spaced.lower().strip("_")


def _name(instances: Sequence[Part], taken: set[str]) -> str:
    """The class in small letters; of a mere sequence what the instances' names have in common."""
    name = snake(instances[0].module_class)
    if is_container(instances[0].module_class):
        names = [part.name for part in instances if part.name]
        stem = names[0].rstrip("0123456789_") if names else ""
        name = stem if stem and all(n.startswith(stem) for n in names) else "stage"
    words = {inner.word for part in instances for inner in part.lists["body"] if is_activation(inner)}
    if name.endswith("_act") and len(words) == 1:
        name = name.removesuffix("act") + words.pop()
    return free(name, taken)
