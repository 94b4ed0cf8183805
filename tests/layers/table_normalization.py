"""The kinds of `archcost/layers/normalization.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from math import fsum, hypot

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import (
    batch_normalized,
    boxes,
    globally_answered,
    local_response,
    root_mean_square,
    shortened,
    standardized,
)
from tests.layers.late import F

CASES = [
    Case(
        sentence="batch norm folds to one product and one sum per element",
        kind="batch_norm",
        inputs=((64, 112, 112),),
        output=(64, 112, 112),
        value=batch_normalized(1e-5),
        torch=lambda x, weight, bias, running_mean, running_var: F.batch_norm(
            x, running_mean, running_var, weight, bias
        ),
        weights={"weight": (64,), "bias": (64,)},
        buffers={"running_mean": (64,), "running_var": (64,)},
        ops=Operations(multiplications=802_816, additions=802_816),
    ),
    Case(
        sentence="Keras leaves the scale out, and no product is saved",
        kind="batch_norm",
        fields={"scale": False, "eps": Fraction(1, 1000)},
        inputs=((32, 4, 4),),
        output=(32, 4, 4),
        value=batch_normalized(1e-3),
        weights={"bias": (32,)},
        buffers={"running_mean": (32,), "running_var": (32,)},
        ops=Operations(multiplications=512, additions=512),
    ),
    Case(
        sentence="a batch norm of a vector that learns and keeps nothing",
        kind="batch_norm",
        fields={"affine": False, "track_running_stats": False, "num_features": 10},
        inputs=((10,),),
        output=(10,),
        value=batch_normalized(1e-5),
        ops=Operations(multiplications=10, additions=10),
    ),
    Case(
        sentence="ConvNeXt's layer norm takes the 96 channels of each of 3,136 positions",
        kind="layer_norm",
        inputs=((96, 56, 56),),
        output=(96, 56, 56),
        value=standardized(lambda at: [(c, *at[1:]) for c in range(96)]),
        weights={"weight": (96,), "bias": (96,)},
        # 301,056 elements: a square and a scale each, and 1/n twice per position;
        # 95 + 96 + 95 + 1 sums per position, and a shift per element
        ops=Operations(
            multiplications=608_384,
            additions=1_201_088,
            divisions=301_056,
            exponentials=3_136,
        ),
    ),
    Case(
        sentence="a layer norm over length learns a number per position",
        kind="layer_norm",
        fields={"axis": 1},
        inputs=((4, 3),),
        output=(4, 3),
        value=standardized(lambda at: [(at[0], i) for i in range(3)], lambda at: at[1:]),
        torch=lambda x, weight, bias: F.layer_norm(x, [3], weight, bias),
        weights={"weight": (3,), "bias": (3,)},
        ops=Operations(multiplications=32, additions=44, divisions=12, exponentials=4),
    ),
    Case(
        sentence="a layer norm over everything takes one mean, and without a bias shifts nothing",
        kind="layer_norm",
        fields={"axis": "all", "bias": False},
        inputs=((2, 3),),
        output=(2, 3),
        value=standardized(lambda _: boxes((2, 3)), lambda at: at),
        weights={"weight": (2, 3)},
        ops=Operations(multiplications=14, additions=17, divisions=6, exponentials=1),
    ),
    Case(
        sentence="a layer norm of a vector that learns nothing",
        kind="layer_norm",
        fields={"affine": False},
        inputs=((4,),),
        output=(4,),
        value=standardized(lambda _: boxes([4])),
        ops=Operations(multiplications=6, additions=11, divisions=4, exponentials=1),
    ),
    Case(
        sentence="Llama's RMS norm of 64 channels at each of 10 tokens",
        kind="rms_norm",
        inputs=((64, 10),),
        output=(64, 10),
        value=shortened(lambda at: [(c, at[1]) for c in range(64)], root_mean_square(1e-6)),
        torch=lambda x, weight: F.rms_norm(x.mT, [64], weight, 1e-6).mT,
        weights={"weight": (64,)},
        # 640 elements: a square and a scale each, and 1/n per token; 63 sums and one of eps per token
        ops=Operations(multiplications=1_290, additions=640, divisions=640, exponentials=10),
    ),
    Case(
        sentence="an RMS norm over height and width learns a number per position",
        kind="rms_norm",
        fields={"axis": (1, 2), "eps": Fraction(1, 100)},
        inputs=((3, 2, 4),),
        output=(3, 2, 4),
        value=shortened(
            lambda at: [(at[0], *place) for place in boxes((2, 4))],
            root_mean_square(1e-2),
            lambda at: at[1:],
        ),
        torch=lambda x, weight: F.rms_norm(x, [2, 4], weight, 0.01),
        weights={"weight": (2, 4)},
        ops=Operations(multiplications=51, additions=24, divisions=24, exponentials=3),
    ),
    Case(
        sentence="an RMS norm of everything that learns nothing",
        kind="rms_norm",
        fields={"axis": "all", "affine": False},
        inputs=((2, 3),),
        output=(2, 3),
        value=shortened(lambda _: boxes((2, 3)), root_mean_square(1e-6)),
        torch=lambda x: F.rms_norm(x, [2, 3], eps=1e-6),
        ops=Operations(multiplications=7, additions=6, divisions=6, exponentials=1),
    ),
    Case(
        sentence="group norm takes two channels of nine positions together, twice",
        kind="group_norm",
        fields={"num_groups": 2},
        inputs=((4, 3, 3),),
        output=(4, 3, 3),
        value=standardized(lambda at: [(at[0] // 2 * 2 + c, *place) for c, *place in boxes((2, 3, 3))]),
        torch=lambda x, weight, bias: F.group_norm(x, 2, weight, bias),
        weights={"weight": (4,), "bias": (4,)},
        ops=Operations(multiplications=76, additions=142, divisions=36, exponentials=2),
    ),
    Case(
        sentence="a group norm that only scales",
        kind="group_norm",
        fields={"num_groups": 1, "bias": False},
        inputs=((2, 3),),
        output=(2, 3),
        value=standardized(lambda _: boxes((2, 3))),
        torch=lambda x, weight: F.group_norm(x, 1, weight),
        weights={"weight": (2,)},
        ops=Operations(multiplications=14, additions=17, divisions=6, exponentials=1),
    ),
    Case(
        sentence="instance norm takes the four positions of each of three channels, and learns nothing",
        kind="instance_norm",
        inputs=((3, 2, 2),),
        output=(3, 2, 2),
        value=standardized(lambda at: [(at[0], *place) for place in boxes((2, 2))]),
        torch=F.instance_norm,
        ops=Operations(multiplications=18, additions=33, divisions=12, exponentials=3),
    ),
    Case(
        sentence="instance norm that keeps statistics uses them, as batch norm does",
        kind="instance_norm",
        fields={"affine": True, "track_running_stats": True},
        inputs=((3, 2, 2),),
        output=(3, 2, 2),
        value=batch_normalized(1e-5),
        weights={"weight": (3,), "bias": (3,)},
        buffers={"running_mean": (3,), "running_var": (3,)},
        ops=Operations(multiplications=12, additions=12),
    ),
    Case(
        sentence="AlexNet's local response norm sums five squares and adds k",
        kind="local_response_norm",
        fields={"size": 5, "alpha": Fraction(1, 2000), "beta": Fraction(3, 4), "k": 2},
        inputs=((96, 55, 55),),
        output=(96, 55, 55),
        value=local_response(size=5, alpha=1 / 2000, beta=3 / 4, k=2),
        torch=lambda x: F.local_response_norm(x, 5, 0.0005, 0.75, 2),
        ops=Operations(
            multiplications=580_800,
            additions=1_452_000,
            divisions=290_400,
            exponentials=290_400,
        ),
    ),
    Case(
        sentence="ConvNeXt V2's global response norm of 8 channels at 12 positions",
        kind="global_response_norm",
        inputs=((8, 3, 4),),
        output=(8, 3, 4),
        value=globally_answered,
        torch=lambda x, weight, bias: (
            x
            + (
                weight[:, None, None]
                * (
                    x
                    * (
                        x.norm(dim=(2, 3), keepdim=True)
                        / (x.norm(dim=(2, 3), keepdim=True).mean(1, keepdim=True) + 1e-6)
                    )
                )
                + bias[:, None, None]
            )
        ),
        weights={"weight": (8,), "bias": (8,)},
        # 96 elements: a square, two products and two sums each; 11 sums and a root per channel; their mean
        # is 7 sums and a product, and eps one sum more
        ops=Operations(multiplications=289, additions=288, divisions=8, exponentials=8),
    ),
    Case(
        sentence="the channels at every position get length 1",
        kind="normalize",
        inputs=((16, 4, 5),),
        output=(16, 4, 5),
        value=shortened(lambda at: [(c, *at[1:]) for c in range(16)], lambda xs: max(hypot(*xs), 1e-12)),
        torch=F.normalize,
        # 320 squares; 15 sums, a root and a comparison at each of 20 positions
        ops=Operations(multiplications=320, additions=300, comparisons=20, divisions=320, exponentials=20),
    ),
    Case(
        sentence="the elements of every channel become shares of the sum of their absolute values",
        kind="normalize",
        fields={"axis": 1, "p": 1},
        inputs=((3, 5),),
        output=(3, 5),
        value=shortened(lambda at: [(at[0], i) for i in range(5)], lambda xs: fsum(map(abs, xs))),
        torch=lambda x: F.normalize(x, p=1, dim=2),
        ops=Operations(additions=12, comparisons=3, divisions=15),
    ),
    Case(
        sentence="a vector shorter than eps is divided by eps",
        kind="normalize",
        fields={"axis": "all", "eps": 1000},
        inputs=((3, 2),),
        output=(3, 2),
        value=shortened(lambda _: [], lambda _: 1000),
        torch=lambda x: x / 1000,
        ops=Operations(multiplications=6, additions=5, comparisons=1, divisions=6, exponentials=1),
    ),
]
