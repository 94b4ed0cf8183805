"""Following something through the nodes of a network, in written order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcost.network import Input, Node


T = TypeVar("T")


def followed(
    nodes: Sequence[Node],
    start: Mapping[Node | Input, T],
    step: Callable[[Node, Mapping[Node | Input, T]], T],
) -> Iterator[T]:
    """What `step` makes of every node, from what it made of what the node reads.

    What none of these nodes will read again is given up: sets with holes in all of a deep network would take
    gigabytes.
    """
    found = dict(start)
    last = {source: node for node in nodes for source in node.inputs}
    for node in nodes:
        found[node] = made = step(node, found)
        for source in node.inputs:
            if last[source] is node:
                found.pop(source, None)
        yield made


class Follower(ABC, Generic[T]):
    """Follows something through nodes: what positions read, say. Channels may do so apart from each other."""

    @abstractmethod
    def through_input(self, node: Node, position: int, arriving: T) -> T:
        """What a node finds through one of its inputs."""

    @abstractmethod
    def nothing(self, node: Node) -> T:
        """What a node without inputs finds."""

    @abstractmethod
    def united(self, parts: Sequence[T]) -> T:
        """All that is found in several ways at once."""

    @abstractmethod
    def bounded(self, part: T) -> T:
        """The same, of which it is not known that all of it is found."""

    def is_one(self, node: Node, part: T) -> bool:  # noqa: ARG002 - by default it is not
        """Whether a node that reads several tensors which found the same finds nothing else than that."""
        return False

    def through(self, node: Node, found: Mapping[Node | Input, T]) -> T:
        """What a node finds, from what its inputs did."""
        first, *others = (found[source] for source in node.inputs) if node.inputs else (None,)
        if first and others and self.is_one(node, first) and all(other == first for other in others):
            return first
        parts = [
            self.through_input(node, position, found[source]) for position, source in enumerate(node.inputs)
        ]
        return self.merged(parts) if parts else self.nothing(node)

    def merged(self, parts: Sequence[T]) -> T:
        """The union; a single part stays the same object, so that it is measured once."""
        return parts[0] if len(parts) == 1 else self.united(parts)
