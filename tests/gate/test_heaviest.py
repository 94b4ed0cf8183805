"""What a number is made of, told in a sentence."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.advice.heaviest import heaviest, heaviest_text
from archcost.analysis.facts import Facts
from archcost.analysis.measures import MEASURES
from archcost.limits import DEFAULT
from archcost.passes.memory import peaks
from archcost.results.report import COUNTS
from archcost.spec.zoo import zoo

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

    Load = Callable[..., Network]

NAMES = sorted({entry.file.stem for entry in zoo(DEFAULT)})


@cache
def of_the_zoo(name: str) -> Facts:
    return Facts.of(archcost.load(f"zoo:{name}"))


def text_of(network: Network, measure: str) -> str:
    facts = Facts.of(network)
    return heaviest_text(facts, facts.report.nodes, measure)


def test_the_layers_that_have_most_come_first_with_their_shares(network: Load) -> None:
    net = network(
        """
        - conv: {out_channels: 10, kernel_size: 1, bias: false}
        - conv: {out_channels: 6, kernel_size: 1, bias: false}
        - conv: {out_channels: 1, kernel_size: 1, bias: false}
        - relu:
        """
    )
    assert text_of(net, "params") == "conv_2 60 (62.5 %), conv 30 (31.3 %), conv_3 6 (6.3 %)"


def test_equal_layers_of_a_repeat_are_one_entry(network: Load) -> None:
    net = network(
        """
        - repeat: 4
          body:
            - conv: {out_channels: 3, kernel_size: 3, padding: same, bias: false}
            - relu:
        """
    )
    assert text_of(net, "params") == "0…3.conv ×4 324 (100.0 %)"


def test_a_part_is_measured_by_itself(network: Load) -> None:
    net = network(
        """
        - conv: {out_channels: 100, kernel_size: 1}
        - name: tail
          body:
            - conv: {out_channels: 2, kernel_size: 1, bias: false}
            - linear: {out_features: 2, bias: false, per_position: true}
        """
    )
    facts = Facts.of(net)
    rows = [row for row in facts.report.nodes if row.path.startswith("tail.")]
    assert heaviest_text(facts, rows, "params") == "tail.conv 200 (98.0 %), tail.linear 4 (2.0 %)"


def test_what_is_nothing_is_not_named(network: Load) -> None:
    assert not text_of(network("- relu:"), "params")


def test_a_peak_is_what_is_alive_when_it_is_reached(network: Load) -> None:
    net = network(
        """
        - conv: {out_channels: 8, kernel_size: 1}
        - relu:
          name: kept
        - conv: {out_channels: 4, kernel_size: 1}
        - conv: {out_channels: 8, kernel_size: 1}
          name: again
        - add:
          from: [kept, again]
        """
    )
    assert text_of(net, "peak") == (
        "while add runs, its output (8×8×8, 512), its input kept (8×8×8, 512) "
        "and its input again (8×8×8, 512) are alive"
    )
    assert text_of(network("- relu:"), "peak") == (
        "while relu runs, its output (3×8×8, 192) and the network's input (3×8×8, 192) are alive"
    )
    assert " in every order, " in text_of(network("- relu:"), "best_peak")


def test_a_field_is_what_the_layers_add(network: Load) -> None:
    net = network(
        """
        - conv: {out_channels: 2, kernel_size: 3, stride: 2}
        - conv: {out_channels: 2, kernel_size: 5}
        - relu:
        - conv: {out_channels: 2, kernel_size: 3}
        """,
        "[3, 32, 32]",
    )
    assert text_of(net, "field") == "conv_2 adds 8, conv_3 adds 4, conv adds 2"
    assert not text_of(net, "coverage")


def test_holes_are_told_where_they_begin(network: Load) -> None:
    net = network(
        """
        - conv: {out_channels: 2, kernel_size: 1}
        - conv: {out_channels: 2, kernel_size: 3, dilation: 2}
        - conv: {out_channels: 2, kernel_size: 3, dilation: 2}
        """,
        "[3, 32, 32]",
    )
    expected = "conv_2 is the first with holes: it reads 36.0 % of 5×5 positions"
    assert text_of(net, "coverage") == expected


@settings(max_examples=25)
@given(st.sampled_from(NAMES), st.sampled_from(COUNTS))
def test_entries_of_any_network_are_sums_over_its_rows(name: str, measure: str) -> None:
    report = of_the_zoo(name).report
    everything = heaviest(report, report.nodes, measure, most=len(report.nodes))
    assert sum(one.total for one in everything) == getattr(report.totals, measure)
    assert heaviest(report, report.nodes, measure) == everything[:3]


@settings(max_examples=25)
@given(st.sampled_from(NAMES), st.sampled_from([*MEASURES]))
def test_something_can_be_said_of_any_measure_of_any_network(name: str, measure: str) -> None:
    facts = of_the_zoo(name)
    text = heaviest_text(facts, facts.report.nodes, measure)
    assert "\n" not in text
    if measure in COUNTS:
        assert bool(text) == bool(getattr(facts.report.totals, measure))
    if measure == "peak":
        found = peaks(facts.network)
        assert found.at is not None
        assert f"while {found.at.path} runs" in text
