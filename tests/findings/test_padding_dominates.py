"""Convolutions that read more padding than data."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

import archcost

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

    Said = Callable[..., list[str]]

RULE = "padding-dominates"


def padding_share(size: int, kernel: int, dilation: int, padding: int, stride: int = 1) -> tuple[int, int]:
    """Taps on padding and all taps of a square convolution, counted one by one."""
    outputs = range((size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1)
    along = [u * stride - padding + t * dilation for u in outputs for t in range(kernel)]
    inside = [0 <= i < size for i in along]
    return sum(not (a and b) for a, b in product(inside, inside)), len(along) ** 2


@pytest.mark.parametrize(
    "conv",
    [
        (28, 3, 12, 12),
        (28, 3, 24, 24),
        (28, 3, 36, 36),
        (1, 3, 1, 1),
        (2, 3, 1, 1),
        (3, 3, 1, 1),
        (7, 9, 1, 4),
        (8, 9, 1, 4),
        (16, 5, 4, 8, 2),
        (16, 5, 6, 12, 2),
        (5, 3, 4, 6),
    ],
)
def test_it_is_reported_if_most_taps_counted_one_by_one_are_outside(
    said: Said, conv: tuple[int, ...]
) -> None:
    size, *fields = conv
    names = ("kernel_size", "dilation", "padding", "stride")
    given = ", ".join(f"{name}: {value}" for name, value in zip(names, fields, strict=False))
    found = said(RULE, f"- conv: {{out_channels: 3, {given}}}", x=f"[3, {size}, {size}]")
    outside, every = padding_share(*conv)
    assert bool(found) == (2 * outside > every)
    for message in found:
        assert f"({outside:,} of {every:,})" in message


def test_a_dilation_beyond_the_map_is_told_the_map_it_needs(said: Said) -> None:
    layers = """
        - max_pool: {kernel_size: 8}
        - {name: far, conv: {out_channels: 3, kernel_size: 3, dilation: 36, padding: 36}}
        """
    (message,) = said(RULE, layers, x="[3, 224, 224]")
    assert message == (
        "far: 88.9 % of its taps read padding (6,272 of 7,056): kernel_size 3, dilation 36 on 28×28 "
        "positions; its outer taps never meet data, it takes 82×82 positions (an input of 656×656) for "
        "most to meet data, or a smaller dilation"
    )


def test_the_map_that_is_named_is_the_smallest_that_suffices() -> None:
    for size, wanted in ((81, True), (82, False)):
        outside, every = padding_share(size, 3, 36, 36)
        assert (2 * outside > every) == wanted


@pytest.mark.parametrize(("size", "found"), [(640, 1), (656, 0)])
def test_on_an_input_of_that_size_nothing_is_said(
    network: Callable[..., Network], size: int, found: int
) -> None:
    net = network(
        """
        - max_pool: {kernel_size: 8}
        - conv: {out_channels: 3, kernel_size: 3, dilation: 36, padding: 36}
        """,
        x=f"[3, {size}, {size}]",
    )
    assert sum(finding.rule == RULE for finding in archcost.analyze(net).findings) == found


def test_nobody_is_told_to_take_a_million_positions(said: Said) -> None:
    (message,) = said(RULE, "- conv: {out_channels: 3, kernel_size: 3, padding: same, dilation: 9999999}")
    assert message.endswith("; its outer taps never meet data, it takes a smaller dilation")


@pytest.mark.parametrize(
    "layer",
    [
        "max_pool: {kernel_size: 3, stride: 1, padding: 1}",
        "conv_transpose: {out_channels: 3, kernel_size: 3, stride: 1, padding: 1}",
        "conv: {out_channels: 3, kernel_size: 2}",
    ],
)
def test_only_what_pads_and_convolves_is_judged(said: Said, layer: str) -> None:
    assert said(RULE, f"- {layer}", x="[3, 2, 2]") == []


def test_a_sequence_is_counted_along_its_one_axis(said: Said) -> None:
    layer = "- conv1d: {out_channels: 3, kernel_size: 3, dilation: 64, padding: causal}"
    (message,) = said(RULE, layer, x="[3, 64]")
    assert message == (
        "conv1d: 66.7 % of its taps read padding (128 of 192): kernel_size 3, dilation 64 on 64 positions; "
        "its outer taps never meet data, it takes 128 positions for most to meet data, "
        "or a smaller dilation"
    )


def test_half_is_not_most(said: Said) -> None:
    conv = "- conv: {out_channels: 1, kernel_size: %s, padding: [[%s, 0]]}"
    assert said(RULE, conv % (2, 1), x="[1, 1]") == []
    assert len(said(RULE, conv % (3, 2), x="[1, 1]")) == 1


def test_of_two_inputs_none_is_said_to_be_too_small(said: Said) -> None:
    layers = """
        - {name: a, from: %s, conv: {out_channels: 3, kernel_size: 3, padding: 1}}
        - {name: b, conv: {out_channels: 3, kernel_size: 3, dilation: 12, padding: 12}}
        """
    (one,) = said(RULE, layers % "input", x="[3, 8, 8]")
    assert "28×28 positions (an input of 28×28) for most" in one
    (two,) = said(RULE, layers % "right", x="{left: [3, 9, 9], right: [3, 8, 8]}")
    assert "28×28 positions for most" in two
