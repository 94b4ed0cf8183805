"""Convolutions: PyTorch's, after padding; where taps are moved, `grid_sample` reads what they see."""

from __future__ import annotations

from functools import reduce
from itertools import accumulate, product
from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import (
    along_channels,
    ranked,
    sampled,
    shape_of,
    with_padding,
)
from archcost.execute.torch_counterparts.parametrization import parametrized

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.convolution import (
        Conv,
        ConvTranspose,
        DeformConv,
        DeformSum,
        DepthwiseConv,
        DynamicConv,
        DynamicConvTranspose,
        MaskedConv,
    )
    from archcost.windows.window import Axes, Window


def _conv(torch: Torch, layer: Conv, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if layer.connections is not None:
        weight = _dense(torch, weight, x.shape[1], layer.connections)
    return _slid(torch, x, weight, bias, layer.window(shape_of(x)), layer.groups)


def _dense(torch: Torch, links: Tensor, channels: int, connections: Sequence[Sequence[int]]) -> Tensor:
    """Kernels for every pair of channels, those without a link all zeros."""
    weight = torch.zeros(len(connections), channels, *links.shape[1:], dtype=links.dtype)
    ends = [0, *accumulate(map(len, connections))]
    for channel, row in enumerate(connections):
        weight[channel, list(row)] = links[ends[channel] : ends[channel + 1]]
    return weight


def _depthwise_conv(
    torch: Torch, layer: DepthwiseConv, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    return _slid(torch, x, weight, bias, layer.window(shape_of(x)), x.shape[1])


def _slid(  # noqa: PLR0913, PLR0917 - what a convolution needs
    torch: Torch, x: Tensor, weight: Tensor, bias: Tensor | None, window: Window, groups: int
) -> Tensor:
    x = with_padding(torch, x, window.padding)
    return ranked(torch, "conv", x)(x, weight, bias, window.stride, 0, window.dilation, groups)


def _conv_transpose(
    torch: Torch, layer: ConvTranspose, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    return _scattered(torch, x, weight, bias, layer.window(shape_of(x)), layer.groups)


def _scattered(  # noqa: PLR0913, PLR0917 - what a convolution is made of
    torch: Torch, x: Tensor, weight: Tensor, bias: Tensor | None, window: Window, groups: int
) -> Tensor:
    """All there is, then cropped: PyTorch by itself crops as much before as after."""
    scatter = ranked(torch, "conv_transpose", x)
    y = scatter(x, weight, None, window.stretch, 0, 0, groups, window.dilation)
    ends = zip(window.padding, window.span, strict=True)
    y = with_padding(torch, y, tuple((before - span + 1, after - span + 1) for (before, after), span in ends))
    return y + along_channels(y, bias) if bias is not None else y


def _masked_conv(
    torch: Torch, layer: MaskedConv, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """The weights times the mask, as PixelCNNs have it."""
    window = layer.window(shape_of(x))
    kept = torch.zeros(window.kernel, dtype=weight.dtype)
    if isinstance(layer.mask, tuple):
        kept += torch.tensor(layer.mask)
    else:
        middle = torch.zeros_like(kept)
        middle[tuple(k // 2 for k in window.kernel)] = 1
        up_to_it = 1 - middle.flatten().cumsum(0).reshape(window.kernel)
        kept += up_to_it + middle if layer.mask == "B" else up_to_it
    return _slid(torch, x, weight * kept, bias, window, layer.groups)


def _dynamic_conv(
    torch: Torch, layer: DynamicConv, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    window = layer.sliding_over(shape_of(x), shape_of(weight))
    kernels = weight.reshape(-1, x.shape[1] // layer.groups, *window.kernel)
    return _slid(torch, x, kernels, None if bias is None else bias[0], window, layer.groups)


def _dynamic_conv_transpose(
    torch: Torch, layer: DynamicConvTranspose, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    window = layer.spreading(shape_of(x), shape_of(weight))
    return _scattered(torch, x, weight[0], None if bias is None else bias[0], window, layer.groups)


def _deform_conv(  # noqa: PLR0913 - its inputs, one by one
    torch: Torch,
    layer: DeformConv,
    x: Tensor,
    offsets: Tensor,
    mask: Tensor | None = None,
    *,
    weight: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    """Every tap sampled by `grid_sample`, then a convolution of the samples side by side."""
    window = layer.window(shape_of(x))
    taps = _moved(torch, x, window, offsets, mask, layer.deform_groups)
    columns = torch.stack([one.reshape(x.shape[1], -1) for one in taps], dim=1)
    columns = columns.reshape(1, x.shape[1] * window.taps, -1)
    kernels = weight.reshape(layer.out_channels, -1, 1)
    y = torch.nn.functional.conv1d(columns, kernels, bias, groups=layer.groups)
    return y.reshape(1, layer.out_channels, *offsets.shape[2:])


def _deform_sum(torch: Torch, layer: DeformSum, x: Tensor, offsets: Tensor, mask: Tensor) -> Tensor:
    taps = _moved(torch, x, layer.window(shape_of(x)), offsets, mask, layer.deform_groups)
    return reduce(torch.add, taps).reshape(1, x.shape[1], *offsets.shape[2:])


def _moved(  # noqa: PLR0913, PLR0917 - what is read, and what moves it
    torch: Torch, x: Tensor, window: Window, offsets: Tensor, mask: Tensor | None, deform_groups: int
) -> Iterator[Tensor]:
    """What each tap reads, times its mask: `[deform_groups, channels / deform_groups, *positions]`."""
    rank, positions = x.dim() - 2, offsets.shape[2:]
    moves = offsets.reshape(deform_groups, window.taps, rank, *positions)
    masks = None if mask is None else mask.reshape(deform_groups, window.taps, 1, *positions)
    for i, tap in enumerate(product(*map(range, window.kernel))):
        values = _seen(torch, x, window, tap, moves[:, i])
        yield values if masks is None else values * masks[:, i]


def _seen(torch: Torch, x: Tensor, window: Window, tap: Axes, moves: Tensor) -> Tensor:
    """What a tap reads at all positions: `[deform_groups, channels / deform_groups, *positions]`."""
    groups, rank, *positions = moves.shape
    along = zip(positions, window.stride, window.dilation, window.padding, tap, strict=True)
    starts = [torch.arange(n) * s + d * t - before for n, s, d, (before, _), t in along]
    places = torch.stack(torch.meshgrid(*starts, indexing="ij")) + moves  # [groups, axes, *positions]
    sizes = torch.tensor(x.shape[2:]).reshape(rank, *(1 for _ in positions))
    # From -1 at the outer edge of the first position to 1 at that of the last, the last axis first.
    grid = ((2 * places + 1) / sizes - 1).flip(1)
    return sampled(torch, x.reshape(groups, -1, *x.shape[2:]), grid)


COUNTERPARTS: dict[str, Counterpart] = {
    "conv": parametrized(_conv),
    "conv_transpose": parametrized(_conv_transpose, rows=1),
    "depthwise_conv": parametrized(_depthwise_conv),
    "deform_conv": _deform_conv,
    "deform_sum": _deform_sum,
    "masked_conv": _masked_conv,
    "dynamic_conv": _dynamic_conv,
    "dynamic_conv_transpose": _dynamic_conv_transpose,
}
