"""Which outputs need memory of their own: beside published numbers, and on networks that one can follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.passes.liveness import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from archcost.passes.liveness import Sharing

    Loader = Callable[..., Network]


def peak(network: Network, sharing: Sharing) -> int:
    return max(Plan.of(network, sharing).needs())


def test_mobilenet_v2_needs_what_mcunetv2_publishes() -> None:
    """1,372 KiB in int8, with depthwise convolutions in place."""
    network = archcost.load("zoo:mobilenet_v2")
    needs = [peak(network, sharing) / 1024 for sharing in ("written", "folded", "in_place", "in_place_sums")]
    assert needs == [2352, 1470, 1372, 1372]


def test_a_narrow_one_fits_as_devices_say() -> None:
    """Between 295 and 308 kB in int8, by engines that fold, and overwrite here and there."""
    network = archcost.load("zoo:mobilenet_v2_035", input=(3, 144, 144))
    needs = [peak(network, sharing) / 1024 for sharing in ("written", "folded", "in_place")]
    assert needs == [486, 303.75, 283.5]


LAYERS = {
    "a norm and an activation lie in the convolution": (
        "- conv: {out_channels: 4, kernel_size: 1}\n- batch_norm\n- relu",
        [8, 5, 5, 5],
    ),
    "not if the convolution is read beside them": (
        """
        - {name: a, conv: {out_channels: 4, kernel_size: 1}}
        - {name: b, batch_norm}
        - {add, from: [a, b]}
        """,
        [12, 12, 12, 8],
    ),
    "a flatten between them changes nothing": (
        "- conv: {out_channels: 4, kernel_size: 1}\n- flatten\n- relu",
        [8, 5, 5, 5],
    ),
    "what is brought together is in no loop": ("- {concat, from: [input, input]}\n- relu", [4, 4, 3, 3]),
    "a network's input is not written over": ("- relu", [2, 2, 2, 2]),
    "a depthwise convolution lies over what it reads": (
        "- conv: {out_channels: 4, kernel_size: 1}\n- depthwise_conv: {kernel_size: 1}",
        [8, 8, 5, 5],
    ),
    "not if that is larger": (
        "- conv: {out_channels: 4, kernel_size: 1}\n- depthwise_conv: {kernel_size: 1, padding: 1}",
        [40, 40, 40, 40],
    ),
    "a sum lies over one of both, if sums may": (
        """
        - {name: a, conv: {out_channels: 4, kernel_size: 1}}
        - {name: b, from: input, conv: {out_channels: 4, kernel_size: 1}}
        - {add, from: [a, b]}
        """,
        [12, 12, 12, 9],
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_lies_where_on_a_map_of_one_position(name: str, network: Loader) -> None:
    layers, needs = LAYERS[name]
    found = network(layers, "[1, 1, 1]")
    sharings: tuple[Sharing, ...] = ("written", "folded", "in_place", "in_place_sums")
    assert [peak(found, sharing) for sharing in sharings] == needs
