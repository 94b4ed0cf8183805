"""Receptive fields of random networks, at every node, against an oracle that follows every single tap."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.passes.receptive_field import receptive_fields
from tests.passes.field_oracle import Reads, follow, step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from archcost.passes.receptive_field import Field
    from tests.passes.field_oracle import Item, Position, Shape, Tensor

    Draw = Callable[[st.SearchStrategy[Any]], Any]


# -- random networks ------------------------------------------------------------------------------------


class Sizes(NamedTuple):
    """How large things may get: loops over all positions are slow beyond one axis."""

    kernel: int
    dilation: int
    layers: int
    heavy: int
    """Positions in a field; one that has more is not widened."""
    phases: int


LIMITS = {
    1: Sizes(kernel=5, dilation=4, layers=4, heavy=150, phases=12),
    2: Sizes(kernel=3, dilation=2, layers=2, heavy=80, phases=16),
    3: Sizes(kernel=2, dilation=2, layers=1, heavy=40, phases=8),
}


MOST_BOXES = 32
"""A field is a union of at most so many boxes, one per way through the network; beyond, it is bounded."""

_between = cache(st.integers)


class Writer:
    """Writes a random network line by line. A tensor is known by its name; `steps` are inputs per output.

    With `gaps`, transposed convolutions may have outputs that no tap lands on. With `picks`, layers may read
    some channels and not others; without, all channels of a tensor are read alike sooner or later.
    """

    def __init__(self, draw: Draw, inputs: dict[str, Shape], allowed: tuple[str, ...]) -> None:
        self.draw = draw
        self.gaps = "gaps" in allowed
        self.picks = "picks" in allowed
        self.inputs = inputs
        self.items: list[Item] = []
        self.tensors = follow(inputs, [])
        self.rank = len(next(iter(inputs.values()))) - 1
        self.limits = LIMITS[self.rank]
        self.steps = {name: (Fraction(1),) * self.rank for name in inputs}

    def chance(self, percent: int) -> bool:
        return self.number(1, 100) > 100 - percent

    def number(self, low: int, high: int) -> int:
        return self.draw(_between(low, high))

    def pick(self, values: Iterable[Any]) -> Any:  # noqa: ANN401 - whatever there is
        choices = list(values)
        return choices[self.number(0, len(choices) - 1)]

    def each(self, low: int, high: int) -> int | list[int]:
        """A number, or one per axis."""
        own = self.chance(40)
        return [self.number(low, high) for _ in range(self.rank)] if own else self.number(low, high)

    def spread(self, value: int | list[int]) -> list[int]:
        return value if isinstance(value, list) else [value] * self.rank

    def add(self, kind: str, fields: Item | None, *sources: str) -> str:
        name = f"n{len(self.items)}"
        item: Item = {"name": name, "from": list(sources), kind: fields}
        self.tensors[name] = step(self.inputs, self.tensors, item)
        self.items.append(item)
        self.steps[name] = self.steps[sources[0]]
        return name

    def rescaled(self, name: str, by: list[Fraction]) -> str:
        self.steps[name] = tuple(a * b for a, b in zip(self.steps[name], by, strict=True))
        return name

    def is_heavy(self, x: str) -> bool:
        tensor = self.tensors[x]
        reads = tensor.reads_in_any_channel((0,) * self.rank)
        return sum(not read.everywhere for read in reads) > self.limits.heavy

    # -- layers

    def layer(self, x: str) -> str:
        """A layer that keeps the steps."""
        kinds = [self.shift, self.pointwise]
        if not self.is_heavy(x):
            kinds = [self.window, self.window, self.window, self.pool, self.transposed, *kinds]
        return self.pick(kinds)(x)

    def layers(self, x: str) -> str:
        for _ in range(self.number(0, self.limits.layers)):
            x = self.layer(x)
        return x

    def kernel(self) -> Item:
        limits = self.limits
        return {"kernel_size": self.each(1, limits.kernel), "dilation": self.each(1, limits.dilation)}

    def padding(self) -> Any:  # noqa: ANN401 - all its forms
        words = ["same", "same_lower", "valid", *(["causal"] if self.rank == 1 else [])]
        pairs = [[self.number(0, 3), self.number(0, 3)] for _ in range(self.rank)]
        return self.pick([self.each(0, 4), pairs, *words])

    def window(self, x: str, stride: list[int] | None = None) -> str:
        fields = self.kernel() | {"padding": self.padding()} | ({"stride": stride} if stride else {})
        if self.chance(60 if self.picks else 30):
            return self.placed("depthwise_conv", fields | {"multiplier": self.number(1, 2)}, x)
        channels = self.tensors[x].channels
        groups = self.pick(g for g in (1, 2, 3) if channels % g == 0)
        return self.placed("conv", {"out_channels": groups * self.number(1, 2), "groups": groups} | fields, x)

    def placed(self, kind: str, fields: Item, x: str) -> str:
        """A layer whose window fits, on its own padding or on `same`."""
        item = {"name": "trial", "from": [x], kind: fields}
        if min(step(self.inputs, self.tensors, item).axes) < 4:
            fields = {key: value for key, value in fields.items() if key != "output_padding"}
            fields["padding"] = "same"
        return self.add(kind, fields, x)

    def pool(self, x: str, stride: list[int] | None = None) -> str:
        kind = self.pick(["max_pool", "avg_pool"])
        kernels = [self.number(1, self.limits.kernel) for _ in range(self.rank)]
        padding = self.pick(["same", [[self.number(0, k // 2), self.number(0, k // 2)] for k in kernels]])
        fields: Item = {"kernel_size": kernels, "stride": stride or 1, "padding": padding}
        if kind == "max_pool":
            fields["dilation"] = self.each(1, self.limits.dilation)
        return self.placed(kind, fields | {"ceil_mode": self.chance(50)}, x)

    def transposed(self, x: str, stride: list[int] | None = None) -> str:
        fields = self.kernel() | {"out_channels": self.number(1, 2), "stride": stride or 1}
        strides = stride or [1] * self.rank
        kernels, dilations = (self.spread(fields[key]) for key in ("kernel_size", "dilation"))
        if not self.gaps and any(map(leaves_gaps, kernels, strides, dilations)):
            kernels, dilations = strides, [1] * self.rank
            fields |= {"kernel_size": kernels, "dilation": 1}
        extra = [self.number(0, max(s, d) - 1) for s, d in zip(strides, dilations, strict=True)]
        most = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
        pairs = [[self.number(0, n), self.number(0, n)] for n in most]
        padding = self.pick([{"padding": pairs, "output_padding": extra}, {"padding": "same"}])
        return self.placed("conv_transpose", fields | padding, x)

    def shift(self, x: str) -> str:
        axes = self.tensors[x].axes
        axis = self.number(0, self.rank - 1)
        before, after = self.number(0, 2), self.number(0, 2)
        pairs = [[self.number(0, 2), self.number(0, 2)] for _ in axes]
        choices: list[tuple[str, Item]] = [("pad", {"padding": pairs})]
        if min(axes) > 8:
            end = self.pick([axes[axis] - after, *([-after] if after else [])])
            choices += [
                ("crop", {"cropping": pairs}),
                ("slice", {"axis": axis + 1, "start": before, "end": end}),
            ]
        return self.add(*self.pick(choices), x)

    def pointwise(self, x: str) -> str:
        channels = self.tensors[x].channels
        kinds: list[tuple[str, Item | None]] = [("relu", None), ("batch_norm", None)]
        kinds += [("channel_shuffle", {"groups": g}) for g in (2, 3) if channels % g == 0]
        kinds += [self.picking(channels)] * 2 if self.picks and channels > 1 else []
        return self.add(*self.pick(kinds), x)

    def picking(self, channels: int) -> tuple[str, Item | None]:
        """A layer whose output channels read some of the channels there are."""
        start = self.number(0, channels - 1)
        end = self.number(start + 1, channels)
        rows = [sorted({self.number(0, channels - 1) for _ in range(2)}) for _ in range(self.number(1, 3))]
        table: Item = {"out_channels": len(rows), "kernel_size": self.number(1, 2), "connections": rows}
        kinds: list[tuple[str, Item | None]] = [("slice", {"start": start, "end": end}), ("conv", table)]
        kinds += [("slice", {"start": start - channels}), ("slice", {"end": end})]
        kinds += [("maxout", {"pieces": 2})] if channels % 2 == 0 else []
        return self.pick(kinds)

    # -- scale

    def down(self, x: str, factors: list[int]) -> str:
        axes = self.tensors[x].axes
        divides = not any(n % f for n, f in zip(axes, factors, strict=True))
        ways = [self.strided, self.strided, *([self.binned] if divides else [])]
        ways += [self.halved] if set(factors) <= {1, 2} else []
        ways += [self.folded] if divides and factors == [2, 2] and not self.picks else []
        return self.rescaled(self.pick(ways)(x, factors), [Fraction(f) for f in factors])

    def strided(self, x: str, factors: list[int]) -> str:
        return self.pick([self.window, self.pool])(x, factors)

    def binned(self, x: str, factors: list[int]) -> str:
        bins = [n // f for n, f in zip(self.tensors[x].axes, factors, strict=True)]
        return self.add(self.pick(["adaptive_avg_pool", "adaptive_max_pool"]), {"output_size": bins}, x)

    def halved(self, x: str, factors: list[int]) -> str:
        scales = [1 if f == 1 else 0.5 for f in factors]
        return self.add("upsample", {"scale_factor": scales, "mode": self.mode()}, x)

    def folded(self, x: str, factors: list[int]) -> str:
        return self.add("pixel_unshuffle", {"downscale_factor": factors[0]}, x)

    def up(self, x: str, factors: list[int]) -> str:
        if self.chance(50):
            name = self.add("upsample", {"scale_factor": factors, "mode": self.mode()}, x)
        else:
            name = self.transposed(x, factors)
        return self.rescaled(name, [Fraction(1, f) for f in factors])

    def stretched(self, x: str, factors: list[int]) -> str:
        """Three outputs from two positions, along the axes that have a factor of their own."""
        scales = [1 if f == 1 else 1.5 for f in factors]
        name = self.add("upsample", {"scale_factor": scales, "mode": self.mode()}, x)
        return self.rescaled(name, [1 / Fraction(scale) for scale in scales])

    def mode(self) -> str:
        return self.pick(["nearest", ("linear", "bilinear", "trilinear")[self.rank - 1]])

    def factors(self) -> list[int]:
        return [self.number(1, 3) for _ in range(self.rank)] if self.chance(50) else [2] * self.rank

    def scale(self, x: str, way: str, factors: list[int]) -> str:
        """A branch's layers: on its way it changes scale as all its neighbours do."""
        x = self.layers(x)
        if way == "down":
            x = self.down(x, factors)
        elif way == "up":
            x = self.up(x, factors)
        elif self.may_scale(x) and self.chance(20):
            there, back = self.pick([(self.up, self.down), (self.down, self.up)])
            detour = self.factors()
            x = back(there(x, detour), detour)
        return self.layers(x)

    def may_scale(self, x: str) -> bool:
        tensor = self.tensors[x]
        return prod(tensor.period) <= self.limits.phases // 2**self.rank and min(tensor.axes) >= 12

    # -- graphs

    def fork(self, starts: list[str]) -> str:
        """Branches that begin at these tensors (of equal steps) and meet again."""
        ways = ["keep", "keep", *(["down", "up"] if all(map(self.may_scale, starts)) else [])]
        way, factors = self.pick(ways), self.factors()
        ends = [
            start if way == "keep" and self.chance(20) else self.scale(start, way, factors)
            for start in starts
        ]
        return self.join(ends)

    def join(self, ends: list[str]) -> str:
        ends = self.fitted(ends)
        kind = self.pick(["concat"] * (8 if self.picks else 1) + ["add", "max", "multiply"])
        most = max(self.tensors[x].channels for x in ends)
        if kind == "concat":
            return self.add(kind, None, *ends)
        return self.add(kind, None, *(self.mixed(x, most) for x in ends))

    def mixed(self, x: str, channels: int) -> str:
        """The tensor with so many channels."""
        if self.tensors[x].channels == channels:
            return x
        return self.add("conv", {"out_channels": channels, "kernel_size": 1}, x)

    def fitted(self, ends: list[str]) -> list[str]:
        """The tensors cropped, or padded, to a common size."""
        extreme = self.pick([min, max])
        sizes = [extreme(along) for along in zip(*(self.tensors[x].axes for x in ends), strict=True)]
        return [self.resized(x, sizes) for x in ends]

    def resized(self, x: str, sizes: list[int]) -> str:
        excess = [abs(n - m) for n, m in zip(self.tensors[x].axes, sizes, strict=True)]
        if not any(excess):
            return x
        pairs = [[first, n - first] for n in excess for first in [self.number(0, n)]]
        if any(n < m for n, m in zip(self.tensors[x].axes, sizes, strict=True)):
            return self.add("pad", {"padding": pairs}, x)
        return self.add("crop", {"cropping": pairs}, x)

    def dense(self, x: str) -> str:
        for _ in range(self.number(1, 2)):
            x = self.join([x, self.layer(x)])
        return x

    def skip(self, x: str) -> str:
        """Branches from here and from earlier tensors of the same scale."""
        alike = [name for name, steps in self.steps.items() if steps == self.steps[x]]
        return self.fork([x, *(self.pick(alike) for _ in range(self.number(1, 2)))])

    def sifted(self, x: str) -> str:
        """Branches side by side, some channels of which are read on."""
        x = self.skip(x)
        for _ in range(self.number(1, 3)):
            x = self.pick([self.pointwise, self.pointwise, self.layer])(x)
        return x

    def gate(self, x: str) -> str:
        """The tensor times what all its positions say."""
        said = self.layers(x)
        if min(self.tensors[said].axes) >= 8 and self.chance(50):
            said = self.down(said, self.factors())
        mean = self.add("global_avg_pool", None, said)
        return self.add("multiply", None, self.layers(x), self.mixed(mean, 1))

    def network(self, parts: list[Callable[[str], str]]) -> None:
        x = self.fork(list(self.inputs)) if len(self.inputs) > 1 else self.layers(next(iter(self.inputs)))
        for part in range(self.number(1, 3)):
            x = self.pick(parts)(x)
            if part < 2 and self.may_scale(x) and self.chance(30):
                x = self.pick([self.down, self.up, self.stretched])(x, self.factors())
        self.layer(x)


def leaves_gaps(kernel: int, stride: int, dilation: int) -> bool:
    """Whether a transposed convolution has outputs that no tap lands on."""
    return {dilation * tap % stride for tap in range(kernel)} != set(range(stride))


@st.composite
def networks(draw: Draw, rank: int, length: int, *allowed: str) -> Writer:
    """Random networks; what is `allowed` beyond the ordinary: gates, gaps, picks."""
    names = draw(st.sampled_from([["a"], ["a"], ["a", "b"]]))
    writer = Writer(draw, {name: (draw(st.integers(1, 2)), *[length] * rank) for name in names}, allowed)
    plain = [writer.skip, writer.dense, writer.layers]
    writer.network([writer.gate] if "gates" in allowed else [writer.sifted] if writer.picks else plain)
    return writer


# -- comparison -----------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """What the oracle saw of one input. The centre is None if output 0 reads nothing."""

    size: Position
    holes: int
    coverage: Fraction
    center: tuple[Fraction, ...] | None


def seen(phases: list[set[Position]]) -> Seen:
    """The largest and the emptiest of all phases that read anything."""
    boxes = [Box(found) for found in phases if found]
    return Seen(
        tuple(max(along) for along in zip(*(box.size for box in boxes), strict=True)),
        max(prod(box.size) - box.read for box in boxes),
        min(Fraction(box.read, prod(box.size)) for box in boxes),
        boxes[0].center if phases[0] else None,
    )


class Box:
    """The box around some positions."""

    def __init__(self, found: set[Position]) -> None:
        ends = [(min(along), max(along)) for along in zip(*found, strict=True)]
        self.size = tuple(high - low + 1 for low, high in ends)
        self.center = tuple(Fraction(low + high, 2) for low, high in ends)
        self.read = len(found)


def found_in(reads: Reads, name: str, *, everywhere: bool = False) -> set[Position]:
    return {r.position for r in reads if r.name == name and r.everywhere is everywhere}


def phases_of(tensor: Tensor, name: str) -> dict[Position, set[Position]]:
    return {u: found_in(tensor.reads_in_any_channel(u), name) for u in tensor.phases()}


def agrees(field: Field, tensor: Tensor, name: str) -> None:
    """A field without anything global is what the oracle saw."""
    phases = phases_of(tensor, name)
    expected = seen([*phases.values()])
    if field.upper_bound:
        assert all(n >= m for n, m in zip(field.size, expected.size, strict=True))
        return
    center = field.center if expected.center else None
    assert Seen(field.size, field.holes, field.coverage, center) == expected
    start = next(u for u, found in phases.items() if found)
    for axis, period in enumerate(tensor.period):
        # One period on, the same positions are read a period of strides on.
        further = moved(start, axis, Fraction(period))
        found = {moved(u, axis, field.stride[axis] * period) for u in phases[start]}
        assert found_in(tensor.reads_in_any_channel(further), name) == found


def moved(position: Position, axis: int, by: Fraction) -> Position:
    assert by.denominator == 1
    return tuple(u + by.numerator * (i == axis) for i, u in enumerate(position))


def agrees_globally(field: Field, tensor: Tensor, name: str, size: Position) -> None:
    """A global field spans the input. It covers what every output reads, through the global layers."""
    assert field.size == size
    assert field.center == tuple(Fraction(n - 1, 2) for n in size)
    for u in tensor.phases():
        read = len(found_in(tensor.reads_in_any_channel(u), name, everywhere=True))
        assert (field.coverage, field.holes) == (Fraction(read, prod(size)), prod(size) - read)
    assert (field.local is not None) == any(phases_of(tensor, name).values())
    if field.local:
        agrees(field.local, tensor, name)


def write(inputs: dict[str, Shape], items: list[Item], path: Path) -> None:
    """The spec, one line per item; a lone name in `from` stands without its list."""
    lines = "".join(
        f"  - {json.dumps(item | {'from': names if len(names) > 1 else names[0]})}\n"
        for item in items
        for names in [item["from"]]
    )
    head = f"archcost: 1\nname: random\ninput: {json.dumps({**inputs})}\n"
    path.write_text(f"{head}layers:\n{lines}")


def every_node_agrees(writer: Writer, path: Path) -> None:
    write(writer.inputs, writer.items, path)
    network = archcost.load(path)
    for node, fields in zip(network, receptive_fields(network), strict=True):
        tensor = writer.tensors[node.path]
        assert node.output == tensor.shape
        reads = Reads().union(*map(tensor.reads_in_any_channel, tensor.phases()))
        assert fields.keys() == {read.name for read in reads}
        for name, field in fields.items():
            if tensor.paths <= MOST_BOXES:
                assert not field.upper_bound
            if field.is_global:
                agrees_globally(field, tensor, name, writer.inputs[name][1:])
            else:
                assert not found_in(reads, name, everywhere=True)
                agrees(field, tensor, name)


@settings(max_examples=60)
@given(networks(1, 5000))
def test_fields_along_one_axis_agree_with_following_every_tap(tmp_path: Path, writer: Writer) -> None:
    every_node_agrees(writer, tmp_path / "random.yaml")


@settings(max_examples=50)
@given(networks(2, 500))
def test_fields_over_two_axes_agree_with_following_every_tap(tmp_path: Path, writer: Writer) -> None:
    every_node_agrees(writer, tmp_path / "random.yaml")


@settings(max_examples=20)
@given(networks(3, 200))
def test_fields_over_three_axes_agree_with_following_every_tap(tmp_path: Path, writer: Writer) -> None:
    every_node_agrees(writer, tmp_path / "random.yaml")


@settings(max_examples=40)
@given(st.one_of(networks(1, 40, "gates"), networks(2, 9, "gates")))
def test_gates_make_fields_global_and_leave_the_local_ones_as_they_are(
    tmp_path: Path, writer: Writer
) -> None:
    every_node_agrees(writer, tmp_path / "random.yaml")


@settings(max_examples=60)
@given(st.one_of(networks(1, 5000, "picks"), networks(2, 500, "picks")))
def test_channels_that_are_picked_read_what_they_do_and_not_what_their_neighbours_do(
    tmp_path: Path, writer: Writer
) -> None:
    every_node_agrees(writer, tmp_path / "random.yaml")


# -- limits ---------------------------------------------------------------------------------------------


def last_field(path: Path, items: list[Item], *shape: int) -> tuple[Field, Tensor]:
    inputs: dict[str, Shape] = {"a": shape}
    write(inputs, items, path)
    return receptive_fields(archcost.load(path))[-1]["a"], follow(inputs, items)[items[-1]["name"]]


@pytest.mark.parametrize("boxes", [MOST_BOXES, MOST_BOXES + 1])
def test_beyond_so_many_boxes_a_field_is_an_upper_bound_and_says_so(tmp_path: Path, boxes: int) -> None:
    """No branch reads all that another one reads: each is one less high and one wider."""
    kernels = [[boxes - i, 1 + i] for i in range(boxes)]
    items: list[Item] = [
        {
            "name": f"k{i}",
            "from": ["a"],
            "conv": {"out_channels": 1, "kernel_size": kernel, "padding": "same"},
        }
        for i, kernel in enumerate(kernels)
    ]
    items.append({"name": "all", "from": [item["name"] for item in items], "add": None})
    field, tensor = last_field(tmp_path / "boxes.yaml", items, 1, 99, 99)
    assert field.upper_bound is (boxes > MOST_BOXES)
    agrees(field, tensor, "a")


@pytest.mark.parametrize("factors", [[2] * 6, [2, 2, 2, 3, 3]], ids=["64", "72"])
def test_beyond_so_many_phases_a_field_is_an_upper_bound_and_says_so(
    tmp_path: Path, factors: list[int]
) -> None:
    items: list[Item] = []
    source = "a"
    for i, factor in enumerate(factors):
        conv: Item = {"out_channels": 1, "kernel_size": 3, "dilation": 1 + i % 2}
        up = {"scale_factor": factor, "mode": "linear"}
        items += [{"name": f"c{i}", "from": [source], "conv": conv}]
        items += [{"name": f"u{i}", "from": [f"c{i}"], "upsample": up}]
        source = f"u{i}"
    field, tensor = last_field(tmp_path / "phases.yaml", items, 1, 60)
    assert field.upper_bound is (prod(factors) > 64)
    agrees(field, tensor, "a")


# -- what is easily forgotten --------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.one_of(networks(1, 5000, "gaps"), networks(2, 500, "gaps")))
def test_outputs_that_no_tap_lands_on_read_nothing(tmp_path: Path, writer: Writer) -> None:
    every_node_agrees(writer, tmp_path / "random.yaml")


@pytest.mark.parametrize("pick", ["pixel_shuffle", "slice"])
def test_channels_that_become_space_read_what_they_did(tmp_path: Path, pick: str) -> None:
    """Each output of a pixel shuffle comes from one channel; each channel of an unshuffle from one place."""
    items: list[Item] = [
        {"name": "low", "from": ["a"], "pad": {"padding": [[1, 0], [0, 0]]}},
        {"name": "high", "from": ["a"], "pad": {"padding": [[0, 1], [0, 0]]}},
        {"name": "both", "from": ["low", "high"], "concat": None},
        {"name": "space", "from": ["both"], "pixel_shuffle": {"upscale_factor": 2}},
    ]
    if pick == "slice":
        items[-1] = {"name": "folded", "from": ["low"], "pixel_unshuffle": {"downscale_factor": 2}}
        items.append({"name": "one", "from": ["folded"], "slice": {"start": 1, "end": 2}})
    field, tensor = last_field(tmp_path / "channels.yaml", items, 2, 51, 50)
    agrees(field, tensor, "a")


def test_beyond_so_many_phases_dilation_and_long_steps_are_still_bounded(tmp_path: Path) -> None:
    """27 phases of long steps, then 4 outputs for each input, whose taps lie 5 inputs apart."""
    layers: list[tuple[str, Item]] = [
        ("upsample", {"scale_factor": 27}),
        ("conv", {"out_channels": 1, "kernel_size": 1, "stride": 50}),
        ("conv", {"out_channels": 1, "kernel_size": 1, "stride": 50}),
        ("conv_transpose", {"out_channels": 1, "kernel_size": 8, "stride": 4, "dilation": 5}),
    ]
    items: list[Item] = [
        {"name": f"n{i}", "from": [f"n{i - 1}" if i else "a"], kind: fields}
        for i, (kind, fields) in enumerate(layers)
    ]
    field, tensor = last_field(tmp_path / "long.yaml", items, 1, 100_000)
    assert field.upper_bound
    agrees(field, tensor, "a")
