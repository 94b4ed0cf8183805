"""Rule `lattice` (warn): the dilations of neighbouring convolutions share a factor.

The holes may well be filled by other layers of their stack. But what the run itself mixes never meets: its
output falls into independent images, one per position of the lattice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.findings.rule import Rule, at
from archcost.passes.stacks import Link
from archcost.windows.offsets import Offsets
from archcost.windows.window import axis_names
from archcost.words.numbers import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.passes.stacks import FactorRun
    from archcost.results.report import Finding


class _Lattice(NamedTuple):
    """A run of links up to the last one, along one axis, and the factor their dilations share."""

    last: Link
    axis: int
    factor: int
    run: FactorRun

    @property
    def links(self) -> list[Link]:
        """Those that read along the axis."""
        return [link for link in self.last.chain(self.run.links) if link.window.kernel[self.axis] > 1]


def _check(facts: Facts) -> Iterator[Finding]:
    longest: dict[Link, _Lattice] = {}  # of the branches behind one trunk, one run speaks for all
    for found in _lattices(facts.stacks.links):
        first = found.run.first
        if first not in longest or found.run.reading > longest[first].run.reading:
            longest[first] = found
    for found in longest.values():
        links = found.links
        filler = _filler(found)
        yield at(links[-1].node, RULE.name, "warn", _message(links, found.axis, found.factor, filler))


def _filler(found: _Lattice) -> Link | None:
    """The convolution before a run if nothing is left out with it; None otherwise, or if nobody knows."""
    before = found.run.first.before
    if not isinstance(before, Link):
        return None
    read = Offsets(0, 0)
    for link in found.last.chain():
        read = read.repeated(link.window.dilation[found.axis], link.window.kernel[found.axis])
    return before if not read.bounded and read.members == read.size else None


def _lattices(links: Sequence[Link]) -> Iterator[_Lattice]:
    """Every run of two or more, from its first two links on."""
    for link in links:
        for axis, shared in enumerate(link.shared):
            for factor, run in list(shared.items())[-1:]:
                if run.reading > 1:
                    yield _Lattice(link, axis, factor, run)


def _message(links: Sequence[Link], axis: int, factor: int, filler: Link | None) -> str:
    dilations = [link.window.dilation[axis] for link in links]
    before = len(links) - 1
    who = "the convolution before it" if before == 1 else f"the {before} convolutions before it"
    read = Offsets(0, 0)  # in steps of the factor: between them, nothing is read
    for link, dilation in zip(links, dilations, strict=True):
        read = read.repeated(dilation // factor, link.window.kernel[axis])
    most = "at most " if read.bounded else ""
    size = (read.size - 1) * factor + 1
    rank = len(links[0].shared)
    alike = all(len({link.window.along(i) for i in range(rank)}) == 1 for link in links)
    where = "each axis" if alike and rank > 1 else f"the {axis_names(rank)[axis]}"
    advice = "a dilation without that factor among them would mix in the others"
    if filler:
        advice = (
            f"{filler.node.path} before them reads all that lies between, so none is left out, but what "
            f"{'both' if before == 1 else f'these {before + 1}'} mix stays apart"
        )
    return (
        f"its dilation and those of {who} ({listed(dilations)}) share the factor {factor}: along {where} "
        f"they read {most}{read.members:,} of {size:,} positions of what they are given, one in {factor}; "
        f"{advice}"
    )


RULE = Rule(
    name="lattice",
    levels=("warn",),
    summary="the dilations of neighbouring convolutions share a factor, so they read one position in so many",
    why="""\
Dilations with a common factor see only every so many positions of what they are given, however many layers
there are. The layers before them may have mixed the others in; nothing in the stack itself does.

Where convolutions in front have read everything in between, as that of dilation 1 in 1, 2, 4, 8 (WaveNet), no
position is left out of the field, and the message says so: what is mixed how often is then a matter of taste.

Else change one dilation so that no factor is left, as in 1, 2, 5 instead of 2, 4, 4.
""",
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
  - repeat: {rate: [2, 4, 3]}
    body:
      - conv: {out_channels: 8, kernel_size: 3, dilation: $rate, padding: same}
""",
    check=_check,
)
