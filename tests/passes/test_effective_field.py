"""Effective fields: what was measured before, the formula for chains, and what the definitions say."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.limits import DEFAULT
from archcost.passes.effective_field import SHARE, effective_fields
from archcost.spec.zoo import find_in_zoo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.network import Network, Node

Loader: TypeAlias = "Callable[..., Network]"


def last_map(net: Network) -> Node:
    """The last map that is more than one position."""
    return next(node for node in reversed(net.nodes) if len(node.output) > 1 and max(node.output[1:]) > 1)


def sizes(net: Network, *, mean: bool) -> tuple[int, ...]:
    return effective_fields(net, last_map(net), mean=mean)["input"].size


def over_a_line(name: str, folder: Path) -> Network:
    """A network of the zoo with an input of one axis."""
    file, variant = find_in_zoo(name, DEFAULT)
    text = re.sub(r"^input: .*$", "input: [3, 224]", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path = folder / file.name
    path.write_text(text, encoding="utf-8")
    return archcost.load(path, variant=variant)


@pytest.mark.parametrize(("name", "size"), [("vgg16", 110), ("resnet50", 147), ("resnet101", 211)])
def test_a_known_network_has_the_known_effective_field(name: str, size: int) -> None:
    assert sizes(archcost.load(f"zoo:{name}"), mean=True) == (size, size)


# Where branches join, what a path weighs beside the others matters, and a 3×3 window has three times as many
# taps as one of length 3: raw counts of a network are not those of the same network over a line.
@pytest.mark.parametrize(
    ("name", "line", "plane"), [("vgg16", 110, 110), ("resnet50", 177, 193), ("resnet101", 257, 281)]
)
def test_raw_path_counts_are_another_quantity_and_depend_on_the_rank(
    name: str, line: int, plane: int, tmp_path: Path
) -> None:
    assert sizes(over_a_line(name, tmp_path), mean=False) == (line,)
    assert sizes(archcost.load(f"zoo:{name}"), mean=False) == (plane, plane)


@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_means_do_not_depend_on_the_rank(name: str, tmp_path: Path) -> None:
    plane = sizes(archcost.load(f"zoo:{name}"), mean=True)
    assert sizes(over_a_line(name, tmp_path), mean=True) == plane[:1]


@settings(max_examples=60)
@given(
    layers=st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 2), st.integers(1, 3)), min_size=1, max_size=6
    ),
    mean=st.booleans(),
)
def test_the_deviation_of_a_chain_follows_the_formula(
    layers: list[tuple[int, int, int]], mean: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("chain") / "chain.yaml"
    text, step, variance = "archcost: 1\nname: chain\ninput: [1, 4096]\nlayers:\n", 1, Fraction(0)
    for kernel, stride, dilation in layers:
        fields = f"kernel_size: {kernel}, stride: {stride}, dilation: {dilation}"
        text += f"  - conv: {{out_channels: 1, {fields}}}\n"
        variance += (step * dilation) ** 2 * Fraction(kernel**2 - 1, 12)
        step *= stride
    path.write_text(text)
    net = archcost.load(path)
    found = effective_fields(net, net.nodes[-1], mean=mean)["input"]
    assert found.deviation[0] == pytest.approx(math.sqrt(variance))


def test_a_deep_chain_is_effectively_four_deviations_wide(network: Loader) -> None:
    net = network(
        """
        - repeat: 200
          body:
            - conv: {out_channels: 1, kernel_size: 3, padding: 1}
        """,
        "[1, 64]",
    )
    found = effective_fields(net, net.nodes[-1])["input"]
    deviation = math.sqrt(200 * 8 / 12)
    assert found.deviation[0] == pytest.approx(deviation)
    assert abs(found.size[0] - 4 * deviation) < 1.5
    assert found.first[0] + found.size[0] // 2 == 32


def test_the_interval_is_the_smallest_around_the_centre_that_holds_enough(network: Loader) -> None:
    net = network("- conv: {out_channels: 1, kernel_size: [45, 40]}", "[1, 64, 64]")
    found = effective_fields(net, net.nodes[-1], pixels=True)["input"]
    # 43 of 45 are 95.56 %; 38 of 40 only 95 %, and 39 cannot lie around their centre.
    assert found.size == (43, 40)
    assert found.first == (10 + 1, 12)
    assert found.pixels == 45 * 40
    assert 38 / 40 < SHARE < 43 / 45


def test_pixels_are_those_above_a_share_of_the_strongest(network: Loader) -> None:
    net = network(
        """
        - conv: {out_channels: 1, kernel_size: 3}
        - conv: {out_channels: 1, kernel_size: 3}
        - conv: {out_channels: 1, kernel_size: 3}
        """,
        "[1, 16, 16]",
    )
    line = [1, 3, 6, 7, 6, 3, 1]
    expected = sum(a * b > (1 - SHARE) * 49 for a in line for b in line)
    assert effective_fields(net, net.nodes[-1], pixels=True)["input"].pixels == expected < 49


def test_weight_that_leans_to_one_side_loses_as_much_at_both_ends(network: Loader) -> None:
    net = network(
        """
        - {name: past, conv: {out_channels: 1, kernel_size: 101, padding: causal}}
        - {add: , from: [past, input]}
        """,
        "[1, 400]",
    )
    found = effective_fields(net, net.nodes[-1], mean=False)["input"]
    # Of 102 paths, two lead to position 200 and one to each of 100 to 199. Each end loses two paths: those of
    # 100 and 101, and those of 200.
    assert (found.first, found.size) == ((102,), (98,))


def test_a_vector_of_one_position_has_the_effective_field_of_that_position(network: Loader) -> None:
    net = network(
        """
        - conv: {out_channels: 4, kernel_size: 8}
        - flatten
        - linear: {out_features: 8}
        """
    )
    assert effective_fields(net, net.nodes[-1])["input"].size == (8, 8)


def test_inputs_of_several_ranks_have_an_effective_field_each(network: Loader) -> None:
    net = network(
        """
        - {name: a, from: line, conv: {out_channels: 1, kernel_size: 5}}
        - {name: b, from: plane, conv: {out_channels: 1, kernel_size: [3, 5]}}
        - {name: flat_a, from: a, flatten: }
        - {name: flat_b, from: b, flatten: }
        - {add: , from: [flat_a, flat_b]}
        """,
        "{line: [1, 5], plane: [1, 3, 5], vector: [4]}",
    )
    found = effective_fields(net, net.nodes[-1])
    assert {name: field.size for name, field in found.items()} == {"line": (5,), "plane": (3, 5)}


def test_without_a_spatial_relation_there_is_no_effective_field(network: Loader) -> None:
    net = network("- global_avg_pool")
    assert effective_fields(net, net.nodes[-1], pixels=True) == {}
