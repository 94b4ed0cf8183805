"""Which channels of a tensor read what: runs of channels, each with the sources it depends on.

Sources are numbers the caller gives out. After a concat channels differ, a slice picks some of them, and
what mixes channels makes them alike again.
"""

from __future__ import annotations

from itertools import accumulate, groupby
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RUNS = 4096
"""More runs than this are not told apart, nor the runs of more channels than this; see `Channels.blurred`."""

Sources: TypeAlias = frozenset[int]


def _union(several: Iterable[Sources]) -> Sources:
    return Sources().union(*dict.fromkeys(several))


class ChannelRun(NamedTuple):
    """So many neighbouring channels that depend on the same sources."""

    length: int
    sources: Sources


class Channels(NamedTuple):
    """The channels of one tensor.

    Attributes:
        runs: in order; neighbours differ.
        blurred: a single channel may depend on less than its run says, all together do not.
        bounded: channels were picked from blurred ones: even all together may depend on less.

    >>> joined = concatenated([alike(2, 0), alike(4, 1)])
    >>> [(run.length, *run.sources) for run in joined.picked(1, 4).runs]
    [(1, 0), (2, 1)]
    """

    runs: tuple[ChannelRun, ...]
    blurred: bool = False
    bounded: bool = False

    @property
    def total(self) -> int:
        """How many channels there are."""
        return sum(run.length for run in self.runs)

    @property
    def differ(self) -> bool:
        """Whether some channels depend, or may depend, on other sources than others."""
        return len(self.runs) > 1 or self.blurred

    @property
    def sources(self) -> Sources:
        """What all channels together depend on."""
        return _union(run.sources for run in self.runs)

    def picked(self, first: int, last: int) -> Channels:
        """The channels from `first` up to, not with, `last`."""
        runs: list[ChannelRun] = []
        start = 0
        for run in self.runs:
            length = min(last, start + run.length) - max(first, start)
            if length > 0:
                runs.append(ChannelRun(length, run.sources))
            start += run.length
        return self._replace(runs=tuple(runs), bounded=self.blurred)

    def listed(self, rows: Sequence[Sequence[int]]) -> Channels:
        """One channel per row, which depends on the channels the row lists."""
        if self.total > RUNS:
            return mixed([self], len(rows))._replace(blurred=True, bounded=True)
        single = self._singly()
        runs = [ChannelRun(1, _union(single[i] for i in row)) for row in rows]
        return _channels(runs, blurred=self.blurred)._replace(bounded=self.blurred)

    def mirrored(self) -> Channels:
        """The channels in the other order."""
        return self._replace(runs=self.runs[::-1])

    def grouped(self, groups: int, channels: int) -> Channels:
        """As many channels, in groups: each depends on the same share of those that arrive."""
        if groups == 1:
            return mixed([self], channels)
        if not self._is_told_apart():
            return blurred_together([self], channels)
        if groups == self.total:
            times = channels // groups
            return self._replace(runs=tuple(ChannelRun(n * times, sources) for n, sources in self.runs))
        single = self._singly()
        share = len(single) // groups
        runs = [
            ChannelRun(channels // groups, _union(single[i * share : (i + 1) * share])) for i in range(groups)
        ]
        return _channels(runs, blurred=self.blurred)

    def dealt(self, groups: int) -> Channels:
        """Channel j of group i becomes channel `j * groups + i`."""
        if not self._is_told_apart():
            return blurred_together([self], self.total)
        single = self._singly()
        share = len(single) // groups
        order = [ChannelRun(1, single[i * share + j]) for j in range(share) for i in range(groups)]
        return _channels(order, blurred=self.blurred)

    def _is_told_apart(self) -> bool:
        return len(self.runs) > 1 and self.total <= RUNS

    def _singly(self) -> list[Sources]:
        return [run.sources for run in self.runs for _ in range(run.length)]


def _channels(runs: Iterable[ChannelRun], *, blurred: bool) -> Channels:
    """Neighbours that are alike become one run; too many runs are blurred."""
    merged = tuple(
        ChannelRun(sum(run.length for run in alike), sources)
        for sources, alike in groupby(runs, key=lambda run: run.sources)
    )
    together = Channels(merged, blurred)
    return together if len(merged) <= RUNS else blurred_together([together], together.total)


def alike(channels: int, *sources: int) -> Channels:
    """Channels that all depend on the same sources."""
    return Channels((ChannelRun(channels, frozenset(sources)),))


def mixed(arriving: Sequence[Channels], channels: int) -> Channels:
    """As many channels, each of which depends on all that arrive."""
    return alike(channels, *_union(one.sources for one in arriving))


def blurred_together(arriving: Sequence[Channels], channels: int) -> Channels:
    """As many channels of which only is known what they depend on together."""
    several = any(len(one.runs) > 1 or one.blurred for one in arriving) or len(arriving) > 1
    return mixed(arriving, channels)._replace(blurred=several)


def in_a_row(arriving: Channels, elements: int) -> Channels:
    """The channels of a vector, each of which was one position of a channel that arrives."""
    return blurred_together([arriving], elements)


def concatenated(arriving: Sequence[Channels]) -> Channels:
    """The channels of several tensors, one after the other."""
    return _channels([run for one in arriving for run in one.runs], blurred=any(c.blurred for c in arriving))


def overlaid(arriving: Sequence[Channels]) -> Channels:
    """Every channel depends on the one at its place in each tensor; a single one stands at every place."""
    first, *others = arriving
    if not others:
        return first
    total = max(one.total for one in arriving)
    full = [one if one.total == total else alike(total, *one.sources) for one in arriving]
    ends = sorted({end for one in full for end in accumulate(run.length for run in one.runs)})
    pieces = [ChannelRun(end - start, frozenset()) for start, end in zip([0, *ends], ends, strict=False)]
    for one in full:
        pieces = list(_united(pieces, one.runs))
    return _channels(pieces, blurred=any(one.blurred for one in arriving))


def _united(pieces: Iterable[ChannelRun], runs: Sequence[ChannelRun]) -> Iterable[ChannelRun]:
    """The pieces, none of which crosses a border of a run, with the sources of the run around them."""
    ends = list(accumulate(run.length for run in runs))
    start = i = 0
    for piece in pieces:
        while start >= ends[i]:
            i += 1
        yield ChannelRun(piece.length, piece.sources | runs[i].sources)
        start += piece.length
