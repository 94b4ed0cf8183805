"""Time and memory per node, from the file to the totals, for a network of 10,000 nodes and one of 100,000."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time
from typing import NamedTuple

from tabulate import tabulate

import archcost

SIZES = (10_000, 100_000)
NODES_PER_BLOCK = 7
BLOCKS_PER_STAGE = 50

SPEC = """\
archcost: 1
name: deep_residual
input: [3, 64, 64]
blocks:
  basic:
    params: {{width: required}}
    body:
      - residual:
          - conv: {{out_channels: $width, kernel_size: 3, padding: 1, bias: false}}
          - batch_norm
          - relu
          - conv: {{out_channels: $width, kernel_size: 3, padding: 1, bias: false}}
          - batch_norm
      - relu
layers:
  - conv: {{out_channels: 64, kernel_size: 3, padding: 1, bias: false}}
  - name: stage
    repeat: {stages}
    body:
      - name: block
        repeat: {blocks}
        body:
          - basic: {{width: 64}}
"""


class Run(NamedTuple):
    """One network in one fresh process."""

    nodes: int
    seconds: float
    kilobytes: float


def write_spec(nodes: int, folder: Path) -> Path:
    """A deep residual network of at most so many nodes, and nearly as many."""
    stages = (nodes - 1) // (NODES_PER_BLOCK * BLOCKS_PER_STAGE)
    path = folder / f"{nodes}.yaml"
    path.write_text(SPEC.format(stages=stages, blocks=BLOCKS_PER_STAGE), encoding="utf-8")
    return path


def peak_kilobytes() -> float:
    """The most memory this process ever had (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024


def measure_here(path: str) -> Run:
    """Load and analyze in this process, after all imports are done."""
    archcost.analyze(archcost.load("zoo:lenet5"))
    kilobytes, start = peak_kilobytes(), process_time()
    network = archcost.load(path)
    totals = archcost.analyze(network).totals
    seconds = process_time() - start
    if not totals.macs:
        raise ValueError("the network came out empty")
    return Run(len(network), seconds, peak_kilobytes() - kilobytes)


def measure(path: Path) -> Run:
    """The same in a fresh process."""
    command = [sys.executable, __file__, "--only", str(path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Run(*json.loads(printed))


def compare(repeats: int) -> list[list[Run]]:
    """All runs of each size; the sizes take turns."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [write_spec(nodes, Path(folder)) for nodes in SIZES]
        turns = [[measure(path) for path in paths] for _ in range(repeats)]
    return [list(runs) for runs in zip(*turns, strict=True)]


def show(runs: list[list[Run]]) -> str:
    """A row per size, and the last compared with the first."""
    rows = [
        (
            f"{size[0].nodes:,} nodes",
            median(run.seconds for run in size),
            1e6 * median(run.seconds / run.nodes for run in size),
            1e6 * min(run.seconds / run.nodes for run in size),
            median(run.kilobytes / run.nodes for run in size),
        )
        for size in runs
    ]
    ratios = [large / small for small, large in zip(rows[0][1:], rows[-1][1:], strict=True)]
    headers = ["network", "CPU s, median", "µs per node, median", "µs per node, least", "kB per node"]
    return tabulate([*rows, ("ratio", *ratios)], headers=headers, floatfmt=".2f")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", metavar="SPEC", help="measure one spec in this process and print JSON")
    chosen = parser.parse_args()
    print(json.dumps(measure_here(chosen.only)) if chosen.only else show(compare(chosen.repeats)))


if __name__ == "__main__":
    main()
