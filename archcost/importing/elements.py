"""The items of a spec as a tree: groups and branches, each with what it reads and what it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.importing.items import Item

Tensor: TypeAlias = "Item | str"
"""What an item reads: another item, or an input by its name."""


@dataclass(eq=False)
class Leaf:
    """A single item."""

    item: Item
    name: str = ""
    depth: int = 0

    @property
    def reads(self) -> tuple[Tensor, ...]:
        """What it reads, in order."""
        return self.item.sources

    @property
    def output(self) -> Tensor:
        """What leaves."""
        return self.item

    def items(self) -> Iterator[Item]:
        """All items in it."""
        yield self.item

    def lists(self) -> list[list[Element]]:
        """The lists of elements in it."""
        return []


@dataclass(eq=False)
class Body:
    """The elements of a module, in a row."""

    children: list[Element]
    name: str = ""
    module_class: str = ""

    @property
    def depth(self) -> int:
        """How deep branches stand in each other in it."""
        return depth(self.children)

    @property
    def reads(self) -> tuple[Tensor, ...]:
        """What it reads from outside, in order, each once."""
        return outside(self.children)

    @property
    def output(self) -> Tensor:
        """What the last one makes."""
        return self.children[-1].output

    def items(self) -> Iterator[Item]:
        """All items in it."""
        for child in self.children:
            yield from child.items()

    def lists(self) -> list[list[Element]]:
        """The lists of elements in it."""
        return [self.children]


@dataclass(eq=False)
class Branches:
    """Lists side by side on one tensor, and what joins them. An empty one hands the tensor on."""

    fork: Tensor
    ways: list[list[Element]]
    merge: Item
    name: str = ""
    depth: int = 1

    @property
    def reads(self) -> tuple[Tensor, ...]:
        """The tensor that all of them read, and what else they read."""
        within = {id(item) for item in self.items()}
        others = (read for way in self.ways for element in way for read in element.reads)
        return (self.fork, *(read for read in others if read is not self.fork and id(read) not in within))

    @property
    def output(self) -> Tensor:
        """What is joined."""
        return self.merge

    def items(self) -> Iterator[Item]:
        """All items in it."""
        for way in self.ways:
            for element in way:
                yield from element.items()
        yield self.merge

    def lists(self) -> list[list[Element]]:
        """The lists of elements in it."""
        return self.ways


def depth(elements: Sequence[Element]) -> int:
    """How deep branches stand in each other in a list."""
    return max((element.depth for element in elements), default=0)


Element: TypeAlias = "Leaf | Body | Branches"


def is_container(module_class: str) -> bool:
    """Whether a class says nothing of what is in it."""
    return module_class in {"", "Sequential", "ModuleList", "ModuleDict"}


def outside(children: Sequence[Element]) -> tuple[Tensor, ...]:
    """What a list reads that it does not make."""
    made = {id(item) for child in children for item in child.items()}
    found: dict[int, Tensor] = {}
    for child in children:
        for read in child.reads:
            if id(read) not in made:
                found.setdefault(id(read), read)
    return tuple(found.values())
