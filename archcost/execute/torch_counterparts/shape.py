"""Other shapes of the same elements; PyTorch counts axes from the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import functional, shape_of, with_an_axis, with_padding

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.shape import (
        Crop,
        Expand,
        Flatten,
        Flip,
        Pad,
        Reshape,
        Roll,
        Slice,
        Squeeze,
        Transpose,
        Unflatten,
        Unsqueeze,
    )


def _flatten(torch: Torch, layer: Flatten, x: Tensor) -> Tensor:
    return x.flatten(*(1 + axis % (x.dim() - 1) for axis in (layer.start, layer.end)))


def _unflatten(torch: Torch, layer: Unflatten, x: Tensor) -> Tensor:
    return x.unflatten(1 + layer.axis, layer.sizes)


def _squeeze(torch: Torch, layer: Squeeze, x: Tensor) -> Tensor:
    named = range(x.dim() - 1) if layer.axis == "all" else layer.axis
    return x.squeeze(tuple(1 + axis for axis in named))


def _unsqueeze(torch: Torch, layer: Unsqueeze, x: Tensor) -> Tensor:
    return x.unsqueeze(1 + layer.axis)


def _expand(torch: Torch, layer: Expand, x: Tensor) -> Tensor:
    return x.expand(-1, *layer.shape)


def _reshape(torch: Torch, layer: Reshape, x: Tensor) -> Tensor:
    return x.reshape(1, *layer.shape)


def _pad(torch: Torch, layer: Pad, x: Tensor) -> Tensor:
    pads = layer.window(shape_of(x)).padding
    if any(layer.extra_channels):
        pads = (layer.extra_channels, *pads)
    return with_padding(torch, x, pads, layer.value, layer.mode)


def _crop(torch: Torch, layer: Crop, x: Tensor) -> Tensor:
    return with_padding(torch, x, layer.window(shape_of(x)).padding)


def _slice(torch: Torch, layer: Slice, x: Tensor) -> Tensor:
    return x.movedim(1 + layer.axis, 0)[layer.start : layer.end : layer.step].movedim(0, 1 + layer.axis)


def _transpose(torch: Torch, layer: Transpose, x: Tensor) -> Tensor:
    return x.permute(0, *(1 + axis for axis in layer.axes))


def _roll(torch: Torch, layer: Roll, x: Tensor) -> Tensor:
    far = layer.shifts * (len(layer.axis) // len(layer.shifts))
    return x.roll(far, tuple(1 + axis for axis in layer.axis))


def _flip(_torch: Torch, layer: Flip, x: Tensor) -> Tensor:
    return x.flip(tuple(1 + axis for axis in layer.axis))


COUNTERPARTS: dict[str, Counterpart] = {
    "flatten": _flatten,
    "unflatten": _unflatten,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "reshape": _reshape,
    "expand": _expand,
    "pad": _pad,
    "crop": _crop,
    "slice": _slice,
    "transpose": _transpose,
    "channel_shuffle": with_an_axis(functional("channel_shuffle", "groups")),
    "roll": _roll,
    "flip": _flip,
}
