"""The kinds of `archcost/layers/elementwise.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from fractions import Fraction

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import (
    elementwise,
    same,
)
from tests.layers.late import F

CASES = [
    Case(
        sentence="identity does nothing",
        kind="identity",
        inputs=((2, 3),),
        output=(2, 3),
        value=same,
        torch=lambda x: x,
    ),
    Case(
        sentence="dropout does nothing at inference",
        kind="dropout",
        fields={"p": Fraction(1, 5)},
        inputs=((1280,),),
        output=(1280,),
        value=same,
        torch=lambda x: F.dropout(x, 0.2, training=False),
    ),
    Case(
        sentence="drop path does nothing at inference",
        kind="drop_path",
        fields={"p": Fraction(1, 10)},
        inputs=((96, 56, 56),),
        output=(96, 56, 56),
        value=same,
        torch=lambda x: x,
    ),
    Case(
        sentence="a constant factor is a product per element",
        kind="scale",
        fields={"factor": Fraction(17, 100)},
        inputs=((2, 3),),
        output=(2, 3),
        value=elementwise(lambda x: 0.17 * x),
        torch=lambda x: 0.17 * x,
        ops=Operations(multiplications=6),
    ),
    Case(
        sentence="ConvNeXt's layer scale learns a factor per channel",
        kind="layer_scale",
        inputs=((96, 56, 56),),
        output=(96, 56, 56),
        value=lambda at, x, weight: weight[at[0]] * x[at],
        weights={"weight": (96,)},
        ops=Operations(multiplications=301_056),
    ),
    Case(
        sentence="LeNet-5's S2 learns two numbers per map",
        kind="layer_scale",
        fields={"bias": True},
        inputs=((6, 14, 14),),
        output=(6, 14, 14),
        value=lambda at, x, weight, bias: weight[at[0]] * x[at] + bias[at[0]],
        torch=lambda x, weight, bias: x * weight[:, None, None] + bias[:, None, None],
        weights={"weight": (6,), "bias": (6,)},
        ops=Operations(multiplications=1_176, additions=1_176),
    ),
]
