"""Pools. Windows that stick out at the end are given their padding: runtimes differ in rounding up."""

from __future__ import annotations

from functools import reduce
from math import comb, inf
from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import shape_of
from archcost.exporting.onnx.rules.convolution import pads_of, slid
from archcost.exporting.onnx.wire import INT64
from archcost.windows.window import per_axis

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.exporting.onnx.wire import Attribute
    from archcost.layers.base import Kind
    from archcost.layers.pooling import (
        AdaptiveAvgPool,
        AdaptiveMaxPool,
        AvgPool,
        BlurPool,
        MaxPool,
        MaxUnpool,
    )
    from archcost.windows.window import Pads, Window


def _max_pool(site: Site, layer: MaxPool, x: Value) -> Value:
    window = layer.window(shape_of(x))
    pads = _all_that_is_read(window, x)
    x, pads = _padded_beforehand(site, x, window, pads, -inf)
    return _pooled(site, "MaxPool", x, window, pads, dilations=window.dilation)


def _avg_pool(site: Site, layer: AvgPool, x: Value) -> Value:
    """What ceil_mode adds beyond the padding never counts, and padding does if the layer says so."""
    window = layer.window(shape_of(x))
    pads, counts = _all_that_is_read(window, x), layer.divisor_counts_padding
    if pads != window.padding and counts:
        x = site.padded(x, ((0, 0), (0, 0), *window.padding))
        ends = zip(pads, window.padding, strict=True)
        pads, counts = tuple((0, all_ - own) for (_, all_), (_, own) in ends), False
    return _pooled(site, "AveragePool", x, window, pads, count_include_pad=int(counts))


def _pooled(site: Site, word: str, x: Value, window: Window, pads: Pads, **attributes: Attribute) -> Value:
    plain = window._replace(padding=pads, rounding="floor")
    return site.op(
        word,
        x,
        shape=(*x.shape[:2], *plain.output(x.shape[2:])),
        kernel_shape=window.kernel,
        strides=window.stride,
        pads=pads_of(pads),
        given=attributes,
    )


def _all_that_is_read(window: Window, x: Value) -> Pads:
    """The padding, and at the end what the last window reads beyond it."""
    axes = x.shape[2:]
    sizes = zip(axes, window.output(axes), window.padding, window.span, window.stride, strict=True)
    return tuple(
        (before, max(after, (windows - 1) * s + span - before - n))
        for n, windows, (before, after), span, s in sizes
    )


def _padded_beforehand(site: Site, x: Value, window: Window, pads: Pads, fill: float) -> tuple[Value, Pads]:
    """Runtimes want padding shorter than the window: more than that is put there before."""
    if all(max(pair) < k for pair, k in zip(pads, window.kernel, strict=True)):
        return x, pads
    return site.padded(x, ((0, 0), (0, 0), *pads), fill), tuple((0, 0) for _ in pads)


def _max_unpool(site: Site, layer: MaxUnpool, pooled: Value, before: Value) -> Value:
    """Where the largest were is found again by pooling."""
    window = layer.window_before(shape_of(before))
    how = {"kernel_shape": window.kernel, "strides": window.stride, "pads": pads_of(window.padding)}
    places = site.op("MaxPool", before, shape=pooled.shape, type_=INT64, nth=1, given=how)
    size = site.graph.numbers(before.shape)
    return site.op("MaxUnpool", pooled, places, size, shape=before.shape, given=how)


BORDERS = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""What stands beyond the borders, as `Pad` calls it."""


def _blur_pool(site: Site, layer: BlurPool, x: Value) -> Value:
    """A depthwise convolution whose weights are fixed."""
    window = layer.window(shape_of(x))
    rows = [[comb(k - 1, i) / 2 ** (k - 1) for i in range(k)] for k in window.kernel]
    kernel = reduce(lambda numbers, row: [a * b for a in numbers for b in row], rows, [1.0])
    weight = site.constant(kernel * x.shape[1], (x.shape[1], 1, *window.kernel))
    if layer.padding_mode != "constant":
        x = site.padded(x, ((0, 0), (0, 0), *window.padding), mode=BORDERS[layer.padding_mode])
        window = window._replace(padding=tuple((0, 0) for _ in window.padding))
    return slid(site, x, weight, None, window, x.shape[1])


def _global_pool(word: str) -> Rule:
    def write(site: Site, layer: Kind, x: Value) -> Value:
        return site.op(word, x, shape=site.shape)

    return write


def _adaptive_pool(word: str, reduction: str) -> Rule:
    """A sliding pool where all bins are alike, else each bin on its own, axis by axis."""

    def write(site: Site, layer: AdaptiveAvgPool | AdaptiveMaxPool, x: Value) -> Value:
        axes = x.shape[2:]
        sizes = per_axis(layer.output_size, len(axes), "output_size")
        if all(n % size == 0 for n, size in zip(axes, sizes, strict=True)):
            kernel = tuple(n // size for n, size in zip(axes, sizes, strict=True))
            return site.op(word, x, shape=site.shape, kernel_shape=kernel, strides=kernel)
        for axis, (n, size) in enumerate(zip(axes, sizes, strict=True), 2):
            bins = [(u * n // size, -(-(u + 1) * n // size)) for u in range(size)]
            parts = [site.reduced(reduction, site.part(x, axis, *ends), (axis,)) for ends in bins]
            x = site.joined(parts, axis)
        return x

    return write


RULES: dict[str, Rule] = {
    "max_pool": _max_pool,
    "max_unpool": _max_unpool,
    "avg_pool": _avg_pool,
    "blur_pool": _blur_pool,
    "global_max_pool": _global_pool("GlobalMaxPool"),
    "global_avg_pool": _global_pool("GlobalAveragePool"),
    "adaptive_max_pool": _adaptive_pool("MaxPool", "ReduceMax"),
    "adaptive_avg_pool": _adaptive_pool("AveragePool", "ReduceMean"),
}
