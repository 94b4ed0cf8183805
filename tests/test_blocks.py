"""The standard blocks: what each one costs, against formulas written out here and against measured networks.

A case of `CASES` is one call; its numbers are arithmetic from the paper beside it, with the paper's letters.
A case of `MEASURED` is a call that stands for a part of a network that PyTorch ran.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, product
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

import archcost
from archcost.errors import SpecError
from archcost.passes.receptive_field import receptive_fields
from archcost.spec.library import standard_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from archcost.passes.receptive_field import Field
    from archcost.report.model import Report

Build: TypeAlias = "Callable[..., Network]"

NETWORKS = Path(__file__).parent / "data" / "networks"


def counted(build: Build, call: str, x: str) -> Report:
    return archcost.analyze(build(f"- {call}", x))


def shape(text: str) -> list[int]:
    return [int(size) for size in text.strip("[]").split(",")]


# -- formulas ---------------------------------------------------------------------------------------------


def norms(*channels: int) -> int:
    """Batch norms: a scale and a shift per channel."""
    return sum(2 * c for c in channels)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A call, and what follows from the paper.

    Attributes:
        why: whose numbers these are.
        x: the input.
        call: the item.
        weights: weights of convolutions.
        others: other parameters, of norms and biases.
        macs: multiply-accumulates.
        output: what leaves.
        field: the receptive field along each axis, if it says something.
    """

    why: str
    x: str
    call: str
    weights: int
    others: int = 0
    macs: int
    output: str
    field: int | None = None


CASES = [
    Case(
        why="a 3x3 over 3 channels, and a norm that scales and shifts",
        x="[3, 224, 224]",
        call="std/conv_norm_act: {out_channels: 32, stride: 2}",
        weights=3 * 3 * 3 * 32,
        others=norms(32),
        macs=112 * 112 * 3 * 3 * 3 * 32,
        output="[32, 112, 112]",
        field=3,
    ),
    Case(
        why="two groups halve the weights: 2 (h w Din/2 Dout/2)",
        x="[16, 8, 8]",
        call="std/conv_norm_act: {out_channels: 32, groups: 2, norm: false}",
        weights=2 * (3 * 3 * 8 * 16),
        macs=8 * 8 * (3 * 3 * 16 * 32) // 2,
        output="[32, 8, 8]",
    ),
    Case(
        why="a same kernel in 1-D, dilated and with bias instead of norm",
        x="[4, 100]",
        call="std/conv_norm_act: {out_channels: 6, kernel_size: 5, dilation: 3, norm: false, bias: true}",
        weights=5 * 4 * 6,
        others=6,
        macs=100 * 5 * 4 * 6,
        output="[6, 100]",
        field=13,
    ),
    Case(
        why="Hu et al. 2018, section 4: 2/r C^2 parameters more, and the biases of both layers",
        x="[256, 56, 56]",
        call="std/squeeze_excite",
        weights=2 * 256**2 // 16,
        others=256 // 16 + 256,
        macs=2 * 256**2 // 16,
        output="[256, 56, 56]",
    ),
    Case(
        why="He et al. 2016: 256 to 64 to 256; Zhang et al. 2018, section 3.2: hw (2 c m + 9 m^2)",
        x="[256, 56, 56]",
        call="std/bottleneck: {width: 64}",
        weights=69_632,
        others=norms(64, 64, 256),
        macs=56 * 56 * (2 * 256 * 64 + 9 * 64**2),
        output="[256, 56, 56]",
        field=3,
    ),
    Case(
        why="the 3x3 it stands for has 256 * 3 * 3 * 256",
        x="[256, 56, 56]",
        call="std/conv_norm_act: {out_channels: 256, norm: false}",
        weights=589_824,
        macs=56 * 56 * 9 * 256**2,
        output="[256, 56, 56]",
        field=3,
    ),
    Case(
        why="Zhang et al. 2018, section 3.2: hw (2 c m + 9 m^2 / g), with the m and g of ResNeXt 32x4d",
        x="[256, 56, 56]",
        call="std/resnext_bottleneck: {out_channels: 256}",
        weights=2 * 256 * 128 + 9 * 128**2 // 32,
        others=norms(128, 128, 256),
        macs=56 * 56 * (2 * 256 * 128 + 9 * 128**2 // 32),
        output="[256, 56, 56]",
        field=3,
    ),
    Case(
        why="He et al. 2016: two 3x3 of equal width",
        x="[64, 56, 56]",
        call="std/basic_block: {out_channels: 64}",
        weights=2 * 9 * 64**2,
        others=norms(64, 64),
        macs=56 * 56 * 2 * 9 * 64**2,
        output="[64, 56, 56]",
        field=5,
    ),
    Case(
        why="the pre-activation block has the weights of the other one",
        x="[64, 56, 56]",
        call="std/preact_basic_block: {out_channels: 64}",
        weights=2 * 9 * 64**2,
        others=norms(64, 64),
        macs=56 * 56 * 2 * 9 * 64**2,
        output="[64, 56, 56]",
        field=5,
    ),
    Case(
        why="its projection is a bare 1x1, and its first norm is as wide as what arrives",
        x="[64, 56, 56]",
        call="std/preact_basic_block: {out_channels: 128, stride: 2}",
        weights=9 * 64 * 128 + 9 * 128**2 + 64 * 128,
        others=norms(64, 128),
        macs=28 * 28 * (9 * 64 * 128 + 9 * 128**2 + 64 * 128),
        output="[128, 28, 28]",
        field=7,
    ),
    Case(
        why="the same for the bottleneck: hw (2 c m + 9 m^2)",
        x="[256, 56, 56]",
        call="std/preact_bottleneck: {width: 64}",
        weights=2 * 256 * 64 + 9 * 64**2,
        others=norms(256, 64, 64),
        macs=56 * 56 * (2 * 256 * 64 + 9 * 64**2),
        output="[256, 56, 56]",
        field=3,
    ),
    Case(
        why="and its projection; a stride in the 3x3 leaves the first 1x1 at full size",
        x="[256, 56, 56]",
        call="std/preact_bottleneck: {width: 128, stride: 2}",
        weights=256 * 128 + 9 * 128**2 + 128 * 512 + 256 * 512,
        others=norms(256, 128, 128),
        macs=56 * 56 * 256 * 128 + 28 * 28 * (9 * 128**2 + 128 * 512 + 256 * 512),
        output="[512, 28, 28]",
        field=3,
    ),
    Case(
        why="Sandler et al. 2018, section 3.3: h w d' t (d' + k^2 + d'')",
        x="[24, 56, 56]",
        call="std/inverted_residual: {out_channels: 24}",
        weights=24 * 6 * (24 + 3**2 + 24),
        others=norms(144, 144, 24),
        macs=56 * 56 * 24 * 6 * (24 + 3**2 + 24),
        output="[24, 56, 56]",
        field=3,
    ),
    Case(
        why="the same with squeeze-and-excitation on the widened map",
        x="[24, 56, 56]",
        call="std/inverted_residual: {out_channels: 32, kernel_size: 5, squeeze: 8}",
        weights=24 * 6 * (24 + 5**2 + 32) + 2 * 144 * 8,
        others=norms(144, 144, 32) + 144 + 8,
        macs=56 * 56 * 24 * 6 * (24 + 5**2 + 32) + 2 * 144 * 8,
        output="[32, 56, 56]",
    ),
    Case(
        why="Tan & Le 2019: that block, squeezed to a quarter of what arrives",
        x="[40, 28, 28]",
        call="std/mbconv: {out_channels: 40, kernel_size: 5}",
        weights=40 * 6 * (40 + 5**2 + 40) + 2 * 240 * 10,
        others=norms(240, 240, 40) + 240 + 10,
        macs=28 * 28 * 40 * 6 * (40 + 5**2 + 40) + 2 * 240 * 10,
        output="[40, 28, 28]",
    ),
    Case(
        why="Tan & Le 2021, figure 2: one 3x3 for the 1x1 and the depthwise layer, d' t (9 d' + d'')",
        x="[48, 56, 56]",
        call="std/fused_mbconv: {out_channels: 48}",
        weights=4 * 48 * (9 * 48 + 48),
        others=norms(192, 48),
        macs=56 * 56 * 4 * 48 * (9 * 48 + 48),
        output="[48, 56, 56]",
        field=3,
    ),
    Case(
        why="without widening it is one 3x3, added to its input",
        x="[24, 56, 56]",
        call="std/fused_mbconv: {out_channels: 24, expand: 1}",
        weights=9 * 24**2,
        others=norms(24),
        macs=56 * 56 * 9 * 24**2,
        output="[24, 56, 56]",
        field=3,
    ),
    Case(
        why="squeezed between the two convolutions",
        x="[24, 56, 56]",
        call="std/fused_mbconv: {out_channels: 32, stride: 2, squeeze: 6}",
        weights=4 * 24 * (9 * 24 + 32) + 2 * 96 * 6,
        others=norms(96, 32) + 96 + 6,
        macs=28 * 28 * 4 * 24 * (9 * 24 + 32) + 2 * 96 * 6,
        output="[32, 28, 28]",
    ),
    Case(
        why="Zhang et al. 2018, section 3.2: hw (2 c m / g + 9 m)",
        x="[240, 28, 28]",
        call="std/shuffle_unit: {out_channels: 240}",
        weights=2 * 240 * 60 // 3 + 9 * 60,
        others=norms(60, 60, 240),
        macs=28 * 28 * (2 * 240 * 60 // 3 + 9 * 60),
        output="[240, 28, 28]",
        field=3,
    ),
    Case(
        why="at stride 2 the last 1x1 computes only the channels that the mean does not bring",
        x="[240, 28, 28]",
        call="std/shuffle_unit: {out_channels: 480, stride: 2}",
        weights=240 * 120 // 3 + 9 * 120 + 120 * 240 // 3,
        others=norms(120, 120, 240),
        macs=28 * 28 * 240 * 120 // 3 + 14 * 14 * (9 * 120 + 120 * 240 // 3),
        output="[480, 14, 14]",
        field=3,
    ),
    Case(
        why="Ma et al. 2018, figure 3 (c): two 1x1 and a depthwise 3x3 over half the channels",
        x="[116, 28, 28]",
        call="std/shuffle_unit_v2",
        weights=2 * 58**2 + 9 * 58,
        others=norms(58, 58, 58),
        macs=28 * 28 * (2 * 58**2 + 9 * 58),
        output="[116, 28, 28]",
        field=3,
    ),
    Case(
        why="Huang et al. 2017: l channels to 4 k by 1x1, to k by 3x3",
        x="[64, 56, 56]",
        call="std/dense_layer",
        weights=64 * 4 * 32 + 9 * 4 * 32 * 32,
        others=norms(64, 128),
        macs=56 * 56 * (64 * 4 * 32 + 9 * 4 * 32 * 32),
        output="[32, 56, 56]",
        field=3,
    ),
    Case(
        why="the plain dense layer has one 3x3",
        x="[64, 56, 56]",
        call="std/dense_layer: {growth: 12, bottleneck: 0}",
        weights=9 * 64 * 12,
        others=norms(64),
        macs=56 * 56 * 9 * 64 * 12,
        output="[12, 56, 56]",
        field=3,
    ),
    Case(
        why="Huang et al. 2017: half of the channels, then half of the size",
        x="[256, 56, 56]",
        call="std/transition",
        weights=256 * 128,
        others=norms(256),
        macs=56 * 56 * 256 * 128,
        output="[128, 28, 28]",
        field=2,
    ),
    Case(
        why="Szegedy et al. 2015, table 1, inception (3a); its 163,696 parameters include biases",
        x="[192, 28, 28]",
        call="std/inception: {c1: 64, reduce3: 96, c3: 128, reduce5: 16, c5: 32, pool: 32}",
        weights=163_696 - (64 + 96 + 128 + 16 + 32 + 32),
        others=64 + 96 + 128 + 16 + 32 + 32,
        macs=28 * 28 * (192 * (64 + 96 + 16 + 32) + 9 * 96 * 128 + 25 * 16 * 32),
        output="[256, 28, 28]",
        field=5,
    ),
    Case(
        why="7x7x3 to 5x5x128: 675 and 9,600 multiplications instead of 86,400",
        x="[3, 7, 7]",
        call="std/separable_conv: {out_channels: 128, padding: 0}",
        weights=27 + 384,
        macs=675 + 9_600,
        output="[128, 5, 5]",
        field=3,
    ),
    Case(
        why="16 to 32 channels: 656 weights instead of 4,608",
        x="[16, 10, 10]",
        call="std/separable_conv: {out_channels: 32}",
        weights=656,
        macs=10 * 10 * 656,
        output="[32, 10, 10]",
        field=3,
    ),
    Case(
        why="a multiplier of 2 doubles both layers",
        x="[16, 10, 10, 10]",
        call="std/separable_conv: {out_channels: 32, multiplier: 2, stride: 2}",
        weights=2 * (16 * 27 + 16 * 32),
        macs=5**3 * 2 * (16 * 27 + 16 * 32),
        output="[32, 5, 5, 5]",
    ),
    Case(
        why="a 3x3 over 5x5 as 3x1 and 1x3: 45 and 27 multiplications instead of 81",
        x="[1, 5, 5]",
        call="std/spatially_separable_conv: {out_channels: 1, padding: 0}",
        weights=6,
        macs=45 + 27,
        output="[1, 3, 3]",
        field=3,
    ),
    Case(
        why="a 7x7 in a large image comes near 2/7 of 49 per position",
        x="[1, 1000, 1000]",
        call="std/spatially_separable_conv: {out_channels: 1, kernel_size: 7}",
        weights=14,
        macs=1000 * 1000 * 49 * 2 // 7,
        output="[1, 1000, 1000]",
        field=7,
    ),
    Case(
        why="strided and dilated it takes each step along its own axis: first the rows, then the columns",
        x="[4, 16, 16]",
        call="std/spatially_separable_conv: {out_channels: 8, hidden: 6, stride: 2, dilation: 2, bias: true}",
        weights=3 * 4 * 6 + 3 * 6 * 8,
        others=6 + 8,
        macs=8 * 16 * 3 * 4 * 6 + 8 * 8 * 3 * 6 * 8,
        output="[8, 8, 8]",
        field=5,
    ),
    Case(
        why="Jin et al. 2015: C + X + Y weights per filter instead of C X Y",
        x="[16, 32, 32]",
        call="std/flattened_conv: {out_channels: 32, kernel_size: 5}",
        weights=32 * (16 + 5 + 5),
        macs=32 * 32 * 32 * (16 + 5 + 5),
        output="[32, 32, 32]",
        field=5,
    ),
    Case(
        why="two 3x3 for a 5x5: 25 weights per pair of channels become 18",
        x="[64, 56, 56]",
        call="std/stacked_conv: {out_channels: 64, norm: false, bias: false}",
        weights=18 * 64**2,
        macs=56 * 56 * 18 * 64**2,
        output="[64, 56, 56]",
        field=5,
    ),
    Case(
        why="three 3x3 for a 7x7: 49 become 27; each has its own biases",
        x="[64, 56, 56]",
        call="std/stacked_conv: {out_channels: 64, depth: 3, norm: false}",
        weights=27 * 64**2,
        others=3 * 64,
        macs=56 * 56 * 27 * 64**2,
        output="[64, 56, 56]",
        field=7,
    ),
    Case(
        why="a stride is taken once, by the first of them",
        x="[8, 32, 32]",
        call="std/stacked_conv: {out_channels: 16, depth: 3, stride: 2}",
        weights=9 * 8 * 16 + 2 * 9 * 16**2,
        others=norms(16, 16, 16),
        macs=16 * 16 * (9 * 8 * 16 + 2 * 9 * 16**2),
        output="[16, 16, 16]",
        field=3 + 2 * 2 * 2,
    ),
    Case(
        why="Chen et al. 2017: one 1x1, a 3x3 per rate and the mean, mixed by a 1x1 over five times 256",
        x="[2048, 28, 28]",
        call="std/aspp",
        weights=2048 * 256 * (1 + 3 * 9 + 1) + 5 * 256 * 256,
        others=norms(*[256] * 6),
        macs=28 * 28 * (2048 * 256 * (1 + 3 * 9) + 5 * 256 * 256) + 2048 * 256,
        output="[256, 28, 28]",
    ),
    Case(
        why="Wang et al. 2018: rates 1, 2, 5 see 1 + 2 (1 + 2 + 5) positions",
        x="[64, 64, 64]",
        call="std/hdc: {norm: false}",
        weights=3 * 9 * 64**2,
        others=3 * 64,
        macs=64 * 64 * 3 * 9 * 64**2,
        output="[64, 64, 64]",
        field=17,
    ),
    Case(
        why="Yu & Koltun 2016, section 3: about 64 C^2 parameters, seven 3x3 and a 1x1; field 67",
        x="[21, 64, 64]",
        call="std/context_module",
        weights=64 * 21**2,
        others=8 * 21,
        macs=64 * 64 * 64 * 21**2,
        output="[21, 64, 64]",
        field=67,
    ),
    Case(
        why="Yu & Koltun 2016, table 1, the large module: 2C, 2C, 4C, 8C, 16C, 32C, 32C, C",
        x="[21, 64, 64]",
        call="std/context_module: {scales: [2, 2, 4, 8, 16, 32, 32]}",
        weights=(9 * (2 + 2 * 2 + 2 * 4 + 4 * 8 + 8 * 16 + 16 * 32 + 32 * 32) + 32) * 21**2,
        others=(2 + 2 + 4 + 8 + 16 + 32 + 32 + 1) * 21,
        macs=64 * 64 * (9 * (2 + 2 * 2 + 2 * 4 + 4 * 8 + 8 * 16 + 16 * 32 + 32 * 32) + 32) * 21**2,
        output="[21, 64, 64]",
        field=67,
    ),
    Case(
        why="Iandola et al. 2016: s1x1, e1x1 and e3x3 with biases",
        x="[96, 54, 54]",
        call="std/fire: {squeeze: 16, expand1: 64}",
        weights=96 * 16 + 16 * 64 + 9 * 16 * 64,
        others=16 + 64 + 64,
        macs=54 * 54 * (96 * 16 + 16 * 64 + 9 * 16 * 64),
        output="[128, 54, 54]",
        field=3,
    ),
    Case(
        why="Chollet 2017, the middle flow: three times a depthwise 3x3 and a 1x1 over 728 channels",
        x="[728, 19, 19]",
        call="std/xception_block",
        weights=3 * (9 * 728 + 728**2),
        others=norms(728, 728, 728),
        macs=19 * 19 * 3 * (9 * 728 + 728**2),
        output="[728, 19, 19]",
        field=7,
    ),
    Case(
        why="Gao et al. 2021: s - 1 convolutions of w channels; the last group sees them all in a chain",
        x="[104, 56, 56]",
        call="std/res2net_split",
        weights=3 * 9 * 26**2,
        others=norms(26, 26, 26),
        macs=56 * 56 * 3 * 9 * 26**2,
        output="[104, 56, 56]",
        field=7,
    ),
    Case(
        why="in the first block of a stage the groups are side by side",
        x="[48, 56, 56]",
        call="std/res2net_split: {scale: 6, stride: 2}",
        weights=5 * 9 * 8**2,
        others=norms(*[8] * 5),
        macs=28 * 28 * 5 * 9 * 8**2,
        output="[48, 28, 28]",
        field=3,
    ),
    Case(
        why="Res2Net with two groups has one convolution",
        x="[48, 56]",
        call="std/res2net_split: {scale: 2}",
        weights=3 * 24**2,
        others=norms(24),
        macs=56 * 3 * 24**2,
        output="[48, 56]",
        field=3,
    ),
    Case(
        why="and with one group it is the 3x3 of a ResNet",
        x="[48, 56, 56]",
        call="std/res2net_split: {scale: 1, stride: 2}",
        weights=9 * 48**2,
        others=norms(48),
        macs=28 * 28 * 9 * 48**2,
        output="[48, 28, 28]",
        field=3,
    ),
    Case(
        why="channels that do not divide leave more to the last group, which has no weights",
        x="[50, 56, 56]",
        call="std/res2net_split",
        weights=3 * 9 * 12**2,
        others=norms(12, 12, 12),
        macs=56 * 56 * 3 * 9 * 12**2,
        output="[50, 56, 56]",
    ),
    Case(
        why="Ma et al. 2018, figure 3 (c), with more channels leaving than arrive",
        x="[30, 28, 28]",
        call="std/shuffle_unit_v2: {out_channels: 44, hidden: 10}",
        weights=15 * 10 + 9 * 10 + 10 * 29,
        others=norms(10, 10, 29),
        macs=28 * 28 * (15 * 10 + 9 * 10 + 10 * 29),
        output="[44, 28, 28]",
    ),
    Case(
        why="Dai et al. 2017, section 2.1: the offset branch has 2 N channels, 18 for a 3x3, and biases",
        x="[512, 7, 7]",
        call="std/deform_conv: {out_channels: 512, bias: false}",
        weights=9 * 512**2 + 9 * 512 * 18,
        others=18,
        macs=7 * 7 * (9 * 512**2 + 9 * 512 * 18),
        output="[512, 7, 7]",
    ),
    Case(
        why="Zhu et al. 2019, section 3.2: 3 K channels with the masks, for each of four groups",
        x="[64, 14, 14]",
        call="std/deform_conv: {out_channels: 64, mask: true, deform_groups: 4, stride: 2}",
        weights=9 * 64**2 + 9 * 64 * 4 * 27,
        others=64 + 4 * 27,
        macs=7 * 7 * (9 * 64**2 + 9 * 64 * 4 * 27),
        output="[64, 7, 7]",
    ),
    Case(
        why="Dai et al. 2017: hw (2 c m + 9 m^2) and the offsets of the 3x3 in ResNet's last stage",
        x="[2048, 7, 7]",
        call="std/deformable_bottleneck: {width: 512}",
        weights=2 * 2048 * 512 + 9 * 512**2 + 9 * 512 * 18,
        others=norms(512, 512, 2048) + 18,
        macs=7 * 7 * (2 * 2048 * 512 + 9 * 512**2 + 9 * 512 * 18),
        output="[2048, 7, 7]",
    ),
    Case(
        why="Zhu et al. 2019: version 2 where a stage begins",
        x="[1024, 14, 14]",
        call="std/deformable_bottleneck: {width: 512, stride: 2, mask: true}",
        weights=1024 * 512 + 9 * 512**2 + 9 * 512 * 27 + 512 * 2048 + 1024 * 2048,
        others=norms(512, 512, 2048, 2048) + 27,
        macs=14**2 * 1024 * 512 + 7**2 * (9 * 512**2 + 9 * 512 * 27 + 512 * 2048 + 1024 * 2048),
        output="[2048, 7, 7]",
    ),
    Case(
        why="Vaswani et al. 2017, table 1: n^2 d twice, beside four times n d^2; ViT-B's d and n",
        x="[768, 197]",
        call="std/attention: {heads: 12}",
        weights=4 * 768**2,
        others=4 * 768,
        macs=4 * 197 * 768**2 + 2 * 197**2 * 768,
        output="[768, 197]",
    ),
    Case(
        why="Ronneberger et al. 2015, figure 1: the first step down, 568 to 284 to 282 to 280",
        x="[64, 568, 568]",
        call="std/unet_down: {out_channels: 128, padding: 0, norm: false}",
        weights=9 * 64 * 128 + 9 * 128**2,
        others=128 + 128,
        macs=282**2 * 9 * 64 * 128 + 280**2 * 9 * 128**2,
        output="[128, 280, 280]",
        field=10,
    ),
]
"""One case per block and more; what needs several items stands further down."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.call.partition(':')[0]}: {case.why}")
def test_a_block_has_the_numbers_of_its_paper(case: Case, network: Build) -> None:
    net = network(f"- {case.call}", case.x)
    report = archcost.analyze(net)
    assert list(net.nodes[-1].output) == shape(case.output)
    assert report.totals.params == case.weights + case.others
    assert report.totals.macs == case.macs
    if case.field is not None:
        assert set(last_field(net).size) == {case.field}


def last_field(net: Network) -> Field:
    return receptive_fields(net)[-1]["input"]


# -- measured ---------------------------------------------------------------------------------------------

MEASURED = [
    ("resnet18", "layer1.0", "[64, 56, 56]", "std/basic_block: {out_channels: 64}"),
    ("resnet18", "layer2.0", "[64, 56, 56]", "std/basic_block: {out_channels: 128, stride: 2}"),
    ("resnet50", "layer2.0", "[256, 56, 56]", "std/bottleneck: {width: 128, stride: 2}"),
    ("resnet50", "layer2.1", "[512, 28, 28]", "std/bottleneck: {width: 128}"),
    ("wide_resnet50_2", "layer1.0", "[64, 56, 56]", "std/bottleneck: {width: 128, out_channels: 256}"),
    (
        "wide_resnet50_2",
        "layer2.0",
        "[256, 56, 56]",
        "std/resnext_bottleneck: {out_channels: 512, groups: 1, width_per_group: 128, stride: 2}",
    ),
    (
        "resnext50_32x4d",
        "layer2.0",
        "[256, 56, 56]",
        "std/resnext_bottleneck: {out_channels: 512, stride: 2}",
    ),
    ("resnext50_32x4d", "layer4.2", "[2048, 7, 7]", "std/resnext_bottleneck: {out_channels: 2048}"),
    ("deeplabv3_resnet50", "classifier.0", "[2048, 28, 28]", "std/aspp: {rates: [12, 24, 36]}"),
    ("seresnet50", "layer1.0", "[64, 56, 56]", "std/bottleneck: {width: 64, squeeze: 16}"),
    (
        "legacy_seresnet50",
        "layer2.0",
        "[256, 56, 56]",
        "std/bottleneck: {width: 128, stride: 2, stride_first: true, squeeze: 32}",
    ),
    (
        "mobilenet_v2",
        "features.1",
        "[32, 112, 112]",
        "std/inverted_residual: {out_channels: 16, expand: 1}",
    ),
    ("mobilenet_v2", "features.2", "[16, 112, 112]", "std/inverted_residual: {out_channels: 24, stride: 2}"),
    ("mobilenet_v2", "features.3", "[24, 56, 56]", "std/inverted_residual: {out_channels: 24}"),
    (
        "mobilenet_v3_large",
        "features.4",
        "[24, 56, 56]",
        "std/inverted_residual: {out_channels: 40, expand: 3, kernel_size: 5, stride: 2, squeeze: 24}",
    ),
    (
        "efficientnet_b0",
        "features.1.0",
        "[32, 112, 112]",
        "std/mbconv: {out_channels: 16, expand: 1}",
    ),
    ("efficientnet_b0", "features.2.0", "[16, 112, 112]", "std/mbconv: {out_channels: 24, stride: 2}"),
    ("efficientnet_b0", "features.3.1", "[40, 28, 28]", "std/mbconv: {out_channels: 40, kernel_size: 5}"),
    ("densenet121", "features.denseblock1.denselayer2", "[96, 56, 56]", "std/dense_layer"),
    ("densenet121", "features.transition1", "[256, 56, 56]", "std/transition"),
    ("squeezenet1_0", "features.3", "[96, 54, 54]", "std/fire: {squeeze: 16, expand1: 64}"),
    (
        "shufflenet_v2_x1_0",
        "stage2.0",
        "[24, 56, 56]",
        "std/shuffle_unit_v2: {out_channels: 116, stride: 2}",
    ),
    ("shufflenet_v2_x1_0", "stage2.1", "[116, 28, 28]", "std/shuffle_unit_v2"),
    ("inception_v3", "Mixed_5b", "[192, 35, 35]", "std/inception_v3_a: {pool: 32}"),
    ("inception_v3", "Mixed_5d", "[288, 35, 35]", "std/inception_v3_a"),
    ("inception_v3", "Mixed_6a", "[288, 35, 35]", "std/inception_v3_b"),
    ("inception_v3", "Mixed_6b", "[768, 17, 17]", "std/inception_v3_c"),
    ("inception_v3", "Mixed_6c", "[768, 17, 17]", "std/inception_v3_c: {reduce7: 160}"),
    ("inception_v3", "Mixed_6e", "[768, 17, 17]", "std/inception_v3_c: {reduce7: 192}"),
    ("inception_v3", "Mixed_7a", "[768, 17, 17]", "std/inception_v3_d"),
    ("inception_v3", "Mixed_7b", "[1280, 8, 8]", "std/inception_v3_e"),
    ("inception_v3", "Mixed_7c", "[2048, 8, 8]", "std/inception_v3_e"),
    (
        "legacy_xception",
        "block1",
        "[64, 147, 147]",
        "std/xception_block: {out_channels: 128, depth: 2, stride: 2, act_first: false}",
    ),
    (
        "legacy_xception",
        "block2",
        "[128, 74, 74]",
        "std/xception_block: {out_channels: 256, depth: 2, stride: 2}",
    ),
    ("legacy_xception", "block4", "[728, 19, 19]", "std/xception_block"),
    (
        "legacy_xception",
        "block12",
        "[728, 19, 19]",
        "std/xception_block: {out_channels: 1024, depth: 2, stride: 2, grow_first: false}",
    ),
    ("res2net50_26w_4s", "layer1.0.convs", "[104, 56, 56]", "std/res2net_split: {first: true}"),
    ("res2net50_26w_4s", "layer1.1.convs", "[104, 56, 56]", "std/res2net_split"),
    ("res2net50_26w_4s", "layer2.0.convs", "[208, 56, 56]", "std/res2net_split: {stride: 2}"),
]
"""A network, the prefix of the layers meant, what arrives there, and the block."""

POOLS = {"max_pool": "MaxPool2d", "avg_pool": "AvgPool2d", "global_avg_pool": "AdaptiveAvgPool2d"}
KINDS = {"conv": "Conv2d", "depthwise_conv": "Conv2d", "batch_norm": "BatchNorm2d", **POOLS}
"""The kinds that are compared, if PyTorch ran any as a module; Inception has functions for pools."""


@pytest.mark.parametrize(("name", "prefix", "x", "call"), MEASURED)
def test_a_block_has_the_layers_that_were_measured(
    name: str, prefix: str, x: str, call: str, network: Build
) -> None:
    rows = json.loads((NETWORKS / f"{name}.json").read_text("utf-8"))["layers"]
    measured = sorted(
        (kind, output, params, macs)
        for kind, path, output, params, macs, *_ in rows
        if path.startswith(f"{prefix}.") and kind in KINDS.values()
    )
    compared = {kind for kind, *_ in measured}
    assert measured
    assert measured == sorted(
        (KINDS[row.kind], list(row.output), row.params, row.macs)
        for row in counted(network, call, x).nodes
        if KINDS.get(row.kind) in compared
    )


SEEN = [
    ("[24, 192, 192]", "std/fused_mbconv: {out_channels: 24, expand: 1}"),
    ("[24, 192, 192]", "std/fused_mbconv: {out_channels: 48, stride: 2}"),
    ("[64, 48, 48]", "std/mbconv: {out_channels: 128, expand: 4, stride: 2}"),
    ("[160, 24, 24]", "std/mbconv: {out_channels: 160}"),
]
"""Blocks of EfficientNet v2-S, whose measured layers are known by number, not by name."""


@pytest.mark.parametrize(("x", "call"), SEEN)
def test_every_convolution_and_norm_of_a_block_was_measured_in_efficientnet_v2(
    x: str, call: str, network: Build
) -> None:
    file = NETWORKS.parent.parent / "networks" / "measured" / "efficientnet_v2_s.json"
    measured = [row[1:] for row in json.loads(file.read_text("utf-8"))["learned"]]
    for row in counted(network, call, x).nodes:
        if row.params:
            output = [row.output[0], *(size for size in row.output[1:] if size != 1)]
            assert [KINDS[row.kind], output, row.params, row.macs] in measured, row.path


# -- fields and holes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kernel_size", "depth"), [(3, 1), (3, 2), (3, 3), (3, 4), (5, 2), (2, 3)])
def test_a_stack_of_small_kernels_sees_what_the_large_one_does(
    kernel_size: int, depth: int, network: Build
) -> None:
    call = f"- std/stacked_conv: {{out_channels: 1, kernel_size: {kernel_size}, depth: {depth}}}"
    large = depth * (kernel_size - 1) + 1
    assert last_field(network(call, "[1, 32, 32]")).size == (large, large)


def test_the_context_module_sees_what_its_table_says_layer_by_layer(network: Build) -> None:
    net = network("- std/context_module", "[21, 64, 64]")
    fields = [
        found["input"].size
        for node, found in zip(net, receptive_fields(net), strict=True)
        if node.word == "conv"
    ]
    assert fields == [(side, side) for side in (3, 5, 9, 17, 33, 65, 67, 67)]


@pytest.mark.parametrize(
    ("rates", "full"),
    [
        ([1, 2, 5], True),
        ([1, 2, 9], False),
        ([2, 2, 2], False),
        ([2, 4, 6], False),
        ([1, 2, 3], True),
        ([1, 2, 5, 1, 2, 5], True),
        ([1, 3, 9], True),
    ],
)
def test_a_hybrid_dilated_stack_covers_what_its_taps_add_up_to(
    rates: list[int], full: bool, network: Build
) -> None:
    taps = {sum(one) for one in product(*((-rate, 0, rate) for rate in rates))}
    side = 1 + 2 * sum(rates)
    field = last_field(network(f"- std/hdc: {{rates: {rates}}}", "[4, 64, 64]"))
    assert field.size == (side, side)
    assert field.coverage == Fraction(len(taps), side) ** 2
    assert (field.coverage == 1) is full


# -- several items ----------------------------------------------------------------------------------------


def test_dense_layers_see_all_before_them(network: Build) -> None:
    """Huang et al. 2017, table 1: the first dense block of DenseNet-121, from 64 to 256 channels."""
    report = archcost.analyze(
        network("- {repeat: 6, dense: concat, body: [std/dense_layer]}", "[64, 56, 56]")
    )
    arriving = list(accumulate([32] * 5, initial=64))
    assert report.nodes[-1].output == (256, 56, 56)
    assert report.totals.macs == sum(56 * 56 * (c * 128 + 9 * 128 * 32) for c in arriving)
    assert report.totals.params == sum(c * 128 + 9 * 128 * 32 + norms(c, 128) for c in arriving)


U_NET = """
- name: down
  repeat: {out: [64, 128, 256, 512, 1024], factor: [1, 2, 2, 2, 2]}
  body: [std/unet_down: {out_channels: $out, scale_factor: $factor}]
- {name: up3, from: [down, down.3], std/unet_up: {out_channels: 512}}
- {name: up2, from: [up3, down.2], std/unet_up: {out_channels: 256}}
- {name: up1, from: [up2, down.1], std/unet_up: {out_channels: 128}}
- {name: up0, from: [up1, down.0], std/unet_up: {out_channels: 64}}
- conv: {out_channels: 2, kernel_size: 1}
"""


def test_u_net_as_in_the_paper_has_its_numbers(network: Build) -> None:
    """Ronneberger et al. 2015, figure 1; transposed convolutions count per input position."""
    as_written = re.sub(r"(unet_\w+: {)", r"\1padding: 0, norm: false, ", U_NET)
    report = archcost.analyze(network(as_written, "[1, 572, 572]"))
    assert report.nodes[-1].output == (2, 388, 388)
    assert report.totals.params == 31_030_658
    assert report.totals.macs == 150_428_424_448


def test_u_net_with_norms_has_the_parameters_of_a_well_known_copy(network: Build) -> None:
    """milesial/Pytorch-UNet: colour in, one class out, padding, no biases before norms."""
    report = archcost.analyze(network(U_NET.replace("out_channels: 2,", "out_channels: 1,"), "[3, 256, 256]"))
    assert report.nodes[-1].output == (1, 256, 256)
    assert report.totals.params == 31_037_633


def test_a_step_up_crops_what_an_odd_size_left_over(network: Build) -> None:
    layers = """
        - {name: top, std/unet_down: {out_channels: 8, scale_factor: 1}}
        - {name: low, std/unet_down: {out_channels: 16}}
        - {from: [low, top], std/unet_up: {out_channels: 8}}
    """
    net = network(layers, "[3, 33, 33]")
    assert [node.output for node in net if node.word == "max_pool"] == [(8, 16, 16)]
    assert net.nodes[-1].output == (8, 32, 32)


# -- any number of axes -----------------------------------------------------------------------------------

TWO_AXES = {
    "spatially_separable_conv",
    "flattened_conv",
    "inception_v3_c",
    "inception_v3_d",
    "inception_v3_e",
}
"""Blocks whose kernels differ per axis."""

ONE_AXIS = {"attention"}
"""Blocks over tokens."""

MODES = {1: "linear", 3: "trilinear"}


def of_rank(case: Case, rank: int) -> tuple[str, str]:
    """The call of a case on an input of another rank, eight positions wide."""
    call = case.call.replace("std/aspp", f"std/aspp: {{mode: {MODES[rank]}}}")
    if "deform" in call:
        call = call.replace("}", f", axes: {rank}}}")
    return f"[{', '.join(map(str, [shape(case.x)[0], *[16] * rank]))}]", call


@pytest.mark.parametrize("rank", sorted(MODES))
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.call.partition(":")[0].removeprefix("std/") not in TWO_AXES | ONE_AXIS],
    ids=lambda case: case.call,
)
def test_a_block_works_along_one_axis_and_along_three(case: Case, rank: int, network: Build) -> None:
    x, call = of_rank(case, rank)
    output = network(f"- {call}", x).nodes[-1].output
    assert output[0] == shape(case.output)[0]
    assert len(output) == rank + 1


@pytest.mark.parametrize("name", sorted(TWO_AXES))
def test_a_block_for_two_axes_refuses_one(name: str, network: Build) -> None:
    needs = ": {out_channels: 8}" if name.endswith("conv") else ""
    with pytest.raises(SpecError, match=rf"in block 'std/{name}', used at"):
        network(f"- std/{name}{needs}", "[768, 64]")


# -- the library ------------------------------------------------------------------------------------------

NAMED = re.compile(r"std/(\w+)")


def test_every_standard_block_has_a_test_of_its_numbers() -> None:
    calls = [*(case.call for case in CASES), *(call for *_, call in MEASURED), U_NET]
    assert set(NAMED.findall("\n".join(calls))) == set(standard_names())


ACTS = [
    ("[8, 16, 16]", "conv_norm_act", "out_channels: 8", 1),
    ("[8, 16, 16]", "basic_block", "out_channels: 16", 2),
    ("[8, 16, 16]", "bottleneck", "width: 8", 3),
    ("[32, 16, 16]", "resnext_bottleneck", "out_channels: 64, groups: 2, width: 8", 3),
    ("[8, 16, 16]", "deformable_bottleneck", "width: 8", 3),
    ("[8, 16, 16]", "preact_basic_block", "out_channels: 8", 2),
    ("[8, 16, 16]", "preact_basic_block", "out_channels: 16", 2),
    ("[8, 16, 16]", "preact_bottleneck", "width: 2", 3),
    ("[8, 16, 16]", "preact_bottleneck", "width: 8", 3),
    ("[8, 16, 16]", "inverted_residual", "out_channels: 8", 2),
    ("[8, 16, 16]", "mbconv", "out_channels: 8", 3),
    ("[8, 16, 16]", "fused_mbconv", "out_channels: 8, squeeze: 2", 2),
    ("[8, 16, 16]", "squeeze_excite", "ratio: 2", 1),
    ("[8, 16, 16]", "shuffle_unit_v2", "out_channels: 8", 2),
    ("[8, 16, 16]", "shuffle_unit_v2", "out_channels: 16, stride: 2", 3),
    ("[8, 16, 16]", "inception_v3_a", "c1: 8", 7),
    ("[8, 16, 16]", "inception_v3_b", "c3: 8", 4),
    ("[8, 16, 16]", "inception_v3_c", "c1: 8", 10),
    ("[8, 16, 16]", "inception_v3_d", "c3: 8", 6),
    ("[8, 16, 16]", "inception_v3_e", "c1: 8", 9),
    ("[8, 16, 16]", "stacked_conv", "out_channels: 8, depth: 3", 3),
    ("[8, 64, 64]", "context_module", "out_channels: 8", 7),
    ("[8, 64, 64]", "hdc", "out_channels: 8", 3),
    ("[8, 16, 16]", "xception_block", "out_channels: 8", 3),
    ("[8, 16, 16]", "xception_block", "out_channels: 8, act_first: false", 2),
    ("[8, 16, 16]", "res2net_split", "scale: 4", 3),
    ("[8, 16, 16]", "res2net_split", "scale: 4, stride: 2", 3),
    ("[8, 16, 16]", "unet_down", "out_channels: 8", 2),
]
"""Blocks, and how many activations of the caller's each one has; gates come on top."""


@pytest.mark.parametrize(("x", "block", "given", "times"), ACTS)
def test_activations_are_the_callers_all_the_way_in(
    x: str, block: str, given: str, times: int, network: Build
) -> None:
    report = counted(network, f"std/{block}: {{{given}, act: mish}}", x)
    functions = [row.fields["function"] for row in report.nodes if row.kind == "activation"]
    assert functions.count("mish") + functions.count("sigmoid") == len(functions)
    assert functions.count("mish") == times


ADDED = [
    ("[8, 16, 16]", "inverted_residual", "out_channels: 8", True),
    ("[8, 16, 16]", "inverted_residual", "out_channels: 9", False),
    ("[8, 16, 16]", "inverted_residual", "out_channels: 8, stride: 2", False),
    ("[8, 16, 16]", "mbconv", "out_channels: 8", True),
    ("[8, 16, 16]", "mbconv", "out_channels: 8, stride: 2", False),
    ("[8, 16, 16]", "fused_mbconv", "out_channels: 8", True),
    ("[8, 16, 16]", "fused_mbconv", "out_channels: 9", False),
    ("[8, 16, 16]", "fused_mbconv", "out_channels: 8, stride: 2", False),
    ("[12, 16, 16]", "shuffle_unit", "out_channels: 12", True),
    ("[12, 16, 16]", "shuffle_unit", "out_channels: 24, stride: 2", False),
    ("[8, 16, 16]", "xception_block", "out_channels: 8", True),
    ("[8, 16, 16]", "xception_block", "out_channels: 9, stride: 2", True),
]


@pytest.mark.parametrize(("x", "block", "given", "added"), ADDED)
def test_a_block_is_added_to_its_input_where_its_paper_says_so(
    x: str, block: str, given: str, *, added: bool, network: Build
) -> None:
    net = network(f"- std/{block}: {{{given}}}", x)
    assert any(node.word == "add" for node in net) is added


SIZED = [
    ("inverted_residual", "out_channels: 8"),
    ("mbconv", "out_channels: 8"),
    ("fused_mbconv", "out_channels: 8"),
    ("shuffle_unit_v2", "out_channels: 8"),
    ("separable_conv", "out_channels: 8"),
    ("spatially_separable_conv", "out_channels: 8"),
    ("flattened_conv", "out_channels: 8"),
    ("stacked_conv", "out_channels: 8"),
    ("conv_norm_act", "out_channels: 8"),
    ("res2net_split", "scale: 2"),
]
"""Blocks that take a kernel size and a stride."""


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
@pytest.mark.parametrize(("block", "given"), SIZED)
def test_odd_kernels_keep_the_size_and_a_stride_halves_it(
    block: str, given: str, kernel_size: int, network: Build
) -> None:
    call = f"- std/{block}: {{{given}, kernel_size: {kernel_size}, stride: %d}}"
    assert network(call % 1, "[8, 16, 16]").nodes[-1].output == (8, 16, 16)
    assert network(call % 2, "[8, 16, 16]").nodes[-1].output == (8, 8, 8)
