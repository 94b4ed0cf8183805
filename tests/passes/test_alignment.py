"""Where output 0 lies, phases or not."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from archcost.passes.receptive_field import receptive_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network


@pytest.mark.parametrize(
    ("layer", "where"),
    [
        ("conv: {out_channels: 1, kernel_size: 3, padding: 1}", "0"),
        ("conv: {out_channels: 1, kernel_size: 3}", "1"),
        ("conv: {out_channels: 1, kernel_size: 3, stride: 2, padding: same}", "1"),
        ("max_pool: {kernel_size: 2}", "1/2"),
        ("upsample: {scale_factor: 2, mode: nearest}", "-1/4"),
        ("upsample: {scale_factor: 2, mode: linear}", "-1/4"),
        ("upsample: {scale_factor: 4, mode: nearest}", "-3/8"),
        ("upsample: {scale_factor: 4, mode: linear}", "-3/8"),
        ("conv_transpose: {out_channels: 1, kernel_size: 2, stride: 2}", "-1/4"),
        ("conv_transpose: {out_channels: 1, kernel_size: 4, stride: 2, padding: 1}", "-1/4"),
        ("conv_transpose: {out_channels: 1, kernel_size: 3, stride: 2, padding: 1}", "0"),
    ],
)
def test_a_layer_lies_where_the_middles_of_its_windows_do(
    network: Callable[..., Network], layer: str, where: str
) -> None:
    field = receptive_fields(network(f"- {layer}", x="[1, 16]"))[-1]["input"]
    assert field.alignment == (Fraction(where),)


def test_pooling_and_resizing_back_lie_where_they_began(network: Callable[..., Network]) -> None:
    net = network("""
        - max_pool: {kernel_size: 2}
        - conv: {out_channels: 1, kernel_size: 3, padding: 1}
        - upsample: {scale_factor: 2, mode: nearest}
        """)
    assert receptive_fields(net)[-1]["input"].alignment == (0, 0)


def test_a_gated_map_lies_where_it_does_without_its_gate(network: Callable[..., Network]) -> None:
    net = network("""
        - max_pool: {kernel_size: 2}
        - std/squeeze_excite: {ratio: 1}
        """)
    fields = receptive_fields(net)
    assert fields[-1]["input"].alignment == (Fraction(1, 2),) * 2
    pooled = fields[[node.layer.is_global((3, 4, 4)) for node in net].index(True)]
    assert pooled["input"].alignment == ()
