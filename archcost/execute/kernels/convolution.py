"""Convolutions as they are defined: every output is a sum of products, the kernel is not flipped."""

from __future__ import annotations

from functools import reduce
from itertools import accumulate, product
from typing import TYPE_CHECKING

import numpy as np

from archcost.execute.arrays import Counted
from archcost.execute.kernels.sampling import sampled
from archcost.execute.kernels.windows import Slide, reads_of_padding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcost.execute.arrays import Array
    from archcost.windows.masks import Bits
    from archcost.windows.window import Axes, Window

BATCH = 2**21
"""Elements that are multiplied at once, more or less."""
TAPS = 2**12
"""Taps that are multiplied at once, at most."""


def conv(x: Array, weight: Array, bias: Array | None, window: Window, groups: int = 1) -> Array:
    """Convolution (cross-correlation): y[o, u] = sum over i, t of weight[o, i, t] * x[i, s·u + d·t - p].

    Args:
        x: `(in_channels, *axes)`.
        weight: `[out_channels, in_channels / groups, *kernel_size]`.
        bias: `[out_channels]`, or None.
        window: how it slides.
        groups: independent groups the channels are split into.
    """
    _note_padding(x, weight, window)
    return _with_bias(_weighted(Slide(x, window).taps(), weight, groups), bias)


def masked_conv(  # noqa: PLR0913, PLR0917 - a convolution's arguments and its mask
    x: Array, weight: Array, bias: Array | None, mask: str | Bits, window: Window, groups: int = 1
) -> Array:
    """Convolution whose hidden taps read zeros, whatever is there.

    Args:
        x: `(in_channels, *axes)`.
        weight: `[out_channels, in_channels / groups, *kernel_size]`.
        bias: `[out_channels]`, or None.
        mask: `A` keeps the taps before the middle one, `B` that one as well; or the bit of every tap.
        window: how it slides.
        groups: independent groups the channels are split into.
    """
    middle = np.ravel_multi_index([k // 2 for k in window.kernel], window.kernel)
    before = np.arange(window.taps).reshape(window.kernel) - middle
    kept = before < (mask == "B") if isinstance(mask, str) else np.array(mask, dtype=bool)
    taps = ((tap, values if kept[tap] else np.zeros_like(values)) for tap, values in Slide(x, window).taps())
    _note_padding(x, weight, window)
    return _with_bias(_weighted(taps, weight, groups), bias)


def _note_padding(x: Array, weight: Array, window: Window) -> None:
    """Every kernel of a channel out reads the padding once."""
    if isinstance(x, Counted):
        x.tally.on_padding += reads_of_padding(x.shape[1:], window) * weight.shape[0] * weight.shape[1]


def _weighted(taps: Iterable[tuple[Axes, Array]], weight: Array, groups: int) -> Array:
    """The sum over taps and channels of `weight` times what the tap reads, `(channels, *positions)`."""
    kernels = weight.reshape(groups, -1, *weight.shape[1:])  # [groups, out / groups, in / groups, *kernel]
    return reduce(
        np.add,
        (
            _mixed([kernels[(..., *tap)] for tap, _ in some], [values for _, values in some])
            for some in _batches(taps)
        ),
    )


def _batches(taps: Iterable[tuple[Axes, Array]]) -> Iterator[list[tuple[Axes, Array]]]:
    """Several taps at a time: one large product of matrices is faster than many small ones."""
    some: list[tuple[Axes, Array]] = []
    for tap, values in taps:
        some.append((tap, values))
        if len(some) * values.size > BATCH or len(some) == TAPS:
            yield some
            some = []
    if some:
        yield some


def _mixed(matrices: Sequence[Array], values: Sequence[Array]) -> Array:
    """The sum of matrices, each times the channels of all positions of its values, group by group."""
    groups, positions = matrices[0].shape[0], values[0].shape[1:]
    split = [v.reshape(groups, v.shape[0] // groups, -1) for v in values]
    y = np.matmul(np.concatenate(matrices, axis=2), np.concatenate(split, axis=1))
    return y.reshape(-1, *positions)


def _with_bias(y: Array, bias: Array | None) -> Array:
    return y if bias is None else y + bias.reshape(-1, *(1 for _ in y.shape[1:]))


def linked_conv(
    x: Array, weight: Array, bias: Array | None, window: Window, connections: Sequence[Sequence[int]]
) -> Array:
    """Convolution in which output channel o reads only the input channels that `connections[o]` lists.

    `weight` holds one kernel per link: `[links, *kernel_size]`, row after row.
    """
    ends = [0, *accumulate(len(row) for row in connections)]
    rows = [
        conv(x[list(row)], weight[np.newaxis, first:end], None, window)
        for row, first, end in zip(connections, ends, ends[1:], strict=False)
    ]
    return _with_bias(np.concatenate(rows), bias)


def conv_transpose(x: Array, weight: Array, bias: Array | None, window: Window, groups: int = 1) -> Array:
    """Transposed convolution: input i is spread over the outputs s·i + d·t, times weight[i, o, t] each.

    The first product to land on an output is stored, every further one is added. Nothing lands on some
    outputs if the stride is large: they are 0. Cropping (or adding positions at the end) comes last.

    Args:
        x: `(in_channels, *axes)`.
        weight: `[in_channels, out_channels / groups, *kernel_size]`.
        bias: `[out_channels]`, or None.
        window: the window on the stretched input: its stretch is the stride s, its padding what is read
            beyond the input.
        groups: independent groups the channels are split into.
    """
    kernels = weight.reshape(groups, -1, *weight.shape[1:]).swapaxes(1, 2)
    reach = [d * (k - 1) for k, d in zip(window.kernel, window.dilation, strict=True)]
    written = [(n - 1) * s + r + 1 for n, s, r in zip(x.shape[1:], window.stretch, reach, strict=True)]
    y = np.zeros_like(x, shape=(groups * kernels.shape[1], *written))
    hit = np.zeros(written, dtype=bool)
    for tap in product(*map(range, window.kernel)):
        places = _landing(tap, x.shape[1:], window)
        store_or_add(y[(slice(None), *places)], _mixed([kernels[(..., *tap)]], [x]), hit[places])
        hit[places] = True
    return _with_bias(_cropped(y, window, reach), bias)


def _landing(tap: Axes, axes: Axes, window: Window) -> tuple[slice, ...]:
    """Where the products of one tap land, per axis."""
    return tuple(
        slice(t * d, t * d + (n - 1) * s + 1, s)
        for t, d, n, s in zip(tap, window.dilation, axes, window.stretch, strict=True)
    )


def store_or_add(y: Array, products: Array, hit: Array) -> None:
    """Products on top of what `y` holds where it was hit before, and in its place elsewhere."""
    y[:, ~hit] = products[:, ~hit]
    y[:, hit] += products[:, hit]


def _cropped(y: Array, window: Window, reach: Sequence[int]) -> Array:
    """What a window over the stretched input gives whose padding is less (or more) than its reach."""
    margins = [(b - r, a - r) for (b, a), r in zip(window.padding, reach, strict=True)]
    kept = tuple(slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(y.shape[1:], margins, strict=True))
    return np.pad(y[(slice(None), *kept)], [(0, 0), *((max(b, 0), max(a, 0)) for b, a in margins)])


def deform_conv(  # noqa: PLR0913, PLR0917 - a convolution's arguments and what moves it
    x: Array,
    offsets: Array,
    mask: Array | None,
    weight: Array,
    bias: Array | None,
    window: Window,
    groups: int = 1,
    deform_groups: int = 1,
) -> Array:
    """Deformable convolution: a convolution that reads every tap of every window beside its place.

    Args:
        x: `(in_channels, *axes)`.
        offsets: `(deform_groups * taps * axes, *positions)`, in input positions.
        mask: `(deform_groups * taps, *positions)`, or None: what every sampled value is multiplied by.
        weight: `[out_channels, in_channels / groups, *kernel_size]`.
        bias: `[out_channels]`, or None.
        window: how it slides.
        groups: independent groups the channels are split into.
        deform_groups: groups of input channels, each with offsets of its own.
    """
    products_per_value = weight.shape[0] // groups + (mask is not None)
    taps = _moved(x, offsets, mask, window, deform_groups, products_per_value)
    return _with_bias(_weighted(taps, weight, groups), bias)


def deform_sum(x: Array, offsets: Array, mask: Array, window: Window, deform_groups: int = 1) -> Array:
    """The sum of all moved taps of every window, each times its number of the mask.

    Args:
        x: `(channels, *axes)`.
        offsets: `(deform_groups * taps * axes, *positions)`, in input positions.
        mask: `(deform_groups * taps, *positions)`.
        window: how it slides.
        deform_groups: groups of channels, each with offsets and a mask of its own.
    """
    taps = _moved(x, offsets, mask, window, deform_groups, products_per_value=1)
    return reduce(np.add, (values for _, values in taps))


def _moved(  # noqa: PLR0913, PLR0917 - what is read, and what moves it
    x: Array,
    offsets: Array,
    mask: Array | None,
    window: Window,
    deform_groups: int,
    products_per_value: int,
) -> Iterator[tuple[Axes, Array]]:
    """Every tap, and what it reads beside its places, times its mask: `(channels, *positions)`."""
    rank, positions = len(window.kernel), offsets.shape[1:]
    moves = offsets.reshape(deform_groups, *window.kernel, rank, *positions)
    masks = None if mask is None else mask.reshape(deform_groups, *window.kernel, *positions)
    slide = Slide(x, window)
    for tap in product(*map(range, window.kernel)):
        places = np.stack(np.meshgrid(*slide.places(tap), indexing="ij"))
        values = sampled(x, places, moves[(slice(None), *tap)], products_per_value)
        if masks is not None:
            values = values * masks[(slice(None), *tap)][:, np.newaxis]
        yield tap, values.reshape(x.shape[0], *positions)
