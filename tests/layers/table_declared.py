"""The kinds of `archcost/layers/declared.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from archcost.layers.base import Operations
from tests.layers.case import Case

CASES = [
    Case(
        sentence="a position embedding comes from nowhere and is learned",
        kind="parameter",
        fields={"shape": (768, 197)},
        inputs=(),
        output=(768, 197),
        value=lambda at, weight: weight[at],
        torch=lambda weight: weight[None],
        weights={"weight": (768, 197)},
    ),
    Case(
        sentence="a custom layer costs what is declared",
        kind="custom",
        fields={
            "shape": (64, 7, 7),
            "params": 1_000,
            "macs": 50_000,
            "receptive_field": {"kernel_size": 3, "stride": 2, "padding": 1},
            "reason": "a kernel of our own",
        },
        inputs=((64, 14, 14), (3, 13, 13)),
        output=(64, 7, 7),
        value=None,
        torch="what it computes is not known",
        weights={"weight": (1_000,)},
        ops=Operations(macs=50_000, multiplications=50_000, additions=50_000),
    ),
    Case(
        sentence="a custom layer without inputs declares what it computes beside MACs",
        kind="custom",
        fields={
            "shape": (4, 8),
            "macs": 100,
            "multiplications": 7,
            "comparisons": 32,
            "exponentials": 3,
            "reason": "routing by a table of our own",
        },
        inputs=(),
        output=(4, 8),
        value=None,
        ops=Operations(
            macs=100, multiplications=107, additions=100, comparisons=32, divisions=0, exponentials=3
        ),
    ),
    Case(
        sentence="a declared window may be dilated: 2 of 5 positions make 3 outputs of 7",
        kind="custom",
        fields={
            "shape": (2, 3),
            "receptive_field": {"kernel_size": 2, "dilation": 4},
            "reason": "a gap of our own",
        },
        inputs=((3, 7),),
        output=(2, 3),
        value=None,
    ),
    Case(
        sentence="a custom layer that declares no parameters holds no tensor",
        kind="custom",
        fields={"shape": (2, 3), "params": 0, "macs": 5, "reason": "a product of our own"},
        inputs=((2, 3),),
        output=(2, 3),
        value=None,
        ops=Operations(macs=5, multiplications=5, additions=5),
    ),
]
