"""Stacks of tensors: what one item pushes, another pops, the last one first, or takes all at once.

A network has stacks of its own, and so has every call of a block. They are filled and emptied in the order in
which nodes are made, which is the written order, however deep in repeats and branches the items stand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from archcost.network import Unused
from archcost.spec.problems import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.spec.document import Push, Ref
    from archcost.spec.scope import Wire


class Stacks:
    """The stacks of one body, by name."""

    def __init__(self) -> None:
        self._held: dict[str, list[tuple[Wire, Push]]] = defaultdict(list)
        self._pushed: Counter[str] = Counter()

    def push(self, wire: Wire, on: Push) -> None:
        """Put a tensor on a stack."""
        self._held[on.stack].append((wire, on))
        self._pushed[on.stack] += 1

    def pop(self, ref: Ref) -> list[tuple[Wire, Push]]:
        """Take the last tensor off a stack, or all of them, in the order in which they were pushed.

        Raises:
            Mistake: there is none.
        """
        name = ref.stack or ""
        if held := self._held[name]:
            taken = held[0 if ref.takes_all else -1 :]
            del held[-len(taken) :]
            return taken
        pushed = self._pushed[name]
        why = f"none of the {pushed} pushed before is left" if pushed else "nothing is pushed on it before"
        raise Mistake(ref.place, f"{ref.text}: the stack is empty here: {why}")

    def put_back(self, taken: list[list[tuple[Wire, Push]]]) -> None:
        """Undo pops, given in their order."""
        for together in reversed(taken):
            self._held[together[0][1].stack] += together

    def left_over(self) -> Iterator[Unused]:
        """What remains on stacks from which something was popped: the first such push of each."""
        for name, held in self._held.items():
            if 0 < len(held) < self._pushed[name]:
                _, push = held[0]
                yield Unused("pushed", name, push.place, f"{len(held)} of {self._pushed[name]}")
