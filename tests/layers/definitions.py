"""What kinds compute, one number at a time: their definitions in plain Python, for the rows of the tables.

A definition is asked for the number at one place of the output, and is given the tensors that arrive and, by
name, those that are learned or kept. Nothing here uses archcost: strides and paddings stand in the rows.
"""

from __future__ import annotations

import math
from itertools import product, zip_longest
from math import ceil, comb, exp, floor, inf, log, prod, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archcost.execute.arrays import Array

    Value: TypeAlias = (
        Callable[["Index"], float]
        | Callable[["Index", Array], float]
        | Callable[["Index", Array, Array], float]
        | Callable[["Index", Array, Array, Array], float]
        | Callable[["Index", Array, Array, Array, Array], float]
    )
    """`value(at, x, weight)`: the number at index `at` of the output, of as many tensors as there are."""

    Counterpart: TypeAlias = (
        Callable[[], Any]
        | Callable[[Any], Any]
        | Callable[[Any, Any], Any]
        | Callable[[Any, Any, Any], Any]
        | Callable[[Any, Any, Any, Any], Any]
        | Callable[[Any, Any, Any, Any, Any], Any]
    )
    """`torch(x, weight)`: the output in PyTorch, of as many tensors as there are, inputs with a leading 1."""

Index: TypeAlias = tuple[int, ...]
Each: TypeAlias = int | Index
"""One number for every axis, or one each."""


def per_axis(n: Each, rank: int) -> Index:
    return (n,) * rank if isinstance(n, int) else n


def boxes(sizes: Iterable[int]) -> product[Index]:
    return product(*map(range, sizes))


def read(x: Array, *place: int, beyond: float = 0.0) -> float:
    """An element; around the tensor there is padding."""
    inside = all(0 <= p < n for p, n in zip(place, x.shape, strict=True))
    return float(x[place]) if inside else beyond


class Slide(NamedTuple):
    """How a window slides: `before` is the padding before an axis."""

    stride: Each = 1
    dilation: Each = 1
    before: Each = 0

    def under(self, position: Sequence[int], tap: Sequence[int]) -> Index:
        """The place that a tap reads."""
        numbers = (per_axis(n, len(tap)) for n in self)
        return tuple(p * s + t * d - b for p, t, s, d, b in zip(position, tap, *numbers, strict=True))


ONE_BY_ONE = Slide()


# -- convolutions -----------------------------------------------------------------------------------------


def convolution(
    slide: Slide = ONE_BY_ONE, *, groups: int = 1, keeps: Callable[[Index], bool] = lambda _: True
) -> Value:
    """Of taps that are not kept nothing is read."""

    def value(at: Index, x: Array, weight: Array, bias: Array | None = None) -> float:
        o, *position = at
        first = o // (len(weight) // groups) * weight.shape[1]
        products = (
            float(weight[o, c, *tap]) * read(x, first + c, *slide.under(position, tap))
            for c, *tap in boxes(weight.shape[1:])
            if keeps(tuple(tap))
        )
        return sum(products) + (0 if bias is None else bias[o])

    return value


def sliding_template(*, groups: int = 1) -> Value:
    """Each group of channels is compared with as many of the template, wherever that fits."""

    def value(at: Index, x: Array, template: Array) -> float:
        o, *position = at
        share = len(x) // groups
        first = o // (len(template) // share // groups) * share
        return sum(
            float(template[o * share + c, *tap]) * read(x, first + c, *ONE_BY_ONE.under(position, tap))
            for c, *tap in boxes((share, *template.shape[1:]))
        )

    return value


def depthwise(slide: Slide = ONE_BY_ONE, *, multiplier: int = 1) -> Value:
    def value(at: Index, x: Array, weight: Array, bias: Array | None = None) -> float:
        o, *position = at
        products = (
            float(weight[o, 0, *tap]) * read(x, o // multiplier, *slide.under(position, tap))
            for tap in boxes(weight.shape[2:])
        )
        return sum(products) + (0 if bias is None else bias[o])

    return value


def linked(connections: Sequence[Sequence[int]]) -> Value:
    """A convolution without padding whose output channel o reads only the channels of `connections[o]`."""

    def value(at: Index, x: Array, weight: Array, bias: Array) -> float:
        o, *position = at
        kernels = weight[sum(map(len, connections[:o])) :]
        products = (
            float(kernel[tap]) * read(x, channel, *ONE_BY_ONE.under(position, tap))
            for channel, kernel in zip(connections[o], kernels, strict=False)
            for tap in boxes(kernel.shape)
        )
        return sum(products) + bias[o]

    return value


def spread(slide: Slide = ONE_BY_ONE, *, groups: int = 1) -> Value:
    """A transposed convolution: the input at i is spread over the outputs that a convolution reads from i."""

    def value(at: Index, x: Array, weight: Array, bias: Array | None = None) -> float:
        o, *position = at
        stride = per_axis(slide.stride, len(position))
        share, each = weight.shape[1], len(x) // groups
        total = 0.0 if bias is None else float(bias[o])
        for tap in boxes(weight.shape[2:]):
            offset = slide.under([0] * len(tap), tap)
            moved = [p - q for p, q in zip(position, offset, strict=True)]
            if all(m % s == 0 for m, s in zip(moved, stride, strict=True)):
                place = [m // s for m, s in zip(moved, stride, strict=True)]
                for c in range(o // share * each, (o // share + 1) * each):
                    total += float(weight[c, o % share, *tap]) * read(x, c, *place)
        return total

    return value


def between(x: Array, channel: int, place: Sequence[float]) -> float:
    """What lies at a place between elements: the nearer an element, the more of it."""
    corners = product(*((floor(p), floor(p) + 1) for p in place))
    return sum(
        read(x, channel, *corner) * prod(1 - abs(p - c) for p, c in zip(place, corner, strict=True))
        for corner in corners
    )


def deformable(slide: Slide = ONE_BY_ONE, *, groups: int = 1, deform_groups: int = 1) -> Value:
    def value(  # noqa: PLR0913, PLR0917 - what arrives and what is learned
        at: Index,
        x: Array,
        offsets: Array,
        mask: Array | None = None,
        weight: Array | None = None,
        bias: Array | None = None,
    ) -> float:
        assert weight is not None
        (o, *position), total = at, 0.0 if bias is None else float(bias[at[0]])
        taps = list(boxes(weight.shape[2:]))
        for c, (t, tap) in product(range(weight.shape[1]), enumerate(taps)):
            channel = o // (len(weight) // groups) * weight.shape[1] + c
            point = channel // (len(x) // deform_groups) * len(taps) + t
            moves = [offsets[point * len(tap) + axis, *position] for axis in range(len(tap))]
            place = [p + float(m) for p, m in zip(slide.under(position, tap), moves, strict=True)]
            shown = 1.0 if mask is None else float(mask[point, *position])
            total += float(weight[o, c, *tap]) * shown * between(x, channel, place)
        return total

    return value


# -- weights that are made of others ----------------------------------------------------------------------


def parametrized(rule: Callable[..., Array], value: Callable[..., float]) -> Callable[..., float]:
    """What a layer gives with a weight that a rule makes of what is learned and kept."""

    def of_parts(at: Index, x: Array, weight: Array, bias: Array | None = None, **parts: Array) -> float:
        rest = {} if bias is None else {"bias": bias}
        return value(at, x, rule(weight, **parts), **rest)

    return of_parts


def by_length(weight: Array, gain: Array) -> Array:
    made = weight.copy()
    for i, numbers in enumerate(weight):
        made[i] *= float(gain[i]) / math.hypot(*map(float, numbers.ravel()))
    return made


def by_singular_value(rows: int = 0) -> Callable[[Array, Array, Array], Array]:
    """Of the matrix whose rows are an axis: the columns are numbered through the other axes in order."""

    def rule(weight: Array, left: Array, right: Array) -> Array:
        lines = [weight.take(i, rows).ravel() for i in range(weight.shape[rows])]
        products = (
            float(a) * float(n) * float(b)
            for a, line in zip(left, lines, strict=True)
            for n, b in zip(line, right, strict=True)
        )
        return weight / sum(products)

    return rule


def by_statistics(weight: Array, gain: Array | None = None, eps: float = 1e-6) -> Array:
    """Mean 0 and variance 1 for every output; with a gain, the length is that."""
    made = weight.copy()
    for i, kernel in enumerate(weight):
        numbers = [float(n) for n in kernel.ravel()]
        middle = average(numbers)
        spread = sqrt(average([(n - middle) ** 2 for n in numbers]) + eps)
        scale = 1.0 if gain is None else float(gain[i]) / sqrt(len(numbers))
        made[i] = (kernel - middle) / spread * scale
    return made


def summed_taps(slide: Slide = ONE_BY_ONE, *, kernel: Index, deform_groups: int = 1) -> Value:
    """Each tap where its offset leads, times its number of the mask."""

    def value(at: Index, x: Array, offsets: Array, mask: Array) -> float:
        (channel, *position), total = at, 0.0
        for t, tap in enumerate(taps := list(boxes(kernel))):
            point = channel // (len(x) // deform_groups) * len(taps) + t
            moves = [offsets[point * len(tap) + axis, *position] for axis in range(len(tap))]
            place = [p + float(m) for p, m in zip(slide.under(position, tap), moves, strict=True)]
            total += float(mask[point, *position]) * between(x, channel, place)
        return total

    return value


# -- pools ------------------------------------------------------------------------------------------------


def covered(at: Index, kernel: Each, slide: Slide) -> list[Index]:
    """The places that a window covers, those in the padding, too."""
    channel, *position = at
    taps = boxes(per_axis(kernel, len(position)))
    return [(channel, *slide.under(position, tap)) for tap in taps]


def largest(kernel: Each, slide: Slide) -> Value:
    return lambda at, x: max(read(x, *place, beyond=-inf) for place in covered(at, kernel, slide))


def mean(kernel: Each, slide: Slide, *, of_padding: bool = True) -> Value:
    def value(at: Index, x: Array) -> float:
        found = [read(x, *place, beyond=0.0 if of_padding else inf) for place in covered(at, kernel, slide)]
        kept = [one for one in found if one != inf]
        return sum(kept) / len(kept)

    return value


def blurred(kernel: Each, slide: Slide, *, mirrored: bool = True) -> Value:
    """Binomial weights, axis by axis: (1 1), (1 2 1), (1 3 3 1) and so on. Borders are mirrors."""

    def value(at: Index, x: Array) -> float:
        channel, *position = at
        sizes, total = per_axis(kernel, len(position)), 0.0
        for tap in boxes(sizes):
            place = list(slide.under(position, tap))
            if mirrored:
                place = [n - 1 - abs(n - 1 - abs(p)) for p, n in zip(place, x.shape[1:], strict=True)]
            share = prod(comb(k - 1, t) for k, t in zip(sizes, tap, strict=True)) / prod(
                2 ** (k - 1) for k in sizes
            )
            total += share * read(x, channel, *place)
        return total

    return value


def binned(take: Callable[[list[float]], float], *bins: int) -> Value:
    """So many bins per axis, from floor(u·n / bins) up to ceil((u + 1)·n / bins)."""

    def value(at: Index, x: Array) -> float:
        channel, *position = at
        ranges = (
            range(floor(u * n / o), ceil((u + 1) * n / o))
            for u, n, o in zip(position, x.shape[1:], bins, strict=True)
        )
        return take([float(x[channel, *place]) for place in product(*ranges)])

    return value


def average(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


# -- reductions -------------------------------------------------------------------------------------------


def reduced(take: Callable[[list[float]], float], *axes: int, kept: bool = False) -> Value:
    """Of all elements along some axes, which are dropped, or kept at size 1."""

    def value(at: Index, x: Array) -> float:
        left = iter(at)
        fixed = {axis: next(left) for axis in range(x.ndim) if kept or axis not in axes}
        ranges = ([fixed[axis]] if axis not in axes else range(n) for axis, n in enumerate(x.shape))
        return take([float(x[place]) for place in product(*ranges)])

    return value


# -- products with a matrix -------------------------------------------------------------------------------


def linear(at: Index, x: Array, weight: Array, bias: Array | None = None) -> float:
    """At every position; the one of a pooled map is none."""
    o, *position = at
    place = position or [0] * (x.ndim - 1)
    products = (float(weight[o, i]) * float(x[i, *place]) for i in range(len(x)))
    return sum(products) + (0 if bias is None else bias[o])


def best_piece(pieces: int) -> Value:
    return lambda at, x: max(x[at[0] * pieces + piece, *at[1:]] for piece in range(pieces))


def looked_up(at: Index, x: Array, weight: Array) -> float:
    return float(weight[int(x.ravel()[at[1]]), at[0]])


def entry(x: Array, heads: int, head: int, place: Index, *, turned: bool) -> float:
    """Of the matrix of a head; tokens are `(channels / heads, length)` per head."""
    row, column = place[::-1] if turned else place
    return float(x[head, row, column] if x.ndim == 3 else x[head * (len(x) // heads) + row, column])


def matrices(
    *, heads: int, terms: int, turn_a: bool = False, turn_b: bool = False
) -> Callable[[Index, Array, Array], float]:
    """Matrices of matrices, or of tokens."""

    def value(at: Index, a: Array, b: Array) -> float:
        head, row, column = at
        return sum(
            entry(a, heads, head, (row, k), turned=turn_a) * entry(b, heads, head, (k, column), turned=turn_b)
            for k in range(terms)
        )

    return value


def tokens(  # noqa: PLR0913 - what a product of matrices is
    *, heads: int, terms: int, channels: int, last: bool, turn_a: bool = False, turn_b: bool = False
) -> Value:
    """Tokens of matrices and tokens: so many channels per head, the first or the last axis of the product."""
    of_heads = matrices(heads=heads, terms=terms, turn_a=turn_a, turn_b=turn_b)

    def value(at: Index, a: Array, b: Array) -> float:
        head, channel = divmod(at[0], channels)
        return of_heads((head, at[1], channel) if last else (head, channel, at[1]), a, b)

    return value


def einstein(equation: str) -> Callable[[Index, Array, Array], float]:
    """Products of elements that agree in every letter of both, summed over the letters that do not leave."""
    left, right, leaving = equation.replace("->", ",").split(",")

    def value(at: Index, a: Array, b: Array) -> float:
        sizes = dict(zip(left + right, a.shape + b.shape, strict=True))
        known = dict(zip(leaving, at, strict=True))
        summed = sorted(set(left + right) - set(leaving))
        total = 0.0
        for numbers in boxes(sizes[c] for c in summed):
            of = known | dict(zip(summed, numbers, strict=True))
            total += float(a[tuple(of[c] for c in left)]) * float(b[tuple(of[c] for c in right)])
        return total

    return value


def displaced(distance: int, step: int = 1, *, mean: bool = True) -> Value:
    """Products with the second map as far away as the channel says, row by row."""

    def value(at: Index, a: Array, b: Array) -> float:
        channel, *place = at
        moves = product(range(-(distance // step) * step, distance + 1, step), repeat=len(place))
        moved = [p + m for p, m in zip(place, list(moves)[channel], strict=True)]
        total = sum(float(a[c, *place]) * read(b, c, *moved) for c in range(len(a)))
        return total / len(a) if mean else total

    return value


# -- resizing ---------------------------------------------------------------------------------------------


def tent(distance: float) -> float:
    return max(0.0, 1 - distance)


def keys(d: float) -> float:
    """Keys 1981 with a slope of -3/4, as it is printed."""
    if d < 1:
        return 1.25 * d**3 - 2.25 * d**2 + 1
    return -0.75 * d**3 + 3.75 * d**2 - 6 * d + 3 if d < 2 else 0.0


def resized(coordinate: Callable[[int], float], weight_of: Callable[[float], float] = tent) -> Value:
    """A weighted mean of what is around a coordinate on every axis; the outermost element goes on forever."""

    def value(at: Index, x: Array) -> float:
        channel, *position = at
        centres = [coordinate(u) for u in position]
        around = product(*(range(floor(c) - 1, floor(c) + 3) for c in centres))
        total = 0.0
        for places in around:
            weight = prod(weight_of(abs(p - c)) for p, c in zip(places, centres, strict=True))
            near = [min(max(p, 0), n - 1) for p, n in zip(places, x.shape[1:], strict=True)]
            total += weight * float(x[channel, *near])
        return total

    return value


# -- sampling ---------------------------------------------------------------------------------------------


def of_grid(*, nearest: bool = False, border: bool = False, corners: bool = False, groups: int = 1) -> Value:
    """Coordinates run from -1 to 1, the last axis first: between edges of an axis, or outermost middles."""

    def value(at: Index, x: Array, grid: Array) -> float:
        channel, *position = at
        place: list[float] = []
        axes = x.ndim - 1
        first = channel // (len(x) // groups) * axes
        given = [float(c) for c in grid[(slice(first, first + axes), *position)]]
        for n, c in zip(x.shape[1:], reversed(given), strict=True):
            at_axis = (c + 1) / 2 * (n - 1) if corners else (c + 1) / 2 * n - 0.5
            place.append(min(max(at_axis, 0.0), n - 1.0) if border else at_axis)
        return read(x, channel, *map(round, place)) if nearest else between(x, channel, place)

    return value


def affine(*, corners: bool = False) -> Value:
    """Coordinates from -1 to 1 of the output, the last axis first, in an affine map."""

    def value(at: Index, theta: Array, size: Index = (3, 4)) -> float:
        row, *position = at
        numbers = [float(n) for n in theta.ravel()][3 * row : 3 * row + 3]
        ends = [
            (2 * p / (n - 1) - 1) if corners else (2 * p + 1) / n - 1
            for p, n in zip(position, size, strict=True)
        ]
        return numbers[0] * ends[1] + numbers[1] * ends[0] + numbers[2]

    return value


def binned_region(
    *bins: int, samples: int, scale: float = 1.0, shift: float = 0.0, smallest: float = 0.0
) -> Value:
    """The mean of samples at the middles of equal parts of a bin; borders go on for one position."""

    def value(at: Index, x: Array, boxes_: Array) -> float:
        channel, region, *bin_ = at
        ends = [float(end) * scale - shift for end in boxes_[:, region]]
        total = 0.0
        for sample in boxes((samples, samples)):
            place: list[float] = []
            for axis, (u, s) in enumerate(zip(bin_, sample, strict=True)):
                first, last = ends[1 - axis], ends[3 - axis]
                span = max(last - first, smallest) if smallest else last - first
                place.append(first + (u + (s + 0.5) / samples) * span / bins[axis])
            if all(-1 <= p <= n for p, n in zip(place, x.shape[1:], strict=True)):
                kept = [min(max(p, 0.0), n - 1.0) for p, n in zip(place, x.shape[1:], strict=True)]
                total += between(x, channel, kept)
        return total / samples**2

    return value


# -- normalisation ----------------------------------------------------------------------------------------


def batch_normalized(eps: float) -> Value:
    def value(at: Index, x: Array, **of: Array) -> float:
        channel = at[0]
        means, variances = of.get("running_mean"), of.get("running_var")
        distance = x[at] - (means[channel] if means is not None else 0)
        spread = sqrt((variances[channel] if variances is not None else 1) + eps)
        scaled = distance / spread * (of["weight"][channel] if "weight" in of else 1)
        return scaled + (of["bias"][channel] if "bias" in of else 0)

    return value


def standardized(
    members: Callable[[Index], Iterable[Index]],
    learned: Callable[[Index], Index] = lambda at: at[:1],
    eps: float = 1e-5,
) -> Value:
    """Less the mean of its set, over its deviation; weight and bias are read at an index of their own."""

    def value(at: Index, x: Array, weight: Array | None = None, bias: Array | None = None) -> float:
        numbers = [float(x[place]) for place in members(at)]
        middle = average(numbers)
        variance = average([(n - middle) ** 2 for n in numbers])
        y = (float(x[at]) - middle) / sqrt(variance + eps)
        y = y if weight is None else y * float(weight[learned(at)])
        return y if bias is None else y + float(bias[learned(at)])

    return value


def shortened(
    members: Callable[[Index], Iterable[Index]],
    length: Callable[[list[float]], float],
    learned: Callable[[Index], Index] = lambda at: at[:1],
) -> Value:
    """Over the length of its set; a weight is read at an index of its own."""

    def value(at: Index, x: Array, weight: Array | None = None) -> float:
        y = float(x[at]) / length([float(x[place]) for place in members(at)])
        return y if weight is None else y * float(weight[learned(at)])

    return value


def root_mean_square(eps: float) -> Callable[[list[float]], float]:
    return lambda numbers: sqrt(average([n * n for n in numbers]) + eps)


def globally_answered(at: Index, x: Array, weight: Array, bias: Array) -> float:
    """Algorithm 1 of ConvNeXt V2."""
    norms = [math.hypot(*map(float, channel.ravel())) for channel in x]
    share = norms[at[0]] / (average(norms) + 1e-6)
    return float(weight[at[0]]) * (float(x[at]) * share) + float(bias[at[0]]) + float(x[at])


def local_response(size: int, alpha: float, beta: float, k: float) -> Value:
    """`size` channels around are summed, as many before as behind."""

    def value(at: Index, x: Array) -> float:
        channel, *position = at
        near = range(channel - size // 2, channel + size // 2 + 1)
        squares = sum(read(x, c, *position) ** 2 for c in near)
        return float(x[at]) / (k + alpha / size * squares) ** beta

    return value


# -- activations ------------------------------------------------------------------------------------------


def logistic(x: float) -> float:
    return 1 / (1 + exp(-x))


MEANING: dict[str, Callable[[float], float]] = {
    "relu": lambda x: (x + abs(x)) / 2,
    "relu6": lambda x: sorted((0, x, 6))[1],
    "leaky_relu": lambda x: x if x > 0 else x / 100,
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "gelu": lambda x: x * NormalDist().cdf(x),
    "silu": lambda x: x * logistic(x),
    "mish": lambda x: x * math.tanh(math.log1p(exp(x))),
    "sigmoid": logistic,
    "tanh": math.tanh,
    "softplus": lambda x: math.log1p(exp(x)),
    "rrelu": lambda x: x if x > 0 else x * 11 / 48,
    "celu": lambda x: x if x > 0 else math.expm1(x),
    "gelu_tanh": lambda x: x * logistic(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)),
    "quick_gelu": lambda x: x * logistic(1.702 * x),
    "log_sigmoid": lambda x: -math.log1p(exp(-x)),
    "tanh_shrink": lambda x: x - math.tanh(x),
    "hard_tanh": lambda x: sorted((-1, x, 1))[1],
    "hard_shrink": lambda x: 0 if -0.5 <= x <= 0.5 else x,
    "soft_shrink": lambda x: max(0, abs(x) - 0.5) * math.copysign(1, x),
    "softsign": lambda x: x / (1 + abs(x)),
    "hard_sigmoid": lambda x: 0 if x < -3 else 1 if x > 3 else (x + 3) / 6,
    "hard_swish": lambda x: 0 if x < -3 else x if x > 3 else x * (x + 3) / 6,
}
"""The functions that people mean."""


def elementwise(function: Callable[[float], float]) -> Value:
    return lambda at, x: function(float(x[at]))


def sloped(at: Index, x: Array, weight: Array) -> float:
    """PReLU, with one slope or one per channel."""
    slope = weight[at[0] if len(weight) > 1 else 0]
    return float(x[at] if x[at] > 0 else slope * x[at])


def share(axis: int = 0) -> Callable[[Index, Array], float]:
    """Softmax."""

    def value(at: Index, x: Array) -> float:
        line = (float(x[(*at[:axis], i, *at[axis + 1 :])]) for i in range(x.shape[axis]))
        return exp(x[at]) / sum(map(exp, line))

    return value


def log_share(at: Index, x: Array) -> float:
    return log(share()(at, x))


# -- elements that only move, and merges ------------------------------------------------------------------


def same(at: Index, x: Array) -> float:
    return float(x[at])


def renumbered(*sizes: int) -> Value:
    """The elements in order, the last axis first, under another shape: this one leaves."""

    def value(at: Index, x: Array) -> float:
        number = sum(i * prod(sizes[axis + 1 :]) for axis, i in enumerate(at))
        places = (number // prod(x.shape[axis + 1 :]) % n for axis, n in enumerate(x.shape))
        return float(x[tuple(places)])

    return value


def shifted(*by: int) -> Value:
    """Read so far behind the place; zeros beyond."""
    return lambda at, x: read(x, *(i + n for i, n in zip(at, by, strict=True)))


def repeated(x: Array, at: Index) -> float:
    """An axis of size 1 has its element everywhere."""
    return float(x[tuple(i if n > 1 else 0 for i, n in zip(at, x.shape, strict=True))])


def merged(take: Callable[[list[float]], float]) -> Callable[..., float]:
    def value(at: Index, *xs: Array) -> float:
        return take([repeated(x, at) for x in xs])

    return value


def joined(axis: int = 0) -> Value:
    def value(at: Index, *xs: Array) -> float:
        first = 0
        for x in xs:
            if at[axis] < first + x.shape[axis]:
                return float(x[(*at[:axis], at[axis] - first, *at[axis + 1 :])])
            first += x.shape[axis]
        raise IndexError(at)

    return value


# -- recurrent layers -------------------------------------------------------------------------------------


def lstm_unit(x: Sequence[float], h: Sequence[float], cell: float) -> tuple[float, float]:
    i, f, g, o = (a + b for a, b in zip(x, h, strict=True))
    cell = logistic(f) * cell + logistic(i) * math.tanh(g)
    return logistic(o) * math.tanh(cell), cell


def gru_unit(x: Sequence[float], h: Sequence[float], before: float) -> tuple[float, float]:
    reset, update = (logistic(a + b) for a, b in zip(x[:2], h[:2], strict=True))
    new = math.tanh(x[2] + reset * h[2])
    hidden = update * before + (1 - update) * new
    return hidden, hidden


def tanh_unit(x: Sequence[float], h: Sequence[float], _: float) -> tuple[float, float]:
    return math.tanh(x[0] + h[0]), 0.0


def relu_unit(x: Sequence[float], h: Sequence[float], _: float) -> tuple[float, float]:
    return max(0.0, x[0] + h[0]), 0.0


Unit: TypeAlias = "Callable[[Sequence[float], Sequence[float], float], tuple[float, float]]"
"""What a unit gives and keeps, of the parts of its gates' sums and of what it kept."""


def product_with(matrix: Array, vector: Sequence[float], bias: Array | None = None) -> list[float]:
    found = [sum(float(w) * v for w, v in zip(row, vector, strict=True)) for row in matrix]
    return found if bias is None else [a + float(b) for a, b in zip(found, bias, strict=True)]


def one_way(unit: Unit, steps: Sequence[list[float]], of: dict[str, Array]) -> list[list[float]]:
    """A layer over the steps in this order; the weights without the end of their names."""
    units = of["weight_hr"].shape[1] if "weight_hr" in of else of["weight_hh"].shape[1]
    left, kept, given = [0.0] * of["weight_hh"].shape[1], [0.0] * units, list[list[float]]()
    for step in steps:
        x = product_with(of["weight_ih"], step, of.get("bias_ih"))
        h = product_with(of["weight_hh"], left, of.get("bias_hh"))
        found = [unit(x[k::units], h[k::units], kept[k]) for k in range(units)]
        left, kept = [one for one, _ in found], [one for _, one in found]
        left = product_with(of["weight_hr"], left) if "weight_hr" in of else left
        given.append(left)
    return given


def recurrent(unit: Unit, *, layers: int = 1, both: bool = False) -> Value:
    def value(at: Index, x: Array, **tensors: Array) -> float:
        steps = [[float(n) for n in column] for column in x.T]
        for layer in range(layers):
            ends = (f"_l{layer}", f"_l{layer}_reverse")
            ways = [{n.removesuffix(e): w for n, w in tensors.items() if n.endswith(e)} for e in ends]
            there = one_way(unit, steps, ways[0])
            back = one_way(unit, steps[::-1], ways[1])[::-1] if both else []
            steps = [a + b for a, b in zip_longest(there, back, fillvalue=list[float]())]
        return steps[at[1]][at[0]]

    return value


def scanned(*, groups: int = 1) -> Value:
    """Channel by channel, and each of the numbers it keeps by itself."""

    def value(at: Index, x: Array, delta: Array, b: Array, c: Array, **learned: Array) -> float:
        k, last = at
        states, first = learned["A_log"].shape[1], k // (len(x) // groups) * (len(b) // groups)
        y = float(learned["D"][k] * x[at]) if "D" in learned else 0.0
        for n in range(states):
            kept = 0.0
            for t in range(last + 1):
                dt = math.log1p(exp(float(delta[k, t])))
                kept *= exp(-dt * exp(float(learned["A_log"][k, n])))
                kept += dt * float(b[first + n, t]) * float(x[k, t])
            y += kept * float(c[first + n, last])
        return y

    return value


# -- patches ----------------------------------------------------------------------------------------------


def patches(kernel: Index, windows: Index, slide: Slide) -> Value:
    """Channel `c * taps + t` of window w is tap t of channel c under it."""

    def value(at: Index, x: Array) -> float:
        channel, tap = divmod(at[0], prod(kernel))
        return read(x, channel, *slide.under(place_of(at[1], windows), place_of(tap, kernel)))

    return value


def patches_put_back(kernel: Index, windows: Index, slide: Slide) -> Value:
    """The sum of all that stands for a place in some window."""

    def value(at: Index, x: Array) -> float:
        return sum(
            float(x[at[0] * prod(kernel) + t, w])
            for t, tap in enumerate(boxes(kernel))
            for w, position in enumerate(boxes(windows))
            if slide.under(position, tap) == at[1:]
        )

    return value


def place_of(number: int, sizes: Index) -> Index:
    """Where something stands whose number counts row by row."""
    return [*boxes(sizes)][number]


def put_back_to_the_largest(kernel: int, stride: int, before: int) -> Value:
    """The number of the window around a place, if that is where the largest stands, the first of equals."""

    def value(at: Index, pooled: Array, x: Array) -> float:
        channel, *place = at
        window = [(p + before) // stride for p in place]
        if any(w >= n for w, n in zip(window, pooled.shape[1:], strict=True)):
            return 0.0
        under = [
            tuple(w * stride + t - before for w, t in zip(window, tap, strict=True))
            for tap in boxes((kernel,) * len(place))
        ]
        inside = [one for one in under if all(0 <= p < n for p, n in zip(one, x.shape[1:], strict=True))]
        largest = max(inside, key=lambda one: float(x[channel, *one]))
        return float(pooled[channel, *window]) if largest == tuple(place) else 0.0

    return value
