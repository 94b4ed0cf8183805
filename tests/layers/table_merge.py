"""The kinds of `archcost/layers/merge.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from math import prod

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import (
    average,
    joined,
    merged,
)
from tests.layers.late import torch

CASES = [
    Case(
        sentence="a residual addition is one sum per element",
        kind="add",
        inputs=((64, 56, 56), (64, 56, 56)),
        output=(64, 56, 56),
        value=merged(sum),
        torch=lambda x, y: x + y,
        ops=Operations(additions=200_704),
    ),
    Case(
        sentence="three inputs are two sums per element, whichever of them are repeated",
        kind="add",
        inputs=((1, 3), (2, 1), (2, 1)),
        output=(2, 3),
        value=merged(sum),
        ops=Operations(additions=12),
    ),
    Case(
        sentence="squeeze-and-excitation multiplies every position by its channel's gate",
        kind="multiply",
        inputs=((256, 56, 56), (256, 1, 1)),
        output=(256, 56, 56),
        value=merged(prod),
        torch=lambda x, gate: x * gate,
        ops=Operations(multiplications=802_816),
    ),
    Case(
        sentence="spatial attention multiplies every channel by its position's gate",
        kind="multiply",
        inputs=((64, 7, 7), (1, 7, 7)),
        output=(64, 7, 7),
        value=merged(prod),
        ops=Operations(multiplications=3_136),
    ),
    Case(
        sentence="the larger of two is one comparison",
        kind="max",
        inputs=((2, 3), (2, 3)),
        output=(2, 3),
        value=merged(max),
        torch=lambda x, y: x.maximum(y),
        ops=Operations(comparisons=6),
    ),
    Case(
        sentence="the mean of three is two sums and a product with a third",
        kind="average",
        inputs=((2, 3), (2, 3), (2, 3)),
        output=(2, 3),
        value=merged(average),
        torch=lambda x, y, z: (x + y + z) / 3,
        ops=Operations(additions=12, multiplications=6),
    ),
    Case(
        sentence="Inception 3a joins 64, 128, 32 and 32 channels",
        kind="concat",
        inputs=((64, 28, 28), (128, 28, 28), (32, 28, 28), (32, 28, 28)),
        output=(256, 28, 28),
        value=joined(),
    ),
    Case(
        sentence="a class token goes before the others",
        kind="concat",
        fields={"axis": 1},
        inputs=((768, 1), (768, 196)),
        output=(768, 197),
        value=joined(1),
        torch=lambda x, y: torch.cat((x, y), 2),
    ),
]
