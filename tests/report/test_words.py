"""Findings as a reader sees them: one line per place of the text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.report.model import Finding
from archcost.report.style import Style
from archcost.report.words import Look, findings
from archcost.report.writers import write

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
    text = write([archcost.analyze(network(BLOCKS, x="[3, 64, 64]"))], form, Look())
    assert text.count("[unread-input]") == 1
    assert "(and 5 more: down.1.conv, down.2.conv, down.3.conv, …)" in text


def test_json_has_every_finding(network: Callable[..., Network]) -> None:
    text = write([archcost.analyze(network(BLOCKS, x="[3, 64, 64]"))], "json", Look())
    assert [found["node"] for found in json.loads(text)["specs"][0]["findings"]] == [
        f"down.{i}.conv" for i in range(6)
    ]
