"""Counting taps by arithmetic, against looking at every one of them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.windows.taps import on_data, positions_read, skips
from archcost.windows.window import Window, binning, interpolating

small = st.integers(1, 9)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    kernel, stride, dilation = (draw(small) for _ in range(3))
    return Window((kernel,), (stride,), (dilation,), ((draw(st.integers(-4, 12)), 0),))


@given(windows(), st.integers(1, 40), st.integers(1, 20))
def test_counted_is_what_is_there(window: Window, length: int, outputs: int) -> None:
    pairs = [i for u in range(outputs) for i in window.reads(0, u) if 0 <= i < length]
    assert on_data(window, 0, length, outputs) == len(pairs)
    assert positions_read(window, 0, length, outputs) == len(set(pairs))


@given(windows())
def test_a_window_skips_if_something_far_from_the_borders_is_never_read(window: Window) -> None:
    read = {i for u in range(400) for i in window.reads(0, u)}
    middle = range(200 * window.stride[0], 200 * window.stride[0] + window.stride[0])
    assert skips(window, 0) == any(i not in read for i in middle)


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from([0, 1, 2]),
    st.booleans(),
)
def test_what_a_resize_reads_is_counted_as_well(length: int, size: int, radius: int, align: bool) -> None:
    corners = align and radius > 0
    window = interpolating((length,), (size,), (Fraction(size, length),), radius, align_corners=corners)
    read = {i for u in range(size) for i in window.reads(0, u) if 0 <= i < length}
    assert positions_read(window, 0, length, size) == len(read)
    if skips(window, 0):
        assert size < length


@pytest.mark.parametrize(("radius", "read"), [(0, 10**6), (1, 2 * 10**6), (2, 4 * 10**6)])
def test_a_resize_of_a_long_axis_is_counted_by_its_periods(radius: int, read: int) -> None:
    length = 8 * 10**6
    window = interpolating((length,), (10**6,), (Fraction(1, 8),), radius)
    assert skips(window, 0)
    assert positions_read(window, 0, length, 10**6) == read


def test_large_bins_are_not_walked_through() -> None:
    assert not skips(binning((10**9,), (2,)), 0)


def test_long_axes_take_no_longer() -> None:
    window = Window((10**9,), (2,), (10**6,), ((10**15, 10**15),))
    length = 10**12
    outputs = window.output((length,))[0]
    assert positions_read(window, 0, length, outputs) == length // 2
    assert on_data(window, 0, length, outputs) < outputs * 10**9
