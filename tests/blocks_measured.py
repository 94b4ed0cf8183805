"""What PyTorch says of standard blocks: numbers that were measured once, by `tests/peers`, and are kept here.

`tests/peers/test_convolutional_blocks_against_torch.py` has each block as a few modules of `torch.nn`,
written by hand. Of these, in PyTorch 2.13.0 on a CPU, `params` is the sum of `numel` over `parameters()` and
`macs` half of what `torch.utils.flop_counter.FlopCounterMode` counts of one forward pass. The test measures
them again.
"""

from __future__ import annotations

from typing import NamedTuple


class MeasuredBlock(NamedTuple):
    """A block on its inputs, in PyTorch.

    Attributes:
        module: the function that builds it in PyTorch.
        x: what arrives.
        call: the block.
        params: learned numbers.
        macs: multiply-accumulates.
    """

    module: str
    x: str
    call: str
    params: int
    macs: int


BLOCKS = [
    MeasuredBlock("aspp", "[32, 12, 12]", "std/aspp: {out_channels: 16, separable: true}", 5_088, 604_160),
    MeasuredBlock(
        "deeplab_decoder",
        "{deep: [16, 6, 6], low: [24, 24, 24]}",
        "std/deeplab_decoder: {out_channels: 16, low_channels: 8}",
        6_032,
        3_428_352,
    ),
    MeasuredBlock("c2f", "[16, 10, 10]", "std/c2f: {out_channels: 24, depth: 2, add: true}", 6_912, 672_000),
    MeasuredBlock("sppf", "[16, 10, 10]", "std/sppf: {out_channels: 24}", 960, 89_600),
    MeasuredBlock("detect", "[16, 10, 10]", "std/detect: {classes: 6, bins: 4}", 9_718, 956_800),
    MeasuredBlock(
        "fpn",
        "{c3: [8, 16, 16], c4: [16, 8, 8], c5: [32, 4, 4]}",
        "std/fpn: {out_channels: 12}",
        4_632,
        478_464,
    ),
    MeasuredBlock("pan", "{p3: [12, 16, 16], p4: [12, 8, 8], p5: [12, 4, 4]}", "std/pan", 5_232, 207_360),
    MeasuredBlock(
        "conv_lstm", "{x: [3, 8, 8], hidden: [6, 8, 8], cell: [6, 8, 8]}", "std/conv_lstm", 1_968, 124_416
    ),
    MeasuredBlock("bifpn_node", "{across: [8, 10, 10], resized: [8, 10, 10]}", "std/bifpn_node", 162, 13_600),
    MeasuredBlock("mamba", "[16, 10]", "std/mamba: {states: 4, rank: 3}", 2_336, 22_400),
    MeasuredBlock(
        "unet_up",
        "{below: [16, 6, 6], across: [8, 12, 12]}",
        "std/unet_up: {out_channels: 8, attention: true}",
        2_375,
        277_056,
    ),
]
