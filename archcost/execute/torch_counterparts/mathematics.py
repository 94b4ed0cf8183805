"""Functions of each element: `torch` has them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import torch_function

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart

COUNTERPARTS: dict[str, Counterpart] = {
    "offset": torch_function("add", "value"),
    "negate": torch_function("neg"),
    "abs": torch_function("abs"),
    "reciprocal": torch_function("reciprocal"),
    "square": torch_function("square"),
    "power": torch_function("pow", "exponent"),
    "sqrt": torch_function("sqrt"),
    "rsqrt": torch_function("rsqrt"),
    "exp": torch_function("exp"),
    "log": torch_function("log"),
    "sin": torch_function("sin"),
    "cos": torch_function("cos"),
    "clamp": torch_function("clamp", "min", "max"),
}
