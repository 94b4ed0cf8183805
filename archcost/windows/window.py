"""The arithmetic of sliding windows, once, for any number of spatial axes.

A tensor is one sample: a tuple `(channels, *axes)`, without a batch. Everything here works on the axes
alone, as tuples with one entry per axis, so 1-D, 2-D and 3-D are the same code. No other module counts axes.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm, prod
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from archcost.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

Shape = tuple[int, ...]
"""One tensor without its batch: channels, then the spatial axes; `(n,)` is a vector."""

Axes = tuple[int, ...]
"""One number per spatial axis, or a single one that stands for all of them."""

Pads = tuple[tuple[int, int], ...]
"""(before, after) per spatial axis."""

T = TypeVar("T")

CropWord = Literal["same", "same_lower", "valid"]
PaddingWord = Literal["same", "same_lower", "valid", "causal"]
AnyPadding = PaddingWord | Axes | Pads
Rounding = Literal["floor", "ceil", "caffe"]
Border = Literal["constant", "reflect", "replicate", "circular"]

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


def brief(axes: Axes) -> str:
    """One number if all axes agree, else one per axis.

    >>> brief((3, 3)), brief((3, 5))
    ('3', '3×5')
    """
    return show(axes[:1] if len(set(axes)) == 1 else axes)


def per_axis(values: tuple[T, ...], rank: int, name: str) -> tuple[T, ...]:
    """Spread a single value over all axes; refuse a list of the wrong length.

    >>> per_axis((3,), 2, "kernel_size")
    (3, 3)
    """
    if len(values) == rank:
        return values
    if len(values) == 1:
        return values * rank
    is_sides = name == "padding" and len(values) == 2 * rank
    sides = f"; sides are pairs, {[['before', 'after']] * rank}".replace("'", "") if is_sides else ""
    raise ShapeError(f"{name} has {len(values)} values, but the input has {_count_axes(rank)}{sides}")


def _count_axes(rank: int) -> str:
    if rank == 0:
        return "no spatial axes (it is a vector)"
    names = ", ".join(axis_names(rank))
    return f"{rank} spatial ax{'i' if rank == 1 else 'e'}s ({names})"


def spatial(x: Shape, rank: int | None = None, word: str = "") -> Axes:
    """The spatial axes of a tensor that must have some (exactly `rank` of them, if given).

    `word` is what asserts the rank, for the error; the kind's own word needs no naming.
    """
    found = len(x) - 1
    if found == 0:
        raise ShapeError(f"needs spatial axes to slide over; the input is a vector of {x[0]}")
    if rank is not None and found != rank:
        why = f"{word} is written for {rank}-D, but the input {show(x)} has {_count_axes(found)}"
        raise ShapeError(why.lstrip())
    return x[1:]


class Window(NamedTuple):
    """A window sliding over the spatial axes, with every number resolved.

    Dilation comes first: a dilated kernel is a plain one of `span = dilation * (kernel - 1) + 1` positions,
    so each formula below is the undilated one (Dumoulin & Visin 2016, relationship 15).

    Some kinds slide over a *stretched* input: input i stands at `i * stretch`, with nothing in between. So
    transposed convolutions, interpolations and adaptive pools are windows as well (`scattering`,
    `interpolating`, `binning`): output u reads input i if `i * stretch` is one of the positions
    `u * stride - before + dilation * tap`.

    Attributes:
        kernel: taps per axis.
        stride: step between neighbouring outputs, per axis, on the stretched input.
        dilation: step between neighbouring taps, per axis.
        padding: positions added to the stretched input, (before, after) per axis; a negative number crops.
        rounding: what becomes of positions that are left over, see `output`.
        stretch: step between neighbouring inputs, per axis; empty if the input stands as it is.
        skipped: per axis, the taps whose weight is always zero; empty if there are none.
    """

    kernel: Axes
    stride: Axes
    dilation: Axes
    padding: Pads
    rounding: Rounding = "floor"
    stretch: Axes = ()
    skipped: tuple[Axes, ...] = ()

    @property
    def span(self) -> Axes:
        """Positions from the first to the last tap, per axis."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def taps(self) -> int:
        """Taps of the window, over all axes."""
        return prod(self.kernel)

    @property
    def steps(self) -> tuple[Fraction, ...]:
        """Inputs between neighbouring outputs, per axis: below 1 where outputs are denser than inputs."""
        return tuple(Fraction(s, self._stretch(i)) for i, s in enumerate(self.stride))

    def _stretch(self, axis: int) -> int:
        return self.stretch[axis] if self.stretch else 1

    def output(self, axes: Axes) -> Axes:
        """Positions the window takes on each axis.

        floor: `(i + p - span) // s + 1`. ceil: one more when positions are left over, unless that window
        would start in the padding after the input (PyTorch). caffe: the same, but where no axis is padded
        the extra window stays.

        Raises:
            ShapeError: the window is larger than the padded input.

        >>> Window((7, 7), (2, 2), (1, 1), ((3, 3), (3, 3))).output((224, 224))
        (112, 112)
        """
        names = axis_names(len(axes))
        return tuple(self._along(i, length, names[i]) for i, length in enumerate(axes))

    def _along(self, i: int, length: int, name: str) -> int:
        before, after = self.padding[i]
        stride, end = self.stride[i], before + (length - 1) * self._stretch(i) + 1
        room = end + after - self.span[i]
        count = room // stride + 1 if self.rounding == "floor" else -(-room // stride) + 1
        if count < 1:
            raise self._too_large(i, length, name)
        starts_outside = (count - 1) * stride >= end
        drops_it = self.rounding == "ceil" or (self.rounding == "caffe" and any(map(any, self.padding)))
        return count - 1 if starts_outside and drops_it else count

    def _too_large(self, i: int, length: int, name: str) -> ShapeError:
        (before, after), span = self.padding[i], self.span[i]
        dilated = f" (dilated by {self.dilation[i]} to {span})" if span != self.kernel[i] else ""
        padded = f"{length} + {before} + {after} of padding" if before or after else f"{length}"
        return ShapeError(f"kernel_size {self.kernel[i]}{dilated} is larger than the {name} of {padded}")

    def reads(self, axis: int, position: int) -> Sequence[int]:
        """The input positions that one output position reads along an axis, padding included.

        They lie evenly, so they are one range however many there are (unless some taps are skipped). Tap t
        lies at `start + dilation * t` of the stretched input, and hits an input where the stretch divides
        that: at every `stretch / g`-th tap, g the common divisor of stretch and dilation, or nowhere.

        >>> [*Window((3,), (2,), (1,), ((1, 1),)).reads(0, 0)]
        [-1, 0, 1]
        """
        stretch, dilation = self._stretch(axis), self.dilation[axis]
        start = position * self.stride[axis] - self.padding[axis][0]
        shared = gcd(stretch, dilation)
        if start % shared:
            return range(0)
        every = stretch // shared
        tap = -start // shared * pow(dilation // shared, -1, every) % every if every > 1 else 0
        taps = -(-(self.kernel[axis] - tap) // every)
        first, step = (start + dilation * tap) // stretch, dilation // shared
        found = range(first, first + step * max(taps, 0), step)
        skipped = self.skipped[axis] if self.skipped else ()
        return (
            tuple(i for i in found if (i * stretch - start) // dilation not in skipped) if skipped else found
        )

    def around(self, axis: int) -> tuple[Fraction, Fraction]:
        """(first, last): output u reads no input outside of u `steps` further on.

        >>> [float(end) for end in scattering((8, 5), (3,), (2,), (0,)).around(0)]
        [-1.0, 0.0]
        """
        stretch, before = self._stretch(axis), self.padding[axis][0]
        return Fraction(-before, stretch), Fraction(self.span[axis] - 1 - before, stretch)

    def along(self, axis: int) -> tuple[int | Axes, ...]:
        """Everything that decides what is read along one axis."""
        skipped = self.skipped[axis] if self.skipped else ()
        sizes = (self.kernel[axis], self.stride[axis], self.dilation[axis], self.padding[axis][0])
        return (*sizes, self._stretch(axis), skipped)

    def period(self, axis: int) -> tuple[int, int]:
        """(outputs, inputs): so many outputs on, the same pattern is read so many inputs on.

        Outputs at the same place of a period share a phase; over an input that is not stretched all do.

        >>> scattering((8, 5), (3,), (2,), (0,)).period(0)
        (2, 1)
        """
        step = self.steps[axis]
        return step.denominator, step.numerator


def sliding(  # noqa: PLR0913 - one argument per field of the layers that slide
    x: Shape,
    kernel_size: Axes,
    stride: Axes,
    padding: AnyPadding,
    *,
    dilation: Axes = (1,),
    rounding: Rounding = "floor",
) -> Window:
    """The window of a convolution or a pool, from its fields and the tensor that arrives.

    Raises:
        ShapeError: the tensor is a vector, or a field does not fit its axes.

    >>> sliding((3, 224, 224), (3,), (2,), "same").padding
    ((0, 1), (0, 1))
    """
    axes = spatial(x)
    kernel, strides, dilations = _spread(len(axes), kernel_size, stride, dilation)
    pads = resolve_padding(padding, axes, kernel, strides, dilations)
    return Window(kernel, strides, dilations, pads, rounding)


def _spread(rank: int, kernel_size: Axes, stride: Axes, dilation: Axes) -> tuple[Axes, Axes, Axes]:
    return (
        per_axis(kernel_size, rank, "kernel_size"),
        per_axis(stride, rank, "stride"),
        per_axis(dilation, rank, "dilation"),
    )


def scattering(  # noqa: PLR0913 - one argument per field of a transposed convolution
    x: Shape,
    kernel_size: Axes,
    stride: Axes,
    padding: AnyPadding,
    *,
    dilation: Axes = (1,),
    output_padding: Axes = (0,),
) -> Window:
    """The window of a transposed convolution: it slides by 1 over the input stretched by `stride`.

    Every input position is spread over `span` outputs, `stride` further on each time; `padding` crops what
    that gives, `output_padding` adds positions at its end. So an axis has
    `(i - 1) * stride + span - before - after + output_padding` outputs. `same` makes that `i * stride`, by
    cropping (the odd position at the end) or adding; `same_lower` crops the odd one at the beginning.

    Raises:
        ShapeError: padding crops everything, or `output_padding` reaches both stride and dilation.

    >>> scattering((8, 5), (3,), (2,), (1,), output_padding=(1,)).output((5,))
    (10,)
    """
    axes = spatial(x)
    kernel, strides, dilations = _spread(len(axes), kernel_size, stride, dilation)
    extra = per_axis(output_padding, len(axes), "output_padding")
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True))
    if isinstance(padding, str) and padding in {"same", "same_lower"}:
        crops = tuple(_halves(max(k - s, 0), padding) for k, s in zip(spans, strides, strict=True))
        extra = tuple(max(s - k, 0) for k, s in zip(spans, strides, strict=True))
    else:
        crops = resolve_padding(padding, axes, kernel, strides, dilations)
    for i, name in enumerate(axis_names(len(axes))):
        _check_extra(extra[i], strides[i], dilations[i])
        _check_crop(crops[i], (axes[i] - 1) * strides[i] + spans[i], extra[i], name)
    pads = tuple((k - 1 - b, k - 1 - a + e) for k, (b, a), e in zip(spans, crops, extra, strict=True))
    return Window(kernel, (1,) * len(axes), dilations, pads, stretch=strides)


def _check_extra(extra: int, stride: int, dilation: int) -> None:
    if extra and extra >= max(stride, dilation):
        raise ShapeError(f"output_padding {extra} must be less than stride {stride} or dilation {dilation}")


def _check_crop(crop: tuple[int, int], full: int, extra: int, name: str) -> None:
    before, after = crop
    if full + extra <= before + after:
        raise ShapeError(f"padding {before} + {after} crops all {full + extra} positions of the {name}")


def put_back(window: Window, positions: Axes, axes: Axes) -> Window:
    """The window that puts back what `window` took at `positions` from `axes`: each input where it was read.

    >>> back = put_back(sliding((1, 5), (3,), (2,), (1,)), (3,), (5,))
    >>> [[*back.reads(0, u)] for u in range(5)]
    [[0], [0, 1], [1], [1, 2], [2]]
    """
    befores = [span - 1 - before for span, (before, _) in zip(window.span, window.padding, strict=True)]
    afters = (
        n - 1 + before - (count - 1) * s
        for n, (before, _), count, s in zip(axes, window.padding, positions, window.stride, strict=True)
    )
    pads = tuple(zip(befores, afters, strict=True))
    return Window(window.kernel, (1,) * len(axes), window.dilation, pads, stretch=window.stride)


def leaves_over(window: Window, positions: Axes, axes: Axes) -> bool:
    """Whether some of `axes` lie behind the last of the windows at `positions`, where the next would begin.

    >>> window = sliding((1, 5), (2,), (2,), (0,))
    >>> leaves_over(window, (2,), (5,)), leaves_over(window, (2,), (4,))
    (True, False)
    """
    lines = zip(window.padding, window.span, window.stride, positions, axes, strict=True)
    return any((count - 1) * s + max(span, s) - before < n for (before, _), span, s, count, n in lines)


def reached(axes: Axes, window: Window) -> Axes:
    """Positions that at least one product of a transposed convolution lands on, per axis, before cropping.

    Products of input i land on `i * stretch + dilation * tap`. Neighbours on one position differ by
    `dilation / g` in their inputs and by `stretch / g` in their taps (g the common divisor), so of all pairs
    (input, tap) only those without such a neighbour before them reach a position of their own.

    >>> reached((3,), scattering((1, 3), (2,), (3,), (0,)))
    (6,)
    """
    positions: list[int] = []
    for length, k, s, d in zip(axes, window.kernel, window.stretch, window.dilation, strict=True):
        shared = gcd(s, d)
        positions.append(length * k - max(length - d // shared, 0) * max(k - s // shared, 0))
    return tuple(positions)


class _AxisWindow(NamedTuple):
    """A window along one axis of which both sizes are given."""

    kernel: int
    stride: int
    stretch: int
    before: int
    skipped: Axes = ()

    def padding(self, length: int, size: int) -> tuple[int, int]:
        """What has to stand around `length` inputs so that there are `size` outputs."""
        covered = (size - 1) * self.stride + self.kernel
        return self.before, covered - self.before - (length - 1) * self.stretch - 1


def _between(lines: Sequence[_AxisWindow], axes: Axes, sizes: Axes) -> Window:
    """The window with these lines that makes `sizes` of `axes`."""
    return Window(
        kernel=tuple(line.kernel for line in lines),
        stride=tuple(line.stride for line in lines),
        dilation=(1,) * len(axes),
        padding=tuple(line.padding(i, o) for line, i, o in zip(lines, axes, sizes, strict=True)),
        stretch=tuple(line.stretch for line in lines),
        skipped=tuple(line.skipped for line in lines),
    )


def binning(axes: Axes, sizes: Axes) -> Window:
    """The window of an adaptive pool: bin u is `floor(u * i / o)` up to, not with, `ceil((u + 1) * i / o)`.

    Where the sizes divide, that is a plain window of `i / o` positions; elsewhere bins overlap by one.

    >>> window = binning((5,), (3,))
    >>> [[*window.reads(0, u)] for u in range(3)]
    [[0, 1], [1, 2, 3], [3, 4]]
    """
    steps = [Fraction(i, o) for i, o in zip(axes, sizes, strict=True)]
    lines = [_AxisWindow(p + q - 1, p, q, q - 1) for p, q in (step.as_integer_ratio() for step in steps)]
    return _between(lines, axes, sizes)


def bin_reads(axes: Axes, sizes: Axes) -> Axes:
    """Positions that all bins of an adaptive pool read together, per axis: `i + o - gcd(i, o)`.

    Summing the bins' ends and starts leaves i for the bins side by side, and one more for each of the
    `o - gcd(i, o)` places where a boundary falls inside a position, which both neighbours then read.

    >>> bin_reads((5, 6), (3, 3))
    (7, 6)
    """
    return tuple(i + o - gcd(i, o) for i, o in zip(axes, sizes, strict=True))


def interpolating(
    axes: Axes, sizes: Axes, scales: tuple[Fraction, ...], radius: int, *, align_corners: bool = False
) -> Window:
    """The window of a resize, per axis from i inputs to o outputs with `scale` (o / i unless it was given).

    Output u lies at `(u + 1/2) / scale - 1/2` of the input, with `align_corners` at `u * (i - 1) / (o - 1)`,
    and reads the inputs closer than `radius` to it: 1 for linear, 2 for cubic (Keys 1981). At radius 0 it
    takes the one at `floor(u / scale)`: nearest. These are PyTorch's rules.

    >>> window = interpolating((4,), (8,), (Fraction(2),), radius=1)
    >>> [[*window.reads(0, u)] for u in range(4)]
    [[-1, 0], [0, 1], [0, 1], [1, 2]]
    """
    pairs = zip(axes, sizes, scales, strict=True)
    return _between([_resize(i, o, scale, radius, align_corners) for i, o, scale in pairs], axes, sizes)


def _resize(length: int, size: int, scale: Fraction, radius: int, align_corners: bool) -> _AxisWindow:
    step = 1 / scale
    if radius == 0 or length == 1:  # a single position has no neighbour to blend with
        p, q = step.as_integer_ratio()
        return _AxisWindow(q, p, q, q - 1)
    offset = (step - 1) / 2
    if align_corners:
        step, offset = Fraction(length - 1, max(size - 1, 1)), Fraction(0)
    stretch = lcm(step.denominator, offset.denominator)
    reach = radius * stretch - 1
    # The cubic is zero one position away from its centre.
    skipped = (reach - stretch, reach + stretch) if radius == 2 else ()
    before = reach - (offset * stretch).numerator
    return _AxisWindow(2 * reach + 1, (step * stretch).numerator, stretch, before, skipped)


def resolve_padding(
    padding: AnyPadding,
    axes: Axes,
    kernel: Axes,
    stride: Axes,
    dilation: Axes,
) -> Pads:
    """Padding in numbers, (before, after) per axis.

    `same` pads so that the output is ceil(input / stride), the odd position at the end (TensorFlow's SAME);
    `same_lower` puts it at the beginning (ONNX's SAME_LOWER); `causal` pads everything before (1-D).

    Raises:
        ShapeError: there are more or fewer values than axes, or `causal` is given beyond 1-D.

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
            some = "1 pair" if len(pairs) == 1 else f"{len(pairs)} pairs"
            raise ShapeError(f"padding has {some}, but the input has {_count_axes(rank)}")
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
        pads.append(_halves(max((windows - 1) * stride[i] + span - length, 0), word))
    return tuple(pads)


def _halves(total: int, word: PaddingWord) -> tuple[int, int]:
    small, large = total // 2, total - total // 2
    return (small, large) if word == "same" else (large, small)
