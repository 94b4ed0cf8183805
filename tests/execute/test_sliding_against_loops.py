"""Kernels that slide, against loops that do what the definitions say, one number at a time.

Values, shapes, every count, and where a NaN goes: to the outputs that read it, and to no other.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import product
from math import floor, inf, prod
from operator import mul
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from archcost.layers import find
from tests.execute.numbers import Number, agree, boxes, chosen, grid, largest, random, total, weights_of
from tests.execute.running import run
from tests.layers.loops import Axis, fields, lengths, places, taps
from tests.layers.test_windows_against_loops import (
    BIAS,
    FEW,
    RANKS,
    SCALE,
    SHAPE,
    WIDTHS,
    WORD,
    axes,
    connections,
    fits,
    kept,
    pooled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcost.layers.base import Kind
    from tests.execute.numbers import Index, Loop, Tensor, Weights

BEGINS_BEHIND = Axis(length=2, kernel=3, stride=3, dilation=1, before=1, after=1)
"""An axis whose last window begins in the padding behind the input."""
RULE = st.sampled_from(["floor", "ceil", "caffe"])
a_few = settings(max_examples=60)


def build(kind: str, **given_fields: object) -> Kind:
    found = find(kind)
    assert found is not None
    return found[0].model_validate(given_fields)


def under(lines: Sequence[Axis], position: Index, tap: Index) -> Index:
    """The place a tap of a window reads; in the padding, it is outside the input."""
    triples = zip(lines, position, tap, strict=True)
    return tuple(line.starts()[p] + line.dilation * t for line, p, t in triples)


# Convolutions.


def convolution(
    lines: list[Axis], links: Callable[[int], list[tuple[int, Index]]], out_channels: int
) -> Loop:
    """Output channel o reads the input channels that `links(o)` names, each by the kernel it names."""

    def loop(xs: Sequence[Tensor], weights: Weights) -> dict[Index, Number]:
        y: dict[Index, Number] = {}
        for o, position in product(range(out_channels), places(lines)):
            products = [
                xs[0].at(channel, *under(lines, position, tap)) * float(weights["weight"][(*kernel, *tap)])
                for (channel, kernel), tap in product(links(o), taps(lines))
            ]
            y[o, *position] = biased(total(products), weights, o)
        return y

    return loop


def biased(y: Number, weights: Weights, o: int) -> Number:
    return y + float(weights["bias"][o]) if "bias" in weights else y


@given(axes(), WORD, FEW, FEW, BIAS)
@a_few
def test_convolution(lines: list[Axis], word: str, groups: int, share: int, bias: bool) -> None:
    layer = build("conv", out_channels=groups * share, groups=groups, bias=bias, **fields(lines, word))
    x = random((groups * 2, *lengths(lines)))
    lines = [line.padded(word) for line in lines]
    assume(places(lines))
    agree(
        layer,
        [x],
        convolution(
            lines, lambda o: [(o // share * 2 + c, (o, c)) for c in range(2)], out_channels=groups * share
        ),
        tells_padding=True,
    )


@given(axes(), connections(), BIAS)
@a_few
def test_convolution_with_a_connection_table(lines: list[Axis], table: tuple[Index, ...], bias: bool) -> None:
    assume(places(lines))
    layer = build("conv", out_channels=len(table), connections=table, bias=bias, **fields(lines))
    links = [(o, channel) for o, row in enumerate(table) for channel in row]
    agree(
        layer,
        [random((4, *lengths(lines)))],
        convolution(lines, lambda o: [(c, (links.index((o, c)),)) for c in table[o]], len(table)),
        tells_padding=True,
    )


@given(axes(), WORD, FEW, FEW, BIAS)
@a_few
def test_depthwise_convolution(
    lines: list[Axis], word: str, channels: int, multiplier: int, bias: bool
) -> None:
    layer = build("depthwise_conv", multiplier=multiplier, bias=bias, **fields(lines, word))
    x = random((channels, *lengths(lines)))
    lines = [line.padded(word) for line in lines]
    assume(places(lines))
    loop = convolution(lines, lambda o: [(o // multiplier, (o, 0))], channels * multiplier)
    agree(layer, [x], loop, tells_padding=True)


@given(axes(), WORD, FEW, FEW, BIAS, st.integers(0, 2))
@a_few
def test_transposed_convolution(  # noqa: PLR0913, PLR0917 - one argument per field
    lines: list[Axis], word: str, groups: int, share: int, bias: bool, extra: int
) -> None:
    extra = 0 if word else min(extra, *(max(line.stride, line.dilation) - 1 for line in lines))
    ranges = [kept(line, word, extra) for line in lines]
    assume(all(ranges))
    layer = build(
        "conv_transpose",
        out_channels=groups * share,
        groups=groups,
        bias=bias,
        output_padding=extra,
        **fields(lines, word),
    )
    x = random((groups * 2, *lengths(lines)))

    def loop(xs: Sequence[Tensor], weights: Weights) -> dict[Index, Number]:
        landed: dict[Index, Number] = {}
        for (channel, *place), tap, o in product(np.ndindex(x.shape), taps(lines), range(share)):
            value = xs[0][channel, *place] * float(weights["weight"][channel, o, *tap])
            triples = zip(lines, place, tap, strict=True)
            y = (channel // 2 * share + o, *(line.stride * i + line.dilation * t for line, i, t in triples))
            landed[y] = landed[y] + value if y in landed else value
        nothing = Number(0.0, xs[0].counts)
        return {
            (o, *(p - r.start for p, r in zip(place, ranges, strict=True))): biased(
                landed.get((o, *place), nothing), weights, o
            )
            for o, place in product(range(groups * share), product(*ranges))
        }

    agree(layer, [x], loop)


# Whole numbers, numbers in between, one that is lost when 1 is added, and far away.
MOVES = np.array([-2, -1.25, -1, -0.5, 0, 0, 0, 0.25, 0.75, 1, 2, 2.5, -1e-20, 40, -1e30])


def sampled(x: Tensor, channels: range, place: Index, moves: list[Number]) -> list[Number]:
    """What lies beside a place, channel by channel. A corner of no weight is not read, but its neighbour."""
    ends: list[list[tuple[int, Number]]] = []
    for p, move in zip(place, moves, strict=True):
        whole = floor(move.value)
        share = move - whole
        rest = Number(1.0, x.counts) - share
        ends.append([(p + whole + (rest.value == 0), rest), (p + whole + (share.value != 0), share)])
    corners = [([p for p, _ in corner], reduce(mul, (w for _, w in corner))) for corner in product(*ends)]
    return [total(x.at(channel, *where) * weight for where, weight in corners) for channel in channels]


@given(axes(), st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 2), (2, 4)]), FEW, BIAS, BIAS)
@settings(max_examples=25)
def test_deformable_convolution(
    lines: list[Axis], split: tuple[int, int], share: int, masked: bool, bias: bool
) -> None:
    assume(places(lines))
    (groups, deform_groups), out_channels = split, split[0] * share
    channels = 4
    layer = build(
        "deform_conv",
        out_channels=out_channels,
        groups=groups,
        deform_groups=deform_groups,
        bias=bias,
        **fields(lines),
    )
    sizes = tuple(len(line.starts()) for line in lines)
    points, each = deform_groups * len(taps(lines)), channels // deform_groups
    xs = [random((channels, *lengths(lines))), chosen(MOVES, (points * len(lines), *sizes))]
    xs += [random((points, *sizes))] if masked else []

    def loop(tensors: Sequence[Tensor], weights: Weights) -> dict[Index, Number]:
        x, offsets, *masks = tensors
        values: dict[Index, Number] = {}
        for group, (i, tap), position in product(range(deform_groups), enumerate(taps(lines)), places(lines)):
            point = group * len(taps(lines)) + i
            moves = [offsets[point * len(lines) + axis, *position] for axis in range(len(lines))]
            members = range(group * each, (group + 1) * each)
            found = sampled(x, members, under(lines, position, tap), moves)
            for channel, value in zip(members, found, strict=True):
                weighed = value * masks[0][point, *position] if masked else value
                values[channel, *tap, *position] = weighed
        y: dict[Index, Number] = {}
        for o, position in product(range(out_channels), places(lines)):
            products = [
                values[o // share * (channels // groups) + c, *tap, *position]
                * float(weights["weight"][o, c, *tap])
                for c, tap in product(range(channels // groups), taps(lines))
            ]
            y[o, *position] = biased(total(products), weights, o)
        return y

    agree(layer, xs, loop, tells_padding=True)


# Pools.


def windows(lines: list[Axis], rule: str) -> list[tuple[Index, list[Index]]]:
    """Every position of the output, and the places its window covers; those in the padding lie outside."""
    starts = pooled(lines, rule)
    return [
        (position, boxes(_covers(lines, [s[p] for s, p in zip(starts, position, strict=True)])))
        for position in product(*(range(len(s)) for s in starts))
    ]


def _covers(lines: list[Axis], starts: list[int]) -> list[range]:
    return [
        range(start, start + line.reach + 1, line.dilation) for line, start in zip(lines, starts, strict=True)
    ]


def rounding(rule: str) -> dict[str, object]:
    return {"ceil_mode": rule != "floor", "ceil_rule": "caffe" if rule == "caffe" else "pytorch"}


@given(axes(pool=True), RULE, WORD, FEW)
@example([BEGINS_BEHIND], "ceil", "", 1)
@example([BEGINS_BEHIND], "caffe", "", 1)
@a_few
def test_max_pool(lines: list[Axis], rule: str, word: str, channels: int) -> None:
    layer = build("max_pool", **rounding(rule), **fields(lines, word))
    lines = [line.padded(word) for line in lines]
    rule = "floor" if word.startswith("same") else rule
    assume(fits(lines, rule))

    def loop(xs: Sequence[Tensor], _: Weights) -> dict[Index, Number]:
        return {
            (c, *position): largest(xs[0].at(c, *place, beyond=-inf) for place in covered)
            for c, (position, covered) in product(range(channels), windows(lines, rule))
        }

    agree(layer, [random((channels, *lengths(lines)))], loop)


@given(axes(pool=True), RULE, WORD, st.sampled_from([None, True, False]))
@example([BEGINS_BEHIND], "ceil", "", None)
@example([BEGINS_BEHIND], "caffe", "", None)
@a_few
def test_avg_pool(lines: list[Axis], rule: str, word: str, include: bool | None) -> None:
    lines = [line._replace(dilation=1) for line in lines]
    given_fields = fields(lines, word)
    del given_fields["dilation"]
    layer = build("avg_pool", count_include_pad=include, **rounding(rule), **given_fields)
    lines = [line.padded(word) for line in lines]
    counts_padding = not word.startswith("same") if include is None else include
    rule = "floor" if word.startswith("same") else rule
    assume(fits(lines, rule))
    inside = set(
        boxes(
            range(-line.before * counts_padding, line.length + line.after * counts_padding) for line in lines
        )
    )

    def loop(xs: Sequence[Tensor], _: Weights) -> dict[Index, Number]:
        return {
            (c, *position): total(xs[0].at(c, *place) for place in covered)
            * (1 / (len(inside.intersection(covered)) or 1))
            for c, (position, covered) in product(range(2), windows(lines, rule))
        }

    agree(layer, [random((2, *lengths(lines)))], loop)


def test_a_window_over_padding_alone_has_no_largest_and_the_mean_0() -> None:
    """Caffe leaves such a window only where there is no padding: it begins behind the input."""
    x = grid((1, 5))
    outside = {"kernel_size": 1, "stride": 3, "ceil_mode": True, "ceil_rule": "caffe"}
    y, _ = run(build("max_pool", **outside), [x], {})
    assert y.tolist() == [[1, 4, -inf]]
    y, _ = run(build("avg_pool", **outside), [x], {})
    assert y.tolist() == [[1, 4, 0]]


def pool(x: Index, bins: list[list[range]], take: Callable[[list[Number]], Number]) -> Loop:
    def loop(xs: Sequence[Tensor], _: Weights) -> dict[Index, Number]:
        positions = product(*(range(len(axis)) for axis in bins))
        return {
            (c, *position): take(
                [xs[0][c, *place] for place in product(*(b[p] for b, p in zip(bins, position, strict=True)))]
            )
            for position in positions
            for c in range(x[0])
        }

    return loop


def mean(numbers: list[Number]) -> Number:
    return total(numbers) * (1 / len(numbers))


@given(SHAPE)
@a_few
def test_global_pools(x: Index) -> None:
    bins = [[range(length)] for length in x[1:]]
    agree(build("global_max_pool"), [random(x)], pool(x, bins, largest))
    agree(build("global_avg_pool"), [random(x)], pool(x, bins, mean))


@given(SHAPE, st.tuples(*[st.integers(1, 8)] * 3))
@a_few
def test_adaptive_pools(x: Index, sizes: Index) -> None:
    sizes = sizes[: len(x) - 1]
    bins = [
        [range(u * i // o, -(-(u + 1) * i // o)) for u in range(o)] for i, o in zip(x[1:], sizes, strict=True)
    ]
    agree(build("adaptive_max_pool", output_size=sizes), [random(x)], pool(x, bins, largest))
    agree(build("adaptive_avg_pool", output_size=sizes), [random(x)], pool(x, bins, mean))


# Resizing.


def at_a_scale_of_5_4(mode: str) -> example:
    """3 positions stay 3."""
    scales = (Fraction(5, 4),) * 3
    return example(x=(1, 3), mode=mode, scales=scales, by_size=False, align_corners=False)


def tent(distance: Fraction) -> Fraction:
    return 1 - distance


def keys(d: Fraction) -> Fraction:
    """Keys 1981 with a slope of -3/4, as it is printed."""
    a = Fraction(-3, 4)
    if d < 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a


def blended(coordinate: Fraction, length: int, width: int) -> list[tuple[int, Fraction]]:
    """The `width` positions around a coordinate and their weights; behind the border the last one repeats."""
    first = floor(coordinate) - width // 2 + 1
    around = [(p, (tent if width == 2 else keys)(abs(p - coordinate))) for p in range(first, first + width)]
    return [(min(max(p, 0), length - 1), weight) for p, weight in around]


@given(SHAPE, st.sampled_from(sorted(WIDTHS)), st.tuples(SCALE, SCALE, SCALE), BIAS, BIAS)
@at_a_scale_of_5_4("nearest")
@at_a_scale_of_5_4("linear")
@at_a_scale_of_5_4("bicubic")
@settings(max_examples=80)
def test_upsample(
    x: Index, mode: str, scales: tuple[Fraction, ...], by_size: bool, align_corners: bool
) -> None:
    x = (1, *(x[1:] * 3)[: RANKS.get(mode, len(x) - 1)])
    scales = scales[: len(x) - 1]
    sizes = tuple(floor(i * scale) for i, scale in zip(x[1:], scales, strict=True))
    assume(all(sizes))
    align_corners = align_corners and mode != "nearest"
    given_size = {"size": sizes} if by_size else {"scale_factor": scales}
    layer = build("upsample", mode=mode, align_corners=align_corners, **given_size)

    def coordinate(axis: int, u: int) -> Fraction:
        i, o, scale = x[1 + axis], sizes[axis], scales[axis]
        if align_corners:
            return Fraction(u * (i - 1), o - 1) if o > 1 else Fraction(0)
        if by_size or (WIDTHS[mode] == 2 and i == o):
            scale = Fraction(o, i)
        return u / scale if mode == "nearest" else (u + Fraction(1, 2)) / scale - Fraction(1, 2)

    def loop(xs: Sequence[Tensor], _: Weights) -> dict[Index, Number]:
        y: dict[Index, Number] = {}
        for c, *position in product(range(x[0]), *map(range, sizes)):
            at = [coordinate(axis, u) for axis, u in enumerate(position)]
            if mode == "nearest":
                y[c, *position] = xs[0][c, *map(floor, at)]
                continue
            lines = [blended(one, n, WIDTHS[mode]) for one, n in zip(at, x[1:], strict=True)]
            y[c, *position] = total(weighed(xs[0], c, corner) for corner in product(*lines))
        return y

    agree(layer, [random(x)], loop)


def weighed(x: Tensor, channel: int, corner: Sequence[tuple[int, Fraction]]) -> Number:
    """A product; but what has no weight is not read."""
    weight = prod(w for _, w in corner)
    value = x[channel, *(p for p, _ in corner)]
    return (value if weight else Number(0.0, x.counts)) * float(weight)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
@a_few
def test_pixel_shuffle_and_back(channels: int, height: int, width: int, r: int) -> None:
    deep, wide = (channels * r * r, height, width), (channels, height * r, width * r)
    pairs = {
        (c * r * r + i * r + j, row, col): (c, row * r + i, col * r + j)
        for c, i, j, row, col in product(range(channels), range(r), range(r), range(height), range(width))
    }

    def shuffle(xs: Sequence[Tensor], _: Weights) -> dict[Index, Number]:
        return {there: xs[0][here] for here, there in pairs.items()}

    def unshuffle(xs: Sequence[Tensor], _: Weights) -> dict[Index, Number]:
        return {here: xs[0][there] for here, there in pairs.items()}

    agree(build("pixel_shuffle", upscale_factor=r), [random(deep)], shuffle)
    agree(build("pixel_unshuffle", downscale_factor=r), [random(wide)], unshuffle)


# Examples small enough to follow by hand.


def test_a_dilated_3x3_kernel_sees_5x5_with_9_weights() -> None:
    layer = build("conv", out_channels=1, kernel_size=3, dilation=2, bias=False)
    y, tally = run(layer, [grid((1, 5, 5))], {"weight": np.ones((1, 1, 3, 3))})
    assert y.tolist() == [[[1 + 3 + 5 + 11 + 13 + 15 + 21 + 23 + 25]]]
    assert (tally.multiplications, tally.additions) == (9, 8)


SPREAD = {
    1: [[1, 3, 3, 2], [4, 10, 10, 6], [4, 10, 10, 6], [3, 7, 7, 4]],
    2: [[1, 1, 3, 2, 2], [1, 1, 3, 2, 2], [4, 4, 10, 6, 6], [3, 3, 7, 4, 4], [3, 3, 7, 4, 4]],
}


@pytest.mark.parametrize("stride", [1, 2])
def test_a_transposed_3x3_kernel_spreads_2x2_over_4x4_and_with_stride_2_over_5x5(stride: int) -> None:
    layer = build("conv_transpose", out_channels=1, kernel_size=3, stride=stride, bias=False)
    y, tally = run(layer, [grid((1, 2, 2))], {"weight": np.ones((1, 1, 3, 3))})
    assert y.tolist() == [SPREAD[stride]]
    assert (tally.multiplications, tally.additions) == (36, 36 - y.size)


def test_a_transposed_convolution_multiplies_by_the_transpose_of_the_convolutions_matrix() -> None:
    weights = {"weight": random((1, 1, 3, 3))}
    conv = build("conv", out_channels=1, kernel_size=3, bias=False)
    units = np.eye(16).reshape(16, 1, 4, 4)
    matrix = np.stack([run(conv, [unit], weights)[0].ravel() for unit in units], axis=1)
    assert matrix.shape == (4, 16)
    assert np.count_nonzero(matrix) == 4 * 9
    x = random((1, 2, 2))
    y, _ = run(build("conv_transpose", out_channels=1, kernel_size=3, bias=False), [x], weights)
    assert np.allclose(y.ravel(), matrix.T @ x.ravel())


@pytest.mark.parametrize("batch", [1, 100])
def test_it_makes_no_difference_how_many_taps_are_multiplied_at_once(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = build("conv", out_channels=4, kernel_size=3, groups=2, padding=1)
    x = random((2, 5, 6))
    y, tally = run(layer, [x], weights_of(layer, [x]))
    monkeypatch.setattr("archcost.execute.kernels.convolution.BATCH", batch)
    again, another = run(layer, [x], weights_of(layer, [x]))
    assert np.allclose(y, again)
    assert tally == another


def test_products_with_padding_are_among_the_products() -> None:
    """A 3×3 window at a corner of a padded map reads 5 positions of padding, at an edge 3."""
    layer = build("conv", out_channels=7, kernel_size=3, padding=1)
    x = random((2, 4, 4))
    _, tally = run(layer, [x], weights_of(layer, [x]))
    assert tally.on_padding == (4 * 5 + 8 * 3) * 2 * 7
    assert tally.multiplications == 16 * 9 * 2 * 7
