"""Sampling at places that are computed: by `grid_sample`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import NoCounterpartError

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.sampling import AffineGrid, GridSample, RoiAlign


def _grid_sample(torch: Torch, layer: GridSample, x: Tensor, grid: Tensor) -> Tensor:
    """Groups as samples of a batch; along an axis more where PyTorch wants a map."""
    positions, channels = grid.shape[2:], x.shape[1]
    x, grid = (one.unflatten(1, (layer.groups, -1))[0] for one in (x, grid))
    if x.dim() == 3:
        x, grid = x[:, :, None], torch.cat([grid, torch.zeros_like(grid)], dim=1)
    grid = grid.flatten(2).movedim(1, -1).reshape(layer.groups, *(1 for _ in x.shape[3:]), -1, x.dim() - 2)
    modes = layer.mode, layer.padding_mode
    y = torch.nn.functional.grid_sample(x, grid, *modes, align_corners=layer.align_corners)
    return y.reshape(1, channels, *positions)


def _affine_grid(torch: Torch, layer: AffineGrid, x: Tensor) -> Tensor:
    axes = len(layer.size)
    if axes == 1:
        raise NoCounterpartError("affine_grid of PyTorch is for 2-D and 3-D")
    theta = x.reshape(1, axes, axes + 1)
    grid = torch.nn.functional.affine_grid(theta, (1, 1, *layer.size), align_corners=layer.align_corners)
    return grid.movedim(-1, 1)


def _roi_align(torch: Torch, layer: RoiAlign, x: Tensor, boxes: Tensor) -> Tensor:
    """Samples at places that are put on the border, those too far away replaced by zeros."""
    bins = (layer.output_size * 2)[:2]
    ends = boxes[0] * layer.spatial_scale - layer.aligned / 2
    lines: list[Tensor] = []
    far: list[Tensor] = []
    for axis, n in enumerate(x.shape[2:]):
        first, last = ends[1 - axis], ends[3 - axis]
        span = last - first if layer.aligned else (last - first).clamp(min=1)
        count = bins[axis] * layer.sampling_ratio
        at = first[:, None] + span[:, None] * ((torch.arange(count, dtype=x.dtype) + 0.5) / count)
        far.append((at < -1) | (at > n))
        lines.append((2 * at.clamp(0, n - 1) + 1) / n - 1)
    rows, columns = torch.broadcast_tensors(lines[0][:, :, None], lines[1][:, None, :])
    grid = torch.stack([columns, rows], dim=-1).flatten(1, 2)[None]
    y = torch.nn.functional.grid_sample(x, grid, align_corners=False).reshape(1, x.shape[1], *rows.shape)
    y = y.masked_fill(far[0][:, :, None] | far[1][:, None, :], 0)
    return y.unflatten(4, (bins[1], -1)).unflatten(3, (bins[0], -1)).mean((4, 6))


COUNTERPARTS: dict[str, Counterpart] = {
    "grid_sample": _grid_sample,
    "affine_grid": _affine_grid,
    "roi_align": _roi_align,
}
