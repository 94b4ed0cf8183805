"""Branches that come together shifted, and those that do not."""

from __future__ import annotations

from fractions import Fraction
from textwrap import indent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Said = Callable[..., list[str]]

RULE = "misaligned-merge"
POOL = "max_pool: {kernel_size: 2}"
SLIDE = "conv: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1}"


def skip(down: str, up: str) -> str:
    """The bottom of a U-Net."""
    return f"""
- {{name: across, conv: {{out_channels: 3, kernel_size: 3, padding: 1}}}}
- {{name: down, {down}}}
- {{name: inside, conv: {{out_channels: 3, kernel_size: 3, padding: 1}}}}
- {{name: up, {up}}}
- {{name: both, concat, from: [across, up]}}
"""


@pytest.mark.parametrize(
    ("down", "up"),
    [
        (POOL, "conv_transpose: {out_channels: 3, kernel_size: 2, stride: 2}"),
        (POOL, "conv_transpose: {out_channels: 3, kernel_size: 4, stride: 2, padding: 1}"),
        (POOL, "upsample: {scale_factor: 2, mode: nearest}"),
        (POOL, "upsample: {scale_factor: 2, mode: bilinear}"),
        ("avg_pool: {kernel_size: 4}", "upsample: {scale_factor: 4, mode: nearest}"),
        (
            SLIDE,
            "conv_transpose: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}",
        ),
    ],
)
def test_what_goes_down_and_comes_up_alike_is_aligned(said: Said, down: str, up: str) -> None:
    assert said(RULE, skip(down, up), x="[3, 32, 32]") == []


@pytest.mark.parametrize(
    ("down", "up", "shift"),
    [
        (POOL, "conv_transpose: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}",
         "down shifts by +1/2"),
        (SLIDE, "upsample: {scale_factor: 2, mode: nearest}", "up shifts by -1/2"),
    ],
)  # fmt: skip
def test_a_way_down_and_another_way_up_are_half_a_position_apart(
    said: Said, down: str, up: str, shift: str
) -> None:
    (message,) = said(RULE, skip(down, up), x="[3, 32, 32]")
    assert message == (
        "both: across and up lie 1/2 position of the input apart in height and width (1/2 of a step here); "
        f"since they part at across, {shift}; pad and resize so that both shift alike"
    )


def test_same_padding_shifts_at_even_sizes_and_not_at_odd_ones(said: Said) -> None:
    layers = """
        - {name: stem, conv: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1}}
        - name: down
          branches:
            main:
              - conv: {out_channels: 3, kernel_size: 3, padding: same}
              - conv: {out_channels: 3, kernel_size: 3, stride: 2, padding: same}
            shortcut: [conv: {out_channels: 3, kernel_size: 1, stride: 2}]
          merge: add
        """
    assert said(RULE, layers, x="[3, 17, 17]") == []
    (message,) = said(RULE, layers, x="[3, 16, 17]")
    assert message == (
        "down.add: down.main.conv_2 and down.shortcut.conv lie 2 positions of the input apart in height "
        "(1/2 of a step here); since they part at stem, down.main.conv_2 shifts by +2; pad "
        "and resize so that both shift alike"
    )


@pytest.mark.parametrize("padding", ["causal", "[[4, 0]]"])
def test_what_only_looks_back_fits_what_does_not_look_around(said: Said, padding: str) -> None:
    conv = f"conv: {{out_channels: 3, kernel_size: 3, dilation: 2, padding: {padding}}}"
    layers = f"- {{name: unit, repeat: 3, body: [residual: [{{{conv}}}, relu]]}}"
    assert said(RULE, layers, x="[3, 64]") == []


def test_what_looks_back_does_not_fit_what_looks_both_ways(said: Said) -> None:
    layers = """
        - name: unit
          branches:
            back: [conv: {out_channels: 3, kernel_size: 3, padding: causal}]
            both: [conv: {out_channels: 3, kernel_size: 3, padding: 1}]
          merge: add
        """
    (message,) = said(RULE, layers, x="[3, 64]")
    assert message == (
        "unit.add: unit.back.conv and unit.both.conv lie 1 position of the input apart in length (1 of a "
        "step here); since they part at input, unit.back.conv shifts by -1; pad and resize "
        "so that both shift alike"
    )


def test_gates_and_single_positions_lie_nowhere(said: Said) -> None:
    layers = f"""
        - {POOL}
        - std/squeeze_excite: {{ratio: 1}}
        - name: gate
          branches:
            map: [conv: {{out_channels: 3, kernel_size: 3, padding: 1}}]
            row: [adaptive_avg_pool: {{output_size: [1, 4]}}, conv: {{out_channels: 3, kernel_size: 1}}]
          merge: multiply
        """
    assert said(RULE, layers) == []


def test_resizing_with_aligned_corners_drifts(said: Said) -> None:
    up = "upsample: {scale_factor: 2, mode: bilinear, align_corners: true}"
    (message,) = said(RULE, skip(SLIDE, up), x="[3, 32, 32]")
    assert message == (
        "both: across and up step by 1 and 30/31 positions of the input in height "
        "and width, so they drift from 0 to -1 apart across the map; resize by a whole factor (with "
        "align_corners from n + 1 to k·n + 1)"
    )


def test_resizing_to_an_odd_size_is_as_near_as_can_be(said: Said) -> None:
    for mode in ("nearest", "bilinear", "bilinear, align_corners: true"):
        assert said(RULE, skip(SLIDE, f"upsample: {{like: across, mode: {mode}}}"), x="[3, 33, 33]") == []


def test_eight_times_smaller_and_back_to_an_odd_size_needs_aligned_corners(said: Said) -> None:
    layers = """
        - {name: across, conv: {out_channels: 3, kernel_size: 3, padding: 1}}
        - {repeat: 3, body: [conv: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1}]}
        - {name: up, upsample: {like: across, mode: bilinear, align_corners: $aligned}}
        - {add, from: [across, up]}
        """
    x = "[3, 33, 33]\nvars: {aligned: "
    assert said(RULE, layers, x=x + "true}") == []
    (message,) = said(RULE, layers, x=x + "false}")
    assert " step by 1 and 40/33 positions of the input in height and width" in message
    assert " drift from -112/33 to +112/33 apart " in message


def test_every_layer_that_shifts_is_named_up_to_a_few(said: Said) -> None:
    even = "conv: {out_channels: 3, kernel_size: 2, padding: same}"
    layers = f"""
        - name: unit
          branches:
            two: [{even}, {even}]
            six: [{even}, {even}, {even}, {even}, {even}, {even}]
          merge: add
        """
    (message,) = said(RULE, layers)
    assert (
        "since they part at input, unit.two.conv shifts by +1/2, unit.two.conv_2 shifts by +1/2, "
        "unit.six.conv shifts by +1/2, unit.six.conv_2 shifts by +1/2 and 4 more layers; pad"
    ) in message


def test_many_merges_with_a_far_past_take_no_more_time_each(said: Said) -> None:
    """Every step is added to the input, and shifts: the way back to it gets longer and longer."""
    layers = """
        - name: step
          repeat: 3000
          carry: [x]
          body:
            - {name: moved, from: x, conv: {out_channels: 3, kernel_size: 2, padding: same}}
            - {name: x, add, from: [moved, input]}
        """
    found = said(RULE, layers)
    assert len(found) == 3000
    assert "; since they part at input, step.0.moved shifts by +1/2; pad" in found[0]
    assert found[-1].endswith(" of a step here); pad and resize so that both shift alike")


def test_what_follows_a_shifted_merge_is_not_reported_again(said: Said) -> None:
    layers = """
        - name: first
          branches:
            main: [conv: {out_channels: 3, kernel_size: 2, padding: same}]
            shortcut: []
          merge: add
        - residual: [conv: {out_channels: 3, kernel_size: 3, padding: 1}]
        - {name: wide, conv: {out_channels: 3, kernel_size: 3, padding: 1}}
        - {add, from: [first, wide]}
        """
    assert [message.partition(": ")[0] for message in said(RULE, layers)] == ["first.add"]


def test_only_what_both_were_made_of_counts_as_parting(said: Said) -> None:
    layers = """
        - {name: left_eye, from: left, conv: {out_channels: 3, kernel_size: 3, padding: same}}
        - {name: right_eye, from: right, conv: {out_channels: 3, kernel_size: 2, padding: same}}
        - {name: eyes, add, from: [left_eye, right_eye]}
        - {name: again, add, from: [eyes, right]}
        """
    x = "{left: [3, 8, 8], right: [3, 8, 8]}"
    (message,) = said(RULE, layers, x=x)
    assert message == (
        "again: eyes and right lie 1/2 position of 'right' apart in height and width (1/2 of a step here); "
        "since they part at right, right_eye shifts by +1/2; pad and resize so that both "
        "shift alike"
    )


Layers = list[tuple[int, int, int]]
"""Kernel, padding before and dilation of convolutions that keep the size."""

layer = st.integers(1, 4).flatmap(
    lambda k: st.integers(1, 2).flatmap(
        lambda d: st.tuples(st.just(k), st.integers(0, (k - 1) * d), st.just(d)),
    )
)


def middle(layers: Sequence[tuple[int, int, int]]) -> Fraction:
    """The middle of what output 0 reads, following every tap."""
    read = {0}
    for kernel, before, dilation in reversed(layers):
        read = {i - before + dilation * tap for i in read for tap in range(kernel)}
    return Fraction(min(read) + max(read), 2)


def written(name: str, layers: Layers) -> str:
    text = "".join(
        f"    - conv: {{out_channels: 1, kernel_size: [1, {k}], dilation: {d}, "
        f"padding: [[0, 0], [{before}, {(k - 1) * d - before}]]}}\n"
        for k, before, d in layers
    )
    return f"- name: {name}\n  from: start\n  body:\n    - identity\n{text}"


@settings(max_examples=60)
@given(left=st.lists(layer, max_size=3), right=st.lists(layer, max_size=3), stride=st.integers(1, 3))
def test_the_offset_is_the_one_that_following_every_tap_gives(
    tmp_path: Path, left: Layers, right: Layers, stride: int
) -> None:
    text = f"- {{name: start, conv: {{out_channels: 1, kernel_size: 1, stride: [1, {stride}]}}}}\n"
    text += written("left", left) + written("right", right) + "- {add, from: [left, right]}\n"
    path = tmp_path / "net.yaml"
    path.write_text("archcost: 1\nname: net\ninput: [1, 2, 60]\nlayers:\n" + indent(text, "  "))
    found = [f.message for f in archcost.analyze(archcost.load(path)).findings if f.rule == RULE]
    apart = abs(middle(left) - middle(right))
    assert len(found) == (apart != 0)
    for message in found:
        positions = f"{apart * stride} position{'s' * (apart * stride > 1)}"
        assert f" lie {positions} of the input apart in width ({apart} of a step here)" in message


def beside(one: str, other: str) -> str:
    """Two layers that read the same, and their sum."""
    branches = f"- {{name: a, {one}}}\n- {{name: b, from: in, {other}}}\n"
    return f"- {{name: in, identity}}\n{branches}- {{add, from: [a, b]}}"


def test_what_looks_back_in_time_is_shifted_along_a_height(said: Said) -> None:
    back = "conv: {out_channels: 3, kernel_size: 3, padding: [[2, 0], [1, 1]]}"
    (message,) = said(RULE, beside(back, "relu"))
    assert message.startswith("add: a and b lie 1 position of the input apart in height ")
    in_time = "conv: {out_channels: 3, kernel_size: 3, padding: [[2, 0], [1, 1], [1, 1]]}"
    assert said(RULE, beside(in_time, "relu"), x="[3, 8, 8, 8]") == []


def test_a_single_position_lies_nowhere_else(said: Said) -> None:
    whole, corner = (f"conv: {{out_channels: 3, kernel_size: {n}, stride: 8}}" for n in (8, 4))
    assert said(RULE, beside(whole, corner), x="[3, 8, 8]") == []
    assert len(said(RULE, beside(whole, corner), x="[3, 16, 16]")) == 1


def test_of_an_upper_bound_nobody_knows_where_it_lies(said: Said) -> None:
    up = "- {name: up, repeat: {f: [61, 67]}, body: [upsample: {scale_factor: $f}]}"
    shifted = beside("conv: {out_channels: 1, kernel_size: 3, padding: [[0, 2]]}", "relu")
    assert said(RULE, f"{up}\n{shifted}", x="[1, 2]") == []
    assert len(said(RULE, shifted, x="[1, 16]")) == 1
