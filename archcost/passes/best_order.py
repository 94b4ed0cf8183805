"""The order of a network's nodes that needs the least memory.

Finding it is NP-hard in general, so the search is bounded. What makes most networks easy:

- no order avoids a node's own inputs and output: where the written order meets that bound, it is best;
- a node that everything before it leads to, and that leads to everything after it, stands at the same place
  in every order: the stretches between such nodes are solved one by one, and a chain has nothing to solve;
- nodes that can run one after the other and leave no more alive than they found may as well run now.
"""

from __future__ import annotations

from itertools import accumulate
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.passes.liveness import Plan

_LONGEST_RUN = 32
"""How far `_OrderSearch._follow` looks ahead: longer than the body of any usual residual block."""


def least_peak(plan: Plan, needs: list[int], limit: int) -> tuple[int, bool]:
    """The least peak found over all orders, and whether no order needs less.

    Args:
        plan: the network as numbers.
        needs: elements alive during each step of the written order.
        limit: steps to try.
    """
    best, exact = max(map(plan.own_need, range(len(plan.reads)))), True
    if best == max(needs):
        return best, exact
    for start, stop in sorted(_stretches(plan), key=lambda stretch: stretch[1] - stretch[0]):
        found, proven = max(needs[start:stop]), stop - start == 1
        if not proven and found > best:
            search = _OrderSearch(plan, start, stop, needs[start] - plan.made(start), limit)
            found, proven = search.improve(found, best)
            limit = search.left
        if found > best:
            best, exact = found, proven
    return best, exact


def _stretches(plan: Plan) -> Iterator[tuple[int, int]]:
    """Steps [start, stop) that some best order runs in one piece, the last of them at its end.

    A step ends a stretch if all before it lead to it (each is read by then) and it leads to all after it
    (none of them reads only what was made before). `analyze` needs this for every network, so it takes two
    passes, and no import of networkx; whose dominators would know nothing of aliases and learned tensors.
    """
    steps = len(plan.reads)
    first_use = [steps] * len(plan.sizes)
    for step in range(steps - 1, -1, -1):
        for t in plan.reads[step]:
            first_use[t] = step
    links = (_link(plan, step) for step in range(steps - 1, -1, -1))
    oldest_link = list(accumulate(links, min, initial=steps))[-2::-1]
    start, open_until = 0, 0
    for step in range(steps):
        if open_until <= step <= oldest_link[step]:
            yield start, step + 1
            start = step + 1
        open_until = max(open_until, first_use[plan.inputs + step])
    if start < steps:
        yield start, steps


def _link(plan: Plan, step: int) -> int:
    """The last step that one has to wait for; -1 for none.

    A learned tensor waits for nothing, but loses nothing by waiting for its first reader: it holds up no
    end of a stretch, neither as a step nor as what a step reads.
    """
    if not plan.reads[step] and plan.last_use[plan.inputs + step] >= 0:
        return len(plan.reads)
    makers = (t - plan.inputs for t in plan.reads[step] if t >= plan.inputs)
    return max((maker for maker in makers if plan.reads[maker]), default=-1)


class _NoStepLeftError(Exception):
    """As many steps were tried as may be."""


class _OrderSearch:
    """Orders of one stretch, depth first, run and undone in place.

    What ran follows from what is ready, so the set of ready steps is the whole state; one that failed once
    need not be tried again, because bounds only get tighter.
    """

    def __init__(self, plan: Plan, start: int, stop: int, live: int, limit: int) -> None:
        self.left = limit
        self._plan = plan
        self._live = live
        self._readers: dict[int, list[int]] = {t: [] for t in range(plan.inputs + start, plan.inputs + stop)}
        self._missing: dict[int, int] = {}
        for step in range(start, stop):
            self._missing[step] = sum(t >= plan.inputs + start for t in plan.reads[step])
            for t in plan.reads[step]:
                self._readers.setdefault(t, []).append(step)
        # What is read after the stretch has one more use, which never comes.
        self._uses = {t: len(steps) + (plan.last_use[t] >= stop) for t, steps in self._readers.items()}
        self._ready = {step: None for step, missing in self._missing.items() if not missing}
        self._trail: list[tuple[int, int]] = []
        self._outlooks: dict[int, tuple[int, int]] = {}
        self._failed: set[frozenset[int]] = set()

    def improve(self, written: int, enough: int) -> tuple[int, bool]:
        """The least peak found, and whether it is that of the best order, or `enough`."""
        best = written
        try:
            while best > enough and (found := self._below(best)) is not None:
                best = found
        except _NoStepLeftError:
            return best, False
        return best, True

    def _below(self, bound: int) -> int | None:
        """The peak of some order that stays below the bound; None if there is none."""
        self._undo(0)
        self._settle(bound, list(self._ready))
        path: list[tuple[int, frozenset[int], list[int]]] = []
        while self._ready:
            state = frozenset(self._ready)
            path.append((len(self._trail), state, [] if state in self._failed else self._choices(bound)))
            while path and not path[-1][2]:
                self._failed.add(path.pop()[1])
            if not path:
                return None
            mark, _, choices = path[-1]
            self._undo(mark)
            live = self._live
            self._run(choices.pop())
            self._settle(bound, self._touched(mark, live))
        return max(live + self._plan.made(step) for step, live in self._trail)

    def _settle(self, bound: int, candidates: list[int]) -> None:
        """Run whatever can go first in some best order.

        Let nodes run one after the other, each reading the one before, until no more is alive than before
        the first. What is alive is a submodular function of what ran, so having run them lowers what any
        later step finds, or leaves it: every order from here can be changed to begin with them.
        """
        while candidates:
            step = candidates.pop()
            mark, live = len(self._trail), self._live
            if step in self._ready and self._pays_off(step, bound):
                candidates += self._touched(mark, live)

    def _touched(self, mark: int, live: int) -> list[int]:
        """Ready steps that may pay off now, and did not when `mark` steps had run and `live` were alive."""
        if self._live < live:
            return list(self._ready)
        touched: list[int] = []
        for step, _ in self._trail[mark:]:
            touched += self._readers[self._plan.inputs + step]
            for t in self._plan.reads[step]:
                if self._uses[t] == 1:
                    touched += self._readers[t]
        return touched

    def _pays_off(self, step: int, bound: int) -> bool:
        mark, live = len(self._trail), self._live
        if any(self._live <= live for _ in self._follow(step, bound)):
            return True
        self._undo(mark)
        return False

    def _choices(self, bound: int) -> list[int]:
        """Ready steps to try from here, the most promising one last."""
        self.left -= len(self._ready)
        fits = (step for step in self._ready if self._live + self._plan.made(step) < bound)
        return sorted((step for step in fits if self._is_wanted(step)), key=self._outlook)

    def _outlook(self, step: int) -> tuple[int, int]:
        """How far it falls from the highest to the lowest point ahead of a step, then how low that is.

        The steepest first is best for independent chains (Liu 1987); elsewhere it is a good guess, so one
        look per step is enough.
        """
        if step not in self._outlooks:
            mark, live = len(self._trail), self._live
            ahead = [(self._live, hill) for hill in self._follow(step, inf)]
            self._undo(mark)
            low = ahead.index(min(ahead))
            top = max(hill for _, hill in ahead[: low + 1])
            self._outlooks[step] = (top - ahead[low][0], live - ahead[low][0])
        return self._outlooks[step]

    def _follow(self, step: int, bound: float) -> Iterator[int]:
        """Run a step, then one that it opened, and so on, below the bound; what is alive during each."""
        for _ in range(_LONGEST_RUN):
            alive = self._live + self._plan.made(step)
            if alive >= bound:
                return
            opened = self._run(step)
            yield alive
            if not opened:
                return
            step = opened[-1]

    def _is_wanted(self, step: int) -> bool:
        """False for a learned tensor as long as each of its readers waits for something else, too."""
        if self._plan.reads[step]:
            return True
        readers = self._readers[self._plan.inputs + step]
        return not readers or any(self._missing[r] == self._learned(r) for r in readers)

    def _learned(self, step: int) -> int:
        """How many learned tensors a step still waits for."""
        makers = (t - self._plan.inputs for t in self._plan.reads[step])
        return sum(maker in self._ready and not self._plan.reads[maker] for maker in makers)

    def _run(self, step: int) -> list[int]:
        """Run a ready step; the steps that became ready by it."""
        if self.left <= 0:
            raise _NoStepLeftError
        self.left -= 1
        made = self._plan.inputs + step
        self._trail.append((step, self._live))
        if self._uses[made]:
            self._live += self._plan.sizes[made]
        for t in self._plan.reads[step]:
            self._uses[t] -= 1
            if not self._uses[t]:
                self._live -= self._plan.sizes[t]
        del self._ready[step]
        opened: list[int] = []
        for reader in self._readers[made]:
            self._missing[reader] -= 1
            if not self._missing[reader]:
                opened.append(reader)
                self._ready[reader] = None
        return opened

    def _undo(self, mark: int) -> None:
        """Back to when `mark` steps had run."""
        while len(self._trail) > mark:
            step, self._live = self._trail.pop()
            for t in self._plan.reads[step]:
                self._uses[t] += 1
            for reader in self._readers[self._plan.inputs + step]:
                if not self._missing[reader]:
                    del self._ready[reader]
                self._missing[reader] += 1
            self._ready[step] = None
