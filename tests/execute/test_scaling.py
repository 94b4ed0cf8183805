"""Networks with fewer channels: they verify as the whole ones do, or it is said why they cannot be scaled."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.cli import main
from archcost.errors import UsageError
from archcost.execute.scaling import scaled
from archcost.execute.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.network import Network

    Load = Callable[..., Network]

QUARTER = Fraction(1, 4)


def shapes(network: Network) -> list[tuple[int, ...]]:
    return [node.output for node in scaled(network, QUARTER)]


def refusal(network: Network) -> str:
    with pytest.raises(UsageError) as error:
        scaled(network, QUARTER)
    return str(error.value)


def test_channels_that_layers_set_are_scaled_and_positions_stay(network: Load) -> None:
    layers = """
    - {conv: {out_channels: 16, kernel_size: 3, padding: 1}}
    - {batch_norm: }
    - {conv: {out_channels: 10, kernel_size: 1, in_channels: 16}}
    - {flatten: }
    - {linear: {out_features: 1}}
    """
    assert shapes(network(layers)) == [(4, 8, 8), (4, 8, 8), (3, 8, 8), (192,), (1,)]


def test_a_group_per_channel_stays_one_and_other_groups_get_a_multiple(network: Load) -> None:
    layers = """
    - {conv: {out_channels: 32, kernel_size: 1}}
    - {conv: {out_channels: 64, kernel_size: 3, groups: 32}}
    - {conv: {out_channels: 24, kernel_size: 1, groups: 8}}
    """
    found = scaled(network(layers), QUARTER)
    assert [node.output[0] for node in found] == [8, 16, 8]
    assert [node.layer.model_dump()["groups"] for node in found] == [1, 8, 8]


def test_hidden_units_are_scaled_and_so_is_what_they_are_projected_to(network: Load) -> None:
    layers = """
        - lstm: {hidden_size: 16, proj_size: 8, bidirectional: true, input_size: 4}
        - gru: {hidden_size: 8, input_size: 16}
    """
    lstm, gru = scaled(network(layers, "[4, 10]"), Fraction(1, 4)).nodes
    assert (lstm.output, gru.output) == ((4, 10), (2, 10))
    assert lstm.weight_shapes()["weight_hr_l0"] == (2, 4)
    assert gru.weight_shapes()["weight_ih_l0"] == (6, 4)


def test_slices_of_channels_keep_their_share_and_those_of_an_input_stay(network: Load) -> None:
    layers = """
    - {name: given, slice: {start: 1}}
    - {conv: {out_channels: 16, kernel_size: 1}}
    - {slice: {start: 4, end: -4}}
    - {slice: {end: 3, axis: 1}}
    """
    assert shapes(network(layers)) == [(2, 8, 8), (4, 8, 8), (2, 8, 8), (2, 3, 8)]


def test_a_reshape_to_sizes_that_stand_there_scales_what_is_made_of_channels(network: Load) -> None:
    layers = """
    - {conv: {out_channels: 48, kernel_size: 1}}
    - {reshape: {shape: [3, 16, 64]}}
    - {transpose: {axes: [1, 0, 2]}}
    - {reshape: {shape: [48, 8, 8]}}
    - {conv: {out_channels: 12, kernel_size: 1}}
    - {global_avg_pool: }
    - {reshape: {shape: [1, -1]}}
    """
    # Of 48 = 3 heads of 16 there are 12 = 3 of 4.
    assert shapes(network(layers)) == [
        (12, 8, 8), (3, 4, 64), (4, 3, 64), (12, 8, 8), (3, 8, 8), (3, 1, 1), (1, 3)
    ]  # fmt: skip


def test_heads_that_are_split_off_and_what_is_repeated_follow_the_channels(network: Load) -> None:
    layers = """
    - {conv: {out_channels: 48, kernel_size: 1}}
    - {unflatten: {sizes: [3, 16]}}
    - {flatten: {end: 1}}
    - {split: {parts: 2}}
    - multiply
    - global_avg_pool
    - {expand: {shape: [24, 2, 2]}}
    """
    assert shapes(network(layers)) == [
        (12, 8, 8), (3, 4, 8, 8), (12, 8, 8), (6, 8, 8), (6, 8, 8), (6, 8, 8), (6, 1, 1), (6, 2, 2)
    ]  # fmt: skip


def test_what_a_reshape_cannot_divide_leaves_the_layer_before_it_with_more_channels(network: Load) -> None:
    layers = """
    - {conv: {out_channels: 16, kernel_size: 1}}
    - {conv: {out_channels: 35, kernel_size: 1}}
    - {reshape: {shape: [5, 7, 8, 8]}}
    """
    # 9 are neither 5 nor 7 times anything; 35 has no divisor between 9 and itself.
    assert shapes(network(layers)) == [(4, 8, 8), (35, 8, 8), (5, 7, 8, 8)]


def test_channels_that_become_positions_stay_as_many_as_they_are_added_to(network: Load) -> None:
    layers = """
    - {conv: {out_channels: 16, kernel_size: 1}}
    - {reshape: {shape: [16, 64]}, name: tokens}
    - {transpose: {axes: [1, 0]}}
    - {conv: {out_channels: 64, kernel_size: 1}}
    - {transpose: {axes: [1, 0]}, name: mixed}
    - {add, from: [tokens, mixed]}
    """
    assert shapes(network(layers)) == [(4, 8, 8), (4, 64), (64, 4), (64, 4), (4, 64), (4, 64)]


def test_tied_weights_stay_tied(network: Load) -> None:
    layers = """
    - {embedding: {num_embeddings: 40, embedding_dim: 16}, share: words}
    - {linear: {out_features: 40, per_position: true, bias: false}, share: words}
    """
    assert shapes(network(layers, "[8]")) == [(4, 8), (40, 8)]


def test_a_slice_keeps_its_share_or_the_layer_before_it_its_channels(network: Load) -> None:
    layers = """
    - {conv: {out_channels: 40, kernel_size: 1}, name: all}
    - {slice: {end: 20}, from: all, name: half}
    - {slice: {start: 20}, from: all, name: rest}
    - {add, from: [half, rest]}
    - {conv: {out_channels: 10, kernel_size: 1}, name: few}
    - {slice: {end: 7}}
    """
    # 10 halves are 5 and 5; of 10 no smaller number can be cut at 7 tenths.
    assert shapes(network(layers)) == [
        (10, 8, 8), (5, 8, 8), (5, 8, 8), (5, 8, 8), (10, 8, 8), (7, 8, 8)
    ]  # fmt: skip


def test_a_slice_of_what_is_partly_given_cuts_between_the_parts(network: Load) -> None:
    layers = """
    - {conv: {out_channels: 16, kernel_size: 1}, name: made}
    - {concat, from: [made, input]}
    - {slice: {end: 16}}
    """
    assert shapes(network(layers)) == [(4, 8, 8), (7, 8, 8), (4, 8, 8)]


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        (
            "- {conv: {out_channels: 16, kernel_size: 1}}\n- {pixel_shuffle: {upscale_factor: 4}}",
            "pixel_shuffle: pixel_shuffle: upscale_factor=4 needs channels that 16 divides; 4 arrive",
        ),
        (
            "- {conv: {out_channels: 1, kernel_size: 1, connections: [[0, 1]]}}",
            "conv: conv: lists its connections channel by channel",
        ),
        (
            "- {conv: {out_channels: 1, kernel_size: 1}, weights: {bias: [0]}}",
            "its weights are fixed on line 5",
        ),
    ],
)
def test_what_cannot_be_scaled_is_refused_with_the_reason(network: Load, layers: str, why: str) -> None:
    assert refusal(network(layers)) == f"--scale-channels: net cannot be scaled: {why}"


@pytest.mark.parametrize(
    ("spec", "shape", "share"),
    [
        ("resnet18", "3x33x33", Fraction(1, 10)),
        ("mobilenet_v2", "3x33x33", Fraction(1, 7)),
        ("shufflenet_v1", "3x33x33", QUARTER),
        ("vit_base_patch16_224", None, Fraction(1, 16)),
    ],
)
def test_networks_of_the_zoo_verify_with_fewer_channels(
    spec: str, shape: str | None, share: Fraction
) -> None:
    net = scaled(archcost.load(f"zoo:{spec}", input=shape), share)
    found = verify(net, samples=1)
    assert [(p.node.path, *p.differences()) for p in found.proofs if [*p.differences()]] == []


def test_the_report_says_that_channels_were_scaled(
    network: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network("- {conv: {out_channels: 16, kernel_size: 3}}")
    assert main(["verify", str(tmp_path / "net.yaml"), "--scale-channels", "0.25"]) == 0
    assert f"net ({tmp_path / 'net.yaml'}, 1/4 of its channels)" in capsys.readouterr().out


@pytest.mark.parametrize("share", ["0", "2", "-1", "x", "1/0", "0." + "1" * 40])
def test_only_a_share_can_scale(
    network: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str], share: str
) -> None:
    network("- relu")
    assert main(["verify", str(tmp_path / "net.yaml"), "--scale-channels", share]) == 2
    assert "is no share of the channels, such as 0.25 or 1/8" in capsys.readouterr().err
