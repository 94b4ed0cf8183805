"""Even kernels that move what they see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Said = Callable[..., list[str]]

RULE = "even-kernel-shift"


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "conv: {out_channels: 3, kernel_size: 4, padding: same}",
            (
                "conv: with kernel_size 4 outputs lie half a position off their inputs in height and width, "
                "which no padding undoes; take kernel_size 5, or a second even kernel that shifts back"
            ),
        ),
        (
            "max_pool: {kernel_size: [3, 2], stride: 1, padding: [[1, 1], [0, 1]]}",
            (
                "max_pool: with kernel_size 3×2 outputs lie half a position off their inputs in width, "
                "which no padding undoes; take kernel_size 3, or a second even kernel that shifts back"
            ),
        ),
        (
            "depthwise_conv: {kernel_size: 2, dilation: 3, padding: [[1, 2], [2, 1]]}",
            (
                "depthwise_conv: with kernel_size 2 outputs lie half a position off their inputs in height "
                "and width, which no padding undoes; take kernel_size 3, or a second even kernel that "
                "shifts back"
            ),
        ),
    ],
)
def test_an_even_kernel_shifts_by_half(said: Said, layer: str, message: str) -> None:
    assert said(RULE, f"- {layer}") == [message]


@pytest.mark.parametrize(
    "layer",
    [
        "conv: {out_channels: 3, kernel_size: 3, padding: same}",
        "conv: {out_channels: 3, kernel_size: 2, dilation: 2, padding: 1}",
        "conv: {out_channels: 3, kernel_size: 4, stride: 2, padding: 1}",
        "conv: {out_channels: 3, kernel_size: 4}",
        "conv: {out_channels: 3, kernel_size: [1, 4]}",
        "conv_transpose: {out_channels: 3, kernel_size: 4, stride: 2, padding: 1}",
        "upsample: {scale_factor: 2, mode: bilinear}",
        "adaptive_avg_pool: {output_size: 4}",
    ],
)
def test_what_has_a_middle_or_another_grid_anyway_does_not(said: Said, layer: str) -> None:
    assert said(RULE, f"- {layer}") == []


@pytest.mark.parametrize("padding", ["causal", "[[1, 0]]"])
def test_two_samples_of_the_past_are_meant_so(said: Said, padding: str) -> None:
    layer = f"- conv: {{out_channels: 3, kernel_size: 2, padding: {padding}}}"
    assert said(RULE, layer, x="[3, 32]") == []


def test_who_looks_ahead_as_well_does_not_mean_it_so(said: Said) -> None:
    layer = "- conv: {out_channels: 3, kernel_size: 4, padding: [[3, 2]]}"
    assert len(said(RULE, layer, x="[3, 32]")) == 1


@pytest.mark.parametrize(
    ("mask", "axes"),
    [
        ("A", ["in width"]),  # rows -2 to 0, columns -2 to 1
        ("B", ["in width"]),
        ("[[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]", []),
        ("[[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]", ["in height and width"]),
    ],
)
def test_a_mask_is_judged_by_the_taps_that_are_shown(said: Said, mask: str, axes: list[str]) -> None:
    layer = f"masked_conv: {{out_channels: 3, kernel_size: 4, mask: {mask}, padding: same_lower}}"
    found = said(RULE, f"- {layer}")
    assert [message.partition("their inputs ")[2].partition(",")[0] for message in found] == axes


@pytest.mark.parametrize("kernel", ["kernel_size: 2, dilation: 3, padding: 1", "kernel_size: 4, padding: 2"])
def test_a_mask_that_shows_one_tap_or_only_what_was_before_shifts_nothing(said: Said, kernel: str) -> None:
    assert said(RULE, f"- masked_conv: {{out_channels: 1, mask: A, {kernel}}}", x="[1, 8]") == []
