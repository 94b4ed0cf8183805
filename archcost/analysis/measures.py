"""The numbers by which networks are compared and judged, one list for `compare`, `diff` and `check`."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from archcost.results.report import COUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcost.analysis.facts import Facts

Measurement = int | float

N = TypeVar("N", int, float)

Unit = Literal["operations", "elements", "positions", "share", "layers"]


class Measure(NamedTuple):
    """One number of a network.

    Attributes:
        name: as options, files and JSON call it.
        title: as a table or a sentence does.
        unit: what is counted. Elements are bytes, too, once their data type is known.
        meaning: in a few words.
        of: its value; None where the network has none. A field has one number per axis: this is the smallest.
    """

    name: str
    title: str
    unit: Unit
    meaning: str
    of: Callable[[Facts], Measurement | None]

    @property
    def less_is_better(self) -> bool:
        """Whether it is a cost, with a maximum; of what a network sees there is a minimum."""
        return self.unit not in ("positions", "share")

    @property
    def limit(self) -> str:
        """What a limit of it is called in files; flags are the same with hyphens."""
        return f"{'max' if self.less_is_better else 'min'}_{self.name}"

    @property
    def is_of_parts(self) -> bool:
        """Whether a block or a kind has it, too: counts add up, the rest is the network's."""
        return self.name in COUNTS

    @property
    def is_per_axis(self) -> bool:
        """Whether there is one for each spatial axis."""
        return self.unit == "positions"


def _least(values: Sequence[N | None]) -> N | None:
    """The smallest; None if there is none, or one is not known."""
    known = [value for value in values if value is not None]
    return min(known) if known and len(known) == len(values) else None


def _field(facts: Facts) -> int | None:
    return _least([min(field.size) if field.size else None for field in facts.output_fields])


def _coverage(facts: Facts) -> float | None:
    """Of a field that may be smaller nobody knows how much of it is read."""
    fields = facts.output_fields
    return _least([None if field.upper_bound else field.coverage for field in fields])


_ELEMENTS = ("params", "buffers", "activations", "memory_access")
_TITLES = {"params": "parameters", "macs": "MACs", "memory_access": "memory access"}
_MEANINGS = {
    "params": "elements of learned tensors, shared ones once",
    "buffers": "elements of running statistics",
    "macs": "multiply-accumulates of convolutions, linear layers and matrix products",
    "multiplications": "all of them, the MACs included",
    "additions": "all of them",
    "comparisons": "of max pooling, ReLU and the like",
    "divisions": "all of them",
    "exponentials": "exp, log, sin, cos, tanh, erf, power and square root",
    "activations": "elements of all outputs",
    "memory_access": "elements read and written, each layer's inputs, weights and output once",
}

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        *(
            Measure(
                name=name,
                title=_TITLES.get(name, name),
                unit="elements" if name in _ELEMENTS else "operations",
                meaning=_MEANINGS[name],
                of=attrgetter(f"report.totals.{name}"),
            )
            for name in COUNTS
        ),
        Measure(
            "peak",
            "peak activations",
            "elements",
            "alive at once, in the order of the spec",
            attrgetter("report.totals.peak_activations.as_written"),
        ),
        Measure(
            "best_peak",
            "best peak",
            "elements",
            "alive at once, in the best order found",
            attrgetter("report.totals.peak_activations.best"),
        ),
        Measure(
            "field",
            "receptive field",
            "positions",
            "of the last map before anything looks at all positions",
            _field,
        ),
        Measure("coverage", "coverage", "share", "of that field that is read", _coverage),
        Measure("depth", "depth", "layers", "weighted layers on the longest path", attrgetter("depth")),
    )
}
"""Name -> measure. The counts are those of every report; they can be summed over a part of a network."""
