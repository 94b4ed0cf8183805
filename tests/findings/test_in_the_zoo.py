"""What rules say of networks everybody knows."""

from __future__ import annotations

import pytest

import archcost


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
