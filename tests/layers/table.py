"""Layer kinds by example: one line says what happens, the numbers were worked out by hand.

Every kind has at least one row (`tests/test_registry.py` checks it). Kinds without a window have theirs in
`table_elementwise.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcost.layers.base import Operations
from tests.layers.definitions import (
    Slide,
    average,
    best_piece,
    binned,
    convolution,
    deformable,
    depthwise,
    keys,
    largest,
    linear,
    linked,
    looked_up,
    matrices,
    mean,
    resized,
    same,
    spread,
    tokens,
)
from tests.layers.late import F

if TYPE_CHECKING:
    from archcost.layers.base import Shapes
    from archcost.windows.window import Shape
    from tests.layers.definitions import Counterpart, Value


NO_OPERATIONS = Operations()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One layer on its inputs. What is left out is empty or zero, and that is checked too.

    `value(at, x, weight)` is the number at an index of the output, by the definition, in plain Python: what
    `run` gives is compared with it. None where nobody knows what a layer computes.

    `torch(x, weight)` is the same in PyTorch, of tensors with a leading 1 and of weights: one row of every
    kind has it, or a sentence why there is none.
    """

    sentence: str
    kind: str
    fields: dict[str, object] = field(default_factory=dict[str, object])
    inputs: tuple[Shape, ...]
    output: Shape
    value: Value | None
    torch: Counterpart | str | None = None
    weights: Shapes = field(default_factory=dict[str, "Shape"])
    buffers: Shapes = field(default_factory=dict[str, "Shape"])
    ops: Operations = NO_OPERATIONS


# LeNet-5, table I: six maps of C3 read three maps of S2, nine read four, one reads all six.
LENET_C3 = (
    *((i, (i + 1) % 6, (i + 2) % 6) for i in range(6)),
    *((i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6) for i in range(6)),
    *((i, i + 1, (i + 3) % 6, (i + 4) % 6) for i in range(3)),
    (0, 1, 2, 3, 4, 5),
)

CONVOLUTIONS = [
    Case(
        sentence="a 3x3x3 filter makes 5x5x1 of 7x7x3",
        kind="conv",
        fields={"out_channels": 1, "kernel_size": 3, "bias": False},
        inputs=((3, 7, 7),),
        output=(1, 5, 5),
        value=convolution(),
        weights={"weight": (1, 3, 3, 3)},
        ops=Operations(macs=675, multiplications=675, additions=650),  # 25 outputs of 27 products
    ),
    Case(
        sentence="128 such filters make 5x5x128",
        kind="conv",
        fields={"out_channels": 128, "kernel_size": 3, "bias": False},
        inputs=((3, 7, 7),),
        output=(128, 5, 5),
        value=convolution(),
        weights={"weight": (128, 3, 3, 3)},
        ops=Operations(macs=86_400, multiplications=86_400, additions=83_200),
    ),
    Case(
        sentence="a bias is one addition more per output",
        kind="conv",
        fields={"out_channels": 128, "kernel_size": 3},
        inputs=((3, 7, 7),),
        output=(128, 5, 5),
        value=convolution(),
        torch=F.conv2d,
        weights={"weight": (128, 3, 3, 3), "bias": (128,)},
        ops=Operations(macs=86_400, multiplications=86_400, additions=86_400),
    ),
    Case(
        sentence="a pointwise convolution only mixes channels",
        kind="conv",
        fields={"out_channels": 128, "kernel_size": 1, "bias": False},
        inputs=((3, 5, 5),),
        output=(128, 5, 5),
        value=convolution(),
        weights={"weight": (128, 3, 1, 1)},
        ops=Operations(macs=9_600, multiplications=9_600, additions=6_400),
    ),
    Case(
        sentence="ResNet's stem halves 224 with a 7x7 window",
        kind="conv",
        fields={"out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3, "bias": False},
        inputs=((3, 224, 224),),
        output=(64, 112, 112),
        value=convolution(Slide(stride=2, before=3)),
        weights={"weight": (64, 3, 7, 7)},
        ops=Operations(macs=118_013_952, multiplications=118_013_952, additions=117_211_136),
    ),
    Case(
        sentence="two groups halve the weights",
        kind="conv",
        fields={"out_channels": 8, "kernel_size": 3, "groups": 2, "padding": "same"},
        inputs=((6, 4, 4),),
        output=(8, 4, 4),
        value=convolution(Slide(before=1), groups=2),
        weights={"weight": (8, 3, 3, 3), "bias": (8,)},
        ops=Operations(macs=3_456, multiplications=3_456, additions=3_456),  # 128 outputs of 27
    ),
    Case(
        sentence="rate 2 spreads nine weights over 5x5",
        kind="conv",
        fields={"out_channels": 1, "kernel_size": 3, "dilation": 2, "bias": False},
        inputs=((1, 5, 5),),
        output=(1, 1, 1),
        value=convolution(Slide(dilation=2)),
        weights={"weight": (1, 1, 3, 3)},
        ops=Operations(macs=9, multiplications=9, additions=8),
    ),
    Case(
        sentence="a 1-D causal convolution pads before",
        kind="conv",
        fields={"out_channels": 2, "kernel_size": 2, "dilation": 4, "padding": "causal", "bias": False},
        inputs=((3, 16),),
        output=(2, 16),
        value=convolution(Slide(dilation=4, before=4)),
        weights={"weight": (2, 3, 2)},
        ops=Operations(macs=192, multiplications=192, additions=160),
    ),
    Case(
        sentence="a 3-D convolution slides along depth as well",
        kind="conv",
        fields={"out_channels": 2, "kernel_size": (3, 1, 1), "stride": (2, 1, 1), "bias": False},
        inputs=((4, 7, 2, 2),),
        output=(2, 3, 2, 2),
        value=convolution(Slide(stride=(2, 1, 1))),
        weights={"weight": (2, 4, 3, 1, 1)},
        ops=Operations(macs=288, multiplications=288, additions=264),  # 24 outputs of 12
    ),
    Case(
        sentence="asymmetric padding counts each side",
        kind="conv",
        fields={"out_channels": 1, "kernel_size": 2, "padding": ((0, 1), (2, 0)), "bias": False},
        inputs=((1, 3, 3),),
        output=(1, 3, 4),
        value=convolution(Slide(before=(0, 2))),
        weights={"weight": (1, 1, 2, 2)},
        ops=Operations(macs=48, multiplications=48, additions=36),
    ),
    Case(
        sentence="LeNet-5's C3 has 60 kernels instead of 96",
        kind="conv",
        fields={"out_channels": 16, "kernel_size": 5, "connections": LENET_C3},
        inputs=((6, 14, 14),),
        output=(16, 10, 10),
        value=linked(LENET_C3),
        weights={"weight": (60, 5, 5), "bias": (16,)},  # 1,516 parameters
        ops=Operations(macs=150_000, multiplications=150_000, additions=150_000),
    ),
    Case(
        sentence="a depthwise convolution keeps channels apart",
        kind="depthwise_conv",
        fields={"kernel_size": 3, "bias": False},
        inputs=((3, 7, 7),),
        output=(3, 5, 5),
        value=depthwise(),
        weights={"weight": (3, 1, 3, 3)},
        ops=Operations(macs=675, multiplications=675, additions=600),  # 75 outputs of 9
    ),
    Case(
        sentence="a multiplier of 2 gives every channel two kernels",
        kind="depthwise_conv",
        fields={"kernel_size": 3, "stride": 2, "padding": 1, "multiplier": 2},
        inputs=((16, 8, 8),),
        output=(32, 4, 4),
        value=depthwise(Slide(stride=2, before=1), multiplier=2),
        torch=lambda x, weight, bias: F.conv2d(x, weight, bias, 2, 1, groups=16),
        weights={"weight": (32, 1, 3, 3), "bias": (32,)},
        ops=Operations(macs=4_608, multiplications=4_608, additions=4_608),
    ),
    Case(
        sentence="a depthwise kernel in 1-D",
        kind="depthwise_conv",
        fields={"kernel_size": 3, "dilation": 2, "padding": "same"},
        inputs=((4, 10),),
        output=(4, 10),
        value=depthwise(Slide(dilation=2, before=2)),
        weights={"weight": (4, 1, 3), "bias": (4,)},
        ops=Operations(macs=120, multiplications=120, additions=120),
    ),
    Case(
        sentence="2x2 becomes 4x4: 36 products land on 16 positions",
        kind="conv_transpose",
        fields={"out_channels": 1, "kernel_size": 3, "bias": False},
        inputs=((1, 2, 2),),
        output=(1, 4, 4),
        value=spread(),
        weights={"weight": (1, 1, 3, 3)},
        ops=Operations(macs=36, multiplications=36, additions=20),
    ),
    Case(
        sentence="2x2 becomes 5x5 with stride 2: 36 products on 25 positions",
        kind="conv_transpose",
        fields={"out_channels": 1, "kernel_size": 3, "stride": 2, "bias": False},
        inputs=((1, 2, 2),),
        output=(1, 5, 5),
        value=spread(Slide(stride=2)),
        weights={"weight": (1, 1, 3, 3)},
        ops=Operations(macs=36, multiplications=36, additions=11),
    ),
    Case(
        sentence="products cropped away are made all the same",
        kind="conv_transpose",
        fields={"out_channels": 1, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1},
        inputs=((1, 2, 2),),
        output=(1, 4, 4),
        value=spread(Slide(stride=2, before=1)),
        torch=lambda x, weight, bias: F.conv_transpose2d(x, weight, bias, 2, 1, 1),
        weights={"weight": (1, 1, 3, 3), "bias": (1,)},
        ops=Operations(macs=36, multiplications=36, additions=27),  # 11, and 16 biases
    ),
    Case(
        sentence="a kernel shorter than the stride leaves outputs that only the bias reaches",
        kind="conv_transpose",
        fields={"out_channels": 1, "kernel_size": 1, "stride": 2},
        inputs=((1, 3),),
        output=(1, 5),
        value=spread(Slide(stride=2)),
        weights={"weight": (1, 1, 1), "bias": (1,)},
        ops=Operations(macs=3, multiplications=3, additions=5),
    ),
    Case(
        sentence="U-Net's first up-convolution doubles 28 and halves 1024",
        kind="conv_transpose",
        fields={"out_channels": 512, "kernel_size": 2, "stride": 2},
        inputs=((1024, 28, 28),),
        output=(512, 56, 56),
        value=spread(Slide(stride=2)),
        weights={"weight": (1024, 512, 2, 2), "bias": (512,)},
        ops=Operations(macs=1_644_167_168, multiplications=1_644_167_168, additions=1_644_167_168),
    ),
    Case(
        sentence="groups and dilation, transposed: the kernel's taps land 2 apart",
        kind="conv_transpose",
        fields={"out_channels": 4, "kernel_size": 2, "dilation": 2, "groups": 2, "bias": False},
        inputs=((2, 3),),
        output=(4, 5),
        value=spread(Slide(dilation=2), groups=2),
        weights={"weight": (2, 2, 2)},
        ops=Operations(macs=24, multiplications=24, additions=4),  # one doubly hit position per channel
    ),
    Case(
        sentence="same makes a transposed output the input times the stride",
        kind="conv_transpose",
        fields={"out_channels": 1, "kernel_size": 3, "stride": 2, "padding": "same", "bias": False},
        inputs=((1, 5),),
        output=(1, 10),
        value=spread(Slide(stride=2)),
        weights={"weight": (1, 1, 3)},
        ops=Operations(macs=15, multiplications=15, additions=4),  # 15 products on 11 positions
    ),
]

DEFORMABLE = [
    Case(
        sentence="a deformable 3x3 of ResNet's last stage, between its 1x1 convolutions",
        kind="deform_conv",
        fields={"out_channels": 512, "kernel_size": 3, "padding": 1, "bias": False},
        inputs=((512, 14, 14), (18, 14, 14)),
        output=(512, 14, 14),
        value=deformable(Slide(before=1)),
        torch="torchvision has it; `tests/peers` puts it together from `grid_sample`",
        weights={"weight": (512, 512, 3, 3)},
        # 196 positions of 9 taps: 1,764 points with 4 weights each, 903,168 values of 4 products each
        ops=Operations(macs=462_422_016, multiplications=466_041_744, additions=465_038_224),
    ),
    Case(
        sentence="version 2 weighs every sampled value by a mask",
        kind="deform_conv",
        fields={"out_channels": 1, "kernel_size": 2},
        inputs=((3, 2, 2), (8, 1, 1), (4, 1, 1)),
        output=(1, 1, 1),
        value=deformable(),
        weights={"weight": (1, 3, 2, 2), "bias": (1,)},
        # 12 products; 4 points of 4 weights; 12 values of 4 products and one with the mask
        # 12 sums with the bias; 4 fractions per point; 3 sums per value
        ops=Operations(macs=12, multiplications=88, additions=64),
    ),
    Case(
        sentence="two deform_groups read two sets of offsets",
        kind="deform_conv",
        fields={
            "out_channels": 4,
            "kernel_size": 3,
            "groups": 2,
            "deform_groups": 2,
            "stride": 2,
            "bias": False,
        },
        inputs=((2, 3, 5), (36, 1, 2)),
        output=(4, 1, 2),
        value=deformable(Slide(stride=2), groups=2, deform_groups=2),
        weights={"weight": (4, 1, 3, 3)},
        # 8 outputs of 9; 36 points, 36 values
        ops=Operations(macs=72, multiplications=360, additions=316),
    ),
    Case(
        sentence="in 1-D a point lies between two positions, whose weights take no product",
        kind="deform_conv",
        fields={"out_channels": 1, "kernel_size": 3, "dilation": 2, "padding": "same", "bias": False},
        inputs=((4, 6), (3, 6)),
        output=(1, 6),
        value=deformable(Slide(dilation=2, before=2)),
        weights={"weight": (1, 4, 3)},
        ops=Operations(macs=72, multiplications=216, additions=174),
    ),
]

POOLS = [
    Case(
        sentence="ResNet's max pool compares 8 times per output",
        kind="max_pool",
        fields={"kernel_size": 3, "stride": 2, "padding": 1},
        inputs=((64, 112, 112),),
        output=(64, 56, 56),
        value=largest(3, Slide(stride=2, before=1)),
        torch=lambda x: F.max_pool2d(x, 3, 2, 1),
        ops=Operations(comparisons=1_605_632),
    ),
    Case(
        sentence="stride is kernel_size unless it is given",
        kind="max_pool",
        fields={"kernel_size": (2, 3)},
        inputs=((1, 5, 7),),
        output=(1, 2, 2),
        value=largest((2, 3), Slide(stride=(2, 3))),
        ops=Operations(comparisons=20),
    ),
    Case(
        sentence="ceil_mode keeps the column that a stride of 2 would drop",
        kind="max_pool",
        fields={"kernel_size": 2, "stride": 2, "ceil_mode": True},
        inputs=((1, 5, 5),),
        output=(1, 3, 3),
        value=largest(2, Slide(stride=2)),
        ops=Operations(comparisons=27),
    ),
    Case(
        sentence="PyTorch leaves out a window that would start behind the input",
        kind="max_pool",
        fields={"kernel_size": 1, "stride": 3, "ceil_mode": True},
        inputs=((1, 5),),
        output=(1, 2),
        value=largest(1, Slide(stride=3)),
    ),
    Case(
        sentence="Caffe takes it, if there is no padding",
        kind="max_pool",
        fields={"kernel_size": 1, "stride": 3, "ceil_mode": True, "ceil_rule": "caffe"},
        inputs=((1, 5),),
        output=(1, 3),
        value=largest(1, Slide(stride=3)),
    ),
    Case(
        sentence="a dilated max pool",
        kind="max_pool",
        fields={"kernel_size": 2, "stride": 1, "dilation": 2},
        inputs=((3, 4, 4),),
        output=(3, 2, 2),
        value=largest(2, Slide(dilation=2)),
        ops=Operations(comparisons=36),
    ),
    Case(
        sentence="same pads a pool at the end",
        kind="max_pool",
        fields={"kernel_size": 3, "stride": 2, "padding": "same"},
        inputs=((2, 6),),
        output=(2, 3),
        value=largest(3, Slide(stride=2)),
        ops=Operations(comparisons=12),
    ),
    Case(
        sentence="a mean is three additions and a product for a 2x2 window",
        kind="avg_pool",
        fields={"kernel_size": 2},
        inputs=((128, 56, 56),),
        output=(128, 28, 28),
        value=mean(2, Slide(stride=2)),
        ops=Operations(multiplications=100_352, additions=301_056),
    ),
    Case(
        sentence="the divisor does not change the cost of a padded mean",
        kind="avg_pool",
        fields={"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False},
        inputs=((1, 4, 4),),
        output=(1, 4, 4),
        value=mean(3, Slide(before=1), of_padding=False),
        torch=lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
        ops=Operations(multiplications=16, additions=128),
    ),
    Case(
        sentence="a global mean keeps its axes at size 1",
        kind="global_avg_pool",
        inputs=((2048, 7, 7),),
        output=(2048, 1, 1),
        value=binned(average, 1, 1),
        torch=lambda x: x.mean((2, 3), keepdim=True),
        ops=Operations(multiplications=2_048, additions=98_304),
    ),
    Case(
        sentence="a global maximum over a sentence",
        kind="global_max_pool",
        inputs=((100, 48),),
        output=(100, 1),
        value=binned(max, 1),
        torch=lambda x: x.amax(2, keepdim=True),
        ops=Operations(comparisons=4_700),
    ),
    Case(
        sentence="bins of 5 positions in 3 overlap by one",
        kind="adaptive_avg_pool",
        fields={"output_size": 3},
        inputs=((1, 5),),
        output=(1, 3),
        value=binned(average, 3),
        torch=lambda x: F.adaptive_avg_pool1d(x, 3),
        ops=Operations(multiplications=3, additions=4),  # bins of 2, 3 and 2
    ),
    Case(
        sentence="AlexNet's adaptive pool of 6x6 to 6x6 only multiplies by one",
        kind="adaptive_avg_pool",
        fields={"output_size": (6, 6)},
        inputs=((256, 6, 6),),
        output=(256, 6, 6),
        value=same,
        ops=Operations(multiplications=9_216),
    ),
    Case(
        sentence="an adaptive pool that divides is a plain one",
        kind="adaptive_max_pool",
        fields={"output_size": (2, 1)},
        inputs=((3, 4, 6),),
        output=(3, 2, 1),
        value=largest((2, 6), Slide(stride=(2, 6))),
        torch=lambda x: F.adaptive_max_pool2d(x, (2, 1)),
        ops=Operations(comparisons=66),  # 6 bins of 12
    ),
    Case(
        sentence="an adaptive pool may give more than arrives",
        kind="adaptive_max_pool",
        fields={"output_size": 4},
        inputs=((1, 3),),
        output=(1, 4),
        value=binned(max, 4),
        ops=Operations(comparisons=2),  # bins of 1, 2, 2 and 1
    ),
]

LINEARS = [
    Case(
        sentence="a classifier on a pooled map gives a vector",
        kind="linear",
        fields={"out_features": 1000},
        inputs=((2048, 1, 1),),
        output=(1000,),
        value=linear,
        torch=lambda x, weight, bias: F.linear(x.flatten(1), weight, bias),
        weights={"weight": (1000, 2048), "bias": (1000,)},
        ops=Operations(macs=2_048_000, multiplications=2_048_000, additions=2_048_000),
    ),
    Case(
        sentence="without bias a sum of n products is n - 1 additions",
        kind="linear",
        fields={"out_features": 2, "bias": False, "in_features": 5},
        inputs=((5,),),
        output=(2,),
        value=linear,
        weights={"weight": (2, 5)},
        ops=Operations(macs=10, multiplications=10, additions=8),
    ),
    Case(
        sentence="per position, a linear layer is applied to every token",
        kind="linear",
        fields={"out_features": 4, "per_position": True},
        inputs=((3, 10),),
        output=(4, 10),
        value=linear,
        weights={"weight": (4, 3), "bias": (4,)},
        ops=Operations(macs=120, multiplications=120, additions=120),
    ),
    Case(
        sentence="maxout over five pieces leaves 48 of 240 channels",
        kind="maxout",
        fields={"pieces": 5},
        inputs=((240, 8, 8),),
        output=(48, 8, 8),
        value=best_piece(5),
        torch=lambda x: x.unflatten(1, (48, 5)).amax(2),
        ops=Operations(comparisons=12_288),
    ),
    Case(
        sentence="maxout on a vector",
        kind="maxout",
        fields={"pieces": 2},
        inputs=((10,),),
        output=(5,),
        value=best_piece(2),
        ops=Operations(comparisons=5),
    ),
]

TOKENS = [
    Case(
        sentence="a text CNN looks 48 tokens up in a table of 18,765 words",
        kind="embedding",
        fields={"num_embeddings": 18_765, "embedding_dim": 300},
        inputs=((48,),),
        output=(300, 48),
        value=looked_up,
        torch=lambda x, weight: F.embedding(x.long(), weight).mT,
        weights={"weight": (18_765, 300)},
    ),
    Case(
        sentence="tokens may come as one channel",
        kind="embedding",
        fields={"num_embeddings": 10, "embedding_dim": 4},
        inputs=((1, 7),),
        output=(4, 7),
        value=looked_up,
        weights={"weight": (10, 4)},
    ),
    Case(
        sentence="ViT-B/16 scores 197 queries against 197 keys in 12 heads of 64 channels",
        kind="matmul",
        fields={"heads": 12, "transpose_a": True},
        inputs=((768, 197), (768, 197)),
        output=(12, 197, 197),
        value=matrices(heads=12, terms=64, turn_a=True),
        torch=lambda q, k: q.unflatten(1, (12, 64)).mT @ k.unflatten(1, (12, 64)),
        # 465,708 scores of 64 products
        ops=Operations(macs=29_805_312, multiplications=29_805_312, additions=29_339_604),
    ),
    Case(
        sentence="scores and values give tokens again",
        kind="matmul",
        fields={"transpose_b": True},
        inputs=((12, 197, 197), (768, 197)),
        output=(768, 197),
        value=tokens(heads=12, terms=197, channels=64, last=True, turn_b=True),
        # 151,296 outputs of 197 products
        ops=Operations(macs=29_805_312, multiplications=29_805_312, additions=29_654_016),
    ),
    Case(
        sentence="values first, scores transposed: the same",
        kind="matmul",
        fields={"heads": 2, "transpose_b": True},
        inputs=((6, 5), (2, 4, 5)),
        output=(6, 4),
        value=tokens(heads=2, terms=5, channels=3, last=False, turn_b=True),
        ops=Operations(macs=120, multiplications=120, additions=96),
    ),
    Case(
        sentence="linear attention sums keys times values over positions first",
        kind="matmul",
        fields={"heads": 2, "transpose_b": True},
        inputs=((6, 5), (8, 5)),
        output=(2, 3, 4),
        value=matrices(heads=2, terms=5, turn_b=True),
        ops=Operations(macs=120, multiplications=120, additions=96),
    ),
    Case(
        sentence="then queries take what each channel of theirs has",
        kind="matmul",
        fields={"transpose_a": True},
        inputs=((2, 3, 4), (6, 5)),
        output=(8, 5),
        value=tokens(heads=2, terms=3, channels=4, last=False, turn_a=True),
        ops=Operations(macs=120, multiplications=120, additions=80),
    ),
    Case(
        sentence="a batch of matrices times another",
        kind="matmul",
        inputs=((7, 2, 3), (7, 3, 5)),
        output=(7, 2, 5),
        value=matrices(heads=7, terms=3),
        ops=Operations(macs=210, multiplications=210, additions=140),
    ),
    Case(
        sentence="two plain matrices",
        kind="matmul",
        inputs=((2, 3), (3, 4)),
        output=(1, 2, 4),
        value=matrices(heads=1, terms=3),
        ops=Operations(macs=24, multiplications=24, additions=16),
    ),
]

RESIZES = [
    Case(
        sentence="nearest copies and computes nothing",
        kind="upsample",
        fields={"scale_factor": 2},
        inputs=((256, 13, 13),),
        output=(256, 26, 26),
        value=lambda at, x: x[at[0], at[1] // 2, at[2] // 2],
    ),
    Case(
        sentence="bilinear sums four products per output",
        kind="upsample",
        fields={"scale_factor": 2, "mode": "bilinear", "align_corners": True},
        inputs=((1, 2, 2),),
        output=(1, 4, 4),
        value=resized(lambda u: u / 3),
        torch=lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True),
        ops=Operations(multiplications=64, additions=48),
    ),
    Case(
        sentence="a size per axis, trilinear",
        kind="upsample",
        fields={"size": (4, 6, 6), "mode": "trilinear"},
        inputs=((2, 2, 3, 3),),
        output=(2, 4, 6, 6),
        value=resized(lambda u: (u + 0.5) / 2 - 0.5),
        ops=Operations(multiplications=2_304, additions=2_016),
    ),
    Case(
        sentence="linear, in 1-D, by one and a half",
        kind="upsample",
        fields={"scale_factor": 1.5, "mode": "linear"},
        inputs=((2, 5),),
        output=(2, 7),
        value=resized(lambda u: (u + 0.5) / 1.5 - 0.5),
        ops=Operations(multiplications=28, additions=14),
    ),
    Case(
        sentence="PyTorch's 64-bit product of 10 and 0.7 is 7, that of 90 and 0.7 a little less than 63",
        kind="upsample",
        fields={"scale_factor": 0.7},
        inputs=((1, 10, 90),),
        output=(1, 7, 62),
        value=lambda at, x: x[at[0], 10 * at[1] // 7, 10 * at[2] // 7],
    ),
    Case(
        sentence="bicubic sums sixteen products per output",
        kind="upsample",
        fields={"size": 3, "mode": "bicubic"},
        inputs=((1, 2, 2),),
        output=(1, 3, 3),
        value=resized(lambda u: (u + 0.5) * 2 / 3 - 0.5, keys),
        ops=Operations(multiplications=144, additions=135),
    ),
    Case(
        sentence="sub-pixel convolution ends in nine channels becoming a square of 3x3",
        kind="pixel_shuffle",
        fields={"upscale_factor": 3},
        inputs=((9, 17, 17),),
        output=(1, 51, 51),
        value=lambda at, x: x[at[1] % 3 * 3 + at[2] % 3, at[1] // 3, at[2] // 3],
        torch=lambda x: F.pixel_shuffle(x, 3),
    ),
    Case(
        sentence="space to depth",
        kind="pixel_unshuffle",
        fields={"downscale_factor": 2},
        inputs=((64, 26, 26),),
        output=(256, 13, 13),
        value=lambda at, x: x[at[0] // 4, at[1] * 2 + at[0] % 4 // 2, at[2] * 2 + at[0] % 2],
        torch=lambda x: F.pixel_unshuffle(x, 2),
    ),
]

CASES = [*CONVOLUTIONS, *DEFORMABLE, *POOLS, *LINEARS, *TOKENS, *RESIZES]
