"""The weight that PyTorch and timm make of what is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import check_several
from archcost.layers.parametrization import EPS

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.base import Kind


def parametrized(call: Counterpart, *, rows: int = 0) -> Counterpart:
    """The layer with the weight that PyTorch and timm make of what is learned."""

    def made(torch: Torch, layer: Kind, *xs: Tensor, weight: Tensor, **tensors: Tensor) -> Tensor:
        parts = {name: tensors.pop(name) for name in ("gain", "left", "right") if name in tensors}
        return call(torch, layer, *xs, weight=_weight(torch, layer, weight, rows, **parts), **tensors)

    return made


def _weight(torch: Torch, layer: Kind, weight: Tensor, rows: int, **parts: Tensor) -> Tensor:
    how = getattr(layer, "parametrization", None)
    if how == "weight_norm":
        gain = parts["gain"].reshape(-1, *(1 for _ in weight.shape[1:]))
        return torch._weight_norm(weight, gain, 0)  # noqa: SLF001 - what its parametrization calls
    if how == "spectral_norm":
        matrix = weight.movedim(rows, 0).flatten(1)
        return weight / torch.dot(parts["left"], torch.mv(matrix, parts["right"]))
    if how:
        check_several(weight[0].numel())
        gain = parts["gain"] * weight[0].numel() ** -0.5 if "gain" in parts else None
        flat = weight.reshape(1, len(weight), -1)
        eps = getattr(layer, "parametrization_eps", EPS)
        standard = torch.nn.functional.batch_norm(flat, None, None, gain, training=True, eps=eps)
        return standard.reshape(weight.shape)
    return weight
