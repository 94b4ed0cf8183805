"""Rule `gridding` (error or warn): dilated convolutions in a row never read some positions.

An error if the network's own input has holes too; a warning if what the stack is given overlaps enough to
hide them. Coverage is counted, and beside it stands what the published rules of hybrid dilated convolution
(Wang et al. 2018) say, which do not always agree with it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.dilation.published_rules import is_complete, published_rules
from archcost.findings.rule import Rule, at
from archcost.passes.stacks import ENDS, by_run, rates
from archcost.windows.window import axis_names
from archcost.words.numbers import listed, read_of_all, share_percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.passes.access import AccessCache
    from archcost.passes.receptive_field import Field
    from archcost.passes.stacks import Link, Stack
    from archcost.results.report import Finding, Level

AxisRates = tuple[tuple[int, int], ...]
"""The (kernel size, dilation) of every layer that reads along an axis."""


def _check(facts: Facts) -> Iterator[Finding]:
    for ends in by_run(stack for stack in facts.stacks.stacks if stack.field.holes):
        pairs = [(stack, _worst(facts, stack)) for stack in ends]
        told = sorted(pairs, key=lambda pair: not pair[1].holes)[:ENDS]  # errors come first
        for i, (stack, worst) in enumerate(told, 1):
            level: Level = "error" if worst.holes else "warn"
            others = _others(len(ends) - ENDS) if i == ENDS else ""
            yield at(stack.judged, RULE.name, level, _message(stack, worst, facts.accesses) + others)


def _worst(facts: Facts, stack: Stack) -> Field:
    """What the stack's last node reads of the network's inputs: the field with the most holes."""
    fields = (field.local or field for field in facts.fields[stack.last].values())
    return max(fields, key=lambda field: field.holes)


def _others(count: int) -> str:
    if count <= 0:
        return ""
    ends = "1 more end of this stack has" if count == 1 else f"{count:,} more ends of this stack have"
    return f"; {ends} holes as well"


def _message(stack: Stack, field: Field, accesses: AccessCache) -> str:
    links = stack.tip.chain() if stack.tip and stack.is_chain else []
    who = (
        _chain(links) if links else f"together with its branches (dilation {listed(rates(stack, accesses))})"
    )
    given = "it is" if len(links) == 1 else "they are"
    own = f"{who} it reads {_share(stack.field)} positions of what {given} given"
    if field.holes:
        reached = f", and the network's input has holes too: it reads {_share(field)} of its field there"
    elif field.upper_bound:
        reached = "; whether the network's input has holes too is not known: its field is too large to follow"
    else:
        reached = f"; the network's input has no holes, for what {given} given overlaps"
    return f"{own}{reached}; {_advice(links)}"


def _share(field: Field) -> str:
    part = f"{share_percent(field.coverage, field.size)} % of up to {prod(field.size):,}"
    return read_of_all(field.coverage, field.size, field.holes) or part


def _chain(links: Sequence[Link]) -> str:
    """The stack as its author thinks of it.

    Where axes differ, the first one that has holes is named and described.
    """
    axis, line = worst_line(links)
    every = len({_line(links, i) for i in range(len(links[0].window.kernel))}) == 1
    where = "" if every else f" along the {axis_names(len(links[0].window.kernel))[axis]}"
    kernels = sorted({k for k, _ in line})
    before = {1: "alone", 2: "with the convolution before it"}.get(
        len(line), f"with the {len(line) - 1} convolutions before it"
    )
    return f"{before} (kernel_size {listed(kernels)}, dilation {listed([d for _, d in line])}{where})"


def _line(links: Sequence[Link], axis: int) -> AxisRates:
    pairs = ((link.window.kernel[axis], link.window.dilation[axis]) for link in links)
    return tuple((k, d) for k, d in pairs if k > 1)


def worst_line(links: Sequence[Link]) -> tuple[int, AxisRates]:
    """The first axis with holes, and its layers."""
    lines = [_line(links, axis) for axis in range(len(links[0].window.kernel))]
    axis = next((i for i, line in enumerate(lines) if not is_complete(line)), 0)
    return axis, lines[axis]


def _advice(links: Sequence[Link]) -> str:
    """What would read everything, and what the published rules say of the stack as it is."""
    if not links:
        return (
            "smaller dilations would leave fewer gaps; the published rules are for rows of layers and say "
            "nothing about branches side by side"
        )
    _, line = worst_line(links)
    verdicts = published_rules([d for _, d in line], [k for k, _ in line])
    said = "; ".join(f"{verdict.rule} {verdict.word} ({verdict.reason})" for verdict in verdicts)
    return f"dilation {listed(repaired(line))} would read them all. Published rules: {said}"


def repaired(line: AxisRates) -> list[int]:
    """The dilations of a stack, as few of them as possible made smaller until nothing is missed.

    >>> repaired(((3, 2), (3, 2), (3, 2)))
    [1, 2, 2]
    """
    found = [d for _, d in line]
    reached = 0
    for i in sorted(range(len(line)), key=lambda i: line[i][1]):
        kernel, dilation = line[i]
        found[i] = min(dilation, reached + 1)
        reached += (kernel - 1) * found[i]
    return found


RULE = Rule(
    name="gridding",
    levels=("error", "warn"),
    summary="dilated convolutions one after another never read some positions of what they are given",
    why="""\
A dilated convolution skips positions, and the next ones may skip the same. Then neighbouring outputs are made
of disjoint inputs, which shows as a grid in dense predictions. It is an error if the holes reach the
network's input, and a warning if the features that the stack reads overlap enough to hide them.

The message has dilations that leave no holes. It also says what the published rules of hybrid dilated
convolution (Wang et al. 2018) answer: they agree with the count only in part, and the count is exact.

A stack may have many ends, such as a head behind every layer. Eight of them are reported, errors first, and
the message of the last one says how many more there are.
""",
    good="""\
archcost: 1
name: hybrid
input: [8, 64, 64]
layers:
  - repeat: {rate: [1, 2, 2]}
    body:
      - conv: {out_channels: 8, kernel_size: 3, dilation: $rate, padding: same}
""",
    bad="""\
archcost: 1
name: gridded
input: [8, 64, 64]
layers:
  - repeat: {rate: [2, 2, 2]}
    body:
      - conv: {out_channels: 8, kernel_size: 3, dilation: $rate, padding: same}
""",
    check=_check,
)
