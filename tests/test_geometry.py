"""Windows against their definitions: positions enumerated one by one, fractions compared as fractions."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.errors import ShapeError
from archcost.windows.window import (
    Window,
    bin_reads,
    binning,
    interpolating,
    per_axis,
    reached,
    resolve_padding,
    scattering,
    sliding,
    spatial,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.windows.window import PaddingWord, Rounding

SMALL = st.integers(1, 5)
LENGTH = st.integers(1, 12)
PAD = st.integers(0, 4)


def reads(window: Window, axis: int, position: int) -> tuple[int, ...]:
    return tuple(window.reads(axis, position))


class Axis(NamedTuple):
    """One axis and what slides along it."""

    length: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def span(self) -> int:
        return self.dilation * (self.kernel - 1) + 1

    def window(self, rounding: Rounding = "floor") -> Window:
        pads = ((self.before, self.after),)
        return Window((self.kernel,), (self.stride,), (self.dilation,), pads, rounding)


AXIS = st.builds(Axis, LENGTH, SMALL, SMALL, SMALL, PAD, PAD)


@given(AXIS)
def test_a_window_takes_every_position_at_which_it_fits(axis: Axis) -> None:
    padded = range(-axis.before, axis.length + axis.after)
    starts = [start for start in padded[:: axis.stride] if start + axis.span <= padded.stop]
    window = axis.window()
    if not starts:
        with pytest.raises(ShapeError, match="is larger than the length"):
            window.output((axis.length,))
        return
    assert window.output((axis.length,)) == (len(starts),)
    for u, start in enumerate(starts):
        assert reads(window, 0, u) == tuple(start + axis.dilation * tap for tap in range(axis.kernel))


@given(AXIS)
def test_ceil_adds_the_windows_that_stick_out_but_none_that_starts_behind_the_input(axis: Axis) -> None:
    axis = axis._replace(after=min(axis.after, axis.span // 2))  # what PyTorch demands of pools
    grid = range(-axis.before, axis.length, axis.stride)
    count = len([start for start in grid if start + axis.span < axis.length + axis.after + axis.stride])
    window = axis.window("ceil")
    if count == 0:
        with pytest.raises(ShapeError, match="is larger than the length"):
            window.output((axis.length,))
        return
    assert window.output((axis.length,)) == (count,)


def square(kernel: int, stride: int, *pads: tuple[int, int], rounding: Rounding) -> Window:
    rank = len(pads)
    return Window((kernel,) * rank, (stride,) * rank, (1,) * rank, pads, rounding)


@pytest.mark.parametrize(
    ("axes", "window", "output"),
    [
        ((5,), square(1, 3, (0, 0), rounding="floor"), (2,)),
        ((5,), square(1, 3, (0, 0), rounding="ceil"), (2,)),
        ((5,), square(1, 3, (0, 0), rounding="caffe"), (3,)),
        ((5, 5), square(1, 3, (0, 0), (0, 0), rounding="caffe"), (3, 3)),
        ((5, 5), square(1, 3, (0, 0), (1, 1), rounding="caffe"), (2, 2)),  # one padded axis is enough
        ((2, 2), square(3, 2, (0, 0), (0, 0), rounding="ceil"), (1, 1)),  # the only window sticks out
        ((4, 4), square(3, 2, (0, 0), (0, 0), rounding="ceil"), (2, 2)),
        ((4, 4), square(3, 2, (0, 0), (0, 0), rounding="floor"), (1, 1)),
        ((2, 2), square(1, 2, (0, 0), (0, 0), rounding="ceil"), (1, 1)),
        ((2, 2), square(3, 3, (1, 1), (1, 1), rounding="ceil"), (1, 1)),
    ],
)
def test_rounding_up_as_pytorch_and_caffe_do_it(
    axes: tuple[int, ...], window: Window, output: tuple[int, ...]
) -> None:
    assert window.output(axes) == output


@pytest.mark.parametrize(
    ("axis", "output"),
    [
        (Axis(4, kernel=3, stride=1, dilation=1, before=0, after=0), 2),
        (Axis(5, kernel=4, stride=1, dilation=1, before=2, after=2), 6),
        (Axis(5, kernel=3, stride=1, dilation=1, before=1, after=1), 5),
        (Axis(5, kernel=3, stride=1, dilation=1, before=2, after=2), 7),
        (Axis(5, kernel=3, stride=2, dilation=1, before=0, after=0), 2),
        (Axis(5, kernel=3, stride=2, dilation=1, before=1, after=1), 3),
        (Axis(6, kernel=3, stride=2, dilation=1, before=1, after=1), 3),
        (Axis(7, kernel=3, stride=1, dilation=2, before=0, after=0), 3),
    ],
)
def test_the_figures_of_the_guide_to_convolution_arithmetic(axis: Axis, output: int) -> None:
    assert axis.window().output((axis.length,)) == (output,)


@pytest.mark.parametrize(
    ("i", "kernel", "stride", "padding", "output"),
    [
        (2, 3, 1, 0, 4),
        (5, 4, 1, 2, 4),
        (6, 4, 1, 2, 5),
        (5, 3, 1, 1, 5),
        (7, 3, 1, 2, 5),
        (2, 3, 2, 0, 5),
        (3, 3, 2, 1, 5),
    ],
)
def test_the_guides_transposed_figures(i: int, kernel: int, stride: int, padding: int, output: int) -> None:
    assert scattering((1, i), (kernel,), (stride,), (padding,)).output((i,)) == (output,)


def test_output_padding_tells_the_two_inputs_of_the_guides_last_figure_apart() -> None:
    assert scattering((1, 3), (3,), (2,), (1,), output_padding=(0,)).output((3,)) == (5,)
    assert scattering((1, 3), (3,), (2,), (1,), output_padding=(1,)).output((3,)) == (6,)


@given(LENGTH, SMALL, SMALL, SMALL, st.sampled_from(["same", "same_lower"]))
def test_same_padding_gives_the_input_over_the_stride_and_its_odd_position_goes_where_the_word_says(
    length: int, kernel: int, stride: int, dilation: int, word: PaddingWord
) -> None:
    ((before, after),) = resolve_padding(word, (length,), (kernel,), (stride,), (dilation,))
    window = Window((kernel,), (stride,), (dilation,), ((before, after),))
    assert window.output((length,)) == (ceil(Fraction(length, stride)),)
    assert (after - before if word == "same" else before - after) in {0, 1}
    if before + after:  # there is none to spare: the last window ends with the padding
        assert reads(window, 0, window.output((length,))[0] - 1)[-1] == length + after - 1


@given(LENGTH, SMALL, SMALL, SMALL)
def test_causal_padding_reads_nothing_after_the_position_itself(
    length: int, kernel: int, stride: int, dilation: int
) -> None:
    window = sliding((1, length), (kernel,), (stride,), "causal", dilation=(dilation,))
    (count,) = window.output((length,))
    assert count == ceil(Fraction(length, stride))
    assert all(reads(window, 0, u)[-1] == u * stride for u in range(count))


@given(AXIS, SMALL)
def test_a_transposed_window_reads_backwards_what_the_scatter_wrote(axis: Axis, extra: int) -> None:
    extra %= max(axis.stride, axis.dilation)
    hits: dict[int, list[int]] = {}
    for i in range(axis.length):
        for tap in range(axis.kernel):
            hits.setdefault(i * axis.stride + axis.dilation * tap, []).append(i)

    def transposed() -> Window:
        pads = ((axis.before, axis.after),)
        fields = (axis.kernel,), (axis.stride,), pads
        return scattering((1, axis.length), *fields, dilation=(axis.dilation,), output_padding=(extra,))

    kept = range(axis.before, max(hits) + 1 - axis.after + extra)
    if not kept:
        with pytest.raises(ShapeError, match=f"padding {axis.before} \\+ {axis.after} crops all"):
            transposed()
        return
    assert transposed().output((axis.length,)) == (len(kept),)
    assert reached((axis.length,), transposed()) == (len(hits),)
    for u, position in enumerate(kept):
        inside = [i for i in reads(transposed(), 0, u) if 0 <= i < axis.length]
        assert inside == sorted(hits.get(position, []))


@given(LENGTH, SMALL, SMALL, SMALL, st.sampled_from(["same", "same_lower"]))
def test_same_makes_a_transposed_window_give_the_input_times_the_stride(
    length: int, kernel: int, stride: int, dilation: int, word: PaddingWord
) -> None:
    window = scattering((1, length), (kernel,), (stride,), word, dilation=(dilation,))
    assert window.output((length,)) == (length * stride,)
    span = dilation * (kernel - 1) + 1
    cropped = span - 1 - window.padding[0][0]
    spare = max(span - stride, 0)
    assert cropped == (spare // 2 if word == "same" else ceil(Fraction(spare, 2)))


@given(LENGTH, LENGTH)
def test_adaptive_bins_start_and_end_where_pytorch_says(length: int, size: int) -> None:
    window = binning((length,), (size,))
    bins = [
        range(floor(Fraction(u * length, size)), ceil(Fraction((u + 1) * length, size))) for u in range(size)
    ]
    assert window.output((length,)) == (size,)
    assert [reads(window, 0, u) for u in range(size)] == [tuple(bin_) for bin_ in bins]
    assert bin_reads((length,), (size,)) == (sum(map(len, bins)),)


SCALE = st.fractions(Fraction(1, 4), 4, max_denominator=6)


@given(LENGTH, SCALE)
def test_nearest_takes_the_position_below(length: int, scale: Fraction) -> None:
    size = floor(length * scale)
    if size == 0:
        return
    window = interpolating((length,), (size,), (scale,), radius=0)
    assert window.output((length,)) == (size,)
    assert [reads(window, 0, u) for u in range(size)] == [(floor(u / scale),) for u in range(size)]


def triangle(distance: Fraction) -> Fraction:
    return max(1 - abs(distance), Fraction(0))


def keys(distance: Fraction) -> Fraction:
    """The cubic of Keys 1981 with a = -3/4, as PyTorch uses it."""
    a, d = Fraction(-3, 4), abs(distance)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else Fraction(0)


@given(st.integers(2, 12), SCALE, st.sampled_from([1, 2]), st.booleans())
def test_an_interpolation_reads_the_positions_whose_weight_is_not_zero(
    length: int, scale: Fraction, radius: int, align_corners: bool
) -> None:
    size = floor(length * scale)
    if size == 0:
        return
    window = interpolating((length,), (size,), (scale,), radius, align_corners=align_corners)
    assert window.output((length,)) == (size,)
    weight = triangle if radius == 1 else keys
    for u in range(size):
        place = (u + Fraction(1, 2)) / scale - Fraction(1, 2)
        if align_corners:
            place = Fraction(u * (length - 1), size - 1) if size > 1 else Fraction(0)
        nearby = range(floor(place) - 3, ceil(place) + 4)
        assert reads(window, 0, u) == tuple(i for i in nearby if weight(place - i))


@given(st.sampled_from([0, 1, 2]), LENGTH, st.booleans())
def test_a_single_position_is_copied_whatever_the_mode(radius: int, size: int, align_corners: bool) -> None:
    window = interpolating((1,), (size,), (Fraction(size),), radius, align_corners=align_corners)
    assert {reads(window, 0, u) for u in range(size)} == {(0,)}


@given(LENGTH, LENGTH, SMALL, SMALL, SMALL)
def test_after_a_period_the_same_pattern_is_read_further_on(
    length: int, size: int, kernel: int, stride: int, dilation: int
) -> None:
    for window in (
        binning((length,), (size,)),
        interpolating((length,), (size,), (Fraction(size, length),), radius=2),
        scattering((1, length), (kernel,), (stride,), (0,), dilation=(dilation,)),
        sliding((1, length), (kernel,), (stride,), (0,), dilation=(dilation,)),
    ):
        outputs, inputs = window.period(0)
        assert window.steps == (Fraction(inputs, outputs),)
        for u in range(outputs + 3):
            assert reads(window, 0, u + outputs) == tuple(i + inputs for i in reads(window, 0, u))


def test_axes_do_not_touch_each_other() -> None:
    window = sliding((3, 9, 10, 11), (1, 2, 3), (3, 2, 1), ((0, 1), (1, 0), (2, 2)), dilation=(1, 3, 2))
    singles = [
        sliding((3, 9), (1,), (3,), ((0, 1),)),
        sliding((3, 10), (2,), (2,), ((1, 0),), dilation=(3,)),
        sliding((3, 11), (3,), (1,), ((2, 2),), dilation=(2,)),
    ]
    assert window.output((9, 10, 11)) == tuple(
        one.output((i,))[0] for one, i in zip(singles, (9, 10, 11), strict=True)
    )
    for axis, one in enumerate(singles):
        assert [reads(window, axis, u) for u in range(3)] == [reads(one, 0, u) for u in range(3)]
    assert window.span == (1, 4, 5)
    assert window.taps == 6


def test_a_window_over_four_axes_works_as_well() -> None:
    assert sliding((2, 5, 5, 5, 5), (3,), (1,), (0,)).output((5, 5, 5, 5)) == (3, 3, 3, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spatial((10,)), "needs spatial axes to slide over; the input is a vector of 10"),
        (
            lambda: spatial((3, 8), 2),
            "is written for 2-D, but the input 3×8 has 1 spatial axis (length)",
        ),
        (
            lambda: spatial((3, 8, 8), 1, "mode linear"),
            "mode linear is written for 1-D, but the input 3×8×8 has 2 spatial axes (height, width)",
        ),
        (
            lambda: per_axis((3, 3, 3), 2, "kernel_size"),
            "kernel_size has 3 values, but the input has 2 spatial axes (height, width)",
        ),
        (
            lambda: sliding((3, 8, 8), (3,), (1,), ((1, 1),)),
            "padding has 1 pair, but the input has 2 spatial axes (height, width)",
        ),
        (
            lambda: sliding((3, 8, 8), (3,), (1,), "causal"),
            "padding causal is for 1-D, but the input has 2 spatial axes (height, width)",
        ),
        (
            lambda: sliding((3, 8, 4), (5,), (1,), (0,)).output((8, 4)),
            "kernel_size 5 is larger than the width of 4",
        ),
        (
            lambda: sliding((3, 4), (3,), (1,), (1,), dilation=(3,)).output((4,)),
            "kernel_size 3 (dilated by 3 to 7) is larger than the length of 4 + 1 + 1 of padding",
        ),
        (
            lambda: sliding((3, 1), (5,), (3,), (0,), rounding="ceil").output((1,)),
            "kernel_size 5 is larger than the length of 1",
        ),
        (
            lambda: scattering((3, 2), (3,), (2,), (3,)),
            "padding 3 + 3 crops all 5 positions of the length",
        ),
        (
            lambda: scattering((3, 2), (3,), (2,), (0,), output_padding=(2,)),
            "output_padding 2 must be less than stride 2 or dilation 1",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_the_users_words(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        call()
    assert str(caught.value) == message


def test_phases_of_a_transposed_window_may_read_nothing() -> None:
    window = scattering((1, 3), (1,), (2,), (0,))
    assert [reads(window, 0, u) for u in range(5)] == [(0,), (), (1,), (), (2,)]
