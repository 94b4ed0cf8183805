"""Elements picked along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.gather import Gather
    from archcost.windows.window import Axes


def _gather(torch: Torch, layer: Gather, x: Tensor, index: Tensor = None) -> Tensor:
    if layer.window_size:
        index = _relative_positions(torch, layer.window_size)
    numbers = torch.as_tensor(layer.index if index is None else index).long()
    y = x.index_select(1 + layer.axis, numbers.flatten() % x.shape[1 + layer.axis])
    return y.unflatten(1 + layer.axis, numbers.shape)


def _relative_positions(torch: Torch, window: Axes) -> Tensor:
    """As in the code of Swin."""
    coords = torch.stack(torch.meshgrid(*map(torch.arange, window), indexing="ij")).flatten(1)
    relative = coords[:, :, None] - coords[:, None, :]
    index = torch.zeros_like(relative[0])
    for apart, size in zip(relative, window, strict=True):
        index = index * (2 * size - 1) + apart + size - 1
    return index


COUNTERPARTS: dict[str, Counterpart] = {
    "gather": _gather,
}
