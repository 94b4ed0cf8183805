"""The arithmetic of sliding windows, once, for any number of spatial axes.

A tensor is one sample: a tuple `(channels, *axes)`, without a batch. Everything here works on the axes
alone, as tuples with one entry per axis, so 1-D, 2-D and 3-D are the same code. No other module counts axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from archcost.errors import ShapeError

Shape = tuple[int, ...]
"""One tensor without its batch: channels, then the spatial axes; `(n,)` is a vector."""

Axes = tuple[int, ...]
"""One number per spatial axis, or a single one that stands for all of them."""

Pads = tuple[tuple[int, int], ...]
"""(before, after) per spatial axis."""

PaddingWord = Literal["same", "same_lower", "valid", "causal"]
Rounding = Literal["floor", "ceil", "caffe"]

_AXIS_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def axis_names(rank: int) -> tuple[str, ...]:
    """What the spatial axes are called, outermost first.

    >>> axis_names(2)
    ('height', 'width')
    """
    return _AXIS_NAMES.get(rank) or tuple(f"axis {i + 1}" for i in range(rank))


def size(shape: Shape) -> int:
    """Elements of a tensor (or positions of its axes).

    >>> size((64, 112, 112))
    802816
    """
    return prod(shape)


def show(shape: Shape) -> str:
    """A shape as people write it.

    >>> show((64, 112, 112))
    '64×112×112'
    """
    return "×".join(map(str, shape))


def per_axis(values: Axes, rank: int, name: str) -> Axes:
    """Spread a single value over all axes; refuse a list of the wrong length.

    >>> per_axis((3,), 2, "kernel_size")
    (3, 3)
    """
    if len(values) == rank:
        return values
    if len(values) == 1:
        return values * rank
    raise ShapeError(f"{name} has {len(values)} values, but the input has {_count_axes(rank)}")


def _count_axes(rank: int) -> str:
    if rank == 0:
        return "no spatial axes (it is a vector)"
    names = ", ".join(axis_names(rank))
    return f"{rank} spatial ax{'i' if rank == 1 else 'e'}s ({names})"


def spatial(x: Shape, rank: int | None = None) -> Axes:
    """The spatial axes of a tensor that must have some (exactly `rank` of them, if given)."""
    found = len(x) - 1
    if found == 0:
        raise ShapeError(f"needs spatial axes to slide over; the input is a vector of {x[0]}")
    if rank is not None and found != rank:
        raise ShapeError(f"is written for {rank}-D, but the input {show(x)} has {_count_axes(found)}")
    return x[1:]


@dataclass(frozen=True, slots=True)
class Window:
    """A window sliding over the spatial axes, with every number resolved.

    Dilation comes first: a dilated kernel is a plain one of `span = dilation * (kernel - 1) + 1` positions,
    so each formula below is the undilated one (Dumoulin & Visin 2016, relationship 15).
    """

    kernel: Axes
    stride: Axes
    dilation: Axes
    padding: Pads
    rounding: Rounding = "floor"

    @property
    def span(self) -> Axes:
        """Positions from the first to the last tap, per axis."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def taps(self) -> int:
        """Positions the window reads, over all axes."""
        return prod(self.kernel)

    def output(self, axes: Axes) -> Axes:
        """Positions the window takes on each axis.

        floor: `(i + p - span) // s + 1`. ceil: one more when positions are left over, unless that window
        would start in the padding after the input (PyTorch). caffe: the same, but an input without any
        padding keeps the extra window.

        Raises:
            ShapeError: the window is larger than the padded input.

        >>> Window((7, 7), (2, 2), (1, 1), ((3, 3), (3, 3))).output((224, 224))
        (112, 112)
        """
        names = axis_names(len(axes))
        return tuple(self._along(i, length, names[i]) for i, length in enumerate(axes))

    def _along(self, i: int, length: int, name: str) -> int:
        before, after = self.padding[i]
        span, stride = self.span[i], self.stride[i]
        room = length + before + after - span
        if room < 0:
            dilated = f" (dilated by {self.dilation[i]} to {span})" if span != self.kernel[i] else ""
            padded = f"{length} + {before} + {after} of padding" if before or after else f"{length}"
            raise ShapeError(f"kernel_size {self.kernel[i]}{dilated} is larger than the {name} of {padded}")
        if self.rounding == "floor":
            return room // stride + 1
        count = -(-room // stride) + 1
        starts_outside = (count - 1) * stride >= length + before
        keeps_it = self.rounding == "caffe" and not (before or after)
        return count - 1 if starts_outside and not keeps_it else count


def resolve_padding(
    padding: PaddingWord | Axes | Pads,
    axes: Axes,
    kernel: Axes,
    stride: Axes,
    dilation: Axes,
) -> Pads:
    """Padding in numbers, (before, after) per axis.

    `same` pads so that the output is ceil(input / stride), the odd position at the end (TensorFlow's SAME);
    `same_lower` puts it at the beginning (ONNX's SAME_LOWER); `causal` pads everything before (1-D).

    >>> resolve_padding("same", (224,), (3,), (2,), (1,))
    ((0, 1),)
    """
    rank = len(axes)
    if padding == "valid":
        return ((0, 0),) * rank
    if isinstance(padding, str):
        return _padding_by_word(padding, axes, kernel, stride, dilation)
    if padding and isinstance(padding[0], tuple):
        pairs = tuple(p for p in padding if isinstance(p, tuple))
        if len(pairs) != rank:
            raise ShapeError(f"padding has {len(pairs)} pairs, but the input has {_count_axes(rank)}")
        return pairs
    numbers = tuple(p for p in padding if isinstance(p, int))
    return tuple((p, p) for p in per_axis(numbers, rank, "padding"))


def _padding_by_word(word: PaddingWord, axes: Axes, kernel: Axes, stride: Axes, dilation: Axes) -> Pads:
    if word == "causal":
        if len(axes) != 1:
            raise ShapeError(f"padding causal is for 1-D, but the input has {_count_axes(len(axes))}")
        return ((dilation[0] * (kernel[0] - 1), 0),)
    pads: list[tuple[int, int]] = []
    for i, length in enumerate(axes):
        span = dilation[i] * (kernel[i] - 1) + 1
        windows = -(-length // stride[i])
        total = max((windows - 1) * stride[i] + span - length, 0)
        small, large = total // 2, total - total // 2
        pads.append((small, large) if word == "same" else (large, small))
    return tuple(pads)
