"""Other shapes of the same elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import reshaped, shape_of
from archcost.exporting.onnx.rules.pooling import BORDERS

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.shape import ChannelShuffle, Crop, Expand, Flatten, Flip, Pad, Roll, Slice, Transpose


def _flatten(site: Site, layer: Flatten, x: Value) -> Value:
    return (
        site.op("Flatten", x, shape=site.shape, axis=1) if len(site.shape) == 2 else reshaped(site, layer, x)
    )


def _expand(site: Site, layer: Expand, x: Value) -> Value:
    return site.op("Expand", x, site.graph.numbers(site.shape), shape=site.shape)


def _pad(site: Site, layer: Pad, x: Value) -> Value:
    """Channels are added with the constant, whatever stands around positions."""
    around, along = layer.window(shape_of(x)).padding, layer.extra_channels
    if layer.mode == "constant":
        return site.padded(x, ((0, 0), along, *around), layer.value)
    x = site.padded(x, ((0, 0), (0, 0), *around), mode=BORDERS[layer.mode])
    return site.padded(x, ((0, 0), along, *((0, 0) for _ in around)), layer.value)


def _crop(site: Site, layer: Crop, x: Value) -> Value:
    return site.padded(x, ((0, 0), (0, 0), *layer.window(shape_of(x)).padding))


def _slice(site: Site, layer: Slice, x: Value) -> Value:
    start, end, step = slice(layer.start, layer.end, layer.step).indices(x.shape[1 + layer.axis])
    return site.part(x, 1 + layer.axis, start, end, step)


def _transpose(site: Site, layer: Transpose, x: Value) -> Value:
    return site.transpose(x, (0, *(1 + axis for axis in layer.axes)))


def _channel_shuffle(site: Site, layer: ChannelShuffle, x: Value) -> Value:
    """A matrix of as many rows as there are groups, transposed."""
    deep = site.reshape(x, (1, layer.groups, x.shape[1] // layer.groups, *x.shape[2:]))
    return site.reshape(site.transpose(deep, (0, 2, 1, *range(3, deep.rank))), x.shape)


def _roll(site: Site, layer: Roll, x: Value) -> Value:
    """What leaves at one end, put before or behind the rest."""
    far = layer.shifts * (len(layer.axis) // len(layer.shifts))
    for axis, shift in zip(layer.axis, far, strict=True):
        n = x.shape[1 + axis]
        if cut := -shift % n:
            x = site.joined([site.part(x, 1 + axis, cut, n), site.part(x, 1 + axis, 0, cut)], 1 + axis)
    return x


def _flip(site: Site, layer: Flip, x: Value) -> Value:
    for axis in layer.axis:
        x = site.part(x, 1 + axis, 0, x.shape[1 + axis], -1)
    return x


RULES: dict[str, Rule] = {
    "flatten": _flatten,
    "unflatten": reshaped,
    "squeeze": reshaped,
    "unsqueeze": reshaped,
    "reshape": reshaped,
    "expand": _expand,
    "pad": _pad,
    "crop": _crop,
    "slice": _slice,
    "transpose": _transpose,
    "channel_shuffle": _channel_shuffle,
    "roll": _roll,
    "flip": _flip,
}
