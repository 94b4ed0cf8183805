"""How a layer hands weights back from what it makes to what it reads, along some axes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archcost.windows.window import Axes, Window

    Weights: TypeAlias = NDArray[np.float64]

Span: TypeAlias = tuple[int, int]
"""The first and the last position along an axis."""

Extent: TypeAlias = tuple[Span, ...]
"""A span per axis that is kept."""


class Backward:
    """A layer that reads one position: it hands on what it is given."""

    def extent(self, extent: Extent) -> Extent | None:
        """The positions that are read; None if there are none."""
        return extent

    def phases(self, extent: Extent) -> int:  # noqa: ARG002 - as the others
        """How many kinds of outputs an extent has, which are handed back one kind after the other."""
        return 1

    def additions(self, extent: Extent) -> int:  # noqa: ARG002 - as the others
        """How many it takes to hand back the weights of an extent."""
        return 0

    def hand_back(self, weights: Weights, extent: Extent) -> Weights:  # noqa: ARG002 - as the others
        """The weights of the positions that are read."""
        return weights


class BackwardSum(Backward):
    """A layer that reads position 0 along some axes, wherever the output lies, as a broadcast does.

    `origins` has an entry per axis of the source: the reader's axis it follows, or None.
    """

    def __init__(self, origins: Sequence[int | None]) -> None:
        self._origins = origins

    def extent(self, extent: Extent) -> Extent:
        """Position 0 where no axis is followed."""
        return tuple((0, 0) if axis is None else extent[axis] for axis in self._origins)

    def additions(self, extent: Extent) -> int:
        """Every weight is added once."""
        return positions_of(extent)

    def hand_back(self, weights: Weights, extent: Extent) -> Weights:
        """Summed over the axes that are not followed."""
        others = tuple(axis for axis in range(weights.ndim) if axis not in self._origins)
        sizes = [last - first + 1 for first, last in self.extent(extent)]
        return weights.sum(axis=others).reshape(sizes)


class BackwardWindow(Backward):
    """A window, seen along the axes that are kept; along the others every output adds up to `factor`."""

    def __init__(self, window: Window, axes: Axes, factor: float, *, mean: bool) -> None:
        self._window = window
        self._axes = axes
        self._factor = factor
        self._mean = mean
        self._known: dict[tuple[Span, int], list[_Pattern]] = {}

    def extent(self, extent: Extent) -> Extent | None:
        """From the first position that any output reads to the last."""
        spans = [self._span(span, axis) for span, axis in zip(extent, self._axes, strict=True)]
        found = tuple(span for span in spans if span)
        return found if len(found) == len(spans) else None

    def phases(self, extent: Extent) -> int:
        """Along any axis, the most phases that the outputs of an extent have."""
        each = zip(extent, self._axes, strict=True)
        return max((min(self._window.period(i)[0], b - a + 1) for (a, b), i in each), default=1)

    def additions(self, extent: Extent) -> int:
        """An addition per weight and tap, axis after axis."""
        total, sizes = 0, [last - first + 1 for first, last in extent]
        for i, axis in enumerate(self._axes):
            total += prod(sizes) * max((len(p.reads) for p in self._patterns(extent[i], axis)), default=0)
            first, last = self._span(extent[i], axis) or (0, 0)
            sizes[i] = last - first + 1
        return total

    def hand_back(self, weights: Weights, extent: Extent) -> Weights:
        """One axis after the other: windows are products over their axes."""
        for i, (span, axis) in enumerate(zip(extent, self._axes, strict=True)):
            weights = self._along(weights, i, span, axis)
        return weights if self._factor == 1 else weights * self._factor

    def _patterns(self, span: Span, axis: int) -> list[_Pattern]:
        """What is read from a span of outputs, phase by phase; phases that read nothing are left out."""
        if (span, axis) not in self._known:
            self._known[span, axis] = [*self._new_patterns(span, axis)]
        return self._known[span, axis]

    def _new_patterns(self, span: Span, axis: int) -> Iterator[_Pattern]:
        first, last = span
        period, step = self._window.period(axis)
        for u in range(first, min(first + period, last + 1)):
            if reads := self._window.reads(axis, u):
                yield _Pattern(u - first, period, reads, step, (last - u) // period + 1)

    def _span(self, span: Span, axis: int) -> Span | None:
        patterns = self._patterns(span, axis)
        if not patterns:
            return None
        return min(p.reads[0] for p in patterns), max(
            p.reads[-1] + (p.outputs - 1) * p.step for p in patterns
        )

    def _along(self, weights: Weights, i: int, span: Span, axis: int) -> Weights:
        import numpy as np  # noqa: PLC0415 - only some commands need it

        patterns = self._patterns(span, axis)
        if len(patterns) == 1 and patterns[0].moves_only:
            return weights
        low, high = self._span(span, axis) or (0, 0)
        result = np.zeros((*weights.shape[:i], high - low + 1, *weights.shape[i + 1 :]))
        source, target = np.moveaxis(weights, i, 0), np.moveaxis(result, i, 0)
        for pattern in patterns:
            part = source[pattern.start :: pattern.period]
            part = part / len(pattern.reads) if self._mean else part
            for slots, weight in pattern.handed_back(part, low):
                target[slots] += weight
        return result


class BackwardChain(Backward):
    """Several steps from what a layer makes back to what it reads, one after the other."""

    def __init__(self, steps: Sequence[Backward]) -> None:
        self._steps = steps

    def _extents(self, extent: Extent) -> Iterator[tuple[Backward, Extent]]:
        """Every step with the extent that it hands back, as far as anything is read."""
        for step in self._steps:
            yield step, extent
            if (found := step.extent(extent)) is None:
                return
            extent = found

    def extent(self, extent: Extent) -> Extent | None:
        """Those that the last step reads."""
        *_, (step, last) = self._extents(extent)
        return step.extent(last)

    def phases(self, extent: Extent) -> int:
        """The most that any step has."""
        return max(step.phases(one) for step, one in self._extents(extent))

    def additions(self, extent: Extent) -> int:
        """Those of all steps."""
        return sum(step.additions(one) for step, one in self._extents(extent))

    def hand_back(self, weights: Weights, extent: Extent) -> Weights:
        """Step after step."""
        for step, one in self._extents(extent):
            weights = step.hand_back(weights, one)
        return weights


class _Pattern(NamedTuple):
    """Outputs of one phase along an axis: `outputs` of them, every `period`-th from `start`.

    The first reads `reads`, each further one the same, `step` inputs on.
    """

    start: int
    period: int
    reads: Sequence[int]
    step: int
    outputs: int

    @property
    def moves_only(self) -> bool:
        """Whether every output reads one position, and neighbours read neighbours."""
        return self.period == self.step == len(self.reads) == 1

    def handed_back(self, weights: Weights, low: int) -> Iterator[tuple[slice, Weights]]:
        """Weights and what they are added to, from index `low` on: by tap or, of fewer outputs, by output."""
        if isinstance(self.reads, range) and self.outputs < len(self.reads):
            for i in range(self.outputs):
                yield (
                    _slots(self.reads[0] + i * self.step - low, self.reads.step, len(self.reads)),
                    weights[i],
                )
        else:
            for position in self.reads:
                yield _slots(position - low, self.step, self.outputs), weights


def _slots(first: int, step: int, count: int) -> slice:
    return slice(first, first + (count - 1) * step + 1, step)


def positions_of(extent: Extent) -> int:
    """How many positions an extent has."""
    return prod(last - first + 1 for first, last in extent)
