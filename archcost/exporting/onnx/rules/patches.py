"""Patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import shape_of
from archcost.exporting.onnx.rules.convolution import pads_of

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.patches import Fold, Unfold


def _unfold(site: Site, layer: Unfold, x: Value) -> Value:
    """Along each axis what every tap reads, `[channels, taps, windows, …]`; then taps, then windows."""
    window = layer.sliding_window(shape_of(x))
    windows = window.output(x.shape[2:])
    x = site.padded(x, ((0, 0), (0, 0), *window.padding))
    steps = zip(window.kernel, windows, window.stride, window.dilation, strict=True)
    for axis, (taps, count, s, d) in enumerate(steps):
        places = [t * d + u * s for t in range(taps) for u in range(count)]
        x = site.picked(x, site.graph.numbers(places, (taps, count)), 2 + 2 * axis)
    order = [0, 1, *range(2, x.rank, 2), *range(3, x.rank, 2)]
    return site.reshape(site.transpose(x, order), site.shape)


def _fold(site: Site, layer: Fold, x: Value) -> Value:
    window = layer.sliding_window()
    return site.op(
        "Col2Im",
        x,
        site.graph.numbers(layer.output_size),
        site.graph.numbers(window.kernel),
        shape=site.shape,
        dilations=window.dilation,
        strides=window.stride,
        pads=pads_of(window.padding),
    )


RULES: dict[str, Rule] = {
    "unfold": _unfold,
    "fold": _fold,
}
