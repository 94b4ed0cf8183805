"""Resizing: interpolation, and positions that become channels or were such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archcost.exporting.onnx.rules.common import NotExportableError
from archcost.windows.window import per_axis

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.exporting.onnx.wire import Attribute
    from archcost.layers.resize import PixelShuffle, PixelUnshuffle, Upsample

_MODES = {"nearest": "nearest", "bicubic": "cubic"}
"""The others are linear along each axis."""


def _upsample(site: Site, layer: Upsample, x: Value) -> Value:
    sizes, attributes = site.shape[2:], _how(layer)
    if layer.scale_factor is None:
        return site.op(
            "Resize", x, None, None, site.graph.numbers(site.shape), shape=site.shape, given=attributes
        )
    scales = [float(scale) for scale in per_axis(layer.scale_factor, len(sizes), "scale_factor")]
    if sizes != tuple(int(np.float32(n) * np.float32(s)) for n, s in zip(x.shape[2:], scales, strict=True)):
        raise NotExportableError("scales of 32 bits, as ONNX has them, give another size; say `size` instead")
    factors = site.constant([1, 1, *scales], (x.rank,))
    return site.op("Resize", x, None, factors, shape=site.shape, given=attributes)


def _how(layer: Upsample) -> dict[str, Attribute]:
    mode = _MODES.get(layer.mode, "linear")
    if mode == "nearest":
        return {
            "mode": mode,
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        }
    where = "align_corners" if layer.align_corners else "half_pixel"
    return {"mode": mode, "coordinate_transformation_mode": where, "cubic_coeff_a": -0.75}


def _pixel_shuffle(site: Site, layer: PixelShuffle, x: Value) -> Value:
    axes = x.shape[2:]
    factors = per_axis(layer.upscale_factor, len(axes), "upscale_factor")
    if len(axes) == 2 and factors[0] == factors[1]:
        return site.op("DepthToSpace", x, shape=site.shape, blocksize=factors[0], mode="CRD")
    deep = site.reshape(x, (1, site.shape[1], *factors, *axes))
    first = 2 + len(axes)
    pairs = (place for axis in range(len(axes)) for place in (first + axis, 2 + axis))
    return site.reshape(site.transpose(deep, [0, 1, *pairs]), site.shape)


def _pixel_unshuffle(site: Site, layer: PixelUnshuffle, x: Value) -> Value:
    """`SpaceToDepth` has another order of channels."""
    axes = x.shape[2:]
    factors = per_axis(layer.downscale_factor, len(axes), "downscale_factor")
    pairs = (n for size, r in zip(axes, factors, strict=True) for n in (size // r, r))
    wide = site.reshape(x, (*x.shape[:2], *pairs))
    order = [0, 1, *range(3, wide.rank, 2), *range(2, wide.rank, 2)]
    return site.reshape(site.transpose(wide, order), site.shape)


RULES: dict[str, Rule] = {
    "upsample": _upsample,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
}
