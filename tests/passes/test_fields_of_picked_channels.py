"""Which channels read what: every channel of random networks is followed by itself, as a set of positions.

A node's field is that of all its channels together. What moves channels, merges them or keeps them apart may
neither lose what one reads nor take it for that of another: these fields are exact, not only large enough.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.passes.receptive_field import receptive_fields
from archcost.windows.channels import RUNS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Reads: TypeAlias = frozenset[int]
"""The positions that a channel reads, from its own."""
Channels: TypeAlias = list[Reads]

MIXING = ["softmax", "layer_norm", "log_softmax"]
"""Behind these, a channel may be said to read no more than so much."""
MOST = 24
"""No tensor has more channels."""


def united(reads: Channels) -> Reads:
    return Reads().union(*reads)


def seen(reads: Reads, kernel: int, dilation: int) -> Reads:
    """Through a window around a position."""
    taps = [dilation * (tap - kernel // 2) for tap in range(kernel)]
    return Reads(place + tap for place in reads for tap in taps)


class Writer:
    """Writes a network line by line, and follows its channels."""

    def __init__(self, random: Random) -> None:
        self.random = random
        channels = random.randint(1, 3)
        self.tensors: dict[str, Channels] = {"input": [Reads([0])] * channels}
        self.picked: dict[str, Channels] = {}
        self.blurred: set[str] = set()
        self.lines = ["archcost: 1", "name: net", f"input: [{channels}, 64]", "layers:"]

    def add(self, kind: str, fields: str, sources: list[str], channels: Channels) -> None:
        name = f"n{len(self.tensors)}"
        self.tensors[name] = channels
        self.line(name, sources, kind, fields)

    def line(self, name: str, sources: list[str], kind: str, fields: str) -> None:
        self.blurred |= {name} if kind in MIXING or self.blurred.intersection(sources) else set()
        given = sources[0] if len(sources) == 1 else f"[{', '.join(sources)}]"
        self.lines.append(f"  - {{name: {name}, from: {given}, {kind}: {{{fields}}}}}")

    def pick(self) -> None:
        """Some channels of the last tensor, to look at what they read."""
        source, channels = [*self.tensors.items()][-1]
        if f"of_{source}" in self.picked:
            return
        first, last = self.ends(channels)
        self.picked[f"of_{source}"] = channels[first:last]
        self.line(f"of_{source}", [source], "slice", f"start: {first}, end: {last}")

    def ends(self, channels: Channels) -> tuple[int, int]:
        first = self.random.randrange(len(channels))
        return first, self.random.randint(first + 1, min(len(channels), first + 3))

    def some(self) -> str:
        """Mostly one of the last."""
        names = [*self.tensors]
        return self.random.choice([*names, *names[-2:] * 3])

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def divisor(self, n: int) -> int:
        return self.random.choice([d for d in range(1, n + 1) if n % d == 0])


def convolution(w: Writer) -> None:
    x = w.some()
    before, kernel, dilation = w.tensors[x], 2 * w.number(0, 2) + 1, w.number(1, 3)
    groups, each = w.divisor(len(w.tensors[x])), w.number(1, 2)
    share = len(before) // groups
    y = [seen(united(before[g * share : (g + 1) * share]), kernel, dilation) for g in range(groups)]
    fields = f"out_channels: {groups * each}, kernel_size: {kernel}, dilation: {dilation}, groups: {groups}"
    w.add("conv", f"{fields}, padding: same", [x], [one for one in y for _ in range(each)])


def depthwise(w: Writer) -> None:
    x, kernel = w.some(), 2 * w.number(0, 2) + 1
    w.add(
        "depthwise_conv",
        f"kernel_size: {kernel}, padding: same",
        [x],
        [seen(one, kernel, 1) for one in w.tensors[x]],
    )


def pool(w: Writer) -> None:
    x = w.some()
    w.add("max_pool", "kernel_size: 3, stride: 1, padding: 1", [x], [seen(one, 3, 1) for one in w.tensors[x]])


def one_by_one(w: Writer) -> None:
    x = w.some()
    kind = w.random.choice(["relu", "gelu", "batch_norm", "prelu", "layer_scale", "identity", "dropout"])
    w.add(kind, "", [x], w.tensors[x])


def mixing(w: Writer) -> None:
    x = w.some()
    kind = w.random.choice(MIXING)
    w.add(kind, "", [x], [united(w.tensors[x])] * len(w.tensors[x]))


def joined(w: Writer) -> None:
    sources = [w.some() for _ in range(w.number(2, 3))]
    found = [one for source in sources for one in w.tensors[source]]
    if len(found) <= MOST:
        w.add("concat", "", sources, found)


def merged(w: Writer) -> None:
    kind = w.random.choice(["add", "multiply", "max", "average"])
    x, y = w.some(), w.some()
    a, b = w.tensors[x], w.tensors[y]
    if len(a) == len(b) or 1 in {len(a), len(b)}:
        most = max(len(a), len(b))
        pairs = zip(a * (most // len(a)), b * (most // len(b)), strict=True)
        w.add(kind, "", [x, y], [one | other for one, other in pairs])


def cut(w: Writer) -> None:
    x = w.some()
    first, last = w.ends(w.tensors[x])
    w.add("slice", f"start: {first}, end: {last}", [x], w.tensors[x][first:last])


def shuffled(w: Writer) -> None:
    x = w.some()
    groups = w.divisor(len(w.tensors[x]))
    share = len(w.tensors[x]) // groups
    order = [g * share + i for i in range(share) for g in range(groups)]
    w.add("channel_shuffle", f"groups: {groups}", [x], [w.tensors[x][i] for i in order])


STEPS: list[Callable[[Writer], None]] = [
    *(convolution, depthwise, pool, one_by_one, one_by_one, mixing),
    *(joined, joined, merged, merged, merged, cut, shuffled),
]


def network(seed: int) -> Writer:
    """Channels that differ come first, and of everything that is done to them some are picked."""
    w = Writer(Random(seed))  # noqa: S311 - no secret
    for step in (convolution, depthwise, joined, *w.random.choices(STEPS, k=8)):
        step(w)
        w.pick()
    return w


def bounds(w: Writer, path: Path) -> set[str]:
    """The nodes whose fields are bounds, and true ones; all others are exact."""
    path.write_text("\n".join(w.lines))
    network = archcost.load(path)
    found: set[str] = set()
    for node, fields in zip(network, receptive_fields(network), strict=True):
        reads, field = united((w.tensors | w.picked)[node.path]), fields["input"]
        size = max(reads) - min(reads) + 1
        if field.upper_bound:
            found.add(node.path)
            assert field.size[0] >= size, node.path
        else:
            assert (field.size, field.holes) == ((size,), size - len(reads)), node.path
    return found


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_a_field_is_exactly_what_its_channels_read(tmp_path: Path, seed: int) -> None:
    w = network(seed)
    assert bounds(w, tmp_path / "net.yaml") <= w.blurred


@pytest.mark.parametrize(
    ("limit", "low"),
    [("windows.channels.RUNS", 3), ("passes.by_channel.PARTS", 1), ("passes.by_channel.PARTS", 2)],
)
def test_where_channels_are_too_many_to_be_told_apart_a_field_is_a_bound(
    limit: str, low: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tried with limits so low that small networks meet them."""
    monkeypatch.setattr(f"archcost.{limit}", low)
    networks = [network(seed) for seed in range(40)]
    found = [bounds(w, tmp_path / "net.yaml") - w.blurred for w in networks]
    assert any(found)


MANY = {
    "channel_shuffle: {groups: 2}": (1, 5, 5),
    "depthwise_conv: {kernel_size: 1}": (1, 1, 5),
    "{conv: {out_channels: $(2 * n), kernel_size: 1, groups: 2}}": (1, 1, 5),
    "relu": (1, 1, 5),
}
"""What the first channel, the second and the last read, if half of all read 1 position and half 5."""


@pytest.mark.parametrize("each", [RUNS // 2, RUNS // 2 + 1])
@pytest.mark.parametrize("layer", MANY)
def test_channels_are_told_apart_up_to_so_many_and_beyond_it_that_is_said(
    tmp_path: Path, layer: str, each: int
) -> None:
    path = tmp_path / "net.yaml"
    for channel, size in zip((0, 1, -1), MANY[layer], strict=True):
        end = "" if channel == -1 else f", end: {channel + 1}"
        path.write_text(
            f"archcost: 1\nname: net\nvars: {{n: {each}}}\ninput: [1, 64]\nlayers:\n"
            "  - {name: a, from: input, conv: {out_channels: $n, kernel_size: 1}}\n"
            "  - {name: b, from: input, conv: {out_channels: $n, kernel_size: 5, padding: same}}\n"
            "  - {from: [a, b], concat: {}}\n"
            f"  - {layer}\n  - slice: {{start: {channel}{end}}}\n"
        )
        field = receptive_fields(archcost.load(path))[-1]["input"]
        assert field.size == ((5,) if field.upper_bound else (size,))
        assert field.upper_bound is (2 * each > RUNS and layer != "relu")
