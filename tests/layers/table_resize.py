"""The kinds of `archcost/layers/resize.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import (
    keys,
    resized,
)
from tests.layers.late import F

CASES = [
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
    Case(
        sentence="channels become positions of a sequence, two each",
        kind="pixel_shuffle",
        fields={"upscale_factor": 2},
        inputs=((6, 9),),
        output=(3, 18),
        value=lambda at, x: x[2 * at[0] + at[1] % 2, at[1] // 2],
        torch=lambda x: x.unflatten(1, (3, 2)).transpose(2, 3).flatten(2),
    ),
    Case(
        sentence="a clip's frames are twice as large, and no more of them",
        kind="pixel_shuffle",
        fields={"upscale_factor": (1, 2, 2)},
        inputs=((8, 3, 4, 5),),
        output=(2, 3, 8, 10),
        value=lambda at, x: x[4 * at[0] + 2 * (at[2] % 2) + at[3] % 2, at[1], at[2] // 2, at[3] // 2],
    ),
    Case(
        sentence="cubes of a volume become eight channels each",
        kind="pixel_unshuffle",
        fields={"downscale_factor": 2},
        inputs=((2, 4, 6, 8),),
        output=(16, 2, 3, 4),
        value=lambda at, x: x[
            at[0] // 8, 2 * at[1] + at[0] % 8 // 4, 2 * at[2] + at[0] % 4 // 2, 2 * at[3] + at[0] % 2
        ],
    ),
]
