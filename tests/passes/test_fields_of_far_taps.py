"""Windows whose taps lie far apart, in a row and side by side: what they read, as sets of positions.

Few positions that are far apart are the hard case: too large to follow, and too full of holes to be taken for
the box around them. A field may be a bound there, but is called exact only if it is.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.passes.receptive_field import receptive_fields

if TYPE_CHECKING:
    from pathlib import Path

DILATIONS = [1, 1, 2, 3, 7, 1_000, 60_000, 100_000]
LENGTH = 4_000_000


def window(random: Random, reads: frozenset[int]) -> tuple[str, frozenset[int]]:
    """A convolution that keeps the length, and what is read through it."""
    kernel, dilation = random.randint(1, 4), random.choice(DILATIONS)
    reach = dilation * (kernel - 1)
    text = f"conv: {{out_channels: 1, kernel_size: {kernel}, dilation: {dilation}, padding: same}}"
    before = reach // 2
    return text, frozenset(place + dilation * tap - before for place in reads for tap in range(kernel))


def network(random: Random) -> tuple[str, list[frozenset[int]]]:
    """Its lines, and what each of its nodes reads."""
    lines = [f"archcost: 1\nname: net\ninput: [1, {LENGTH}]\nlayers:"]
    nodes: list[frozenset[int]] = []
    reads = frozenset([0])
    for _ in range(random.randint(1, 3)):
        branches = [window(random, reads) for _ in range(random.randint(1, 3))]
        if len(branches) == 1:
            lines.append(f"  - {branches[0][0]}")
        else:
            listed = (f"      b{i}: [{{{text}}}]" for i, (text, _) in enumerate(branches))
            lines += ["  - merge: add", "    branches:", *listed]
            nodes += [seen for _, seen in branches]
        reads = frozenset[int]().union(*(seen for _, seen in branches))
        nodes.append(reads)
    return "\n".join(lines), nodes


@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_a_field_of_far_taps_is_exact_or_a_bound(tmp_path: Path, seed: int) -> None:
    text, nodes = network(Random(seed))  # noqa: S311 - no secret
    path = tmp_path / "net.yaml"
    path.write_text(text)
    found = [fields["input"] for fields in receptive_fields(archcost.load(path))]
    sizes = [max(reads) - min(reads) + 1 for reads in nodes]
    assert [field.size for field in found] == [(size,) for size in sizes]
    for field, size, reads in zip(found, sizes, nodes, strict=True):
        holes = size - len(reads)
        assert field.holes <= holes if field.upper_bound else field.holes == holes
        assert not field.upper_bound or size > 2**16, "sets this small are followed"


def test_what_stands_side_by_side_and_lies_beyond_the_border_alone_reads_nothing(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcost: 1\nname: net\ninput: [1, 1, 4]\nlayers:\n"
        "  - pad: {padding: [[2, 2], [0, 0]]}\n"
        "  - {name: above, slice: {axis: height, end: 2}}\n"
        "  - {from: [above, above, above], concat: {axis: height}}\n"
        "  - conv: {out_channels: 1, kernel_size: [2, 1]}\n"
    )
    assert [*receptive_fields(archcost.load(path))[-1]] == []
