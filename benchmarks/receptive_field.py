"""What receptive fields and findings take of an analysis: per node, as a share, and rule by rule.

Every network is analyzed in a fresh process, with clocks around the functions of interest. The processes take
turns, and what is shown is the least of each: a busy machine makes times longer, never shorter.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

from tabulate import tabulate

import archcost
from archcost import findings
from archcost.analysis import facts
from archcost.passes import receptive_field
from archcost.passes.effective_field import effective_fields
from archcost.passes.paths import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcost.analysis.facts import Facts
    from archcost.findings.rule import Rule
    from archcost.network import Network
    from archcost.results.report import Finding

ROOT = Path(__file__).parent.parent

P = ParamSpec("P")
T = TypeVar("T")

Seconds = dict[str, float]
"""Processor time by what took it."""


Row = tuple[str | float, ...]


class Case(NamedTuple):
    """A network of the benchmark: a spec and its variant, or layers with so many repetitions."""

    spec: str
    variant: str | None = None
    times: int | None = None


CHAIN = """\
  - repeat: {times}
    body:
      - conv: {{out_channels: 64, kernel_size: 3, padding: 1}}
"""
RESIDUAL = """\
  - conv: {{out_channels: 64, kernel_size: 3, padding: 1}}
  - repeat: {times}
    body:
      - residual:
          - conv: {{out_channels: 64, kernel_size: 3, padding: 1}}
          - relu
"""
DENSE = """\
  - repeat: {times}
    dense: concat
    body:
      - conv: {{out_channels: 1, kernel_size: 3, padding: 1}}
"""
DILATED = """\
  - repeat: {times}
    body:
      - conv: {{out_channels: 64, kernel_size: 3, padding: 2, dilation: 2}}
"""
MIXED = """\
  - conv: {{out_channels: 64, kernel_size: 3, padding: 1}}
  - repeat: {times}
    body:
      - residual:
          - conv: {{out_channels: 64, kernel_size: 3, padding: 1, bias: false}}
          - batch_norm
          - relu
      - branches:
          one: [conv: {{out_channels: 32, kernel_size: 1}}]
          three:
            - conv: {{out_channels: 16, kernel_size: 1}}
            - conv: {{out_channels: 32, kernel_size: [1, 3], padding: [0, 1]}}
            - conv: {{out_channels: 32, kernel_size: [3, 1], padding: [1, 0]}}
        merge: concat
      - repeat: {{rate: [1, 2, 5]}}
        body:
          - depthwise_conv: {{kernel_size: 3, dilation: $rate, padding: same}}
          - relu
      - branches:
          map: []
          gate: [global_avg_pool, conv: {{out_channels: 64, kernel_size: 1}}, sigmoid]
        merge: multiply
"""

CASES = {
    "VGG-16": Case("zoo:vgg16"),
    "ResNet-50": Case("zoo:resnet50"),
    "Inception-v3": Case("zoo:inception_v3"),
    "DenseNet-201": Case("zoo:densenet201"),
    "DeepLabv3-ResNet-50": Case("zoo:deeplabv3_resnet50"),
    "ShuffleNetV2 1.0": Case("zoo:shufflenet_v2_x1_0"),
    "U-Net": Case(str(ROOT / "tests" / "networks" / "unet.yaml")),
    "chain, 1,000": Case(CHAIN, times=1000),
    "chain, 10,000": Case(CHAIN, times=10_000),
    "chain, 100,000": Case(CHAIN, times=100_000),
    "residual, 10,000": Case(RESIDUAL, times=3333),
    "residual, 100,000": Case(RESIDUAL, times=33_333),
    "dense, 10,000": Case(DENSE, times=5000),
    "dense, 100,000": Case(DENSE, times=50_000),
    "dilated, 10,000": Case(DILATED, times=10_000),
    "dilated, 100,000": Case(DILATED, times=100_000),
    "mixed, 10,000": Case(MIXED, times=526),
    "mixed, 100,000": Case(MIXED, times=5262),
}

SLOW = ("dilated, 100,000",)
"""Left out unless asked for by name: sets of 2¹⁸ positions, over and over."""

CLOSELY = {
    "VGG-16": Case("zoo:vgg16"),
    "ResNet-50": Case("zoo:resnet50"),
    "ResNet-152": Case("zoo:resnet152"),
    "Inception-v3": Case("zoo:inception_v3"),
    "DenseNet-201": Case("zoo:densenet201"),
    "DeepLabv3-ResNet-50": Case("zoo:deeplabv3_resnet50"),
    "WaveNet": Case("zoo:wavenet"),
}
"""Of these, the last node whose field moves is looked at closely."""


class Clock:
    """Adds up processor time by name."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def around(self, name: str, work: Callable[P, T]) -> Callable[P, T]:
        """The same function, timed."""

        def timed(*args: P.args, **options: P.kwargs) -> T:
            start = process_time()
            try:
                return work(*args, **options)
            finally:
                self.seconds[name] += process_time() - start

        return timed


def load(case: Case) -> Network:
    """The network of a case."""
    if case.times is None:
        return archcost.load(case.spec, variant=case.variant)
    text = "archcost: 1\nname: generated\ninput: [3, 64, 64]\nlayers:\n" + case.spec.format(times=case.times)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        return archcost.load(file.name)


def analyzed(case: Case) -> Seconds:
    """An analysis without writing, and how long its parts take. A rule pays for what it is first to ask."""
    network, clock = load(case), Clock()
    facts.receptive_fields = clock.around("fields", facts.receptive_fields)
    facts.findings = clock.around("findings", facts.findings)
    receptive_field.union_count = clock.around("coverage", receptive_field.union_count)
    for name, rule in findings.RULES.items():
        findings.RULES[name] = rule._replace(check=clock.around(name, _at_once(rule)))
    clock.around("analyze", archcost.analyze)(network)
    return {"nodes": len(network), **clock.seconds}


def _at_once(rule: Rule) -> Callable[[Facts], list[Finding]]:
    return lambda known: list(rule.check(known))


def looked_at_closely(case: Case) -> Seconds:
    """The effective field, and the paths, of the last node whose field moves."""
    network, clock = load(case), Clock()
    fields = facts.receptive_fields(network)
    moving = [any(field.alignment for field in found.values()) for found in fields]
    node = next(node for node, moves in zip(network.nodes[::-1], moving[::-1], strict=True) if moves)
    clock.around("effective field", effective_fields)(network, node)
    clock.around("paths", paths)(network, node)
    return {"nodes": len(network), **clock.seconds}


def measure_here(table: str, name: str) -> Seconds:
    """One measurement in this process, after all imports are done."""
    lenet = archcost.load("zoo:lenet5")
    archcost.analyze(lenet)
    effective_fields(lenet, lenet.nodes[0])
    return analyzed(CASES[name]) if table == "analyze" else looked_at_closely(CLOSELY[name])


def measure(table: str, name: str) -> Seconds:
    """The same in a fresh process."""
    command = [sys.executable, __file__, "--here", table, name]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def least(turns: list[Seconds]) -> Seconds:
    """The least of each time; what a run never asked for took none."""
    names = {name for turn in turns for name in turn}
    return defaultdict(float, {name: min(turn.get(name, 0.0) for turn in turns) for name in names})


def compare(table: str, names: list[str], repeats: int) -> dict[str, Seconds]:
    """The least of every network; they take turns."""
    turns: dict[str, list[Seconds]] = {name: [] for name in names}
    for _ in range(repeats):
        for name, found in turns.items():
            found.append(measure(table, name))
    return {name: least(found) for name, found in turns.items()}


def _per_node(found: Seconds, name: str) -> float:
    return 1e6 * found[name] / found["nodes"]


def _share(found: Seconds, name: str) -> float:
    return 100 * found[name] / found["analyze"]


def shares(found: dict[str, Seconds]) -> str:
    """A row per network."""
    rows = [
        (
            name,
            f"{one['nodes']:,.0f}",
            _per_node(one, "analyze"),
            _per_node(one, "fields"),
            _share(one, "fields"),
            _share(one, "coverage"),
            _per_node(one, "findings"),
            _share(one, "findings"),
        )
        for name, one in found.items()
    ]
    headers = [
        "network", "nodes", "analyze, µs per node", "fields, µs per node", "fields, %",
        "N-d coverage, %", "findings, µs per node", "findings, %",
    ]  # fmt: skip
    return _table(rows, headers, floatfmt=".1f")


def rules(found: dict[str, Seconds]) -> str:
    """A row per network, a column per rule: % of the analysis."""
    rows = [(name, *(_share(one, rule) for rule in findings.RULES)) for name, one in found.items()]
    return _table(rows, ["% of analyze", *findings.RULES], floatfmt=".1f")


def growth(found: dict[str, Seconds]) -> str:
    """Time per node of 100,000 nodes over that of 10,000."""
    rows: list[Row] = []
    for name, small in found.items():
        kind, _, size = name.partition(", ")
        large = found.get(f"{kind}, 100,000")
        if size == "10,000" and large:
            ratios = (_per_node(large, x) / _per_node(small, x) for x in ("analyze", "fields", "findings"))
            rows.append((kind, *ratios))
    return _table(rows, ["100,000 to 10,000, per node", "analyze", "fields", "findings"], floatfmt=".2f")


def closely(found: dict[str, Seconds]) -> str:
    """A row per network, in milliseconds."""
    rows = [
        (name, f"{one['nodes']:,.0f}", 1000 * one["effective field"], 1000 * one["paths"])
        for name, one in found.items()
    ]
    return _table(rows, ["network", "nodes", "effective field, ms", "paths, ms"], floatfmt=".1f")


def _table(rows: Sequence[Row], headers: list[str], floatfmt: str) -> str:
    return tabulate(rows, headers=headers, floatfmt=floatfmt, tablefmt="github")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="networks of the tables, by name")
    parser.add_argument("--here", nargs=2, metavar=("TABLE", "NAME"), help="measure in this process, as JSON")
    chosen = parser.parse_args()
    if chosen.here:
        print(json.dumps(measure_here(*chosen.here)))
        return
    names = chosen.only or [name for name in CASES if name not in SLOW]
    found = compare("analyze", [name for name in names if name in CASES], chosen.repeats)
    tables = [shares(found), rules(found), growth(found)]
    near = [name for name in chosen.only or CLOSELY if name in CLOSELY]
    print("\n\n".join([*tables, closely(compare("closely", near, chosen.repeats))]))


if __name__ == "__main__":
    main()
