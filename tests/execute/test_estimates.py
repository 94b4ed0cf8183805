"""What a run would take, worked out by hand for a layer of each structure: every number of an estimate.

`test_need` holds estimates to what runs really take, closely from one side and loosely from the other. Here
they are reckoned once more, from the kernels as they are described, on shapes that differ along every axis.
"""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, NamedTuple

import pytest

import archcost
from archcost.execute.need import need
from tests.execute.heavy_layers import spec

if TYPE_CHECKING:
    from pathlib import Path


class Worked(NamedTuple):
    """One layer, worked out.

    Attributes:
        x: what arrives.
        layer: the layer, as it is written.
        own: numbers that it works on beside its inputs and its output.
        arriving: numbers of its inputs.
        leaving: numbers of its output.
        moved: numbers that its calls read, write or compute.
        seen: bytes for seeing where a NaN arrived.
        other: bytes that hold no such numbers.
        calls: of NumPy.
        objects: numbers of Python's own.
        computed: nanoseconds of products and exponentials.
        drawn: numbers of its largest random weight.
    """

    x: str
    layer: str
    own: int
    arriving: int
    leaving: int
    moved: int
    seen: int
    other: int = 0
    calls: int = 30
    objects: int = 0
    computed: float = 0
    drawn: int = 0


LAYERS = {
    "a few copies": Worked(
        "[2, 3, 5]",
        "relu",
        own=5 * 30,
        arriving=30,
        leaving=30,
        moved=30,  # comparisons
        seen=30 + 12 * 15,
    ),
    "on its way through Python": Worked(
        "[2, 3, 5]",
        "gelu",
        own=6 * 30,
        other=40 * 30,
        arriving=30,
        leaving=30,
        moved=10 * 30,
        objects=30,
        computed=30 * 30,
        seen=30 + 12 * 15,
    ),
    "an approximation that NumPy has": Worked(
        "[2, 3, 5]",
        "activation: {function: gelu, approximate: tanh}",
        own=5 * 30,
        arriving=30,
        leaving=30,
        moved=10 * 30,
        computed=30 * 30,
        seen=30 + 12 * 15,
    ),
    # 8×6 padded positions; 6 taps of 6×2 positions each; 9 kernels of 2×2×3
    "a convolution": Worked(
        "[2, 6, 6]",
        "conv: {out_channels: 9, kernel_size: [2, 3], stride: [1, 2], dilation: [2, 1], padding: [1, 0]}",
        own=2 * 48 + 2 * (6 * 24) + 3 * 108 + 108,
        other=2 * 48 + 12 + 6 * 3000,
        arriving=72,
        leaving=108,
        calls=6 * 6 + 8 * 2 + 20,
        moved=2 * 48 + 6 * (3 * 24 + 12) + 2 * 2 * 108,
        computed=0.4 * 12 * 108,
        seen=64 * (6 * 2 + 2 * 3) + 4 * 12 * 36 // 2,
        drawn=9 * 2 * 2 * 3,
    ),
    # 2 kernels that read 1 channel and 2: each slides by itself, and has few rows
    "a convolution by a table": Worked(
        "[3, 4]",
        "conv: {out_channels: 2, kernel_size: 2, connections: [[0], [1, 2]], bias: false}",
        own=3 * 4 + 2 * (2 * 9) + 3 * 6 + 6,
        other=2 * 4 + 3 + 2 * 3000,
        arriving=12,
        leaving=6,
        calls=6 * 2 * 2 + 8 * 2 * 2 + 20,
        moved=2 * (12 + 2 * (3 * 9 + 3)) + 2 * 2 * 6,
        computed=4 * (2 + 4) * 3,
        seen=64 * (3 * 2) + 4 * 6 * 4 // 3,
        drawn=6,
    ),
    # 9 taps of 64×98×98 are 5,531,904 products: two batches of 2²¹, and what the last tap brings beyond
    "more products than are held at once": Worked(
        "[64, 100, 100]",
        "conv: {out_channels: 8, kernel_size: 3, bias: false}",
        own=640_000 + 2 * (2**21 + 614_656) + 3 * 76_832 + 4_608,
        other=2 * 10_000 + 9_604 + 9 * 3000,
        arriving=640_000,
        leaving=76_832,
        calls=6 * 9 + 8 * (2 + 1) + 20,
        moved=640_000 + 9 * (3 * 614_656 + 9_604) + 2 * 3 * 76_832,
        computed=0.4 * 576 * 76_832,
        seen=76_832 + 12 * 9_604,
        drawn=4_608,
    ),
    # 5,000 taps: 4,096 at most are held, in two batches, although their products are few
    "more taps than are held at once": Worked(
        "[1, 5001]",
        "conv: {out_channels: 1, kernel_size: 5000, bias: false}",
        own=5001 + 2 * (5000 * 2) + 3 * 2 + 5000,
        other=2 * 5001 + 2 + 4096 * 3000,
        arriving=5001,
        leaving=2,
        calls=6 * 5000 + 8 * (1 + 1) + 20,
        moved=5001 + 5000 * (3 * 2 + 2) + 2 * 2 * 2,
        computed=4 * 5000 * 2,
        seen=64 * (2 * 5000) + 4 * 10_000 * 5001 // 2,
        drawn=5000,
    ),
    # all outputs of a narrow kernel on a single position: the tables are smaller than what leaves
    "more channels than anything else": Worked(
        "[1, 1]",
        "conv: {out_channels: 90, kernel_size: 1, bias: false}",
        own=1 + 2 * 1 + 3 * 90 + 90,
        other=2 + 1 + 3000,
        arriving=1,
        leaving=90,
        calls=6 + 8 * 2 + 20,
        moved=1 + 3 + 1 + 2 * 2 * 90,
        computed=0.4 * 90,
        seen=90 + 12,
        drawn=90,
    ),
    "a convolution of each channel": Worked(
        "[9, 11]",
        "depthwise_conv: {kernel_size: 3, bias: false}",
        own=9 * 11 + 2 * (3 * 81) + 3 * 81 + 27,
        other=2 * 11 + 9 + 3 * 3000,
        arriving=99,
        leaving=81,
        calls=6 * 3 + 8 * 2 + 20,
        moved=99 + 3 * (3 * 81 + 9) + 2 * 2 * 81,
        computed=4 * 3 * 81,
        seen=64 * 27 + 4 * 27 * 11 // 9,
        drawn=27,
    ),
    "a convolution by groups of eight rows": Worked(
        "[4, 3]",
        "conv: {out_channels: 16, kernel_size: 1, groups: 2, bias: false}",
        own=12 + 2 * 12 + 3 * 48 + 32,
        other=2 * 3 + 3 + 3000,
        arriving=12,
        leaving=48,
        calls=6 + 8 * 2 + 20,
        moved=12 + 3 * 12 + 3 + 2 * 2 * 48,
        computed=0.4 * 2 * 48,
        seen=64 * 3 + 4 * 3 * 3 // 3,
        drawn=32,
    ),
    "a convolution by groups of seven rows": Worked(
        "[4, 3]",
        "conv: {out_channels: 14, kernel_size: 1, groups: 2, bias: false}",
        own=12 + 2 * 12 + 3 * 42 + 28,
        other=2 * 3 + 3 + 3000,
        arriving=12,
        leaving=42,
        calls=6 + 8 * 2 + 20,
        moved=12 + 3 * 12 + 3 + 2 * 2 * 42,
        computed=4 * 2 * 42,
        seen=64 * 3 + 4 * 3 * 3 // 3,
        drawn=28,
    ),
    # lands on ((4 - 1)·3 + 2) × ((2 - 1)·1 + 3) = 11×4 positions, of which 9×4 are kept
    "a transposed convolution": Worked(
        "[3, 4, 2]",
        "conv_transpose: {out_channels: 2, kernel_size: [2, 3], stride: [3, 1], padding: [1, 0]}",
        own=2 * 44 + 4 * (2 * 8) + 2 * 24 + 36 + 72,
        other=2 * 44,
        arriving=24,
        leaving=72,
        calls=25 * 6 + 20,
        moved=2 * 44 + 6 * (8 * 16 + 2 * 24) + 2 * 72,
        computed=4 * 24 * 12,
        seen=64 * (9 * 2 + 4 * 3) + 4 * 18 * (9 * 4) // 4,
        drawn=36,
    ),
    # 2 taps of 6×6 positions, each between 4 places; every one of 2 groups is moved along 2 axes
    "a convolution whose taps are moved": Worked(
        "{f: [6, 5, 6], o: [8, 6, 6]}",
        "deform_conv: {out_channels: 9, kernel_size: [2, 1], padding: [1, 0], deform_groups: 2}, "
        "from: [f, o]",
        own=(4 + 4) * 216 + 3 * (2 * 216) + 2 * (6 * 7 * 8) + 6 * 144 + 3 * 324 + 108,
        other=8 * (8 + 2 * 4) * 144 + 2 * 4 * (6 * 7 * 8),
        arriving=180 + 288,
        leaving=324,
        calls=2 * (40 + 30 * 4),
        moved=2 * 4 * (6 * 216 + 6 * 7 * 8 + 10 * 144) + 2 * 324,
        computed=0.4 * 12 * 324,
        seen=64 * (6 * 2 + 6 * 1) + 4 * 12 * (6 * 6) // 6,
        drawn=108,
    ),
    "more moved taps than are held at once": Worked(
        "{f: [64, 100, 100], o: [18, 100, 100]}",
        "deform_conv: {out_channels: 8, kernel_size: 3, padding: 1, bias: false}, from: [f, o]",
        own=(4 + 4) * 640_000 + 3 * (2**21 + 640_000) + 2 * 665_856 + 6 * 20_000 + 3 * 80_000 + 4_608,
        other=8 * (8 + 2 * 4) * 20_000 + 2 * 4 * 665_856,  # 64 channels of 102×102
        arriving=640_000 + 180_000,
        leaving=80_000,
        calls=9 * (40 + 30 * 4),
        moved=9 * 4 * (6 * 640_000 + 665_856 + 10 * 20_000) + 2 * 80_000,
        computed=0.4 * 576 * 80_000,
        seen=80_000 + 12 * 10_000,
        drawn=4_608,
    ),
    "a pool that reads beyond its padding": Worked(
        "[3, 5, 6]",
        "max_pool: {kernel_size: [2, 3], stride: [2, 2], padding: [0, 1], ceil_mode: true}",
        own=3 * (6 * 9) + 4 * 36,  # 3×4 windows, the last of which read one row, and one column, beyond
        other=32 * (3 + 4) + 16 * 12,
        arriving=90,
        leaving=36,
        calls=3 * 6 + 8 * (2 + 3) + 20,
        moved=3 * (6 * 9) + 2 * 6 * 36,
        seen=64 * (3 * 2 + 4 * 3) + 4 * 12 * (5 * 6) // 3,
    ),
    "a pool with more before than after": Worked(
        "[3, 7]",
        "max_pool: {kernel_size: 2, stride: 3, padding: [[1, 0]]}",
        own=3 * 8 + 4 * 9,
        other=32 * 3 + 16 * 3,
        arriving=21,
        leaving=9,
        calls=3 * 2 + 8 * 2 + 20,
        moved=3 * 8 + 2 * 2 * 9,
        seen=64 * (3 * 2) + 4 * 6 * 7 // 3,
    ),
    "means of windows": Worked(
        "[3, 8]",
        "avg_pool: {kernel_size: 4, stride: 3}",  # reads 7 of 8 positions
        own=3 * 8 + 4 * 6,
        other=32 * 2 + 16 * 2,
        arriving=24,
        leaving=6,
        calls=3 * 4 + 8 * 4 + 20,
        moved=3 * 8 + 2 * 4 * 6,
        seen=64 * (2 * 4) + 4 * 8 * 8 // 2,
    ),
    # 5 in 2 bins of at most 3, and one more: 8; 3 in 4 bins of 1, and one more: 8. So 15, 24, 64 a channel.
    # Where input i stands at 2·i and 4·i, bins are 5 + 1 positions long, and 3 + 3.
    "bins": Worked(
        "[3, 5, 3]",
        "adaptive_max_pool: {output_size: [2, 4]}",
        own=3 * (64 + 64) + 2 * 24,
        other=400 * 6 + 16 * (8 + 8) * 4,
        arriving=45,
        leaving=24,
        calls=20 * 9,
        moved=4 * 3 * (15 + 24 + 64 + 64) + 24,
        objects=4 * 6,
        seen=64 * (2 * 6 + 4 * 6) + 4 * 24 * (5 * 4) // 2,
    ),
    # Inputs stand two apart, and outputs between them look back over two places.
    "the nearest": Worked(
        "[2, 3, 5]",
        "upsample: {scale_factor: [2, 1]}",
        own=4 * 60 + 2 * 30,
        other=400 * (6 + 5) + 8 * 2,
        arriving=30,
        leaving=60,
        calls=12 + 20,
        moved=4 * 60,
        objects=24 * (6 + 5),
        seen=64 * (6 * 2 + 5) + 4 * 12 * 30 // 5,
    ),
    # Inputs stand four apart: less than four away are seven places; where nothing is resized, one.
    "between two along each axis": Worked(
        "[2, 3, 5]",
        "upsample: {scale_factor: [2, 1], mode: bilinear}",
        own=4 * 60 + 2 * 30,
        other=400 * 2 * (6 + 5) + 8 * 2,
        arriving=30,
        leaving=60,
        calls=12 * 4 + 20,
        moved=4 * 4 * 60,
        objects=24 * 2 * (6 + 5),
        seen=64 * (6 * 7 + 5 * 1) + 4 * 42 * 30 // 5,
    ),
    # Less than eight away: fifteen places; where nothing is resized, less than two away: three.
    "between four along each axis": Worked(
        "[2, 3, 5]",
        "upsample: {scale_factor: [2, 1], mode: bicubic}",
        own=4 * 60 + 2 * 30,
        other=400 * 4 * (6 + 5) + 8 * 2,
        arriving=30,
        leaving=60,
        calls=12 * 16 + 20,
        moved=4 * 16 * 60,
        objects=24 * 4 * (6 + 5),
        seen=64 * (6 * 15 + 5 * 3) + 4 * 90 * 30 // 5,
    ),
    "neighbours in other channels": Worked(
        "[4, 3, 5]",
        "local_response_norm: {size: 2}",
        own=6 * 60 + 2 * (4 + 2) * 15,
        arriving=60,
        leaving=60,
        calls=3 * 2 + 20,
        moved=(2 + 8) * 60 + 2 * (4 + 2) * 15,
        computed=30 * 60,
        seen=60 + 12 * 15,
    ),
    "a product of a matrix and a vector": Worked(
        "[10]",
        "linear: {out_features: 9, bias: false}",
        own=3 * 9 + 10,
        arriving=10,
        leaving=9,
        moved=4 * 9 + 2 * 10 + 90,
        computed=4 * 90,
        seen=9 + 12,
        drawn=90,
    ),
    "a product of two matrices": Worked(
        "[10, 8]",
        "linear: {out_features: 9, per_position: true, bias: false}",
        own=3 * 72 + 80,
        arriving=80,
        leaving=72,
        moved=4 * 72 + 2 * 80 + 90,
        computed=0.4 * 8 * 90,
        seen=72 + 12 * 8,
        drawn=90,
    ),
    "a product of a matrix of few rows": Worked(
        "[10, 9, 9]",
        "linear: {out_features: 7, per_position: true, bias: false}",
        own=3 * 567 + 810,
        arriving=810,
        leaving=567,
        moved=4 * 567 + 2 * 810 + 70,
        computed=4 * 81 * 70,
        seen=567 + 12 * 81,
        drawn=70,
    ),
    "a product of a matrix and few columns": Worked(
        "[10, 7]",
        "linear: {out_features: 9, per_position: true, bias: false}",
        own=3 * 63 + 70,
        arriving=70,
        leaving=63,
        moved=4 * 63 + 2 * 70 + 90,
        computed=4 * 7 * 90,
        seen=63 + 12 * 7,
        drawn=90,
    ),
    "a product of tensors with few columns": Worked(
        "{a: [9, 5], b: [5, 7]}",
        "matmul: , from: [a, b]",
        own=3 * 63 + 80,
        arriving=80,
        leaving=63,
        moved=4 * 63 + 2 * 80,
        computed=4 * 63 * 5,
        seen=63 + 12 * 63,
    ),
    "a product of tensors of eight columns": Worked(
        "{a: [8, 5], b: [5, 9]}",
        "matmul: , from: [a, b]",
        own=3 * 72 + 85,
        arriving=85,
        leaving=72,
        moved=4 * 72 + 2 * 85,
        computed=0.4 * 72 * 5,
        seen=72 + 12 * 72,
    ),
    "a single bin": Worked(
        "[2, 3, 4]",
        "global_avg_pool",
        own=5 * 2,
        arriving=24,
        leaving=2,
        moved=2 * (11 + 1),  # sums and means
        seen=64 * (3 + 4) + 4 * 4 * 12,
    ),
    "a product of tensors": Worked(
        "[10, 9]",
        "matmul: {transpose_a: true}, from: [input, input]",
        own=3 * 81 + 180,
        arriving=180,
        leaving=81,
        moved=4 * 81 + 2 * 180,
        computed=0.4 * 81 * 10,
        seen=81 + 12 * 81,  # one head, of 9×9 positions
    ),
    "rows of a table": Worked(
        "[5]",
        "embedding: {num_embeddings: 11, embedding_dim: 3}",
        own=3 * 15 + 2 * 5,
        other=24 * 5 + 15,
        arriving=5,
        leaving=15,
        moved=4 * 15 + 8 * 5,
        seen=15 + 12 * 5,
        drawn=33,
    ),
    "values that are made up": Worked(
        "[2, 3, 5]",
        "custom: {shape: [4, 6], macs: 1000000, params: 1000, reason: r}",
        own=2 * 24,
        arriving=30,
        leaving=24,
        calls=20,
        moved=2 * 24,
        seen=24 + 12 * 6,
    ),
    # 3×5 windows on 4×6 positions
    "means of a declared window": Worked(
        "[2, 3, 6]",
        "custom: {shape: [4, 3, 5], reason: r, receptive_field: {kernel_size: 2, padding: [[1, 0], [0, 0]]}}",
        own=2 * (4 * 6) + (4 + 3) * 15 + 2 * 60,
        arriving=36,
        leaving=60,
        calls=20 + 4 * 4,
        moved=4 * 2 * 15 + 2 * (4 * 6) + 2 * 60,
        seen=64 * (3 * 2 + 5 * 2) + 4 * 10 * (3 * 6) // 3,
    ),
}


@pytest.fixture
def network(request: pytest.FixtureRequest, tmp_path: Path) -> archcost.Network:
    """A network of one of the layers."""
    one: Worked = request.param
    (tmp_path / "net.yaml").write_text(spec(one.x, one.layer))
    return archcost.load(tmp_path / "net.yaml")


@pytest.mark.parametrize(
    ("network", "one"), [(one, one) for one in LAYERS.values()], indirect=["network"], ids=LAYERS
)
def test_a_layer_is_worked_out_by_hand(network: archcost.Network, one: Worked) -> None:
    bytes_of = 2**20 + 2048 + 8 * one.drawn + one.other + one.seen
    for width in (4, 8):
        numbers = one.own + one.arriving + one.leaving
        assert need(network, width).temporaries == bytes_of + width * numbers
    moved = one.moved + 2 * one.arriving + 4 * one.leaving
    run = 400_000 + 12_000 * one.calls + 4 * moved + 500 * one.objects + one.computed
    probe = run + 400_000 + 4 * one.seen
    drawn = 40 * need(network, 8).weights / 8
    for probes in (0, 1, 7):
        assert isclose(
            need(network, 8, probes=probes).seconds * 1e9, run + probes * probe + drawn, rel_tol=1e-9
        )


# -- a whole network --------------------------------------------------------------------------------------

NETWORK = """\
archcost: 1
name: net
input: {a: [2, 10], b: [2, 10]}
layers:
- {conv: {out_channels: 4, kernel_size: 1, bias: false}, from: a, name: c, share: k}
- {conv: {out_channels: 4, kernel_size: 1, bias: false}, from: b, name: d, share: k}
- {add: , from: [c, d]}
- batch_norm
- {conv: {out_channels: 4, kernel_size: 1, bias: false}, weights: {weight: [ROW, ROW, ROW, ROW]}}
- {reshape: {shape: 40}}
- {linear: {out_features: 3}}
- {custom: {shape: [3], params: 1000, reason: r}}
""".replace("ROW", "[[1], [1], [1], [1]]")
"""Every tensor of the first half has 10 positions; the sum is made while both that it reads are there."""


@pytest.fixture
def whole(tmp_path: Path) -> archcost.Network:
    """A network of several layers."""
    (tmp_path / "net.yaml").write_text(NETWORK)
    return archcost.load(tmp_path / "net.yaml")


def test_weights_are_kept_once_those_of_the_spec_twice_and_declared_ones_never(
    whole: archcost.Network,
) -> None:
    shared, statistics_too, given, last = 4 * 2, 4 * 4, 4 * 4, 3 * 40 + 3
    assert need(whole, 8).weights == 8 * (shared + statistics_too + 2 * given + last)


def test_what_is_alive_is_counted_at_its_peak(whole: archcost.Network) -> None:
    both, their_sum, inputs = 2 * 40, 40, 2 * 20
    before = 40  # the output before this one; the inputs are there as they came, and as a copy
    alive = both + their_sum + 2 * inputs + before
    assert need(whole, 8).activations == 8 * alive
    assert need(whole, 4).activations == 4 * alive
    for probes in (1, 2):
        assert need(whole, 8, probes=probes).activations == 8 * alive + 3 * 30


def test_what_layers_work_on_is_that_of_the_layer_that_takes_most(whole: archcost.Network) -> None:
    own, other, seen = 4 * 10 + 2 * 40 + 3 * 40 + 16, 2 * 10 + 10 + 3000, 64 * 10 + 4 * 10  # the third conv
    assert need(whole, 8).temporaries == 2**20 + 8 * 2048 + 8 * (own + 40 + 40) + 8 * 16 + other + seen


@pytest.mark.parametrize(("width", "copies"), [(8, 2), (4, 3)])
def test_pytorch_keeps_its_own_in_double_precision(whole: archcost.Network, width: int, copies: int) -> None:
    alone, both = need(whole, width, probes=1), need(whole, width, probes=1, torch=True)
    seen, fixed, weights = 3 * 30, 2**20 + 8 * 2048, alone.weights / width
    assert both.weights == copies * alone.weights
    assert both.activations - seen == copies * (alone.activations - seen)
    assert both.temporaries - fixed == 2 * (alone.temporaries - fixed)
    assert isclose(both.seconds - 4e-8 * weights, 2 * (alone.seconds - 4e-8 * weights), rel_tol=1e-9)


def test_the_memory_is_the_sum_of_all_three(whole: archcost.Network) -> None:
    needed = need(whole, 8)
    assert needed == need(whole, 8, probes=0, torch=False)
    assert needed.memory == needed.weights + needed.activations + needed.temporaries


def test_a_network_without_layers_keeps_its_inputs(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "archcost: 1\nname: net\ninput: [2, 5]\nlayers: [{repeat: 0, body: [relu]}]\n"
    )
    network = archcost.load(tmp_path / "net.yaml")
    assert need(network, 8, probes=1) == (0, 8 * 3 * 10 + 3 * 5, 2**20, 0)
