"""Positions that windows step over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Said = Callable[..., list[str]]

RULE = "unread-input"
ADVICE = "put the stride where they are made, or a larger kernel here"
STEM = "- {name: stem, conv: {out_channels: 3, kernel_size: 3, padding: 1}}\n"


def test_a_shortcut_reads_a_quarter_and_the_main_branch_the_rest(said: Said) -> None:
    layers = """
        - {name: stem, conv: {out_channels: 3, kernel_size: 3, padding: 1}}
        - name: down
          branches:
            main: [conv: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1}]
            shortcut: [conv: {out_channels: 3, kernel_size: 1, stride: 2}]
          merge: add
        """
    assert said(RULE, layers, x="[3, 56, 56]") == [
        (
            "down.shortcut.conv: kernel_size 1 with stride 2 reads 784 of the 3,136 positions of stem; "
            "down.main.conv reads those between as well"
        ),
    ]


def test_what_no_branch_reads_is_said_first(said: Said) -> None:
    """The stride in the first 1×1, as in the first ResNet-50."""
    layers = """
        - {name: stem, conv: {out_channels: 3, kernel_size: 3, padding: 1}}
        - name: down
          branches:
            main: [conv: {out_channels: 3, kernel_size: 1, stride: 2}]
            shortcut: [conv: {out_channels: 3, kernel_size: 1, stride: 2}]
          merge: add
        """
    assert said(RULE, layers, x="[3, 57, 56]") == [
        f"down.{branch}.conv: 2,380 of the 3,192 positions of stem are read by nothing: kernel_size 1 with "
        f"stride 2 steps over them; {ADVICE}"
        for branch in ("main", "shortcut")
    ]


def test_branches_that_read_different_positions_are_no_loss_of_each_other(said: Said) -> None:
    layers = """
        - name: stem
          conv: {out_channels: 3, kernel_size: 3, padding: 1}
        - name: halves
          branches:
            even: [max_pool: {kernel_size: 1, stride: 2}]
            odd: [conv: {out_channels: 3, kernel_size: 1, stride: 2, padding: [[1, 0], [1, 0]]}]
          merge: concat
        """
    assert said(RULE, layers, x="[3, 7, 7]") == [
        f"halves.{which}: kernel_size 1 with stride 2 reads {count} of the 49 positions of stem; "
        "no layer reads all of them"
        for which, count in [("even.max_pool", 16), ("odd.conv", 9)]
    ]


def test_a_network_output_is_read_whatever_else_reads_it(said: Said) -> None:
    layers = f"{STEM}- {{name: small, max_pool: {{kernel_size: 1, stride: 2}}}}"
    x = "[3, 8, 8]\noutputs: [stem, small]"
    assert said(RULE, layers, x=x) == [
        "small: kernel_size 1 with stride 2 reads 16 of the 64 positions of stem, which is an output, too",
    ]


@pytest.mark.parametrize(
    ("fields", "reads"),
    [
        ("kernel_size: 3, stride: 2, dilation: 2", "kernel_size 3 with stride 2, dilation 2"),
        ("kernel_size: 3, stride: [2, 4]", "kernel_size 3 with stride 2×4"),
        ("kernel_size: [2, 3], stride: 3", "kernel_size 2×3 with stride 3"),
        ("kernel_size: 5, stride: 4, dilation: 2, padding: 2", "kernel_size 5 with stride 4, dilation 2"),
    ],
)
def test_gaps_between_taps_count_as_well(said: Said, fields: str, reads: str) -> None:
    (message,) = said(RULE, f"- conv: {{out_channels: 3, {fields}}}", x="[3, 32, 32]")
    assert reads in message


@pytest.mark.parametrize(
    "layer",
    [
        "conv: {out_channels: 3, kernel_size: 2, stride: 2}",
        "conv: {out_channels: 3, kernel_size: 3, stride: 2}",
        "conv: {out_channels: 3, kernel_size: 3, stride: 3, dilation: 2}",
        "max_pool: {kernel_size: 3, stride: 2, padding: 1}",
        "conv_transpose: {out_channels: 3, kernel_size: 1, stride: 2}",
        "crop: {cropping: 2}",
        "slice: {start: 1, end: 3, axis: 1}",
        "adaptive_avg_pool: {output_size: 3}",
    ],
)
def test_what_is_cut_off_or_left_over_at_the_border_is_not_stepped_over(said: Said, layer: str) -> None:
    assert said(RULE, f"- {layer}", x="[3, 32, 32]") == []


def test_every_block_of_a_repeat_is_judged_by_its_own_sizes(said: Said) -> None:
    layers = "- {name: down, repeat: 3, body: [conv: {out_channels: 3, kernel_size: 1, stride: 2}]}"
    assert [message[:42] for message in said(RULE, layers, x="[3, 16, 16]")] == [
        "down.0.conv: 192 of the 256 positions of i",
        "down.1.conv: 48 of the 64 positions of dow",
        "down.2.conv: 12 of the 16 positions of dow",
    ]


@pytest.mark.parametrize(
    ("mode", "unread"), [("nearest", "4,032 of the 4,096"), ("bilinear", "3,840 of the 4,096")]
)
def test_resizing_to_less_picks_a_few(said: Said, mode: str, unread: str) -> None:
    (message,) = said(RULE, f"- upsample: {{size: 8, mode: {mode}}}", x="[3, 64, 64]")
    assert message == (
        f"upsample: {unread} positions of input are read by nothing: resizing to 8×8 steps over them; "
        "pool first"
    )


@pytest.mark.parametrize("fields", ["size: 8, mode: bicubic", "size: 24, mode: bilinear", "scale_factor: 2"])
def test_resizing_that_reads_all_is_not_mentioned(said: Said, fields: str) -> None:
    assert said(RULE, f"- upsample: {{{fields}}}", x="[3, 32, 32]") == []


@pytest.mark.parametrize("x", ["[3, 1, 1]", "[3, 1, 2]", "[3, 2, 2]"])
def test_where_all_positions_are_read_nothing_is_stepped_over(said: Said, x: str) -> None:
    """The steps of a wide window may lead beyond a small input; here every position is under some tap."""
    layers = "- conv: {out_channels: 3, kernel_size: 3, padding: [1, 1], stride: 5}"
    assert said(RULE, layers, x=x) == []
    wide = "- conv: {out_channels: 3, kernel_size: 3, padding: same, stride: 5, dilation: 9}"
    assert said(RULE, wide, x="[4, 1, 1]") == []
    (only,) = said(RULE, wide, x="[4, 2, 2]")
    assert only.startswith("conv: 3 of the 4 positions of input are read by nothing")
