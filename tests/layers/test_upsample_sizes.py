"""Sizes of a resize by a factor, as PyTorch gives them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from archcost.errors import ShapeError
from archcost.execute.kernels import KERNELS
from archcost.windows.window import Window
from tests.layers.loops import build

MEASURED = json.loads((Path(__file__).parents[1] / "data" / "upsample_sizes.json").read_text("utf-8"))


@pytest.mark.parametrize("row", MEASURED["sizes"], ids=str)
def test_a_size_by_a_factor_is_the_one_pytorch_gives(row: tuple[int, float, int]) -> None:
    """Measured: most are one less than the product that a pocket calculator shows."""
    length, scale, size = row
    for mode in ("nearest", "linear"):
        layer = build("upsample", scale_factor=scale, mode=mode)
        if size == 0:
            with pytest.raises(ShapeError, match="leaves nothing"):
                layer.output_shape((1, length))
            continue
        assert layer.output_shape((1, length)) == (1, size)
        assert layer.run(KERNELS, np.zeros((1, length))).shape == (1, size)


@pytest.mark.parametrize(("mode", "read"), [("nearest", [0, 1428571]), ("linear", [714285, 2142856])])
def test_a_scale_too_small_for_a_short_fraction_still_has_its_steps(mode: str, read: list[int]) -> None:
    """The values are PyTorch's for a ramp of 3,000,000: the linear ones lie 0.2143 and 0.6428 further on."""
    layer = build("upsample", scale_factor=7e-7, mode=mode)
    ramp = np.arange(3_000_000.0)[None]
    assert np.floor(layer.run(KERNELS, ramp)).tolist() == [read]
    window = layer.window(ramp.shape)
    assert isinstance(window, Window)
    assert [window.reads(0, u)[0] for u in (0, 1)] == read


def test_a_scale_too_large_for_a_step_to_be_a_short_fraction_repeats_as_often() -> None:
    window = build("upsample", scale_factor=3e6).window((1, 2))
    assert isinstance(window, Window)
    assert window.output((2,)) == (6_000_000,)
    assert [[*window.reads(0, u)] for u in (0, 2_999_999, 3_000_000, 5_999_999)] == [[0], [0], [1], [1]]


def test_a_computed_scale_is_the_float_that_is_nearest() -> None:
    assert build("upsample", scale_factor=Fraction(120, 88)).output_shape((1, 88)) == (1, 119)
    assert build("upsample", scale_factor=Fraction(1, 3)).output_shape((1, 9)) == (1, 3)
    assert build("upsample", scale_factor=0.123456789012345).output_shape((1, 10**6)) == (1, 123_456)
