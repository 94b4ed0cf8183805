"""Random specs and damaged ones through every command, as many as there is time for.

    python -m tests.fuzz.explore --count 10000 --seed 1
    python -m tests.fuzz.explore --count 1000 --damages 20 --each 2

Nothing may end in an error of ours, in a traceback, with an exit code of another meaning, or not at all. What
does is printed once, with its spec and its command line in a folder; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.fuzz.commands import trial

if TYPE_CHECKING:
    from tests.fuzz.commands import Ended

MEMORY = 6 * 2**30
"""Bytes of address space: what asks for more fails at once, and is found."""


class Found:
    """What went wrong, each kind once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.kinds: Counter[str] = Counter()

    def note(self, seed: str, ended: Ended, what: str) -> None:
        """Keep the specs of a command that ended wrongly."""
        frame = [line.strip() for line in ended.err.splitlines() if line.strip().startswith("File ")][-1:]
        key = f"{ended.args[0]}: {what if frame == [] else what.split(':', maxsplit=1)[0]} {' '.join(frame)}"
        self.kinds[key] += 1
        if self.kinds[key] > 1:
            return
        name = f"{len(self.kinds):03}"
        specs = [Path(arg) for arg in ended.args if arg.endswith(".yaml")]
        texts = [spec.read_text(errors="surrogateescape") for spec in specs if spec.is_file()]
        head = f"# seed {seed}: archcost {' '.join(ended.args)}\n# {what}\n# {' '.join(frame)}\n"
        report = self._folder / f"{name}.yaml"
        report.write_text(head + "\n# ---- the other one ----\n".join(texts), errors="surrogateescape")
        print(f"{report}: {key}", flush=True)


def explore(count: int, seed: int, folder: Path, *, damages: int, each: int | None) -> Found:
    """So many sound specs through all commands, and what damage makes of them through all or `each` a few."""
    found = Found(folder)
    began, slowest = time.monotonic(), Counter[str]()
    for i in range(count):
        before = time.monotonic()
        for ended, what in trial(Random(f"{seed} {i}"), folder, damages=damages, each=each):
            before, took = time.monotonic(), time.monotonic() - before
            slowest[ended.args[0]] = max(slowest[ended.args[0]], round(1000 * took))
            disagrees = ended.args[0] == "verify" and ended.code == 1
            if what or disagrees:
                found.note(f"{seed} {i}", ended, what or "what is measured is not as predicted")
        if (i + 1) % 500 == 0:
            rate = (time.monotonic() - began) / (i + 1)
            print(
                f"{i + 1}: {1000 * rate:.0f} ms each; the slowest of each command in ms: {dict(slowest)}",
                flush=True,
            )
    return found


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000, help="sound specs")
    parser.add_argument("--damages", type=int, default=1, help="damaged specs that are made of each")
    parser.add_argument("--each", type=int, help="commands that a damaged spec goes through; all without")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="for what went wrong; a new one without")
    given = parser.parse_args()
    folder = given.folder or Path(mkdtemp(prefix="fuzz-"))
    folder.mkdir(exist_ok=True, parents=True)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ["ARCHCOST_DEBUG"] = "1"
    found = explore(given.count, given.seed, folder, damages=given.damages, each=given.each)
    for key, times in found.kinds.most_common():
        print(f"{times:6} × {key}")
    return 1 if found.kinds else 0


if __name__ == "__main__":
    sys.exit(main())
