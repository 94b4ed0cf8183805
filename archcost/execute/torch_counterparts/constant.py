"""Constants, as published code makes them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from archcost.windows.window import per_axis

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.constant import Constant


def _constant(torch: Torch, layer: Constant, values: Tensor = None) -> Tensor:
    shape = layer.output_shape()
    match layer.values:
        case "declared":
            y = values
        case "identity":
            y = torch.eye(*shape[-2:])
        case "causal":
            y = _mask(torch, layer, torch.ones(shape[-2:]).tril())
        case "banded":
            seen = torch.ones(shape[-2:]).tril(layer.after or 0).triu(-(layer.before or 0))
            y = _mask(torch, layer, seen)
        case "shifted_windows":
            y = _mask(torch, layer, _shifted_windows(torch, layer))
        case "sinusoids":
            y = _sinusoids(torch, *shape, base=layer.base)
        case "ramp":
            y = _line(torch, shape[layer.axis], *layer.line((1, 1))[0])
            y = y.reshape([-1 if i == layer.axis % len(shape) else 1 for i in range(len(shape))])
        case "coordinates":
            lines = zip(shape[1:], layer.line(shape), strict=True)
            axes = torch.meshgrid([_line(torch, size, *line) for size, line in lines], indexing="ij")
            y = torch.stack(axes[::-1])
        case numbers:
            y = torch.tensor(numbers, dtype=torch.float64)
    return y.to(torch.float64).expand(1, *shape)


def _shifted_windows(torch: Torch, layer: Constant) -> Tensor:
    """As in the code of Swin: the regions of the map are numbered, and split into windows."""
    sizes = layer.map_size or ()
    windows, shifts = (
        per_axis(each or (), len(sizes), name)
        for name, each in (("window_size", layer.window_size), ("shift", layer.shift))
    )
    regions = torch.zeros(sizes)
    parts = (
        (slice(n - w), slice(n - w, n - s), slice(n - s, n))
        for n, w, s in zip(sizes, windows, shifts, strict=True)
    )
    for number, region in enumerate(product(*parts)):
        regions[region] = number
    for axis, window in reversed([*enumerate(windows)]):
        regions = regions.unflatten(axis, (-1, window))
    rank = len(sizes)
    regions = (
        regions.permute(*range(0, 2 * rank, 2), *range(1, 2 * rank, 2)).flatten(rank).flatten(0, rank - 1)
    )
    return regions[:, :, None] == regions[:, None, :]


def _line(torch: Torch, count: int, start: float, step: float) -> Tensor:
    return torch.linspace(start, start + step * (count - 1), count, dtype=torch.float64)


def _sinusoids(torch: Torch, channels: int, length: int, *, base: float) -> Tensor:
    position = torch.arange(length, dtype=torch.float64)
    pair = torch.arange(channels, dtype=torch.float64) // 2
    angle = position / (base ** (2 * pair / channels))[:, None]
    return torch.where(torch.arange(channels)[:, None] % 2 == 0, angle.sin(), angle.cos())


def _mask(torch: Torch, layer: Constant, seen: Tensor) -> Tensor:
    inside, outside = torch.tensor([layer.inside, layer.outside], dtype=torch.float64)
    return torch.where(seen > 0, inside, outside)


COUNTERPARTS: dict[str, Counterpart] = {
    "constant": _constant,
}
