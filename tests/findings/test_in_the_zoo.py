"""What rules say of networks everybody knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

import archcost
from archcost.analysis.facts import Facts
from archcost.findings import RULES
from archcost.limits import DEFAULT
from archcost.spec.zoo import BLOCKS, zoo

if TYPE_CHECKING:
    from pathlib import Path


def messages(name: str, rule: str) -> list[str]:
    return [f.message for f in archcost.analyze(archcost.load(f"zoo:{name}")).findings if f.rule == rule]


def test_the_first_resnet_computes_three_quarters_of_three_maps_for_nothing() -> None:
    found = messages("resnet50_v1", "unread-input")
    assert [message.partition(": ")[2].partition(" positions")[0] for message in found] == [
        f"{unread} of the {every}"
        for unread, every in (("2,352", "3,136"), ("588", "784"), ("147", "196"))
        for _ in ("first 1×1", "shortcut")
    ]


def test_the_resnet_of_torchvision_reads_them_in_its_main_branch() -> None:
    found = messages("resnet50", "unread-input")
    assert len(found) == 3
    assert all("bottleneck.conv_bn.conv reads those between as well" in message for message in found)


def test_the_u_net_of_keras_is_off_by_more_with_every_level() -> None:
    """Its 2×2 convolutions after the up-sampling shift by half a position each."""
    assert len(messages("unet_keras", "even-kernel-shift")) == 4
    offsets = ["4 positions", "6 positions", "7 positions", "15/2 positions"]
    found = messages("unet_keras", "misaligned-merge")
    assert [offset in message for offset, message in zip(offsets, found, strict=True)] == [True] * 4


@pytest.mark.parametrize(
    "name", ["unet", "resnet50", "inception_v3", "densenet121", "wavenet", "efficientnet_b0"]
)
def test_what_is_aligned_is_not_reported(name: str) -> None:
    assert messages(name, "misaligned-merge") == []


def test_deeplab_reads_mostly_padding_at_rates_24_and_36() -> None:
    found = messages("deeplabv3_resnet50", "padding-dominates")
    assert [message.partition(";")[0].partition(": ")[2] for message in found] == [
        "81.6 % of its taps read padding (5,760 of 7,056): kernel_size 3, dilation 24 on 28×28 positions",
        "88.9 % of its taps read padding (6,272 of 7,056): kernel_size 3, dilation 36 on 28×28 positions",
    ]


@pytest.mark.parametrize(
    ("name", "size"), [("resnet50", "235×235"), ("vgg16", None), ("mobilenet_v1", "251×251")]
)
def test_a_network_sees_beyond_its_input_from_one_layer_on(name: str, size: str | None) -> None:
    found = messages(name, "field-exceeds-input")
    assert len(found) == (size is not None)
    assert all(f"its receptive field of {size} is larger" in message for message in found)


MISUSE = ("dead-layer", "unused-input", "unused-name", "suspicious-input")


def test_no_network_of_the_zoo_has_anything_that_is_not_used() -> None:
    found: list[str] = []
    for entry in zoo(DEFAULT):
        network = archcost.load(f"zoo:{entry.name}")
        seen = Facts.of(network)
        found += [f"{entry.name}: {one.message}" for rule in MISUSE for one in RULES[rule].check(seen)]
    assert found == []


@pytest.mark.parametrize("file", sorted(BLOCKS.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_parameter_of_a_standard_block_is_read_in_it(file: Path) -> None:
    for block in yaml.safe_load(file.read_text(encoding="utf-8"))["blocks"].values():
        params = dict(block.get("params", {}))
        for name in list(params):
            del params[name]
            text = f"{list(params.values())} {block['body']}"
            assert re.search(rf"\$(\(.*\b)?{name}\b", text), name
