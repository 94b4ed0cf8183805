"""The kinds of `archcost/layers/shape.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from tests.layers.case import Case
from tests.layers.definitions import (
    renumbered,
    same,
    shifted,
)
from tests.layers.late import F

CASES = [
    Case(
        sentence="AlexNet's last map becomes a vector of 9,216",
        kind="flatten",
        inputs=((256, 6, 6),),
        output=(9216,),
        value=renumbered(9216),
        torch=lambda x: x.flatten(1),
    ),
    Case(
        sentence="a vector becomes a map of one position",
        kind="reshape",
        fields={"shape": (-1, 1, 1)},
        inputs=((256,),),
        output=(256, 1, 1),
        value=renumbered(256, 1, 1),
    ),
    Case(
        sentence="a map becomes tokens",
        kind="reshape",
        fields={"shape": (768, 196)},
        inputs=((768, 14, 14),),
        output=(768, 196),
        value=renumbered(768, 196),
        torch=lambda x: x.reshape(1, 768, 196),
    ),
    Case(
        sentence="AlexNet's 224 becomes 227, one before and two after",
        kind="pad",
        fields={"padding": ((1, 2), (1, 2))},
        inputs=((3, 224, 224),),
        output=(3, 227, 227),
        value=shifted(0, -1, -1),
        torch=lambda x: F.pad(x, (1, 2, 1, 2)),
    ),
    Case(
        sentence="an axis of four can be mirrored by three at both ends",
        kind="pad",
        fields={"padding": 3, "mode": "reflect"},
        inputs=((1, 4),),
        output=(1, 10),
        value=lambda at, x: x[at[0], (3, 2, 1, 0, 1, 2, 3, 2, 1, 0)[at[1]]],
    ),
    Case(
        sentence="an edge can be repeated more often than its axis is long",
        kind="pad",
        fields={"padding": (3, 0), "mode": "replicate"},
        inputs=((1, 2, 2),),
        output=(1, 8, 2),
        value=lambda at, x: x[at[0], (0, 0, 0, 0, 1, 1, 1, 1)[at[1]], at[2]],
    ),
    Case(
        sentence="U-Net crops 64 to the 56 it meets on the way up",
        kind="crop",
        fields={"size": 56},
        inputs=((512, 64, 64),),
        output=(512, 56, 56),
        value=shifted(0, 4, 4),
    ),
    Case(
        sentence="one position before and two after are cut off",
        kind="crop",
        fields={"cropping": ((1, 2),)},
        inputs=((2, 7),),
        output=(2, 4),
        value=shifted(0, 1),
        torch=lambda x: F.pad(x, (-1, -2)),
    ),
    Case(
        sentence="the first half of the channels",
        kind="slice",
        fields={"end": 32},
        inputs=((64, 28, 28),),
        output=(32, 28, 28),
        value=same,
    ),
    Case(
        sentence="the last sixteen channels but one",
        kind="slice",
        fields={"start": -16, "end": -1},
        inputs=((64, 28, 28),),
        output=(15, 28, 28),
        value=shifted(48, 0, 0),
        torch=lambda x: x[:, -16:-1],
    ),
    Case(
        sentence="the tokens without the first",
        kind="slice",
        fields={"start": 1, "axis": 1},
        inputs=((768, 197),),
        output=(768, 196),
        value=shifted(0, 1),
    ),
    Case(
        sentence="height and width change places",
        kind="transpose",
        fields={"axes": (0, 2, 1)},
        inputs=((3, 224, 200),),
        output=(3, 200, 224),
        value=lambda at, x: x[at[0], at[2], at[1]],
        torch=lambda x: x.mT,
    ),
    Case(
        sentence="ShuffleNet shuffles 240 channels of three groups",
        kind="channel_shuffle",
        fields={"groups": 3},
        inputs=((240, 28, 28),),
        output=(240, 28, 28),
        value=lambda at, x: x[at[0] % 3 * 80 + at[0] // 3, *at[1:]],
        torch=lambda x: F.channel_shuffle(x, 3),
    ),
]
