"""The kinds of `archcost/layers/gating.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import MEANING
from tests.layers.late import F

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.execute.arrays import Array
    from tests.layers.definitions import Index


def gated(
    function: Callable[[float], float], axis: int = 0, *, first: bool = False
) -> Callable[[Index, Array], float]:
    """The gate is the second half along an axis, or the first."""

    def value(at: Index, x: Array) -> float:
        half = x.shape[axis] // 2
        other = (*at[:axis], at[axis] + half, *at[axis + 1 :])
        gate, number = (at, other) if first else (other, at)
        return float(x[number]) * function(float(x[gate]))

    return value


CASES = [
    Case(
        sentence="a gated convolution's 128 channels become 64: a sigmoid and a product for each number",
        kind="glu",
        inputs=((128, 100),),
        output=(64, 100),
        value=gated(MEANING["sigmoid"]),
        torch=lambda x: F.glu(x, 1),
        ops=Operations(multiplications=6_400, additions=6_400, divisions=6_400, exponentials=6_400),
    ),
    Case(
        sentence="positions are halved along another axis",
        kind="glu",
        fields={"axis": 1},
        inputs=((3, 8, 2),),
        output=(3, 4, 2),
        value=gated(MEANING["sigmoid"], 1),
        torch=lambda x: F.glu(x, 2),
        ops=Operations(multiplications=24, additions=24, divisions=24, exponentials=24),
    ),
    Case(
        sentence="geglu is a gelu and a product for each number that leaves",
        kind="geglu",
        inputs=((8, 3),),
        output=(4, 3),
        value=gated(MEANING["gelu"]),
        torch=lambda x: x[:, :4] * F.gelu(x[:, 4:]),
        ops=Operations(multiplications=48, additions=12, exponentials=12),
    ),
    Case(
        sentence="geglu with the tanh formula, its gate in front",
        kind="geglu",
        fields={"approximate": "tanh", "gate": "first"},
        inputs=((8, 3),),
        output=(4, 3),
        value=gated(lambda g: g * MEANING["sigmoid"](sqrt(8 / pi) * (g + 0.044715 * g**3)), first=True),
        torch=lambda x: x[:, 4:] * F.gelu(x[:, :4], approximate="tanh"),
        ops=Operations(multiplications=84, additions=24, exponentials=12),
    ),
    Case(
        sentence="swiglu is a silu and a product for each number that leaves, the gate in front",
        kind="swiglu",
        inputs=((8, 3),),
        output=(4, 3),
        value=gated(MEANING["silu"], first=True),
        torch=lambda x: F.silu(x[:, :4]) * x[:, 4:],
        ops=Operations(multiplications=12, additions=12, divisions=12, exponentials=12),
    ),
]
