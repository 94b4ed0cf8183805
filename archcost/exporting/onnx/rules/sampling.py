"""Sampling at places that are computed."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from archcost.exporting.onnx.rules.common import NotExportableError
from archcost.windows.window import per_axis

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.sampling import AffineGrid, GridSample, RoiAlign

_MOST_AXES = 3
"""Along no more axes runtimes sample."""


def _grid_sample(site: Site, layer: GridSample, x: Value, grid: Value) -> Value:
    """Groups as samples of a batch, all places in a row; a sequence as a map of one row."""
    groups, axes, positions = layer.groups, x.shape[2:], grid.shape[2:]
    if len(axes) > _MOST_AXES:
        raise NotExportableError(f"runtimes sample along {_MOST_AXES} axes at most")
    places = site.reshape(grid, (groups, len(axes), prod(positions)))
    if len(axes) == 1:
        places = site.joined([places, site.filled(0, places.shape)], 1)
        axes = (1, *axes)
    places = site.transpose(places, (0, 2, 1))
    places = site.reshape(places, (groups, prod(positions), *(1 for _ in axes[1:]), len(axes)))
    x = site.reshape(x, (groups, x.shape[1] // groups, *axes))
    y = site.op(
        "GridSample",
        x,
        places,
        shape=(*x.shape[:2], *places.shape[1:-1]),
        mode="nearest" if layer.mode == "nearest" else "linear",
        padding_mode=layer.padding_mode,
        align_corners=int(layer.align_corners),
    )
    return site.reshape(y, site.shape)


def _affine_grid(site: Site, layer: AffineGrid, x: Value) -> Value:
    """The map's numbers, as a matrix, times the coordinates of all places."""
    lines = [_coordinates(n, align_corners=layer.align_corners) for n in layer.size]
    places = [*reversed(np.meshgrid(*lines, indexing="ij")), np.ones(layer.size)]
    theta = site.reshape(x, (1, len(lines), len(places)))
    base = site.constant(np.stack(places).ravel(), (len(places), prod(layer.size)))
    return site.reshape(site.matmul(theta, base), site.shape)


def _coordinates(count: int, *, align_corners: bool) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """From -1 to 1; of a single position with its corners aligned, 0."""
    if align_corners:
        return np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    return (2 * np.arange(count) + 1) / count - 1


def _roi_align(site: Site, layer: RoiAlign, x: Value, boxes: Value) -> Value:
    """All boxes are of the only sample."""
    regions = boxes.shape[2]
    bins = per_axis(layer.output_size, 2, "output_size")
    rows = site.reshape(site.transpose(boxes, (0, 2, 1)), (regions, 4))
    y = site.op(
        "RoiAlign",
        x,
        rows,
        site.graph.numbers([0] * regions),
        shape=(regions, x.shape[1], *bins),
        coordinate_transformation_mode="half_pixel" if layer.aligned else "output_half_pixel",
        mode="avg",
        output_height=bins[0],
        output_width=bins[1],
        sampling_ratio=layer.sampling_ratio,
        spatial_scale=float(layer.spatial_scale),
    )
    return site.reshape(site.transpose(y, (1, 0, 2, 3)), site.shape)


RULES: dict[str, Rule] = {
    "grid_sample": _grid_sample,
    "affine_grid": _affine_grid,
    "roi_align": _roi_align,
}
