"""Normalization over named axes, which PyTorch wants last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import (
    NoCounterpartError,
    along_channels,
    check_several,
    dims,
    functional,
    with_an_axis,
)

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.normalization import (
        BatchNorm,
        GlobalResponseNorm,
        GroupNorm,
        InstanceNorm,
        LayerNorm,
        Normalize,
        RmsNorm,
    )


def _batch_norm(torch: Torch, layer: BatchNorm, x: Tensor, **tensors: Tensor) -> Tensor:
    if not layer.track_running_stats:
        raise NoCounterpartError("without running statistics PyTorch takes those of the batch")
    return torch.nn.functional.batch_norm(x, **tensors, eps=layer.eps)


def _over_axes(name: str) -> Counterpart:
    """PyTorch normalises over the last axes: the named ones are moved there, and back."""

    def call(torch: Torch, layer: LayerNorm | RmsNorm, x: Tensor, **learned: Tensor) -> Tensor:
        axes = dims(layer, x)
        behind = tuple(range(-len(axes), 0))
        x = x.movedim(axes, behind)
        y = getattr(torch.nn.functional, name)(x, x.shape[-len(axes) :], **learned, eps=layer.eps)
        return y.movedim(behind, axes)

    return call


def _normalize(torch: Torch, layer: Normalize, x: Tensor) -> Tensor:
    """PyTorch's takes one axis, or by luck two, for which `vector_norm` takes as many as there are."""
    norm = torch.linalg.vector_norm(x, layer.p, dims(layer, x), keepdim=True)
    return x / norm.clamp(min=layer.eps)


def _global_response_norm(
    torch: Torch, layer: GlobalResponseNorm, x: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    norms = torch.linalg.vector_norm(x, 2, tuple(range(2, x.dim())), keepdim=True)
    shares = norms / (norms.mean(1, keepdim=True) + layer.eps)
    return x + torch.addcmul(along_channels(x, bias), along_channels(x, weight), x * shares)


def _group_norm(torch: Torch, layer: GroupNorm, x: Tensor, **learned: Tensor) -> Tensor:
    check_several(x[0].numel() // layer.num_groups)
    return torch.nn.functional.group_norm(x, layer.num_groups, **learned, eps=layer.eps)


def _instance_norm(torch: Torch, layer: InstanceNorm, x: Tensor, **tensors: Tensor) -> Tensor:
    own = not layer.track_running_stats
    if own:
        check_several(x[0, 0].numel())
    return torch.nn.functional.instance_norm(x, **tensors, use_input_stats=own, eps=layer.eps)


COUNTERPARTS: dict[str, Counterpart] = {
    "batch_norm": _batch_norm,
    "layer_norm": _over_axes("layer_norm"),
    "rms_norm": _over_axes("rms_norm"),
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "local_response_norm": with_an_axis(functional("local_response_norm", "size", "alpha", "beta", "k")),
    "global_response_norm": _global_response_norm,
    "normalize": _normalize,
}
