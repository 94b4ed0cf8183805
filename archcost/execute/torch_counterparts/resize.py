"""Resizing: interpolation, and positions that become channels or were such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import MOST_AXES, along, one_or_all

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.resize import PixelShuffle, PixelUnshuffle, Upsample


def _upsample(torch: Torch, layer: Upsample, x: Tensor) -> Tensor:
    if layer.scale_factor is None:
        name, target = "size", layer.size or ()
    else:
        name, target = "scale_factor", tuple(map(float, layer.scale_factor))
    align = None if layer.mode == "nearest" else layer.align_corners

    def resized(x: Tensor, target: tuple[float, ...]) -> Tensor:
        given = {name: one_or_all(target)}
        return torch.nn.functional.interpolate(x, mode=layer.mode, align_corners=align, **given)

    axes = x.dim() - 2
    if axes <= MOST_AXES:
        return resized(x, target)
    for axis, one in enumerate(target * (axes // len(target)), 2):
        x = along(x, axis, lambda line, one=one: resized(line, (one,)))
    return x


def _pixel_shuffle(torch: Torch, layer: PixelShuffle, x: Tensor) -> Tensor:
    """PyTorch has it in 2-D with one factor for both axes; others are what it says of them."""
    factors = layer.upscale_factor
    if len(factors) == 1 and x.dim() == 4:
        return torch.nn.functional.pixel_shuffle(x, factors[0])
    axes = x.dim() - 2
    deep = x.unflatten(1, (-1, *factors * (axes // len(factors))))
    pairs = (place for axis in range(axes) for place in (2 + axes + axis, 2 + axis))
    y = deep.permute(0, 1, *pairs)
    for axis in range(axes):
        y = y.flatten(2 + axis, 3 + axis)
    return y


def _pixel_unshuffle(torch: Torch, layer: PixelUnshuffle, x: Tensor) -> Tensor:
    """See `_pixel_shuffle`."""
    factors = layer.downscale_factor
    if len(factors) == 1 and x.dim() == 4:
        return torch.nn.functional.pixel_unshuffle(x, factors[0])
    axes = x.dim() - 2
    each = factors * (axes // len(factors))
    for axis, r in zip(range(1 + axes, 1, -1), reversed(each), strict=True):
        x = x.unflatten(axis, (-1, r))
    return x.permute(0, 1, *range(3, x.dim(), 2), *range(2, x.dim(), 2)).flatten(1, 1 + axes)


COUNTERPARTS: dict[str, Counterpart] = {
    "upsample": _upsample,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
}
