"""Sampling at places that are computed: by `grid_sample`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import MOST_AXES, NoCounterpartError, sampled

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.sampling import AffineGrid, GridSample, RoiAlign


def _grid_sample(torch: Torch, layer: GridSample, x: Tensor, grid: Tensor) -> Tensor:
    """Groups as samples of a batch."""
    x, grid = (one.unflatten(1, (layer.groups, -1))[0] for one in (x, grid))
    return sampled(torch, x, grid, layer.mode, layer.padding_mode, layer.align_corners).flatten(0, 1)[None]


def _affine_grid(torch: Torch, layer: AffineGrid, x: Tensor) -> Tensor:
    axes = len(layer.size)
    if axes > MOST_AXES:
        raise NoCounterpartError(f"affine_grid of PyTorch has {MOST_AXES} axes at most")
    theta, size = x.reshape(1, axes, axes + 1), layer.size
    if axes == 1:  # a row of a map
        theta, size = x.new_tensor([[[0, 0, 0], [0, 1, 0]]]), (2, *size)
        theta[0, 0, ::2] = x
    grid = torch.nn.functional.affine_grid(theta, (1, 1, *size), align_corners=layer.align_corners)
    return grid.movedim(-1, 1) if axes > 1 else grid[:, 0, :, 0][:, None]


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
