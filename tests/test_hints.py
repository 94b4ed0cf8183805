"""What messages propose: that it can be written as it stands, and that it costs what was meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from archcost import analyze, foreign, load
from archcost.errors import SpecError
from archcost.limits import DEFAULT
from archcost.spec.mending import STRUCTURES
from archcost.spec.reader import Mapping, read
from archcost.spec.words import Slips, kind_tail

if TYPE_CHECKING:
    from pathlib import Path


def proposals(text: str) -> list[str]:
    """What stands in backquotes and is a kind with its fields, of which none is left open."""
    found = re.findall(r"`(?:- )?([^`]+)`", text)
    return [one for one in found if re.fullmatch(r"(std/)?\w+: \{[^…]*\}", one)]


def params(tmp_path: Path, item: str, shape: str = "[64, 16, 16]") -> int:
    """The parameters of a network of one item."""
    path = tmp_path / "net.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: {shape}\nlayers:\n  - {item}\n", "utf-8")
    return analyze(load(path)).totals.params


def message(tmp_path: Path, item: str) -> str:
    """The one mistake of a network of one item, followed by another layer."""
    path = tmp_path / "broken.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: [64, 16, 16]\nlayers:\n  - {item}\n  - relu\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        load(path)
    (mistake,) = caught.value.diagnostics
    return mistake.message


# -- words of other frameworks ------------------------------------------------------------------------------

SENTENCES = {*foreign.INSTEAD.values(), *foreign.DIFFERS.values()}
COMPLETE = sorted({one for sentence in SENTENCES for one in proposals(sentence)})


def test_many_items_are_proposed() -> None:
    assert len(COMPLETE) > 15


@pytest.mark.parametrize("item", COMPLETE)
def test_an_item_that_a_sentence_proposes_can_be_read(item: str, tmp_path: Path) -> None:
    shape = "[768, 196]" if "768" in item else "[64, 16, 16]"
    assert params(tmp_path, item, shape) >= 0


CONV = 64 * 64 * 9
NORM = 2 * 64
ROWS = {
    "[-1, 1, Conv, [64, 3, 2]]": CONV + NORM,
    "[-1, 1, Conv, [64]]": 64 * 64 + NORM,
    "[-1, 1, Conv, [64, 2, 2]]": 64 * 64 * 4 + NORM,
    "[-1, 1, Conv, [64, 3, 1, None, 2]]": CONV // 2 + NORM,
    "[-1, 1, DWConv, [64, 3, 1]]": 64 * 9 + NORM,
    "[-1, 1, nn.Conv2d, [64, 64, 3]]": CONV + 64,
    "[-1, 1, nn.Upsample, [None, 2, nearest]]": 0,
}
"""Rows of Ultralytics on 64 channels, and their parameters: weights, and two per channel of a norm."""


@pytest.mark.parametrize(("row", "expected"), ROWS.items())
def test_a_row_of_ultralytics_is_answered_with_its_costs(row: str, expected: int, tmp_path: Path) -> None:
    (item,) = proposals(message(tmp_path, row))
    assert params(tmp_path, item) == expected


def test_its_padding_is_half_of_an_even_kernel(tmp_path: Path) -> None:
    (item,) = proposals(message(tmp_path, "[-1, 1, Conv, [64, 2, 2]]"))
    path = tmp_path / "net.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: [3, 16, 16]\nlayers:\n  - {item}\n", "utf-8")
    assert load(path).nodes[-1].output == (64, 9, 9)  # (16 + 2 - 2) // 2 + 1


MODULES = [
    "Conv",
    "DWConv",
    "Bottleneck",
    "C2f",
    "SPPF",
    "Concat",
    "Detect",
    "nn.Upsample",
    "GhostConv",
    "Focus",
]


@pytest.mark.parametrize("module", MODULES)
def test_no_row_of_ultralytics_leads_to_a_plain_layer_of_other_costs(module: str, tmp_path: Path) -> None:
    said = message(tmp_path, f"[-1, 1, {module}, [64, 3]]")
    assert not re.search(r"`(conv|depthwise_conv|std/bottleneck)\b", said)


WORDS = {
    "Conv": ("conv", "std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: silu}", CONV + NORM),
    "DWConv": (
        "depthwise_conv",
        "std/conv_norm_act: {out_channels: 64, kernel_size: 3, groups: $in_channels, act: silu}",
        64 * 9 + NORM,
    ),
    "SeparableConv2D": ("", "depthwise_conv: {kernel_size: 3, bias: false}", 64 * 9),
    "BatchNorm": ("batch_norm", "batch_norm: {affine: false}", 0),
    "Scale": ("scale", "layer_scale: {bias: true}", 2 * 64),
    "CBS": ("", "std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: silu}", CONV + NORM),
    "conv_bn": ("", "std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: none}", CONV + NORM),
}
"""A word of several meanings: what is offered, what the other one is, and its parameters on 64 channels."""


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_is_several_things_is_answered_with_the_other_too(word: str, tmp_path: Path) -> None:
    ours, other, expected = WORDS[word]
    said = kind_tail(word, STRUCTURES, [])
    assert f"did you mean '{ours}'" in said or not ours
    assert f"`{other}`" in said
    assert params(tmp_path, other) == expected


def test_of_a_standard_block_it_is_said_what_it_holds() -> None:
    said = kind_tail("SELayer", STRUCTURES, [])
    assert "the map times a gate per channel" in said
    assert "ratio: 16, act: relu, gate: sigmoid, bias: true" in said
    said = kind_tail("Bottleneck", STRUCTURES, [])
    assert "1×1 to `width`, 3×3, 1×1 to `width * expansion`" in said
    assert "Ultralytics' is a `residual` of two `std/conv_norm_act`" in said
    assert kind_tail("squeeze_excite", STRUCTURES, []) == " (did you mean 'std/squeeze_excite'?)"


def test_calls_are_answered_likewise(tmp_path: Path) -> None:
    said = message(tmp_path, '"Conv(64, 64, 3)"')
    assert "`conv: {out_channels: 64, kernel_size: 3}`; Ultralytics' also has" in said
    (item,) = proposals(message(tmp_path, "\"nn.Upsample(None, 2, mode='bilinear')\""))
    assert item == "upsample: {scale_factor: 2, mode: bilinear}"


def test_a_field_whose_value_is_another_elsewhere_says_so(tmp_path: Path) -> None:
    said = message(tmp_path, "depthwise_conv: {out_channels: 64, kernel_size: 3}")
    assert said.endswith("it is how many there are for each channel that arrives, and 1 keeps their number")
    assert params(tmp_path, "depthwise_conv: {multiplier: 1, kernel_size: 3, bias: false}") == 64 * 9
    assert "padding: same" in message(tmp_path, "max_pool: {size: 2}")
    assert "half the kernel" not in message(tmp_path, "conv: {out_channels: 8, kernel_size: 3, pad: 1}")


def test_the_padding_of_darknet_is_half_the_kernel() -> None:
    node = read(b"{filters: 32, size: 1, pad: 1}", "cfg", DEFAULT)
    assert isinstance(node, Mapping)
    found = Slips(["out_channels", "kernel_size", "padding"], node.entries, kind="conv").found
    assert "half the kernel, which is 0 for a kernel of 1" in found[-1][1]
