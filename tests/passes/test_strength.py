"""Strengths against loops that follow every tap, and against the exact sets of the receptive field."""

from __future__ import annotations

import cProfile
import pstats
import random
from collections import Counter, defaultdict
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pytest

import archcost
from archcost import UsageError
from archcost.network import Node
from archcost.passes.receptive_field import receptive_fields
from archcost.passes.strength import strength

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from archcost.passes.receptive_field import Field
    from archcost.passes.strength import Strength

Loader: TypeAlias = "Callable[..., Network]"
Position: TypeAlias = tuple[int, ...]
SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


# -- loops over every tap of random graphs ----------------------------------------------------------------


class Op(NamedTuple):
    """One layer of a random graph; `numbers` are per axis, and mean what `reads` makes of them."""

    kind: str
    sources: tuple[int, ...]
    numbers: tuple[tuple[int, ...], ...] = ()


def reads(kind: str, numbers: tuple[int, ...], u: int) -> list[int]:
    """The inputs that output u reads along an axis, straight from each kind's definition."""
    if kind == "conv":
        kernel, stride, dilation, before = numbers
        return [u * stride - before + dilation * tap for tap in range(kernel)]
    if kind == "transposed":
        kernel, crop = numbers
        near = range((u + crop - kernel) // 2 - 1, (u + crop) // 2 + 2)
        return [i for i in near if 0 <= u + crop - 2 * i < kernel]
    if kind == "nearest":
        return [u // 2]
    centre = Fraction(2 * u + 1, 4) - Fraction(1, 2)
    return [i for i in range(u // 2 - 2, u // 2 + 3) if abs(i - centre) < 1]


class RandomGraph:
    """Convolutions, resizes and merges over a few scales; tensor 0 is the input, scale s has 32 / 2^s."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a test, not a secret
        self.rank = self.random.choice([1, 2])
        self.ops: list[Op] = []
        self.scales = [0]
        for _ in range(self.random.randint(2, 7)):
            self.add(self.random.choice(["conv", "conv", "down", "up", "merge", "merge"]))

    def add(self, what: str) -> None:
        source = self.random.choice([len(self.ops), self.random.randint(0, len(self.ops))])
        scale = self.scales[source]
        if what == "merge":
            alike = [i for i, other in enumerate(self.scales) if other == scale and i]
            self.append(Op("merge", (source, self.random.choice([*alike, source]))), scale)
        elif what == "up" and scale > 0:
            kind = self.random.choice(["transposed", "nearest", "linear"])
            crop = [self.random.randint(0, 1) for _ in range(self.rank)]
            self.append(Op(kind, (source,), tuple((2 + 2 * c, c) for c in crop)), scale - 1)
        elif what == "down" and scale < 3:
            kernels = [self.random.randint(1, 4) for _ in range(self.rank)]
            self.append(Op("conv", (source,), tuple((k, 2, 1, (k - 1) // 2) for k in kernels)), scale + 1)
        else:
            kernels = [(self.random.randint(1, 3), self.random.randint(1, 3)) for _ in range(self.rank)]
            same = tuple((k, 1, d, self.random.randint(0, d * (k - 1))) for k, d in kernels)
            self.append(Op("conv", (source,), same), scale)

    def append(self, op: Op, scale: int) -> None:
        self.ops.append(op)
        self.scales.append(scale)

    def layers(self) -> str:
        names = ["input", *(f"t{i}" for i, _ in enumerate(self.ops, 1))]
        lines: list[str] = []
        for i, op in enumerate(self.ops, 1):
            sources = [names[source] for source in op.sources]
            lines.append(
                f"- {{name: t{i}, {self.layer(op)}, from: {sources if len(sources) > 1 else sources[0]}}}"
            )
        return "\n".join(lines).replace("'", "")

    def layer(self, op: Op) -> str:
        if op.kind == "merge":
            return "add: "
        if op.kind == "nearest":
            return "upsample: {scale_factor: 2}"
        if op.kind == "linear":
            return f"upsample: {{scale_factor: 2, mode: {'bilinear' if self.rank == 2 else 'linear'}}}"
        kernels = [n[0] for n in op.numbers]
        if op.kind == "transposed":
            crops = [n[1] for n in op.numbers]
            return f"conv_transpose: {{out_channels: 1, kernel_size: {kernels}, stride: 2, padding: {crops}}}"
        stride = op.numbers[0][1]
        dilations = [n[2] for n in op.numbers]
        # Whatever is left over at the end makes the size 1/stride of what arrives.
        pads = [[b, d * (k - 1) + 1 - stride - b] for k, _, d, b in op.numbers]
        pads = [[before, max(after, 0)] for before, after in pads]
        fields = f"kernel_size: {kernels}, stride: {stride}, dilation: {dilations}, padding: {pads}"
        return f"conv: {{out_channels: 1, {fields}}}"

    def weights(self, *, mean: bool) -> dict[Position, Fraction]:
        """The share of every input position in the last tensor's centre unit."""

        @cache
        def shares(tensor: int, at: Position) -> dict[Position, Fraction]:
            if tensor == 0:
                return {at: Fraction(1)}
            op, found = self.ops[tensor - 1], defaultdict[Position, Fraction](Fraction)
            axes = [reads(op.kind, n, u) for n, u in zip(op.numbers, at, strict=True)] if op.numbers else None
            taps = list(product(*axes)) if axes else [at]
            share = Fraction(1, len(taps)) if mean else Fraction(1)
            for source in op.sources:
                for tap in taps:
                    for position, weight in shares(source, tap).items():
                        found[position] += weight * share
            return found

        size = 32 >> self.scales[-1]
        return shares(len(self.ops), (size // 2,) * self.rank)


def as_dict(found: Strength) -> dict[Position, float]:
    places = (tuple(int(i) for i in index) for index in np.argwhere(found.weights))
    return {
        tuple(a + b for a, b in zip(found.first, place, strict=True)): float(found.weights[place])
        for place in places
    }


@pytest.mark.parametrize("seed", range(120))
def test_weights_agree_with_following_every_tap(seed: int, network: Loader) -> None:
    graph = RandomGraph(seed)
    net = network(graph.layers(), str([1] + [32] * graph.rank))
    counts = strength(net, net.nodes[-1], mean=False)["input"]
    assert counts.is_exact
    assert as_dict(counts) == graph.weights(mean=False)
    means = strength(net, net.nodes[-1], mean=True)["input"]
    assert as_dict(means) == pytest.approx(graph.weights(mean=True))


@pytest.mark.parametrize("seed", range(120))
def test_one_axis_alone_is_the_sum_over_the_others(seed: int, network: Loader) -> None:
    graph = RandomGraph(seed)
    net = network(graph.layers(), str([1] + [32] * graph.rank))
    for mean, axis in product((False, True), range(graph.rank)):
        whole = strength(net, net.nodes[-1], mean=mean)["input"]
        others = tuple(i for i in range(graph.rank) if i != axis)
        alone = strength(net, net.nodes[-1], mean=mean, axes=[axis])["input"]
        assert alone.first == (whole.first[axis],)
        np.testing.assert_allclose(alone.weights, whole.weights.sum(axis=others))


def test_a_transposed_convolution_that_reads_unevenly_is_summed_over_exactly(network: Loader) -> None:
    net = network("- conv_transpose: {out_channels: 1, kernel_size: 3, stride: 2}", "[1, 8, 8]")
    alone = strength(net, net.nodes[0], mean=False, axes=[0])["input"]  # unit (8, 8) reads 3, 4 on both axes
    assert (alone.first, alone.weights.tolist()) == ((3,), [2, 2])


@pytest.mark.parametrize("mean", [False, True])
def test_outputs_that_a_transposed_convolution_misses_hand_nothing_back(mean: bool, network: Loader) -> None:
    net = network(
        """
        - conv_transpose: {out_channels: 1, kernel_size: [3, 1], stride: [1, 2]}
        - {name: wide, conv: {out_channels: 1, kernel_size: [1, 3], padding: [0, 1]}}
        """,
        "[1, 8, 8]",
    )
    # Unit (5, 7) of `wide` reads columns 6, 7 and 8, of which 7 was missed and the others are inputs 3 and 4.
    share = 1 / 9 if mean else 1
    whole = strength(net, net.nodes[-1], mean=mean)["input"]
    assert (whole.first, whole.weights.shape) == ((3, 3), (3, 2))
    assert whole.weights == pytest.approx(np.full((3, 2), share))
    alone = strength(net, net.nodes[-1], mean=mean, axes=[0])["input"]
    assert alone.weights == pytest.approx(np.full(3, 2 * share))


# -- numbers beyond those of a float ---------------------------------------------------------------------


def test_a_stack_too_deep_for_floats_keeps_its_weights_and_its_holes(network: Loader) -> None:
    """Beside the coefficients of (1 + x² + x⁴)⁷⁰⁰, in whole numbers: the largest has 1,104 bits."""
    depth = 700
    net = network(
        f"- repeat: {depth}\n"
        "  body: [{conv: {out_channels: 1, kernel_size: 3, dilation: 2, padding: 2}}]",
        "[1, 9000]",
    )
    found = strength(net, net.nodes[-1], mean=False)["input"]
    ways = [1]
    for _ in range(depth):
        ways = [sum(ways[max(i - 2, 0) : i + 1]) for i in range(len(ways) + 2)]
    assert not found.weights[1::2].any()
    assert found.weights[::2].all()
    assert found.weights.size == 2 * len(ways) - 1
    for i in range(depth // 2, depth + 1):
        share = Fraction(float(found.weights[2 * i])) * 2**found.exponent / ways[i]
        assert abs(share - 1) < Fraction(1, 10**9)


# -- the exact sets of the receptive field ----------------------------------------------------------------


def behind(node: Node) -> set[Node]:
    """The node and everything it depends on."""
    found, waiting = {node}, [node]
    while waiting:
        new = [x for x in waiting.pop().inputs if isinstance(x, Node) and x not in found]
        found.update(new)
        waiting += new
    return found


def has_phases(net: Network, node: Node) -> bool:
    """Whether neighbouring outputs may read different patterns."""
    nodes = behind(node)
    edges = ((reader, i, x.output) for reader in net if reader in nodes for i, x in enumerate(reader.inputs))
    windows = [reader.layer.window_of(i, reader.shapes) for reader, i, shape in edges if len(shape) > 1]
    return any(w.period(axis)[0] > 1 for w in windows if w for axis, _ in enumerate(w.kernel))


NOT_FOLLOWED = {
    *("reshape", "flatten", "squeeze", "unsqueeze", "unflatten", "rearrange", "transpose"),
    *("matmul", "einsum", "stack", "fold", "unfold", "reduce"),
}
"""Kinds behind which positions are elsewhere: weights are not followed through them."""


def last_small_map(net: Network, most: int) -> tuple[Node, dict[str, Field]] | None:
    """The last map with fields small enough for a test, and those fields."""
    for node, fields in zip(reversed(net.nodes), reversed(receptive_fields(net)), strict=True):
        found = {name: small for name, field in fields.items() if (small := field.moving)}
        if any(n.word in NOT_FOLLOWED for n in behind(node)):
            continue
        if len(node.output) > 1 and found and all(prod(f.size) <= most for f in found.values()):
            return node, found
    return None


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_support_is_the_receptive_field(path: Path) -> None:
    net = archcost.load(path)
    if (last := last_small_map(net, most=300_000)) is None:
        pytest.skip("every field is too large, or global")
    node, fields = last
    compare(net, node, fields)


@pytest.mark.parametrize("seed", range(120))
def test_the_support_is_the_receptive_field_of_random_graphs(seed: int, network: Loader) -> None:
    graph = RandomGraph(seed)
    net = network(graph.layers(), str([1] + [32] * graph.rank))
    compare(net, net.nodes[-1], receptive_fields(net)[-1])


def compare(net: Network, node: Node, fields: dict[str, Field]) -> None:
    strengths = strength(net, node, mean=False)
    assert strengths.keys() == fields.keys()
    for name, found in strengths.items():
        field, shape = fields[name], found.weights.shape
        if field.upper_bound or has_phases(net, node):  # the field is that of the largest phase
            assert all(a <= b for a, b in zip(shape, field.size, strict=True))
        elif any(n.word == "slice" for n in behind(node)):  # channels matter to the field, not to strengths
            assert all(a >= b for a, b in zip(shape, field.size, strict=True))
        else:
            assert shape == field.size
            assert np.count_nonzero(found.weights) == prod(field.size) - field.holes
            assert found.first == first_read(field, node)


def first_read(field: Field, node: Node) -> tuple[Fraction, ...]:
    """Where the field of the centre unit starts."""
    units = [n // 2 for n in node.output[1:]]
    rows = zip(field.center, field.stride, field.size, units, strict=True)
    return tuple(c + s * u - Fraction(n - 1, 2) for c, s, n, u in rows)


# -- where the way ends ------------------------------------------------------------------------------------


def test_gates_from_the_global_mean_hand_nothing_back(network: Loader) -> None:
    net = network(
        """
        - conv: {out_channels: 4, kernel_size: 3}
        - std/squeeze_excite: {ratio: 2}
        """
    )
    found = strength(net, net.nodes[-1], mean=False)["input"]
    assert found.first == (3, 3)
    assert found.weights.tolist() == [[1, 1, 1]] * 3


def test_behind_a_global_mean_and_an_unknown_layer_nothing_is_left(network: Loader) -> None:
    net = network(
        """
        - global_avg_pool
        - {from: input, custom: {shape: [3, 8, 8], reason: secret}}
        - {from: input, flatten: }
        """
    )
    assert [strength(net, node, mean=True) for node in net] == [{}, {}, {}]


def test_a_vector_made_of_one_position_still_knows_where_that_was(network: Loader) -> None:
    net = network(
        """
        - conv: {out_channels: 4, kernel_size: [8, 7], stride: [1, 2]}
        - flatten
        - linear: {out_features: 8}
        - reshape: {shape: [2, 2, 2]}
        - conv: {out_channels: 1, kernel_size: 2}
        """,
    )
    found = strength(net, net.nodes[-1], mean=True)["input"]
    assert (found.first, found.weights.shape) == ((0, 0), (8, 7))
    assert found.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("layers", "x", "ends"),
    [
        ("- flatten\n- residual: [relu]\n- reshape: {shape: [12, 4]}\n", "[12, 4]", True),
        (
            "- flatten\n- residual: [{linear: {out_features: 12}}]\n- reshape: {shape: [12, 1]}\n",
            "[12, 1]",
            False,
        ),
        (
            "- {name: v, flatten}\n- {name: g, relu}\n- {add, from: [v, g]}\n- reshape: {shape: [8, 2]}\n",
            "[8, 2]",
            True,
        ),
        (
            "- {name: v, reshape: {shape: [12]}}\n- {stack, from: [v, v]}\n",
            "[12, 1]",
            False,
        ),
    ],
)
@pytest.mark.parametrize("mean", [True, False])
def test_vectors_that_join_hand_back_to_both_or_end_the_way(
    mean: bool, layers: str, x: str, ends: bool, network: Loader
) -> None:
    """Of a single position two paths arrive; which of several a vector was made of is not told."""
    net = network(layers, x)
    found = strength(net, net.nodes[-1], mean=mean)
    assert found == {} if ends else [found["input"].weights.tolist()] == [[2.0]]


def test_a_unit_that_reads_only_gaps_has_no_weights_to_average(network: Loader) -> None:
    """Outputs 0, 2, 4… are hit; unit 17 of 35 reads 17, 19 and 21 of them."""
    net = network(
        """
        - conv_transpose: {out_channels: 1, kernel_size: 1, stride: 2}
        - conv: {out_channels: 1, kernel_size: 3, dilation: 2}
        """,
        "[1, 20]",
    )
    with pytest.raises(UsageError, match="the centre unit of conv reads nothing but the gaps"):
        strength(net, net.nodes[-1], mean=True)


def test_weights_are_not_followed_where_positions_change_their_axes(network: Loader) -> None:
    net = network(
        """
        - transpose: {axes: [0, 2, 1]}
        - conv: {out_channels: 1, kernel_size: 3}
        """
    )
    with pytest.raises(UsageError, match="before conv, positions move to other axes"):
        strength(net, net.nodes[-1], mean=True)


def test_weights_are_not_followed_where_positions_go_round(network: Loader) -> None:
    net = network("- roll: {shifts: 1, axis: 2}\n- conv: {out_channels: 1, kernel_size: 3}\n")
    with pytest.raises(UsageError, match="before conv, positions go round the ends of an axis"):
        strength(net, net.nodes[-1], mean=True)


def test_weights_are_not_followed_where_positions_are_mirrored(network: Loader) -> None:
    net = network("- flip: {axis: 2}\n- conv: {out_channels: 1, kernel_size: 3}\n")
    with pytest.raises(UsageError, match="before conv, positions stand in the other order along an axis"):
        strength(net, net.nodes[-1], mean=True)


def test_what_is_unpooled_reads_its_window_of_both_maps(network: Loader) -> None:
    net = network(
        """
        - {name: pooled, max_pool: {kernel_size: 2}}
        - {max_unpool: {kernel_size: 2}, from: [pooled, input]}
        """
    )
    found = strength(net, net.nodes[-1], mean=False)["input"]
    assert (found.first, found.weights.tolist()) == ((4, 4), [[2, 2], [2, 2]])
    found = strength(net, net.nodes[-1], mean=True, axes=[1])["input"]
    assert (found.first, found.weights.tolist()) == ((4,), [1, 1])


def test_what_is_broadcast_along_one_axis_is_read_at_the_same_place_everywhere(network: Loader) -> None:
    net = network(
        """
        - {name: column, conv: {out_channels: 3, kernel_size: [1, 8]}}
        - {add: , from: [column, input]}
        """
    )
    found = strength(net, net.nodes[-1], mean=False)["input"]
    assert (found.first, found.weights.tolist()) == ((4, 0), [[1, 1, 1, 1, 2, 1, 1, 1]])


def test_what_is_broadcast_along_all_axes_hands_nothing_back(network: Loader) -> None:
    net = network(
        """
        - {name: corner, conv: {out_channels: 3, kernel_size: 8}}
        - {multiply: , from: [corner, input]}
        """
    )
    found = strength(net, net.nodes[-1], mean=False)["input"]
    assert (found.first, found.weights.tolist()) == ((4, 4), [[1]])


def test_offsets_are_read_where_the_output_is(network: Loader) -> None:
    net = network(
        "- {from: [features, offsets], deform_conv: {out_channels: 18, kernel_size: 3, padding: 1}}",
        "{features: [18, 16, 16], offsets: [18, 16, 16]}",
    )
    found = strength(net, net.nodes[-1], mean=False)
    assert found["features"].weights.tolist() == [[1, 1, 1]] * 3
    assert (found["offsets"].first, found["offsets"].weights.tolist()) == ((8, 8), [[1]])


def test_an_input_read_through_two_ends_of_an_addition_counts_twice(network: Loader) -> None:
    net = network(
        """
        - {name: a, relu: }
        - {name: b, add: , from: [a, a]}
        - {add: , from: [b, a, input]}
        """,
        "[1, 4]",
    )
    found = strength(net, net.nodes[-1], mean=False)["input"]
    assert (found.first, found.weights.tolist()) == ((2,), [4])


# -- limits --------------------------------------------------------------------------------------------------


def test_counts_beyond_what_a_float_holds_stay_right_in_proportion(network: Loader) -> None:
    net = network(
        """
        - repeat: 1000
          body:
            - conv: {out_channels: 1, kernel_size: 3, padding: 1}
        """,
        "[1, 64]",
    )
    found = strength(net, net.nodes[-1], mean=False)["input"]
    exact = [1]
    for _ in range(1000):
        exact = [sum(exact[max(0, i - 2) : i + 1]) for i in range(len(exact) + 2)]
    assert found.exponent > 0
    assert not found.is_exact
    assert np.count_nonzero(found.weights) == len(exact), "the ends are weak, and no holes"
    for i in (500, 900, 1000, 1100, 1700):
        assert Fraction(float(found.weights[i])) * 2**found.exponent / exact[i] == pytest.approx(1)


def test_a_field_too_large_is_refused_at_once(network: Loader) -> None:
    net = network(
        """
        - conv: {out_channels: 1, kernel_size: 3, dilation: 4000, padding: same}
        - relu
        """,
        "[1, 9000, 9000]",
    )
    with pytest.raises(UsageError, match=r"relu reaches back over 8,001×8,001 = 64,016,001 positions"):
        strength(net, net.nodes[-1], mean=True)
    assert strength(net, net.nodes[-1], mean=True, axes=[1])["input"].weights.shape == (8001,)


def test_too_many_additions_are_refused_before_any_is_made(network: Loader) -> None:
    net = network(
        """
        - repeat: 60
          body:
            - conv: {out_channels: 1, kernel_size: 81, padding: same}
        """,
        "[1, 5000, 5000]",
    )
    with pytest.raises(UsageError, match="additions"):
        strength(net, net.nodes[-1], mean=True)


def test_more_phases_than_are_followed_are_refused_before_they_are_listed(
    network: Callable[..., Network],
) -> None:
    layers = "- adaptive_avg_pool: {output_size: 274877906943}\n- adaptive_avg_pool: {output_size: 3}\n"
    net = network(layers, x="[1, 549755813889]")
    with pytest.raises(UsageError) as caught:
        strength(net, net.nodes[-1], mean=False)
    assert str(caught.value) == (
        "adaptive_avg_pool reads in 91,625,968,981 different patterns on the way to adaptive_avg_pool_2, and "
        "at most 65,536 are followed; choose a node nearer to the input"
    )


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("later", ["", "- conv: {out_channels: 1, kernel_size: 2, stride: 2}\n"])
def test_a_huge_kernel_is_handed_back_by_output_and_not_by_tap(
    network: Callable[..., Network], dilation: int, later: str
) -> None:
    kernel = 10**5
    layer = f"- conv: {{out_channels: 1, kernel_size: {kernel}, stride: 7, dilation: {dilation}}}\n"
    net = network(layer + later, x="[1, 400000]")
    found = strength(net, net.nodes[-1], mean=False)["input"]
    outputs = range(2 if later else 1)
    first = net.nodes[0].output[1] // 2 if not later else net.nodes[1].output[1] // 2 * 2
    read = Counter(
        (first + u) * 7 + tap * dilation - found.first[0] for u in outputs for tap in range(kernel)
    )
    assert found.weights.tolist() == [read[i] for i in range(max(read) + 1)]
    assert min(read) == 0
    profile = cProfile.Profile()
    profile.runcall(strength, net, net.nodes[-1], mean=False)
    assert vars(pstats.Stats(profile))["total_calls"] < 1000
