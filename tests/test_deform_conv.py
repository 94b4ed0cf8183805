"""`std/deform_conv`: the branch that makes offsets (and masks), in version 1 and 2, along any axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

import archcost
from archcost.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

Build: TypeAlias = "Callable[..., Network]"


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_version_1_needs_two_channels_of_offsets_per_tap_and_group(
    kernel: int, groups: int, network: Build
) -> None:
    """Dai et al. 2017: 2N channels for N taps; the weights of both convolutions are what they always are."""
    call = f"- std/deform_conv: {{out_channels: 32, kernel_size: {kernel}, deform_groups: {groups}}}"
    report = archcost.analyze(network(call, "[16, 20, 20]"))
    offsets = 2 * kernel**2 * groups
    branch, sampling = report.nodes
    assert (branch.kind, branch.output) == ("conv", (offsets, 20, 20))
    assert branch.params == kernel**2 * 16 * offsets + offsets
    assert branch.macs == 20 * 20 * kernel**2 * 16 * offsets
    assert (sampling.kind, sampling.output) == ("deform_conv", (32, 20, 20))
    assert sampling.params == kernel**2 * 16 * 32 + 32
    assert sampling.macs == 20 * 20 * kernel**2 * 16 * 32


def test_version_2_makes_offsets_and_masks_in_one_convolution(network: Build) -> None:
    """Zhu et al. 2019: 3N channels, of which N go through a sigmoid."""
    net = network("- std/deform_conv: {out_channels: 32, mask: true, stride: 2, bias: false}", "[16, 20, 20]")
    assert [(node.word, node.output) for node in net] == [
        ("conv", (27, 10, 10)),
        ("slice", (18, 10, 10)),
        ("slice", (9, 10, 10)),
        ("sigmoid", (9, 10, 10)),
        ("deform_conv", (32, 10, 10)),
    ]
    assert [source.path for source in net.nodes[-1].inputs] == [
        "input",
        "deform_conv.moves",
        "deform_conv.mask",
    ]


@pytest.mark.parametrize(("axes", "x"), [(1, "[16, 20]"), (3, "[16, 8, 8, 8]")])
def test_other_numbers_of_axes_need_to_be_said(axes: int, x: str, network: Build) -> None:
    net = network(f"- std/deform_conv: {{out_channels: 8, axes: {axes}}}", x)
    assert net.nodes[0].output[0] == axes * 3**axes
    with pytest.raises(SpecError, match="must be"):
        network("- std/deform_conv: {out_channels: 8}", x)


def test_a_kernel_that_is_not_square_gives_its_taps(network: Build) -> None:
    net = network(
        "- std/deform_conv: {out_channels: 8, kernel_size: [1, 5], taps: 5, padding: [0, 2]}", "[16, 9, 9]"
    )
    assert [node.output for node in net] == [(10, 9, 9), (8, 9, 9)]


def test_twice_the_channels_of_the_map_fits_only_where_it_is_what_the_kernel_needs(network: Build) -> None:
    call = "- std/deform_conv: {out_channels: 8, offset_channels: $(2*in_channels)}"
    assert network(call, "[9, 20, 20]").nodes[0].output == (18, 20, 20)
    with pytest.raises(SpecError, match=r"'offset' gives 128×20×20, but offsets .* must be 18×20×20"):
        network(call, "[64, 20, 20]")
