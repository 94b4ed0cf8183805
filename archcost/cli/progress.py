"""Long work says on a terminal what it does, and nothing of that is left in the end. Short work is silent."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, TextIO, TypeVar

from archcost.cli.output import columns
from archcost.escape import one_line
from archcost.words.fit import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from threading import Event

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds after which somebody would like to know."""
_EVERY = 0.2
"""Seconds from one line to the next, which takes its place."""
_ERASED = "\r\x1b[K"


class Progress:
    """What is being done, and how much of it is. To say so costs next to nothing, whether it is shown or not.

    >>> doing = Progress()
    >>> doing.step("verifying net.yaml", 8)
    >>> doing.tick()
    >>> doing.text(3)
    'verifying net.yaml: 12 %, 3 s'
    """

    def __init__(self) -> None:
        self._what = "working"
        self._done = 0
        self._length = 0

    def step(self, what: str, length: int = 0) -> None:
        """From now on it is `what`, not shown if empty, of which `length` parts are counted, if any."""
        self._what, self._done, self._length = one_line(what), 0, length

    def tick(self) -> None:
        """One part more is done."""
        self._done += 1

    def counted(self, items: Iterable[T]) -> Iterator[T]:
        """The items, each of them a part that is done when the next one is taken."""
        for item in items:
            yield item
            self.tick()

    def each(self, items: Sequence[T], what: Callable[[T], str]) -> Iterator[T]:
        """The items, and while one is worked on, what is done with it."""
        several = len(items) > 1
        for i, item in enumerate(items, 1):
            text = what(item)
            self.step(text and text + f" ({i} of {len(items)})" * several)
            yield item

    def text(self, seconds: int) -> str:
        """That in a line, empty for nothing."""
        if not self._what:
            return ""
        share = f": {100 * min(self._done, self._length) // self._length} %" if self._length else ""
        return f"{self._what}{share}, {seconds} s"


@contextmanager
def progress(*, quiet: bool = False) -> Generator[Progress]:
    """What to tell how far the work is: shown if standard error is a terminal and nobody wants it quiet."""
    doing = Progress()
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield doing
        return
    from threading import Event, Thread  # noqa: PLC0415 - only terminals need it

    ended = Event()
    # The work itself need not stop for it, nor know of it.
    thread = Thread(target=_show, args=(doing, sys.stderr, ended), daemon=True)
    thread.start()
    try:
        yield doing
    finally:
        ended.set()
        thread.join()


def _show(doing: Progress, terminal: TextIO, ended: Event) -> None:
    """Write a line over the last one until the work has ended, then none."""
    begun = monotonic()
    if ended.wait(PATIENCE):
        return
    try:
        while not ended.is_set():
            line = cut(doing.text(int(monotonic() - begun)), columns(terminal) - 1)
            terminal.write(f"\r{line}\x1b[K")
            terminal.flush()
            ended.wait(_EVERY)
        terminal.write(_ERASED)
        terminal.flush()
    except (OSError, ValueError):  # nobody looks any more
        return
