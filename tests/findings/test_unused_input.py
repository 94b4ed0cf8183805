"""Inputs that no layer reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archcost

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

    Said = Callable[..., list[str]]

RULE = "unused-input"
TWO = "{left: [3, 8, 8], right: [3, 8, 8]}"


def test_it_is_said_where_its_shape_is_written(network: Callable[..., Network]) -> None:
    (finding,) = (
        finding
        for finding in archcost.analyze(network("- {relu, from: left}", x=TWO)).findings
        if finding.rule == RULE
    )
    assert (finding.level, finding.node, finding.line, finding.column) == ("warn", "right", 3, 33)
    assert finding.message == (
        "right: no layer reads it: whoever runs the network must bring 3×8×8 that change nothing; let a "
        "layer read it (`from`), or take it out of `input`"
    )


@pytest.mark.parametrize(
    ("layers", "outputs"),
    [
        ("- add", ""),
        ("- {add, from: [left, right]}", ""),
        ("- {relu, from: left}", "\noutputs: [left, right]"),
        ("- {name: dead, relu, from: right}\n- {relu, from: left}", ""),
    ],
)
def test_an_input_that_some_layer_or_output_reads_is_used(said: Said, layers: str, outputs: str) -> None:
    assert said(RULE, layers, x=TWO + outputs) == []


def test_reading_the_size_alone_needs_no_values(said: Said) -> None:
    layers = "- {upsample: {like: right}, from: left}"
    assert [message.partition(":")[0] for message in said(RULE, layers, x=TWO)] == ["right"]


def test_the_only_input_may_be_unused_as_well(said: Said) -> None:
    assert len(said(RULE, "- {name: own, parameter: {shape: [4]}}\n- relu")) == 1
