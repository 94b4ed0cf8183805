"""Reductions over named axes."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import dims

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.reduction import Reduce


def _reduce(torch: Torch, layer: Reduce, x: Tensor) -> Tensor:
    dim, keepdim = dims(layer, x), layer.keepdim
    if layer.function in {"l1", "l2"}:
        return torch.linalg.vector_norm(x, int(layer.function[1]), dim, keepdim)
    if layer.function == "prod":  # PyTorch multiplies along one axis at a time
        return reduce(lambda y, axis: torch.prod(y, axis, keepdim), reversed(dim), x)
    if layer.function in {"argmax", "argmin"}:  # over one axis: the others are joined to it
        behind = tuple(range(-len(dim), 0))
        numbers = getattr(torch, layer.function)(x.movedim(dim, behind).flatten(-len(dim)), -1)
        return numbers.reshape(torch.amax(x, dim, keepdim=keepdim).shape).to(x.dtype)
    correction = {"correction": 1 if layer.correction is None else layer.correction}
    rest = correction if layer.function in {"var", "std"} else {}
    name = {"max": "amax", "min": "amin"}.get(layer.function, layer.function)
    return getattr(torch, name)(x, dim, keepdim=keepdim, **rest)


COUNTERPARTS: dict[str, Counterpart] = {
    "reduce": _reduce,
}
