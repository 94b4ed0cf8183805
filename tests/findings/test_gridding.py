"""Gridding and lattices: against loops over every tap, and in words."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import gcd
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.findings.gridding import repaired
from archcost.passes.access import AccessCache
from archcost.passes.receptive_field import fields_by_tensor, receptive_fields
from archcost.passes.stacks import stacks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.network import Network
    from archcost.passes.stacks import Stack
    from archcost.results.report import Finding


def found(net: Network, rule: str) -> list[Finding]:
    return [finding for finding in archcost.analyze(net).findings if finding.rule == rule]


def stacks_of(net: Network) -> tuple[Stack, ...]:
    accesses = AccessCache()
    return stacks(net, accesses, fields_by_tensor(net, receptive_fields(net, accesses))).stacks


def conv(dilation: int, kernel: int = 3, rest: str = "") -> str:
    return (
        f"conv: {{out_channels: 4, kernel_size: {kernel}, dilation: {dilation}, "
        f"padding: {dilation * (kernel - 1) // 2}{rest}}}"
    )


def row(*dilations: int, kernel: int = 3) -> str:
    return "".join(f"- {conv(d, kernel)}\n" for d in dilations)


def taps_read(layers: list[tuple[int, int]]) -> set[int]:
    """Every sum of one tap per layer."""
    return {sum(sums) for sums in product(*([t * d for t in range(k)] for k, d in layers))}


# -- by loops -----------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(layers=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 6)), min_size=1, max_size=5))
def test_a_row_is_reported_exactly_if_a_loop_over_its_taps_finds_holes(
    layers: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(layers, tmp_path_factory.mktemp("row"))
    read = taps_read(layers)
    holes = max(read) - min(read) + 1 - len(read)
    findings = found(archcost.load(path), "gridding")
    assert [finding.level for finding in findings] == (["error"] if holes else [])
    if findings:
        assert f"it reads {len(read):,} of {max(read) + 1:,} positions" in findings[0].message


@pytest.mark.parametrize(("positions", "work"), [(2**18, 20_000), (16, 20), (64, 5), (2, 1)])
def test_what_is_too_large_to_count_is_left_out_and_never_counted_wrong(
    positions: int, work: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tried with limits so low that most rows are beyond them."""
    monkeypatch.setattr("archcost.windows.offsets.POSITIONS", positions)
    monkeypatch.setattr("archcost.windows.offsets.WORK", work)
    for seed in range(40):
        random = Random(seed)  # noqa: S311 - no secret
        layers = [
            (random.randint(1, 4), random.choice([1, 2, 3, 4, 6, 8])) for _ in range(random.randint(1, 5))
        ]
        read = taps_read(layers)
        said = f"it reads {len(read):,} of {max(read) + 1:,} positions"
        messages = [one.message for one in found(archcost.load(written(layers, tmp_path)), "gridding")]
        assert [message for message in messages if said not in message] == []
        assert bool(messages) <= (len(read) <= max(read))
        assert positions < 2**18 or bool(messages) == (len(read) <= max(read))


def written(layers: list[tuple[int, int]], folder: Path) -> Path:
    items = "".join(
        f"  - conv: {{out_channels: 1, kernel_size: {k}, dilation: {d}, padding: [[{d * (k - 1)}, 0]]}}\n"
        for k, d in layers
    )
    (folder / "net.yaml").write_text(f"archcost: 1\nname: row\ninput: [1, 99]\nlayers:\n{items}")
    return folder / "net.yaml"


@settings(max_examples=80)
@given(layers=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 8)), min_size=1, max_size=5))
def test_what_is_advised_reads_everything_and_makes_no_dilation_larger(layers: list[tuple[int, int]]) -> None:
    advised = repaired(tuple(layers))
    assert all(new <= d for new, (_, d) in zip(advised, layers, strict=True))
    read = taps_read([(k, d) for (k, _), d in zip(layers, advised, strict=True)])
    assert len(read) == max(read) + 1


@settings(max_examples=60)
@given(dilations=st.lists(st.integers(1, 12), min_size=1, max_size=7))
def test_lattices_are_the_runs_whose_dilations_share_a_factor_and_that_no_neighbour_extends(
    dilations: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    runs = {
        (i, j)
        for i in range(len(dilations))
        for j in range(i + 2, len(dilations) + 1)
        if gcd(*dilations[i:j]) > 1
    }
    longest = {(i, j) for i, j in runs if not any(a <= i and j <= b and (a, b) != (i, j) for a, b in runs)}
    path = tmp_path_factory.mktemp("row") / "net.yaml"
    path.write_text(
        "archcost: 1\nname: row\ninput: [1, 99, 99]\nlayers:\n"
        + "".join(f"  - {{name: c{i}, {conv(d)}}}\n" for i, d in enumerate(dilations))
    )
    findings = found(archcost.load(path), "lattice")
    assert {finding.node for finding in findings} == {f"c{j - 1}" for _, j in longest}
    assert {finding.level for finding in findings} <= {"warn"}


# -- what a stack is ----------------------------------------------------------------------------------------


def test_a_stack_goes_on_through_norms_activations_additions_and_pointwise_convolutions(
    network: Callable[..., Network],
) -> None:
    block = f"- residual: [{conv(2)}, batch_norm, relu, {conv(1, 1)}]\n"
    (stack,) = stacks_of(network(row(1) + block + row(5), x="[4, 64, 64]"))
    assert stack.tip is not None
    assert [link.window.dilation[0] for link in stack.tip.chain()] == [1, 2, 5]
    assert (stack.is_chain, stack.field.size, stack.field.holes) == (True, (17, 17), 0)


def test_a_stack_ends_at_pools_and_strides(network: Callable[..., Network]) -> None:
    pool = "- max_pool: {kernel_size: 3, stride: 1, padding: 1}\n"
    strided = f"- {conv(1, 3, ', stride: 2')}\n"
    found = stacks_of(network(row(2) + pool + row(2) + strided + row(1, 3), x="[4, 64, 64]"))
    assert [stack.field.size for stack in found] == [(5, 5), (5, 5), (9, 9)]


@pytest.mark.parametrize(
    "layer",
    [
        "max_pool: {kernel_size: 1, stride: 2}",
        "upsample: {scale_factor: 2}",
        "pixel_shuffle: {upscale_factor: 2}",
        "conv_transpose: {out_channels: 4, kernel_size: 1, stride: 2}",
    ],
)
def test_a_stack_ends_where_positions_get_further_apart_or_closer(
    network: Callable[..., Network], layer: str
) -> None:
    """Though each reads one position: of four taps, two lie on either side."""
    found = stacks_of(network(row(2) + f"- {layer}\n" + row(2), x="[4, 64, 64]"))
    assert [(stack.field.size, stack.field.holes) for stack in found] == [((5, 5), 16)] * 2


@pytest.mark.parametrize(
    "layer",
    [
        "max_pool: {kernel_size: 1, stride: 1}",
        "upsample: {scale_factor: 1}",
        "conv_transpose: {out_channels: 4, kernel_size: 1}",
    ],
)
def test_a_stack_goes_on_where_each_position_is_read_alone(
    network: Callable[..., Network], layer: str
) -> None:
    (stack,) = stacks_of(network(row(2) + f"- {layer}\n" + row(2), x="[4, 64, 64]"))
    assert (stack.field.size, stack.field.holes) == ((9, 9), 81 - 25)


def test_a_deformable_convolution_with_a_stride_ends_a_stack_though_it_reads_offsets_in_their_place(
    network: Callable[..., Network],
) -> None:
    layers = f"- {{name: x, {conv(2)}}}\n"
    layers += "- {name: offsets, conv: {out_channels: 18, kernel_size: 3, stride: 2, padding: 1}}\n"
    layers += (
        "- {from: [x, offsets], deform_conv: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}}\n"
    )
    found = stacks_of(network(layers + row(2), x="[4, 64, 64]"))
    assert [stack.field.size for stack in found] == [(5, 5), (5, 5)]


def test_an_end_without_a_dilation_on_its_way_is_none_of_a_stack(network: Callable[..., Network]) -> None:
    layers = f"- {{name: trunk, {conv(1)}}}\n"
    layers += "".join(f"- {{name: rate_{d}, from: trunk, {conv(d)}}}\n" for d in (1, 2))
    (stack,) = stacks_of(network(layers, x="[4, 64, 64]"))
    assert (stack.last.path, stack.field.size) == ("rate_2", (7, 7))


def test_what_follows_branches_is_no_chain(network: Callable[..., Network]) -> None:
    """Of each axis, every second of 13 positions is read: 7 of them, for 4 and 2 reach all of these."""
    (finding,) = found(network(side_by_side(2, 4) + row(2), x="[4, 64, 64]"), "gridding")
    assert finding.message.startswith(
        "conv: together with its branches (dilation 2, 4) it reads 49 of 169 positions of what they are given"
    )


def test_a_dilated_convolution_with_a_stride_is_no_part_of_a_stack(network: Callable[..., Network]) -> None:
    strided = f"- {conv(2, 3, ', stride: 2')}\n"
    assert stacks_of(network(strided, x="[4, 64, 64]")) == ()
    (stack,) = stacks_of(network(row(2) + strided, x="[4, 64, 64]"))
    assert stack.field.size == (5, 5)


def test_a_shortcut_reads_its_own_position(network: Callable[..., Network]) -> None:
    uneven = "conv: {out_channels: 4, kernel_size: 2, dilation: 3, padding: [[1, 2]]}"  # reads -1 and 2
    plain, around = (network(text, x="[4, 64]") for text in (f"- {uneven}\n", f"- residual: [{uneven}]\n"))
    assert (stacks_of(plain)[0].field.size, stacks_of(plain)[0].field.coverage) == ((4,), Fraction(1, 2))
    assert stacks_of(around)[0].field.coverage == Fraction(3, 4)


def test_the_two_halves_of_a_gated_unit_count_as_one_layer(network: Callable[..., Network]) -> None:
    gate = "- merge: multiply\n  branches:\n    a: [{0}, tanh]\n    b: [{0}, sigmoid]\n"
    layers = "".join(gate.format(conv(d)) for d in (1, 2, 4))
    (stack,) = stacks_of(network(layers, x="[4, 64]"))
    assert stack.tip is not None
    assert stack.is_chain
    assert [link.window.dilation for link in stack.tip.chain()] == [(1,), (2,), (4,)]


def test_a_gate_from_the_whole_map_is_no_part_of_a_stack(network: Callable[..., Network]) -> None:
    layers = row(2) + "- std/squeeze_excite: {ratio: 2}\n" + row(2)
    (finding,) = found(network(layers, x="[4, 64, 64]"), "gridding")
    assert "it reads 25 of 81 positions" in finding.message


def test_without_a_dilation_there_is_no_gridding(network: Callable[..., Network]) -> None:
    """A cross of 1×7 and 7×1 has a coverage below 1: a fact in the table, no finding."""
    layers = "- merge: concat\n  branches:\n"
    layers += "    a: [conv: {out_channels: 1, kernel_size: [1, 7], padding: [0, 3]}]\n"
    layers += "    b: [conv: {out_channels: 1, kernel_size: [7, 1], padding: [3, 0]}]\n"
    assert found(network(layers), "gridding") == []


# -- levels and words ---------------------------------------------------------------------------------------


def test_holes_that_what_a_stack_is_given_hides_are_a_warning(network: Callable[..., Network]) -> None:
    layers = "- max_pool: {kernel_size: 3, stride: 1}\n" + row(2, 2, 2)
    (finding,) = found(network(layers, x="[4, 64, 64]"), "gridding")
    assert finding.level == "warn"
    assert finding.message == (
        "conv_3: with the 2 convolutions before it (kernel_size 3, dilation 2, 2, 2) it reads 49 of 169 "
        "positions of what they are given; the network's input has no holes, for what they are given "
        "overlaps; dilation 1, 2, 2 would read them all. Published rules: maximum distance holds "
        "(M_2 = 2 ≤ K = 3); no common factor fails (the greatest common divisor is 2); "
        "sawtooth fails (2 after 2 does not rise)"
    )


def test_holes_that_reach_the_input_are_an_error_and_say_how_many(network: Callable[..., Network]) -> None:
    layers = "- avg_pool: {kernel_size: 2}\n" + row(3, 3)
    (finding,) = found(network(layers, x="[4, 64, 64]"), "gridding")
    assert finding.level == "error"
    assert "it reads 25 of 169 positions of what they are given, and the network's input has holes too" in (
        finding.message
    )
    assert "it reads 100 of 676 of its field there; dilation 1, 3 would read them all" in finding.message


def test_a_field_of_the_input_that_is_too_large_to_follow_is_not_said_to_have_no_holes(
    network: Callable[..., Network],
) -> None:
    layers = "- conv: {out_channels: 4, kernel_size: 1, stride: 1000}\n" + row(100, 100, 100)
    (finding,) = found(network(layers, x="[4, 1000000]"), "gridding")
    assert finding.level == "warn"
    assert (
        "it reads 7 of 601 positions of what they are given; whether the network's input has holes too is "
        "not known: its field is too large to follow; dilation 1, 3, 9 would read them all"
    ) in finding.message


def test_branches_side_by_side_are_a_union_of_which_the_published_rules_say_nothing(
    network: Callable[..., Network],
) -> None:
    layers = f"- merge: concat\n  branches:\n    a: [{conv(1, 1)}]\n    b: [{conv(6)}]\n    c: [{conv(12)}]\n"
    (finding,) = found(network(layers, x="[4, 64, 64]"), "gridding")
    assert finding.message == (
        "concat: together with its branches (dilation 6, 12) it reads 17 of 625 positions of what they are "
        "given, and the network's input has holes too: it reads 17 of 625 of its field there; smaller "
        "dilations would leave fewer gaps; the published rules are for rows of layers and say nothing about "
        "branches side by side"
    )


HEAD = "- {{name: h{}, conv: {{out_channels: 1, kernel_size: 3, dilation: {}, padding: same}}, from: t{}}}\n"


def heads(count: int, rate: int) -> str:
    """A trunk with rate 2, and behind each of its layers a head."""
    trunk = "".join(f"- {{name: t{i}, {conv(2)}}}\n" for i in range(count))
    return trunk + "".join(HEAD.format(i, rate, i) for i in range(count))


def side_by_side(*dilations: int) -> str:
    branches = "".join(f"    {chr(97 + i)}: [{conv(d)}]\n" for i, d in enumerate(dilations))
    return f"- merge: add\n  branches:\n{branches}"


def test_the_dilations_of_branches_are_those_of_their_stack(network: Callable[..., Network]) -> None:
    """What stands before a pool is another stack. 9 taps and 9, one of them the same, in 9×9."""
    layers = f"{row(3, 5)}- max_pool: {{kernel_size: 2}}\n{side_by_side(2, 4)}"
    _, finding = found(network(layers, x="[4, 64, 64]"), "gridding")
    assert finding.message.startswith(
        "add: together with its branches (dilation 2, 4) it reads 17 of 81 positions of what they are given"
    )


def test_branches_one_after_the_other_are_looked_at_once(network: Callable[..., Network]) -> None:
    """There are 2 to the power of 30 ways through them."""
    findings = found(network(side_by_side(2, 4) * 30, x="[4, 64, 64]"), "gridding")
    assert [one.message.partition(" it reads")[0] for one in findings] == [
        "add_30: together with its branches (dilation 2, 4)"
    ]


@pytest.mark.parametrize(
    ("count", "others"),
    [
        (8, ""),
        (9, "; 1 more end of this stack has holes as well"),
        (40, "; 32 more ends of this stack have holes as well"),
    ],
)
def test_of_many_ends_of_a_stack_eight_are_reported_and_the_others_are_counted(
    network: Callable[..., Network], count: int, others: str
) -> None:
    findings = found(network(heads(count, 2), x="[4, 512]"), "gridding")
    assert [finding.node for finding in findings] == [f"h{i}" for i in range(8)]
    assert ["more end" in finding.message for finding in findings] == [False] * 7 + [bool(others)]
    assert findings[-1].message.endswith(others)
    for i, finding in enumerate(findings):
        assert f"it reads {2 * i + 5} of {4 * i + 9} positions" in finding.message


def test_of_many_ends_of_a_stack_errors_are_reported_first(network: Callable[..., Network]) -> None:
    """Heads that read every third position of what a max_pool hides, and then one that reads every 9th."""
    layers = "- max_pool: {kernel_size: 5, stride: 1}\n- {name: t0, relu}\n"
    layers += "".join(HEAD.format(i, 9 if i == 9 else 3, 0) for i in range(10))
    findings = found(network(layers, x="[4, 512]"), "gridding")
    assert {finding.node: finding.level for finding in findings} == {
        **{f"h{i}": "warn" for i in range(7)},
        "h9": "error",
    }
    assert [f.node for f in findings if f.message.endswith("; 2 more ends of this stack have holes as well")]


def test_stacks_of_their_own_are_no_ends_of_each_other(network: Callable[..., Network]) -> None:
    pool = "- max_pool: {kernel_size: 3, stride: 1, padding: 1}\n"
    findings = found(network((row(2) + pool) * 12, x="[4, 64]"), "gridding")
    assert len(findings) == 12


def test_an_axis_that_differs_from_the_other_is_named(network: Callable[..., Network]) -> None:
    layers = "- conv: {out_channels: 4, kernel_size: 3, dilation: [1, 2], padding: same}\n"
    (finding,) = found(network(layers, x="[4, 64, 64]"), "gridding")
    assert "alone (kernel_size 3, dilation 2 along the width) it reads 9 of 15 positions" in finding.message


def test_a_dilated_resnet_is_complete_but_its_last_stages_read_a_lattice() -> None:
    net = archcost.load("zoo:fcn_resnet50")
    assert found(net, "gridding") == []
    (finding,) = found(net, "lattice")
    assert finding.node == "backbone.map.2.bottleneck.conv_bn_2.conv"
    assert "(2, 2, 2, 2, 2, 2, 4, 4) share the factor 2" in finding.message
    assert "21 of 41 positions" in finding.message


def test_a_lattice_behind_what_reads_all_between_says_that_nothing_is_left_out(
    network: Callable[..., Network],
) -> None:
    """Three taps side by side fill steps of 2 and 3, and leave one of 4 open; two of them fill 5."""
    for before, rates, is_filled in (
        ([1], [2, 4, 8], True),
        ([1], [3, 9], True),
        ([1], [4, 8], False),
        ([1, 1], [5, 10], True),
        ([1], [2, 8], False),
        ([], [2, 4, 8], False),
    ):
        net = network(row(*before, *rates), x="[4, 999]")
        (finding,) = found(net, "lattice")
        assert finding.message.endswith("mix stays apart" if is_filled else "would mix in the others")
        holes = {stack.field.holes for stack in stacks_of(net)}
        assert (holes == {0}) is is_filled, "nor is it left out of the field"
    (finding,) = found(network(row(1, 2, 4), x="[4, 999]"), "lattice")
    assert (
        "; conv before them reads all that lies between, so none is left out, but what both mix"
        in finding.message
    )


def test_a_lattice_along_one_axis_names_it(network: Callable[..., Network]) -> None:
    layers = "- conv: {out_channels: 4, kernel_size: [1, 3], dilation: 2, padding: same}\n" * 2
    (finding,) = found(network(layers, x="[4, 64, 64]"), "lattice")
    assert "along the width they read 5 of 9 positions" in finding.message


def test_a_lattice_of_any_size_is_counted_in_steps_of_its_factor(network: Callable[..., Network]) -> None:
    rate = 10**6
    (finding,) = found(
        network(row(2 * rate, 3 * rate, rate), x="[4, 64]".replace("64", str(10**7))), "lattice"
    )
    read = taps_read([(3, 2), (3, 3), (3, 1)])
    assert f"they read {len(read)} of {max(read) * rate + 1:,} positions" in finding.message
    growing = "".join(f"- {conv(2**i)}\n" for i in (1, 20, 21))
    (finding,) = found(network(growing, x=f"[4, {2**24}]"), "lattice")
    assert f"they read at most {1 + 2 + 2**20 + 2**21:,} of" in finding.message


def test_a_gate_over_a_row_of_the_map_is_no_part_of_a_stack(network: Callable[..., Network]) -> None:
    """It is the same along the width, whatever the convolutions read."""
    gate = """\
- {name: rows, avg_pool: {kernel_size: [1, 64]}}
- {name: gate, sigmoid}
- {name: gated, multiply, from: [a, gate]}
"""
    first, second = (f"- {{name: {name}, {conv(2)}}}\n" for name in "ab")
    plain, gated = (stacks_of(network(first + between + second, x="[4, 64, 64]")) for between in ("", gate))
    assert [stack.field for stack in gated] == [stack.field for stack in plain]
    assert plain[0].field.holes


def test_what_is_learned_has_no_positions_to_miss(network: Callable[..., Network]) -> None:
    layers = f"""\
- {{name: table, parameter: {{shape: [4, 64, 64]}}}}
- {conv(2)}
- {{name: means, global_avg_pool}}
- {{multiply, from: [input, means]}}
"""
    net = network(layers, x="[4, 64, 64]")
    assert stacks_of(net) == ()
    assert found(net, "gridding") == []


def test_of_branches_behind_one_trunk_the_longest_run_speaks_for_all(network: Callable[..., Network]) -> None:
    (finding,) = found(network(heads(20, 4), x="[4, 64]"), "lattice")
    assert finding.node == "h19"
    assert "the 20 convolutions before it" in finding.message


@pytest.mark.parametrize("name", ["hdc_segmentation_gridding"])
def test_a_deliberately_bad_example_of_the_zoo_is_an_error(name: str) -> None:
    assert [finding.level for finding in found(archcost.load(f"zoo:{name}"), "gridding")] == ["error"]


def test_a_finding_within_a_standard_block_is_placed_where_that_is_called(
    network: Callable[..., Network],
) -> None:
    net = network("- relu\n- std/conv_norm_act: {out_channels: 4, dilation: 2}\n", x="[4, 64, 64]")
    (finding,) = found(net, "gridding")
    assert (finding.node, finding.line, finding.column) == ("conv_norm_act.conv", 6, 3)
    assert finding.file.endswith("net.yaml")


@pytest.mark.parametrize(
    ("x", "roll", "layer"),
    [
        ("[1, 2]", "axis: 1, shifts: 1", "conv: {dilation: 3, kernel_size: 2, out_channels: 1, padding: 1}"),
        ("[1, 3]", "axis: 1, shifts: 1", "conv: {dilation: 4, kernel_size: 2, out_channels: 1, padding: 1}"),
        (
            "[1, 8, 2]",
            "axis: 2, shifts: 1",
            "conv: {dilation: [1, 3], kernel_size: [1, 2], out_channels: 1, padding: [0, 1]}",
        ),
        (
            "[1, 2, 2, 2]",
            "axis: 3, shifts: 1",
            "masked_conv: {mask: A, out_channels: 1, kernel_size: 2, dilation: 3, padding: 1}",
        ),
    ],
)
def test_what_reads_padding_only_misses_nothing(
    network: Callable[..., Network], x: str, roll: str, layer: str
) -> None:
    net = network(f"- {{roll: {{{roll}}}}}\n- {{{layer}}}\n", x=x)
    assert receptive_fields(net)[-1] == {}
    assert stacks_of(net) == ()
    assert found(net, "gridding") == []
    assert found(net, "padding-dominates")
