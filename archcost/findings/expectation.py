"""Rule `expectation` (error): a number the spec states with `expect` is not the one that is measured."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from math import ceil, floor
from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, at
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.analysis.facts import Facts
    from archcost.network import Expectation, Input, Node
    from archcost.passes.receptive_field import Field
    from archcost.results.report import Finding


def _check(facts: Facts) -> Iterator[Finding]:
    if not facts.network.expectations:
        return
    sums = {
        "params": [0, *accumulate(cost.params for cost in facts.costs)],
        "macs": [0, *accumulate(cost.operations.macs for cost in facts.costs)],
    }
    for e in facts.network.expectations:
        if e.what in sums:
            complaints = [_count(e, sums[e.what][e.last] - sums[e.what][e.first])]
        elif e.what == "shape":
            complaints = [_shape(e, tensor) for tensor in e.outputs]
        else:
            complaints = [complaint for tensor in e.outputs for complaint in _fields(e, facts.fields[tensor])]
        yield from (at(e, RULE.name, "error", complaint) for complaint in complaints if complaint)


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


def numbers(e: Expectation) -> tuple[Fraction, ...]:
    """The expected number, or one per axis, as a tuple."""
    values = e.expected if isinstance(e.expected, tuple) else (e.expected,)
    found = tuple(Fraction(v) for v in values if isinstance(v, int | Fraction))
    if len(found) != len(values):
        raise TypeError(f"{e.path}: expected {e.what} is {e.expected!r}, not numbers")
    return found


def spread(expected: tuple[Fraction, ...], rank: int) -> tuple[Fraction, ...]:
    """One number stands for all axes."""
    return expected * rank if len(expected) == 1 else expected


def _number(e: Expectation) -> Fraction:
    (only,) = numbers(e)
    return only


def _shape(e: Expectation, tensor: Node | Input) -> str | None:
    if tensor.output == e.expected:
        return None
    who = "it" if len(e.outputs) == 1 else f"'{tensor.path}'"
    return f"expected shape {_per_axis(numbers(e))}, but {who} is {show(tensor.output)}"


def _fields(e: Expectation, fields: Mapping[str, Field]) -> Iterable[str | None]:
    """Complaints about `stride`, `receptive_field` or `coverage`, which must hold for every input."""
    if not fields:
        return [f"expected {e.what} {e.text}, but it has no spatial relation to the network's input"]
    several = len(fields) > 1
    return [_field(e, field, f" of '{name}'" if several else "") for name, field in fields.items()]


def _field(e: Expectation, whole: Field, of: str) -> str | None:
    """A complaint about what moves along with the position, where something does, as limits are about it.

    The size of a global field, all of the input, is that of reports and holds, too.
    """
    field = (whole.moving if whole.is_known else None) or whole
    if field.certainty in ("at_most", "unknown") and e.what != "stride":
        return f"expected {e.what} {e.text}{of}, but it is {_uncertain(e, field)}"
    if not field.is_known:
        return f"expected stride {e.text}{of}, but it is {_uncertain(e, field)}"
    if e.what == "coverage":
        return _coverage(e, field.coverage, of + _without(whole))
    measured = field.stride if e.what == "stride" else field.size
    expected = numbers(e)
    wanted = spread(expected, len(measured))
    if wanted == measured or (e.what == "receptive_field" and wanted == whole.size):
        return None
    off = _GLOBAL if e.what != "stride" and field.is_global else _off(wanted, measured)
    of += _without(whole) if e.what != "stride" else ""
    return f"expected {e.what} {_per_axis(expected)}{of}, but it is {_per_axis(measured)}{off}"


_GLOBAL = ": an operation over all positions lies on the way"


def _without(field: Field) -> str:
    """What an expectation of a global field is about."""
    return " without operations over all positions" if field.is_global and field.local else ""


def _uncertain(e: Expectation, field: Field) -> str:
    """What is known of a number that is not known exactly."""
    if not field.is_known:
        return "unknown: not all that is read could be followed"
    if e.what == "coverage":
        return "not known exactly: not every position was followed"
    return f"known to be at most {_per_axis(field.size)}, and may be less"


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


def _coverage(e: Expectation, measured: Fraction, of: str) -> str | None:
    if abs(measured - _number(e)) <= e.tolerance:
        return None
    # As a fraction, which is exact: two different shares never print as the same number.
    return f"expected coverage {e.text}{of}, but it is {measured} ({float(measured):.4f})"


RULE = Rule(
    name="expectation",
    levels=("error",),
    summary="a number the spec states with `expect` is not the one that is measured",
    why="""\
A number that somebody relied on, in a paper or a plan, stands in the spec with `expect` and is compared with
what is measured. A count with a suffix (`1.2M`) is meant at the precision it is printed in; every other
number exactly.

Find out which of the two is wrong. `archcost explain` derives the measured one step by step.
""",
    good="""\
archcost: 1
name: kept
input: [3, 32, 32]
layers:
  - {conv: {out_channels: 64, kernel_size: 3, padding: 1}, expect: {params: 1792}}
""",
    bad="""\
archcost: 1
name: forgets_the_bias
input: [3, 32, 32]
layers:
  - {conv: {out_channels: 64, kernel_size: 3, padding: 1}, expect: {params: 1728}}
""",
    check=_check,
)
