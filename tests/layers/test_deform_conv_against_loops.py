"""Deformable convolution against a loop that moves every tap, interpolates, and counts what it does."""

from __future__ import annotations

import math
from collections import Counter
from functools import reduce
from itertools import product
from operator import mul
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.layers.loops import fields, lengths, places, taps
from tests.layers.test_elementwise_against_loops import Bench, Counted, all_agree, build, total
from tests.layers.test_windows_against_loops import axes

if TYPE_CHECKING:
    from tests.layers.loops import Axis, Index
    from tests.layers.test_elementwise_against_loops import Tensor

FEW = st.integers(1, 2)
GROUPS = st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 2), (2, 4), (4, 2)])
BOOLEAN = st.booleans()


def weigh(value: Counted, weight: Counted) -> Counted:
    """A product that is a MAC."""
    value.counts["macs"] += 1
    return value * weight


def interpolated(x: Tensor, channel: int, base: Index, weights: dict[Index, Counted]) -> Counted:
    """A weighted sum of the corners around a point; beyond the borders there are zeros."""
    counts = next(iter(x.values())).counts
    corners = [(tuple(map(sum, zip(base, c, strict=True))), weight) for c, weight in weights.items()]
    return total([x.get((channel, *place), Counted(0, counts)) * weight for place, weight in corners])


def corner_weights(fractions: list[Counted]) -> dict[Index, Counted]:
    """Per corner of the cell that a point lies in, how near it is."""
    shares = [(-fraction + 1, fraction) for fraction in fractions]
    corners = product((0, 1), repeat=len(fractions))
    return {c: reduce(mul, (pair[i] for pair, i in zip(shares, c, strict=True))) for c in corners}


def sampled(xs: list[Tensor], lines: list[Axis], position: Index, deform_groups: int) -> Tensor:
    """What the window at a position reads, by channel and tap."""
    x, offsets, *masks = xs
    found: Tensor = {}
    each = (max(x)[0] + 1) // deform_groups
    for group, (i, tap) in product(range(deform_groups), enumerate(taps(lines))):
        point = group * len(taps(lines)) + i
        moves = [offsets[point * len(lines) + axis, *position] for axis, _ in enumerate(lines)]
        whole = [math.floor(move.value) for move in moves]
        weights = corner_weights([move - n for move, n in zip(moves, whole, strict=True)])
        quadruples = zip(lines, position, tap, whole, strict=True)
        base = tuple(line.starts()[p] + line.dilation * t + n for line, p, t, n in quadruples)
        for channel in range(group * each, (group + 1) * each):
            value = interpolated(x, channel, base, weights)
            found[channel, *tap] = value * masks[0][point, *position] if masks else value
    return found


def convolved(  # noqa: PLR0913, PLR0917 - one argument per field
    bench: Bench, xs: list[Tensor], lines: list[Axis], out_channels: int, groups: int, deform_groups: int
) -> Tensor:
    """Without a bias."""
    outcome: Tensor = {}
    each = (max(xs[0])[0] + 1) // groups
    for position in places(lines):
        values = sampled(xs, lines, position, deform_groups)
        for out in range(out_channels):
            first = out // (out_channels // groups) * each
            outcome[out, *position] = total(
                [
                    weigh(values[first + c, *tap], bench.learned("weight", out, c, *tap))
                    for c, tap in product(range(each), taps(lines))
                ]
            )
    return outcome


@given(axes(), GROUPS, FEW, BOOLEAN, BOOLEAN)
@settings(max_examples=60)
def test_every_tap_is_moved_and_interpolated(
    lines: list[Axis], split: tuple[int, int], share: int, masked: bool, bias: bool
) -> None:
    assume(places(lines))
    groups, deform_groups = split
    x = (4, *lengths(lines))
    positions = tuple(len(line.starts()) for line in lines)
    points = deform_groups * len(taps(lines))
    shapes = [x, (len(lines) * points, *positions)] + ([(points, *positions)] if masked else [])
    out_channels = groups * share
    layer = build(
        "deform_conv",
        out_channels=out_channels,
        groups=groups,
        deform_groups=deform_groups,
        bias=bias,
        **fields(lines),
    )

    def loop(bench: Bench, xs: list[Tensor]) -> Tensor:
        outcome = convolved(bench, xs, lines, out_channels, groups, deform_groups)
        return {i: v + bench.learned("bias", i[0]) if bias else v for i, v in outcome.items()}

    all_agree(layer, shapes, loop, blanks=1)


@given(axes(), st.integers(-2, 2))
@settings(max_examples=30)
def test_the_loop_reads_the_input_moved_on_where_all_offsets_are_the_same_whole_number(
    lines: list[Axis], move: int
) -> None:
    assume(places(lines))
    bench = Bench()
    x = bench.tensor((1, *lengths(lines)))
    numbers = range(len(lines) * len(taps(lines)))
    offsets = {(i, *p): Counted(move, Counter()) for i, p in product(numbers, places(lines))}
    found = convolved(bench, [x, offsets], lines, 1, 1, 1)
    for position in places(lines):
        plain = 0.0
        for tap in taps(lines):
            triples = zip(lines, position, tap, strict=True)
            place = tuple(line.starts()[p] + line.dilation * t + move for line, p, t in triples)
            weight = bench.known("weight", 0, 0, *tap)
            plain += x[0, *place].value * weight if (0, *place) in x else 0
        assert math.isclose(found[0, *position].value, plain, abs_tol=1e-9)
