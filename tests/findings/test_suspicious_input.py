"""Shapes in the order of other frameworks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archcost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Said = Callable[..., list[str]]

RULE = "suspicious-input"
LAYER = "- conv: {out_channels: 8, kernel_size: 1}"
BATCH = (
    "A spec has no batch axis: is {} meant? If it is a volume, a layer that says so (`conv3d`) settles it, "
    "or else `rules: {{suspicious-input: off}}` in archcost.yaml"
)
LAST = "Channels come first: is {} meant?"
BOTH = "Channels come first, and there is no batch: is {} meant?"


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (
            "[1, 3, 224, 224]",
            "1×3×224×224 is 1 channel of depth 3, height 224 and width 224. " + BATCH.format("[3, 224, 224]"),
        ),
        (
            "[1, 3, 8, 8]",
            "1×3×8×8 is 1 channel of depth 3, height 8 and width 8. " + BATCH.format("[3, 8, 8]"),
        ),
        (
            "[8, 3, 32, 32]",
            "8×3×32×32 is 8 channels of depth 3, height 32 and width 32. " + BATCH.format("[3, 32, 32]"),
        ),
        (
            "[1, 64, 56, 28]",
            "1×64×56×28 is 1 channel of depth 64, height 56 and width 28. " + BATCH.format("[64, 56, 28]"),
        ),
        (
            "[224, 224, 3]",
            "224×224×3 is 224 channels of height 224 and width 3. " + LAST.format("[3, 224, 224]"),
        ),
        ("[28, 28, 1]", "28×28×1 is 28 channels of height 28 and width 1. " + LAST.format("[1, 28, 28]")),
        (
            "[480, 640, 4]",
            "480×640×4 is 480 channels of height 640 and width 4. " + LAST.format("[4, 480, 640]"),
        ),
        (
            "[1, 224, 224, 3]",
            "1×224×224×3 is 1 channel of depth 224, height 224 and width 3. " + BOTH.format("[3, 224, 224]"),
        ),
        (
            "[16, 112, 112, 3]",
            "16×112×112×3 is 16 channels of depth 112, height 112 and width 3. "
            + BOTH.format("[3, 112, 112]")[:-1]
            + " (or [3, 16, 112, 112], if 16 is no batch)?",
        ),
    ],
)
def test_what_is_read_and_what_is_probably_meant(said: Said, x: str, expected: str) -> None:
    assert said(RULE, LAYER, x=x) == [f"input: {expected}"]


@pytest.mark.parametrize(
    "x",
    [
        "[3, 224, 224]",
        "[1, 28, 28]",
        "[1, 1, 1]",
        "[4, 1, 1]",
        "[3, 16, 112, 112]",  # a clip
        "[1, 32, 32, 32]",  # volumes of one channel
        "[1, 132, 132, 116]",
        "[1, 16, 112, 16]",
        "[64, 8, 28, 28]",
        "[256, 4, 4]",
        "[8, 8, 3]",
        "[512, 1, 1]",
        "[1000]",
        "[3, 64]",
        "[16000, 1]",
        "[3, 3, 32, 32]",
        "[4, 64, 64, 3]",
    ],
)
def test_shapes_that_networks_have(said: Said, x: str) -> None:
    assert said(RULE, "- relu", x=x) == []


@pytest.mark.parametrize(
    "layer",
    [
        "conv3d: {out_channels: 8, kernel_size: 1}",
        "conv: {out_channels: 8, kernel_size: [3, 1, 1]}",
        "max_pool3d: {kernel_size: 1}",
        "adaptive_avg_pool: {output_size: [1, 2, 2]}",
    ],
)
def test_a_layer_that_speaks_of_three_axes_says_that_a_volume_is_meant(said: Said, layer: str) -> None:
    assert said(RULE, f"- {layer}", x="[1, 3, 224, 224]") == []


def test_a_shape_from_the_command_line_is_judged_as_well(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: [3, 224, 224]\nlayers:\n  {LAYER}\n")
    found = archcost.analyze(archcost.load(path, input="224x224x3")).findings
    assert [(finding.line, finding.column) for finding in found if finding.rule == RULE] == [(3, 8)]


@pytest.mark.parametrize("which", ["left", "right"])
def test_every_input_is_judged(said: Said, which: str) -> None:
    shapes = {"left": "[3, 32, 32]", "right": "[3, 32, 32]"} | {which: "[32, 32, 3]"}
    x = f"{{left: {shapes['left']}, right: {shapes['right']}}}"
    (message,) = said(RULE, "- {name: a, relu, from: left}\n- {name: b, relu, from: right}", x=x)
    assert message.startswith(f"{which}: 32×32×3 is")
