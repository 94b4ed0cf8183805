"""Rule `lattice` (warn): the dilations of neighbouring convolutions share a factor.

The holes may well be filled by other layers of their stack. But what the run itself mixes never meets: its
output falls into independent images, one per position of the lattice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.findings.rule import Rule, Seen, at, listed
from archcost.geometry import axis_names
from archcost.offsets import Offsets, unite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.passes.stacks import Link
    from archcost.report.model import Finding


class _Run(NamedTuple):
    """The convolutions of a run along one axis, and the factor their dilations share."""

    links: list[Link]
    axis: int
    factor: int


def _check(seen: Seen) -> Iterator[Finding]:
    longest: dict[Link, _Run] = {}  # of the branches behind one trunk, one run speaks for all
    for run in _runs(seen.stacks.links):
        first = run.links[0]
        if first not in longest or len(run.links) > len(longest[first].links):
            longest[first] = run
    for run in longest.values():
        yield at(run.links[-1].node, RULE.name, "warn", _message(run))


def _runs(links: Sequence[Link]) -> Iterator[_Run]:
    """Every run of two or more that no neighbour extends."""
    for link in links:
        for axis, shared in enumerate(link.shared):
            for factor, count in list(shared.items())[-1:]:
                if not any(count + 1 in after.shared[axis].values() for after in link.after):
                    run = [one for one in link.chain(count) if one.window.kernel[axis] > 1]
                    if len(run) > 1:
                        yield _Run(run, axis, factor)


def _message(run: _Run) -> str:
    dilations = [link.window.dilation[run.axis] for link in run.links]
    before = len(run.links) - 1
    who = "the convolution before it" if before == 1 else f"the {before} convolutions before it"
    read = Offsets(0, 0)
    for link, dilation in zip(run.links, dilations, strict=True):
        read = unite([read.moved(tap * dilation) for tap in range(link.window.kernel[run.axis])])
    alike = all(len({link.window.along(i) for i, _ in enumerate(link.shared)}) == 1 for link in run.links)
    name = axis_names(len(run.links[0].shared))[run.axis]
    where = "each axis" if alike and len(run.links[0].shared) > 1 else f"the {name}"
    return (
        f"its dilation and those of {who} ({listed(dilations)}) share the factor {run.factor}: along {where} "
        f"they read {read.members:,} of {read.size:,} positions of what they are given, one in {run.factor}; "
        "a dilation without that factor among them would mix in the others"
    )


RULE = Rule(
    name="lattice",
    levels=("warn",),
    summary="the dilations of neighbouring convolutions share a factor, so they read one position in so many",
    good="""\
archcost: 1
name: mixed_rates
input: [8, 64, 64]
layers:
  - repeat: {rate: [1, 2, 3, 4]}
    body:
      - conv: {out_channels: 8, kernel_size: 3, dilation: $rate, padding: same}
""",
    bad="""\
archcost: 1
name: even_rates
input: [8, 64, 64]
layers:
  - repeat: {rate: [1, 2, 4, 3]}
    body:
      - conv: {out_channels: 8, kernel_size: 3, dilation: $rate, padding: same}
""",
    check=_check,
)
