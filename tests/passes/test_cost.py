"""What nodes cost, against counts done by hand and by loops that know nothing of formulas."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.passes.cost import costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

small = st.integers(1, 3)


def test_a_layer_has_its_weights_its_statistics_and_its_operations(network: Callable[..., Network]) -> None:
    conv, norm, relu = costs(
        network("""
        - conv: {out_channels: 4, kernel_size: 3, padding: 1}
        - batch_norm
        - relu
        """),
    )
    assert (conv.params, conv.buffers) == (4 * 3 * 9 + 4, 0)
    assert conv.operations.macs == 4 * 3 * 9 * 64
    assert (norm.params, norm.buffers) == (8, 8)
    assert norm.operations.macs == 0
    assert relu.operations.comparisons == 4 * 64


def test_shared_weights_count_at_their_first_user_and_work_at_every_one(
    network: Callable[..., Network],
) -> None:
    first, second, other = costs(
        network("""
        - {conv: {out_channels: 3, kernel_size: 1}, share: tower}
        - {conv: {out_channels: 3, kernel_size: 1}, share: tower}
        - {conv: {out_channels: 3, kernel_size: 1}, share: other}
        """),
    )
    assert [first.params, second.params, other.params] == [12, 0, 12]
    assert first.operations == second.operations == other.operations
    assert first.operations.macs == 9 * 64


def test_shared_statistics_are_kept_once_as_well(network: Callable[..., Network]) -> None:
    nodes = costs(network("- {batch_norm, share: norm}\n- {batch_norm, share: norm}"))
    assert [node.buffers for node in nodes] == [6, 0]


def test_one_layer_on_two_shapes_has_two_costs(network: Callable[..., Network]) -> None:
    nodes = costs(
        network("""
        - repeat: 3
          body:
            - conv: {out_channels: 4, kernel_size: 1, stride: 2}
        """),
    )
    assert [node.params for node in nodes] == [16, 20, 20]
    assert [node.operations.macs for node in nodes] == [3 * 4 * 16, 4 * 4 * 4, 4 * 4 * 1]


def test_equal_layers_on_equal_shapes_are_counted_once(network: Callable[..., Network]) -> None:
    nodes = costs(
        network("""
        - repeat: 500
          body:
            - conv: {out_channels: 3, kernel_size: 3, padding: 1}
            - relu
        """),
    )
    assert len({id(node) for node in nodes}) == 2


def test_counts_stay_exact_beyond_what_a_float_holds(network: Callable[..., Network]) -> None:
    (node,) = costs(
        network("- conv: {out_channels: 1099511627776, kernel_size: 1}", x="[1099511627776, 1, 1]")
    )
    assert node.params == 2**80 + 2**40
    assert node.operations.macs == 2**80


class Case(NamedTuple):
    """A convolution without padding over a square."""

    per_group: int
    groups: int
    out_per_group: int
    kernel: int
    size: int
    bias: bool

    def loops(self) -> tuple[int, int, int]:
        """Its parameters, products and sums, one by one."""
        taps = list(product(range(self.per_group), range(self.kernel), range(self.kernel)))
        params = products = sums = 0
        for _ in range(self.out_per_group * self.groups):
            params += len(taps) + self.bias
            for _ in product(range(self.size - self.kernel + 1), repeat=2):
                products += len(taps)
                sums += len(taps[1:]) + self.bias
        return params, products, sums


@settings(max_examples=25)
@given(case=st.builds(Case, small, small, small, small, st.integers(3, 6), st.booleans()))
def test_a_convolution_costs_what_its_loops_do(network: Callable[..., Network], case: Case) -> None:
    channels, out = case.per_group * case.groups, case.out_per_group * case.groups
    fields = f"out_channels: {out}, kernel_size: {case.kernel}, groups: {case.groups}"
    fields += f", bias: {str(case.bias).lower()}"
    (node,) = costs(network(f"- conv: {{{fields}}}", x=f"[{channels}, {case.size}, {case.size}]"))
    assert (node.params, node.operations.macs, node.operations.additions) == case.loops()


@pytest.mark.parametrize("name", ["googlenet", "densenet121", "shufflenet_v2_x1_0"])
def test_the_parameters_are_the_elements_of_the_weights(name: str) -> None:
    net = archcost.load(f"zoo:{name}")
    elements = 0
    for node in net:
        for shape in node.weight_shapes().values():
            count = 1
            for n in shape:
                count *= n
            elements += count
    assert sum(cost.params for cost in costs(net)) == elements


def test_a_pointwise_layer_moves_what_shufflenet_v2_says(network: Callable[..., Network]) -> None:
    # Ma et al. 2018, equation 1: hw(c1 + c2) + c1·c2 elements for a 1×1 convolution without bias.
    head = "- conv: {out_channels: 6, kernel_size: 1, bias: false}\n- flatten\n- relu"
    conv, flat, relu = costs(network(head, x="[4, 5, 7]"))
    assert conv.memory_access == 5 * 7 * (4 + 6) + 4 * 6
    assert flat.memory_access == 0  # the same elements under another shape
    assert relu.memory_access == 2 * 6 * 5 * 7
