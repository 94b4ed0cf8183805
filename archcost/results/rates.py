"""What the solver of dilation rates found: plain values, as JSON has them."""

from __future__ import annotations

from archcost.dilation.published_rules import Verdict
from archcost.results.record import Record

SCHEMA = "archcost-rates/1"


class Request(Record):
    """What was asked for.

    Attributes:
        kernel_sizes: one for all layers, or one per layer.
        layers: how many there may be at most; null if as few as do, and some more.
        field: positions to cover, along one axis.
        max_rate: the largest rate that is allowed; null if any is.
        top: stacks per number of layers, at most.
    """

    kernel_sizes: tuple[int, ...]
    layers: int | None
    field: int
    max_rate: int | None
    top: int


class RatesRow(Record):
    """Layers that read every position of their field.

    Attributes:
        kernel_sizes: of each layer.
        rates: the dilation of each layer.
        field: positions from the first to the last.
        effective_field: positions of the smallest central part with 95.45 % of the paths.
        mean_paths: paths to a position on average, as `p/q`.
        most_paths: paths to the position that has most.
        evenness: (Σc)² / (n·Σc²) of the path counts c of the n positions; 1 if all are equal.
        rules: what the published rules say.
    """

    kernel_sizes: tuple[int, ...]
    rates: tuple[int, ...]
    field: int
    effective_field: int
    mean_paths: str
    most_paths: int
    evenness: float
    rules: tuple[Verdict, ...]


class RatesAnswer(Record):
    """A request and its answer.

    Attributes:
        request: what was asked for.
        cut_short: numbers of layers for which not all stacks were compared: others may be more even.
        stacks: fewest layers first, then the most even, then the smallest.
    """

    request: Request
    cut_short: tuple[int, ...]
    stacks: tuple[RatesRow, ...]
