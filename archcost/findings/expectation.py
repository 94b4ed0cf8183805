"""Rule `expectation` (error): a number the spec states with `expect` is not the one that is measured.

    - {conv: {out_channels: 64, kernel_size: 3, padding: 1}, expect: {params: 1792}}    holds on 3 channels
    - {conv: {out_channels: 64, kernel_size: 3, padding: 1}, expect: {params: 1728}}    forgets the bias

The second is reported as `conv: expected params 1,728, but it has 1,792: 64 more`. An expectation about
fields that nobody measured is itself a finding (info): it never passes unseen.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from math import ceil, floor
from typing import TYPE_CHECKING, Protocol

from archcost.geometry import show
from archcost.report.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.network import Expectation, Input, Network, Node
    from archcost.passes.cost import Cost
    from archcost.report.model import Level

RULE = "expectation"


class Field(Protocol):
    """What the rule reads of a receptive field, per spatial axis (`coverage` over all of them)."""

    @property
    def size(self) -> tuple[int, ...]:
        """Input positions from the first to the last that is seen."""
        ...

    @property
    def stride(self) -> tuple[Fraction, ...]:
        """Input positions from one output to the next."""
        ...

    @property
    def coverage(self) -> Fraction:
        """The share of the extent that reaches the output."""
        ...


def check(
    network: Network,
    costs: Sequence[Cost],
    fields: Mapping[str, Field | None] | None = None,
) -> list[Finding]:
    """Every `expect` of the network that does not hold, in the order of the text.

    Args:
        network: with its expectations.
        costs: of its nodes, in written order.
        fields: receptive fields by node or input path, None for a tensor without a spatial relation to the
            input. Leave it out if they were not traced.
    """
    measured = _Measured(costs, fields)
    return [finding for expectation in network.expectations for finding in measured.check(expectation)]


class _Measured:
    """What is known of the network, ready to be compared."""

    def __init__(self, costs: Sequence[Cost], fields: Mapping[str, Field | None] | None) -> None:
        self._sums = {
            "params": [0, *accumulate(cost.params for cost in costs)],
            "macs": [0, *accumulate(cost.operations.macs for cost in costs)],
        }
        self._fields = fields

    def check(self, e: Expectation) -> Iterator[Finding]:
        if e.what in self._sums:
            sums = self._sums[e.what]
            complaints = [_count(e, sums[e.last] - sums[e.first])]
        elif e.what == "shape":
            complaints = [_shape(e, tensor) for tensor in e.outputs]
        elif self._fields is None:
            yield _finding(e, f"{e.what} {e.text} was not checked: receptive fields were not traced", "info")
            return
        else:
            complaints = [_field(e, self._fields.get(tensor.path)) for tensor in e.outputs]
        yield from (_finding(e, complaint) for complaint in complaints if complaint)


def _finding(e: Expectation, message: str, level: Level = "error") -> Finding:
    return Finding(
        rule=RULE,
        level=level,
        node=e.path,
        file=e.place.source.name,
        line=e.place.line,
        column=e.place.column,
        message=f"{e.path}: {message}",
    )


def _count(e: Expectation, measured: int) -> str | None:
    """A complaint about `params` or `macs`, which may have been written with a suffix."""
    low, high = _number(e) - e.tolerance, _number(e) + e.tolerance
    if low <= measured <= high:
        return None
    wanted = f"{ceil(low):,}"
    if e.tolerance:
        wanted = f"{e.text} ({wanted} to {floor(high):,})"
    off = measured - floor(high) if measured > high else ceil(low) - measured
    way = "more" if measured > high else "fewer"
    return f"expected {e.what} {wanted}, but it has {measured:,}: {off:,} {way}"


def _numbers(e: Expectation) -> tuple[Fraction, ...]:
    """The expected number or numbers, as a tuple."""
    values = e.expected if isinstance(e.expected, tuple) else (e.expected,)
    numbers = tuple(Fraction(v) for v in values if isinstance(v, int | Fraction))
    if len(numbers) != len(values):
        raise TypeError(f"{e.path}: expected {e.what} is {e.expected!r}, not numbers")
    return numbers


def _number(e: Expectation) -> Fraction:
    (only,) = _numbers(e)
    return only


def _shape(e: Expectation, tensor: Node | Input) -> str | None:
    if tensor.output == e.expected:
        return None
    who = "it" if len(e.outputs) == 1 else f"'{tensor.path}'"
    return f"expected shape {_per_axis(_numbers(e))}, but {who} is {show(tensor.output)}"


def _field(e: Expectation, field: Field | None) -> str | None:
    """A complaint about `stride`, `receptive_field` or `coverage`."""
    if field is None:
        return f"expected {e.what} {e.text}, but it has no spatial relation to the network's input"
    if e.what == "coverage":
        return _coverage(e, field.coverage)
    measured = field.stride if e.what == "stride" else field.size
    expected = _numbers(e)
    wanted = expected * len(measured) if len(expected) == 1 else expected
    if wanted == measured:
        return None
    return f"expected {e.what} {_per_axis(expected)}, but it is {_per_axis(measured)}{_off(wanted, measured)}"


def _per_axis(values: Sequence[int | Fraction]) -> str:
    """One number per axis, as shapes are written."""
    return "×".join(map(str, values))


def _off(wanted: Sequence[Fraction], measured: Sequence[int | Fraction]) -> str:
    """By how much, where one number says it."""
    if len(wanted) != len(measured):
        return f", on {len(measured)} axes instead of {len(wanted)}"
    differences = {m - w for m, w in zip(measured, wanted, strict=True)}
    if len(differences) > 1:
        return ""
    off = differences.pop()
    return f": {abs(off)} {'more' if off > 0 else 'less'}"


def _coverage(e: Expectation, measured: Fraction) -> str | None:
    if abs(measured - _number(e)) <= e.tolerance:
        return None
    # As a fraction, which is exact: two different shares never print as the same number.
    return f"expected coverage {e.text}, but it is {measured} ({float(measured):.4f})"
