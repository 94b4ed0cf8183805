"""Fields that are smaller than a spec expects: what is missing, and that what is advised adds it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Said = Callable[..., list[str]]

RULE = "field-smaller-than-expected"


def stack(expected: str, dilation: str = "2", after: str = "") -> str:
    """A network whose field is 7 + 4 * dilation, with stride 2 (after the last: 11 + 8 and more)."""
    return f"""
- {{name: stem, conv: {{out_channels: 3, kernel_size: 7, stride: 2, padding: 3}}}}
- {{name: last, conv: {{out_channels: 3, kernel_size: 3, padding: {dilation}, dilation: {dilation}}}}}
- {{name: act, relu, expect: {{receptive_field: {expected}}}}}
{after}"""


def test_what_is_missing_and_what_would_add_it(said: Said) -> None:
    (message,) = said(RULE, stack("31"), x="[3, 64, 64]")
    assert message == (
        "act: 16 positions are missing in height and width; 4 more convolutions with kernel_size 3 at the "
        "end (each adds 4), or dilation 6 in last, with as much more padding, would add them"
    )


def test_of_three_axes_each_has_its_number_unless_all_agree(said: Said) -> None:
    conv = "- {conv: {out_channels: 3, kernel_size: [3, 5, 3], padding: same}, expect: {receptive_field: %s}}"
    (message,) = said(RULE, conv % "[5, 9, 5]", x="[3, 16, 16, 16]")
    assert "2, 4 and 2 positions are missing in depth, height and width; " in message
    (message,) = said(RULE, conv % "[5, 7, 5]", x="[3, 16, 16, 16]")
    assert "2 positions are missing in depth, height and width; " in message


def test_one_layer_is_one_layer(said: Said) -> None:
    (message,) = said(RULE, stack("[15, 18]"), x="[3, 64, 64]")
    assert message == (
        "act: 3 positions are missing in width; one more convolution with kernel_size 3 at the end (it "
        "adds 4), or dilation 3 in last, with as much more padding, would add them"
    )


@pytest.mark.parametrize("missing", range(1, 30))
def test_what_is_advised_is_enough_and_one_less_is_not(said: Said, missing: int) -> None:
    expected = 15 + missing
    (message,) = said(RULE, stack(str(expected)), x="[3, 64, 64]")
    found = re.search(r"(\d+|one) more convolution.* or dilation (\d+) in last", message)
    assert found
    layers, dilation = 1 if found[1] == "one" else int(found[1]), int(found[2])
    assert 15 + 4 * (layers - 1) < expected <= 15 + 4 * layers
    assert said(RULE, stack(str(expected), str(dilation)), x="[3, 64, 64]") == []
    if dilation > 3:
        assert said(RULE, stack(str(expected), str(dilation - 1)), x="[3, 64, 64]")


@pytest.mark.parametrize("expected", ["15", "[15, 15]", "14", "[15, 15, 16]"])
def test_a_field_that_is_as_large_or_has_other_axes_is_left_alone(said: Said, expected: str) -> None:
    assert said(RULE, stack(expected), x="[3, 64, 64]") == []


def test_the_branch_that_sees_most_is_the_one_to_dilate(said: Said) -> None:
    layers = """
        - name: block
          branches:
            wide: [conv: {out_channels: 3, kernel_size: 5, padding: 2}]
            narrow: [conv: {out_channels: 3, kernel_size: 3, padding: 1}]
          merge: add
          expect: {receptive_field: 9}
        """
    (message,) = said(RULE, layers)
    assert message.startswith("block: 4 positions are missing")
    assert "or dilation 2 in block.wide.conv," in message


def test_a_global_field_is_asked_for_what_it_sees_without_global_operations(said: Said) -> None:
    layers = """
        - conv: {out_channels: 3, kernel_size: 3, padding: 1}
        - {name: gate, std/squeeze_excite: {ratio: 1}, expect: {receptive_field: 5}}
        """
    (message,) = said(RULE, layers)
    assert message.startswith("gate: 2 positions are missing in height and width; one more convolution")
    assert said(RULE, layers.replace("field: 5", "field: 8")) == []


def test_after_up_sampling_a_layer_adds_less(said: Said) -> None:
    layers = """
        - {name: up, upsample: {scale_factor: 2, mode: nearest}, expect: {receptive_field: 3}}
        """
    (message,) = said(RULE, layers)
    assert message == (
        "up: 2 positions are missing in height and width; 2 more convolutions with kernel_size 3 at the "
        "end (each adds 1) would add them"
    )


def test_every_input_that_is_seen_too_little_of_is_named(said: Said) -> None:
    layers = """
        - {name: wide, from: left, conv: {out_channels: 3, kernel_size: 5, padding: 2}}
        - {add, from: [wide, right], expect: {receptive_field: 5}}
        """
    (message,) = said(RULE, layers, x="{left: [3, 8, 8], right: [3, 8, 8]}")
    assert message.startswith("add: 4 positions of 'right' are missing in height and width; 2 more ")


def test_a_kernel_of_one_tap_cannot_be_dilated(said: Said) -> None:
    conv = "- {conv: {out_channels: 3, kernel_size: [1, 3], padding: same}, expect: {receptive_field: %s}}"
    (message,) = said(RULE, conv % "[3, 3]", x="[3, 16, 16]")
    assert message.endswith(
        "2 positions are missing in height; one more convolution with kernel_size 3 at the "
        "end (it adds 2) would add them"
    )
    (message,) = said(RULE, conv % "[1, 5]", x="[3, 16, 16]")
    assert ", or dilation 2 in conv, " in message
