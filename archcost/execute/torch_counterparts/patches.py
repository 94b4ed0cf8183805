"""Patches: `unfold` and `fold`, which PyTorch has for maps."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import ranked, shape_of, with_padding

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.patches import Fold, Unfold
    from archcost.windows.window import Axes, Window


def _unfold(torch: Torch, layer: Unfold, x: Tensor) -> Tensor:
    window = layer.sliding_window(shape_of(x))
    x = with_padding(torch, x, window.padding)
    if len(window.kernel) > 2:
        return _unfolded(torch, x, window)
    front = _rows_missing(window)
    rows = x.reshape(1, x.shape[1], *front, *x.shape[2:])
    kernel, dilation, stride = ((*front, *n) for n in (window.kernel, window.dilation, window.stride))
    return torch.nn.functional.unfold(rows, kernel, dilation, 0, stride)


def _unfolded(torch: Torch, x: Tensor, window: Window) -> Tensor:
    """Along more axes than PyTorch's: what each tap sees, after the padding."""
    steps = [*zip(x.shape[2:], window.span, window.stride, window.dilation, strict=True)]
    taps: list[Tensor] = []
    for tap in product(*map(range, window.kernel)):
        y = x
        for axis, (t, (n, span, s, d)) in enumerate(zip(tap, steps, strict=True), 2):
            y = y.narrow(axis, t * d, n - span + 1).index_select(axis, torch.arange(0, n - span + 1, s))
        taps.append(y)
    return torch.stack(taps, 2).flatten(1, 2).flatten(2)


def _fold(torch: Torch, layer: Fold, x: Tensor) -> Tensor:
    """With its padding, which is cropped then."""
    window = layer.sliding_window()
    sizes = tuple(n + sum(pair) for n, pair in zip(layer.output_size, window.padding, strict=True))
    if len(sizes) > 2:
        y = _folded(torch, x, window, sizes)
    else:
        front = _rows_missing(window)
        kernel, dilation, stride = ((*front, *n) for n in (window.kernel, window.dilation, window.stride))
        y = torch.nn.functional.fold(x, (*front, *sizes), kernel, dilation, 0, stride)
        y = y.reshape(1, y.shape[1], *sizes)
    return with_padding(torch, y, tuple((-before, -after) for before, after in window.padding))


def _folded(torch: Torch, x: Tensor, window: Window, sizes: Axes) -> Tensor:
    """Along more axes than PyTorch's: a transposed convolution that puts every tap where it belongs."""
    steps = zip(sizes, window.span, window.stride, strict=True)
    x = x.reshape(1, x.shape[1], *((n - span) // s + 1 for n, span, s in steps))
    places = torch.eye(window.taps, dtype=x.dtype).reshape(-1, 1, *window.kernel)
    channels = x.shape[1] // window.taps
    weight = places.repeat(channels, *(1 for _ in places.shape[1:]))
    y = ranked(torch, "conv_transpose", x)(x, weight, None, window.stride, 0, 0, channels, window.dilation)
    return with_padding(torch, y, tuple((0, n - m) for n, m in zip(sizes, y.shape[2:], strict=True)))


def _rows_missing(window: Window) -> Axes:
    """PyTorch's patches are of maps; a sequence is one with a single row."""
    return (1,) * (2 - len(window.kernel))


COUNTERPARTS: dict[str, Counterpart] = {
    "unfold": _unfold,
    "fold": _fold,
}
