"""Kinds with a window, linear layers and resizing, against loops that do what the definitions say.

Every product, addition and comparison is counted when it happens.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcost.errors import ShapeError
from archcost.windows.window import Window
from tests.layers.loops import Axis, Index, Tally, build, fields, lengths, places, taps

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = st.integers(1, 2)
BIAS = st.booleans()
WORD = st.sampled_from(["", "same", "same_lower", "valid"])
thorough = settings(max_examples=150)


@st.composite
def axes(draw: st.DrawFn, *, pool: bool = False) -> list[Axis]:
    """One to three axes; the more there are, the smaller, so that the loops stay short."""
    rank = draw(st.integers(1, 3))
    longest, widest = {1: (12, 5), 2: (7, 3), 3: (4, 2)}[rank]
    return [draw(_axis(longest, widest, pool=pool)) for _ in range(rank)]


@st.composite
def _axis(draw: st.DrawFn, longest: int, widest: int, *, pool: bool) -> Axis:
    kernel, step = draw(st.integers(1, widest)), st.integers(1, 3)
    pad = st.integers(0, kernel // 2 if pool else 2)
    return Axis(draw(st.integers(1, longest)), kernel, draw(step), draw(step), draw(pad), draw(pad))


def refused(call: Callable[[Index], object], x: Index, why: str) -> None:
    with pytest.raises(ShapeError, match=why):
        call(x)


@given(axes(), WORD, FEW, FEW, BIAS)
@thorough
def test_convolution(lines: list[Axis], word: str, groups: int, share: int, bias: bool) -> None:
    x = (groups * 2, *lengths(lines))
    layer = build("conv", out_channels=groups * share, groups=groups, bias=bias, **fields(lines, word))
    lines = [line.padded(word) for line in lines]
    if not places(lines):
        refused(layer.output_shape, x, "is larger than the")
        return
    tally = Tally()
    for out, position in product(range(groups * share), places(lines)):
        y = (out, *position)
        tally.outputs.add(y)
        summands = [(channel, *tap) for channel in range(2) for tap in taps(lines)]
        for summand in summands:
            tally.weigh((out, *summand))
        tally.combine("additions", summands)
        if bias:
            tally.add_bias(y)
    tally.agrees(layer, x)


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))
def test_causal_convolution(length: int, kernel: int, stride: int, dilation: int) -> None:
    line = Axis(length, kernel, stride, dilation, 0, 0)
    layer = build("conv", out_channels=1, bias=False, **fields([line], "causal"))
    tally = Tally()
    for (position,) in places([line.padded("causal")]):
        tally.outputs.add((0, position))
        for tap in range(kernel):
            tally.weigh((0, 0, tap))
        tally.combine("additions", range(kernel))
    tally.agrees(layer, (1, length))


@st.composite
def connections(draw: st.DrawFn) -> tuple[Index, ...]:
    row = st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True).map(tuple)
    return tuple(draw(st.lists(row, min_size=1, max_size=3)))


@given(axes(), connections(), BIAS)
@thorough
def test_convolution_with_a_connection_table(lines: list[Axis], table: tuple[Index, ...], bias: bool) -> None:
    assume(places(lines))
    x = (4, *lengths(lines))
    layer = build("conv", out_channels=len(table), connections=table, bias=bias, **fields(lines))
    links = [(out, channel) for out, row in enumerate(table) for channel in row]
    tally = Tally()
    for out, position in product(range(len(table)), places(lines)):
        y = (out, *position)
        tally.outputs.add(y)
        summands = [(links.index((out, channel)), *tap) for channel in table[out] for tap in taps(lines)]
        for summand in summands:
            tally.weigh(summand)
        tally.combine("additions", summands)
        if bias:
            tally.add_bias(y)
    tally.agrees(layer, x)


@given(axes(), WORD, FEW, FEW, BIAS)
@thorough
def test_depthwise_convolution(
    lines: list[Axis], word: str, channels: int, multiplier: int, bias: bool
) -> None:
    x = (channels, *lengths(lines))
    layer = build("depthwise_conv", multiplier=multiplier, bias=bias, **fields(lines, word))
    lines = [line.padded(word) for line in lines]
    if not places(lines):
        refused(layer.output_shape, x, "is larger than the")
        return
    tally = Tally()
    for channel, copy, position in product(range(channels), range(multiplier), places(lines)):
        y = (channel * multiplier + copy, *position)
        tally.outputs.add(y)
        for tap in taps(lines):
            tally.weigh((y[0], 0, *tap))
        tally.combine("additions", taps(lines))
        if bias:
            tally.add_bias(y)
    tally.agrees(layer, x)


def kept(line: Axis, word: str, extra: int) -> range:
    """What a transposed convolution keeps of the positions it wrote along an axis."""
    written = range((line.length - 1) * line.stride + line.reach + 1)
    if word == "valid":
        return written
    if not word:
        return range(line.before, written.stop - line.after + extra)
    first, stop, end_next = 0, written.stop, word == "same"
    while stop - first > line.length * line.stride:
        first, stop, end_next = (first, stop - 1, False) if end_next else (first + 1, stop, True)
    return range(first, first + line.length * line.stride)


@given(axes(), WORD, FEW, FEW, BIAS, st.integers(0, 2))
@thorough
def test_transposed_convolution(  # noqa: PLR0913, PLR0917 - one argument per field
    lines: list[Axis], word: str, groups: int, share: int, bias: bool, extra: int
) -> None:
    extra = 0 if word else min(extra, *(max(line.stride, line.dilation) - 1 for line in lines))
    x = (groups * 2, *lengths(lines))
    layer = build(
        "conv_transpose",
        out_channels=groups * share,
        groups=groups,
        bias=bias,
        output_padding=extra,
        **fields(lines, word),
    )
    ranges = [kept(line, word, extra) for line in lines]
    if not all(ranges):
        refused(layer.output_shape, x, "crops all")
        return
    tally, written = Tally(), set[Index]()
    for (channel, *place), tap, o in product(product(*map(range, x)), taps(lines), range(share)):
        tally.weigh((channel, o, *tap))
        triples = zip(lines, place, tap, strict=True)
        out = (channel // 2 * share + o, *(line.stride * i + line.dilation * t for line, i, t in triples))
        tally.counts["additions"] += out in written
        written.add(out)
    tally.outputs = set(product(range(groups * share), *(range(len(r)) for r in ranges)))
    for y in tally.outputs if bias else ():
        tally.add_bias(y)
    tally.agrees(layer, x)


def pooled(lines: list[Axis], rule: str) -> list[list[int]]:
    """First taps of the windows of a pool, per axis."""
    if rule == "floor":
        return [line.starts() for line in lines]
    padded = any(line.before or line.after for line in lines)
    every = [line.covering() for line in lines]
    if rule == "caffe" and not padded:
        return every
    # "Sliding windows that would start in the right padded region are ignored."
    return [[s for s in starts if s < line.length] for line, starts in zip(lines, every, strict=True)]


def fits(lines: list[Axis], rule: str) -> bool:
    """A window may stick out by less than a stride (floor: not at all)."""
    return all(
        line.reach + 1 - (line.stride - 1 if rule != "floor" else 0) <= line.length + line.before + line.after
        for line in lines
    )


@given(axes(pool=True), st.sampled_from(["floor", "ceil", "caffe"]), WORD, FEW)
@thorough
def test_max_pool(lines: list[Axis], rule: str, word: str, channels: int) -> None:
    x = (channels, *lengths(lines))
    mode = {"ceil_mode": rule != "floor", "ceil_rule": "caffe" if rule == "caffe" else "pytorch"}
    layer = build("max_pool", **mode, **fields(lines, word))
    lines = [line.padded(word) for line in lines]
    rule = "floor" if word.startswith("same") else rule  # the output is input over stride, whatever the mode
    if not fits(lines, rule):
        refused(layer.output_shape, x, "is larger than the")
        return
    tally = Tally()
    for channel, *position in product(range(channels), *(range(len(s)) for s in pooled(lines, rule))):
        tally.outputs.add((channel, *position))
        tally.combine("comparisons", taps(lines))
    tally.agrees(layer, x)


@given(
    axes(pool=True), st.sampled_from(["floor", "ceil", "caffe"]), WORD, st.sampled_from([None, True, False])
)
@thorough
def test_avg_pool(lines: list[Axis], rule: str, word: str, include: bool | None) -> None:
    lines = [line._replace(dilation=1) for line in lines]
    x = (2, *lengths(lines))
    mode = {"ceil_mode": rule != "floor", "ceil_rule": "caffe" if rule == "caffe" else "pytorch"}
    given_fields = fields(lines, word)
    del given_fields["dilation"]
    layer = build("avg_pool", count_include_pad=include, **mode, **given_fields)
    lines = [line.padded(word) for line in lines]
    rule = "floor" if word.startswith("same") else rule
    if not fits(lines, rule):
        refused(layer.output_shape, x, "is larger than the")
        return
    tally = Tally()
    for channel, *position in product(range(2), *(range(len(s)) for s in pooled(lines, rule))):
        tally.outputs.add((channel, *position))
        tally.combine("additions", taps(lines))
        tally.counts["multiplications"] += 1
    tally.agrees(layer, x)


SHAPE = st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple)


def pool(bins: list[list[range]], channels: int, operation: str) -> Tally:
    tally = Tally()
    for channel, *position in product(range(channels), *(range(len(axis)) for axis in bins)):
        tally.outputs.add((channel, *position))
        window = [axis[i] for axis, i in zip(bins, position, strict=True)]
        tally.combine(operation, product(*window))
        tally.counts["multiplications"] += operation == "additions"
    return tally


@given(SHAPE)
def test_global_pools(x: Index) -> None:
    bins = [[range(length)] for length in x[1:]]
    pool(bins, x[0], "comparisons").agrees(build("global_max_pool"), x)
    pool(bins, x[0], "additions").agrees(build("global_avg_pool"), x)


@given(SHAPE, st.tuples(*[st.integers(1, 8)] * 3))
def test_adaptive_pools(x: Index, sizes: Index) -> None:
    sizes = sizes[: len(x) - 1]
    bins = [
        [range(u * i // o, -(-(u + 1) * i // o)) for u in range(o)] for i, o in zip(x[1:], sizes, strict=True)
    ]
    pool(bins, x[0], "comparisons").agrees(build("adaptive_max_pool", output_size=sizes), x)
    pool(bins, x[0], "additions").agrees(build("adaptive_avg_pool", output_size=sizes), x)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple), st.integers(1, 5), BIAS)
def test_linear(x: Index, features: int, bias: bool) -> None:
    tally = Tally()
    for y in product(range(features), *map(range, x[1:])):
        tally.outputs.add(y)
        for i in range(x[0]):
            tally.weigh((y[0], i))
        tally.combine("additions", range(x[0]))
        if bias:
            tally.add_bias(y)
    tally.agrees(build("linear", out_features=features, bias=bias, per_position=True), x)
    layer = build("linear", out_features=features, bias=bias)
    if any(length > 1 for length in x[1:]):
        refused(layer.output_shape, x, "takes a vector")
        return
    tally.outputs = {y[:1] for y in tally.outputs}
    tally.agrees(layer, x)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple), st.integers(1, 4))
def test_maxout(y: Index, pieces: int) -> None:
    tally = Tally()
    for output in product(*map(range, y)):
        tally.outputs.add(output)
        tally.combine("comparisons", range(pieces))
    tally.agrees(build("maxout", pieces=pieces), (y[0] * pieces, *y[1:]))


WIDTHS = {"nearest": 0, "linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}
RANKS = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}
SCALE = st.fractions(Fraction(1, 3), 3, max_denominator=5)


@given(SHAPE, st.sampled_from(sorted(WIDTHS)), st.tuples(SCALE, SCALE, SCALE), BIAS, BIAS)
@thorough
def test_upsample(
    x: Index, mode: str, scales: tuple[Fraction, ...], by_size: bool, align_corners: bool
) -> None:
    x = (2, *(x[1:] * 3)[: RANKS.get(mode, len(x) - 1)])
    scales = scales[: len(x) - 1]
    sizes = tuple(floor(i * scale) for i, scale in zip(x[1:], scales, strict=True))
    given_size = {"size": sizes} if by_size else {"scale_factor": scales}
    if not all(sizes):
        if not by_size:
            refused(build("upsample", scale_factor=scales).output_shape, x, "leaves nothing of the")
        return
    layer = build("upsample", mode=mode, align_corners=align_corners and mode != "nearest", **given_size)
    tally = Tally()
    for y in product(range(2), *map(range, sizes)):
        tally.outputs.add(y)
        if mode != "nearest":
            summands = list(product(range(WIDTHS[mode]), repeat=len(sizes)))
            tally.counts["multiplications"] += len(summands)
            tally.combine("additions", summands)
    tally.agrees(layer, x)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_pixel_shuffle_and_back(channels: int, height: int, width: int, r: int) -> None:
    deep, wide = (channels * r * r, height, width), (channels, height * r, width * r)
    shuffle, unshuffle = (
        build("pixel_shuffle", upscale_factor=r),
        build("pixel_unshuffle", downscale_factor=r),
    )
    down, up = shuffle.window(deep), unshuffle.window(wide)
    assert isinstance(down, Window)
    assert isinstance(up, Window)
    there, back = Tally(), Tally()
    for c, i, j, row, col in product(range(channels), range(r), range(r), range(height), range(width)):
        small, large = (c * r * r + i * r + j, row, col), (c, row * r + i, col * r + j)
        there.outputs.add(large)
        back.outputs.add(small)
        assert ([*down.reads(0, large[1])], [*down.reads(1, large[2])]) == ([row], [col])
        assert large[1] in up.reads(0, row)
        assert large[2] in up.reads(1, col)
    there.agrees(shuffle, deep)
    back.agrees(unshuffle, wide)
