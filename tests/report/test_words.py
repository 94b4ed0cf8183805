"""Findings as a reader sees them: one line per place of the text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.report.analysis.sentences import declared
from archcost.report.formats import write
from archcost.results.report import Declared, Finding
from archcost.words.findings import findings
from archcost.words.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

BLOCKS = """
    - name: down
      repeat: 6
      body: [conv: {out_channels: 3, kernel_size: 1, stride: 2}]
    """


def lines(*found: tuple[str, int, str, str]) -> list[str]:
    """Lines about findings of (rule, line, node, remark)."""
    made = [
        Finding(
            rule=rule,
            level="warn",
            node=node,
            file="net.yaml",
            line=line,
            column=3,
            message=f"{node}: {remark}",
        )
        for rule, line, node, remark in found
    ]
    return findings(made, Style())


def test_nodes_written_at_one_place_share_a_line() -> None:
    assert lines(("r", 5, "a.0", "is 1"), ("r", 5, "a.1", "is 2"), ("r", 5, "a.2", "is 3")) == [
        "net.yaml:5:3: warn: a.0: is 1 (and 2 more: a.1, a.2) [r]",
    ]


def test_of_many_nodes_three_are_named() -> None:
    nodes = [("r", 5, f"a.{i}", "is odd") for i in range(12)]
    assert lines(*nodes) == ["net.yaml:5:3: warn: a.0: is odd (and 11 more: a.1, a.2, a.3, …) [r]"]
    assert lines(*nodes[:5])[0].endswith("(and 4 more: a.1, a.2, a.3, …) [r]")
    assert lines(*nodes[:4])[0].endswith("(and 3 more: a.1, a.2, a.3) [r]")


def test_other_places_other_rules_and_other_remarks_about_a_node_have_their_own() -> None:
    assert lines(
        ("r", 5, "a", "is 1"),
        ("q", 5, "a", "is 1"),
        ("r", 5, "a", "is 2"),
        ("r", 5, "b", "is 3"),
        ("r", 5, "b", "is 4"),
        ("r", 6, "c", "is 1"),
    ) == [
        "net.yaml:5:3: warn: a: is 1 (and 1 more: b) [r]",
        "net.yaml:5:3: warn: a: is 1 [q]",
        "net.yaml:5:3: warn: a: is 2 (and 1 more: b) [r]",
        "net.yaml:6:3: warn: c: is 1 [r]",
    ]


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_block_that_is_repeated_is_mentioned_once(network: Callable[..., Network], form: str) -> None:
    text = write("analysis", [archcost.analyze(network(BLOCKS, x="[3, 64, 64]"))], form)
    assert text.count("[unread-input]") == 1
    assert "(and 5 more: down.1.conv, down.2.conv, down.3.conv, …)" in text


def test_json_has_every_finding(network: Callable[..., Network]) -> None:
    text = write("analysis", [archcost.analyze(network(BLOCKS, x="[3, 64, 64]"))], "json")
    assert [found["node"] for found in json.loads(text)["specs"][0]["findings"]] == [
        f"down.{i}.conv" for i in range(6)
    ]


# -- what was declared ------------------------------------------------------------------------------------

CUSTOM = """
    - name: layers
      repeat: {at: [0, 1, 2, 3]}
      body:
        - custom: {shape: [3, 8, 8], params: $(10 * at), macs: 1000, reason: by hand}
        - relu
    - custom: {shape: [$(3 + 1), 8, 8], macs: 7, reason: another}
    """


@pytest.mark.parametrize(("form", "mark"), [("table", "  "), ("markdown", "- ")])
def test_a_custom_is_listed_once_with_its_layers_and_their_sums(
    network: Callable[..., Network], form: str, mark: str
) -> None:
    text = write("analysis", [archcost.analyze(network(CUSTOM))], form)
    listed = text.partition("eclared, not derived")[2].splitlines()
    place = r"\S*net.yaml:"
    # 0 + 10 + 20 + 30 parameters, and 4 times 1000 MACs
    alike = (
        r"8: layers.\\?\*.custom \(4×\): params: 60, macs: 4000 in all; each shape: \[3, 8, 8\] \(by hand\)"
    )
    alone = r"10: custom: shape: \[4, 8, 8\], params: 0, macs: 7 \(another\)"
    found = [line for line in listed if line.startswith(mark)]
    assert len(found) == 2
    assert re.match(mark + place + alike, found[0])
    assert re.match(mark + place + alone, found[1])


def stated(count: int, **values: object) -> list[Declared]:
    """Layers that are written one below the other."""
    return [
        Declared(node=f"n{i}", file="net.yaml", line=i, column=3, reason="r", declared={"macs": i, **values})
        for i in range(1, count + 1)
    ]


def test_a_quiet_list_is_short() -> None:
    lines = [f"net.yaml:{i}: n{i}: macs: {i} (r)" for i in range(1, 10)]
    assert declared(stated(9)) == lines
    assert declared(stated(4), quiet=True) == lines[:4]
    assert declared(stated(9), quiet=True) == [*lines[:3], "and 6 more; without --quiet all"]


def test_what_layers_do_not_state_alike_is_left_out() -> None:
    alike = [
        Declared(node=f"a.{i}", file="f", line=1, column=1, reason=f"r{i}", declared=values)
        for i, values in enumerate(
            [{"macs": 1, "additions": None, "rate": 1}, {"macs": 2, "additions": 5, "rate": 2}]
        )
    ]
    assert declared(alike) == ["f:1: a.* (2×): macs: 3, rate: 3 in all (r0, and 1 other reason)"]
