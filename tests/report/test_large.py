"""Large networks: time grows with the nodes and no faster, and a report stays small."""

from __future__ import annotations

import pickle
import tracemalloc
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.report.formats import RESULTS, write
from tests.work import calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

LAYERS = """
- name: stage
  repeat: {outer}
  body:
    - repeat: 10
      body:
        - residual:
            - conv: {{out_channels: 3, kernel_size: 3, padding: 1}}
            - batch_norm
            - relu
        - relu
"""


@pytest.mark.parametrize("form", RESULTS["analysis"])
def test_twice_the_nodes_take_twice_the_work(network: Callable[..., Network], form: str) -> None:
    def work(outer: int) -> int:
        net = network(LAYERS.format(outer=outer))
        assert len(net) == 50 * outer
        return calls(lambda: write("analysis", [archcost.analyze(net)], form))

    work(2)  # whatever happens only once has happened
    small, large = work(20), work(40)
    assert large < 2.1 * small


def test_a_report_takes_less_than_a_kilobyte_a_node(network: Callable[..., Network]) -> None:
    net = network(LAYERS.format(outer=60))
    archcost.analyze(net)
    tracemalloc.start()
    try:
        report = archcost.analyze(net)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(report.nodes) == 3000
    assert kept < 1_000 * len(net)
    assert most < 3_000 * len(net)


def test_a_report_outlives_its_network() -> None:
    report = archcost.analyze(archcost.load("zoo:lenet5"))
    again = pickle.loads(pickle.dumps(report))  # noqa: S301 - our own bytes
    assert again == report
    assert again.node("c1").macs == 117_600
