"""Convolutions: padding is explicit, and what is computed or made of other tensors is so in the graph."""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from archcost.exporting.onnx.rules.common import NotExportableError, shape_of
from archcost.exporting.onnx.rules.parametrization import parametrized

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
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
    from archcost.windows.window import Pads, Window


def _conv(site: Site, layer: Conv, x: Value, weight: Value, bias: Value | None = None) -> Value:
    window = layer.window(shape_of(x))
    if layer.connections is None:
        return slid(site, x, weight, bias, window, layer.groups)
    ends = pairwise([0, *accumulate(map(len, layer.connections))])
    rows = [
        slid(
            site,
            site.picked(x, site.graph.numbers(row), 1),
            site.reshape(site.part(weight, 0, first, end), (1, end - first, *window.kernel)),
            None,
            window,
        )
        for row, (first, end) in zip(layer.connections, ends, strict=True)
    ]
    return _with_bias(site, site.joined(rows, 1), bias)


def _with_bias(site: Site, x: Value, bias: Value | None) -> Value:
    return x if bias is None else site.op("Add", x, site.per_channel(bias, x))


def _depthwise_conv(
    site: Site, layer: DepthwiseConv, x: Value, weight: Value, bias: Value | None = None
) -> Value:
    return slid(site, x, weight, bias, layer.window(shape_of(x)), x.shape[1])


def _masked_conv(site: Site, layer: MaskedConv, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """The weights times the mask, as PixelCNNs have it."""
    window = layer.window(shape_of(x))
    taps = np.arange(window.taps).reshape(window.kernel)
    middle = taps[tuple(k // 2 for k in window.kernel)]
    kept = taps < middle + (layer.mask == "B") if isinstance(layer.mask, str) else np.array(layer.mask)
    mask = site.constant(kept.astype(float).ravel(), window.kernel)
    return slid(site, x, site.op("Mul", weight, mask), bias, window, layer.groups)


def slid(  # noqa: PLR0913, PLR0917 - what a convolution needs
    site: Site, x: Value, weight: Value, bias: Value | None, window: Window, groups: int = 1
) -> Value:
    """A convolution with these weights."""
    return site.op(
        "Conv",
        *(x, weight, bias)[: 3 if bias else 2],
        shape=(1, weight.shape[0], *window.output(x.shape[2:])),
        kernel_shape=window.kernel,
        strides=window.stride,
        dilations=window.dilation,
        pads=pads_of(window.padding),
        group=groups,
    )


def pads_of(padding: Pads) -> tuple[int, ...]:
    """As ONNX lists them: all before, then all after."""
    return tuple(before for before, _ in padding) + tuple(after for _, after in padding)


def _conv_transpose(
    site: Site, layer: ConvTranspose, x: Value, weight: Value, bias: Value | None = None
) -> Value:
    return _spread(site, x, weight, bias, layer.window(shape_of(x)), layer.groups)


def _spread(  # noqa: PLR0913, PLR0917 - what a convolution needs
    site: Site, x: Value, weight: Value, bias: Value | None, window: Window, groups: int
) -> Value:
    """A transposed convolution: what is cropped at the end, less what is added there, or the other way."""
    crops = [(k - 1 - b, k - 1 - a) for k, (b, a) in zip(window.span, window.padding, strict=True)]
    return site.op(
        "ConvTranspose",
        *(x, weight, bias)[: 3 if bias else 2],
        shape=(1, weight.shape[1] * groups, *window.output(x.shape[2:])),
        kernel_shape=window.kernel,
        strides=window.stretch,
        dilations=window.dilation,
        pads=pads_of(tuple((before, max(after, 0)) for before, after in crops)),
        output_padding=tuple(max(-after, 0) for _, after in crops),
        group=groups,
    )


def _dynamic_conv(
    site: Site, layer: DynamicConv, x: Value, weight: Value, bias: Value | None = None
) -> Value:
    window = layer.sliding_over(shape_of(x), shape_of(weight))
    share = x.shape[1] // layer.groups
    weight = site.reshape(weight, (prod(weight.shape[1:]) // (share * window.taps), share, *window.kernel))
    return slid(site, x, weight, _vector(site, bias), window, layer.groups)


def _dynamic_conv_transpose(
    site: Site, layer: DynamicConvTranspose, x: Value, weight: Value, bias: Value | None = None
) -> Value:
    window = layer.spreading(shape_of(x), shape_of(weight))
    weight = site.reshape(weight, shape_of(weight))
    return _spread(site, x, weight, _vector(site, bias), window, layer.groups)


def _vector(site: Site, bias: Value | None) -> Value | None:
    return bias and site.reshape(bias, shape_of(bias))


def _deform_conv(  # noqa: PLR0913 - its inputs, one by one
    site: Site,
    layer: DeformConv,
    x: Value,
    offsets: Value,
    mask: Value | None = None,
    *,
    weight: Value,
    bias: Value | None = None,
) -> Value:
    window, groups = layer.window(shape_of(x)), (layer.groups, layer.deform_groups)
    return _moved(site, x, weight, offsets, bias, mask, window, groups)


def _deform_sum(site: Site, layer: DeformSum, x: Value, offsets: Value, mask: Value) -> Value:
    """Every channel on its own, with weights of 1."""
    window, groups = layer.window(shape_of(x)), (x.shape[1], layer.deform_groups)
    weight = site.filled(1, (x.shape[1], 1, *window.kernel))
    return _moved(site, x, weight, offsets, None, mask, window, groups)


def _moved(  # noqa: PLR0913, PLR0917 - what is read, and what moves it
    site: Site,
    x: Value,
    weight: Value,
    offsets: Value,
    bias: Value | None,
    mask: Value | None,
    window: Window,
    groups: tuple[int, int],
) -> Value:
    if x.rank != 4:
        raise NotExportableError("ONNX has deformable convolutions of maps alone, with two axes")
    inputs: list[Value | None] = [x, weight, offsets, bias, mask]
    while inputs[-1] is None:
        inputs.pop()
    return site.op(
        "DeformConv",
        *inputs,
        shape=(1, weight.shape[0], *window.output(x.shape[2:])),
        kernel_shape=window.kernel,
        strides=window.stride,
        dilations=window.dilation,
        pads=pads_of(window.padding),
        group=groups[0],
        offset_group=groups[1],
    )


RULES: dict[str, Rule] = {
    "conv": parametrized(_conv),
    "conv_transpose": parametrized(_conv_transpose, rows=1),
    "depthwise_conv": parametrized(_depthwise_conv),
    "deform_conv": _deform_conv,
    "deform_sum": _deform_sum,
    "masked_conv": _masked_conv,
    "dynamic_conv": _dynamic_conv,
    "dynamic_conv_transpose": _dynamic_conv_transpose,
}
