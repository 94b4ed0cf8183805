"""Pooling: PyTorch's own where it can be told so, else after padding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import one_or_all, ranked, shape_of, with_padding

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.base import Kind
    from archcost.layers.pooling import AdaptiveAvgPool, AvgPool, BlurPool, MaxPool, MaxUnpool
    from archcost.windows.window import Axes, Pads, Window


def _max_pool(torch: Torch, layer: MaxPool, x: Tensor) -> Tensor:
    window = layer.window(shape_of(x))
    pool = ranked(torch, "max_pool", x)
    if _is_pytorchs(window):
        pads = [before for before, _ in window.padding]
        ceil = window.rounding == "ceil"
        return pool(x, window.kernel, window.stride, pads, window.dilation, ceil_mode=ceil)
    x = with_padding(torch, x, _with_what_sticks_out(window, x.shape[2:]), float("-inf"))
    return pool(x, window.kernel, window.stride, 0, window.dilation)


def _max_unpool(torch: Torch, layer: MaxUnpool, pooled: Tensor, before: Tensor) -> Tensor:
    """PyTorch keeps the places from pooling: so the map before is pooled once more."""
    window = layer.window_before(shape_of(before))
    padded = with_padding(torch, before, window.padding, float("-inf"))
    pool, unpool = ranked(torch, "max_pool", before), ranked(torch, "max_unpool", before)
    _, places = pool(padded, window.kernel, window.stride, return_indices=True)
    y = unpool(pooled, places, window.kernel, window.stride, output_size=padded.shape)
    return with_padding(torch, y, tuple((-b, -e) for b, e in window.padding))


def _avg_pool(torch: Torch, layer: AvgPool, x: Tensor) -> Tensor:
    """By PyTorch's rules where it has them; else the sum over the number of what counts.

    In 3-D, PyTorch wants a volume as large as the window, even if windows may stick out.
    """
    window = layer.window(shape_of(x))
    pool = ranked(torch, "avg_pool", x)
    include = layer.divisor_counts_padding
    if _is_pytorchs(window) and all(k <= n for k, n in zip(window.kernel, x.shape[2:], strict=True)):
        pads = [before for before, _ in window.padding]
        return pool(x, window.kernel, window.stride, pads, window.rounding == "ceil", include)
    pads = _with_what_sticks_out(window, x.shape[2:])
    counting = with_padding(torch, torch.ones_like(x), window.padding, float(include))
    beyond = tuple((0, all_ - own) for (_, all_), (_, own) in zip(pads, window.padding, strict=True))
    share = pool(with_padding(torch, counting, beyond), window.kernel, window.stride)
    sums = pool(with_padding(torch, x, pads), window.kernel, window.stride)
    return sums / share.clamp(min=1 / window.taps)  # nothing that counts: zeros over one


def _blur_pool(torch: Torch, layer: BlurPool, x: Tensor) -> Tensor:
    """A depthwise convolution of the mirrored input, with numbers that are no weights."""
    window = layer.window(shape_of(x))
    kernel = torch.ones(1, dtype=x.dtype)
    for k in window.kernel:
        row = torch.ones(1, dtype=x.dtype)
        for _ in range(k - 1):  # Pascal's triangle, row by row
            row = (torch.nn.functional.pad(row, (0, 1)) + torch.nn.functional.pad(row, (1, 0))) / 2
        kernel = kernel[..., None] * row
    weight = kernel[None].expand(x.shape[1], 1, *window.kernel)
    x = with_padding(torch, x, window.padding, mode=layer.padding_mode)
    return ranked(torch, "conv", x)(x, weight, None, window.stride, groups=x.shape[1])


def _is_pytorchs(window: Window) -> bool:
    """Whether PyTorch's pools can be told so: as much padding before as after, not too much; its rounding."""
    ends = zip(window.padding, window.kernel, strict=True)
    return window.rounding != "caffe" and all(b == a <= kernel // 2 for (b, a), kernel in ends)


def _with_what_sticks_out(window: Window, axes: Axes) -> Pads:
    """The padding, and at the end what a last window reads beyond it.

    Caffe's rule, from its pooling layer: round up; with padding, no window starts behind the input.
    """
    pads: list[tuple[int, int]] = []
    drops = window.rounding == "ceil" or any(map(any, window.padding))
    for n, (before, after), span, s in zip(axes, window.padding, window.span, window.stride, strict=True):
        room = before + n + after - span
        windows = room // s + 1 if window.rounding == "floor" else -(-room // s) + 1
        if drops and window.rounding != "floor" and (windows - 1) * s >= before + n:
            windows -= 1
        pads.append((before, after + max((windows - 1) * s - room, 0)))
    return tuple(pads)


def _global_pool(name: str) -> Counterpart:
    def call(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
        return ranked(torch, name, x)(x, 1)

    return call


def _adaptive_pool(name: str) -> Counterpart:
    def call(torch: Torch, layer: AdaptiveAvgPool, x: Tensor) -> Tensor:
        return ranked(torch, name, x)(x, one_or_all(layer.output_size))

    return call


COUNTERPARTS: dict[str, Counterpart] = {
    "max_pool": _max_pool,
    "max_unpool": _max_unpool,
    "avg_pool": _avg_pool,
    "blur_pool": _blur_pool,
    "global_max_pool": _global_pool("adaptive_max_pool"),
    "global_avg_pool": _global_pool("adaptive_avg_pool"),
    "adaptive_max_pool": _adaptive_pool("adaptive_max_pool"),
    "adaptive_avg_pool": _adaptive_pool("adaptive_avg_pool"),
}
