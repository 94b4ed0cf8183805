"""Would the tests notice? Changes archcost in small ways, one at a time in a copy, and runs what might fail.

    python -m tests.mutation.run --record                  # once: which tests run which statements
    python -m tests.mutation.run --samples 300 --seed 1    # of geometry, layers, passes, kernels
    python -m tests.mutation.run --samples 300 --seed 1 --of rest
    python -m tests.mutation.run --only archcost/windows/window.py --samples 40

Every change that no test notices is printed. It either is the same program, and gets its reason in
`equivalent.py`, or a test is missing.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from fcntl import LOCK_EX, LOCK_NB, flock
from math import sqrt
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from tests.mutation.changes import Change, changes
from tests.mutation.equivalent import reason
from tests.mutation.record import LONGEST, Record
from tests.mutation.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NUMBERS = (
    "archcost/windows/window.py",
    "archcost/layers/",
    "archcost/passes/",
    "archcost/execute/kernels/",
    "archcost/windows/apart.py",
    "archcost/windows/channels.py",
    "archcost/dilation/published_rules.py",
    "archcost/windows/moves.py",
    "archcost/windows/slides.py",
    "archcost/windows/offsets.py",
    "archcost/windows/reach.py",
    "archcost/windows/rearrangement.py",
)
"""Where a wrong number would come from."""

NEEDS_TORCH = ("archcost/execute/against_torch.py", "archcost/execute/torch_counterparts/")
"""What only tests/peers run, and only where PyTorch is: no change of it would be noticed here."""

NOTHING_RAN = 5
"""Pytest's exit code if all tests of a file are left out."""

BATCHES = (6.0, 24.0, 96.0, 400.0)
"""Seconds that the tests of a batch took unchanged: the quickest come first, and mostly suffice."""


def main() -> None:
    """Read the flags, and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--record",
        nargs="*",
        metavar="PATH",
        help="measure the tests that are new or edited: all, or of these",
    )
    parser.add_argument("--of", choices=["numbers", "rest"], default="numbers", help="where changes are made")
    parser.add_argument(
        "--only", nargs="+", metavar="PATH", help="instead: files, or beginnings of their paths"
    )
    parser.add_argument("--samples", type=int, default=0, help="how many changes")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other changes")
    parser.add_argument(
        "--skip", type=int, default=0, help="leave out the first of them: go on where it ended"
    )
    parser.add_argument("--seconds", type=float, default=600.0, help="of tests per change, at most")
    parser.add_argument("--list", action="store_true", help="say what would be changed, and run nothing")
    parser.add_argument("--cache", type=Path, default=Path(gettempdir()) / "archcost-mutation")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    with (given.cache / "lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            parser.error(f"{given.cache} is in use; name another folder by --cache")
        run(given)


def run(given: argparse.Namespace) -> None:
    """Do what the flags say, in a copy that nobody else changes."""
    tree = Tree(given.cache / "tree")
    tree.bring()
    record = Record(tree, given.cache / "record.json")
    if given.record is not None:
        measure(record, given.record)
    elif left := record.missing():
        print(f"{len(left)} files of tests are not measured and do not run: --record")
    found = sampled(tree, given.of, given.only, given.seed)[given.skip :][: given.samples]
    if given.list:
        print(*found, sep="\n")
    else:
        summary(Counter(judged(record, found, given.seconds)))


def measure(record: Record, of: Sequence[str]) -> None:
    """Measure the tests that are not: those of paths that begin so."""
    left = [suite for suite in record.missing() if not of or suite.startswith(tuple(of))]
    for i, suite in enumerate(left, 1):
        record.measure(suite)
        found = record.suites[suite]
        print(f"{i}/{len(left)} {suite}: {found['seconds']:.0f} s", *found["failing"], flush=True)


def sampled(tree: Tree, of: str, only: Sequence[str] | None, seed: int) -> list[Change]:
    """All changes of a part of the program, shuffled."""
    prefixes = tuple(only or NUMBERS)
    wanted = of == "numbers" or bool(only)
    sources = [
        path
        for path in tree.sources()
        if path.startswith(prefixes) == wanted and not path.startswith(NEEDS_TORCH)
    ]
    found = [change for path in sources for change in changes(path, tree.read(path).decode())]
    random.Random(seed).shuffle(found)  # noqa: S311 - no secret
    return found


def judged(record: Record, found: Sequence[Change], seconds: float) -> Iterator[str]:
    """What became of every change: noticed, endless (noticed, too), unnoticed, equivalent or no program."""
    judge = Judge(record, seconds)
    for i, change in enumerate(found, 1):
        what, by = judge.of(change)
        if what == "unnoticed" and (why := reason(change, record.tree.read(change.path).decode())):
            what, by = "equivalent", why
        print(f"{i} {what} ({by}) {change}", flush=True)
        yield what


class Judge:
    """Runs the tests that may notice a change, for so many seconds at most."""

    def __init__(self, record: Record, seconds: float) -> None:
        self._record = record
        self._seconds = seconds
        self._failing = set(record.failing)
        self._passing: set[str] = set()

    def of(self, change: Change) -> tuple[str, str]:
        """Whether the tests notice a change, and which one does."""
        if not change.makes_another_program(self._record.tree.read(change.path)):
            return "no program", "the same, or a syntax error"
        names, ran = self._record.covering(change), 0
        for batch in batches(self._record, names, self._seconds):
            if found := self._noticed(change, batch):
                return found
            ran += len(batch)
        return "unnoticed", f"{ran} of {len(names)} files of tests ran"

    def _noticed(self, change: Change, batch: list[str]) -> tuple[str, str] | None:
        """By which test of a few files, if any does."""
        limit = 5 * sum(self._record.seconds[one] for one in batch) + 20
        while True:
            with self._record.tree.changed(change):
                left_out = (f"--deselect={one}" for one in sorted(self._failing))
                outcome = self._record.tree.test(batch, limit, "-x", *left_out)
            if outcome.code is None:
                return "endless", f"one of {', '.join(batch)}"
            if outcome.code in {0, NOTHING_RAN}:
                return None
            by = next(iter(outcome.failing), batch[0])
            if self._passes(by):
                return "noticed", by

    def _passes(self, test: str) -> bool:
        """Whether a test passes when nothing is changed; from now on, one that does not is left out."""
        if test not in self._passing:
            only_collected = [] if "::" in test else ["--collect-only"]
            outcome = self._record.tree.test([test], LONGEST, *only_collected)
            (self._failing if outcome.code else self._passing).add(test)
        return test in self._passing


def batches(record: Record, names: Sequence[str], seconds: float) -> Iterator[list[str]]:
    """The files of tests, quickest first, in ever longer runs, as far as the time goes."""
    batch: list[str] = []
    limits, spent, all_of_it = iter(BATCHES), 0.0, 0.0
    limit = next(limits)
    for name in names:
        took = record.seconds[name]
        if all_of_it + took > seconds:
            break
        if batch and spent + took > limit:
            yield batch
            batch, spent, limit = [], 0.0, next(limits, limit)
        batch.append(name)
        spent, all_of_it = spent + took, all_of_it + took
    if batch:
        yield batch


def summary(counts: Counter[str]) -> None:
    """The share that is noticed, of those that are other programs, with its 95 % interval (Wilson)."""
    noticed = counts["noticed"] + counts["endless"]
    judged_ones = noticed + counts["unnoticed"]
    print(", ".join(f"{n} {what}" for what, n in sorted(counts.items())))
    if judged_ones:
        low, high = wilson(noticed, judged_ones)
        share = noticed / judged_ones
        print(f"{noticed} of {judged_ones} noticed: {share:.1%}, 95 % interval {low:.1%} to {high:.1%}")


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share.

    >>> [round(end, 3) for end in wilson(207, 225)]
    [0.877, 0.949]
    """
    share, more = hits / of, z * z / of
    middle, half = share + more / 2, z * sqrt(share * (1 - share) / of + more / (4 * of))
    return (middle - half) / (1 + more), (middle + half) / (1 + more)


if __name__ == "__main__":
    main()
