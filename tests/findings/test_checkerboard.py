"""Products that outputs of transposed convolutions sum: against loops over every tap, and in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.findings.checkerboard import hits
from archcost.windows.window import scattering

if TYPE_CHECKING:
    from collections.abc import Callable

    Said = Callable[..., list[str]]

RULE = "checkerboard"
BILLION = 10**9


def landed(kernel: int, stride: int, dilation: int) -> Counter[int]:
    """How many products land on each output of a period, of which there are how many: input by input."""
    reach = dilation * (kernel - 1)
    inputs = 2 * (reach // stride + 2)
    sums = Counter(i * stride + tap * dilation for i in range(inputs) for tap in range(kernel))
    inner = range(reach, reach + stride)
    assert inner.stop <= inputs * stride, "no further input reaches them"
    return Counter(sums[position] for position in inner)


@given(
    axes=st.lists(
        st.tuples(st.integers(1, 9), st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=3
    ),
    padding=st.integers(0, 3),
)
def test_the_products_of_every_output_of_a_period_are_counted(
    axes: list[tuple[int, int, int]], padding: int
) -> None:
    kernel, stride, dilation = zip(*axes, strict=True)
    window = scattering((1, *[64] * len(axes)), kernel, stride, (padding,), dilation=dilation)
    assert [dict(along) for along in hits(window)] == [landed(*axis) for axis in axes]
    for along in hits(window):
        assert sorted(along) == list(along)


@pytest.mark.parametrize(
    ("fields", "sums"),
    [
        ("kernel_size: 3, stride: 2", "1, 2, 2 and 4"),
        ("kernel_size: [3, 4], stride: 2", "2, 2, 4 and 4"),
        ("kernel_size: 4, stride: 3", "1, 1, 1, 1, 2, 2, 2, 2 and 4"),
        ("kernel_size: [3, 1], stride: [2, 1]", "1 and 2"),
        ("kernel_size: 5, stride: 4", "1 to 4"),
        ("kernel_size: 4, stride: 2, dilation: 2", "0, 0, 0 and 16"),
    ],
)
def test_the_sums_of_a_period_are_listed_unless_they_are_many(said: Said, fields: str, sums: str) -> None:
    (message,) = said(RULE, f"- conv_transpose: {{out_channels: 1, {fields}}}")
    assert f"neighbouring outputs sum {sums} products per input channel" in message


@pytest.mark.parametrize("fields", ["kernel_size: 4, stride: 2", "kernel_size: 1, stride: 1, dilation: 7"])
def test_equal_sums_are_not_mentioned(said: Said, fields: str) -> None:
    assert said(RULE, f"- conv_transpose: {{out_channels: 1, {fields}}}") == []


@pytest.mark.parametrize(
    ("x", "fields", "sums"),
    [
        ("[1, 8]", f"kernel_size: 3, stride: {BILLION}", "0 to 1"),
        ("[1, 8]", f"kernel_size: 3, stride: {BILLION}, dilation: {BILLION - 1}", "0 to 1"),
        ("[1, 8]", f"kernel_size: {BILLION + 1}, stride: 2", f"{BILLION // 2} and {BILLION // 2 + 1}"),
        ("[1, 8, 8]", "kernel_size: 3001, stride: 3000", "1 to 4"),
        ("[1, 8]", f"kernel_size: {10**6 + 1}, stride: {10**6}", "1 to 2"),
    ],
)
def test_no_period_is_too_long(said: Said, x: str, fields: str, sums: str) -> None:
    (message,) = said(RULE, f"- conv_transpose: {{out_channels: 1, {fields}}}", x=x)
    assert message.startswith(f"conv_transpose: neighbouring outputs sum {sums} products per input channel (")
