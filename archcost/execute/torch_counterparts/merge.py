"""Several tensors become one; `torch` repeats sizes of 1 by itself."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import torch_function

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.base import Kind
    from archcost.layers.merge import Concat, Stack


def _joined(name: str) -> Counterpart:
    def call(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
        return reduce(getattr(torch, name), xs)

    return call


def _compared(name: str) -> Counterpart:
    """`torch.name` of two inputs, or of one and a number; 1 and 0 instead of truth values."""

    def call(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
        others = xs[1:] or (getattr(layer, "value", None),)
        return getattr(torch, name)(xs[0], *others).to(xs[0].dtype)

    return call


def _where(torch: Torch, layer: Kind, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.where(condition != 0, a, b)


def _average(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
    return torch.stack(torch.broadcast_tensors(*xs)).mean(0)


def _stack(torch: Torch, layer: Stack, *xs: Tensor) -> Tensor:
    return torch.stack(xs, dim=1 + layer.axis)


def _concat(torch: Torch, layer: Concat, *xs: Tensor) -> Tensor:
    return torch.cat(xs, dim=1 + layer.axis)


COUNTERPARTS: dict[str, Counterpart] = {
    "add": _joined("add"),
    "concat": _concat,
    "stack": _stack,
    "subtract": torch_function("subtract"),
    "multiply": _joined("mul"),
    "divide": torch_function("divide"),
    "max": _joined("maximum"),
    "min": _joined("minimum"),
    "average": _average,
    "greater": _compared("greater"),
    "greater_equal": _compared("greater_equal"),
    "less": _compared("less"),
    "less_equal": _compared("less_equal"),
    "equal": _compared("eq"),
    "not_equal": _compared("not_equal"),
    "where": _where,
}
