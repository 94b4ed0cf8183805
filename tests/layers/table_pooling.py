"""The kinds of `archcost/layers/pooling.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import (
    Slide,
    average,
    binned,
    blurred,
    largest,
    mean,
    put_back_to_the_largest,
    same,
)
from tests.layers.late import F

CASES = [
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
        sentence="blurring before a stride: 1 2 1 along each axis, over 16, mirrored at the borders",
        kind="blur_pool",
        inputs=((64, 56, 56),),
        output=(64, 28, 28),
        value=blurred(3, Slide(stride=2, before=1)),
        torch=lambda x: F.conv2d(
            F.pad(x, (1, 1, 1, 1), mode="reflect"),
            x.new_tensor([[1, 2, 1], [2, 4, 2], [1, 2, 1]]).expand(64, 1, 3, 3) / 16,
            stride=2,
            groups=64,
        ),
        ops=Operations(macs=451_584, multiplications=451_584, additions=401_408),  # 50,176 outputs of 9
    ),
    Case(
        sentence="of an even window, the odd position of padding stands at the end",
        kind="blur_pool",
        fields={"kernel_size": (4, 1), "stride": (3, 1), "padding_mode": "constant"},
        inputs=((2, 7, 3),),
        output=(2, 3, 3),
        value=blurred((4, 1), Slide(stride=(3, 1), before=(1, 0)), mirrored=False),
        ops=Operations(macs=72, multiplications=72, additions=54),  # 18 outputs of 4
    ),
    Case(
        sentence="without a stride and without padding it only blurs",
        kind="blur_pool",
        fields={"kernel_size": 5, "stride": 1, "padding": 0},
        inputs=((3, 9),),
        output=(3, 5),
        value=blurred(5, Slide()),
        ops=Operations(macs=75, multiplications=75, additions=60),  # 15 outputs of 5
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
    Case(
        sentence="SegNet puts what it pooled back to where the largest of four stood",
        kind="max_unpool",
        fields={"kernel_size": 2},
        inputs=((4, 6, 5), (4, 12, 11)),
        output=(4, 12, 11),
        value=put_back_to_the_largest(2, 2, 0),
        torch=lambda x, before: F.max_unpool2d(
            x, F.max_pool2d(before, 2, return_indices=True)[1], 2, output_size=(12, 11)
        ),
        ops=Operations(comparisons=3 * 4 * 6 * 5),
    ),
    Case(
        sentence="windows of three, four apart, one position of padding: between them are zeros",
        kind="max_unpool",
        fields={"kernel_size": 3, "stride": 4, "padding": 1},
        inputs=((2, 4), (2, 14)),
        output=(2, 14),
        value=put_back_to_the_largest(3, 4, 1),
        torch=lambda x, before: F.max_unpool1d(
            x, F.max_pool1d(before, 3, 4, 1, return_indices=True)[1], 3, 4, 1, output_size=(14,)
        ),
        ops=Operations(comparisons=2 * 2 * 4),
    ),
]
