"""The tree of a table: whatever is folded and cut, the numbers add up and nothing is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.results.report import COUNTS
from archcost.results.tree import leaves, lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from archcost.results.tree import TableRow

ZOO = ["lenet5", "vgg16", "resnet50", "googlenet", "densenet121", "efficientnet_b0"]


def outline(found: list[TableRow]) -> list[str]:
    return ["  " * line.level + line.name + (f" x{line.times}" if line.times > 1 else "") for line in found]


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 9, None])
def test_the_closed_lines_add_up_to_the_totals_at_every_depth(name: str, depth: int | None) -> None:
    report = archcost.analyze(archcost.load(f"zoo:{name}"))
    for found in (lines(report, depth), leaves(report, depth)):
        closed = [line for line in found if line.closed]
        assert {c: sum(line.counts[c] for line in closed) for c in COUNTS} == report.totals.counts()


@pytest.mark.parametrize("name", ZOO)
def test_an_open_line_is_the_sum_of_the_lines_in_it(name: str) -> None:
    found = lines(archcost.analyze(archcost.load(f"zoo:{name}")), 9)
    for i, line in enumerate(found):
        inside: list[TableRow] = []
        for other in found[i + 1 :]:
            if other.level <= line.level:
                break
            inside += [other] if other.level == line.level + 1 else []
        assert line.closed is not bool(inside)
        assert line.closed or line.counts["macs"] == sum(other.counts["macs"] for other in inside)


@pytest.mark.parametrize("name", ZOO)
def test_by_default_a_table_fits_a_screen_and_one_level_more_would_not(name: str) -> None:
    report = archcost.analyze(archcost.load(f"zoo:{name}"))
    shown = lines(report)
    depth = 1 + max(line.level for line in shown)
    assert len(shown) <= 40
    deeper = lines(report, depth + 1)
    assert len(deeper) > 40 or deeper == shown


def test_equal_neighbours_share_a_line_that_ends_where_the_last_one_does(
    network: Callable[..., Network],
) -> None:
    report = archcost.analyze(
        network("""
        - repeat: 4
          body:
            - conv: {out_channels: 3, kernel_size: 3, padding: 1}
            - relu
        """),
    )
    assert outline(lines(report, 9)) == ["0…3 x4", "  conv x4", "  relu x4"]
    run = lines(report, 1)[0]
    assert run.counts["params"] == 4 * (3 * 3 * 9 + 3)
    assert run.last.receptive_field is not None
    assert run.last.receptive_field.size == (9, 9)


def test_layers_that_cost_the_same_but_differ_keep_their_lines(network: Callable[..., Network]) -> None:
    report = archcost.analyze(
        network("""
        - name: hdc
          repeat: {rate: [1, 2, 2]}
          body:
            - conv: {out_channels: 3, kernel_size: 3, dilation: $rate, padding: same}
            - relu
        """),
    )
    assert outline(lines(report, 2)) == ["hdc", "  0", "  1…2 x2"]


def test_shared_weights_that_count_only_once_keep_their_lines(network: Callable[..., Network]) -> None:
    report = archcost.analyze(
        network("""
        - {conv: {out_channels: 3, kernel_size: 1}, share: w}
        - {conv: {out_channels: 3, kernel_size: 1}, share: w}
        - {conv: {out_channels: 3, kernel_size: 1}, share: w}
        """),
    )
    assert outline(lines(report)) == ["conv", "conv_2…conv_3 x2"]


def test_a_group_of_one_stands_in_one_line(network: Callable[..., Network]) -> None:
    report = archcost.analyze(
        network("""
        - name: outer
          body:
            - name: inner
              body: [relu]
        - name: pair
          body: [relu, sigmoid]
        """),
    )
    assert outline(lines(report)) == ["outer.inner.relu", "pair", "  relu", "  sigmoid"]
    assert [line.path for line in leaves(report)] == ["outer.inner.relu", "pair.relu", "pair.sigmoid"]


def test_a_closed_group_says_what_is_in_it(network: Callable[..., Network]) -> None:
    report = archcost.analyze(
        network("""
        - name: few
          body: [relu, relu, sigmoid]
        - name: many
          body: [relu, sigmoid, relu, sigmoid]
        """),
    )
    assert [line.kind for line in lines(report, 1)] == ["2 relu + sigmoid", "4 nodes"]


def test_very_deep_paths_are_no_problem(network: Callable[..., Network]) -> None:
    blocks = (
        "{b0: {body: [relu, tanh]}, "
        + ", ".join(f"b{i}: {{body: [relu, b{i - 1}]}}" for i in range(1, 60))
        + "}"
    )
    report = archcost.analyze(network("- b59", blocks=blocks))
    assert len(lines(report, 10**6)) == 2 * 60 + 1
    assert len(lines(report)) <= 40
