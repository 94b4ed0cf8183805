"""The numbers networks are compared by: depth as names count it, and what the last map sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.analysis.facts import Facts
from archcost.analysis.measures import MEASURES
from archcost.results.report import COUNTS

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "archcost: 1\nname: net\n"


def facts(text: str, tmp_path: Path) -> Facts:
    file = tmp_path / "net.yaml"
    file.write_text(HEAD + text, "utf-8")
    return Facts.of(archcost.load(file))


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("vgg11", 11),
        ("vgg19", 19),
        ("resnet18", 18),
        ("resnet34", 34),
        ("resnet101", 101),
        ("resnet152", 152),
        ("densenet169", 169),
        ("densenet201", 201),
        ("cifar_resnet20", 20),
        ("darknet53", 53),
    ],
)
def test_a_network_is_as_deep_as_its_name_says(name: str, layers: int) -> None:
    assert MEASURES["depth"].of(Facts.of(archcost.load(f"zoo:{name}"))) == layers


def test_a_wide_residual_networks_name_counts_its_projections_too() -> None:
    # Zagoruyko & Komodakis count 6N + 4 layers, of which two (the projections of the groups that change the
    # stride) lie beside longer branches: 12 blocks of two convolutions, the first one and the linear layer.
    assert MEASURES["depth"].of(Facts.of(archcost.load("zoo:cifar_wrn28_10"))) == 12 * 2 + 2


def test_a_layer_beside_the_longest_path_adds_no_depth(tmp_path: Path) -> None:
    text = """\
input: [4, 8, 8]
layers:
  - branches:
      long: [{conv: {out_channels: 4, kernel_size: 1}}, batch_norm, {conv: {out_channels: 4, kernel_size: 1}}]
      short: [{conv: {out_channels: 4, kernel_size: 1}}]
    merge: add
"""
    assert MEASURES["depth"].of(facts(text, tmp_path)) == 2


def test_counts_are_those_of_the_report() -> None:
    lenet = Facts.of(archcost.load("zoo:lenet5"))
    assert {name: MEASURES[name].of(lenet) for name in COUNTS} == lenet.report.totals.counts()


def test_a_classifier_is_told_apart_by_the_map_before_its_pooling() -> None:
    (sight,) = Facts.of(archcost.load("zoo:resnet50")).output_fields
    assert (sight.size, sight.is_global, sight.coverage) == ((427, 427), True, 1.0)


def test_a_dense_output_is_measured_itself() -> None:
    (sight,) = Facts.of(archcost.load("zoo:unet")).output_fields
    assert (sight.size, sight.is_global) == ((204, 204), False)


def test_of_several_maps_behind_a_classifier_the_largest_counts() -> None:
    # Kernels of 3, 4 and 5 words side by side, each with a maximum over all positions.
    (sight,) = Facts.of(archcost.load("zoo:text_cnn")).output_fields
    assert sight.size == (5,)


def test_holes_are_seen_through_a_pooling_over_all_positions(tmp_path: Path) -> None:
    text = """\
input: [4, 32, 32]
layers:
  - {repeat: 2, body: [{conv: {out_channels: 4, kernel_size: 3, dilation: 2, padding: 2}}]}
  - global_avg_pool
  - linear: {out_features: 10}
"""
    holes = facts(text, tmp_path)
    assert MEASURES["field"].of(holes) == 9
    assert MEASURES["coverage"].of(holes) == pytest.approx(25 / 81, rel=1e-15)


def test_of_several_outputs_the_one_that_sees_least_counts(tmp_path: Path) -> None:
    text = """\
input: [4, 32, 32]
layers:
  - {conv: {out_channels: 4, kernel_size: 3, padding: 1}, name: near}
  - {conv: {out_channels: 4, kernel_size: [5, 7]}, name: far}
outputs: [near, far]
"""
    both = facts(text, tmp_path)
    assert [(sight.output, sight.size) for sight in both.output_fields] == [("near", (3, 3)), ("far", (7, 9))]
    assert MEASURES["field"].of(both) == 3


def test_every_input_is_seen_through_its_own_field(tmp_path: Path) -> None:
    text = """\
input: {left: [4, 32, 32], right: [4, 32, 32]}
layers:
  - {conv: {out_channels: 4, kernel_size: 3, padding: 1}, from: left, name: a}
  - {conv: {out_channels: 4, kernel_size: 5, padding: 2}, from: right, name: b}
  - add: {}
    from: [a, b]
"""
    pair = facts(text, tmp_path)
    assert [(sight.input, sight.size) for sight in pair.output_fields] == [
        ("left", (3, 3)),
        ("right", (5, 5)),
    ]
    assert MEASURES["field"].of(pair) == 3


def test_without_a_map_there_is_no_field(tmp_path: Path) -> None:
    vector = facts("input: [8]\nlayers:\n  - linear: {out_features: 2}\n", tmp_path)
    assert (MEASURES["field"].of(vector), MEASURES["coverage"].of(vector)) == (None, None)


def test_the_output_may_be_the_input_itself_behind_aliases(tmp_path: Path) -> None:
    same = facts("input: [8, 4, 4]\nlayers:\n  - identity\n", tmp_path)
    assert (MEASURES["field"].of(same), MEASURES["depth"].of(same)) == (1, 0)


def test_what_a_classifier_sees_is_found_once_however_many_ways_lead_there(tmp_path: Path) -> None:
    """There are 2 to the power of 40 ways from the output to the convolution, whose window is 5×5."""
    branches = "  - merge: add\n    branches: {a: [relu], b: [gelu]}\n"
    conv = "  - conv: {out_channels: 4, kernel_size: 5, padding: same}\n"
    text = f"input: [4, 8, 8]\nlayers:\n{conv}  - global_avg_pool\n{branches * 40}"
    (sight,) = facts(text, tmp_path).output_fields
    assert (sight.size, sight.coverage, sight.is_global) == ((5, 5), 1, True)


def test_of_several_last_maps_the_largest_field_and_the_least_coverage_count(tmp_path: Path) -> None:
    """5×5 positions of which 25 are read, and 9×3 of which 3·3 are."""
    text = """\
input: [4, 16, 16]
layers:
  - merge: add
    branches:
      a: [{conv: {out_channels: 4, kernel_size: 5, padding: same}}, global_avg_pool]
      b: [{conv: {out_channels: 4, kernel_size: 3, dilation: [4, 1], padding: same}}, global_avg_pool]
"""
    (sight,) = facts(text, tmp_path).output_fields
    assert (sight.size, sight.coverage) == ((9, 5), 9 / 27)
