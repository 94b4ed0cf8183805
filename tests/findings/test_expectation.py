"""Expectations that do not hold, each beside the whole sentence it must give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.analysis.facts import Facts
from archcost.analysis.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

CONV = "conv: {out_channels: 64, kernel_size: 3, padding: 1}"
GLOBAL = ": an operation over all positions lies on the way"


def complaints(net: Network) -> list[str]:
    findings = archcost.analyze(net).findings
    return [finding.message for finding in findings if finding.rule == "expectation"]


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        (f"{{{CONV}, expect: {{shape: [64, 8, 7]}}}}", "conv: expected shape 64×8×7, but it is 64×8×8"),
        (f"{{{CONV}, expect: {{shape: [64, 8]}}}}", "conv: expected shape 64×8, but it is 64×8×8"),
        (f"{{{CONV}, expect: {{params: 1728}}}}", "conv: expected params 1,728, but it has 1,792: 64 more"),
        (f"{{{CONV}, expect: {{params: 1793}}}}", "conv: expected params 1,793, but it has 1,792: 1 fewer"),
        (
            f"{{{CONV}, expect: {{params: 1.7k}}}}",
            "conv: expected params 1.7k (1,650 to 1,750), but it has 1,792: 42 more",
        ),
        (
            f"{{{CONV}, expect: {{macs: 0.12M}}}}",
            "conv: expected macs 0.12M (115,000 to 125,000), but it has 110,592: 4,408 fewer",
        ),
        (f"{{{CONV}, expect: {{stride: 2}}}}", "conv: expected stride 2, but it is 1×1: 1 less"),
        (
            f"{{{CONV}, expect: {{receptive_field: 5}}}}",
            "conv: expected receptive_field 5, but it is 3×3: 2 less",
        ),
        (
            f"{{{CONV}, expect: {{receptive_field: [3, 5]}}}}",
            "conv: expected receptive_field 3×5, but it is 3×3",
        ),
        (
            f"{{{CONV}, expect: {{receptive_field: [3, 3, 3]}}}}",
            "conv: expected receptive_field 3×3×3, but it is 3×3, on 2 axes instead of 3",
        ),
        (
            "{global_avg_pool, expect: {receptive_field: 3}}",
            f"global_avg_pool: expected receptive_field 3, but it is 8×8{GLOBAL}",
        ),
        (
            "{conv: {out_channels: 1, kernel_size: 3, dilation: 2, padding: 2}, expect: {coverage: 1}}",
            "conv: expected coverage 1, but it is 9/25 (0.3600)",
        ),
    ],
)
def test_a_broken_expectation_says_what_was_expected_and_what_is(
    network: Callable[..., Network], item: str, complaint: str
) -> None:
    assert complaints(network(f"- {item}")) == [complaint]


@pytest.mark.parametrize(
    "expect",
    [
        "shape: [64, 8, 8]",
        "params: 1792",
        "params: 1.8k",
        "params: 2k",
        "params: 1.792k",
        "macs: 110592",
        "macs: 111k",
        "stride: 1",
        "stride: [1, 1]",
        "receptive_field: 3",
        "receptive_field: [3, 3]",
        "coverage: 1.0",
    ],
)
def test_what_holds_is_not_mentioned(network: Callable[..., Network], expect: str) -> None:
    assert complaints(network(f"- {{{CONV}, expect: {{{expect}}}}}")) == []


@pytest.mark.parametrize(("params", "holds"), [(1150, True), (1250, True), (1149, False), (1251, False)])
def test_a_suffix_means_the_printed_precision_ends_included(
    network: Callable[..., Network], params: int, holds: bool
) -> None:
    fields = f"out_channels: {params}, kernel_size: 1, bias: false"
    found = complaints(network(f"- {{conv: {{{fields}}}, expect: {{params: 1.2k}}}}", x="[1, 1, 1]"))
    assert (found == []) is holds


def test_a_group_is_expected_to_cost_what_its_nodes_cost_together(network: Callable[..., Network]) -> None:
    net = network("""
        - name: stem
          body:
            - conv: {out_channels: 4, kernel_size: 1}
            - {conv: {out_channels: 4, kernel_size: 1}, share: twice}
            - {conv: {out_channels: 4, kernel_size: 1}, share: twice}
          expect: {params: 37, macs: 2817, shape: [4, 8, 9]}
        - conv: {out_channels: 4, kernel_size: 1}
        """)
    assert complaints(net) == [
        "stem: expected params 37, but it has 36: 1 fewer",
        "stem: expected macs 2,817, but it has 2,816: 1 fewer",
        "stem: expected shape 4×8×9, but it is 4×8×8",
    ]


def test_a_repeat_of_nothing_is_its_input(network: Callable[..., Network]) -> None:
    net = network("""
        - name: none
          repeat: 0
          body: [relu]
          expect: {params: 1, shape: [3, 8, 8], stride: 1, receptive_field: 1}
        - relu
        """)
    assert complaints(net) == ["none: expected params 1, but it has 0: 1 fewer"]


def test_a_vector_sees_no_positions(network: Callable[..., Network]) -> None:
    net = network("- {linear: {out_features: 4}, expect: {receptive_field: 1}}", x="[3]")
    assert complaints(net) == [
        "linear: expected receptive_field 1, but it has no spatial relation to the network's input",
    ]


def test_what_is_not_known_exactly_keeps_no_expectation(network: Callable[..., Network]) -> None:
    """Behind a layer that does not say what it reads nothing is known; 6×4 as 8×3 gives a bound."""
    unknown = network(
        """
        - custom: {shape: [3, 6, 4], reason: secret}
        - {relu: , expect: {receptive_field: 1, stride: 1, coverage: 1.0}}
        """,
        x="[3, 6, 4]",
    )
    reason = "but it is unknown: not all that is read could be followed"
    assert complaints(unknown) == [
        f"relu: expected {what}, {reason}" for what in ("receptive_field 1", "stride 1", "coverage 1.0")
    ]
    bound = network(
        "- {reshape: {shape: [3, 8, 3]}, expect: {receptive_field: [6, 4], coverage: 1.0}}", x="[3, 6, 4]"
    )
    assert complaints(bound) == [
        "reshape: expected receptive_field [6, 4], but it is known to be at most 6×4, and may be less",
        "reshape: expected coverage 1.0, but it is not known exactly: not every position was followed",
    ]


def test_with_two_inputs_the_one_that_is_off_is_named(network: Callable[..., Network]) -> None:
    net = network(
        """
        - {name: wide, from: left, conv: {out_channels: 3, kernel_size: 5, padding: 2}}
        - {add, from: [wide, right], expect: {receptive_field: 1}}
        """,
        x="{left: [3, 8, 8], right: [3, 8, 8]}",
    )
    assert complaints(net) == ["add: expected receptive_field 1 of 'left', but it is 5×5: 4 more"]


GATE = """
    - conv: {{out_channels: 3, kernel_size: 3, padding: 2, dilation: 2}}
    - name: gate
      branches: {{map: [], weight: [global_avg_pool, sigmoid]}}
      merge: multiply
      expect: {{{expect}}}
    """
"""A field of 5×5, of which 9 positions are read, with a gate that has seen everything."""


def test_of_a_global_field_what_moves_with_the_position_is_expected(network: Callable[..., Network]) -> None:
    assert complaints(network(GATE.format(expect="receptive_field: 5, stride: 1, coverage: $(9/25)"))) == []
    assert complaints(network(GATE.format(expect="receptive_field: 8"))) == []
    missed = network(GATE.format(expect="receptive_field: 9, stride: 2, coverage: 1"))
    without = "without operations over all positions"
    assert complaints(missed) == [
        f"gate: expected receptive_field 9 {without}, but it is 5×5: 4 less",
        "gate: expected stride 2, but it is 1×1: 1 less",
        f"gate: expected coverage 1 {without}, but it is 9/25 (0.3600)",
    ]


@pytest.mark.parametrize("norm", ["group_norm: {num_groups: 1}", "instance_norm", "layer_norm: {axis: all}"])
def test_a_stack_behind_a_norm_is_expected_to_be_what_it_is_without(
    network: Callable[..., Network], norm: str
) -> None:
    stack = (
        f"- conv: {{out_channels: 4, kernel_size: 3, padding: 2, dilation: 2}}\n- {norm}\n"
        "- {conv: {out_channels: 4, kernel_size: 3, padding: 1}, expect: {receptive_field: 7, coverage: 1}}"
    )
    assert complaints(network(stack)) == []


def test_of_a_deformable_convolution_the_field_without_offsets_is_expected(
    network: Callable[..., Network],
) -> None:
    deform = "- {{std/deform_conv: {{out_channels: 8, kernel_size: 3}}, expect: {{receptive_field: {}}}}}"
    assert complaints(network(deform.format("3, coverage: 1"))) == []
    assert complaints(network(deform.format(5))) == [
        "deform_conv: expected receptive_field 5, but it is 3×3: 2 less"
    ]


def test_a_limit_and_an_expectation_of_one_word_are_about_one_number(network: Callable[..., Network]) -> None:
    net = network(GATE.format(expect="coverage: $(9/25)"))
    assert complaints(net) == []
    assert MEASURES["coverage"].of(Facts.of(net)) == 9 / 25
    assert MEASURES["field"].of(Facts.of(net)) == 5


def test_findings_point_at_the_value_and_stand_in_the_order_of_the_text(
    network: Callable[..., Network],
) -> None:
    net = network("""
        - {relu, expect: {shape: [1], params: 1}}
        - {relu, expect: {macs: 1}}
        """)
    places = [(f.rule, f.level, f.node, f.line, f.column) for f in archcost.analyze(net).findings]
    assert places == [
        ("expectation", "error", "relu", 5, 26),
        ("expectation", "error", "relu", 5, 39),
        ("expectation", "error", "relu_2", 6, 25),
    ]


def test_the_zoo_keeps_its_promises() -> None:
    broken = [
        f
        for name in ("lenet5", "resnet50", "vgg16", "inception_v1")
        for f in complaints(archcost.load(f"zoo:{name}"))
    ]
    assert broken == []
