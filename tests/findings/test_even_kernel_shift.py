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
