"""Which input positions an element depends on, from the definitions of the layers: tap by tap, nothing else.

It shares nothing with archcost. A tensor has no borders here: every whole number is a position, and what an
element reads is asked backwards, one element at a time, down to the inputs. Sizes matter only where a
definition needs them (`same`, bins), and borders only where a layer reads everything within them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import product
from math import ceil, floor, gcd, lcm
from typing import Any, NamedTuple, TypeAlias, cast

Data: TypeAlias = Any
"""Whatever YAML holds."""
Item = dict[str, Data]
"""One line of a spec: `name`, `from` (a list of names), and one kind with its fields."""
Position = tuple[int, ...]
Shape = tuple[int, ...]


class Read(NamedTuple):
    """A position of an input. `everywhere`: on the way stands a layer that reads all positions."""

    name: str
    position: Position
    everywhere: bool = False


Reads = frozenset[Read]
Element: TypeAlias = "tuple[Tensor, int, Position]"
"""A tensor, a channel of it and a position."""


class Tensor:
    """What leaves a layer (or the network is given).

    `accesses` gives the elements that an element is made of. Outputs `period` apart, per axis, read the same
    pattern; `paths` counts the ways that lead here from the inputs.
    """

    def __init__(
        self,
        shape: Shape,
        sources: tuple[Tensor, ...],
        accesses: Callable[[int, Position], Iterable[Element]],
        period: Position,
    ) -> None:
        self.shape = shape
        self.channels, self.axes = shape[0], shape[1:]
        self.accesses = accesses
        self.period = period
        self.paths = sum(x.paths for x in sources) or 1
        self._known: dict[tuple[int, Position], Reads] = {}

    def reads(self, channel: int, position: Position) -> Reads:
        """All that one element depends on."""
        key = (channel, position)
        if key not in self._known:
            self._known[key] = self.gather(channel, position)
        return self._known[key]

    def gather(self, channel: int, position: Position) -> Reads:
        return Reads().union(*(x.reads(c, u) for x, c, u in self.accesses(channel, position)))

    def reads_in_any_channel(self, position: Position) -> Reads:
        return Reads().union(*(self.reads(c, position) for c in range(self.channels)))

    def phases(self) -> Iterator[Position]:
        """Positions that show every pattern there is, the first one first."""
        return product(*map(range, self.period))


class Given(Tensor):
    """An input: it reads itself."""

    def __init__(self, name: str, shape: Shape) -> None:
        super().__init__(shape, (), lambda _channel, _position: (), (1,) * (len(shape) - 1))
        self.name = name

    def gather(self, channel: int, position: Position) -> Reads:  # noqa: ARG002 - channels are alike
        return Reads([Read(self.name, position)])


class Everywhere(Tensor):
    """Every output reads every position of its channel, as far as the inputs reach."""

    def __init__(self, x: Tensor, inputs: dict[str, Shape]) -> None:
        def accesses(channel: int, _position: Position) -> Iterable[Element]:
            return ((x, channel, u) for u in product(*map(range, x.axes)))

        ones = (1,) * len(x.axes)
        super().__init__((x.channels, *ones), (x,), accesses, ones)
        self._inputs = inputs

    def gather(self, channel: int, position: Position) -> Reads:
        found = super().gather(channel, position)
        return Reads(Read(name, u, everywhere=True) for name, u, _ in found if self._inside(name, u))

    def _inside(self, name: str, position: Position) -> bool:
        return all(0 <= i < n for i, n in zip(position, self._inputs[name][1:], strict=True))


def follow(inputs: dict[str, Shape], items: Iterable[Item]) -> dict[str, Tensor]:
    """Inputs and layers by name."""
    tensors: dict[str, Tensor] = {name: Given(name, shape) for name, shape in inputs.items()}
    for item in items:
        tensors[item["name"]] = step(inputs, tensors, item)
    return tensors


def step(inputs: dict[str, Shape], tensors: dict[str, Tensor], item: Item) -> Tensor:
    """What leaves one line of a spec."""
    (kind,) = item.keys() - {"name", "from"}
    sources = [tensors[name] for name in item["from"]]
    if kind == "concat":
        return _concat(sources)
    if kind in {"add", "multiply", "max"}:
        return _elementwise(sources)
    if kind == "global_avg_pool":
        return Everywhere(sources[0], inputs)
    if kind == "pixel_unshuffle":
        return _space_to_depth(sources[0], item[kind]["downscale_factor"])
    if kind == "pixel_shuffle":
        return _depth_to_space(sources[0], item[kind]["upscale_factor"])
    lines = _LINES.get(kind, _unmoved)
    mixes, channels = _MIXES.get(kind, _alone)(sources[0].channels, item[kind] or {})
    return _spread(sources[0], lines(sources[0].axes, item[kind] or {}), mixes, channels)


# -- one axis -------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A layer along one axis: how long its output is and which positions an output position reads.

    `inputs` positions further on, the output `outputs` further on reads the same pattern.
    """

    size: int
    reads: Callable[[int], Iterable[int]]
    outputs: int = 1
    inputs: int = 1


def _spread(x: Tensor, lines: list[Line], mixes: Callable[[int], Iterable[int]], channels: int) -> Tensor:
    """Axis by axis, what a window covers; of every channel that is mixed."""

    def accesses(channel: int, position: Position) -> Iterable[Element]:
        covered = list(product(*(line.reads(u) for line, u in zip(lines, position, strict=True))))
        return ((x, c, u) for c in mixes(channel) for u in covered)

    period = tuple(line.outputs * (n // gcd(n, line.inputs)) for line, n in zip(lines, x.period, strict=True))
    return Tensor((channels, *(line.size for line in lines)), (x,), accesses, period)


def _each(value: Data, axes: Position) -> list[Data]:
    """One value per axis, where one may stand for all."""
    return cast("list[Data]", value) if isinstance(value, list) else [value for _ in axes]


def _moved(size: int, by: int) -> Line:
    def reads(u: int) -> list[int]:
        return [u + by]

    return Line(size, reads)


def _unmoved(axes: Position, _fields: Item) -> list[Line]:
    return [_moved(n, 0) for n in axes]


def _slide(axes: Position, fields: Item) -> list[Line]:
    kernels = _each(fields["kernel_size"], axes)
    strides = _each(fields.get("stride", 1), axes)
    dilations = _each(fields.get("dilation", 1), axes)
    lines: list[Line] = []
    for axis, (n, k, s, d) in enumerate(zip(axes, kernels, strides, dilations, strict=True)):
        span = d * (k - 1) + 1
        margins = _margins(fields.get("padding", 0), axis, _same(n, s, span), span)

        def reads(u: int, before: int = margins[0], k: int = k, s: int = s, d: int = d) -> list[int]:
            return [u * s - before + d * tap for tap in range(k)]

        size = _windows(n, margins, span, s, up=fields.get("ceil_mode", False))
        lines.append(Line(size, reads, 1, s))
    return lines


def _pool(axes: Position, fields: Item) -> list[Line]:
    return _slide(axes, {"stride": fields["kernel_size"], **fields})


def _windows(length: int, margins: tuple[int, int], span: int, stride: int, *, up: bool) -> int:
    """Windows that end inside; with `up` also one that ends outside but begins in the input or before it."""
    before, after = margins
    inside = length + before + after - span
    starts = range(0, min(inside + stride, length + before) if up else inside + 1, stride)
    return len(starts)


def _same(length: int, stride: int, span: int) -> int:
    """The padding that makes ceil(length / stride) windows fit."""
    return max((ceil(Fraction(length, stride)) - 1) * stride + span - length, 0)


def _margins(given: Data, axis: int, same: int, span: int) -> tuple[int, int]:
    """(before, after) along an axis."""
    if isinstance(given, str):
        halves = {"same": same // 2, "same_lower": same - same // 2, "valid": 0, "causal": span - 1}
        return halves[given], same - halves[given] if given.startswith("same") else 0
    own: Data = cast("list[Data]", given)[axis] if isinstance(given, list) else given
    before, after = cast("list[int]", own) if isinstance(own, list) else (own, own)
    return before, after


def _transposed(axes: Position, fields: Item) -> list[Line]:
    """Input i lands on output `i * stride + dilation * tap - before` with every tap."""
    kernels, strides = _each(fields["kernel_size"], axes), _each(fields.get("stride", 1), axes)
    dilations, extras = _each(fields.get("dilation", 1), axes), _each(fields.get("output_padding", 0), axes)
    lines: list[Line] = []
    for axis, (n, k, s, d, more) in enumerate(zip(axes, kernels, strides, dilations, extras, strict=True)):
        span = d * (k - 1) + 1
        before, after = _margins(fields.get("padding", 0), axis, max(span - s, 0), span)

        def reads(u: int, b: int = before, k: int = k, s: int = s, d: int = d) -> list[int]:
            landing = [u + b - d * tap for tap in range(k)]
            return [place // s for place in landing if place % s == 0]

        full = (n - 1) * s + span - before - after
        size = n * s if isinstance(fields.get("padding"), str) else full + more  # a word is `same`
        lines.append(Line(size, reads, s))
    return lines


def _resized(axes: Position, fields: Item) -> list[Line]:
    lines: list[Line] = []
    for n, given in zip(axes, _each(fields["scale_factor"], axes), strict=True):
        scale = Fraction(given)

        def nearest(u: int, scale: Fraction = scale) -> list[int]:
            return [floor(u / scale)]

        def linear(u: int, scale: Fraction = scale) -> list[int]:
            place = (u + Fraction(1, 2)) / scale - Fraction(1, 2)
            return sorted({floor(place), ceil(place)})  # on a position, the neighbour's weight is 0

        reads = nearest if fields.get("mode", "nearest") == "nearest" else linear
        lines.append(Line(floor(n * scale), reads, scale.numerator, scale.denominator))
    return lines


def _adaptive(axes: Position, fields: Item) -> list[Line]:
    lines: list[Line] = []
    for n, size in zip(axes, _each(fields["output_size"], axes), strict=True):
        ratio = Fraction(n, size)

        def reads(u: int, ratio: Fraction = ratio) -> Iterable[int]:
            return range(floor(u * ratio), ceil((u + 1) * ratio))

        lines.append(Line(size, reads, ratio.denominator, ratio.numerator))
    return lines


def _pad(axes: Position, fields: Item) -> list[Line]:
    margins = [_margins(fields["padding"], axis, 0, 0) for axis in range(len(axes))]
    return [_moved(n + b + a, -b) for n, (b, a) in zip(axes, margins, strict=True)]


def _crop(axes: Position, fields: Item) -> list[Line]:
    margins = [_margins(fields["cropping"], axis, 0, 0) for axis in range(len(axes))]
    return [_moved(n - b - a, b) for n, (b, a) in zip(axes, margins, strict=True)]


def _sliced(axes: Position, fields: Item) -> list[Line]:
    lines = _unmoved(axes, fields)
    axis: int = fields.get("axis", 0)
    if axis:
        kept = range(axes[axis - 1])[fields.get("start") : fields.get("end")]
        lines[axis - 1] = _moved(len(kept), kept.start)
    return lines


_LINES: dict[str, Callable[[Position, Item], list[Line]]] = {
    "conv": _slide,
    "depthwise_conv": _slide,
    "max_pool": _pool,
    "avg_pool": _pool,
    "conv_transpose": _transposed,
    "upsample": _resized,
    "adaptive_avg_pool": _adaptive,
    "adaptive_max_pool": _adaptive,
    "pad": _pad,
    "crop": _crop,
    "slice": _sliced,
}


# -- channels -------------------------------------------------------------------------------------------

Mixing = tuple[Callable[[int], Iterable[int]], int]
"""Which channels an output channel reads; how many there are."""


def _alone(channels: int, _fields: Item) -> Mixing:
    return (lambda c: [c]), channels


def _grouped(channels: int, fields: Item) -> Mixing:
    out, groups = fields["out_channels"], fields.get("groups", 1)
    mine = channels // groups
    return (lambda c: range(c // (out // groups) * mine, (c // (out // groups) + 1) * mine)), out


def _by_table(channels: int, fields: Item) -> Mixing:
    table = fields.get("connections")
    return ((lambda c: table[c]), fields["out_channels"]) if table else _grouped(channels, fields)


def _depthwise(channels: int, fields: Item) -> Mixing:
    multiplier = fields.get("multiplier", 1)
    return (lambda c: [c // multiplier]), channels * multiplier


def _shuffled(channels: int, fields: Item) -> Mixing:
    groups = fields["groups"]
    return (lambda c: [c % groups * (channels // groups) + c // groups]), channels


def _kept(channels: int, fields: Item) -> Mixing:
    if fields.get("axis", 0):
        return _alone(channels, fields)
    kept = range(channels)[fields.get("start") : fields.get("end")]
    return (lambda c: [kept[c]]), len(kept)


def _largest_piece(channels: int, fields: Item) -> Mixing:
    pieces = fields["pieces"]
    return (lambda c: range(c * pieces, (c + 1) * pieces)), channels // pieces


_MIXES: dict[str, Callable[[int, Item], Mixing]] = {
    "conv": _by_table,
    "conv_transpose": _grouped,
    "depthwise_conv": _depthwise,
    "channel_shuffle": _shuffled,
    "slice": _kept,
    "maxout": _largest_piece,
}


# -- several inputs, and channels that become space -----------------------------------------------------


def _common(sources: list[Tensor]) -> Position:
    return tuple(lcm(*along) for along in zip(*(x.period for x in sources), strict=True))


def _elementwise(sources: list[Tensor]) -> Tensor:
    """The elements at the same place; a size of 1 is at every place."""
    shape = tuple(max(along) for along in zip(*(x.shape for x in sources), strict=True))

    def accesses(channel: int, position: Position) -> Iterable[Element]:
        for x in sources:
            place = (0 if n == 1 else u for n, u in zip(x.axes, position, strict=True))
            yield x, 0 if x.channels == 1 else channel, tuple(place)

    return Tensor(shape, tuple(sources), accesses, _common(sources))


def _concat(sources: list[Tensor]) -> Tensor:
    owners = [(x, c) for x in sources for c in range(x.channels)]

    def accesses(channel: int, position: Position) -> Iterable[Element]:
        return [(*owners[channel], position)]

    return Tensor((len(owners), *sources[0].axes), tuple(sources), accesses, _common(sources))


def _space_to_depth(x: Tensor, r: int) -> Tensor:
    """Row i, column j of a square in channel c goes to channel `c * r² + i * r + j`."""
    height, width = x.axes

    def accesses(channel: int, position: Position) -> Iterable[Element]:
        c, place = divmod(channel, r * r)
        return [(x, c, (position[0] * r + place // r, position[1] * r + place % r))]

    period = tuple(n // gcd(n, r) for n in x.period)
    return Tensor((x.channels * r * r, height // r, width // r), (x,), accesses, period)


def _depth_to_space(x: Tensor, r: int) -> Tensor:
    height, width = x.axes

    def accesses(channel: int, position: Position) -> Iterable[Element]:
        (row, i), (column, j) = (divmod(u, r) for u in position)
        return [(x, channel * r * r + i * r + j, (row, column))]

    return Tensor((x.channels // r**2, height * r, width * r), (x,), accesses, tuple(n * r for n in x.period))
