"""Layers that no output depends on, and what they cost."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

import archcost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.network import Network
    from archcost.results.report import Finding

    Said = Callable[..., list[str]]
    Load = Callable[..., Network]

RULE = "dead-layer"
ADVICE = "merge it into what goes on (`from`), name it under `outputs`, or leave it out"


def found(net: Network) -> list[Finding]:
    return [finding for finding in archcost.analyze(net).findings if finding.rule == RULE]


def test_what_costs_nothing_at_all_is_not_reported(said: Said) -> None:
    """A name that a repeat gives anew in every round, and that nobody reads after the last."""
    layers = "- {name: a, relu}\n- {name: again, identity}\n- {from: a, sigmoid}\n"
    assert said(RULE, layers) == []
    assert len(said(RULE, layers.replace("identity", "slice: {start: 1}"))) == 1


def test_a_forgotten_merge_costs_all_that_leads_to_it(said: Said) -> None:
    """A pyramid whose merge reads the wrong item. c4 is 16·32·9 + 32, p4 32·8 + 8, up has none."""
    layers = """
        - {name: c3, conv: {out_channels: 16, kernel_size: 3, padding: 1}}
        - {name: c4, conv: {out_channels: 32, kernel_size: 3, stride: 2, padding: 1}}
        - {name: p4, conv: {out_channels: 8, kernel_size: 1}}
        - {name: up, upsample: {like: c3}}
        - {name: p3, from: c3, conv: {out_channels: 8, kernel_size: 1}}
        - {add, from: [p3, p3]}
        """
    dead, live = 16 * 32 * 9 + 32 + 32 * 8 + 8, 3 * 16 * 9 + 16 + 16 * 8 + 8
    dead_macs, live_macs = 16 * (16 * 32 * 9 + 32 * 8), 64 * (3 * 16 * 9 + 16 * 8)
    params, macs = dead + live, dead_macs + live_macs
    parts = (
        f"{dead:,} of {params:,} parameters ({100 * dead / params:.1f} %)",
        f"{dead_macs:,} of {macs:,} MACs ({100 * dead_macs / macs:.1f} %)",
    )
    spent = f"{' and '.join(parts)} are spent on nothing"
    assert said(RULE, layers) == [
        f"up: no output depends on it, nor on c4 and p4 before it: {spent}; {ADVICE}"
    ]


def test_what_hangs_together_is_one_finding_and_what_does_not_is_another(said: Said) -> None:
    layers = """
        - {name: stem, conv: {out_channels: 4, kernel_size: 1}}
        - {name: one, conv: {out_channels: 2, kernel_size: 1}}
        - {name: two, from: one, relu}
        - {name: three, from: one, sigmoid}
        - {name: alone, from: stem, conv: {out_channels: 2, kernel_size: 1}}
        - {relu, from: stem}
        """
    spent = "10 of 36 parameters (27.8 %) and 512 of 1,792 MACs (28.6 %) are spent on nothing"
    assert said(RULE, layers) == [
        f"two: no output depends on it or three, nor on one before them: {spent}; {ADVICE}",
        f"alone: no output depends on it: {spent}; {ADVICE}",
    ]


def test_of_many_the_first_is_named_and_how_many_they_are(said: Said) -> None:
    layers = """
        - {name: tail, repeat: 5, body: [conv: {out_channels: 3, kernel_size: 1, bias: false}]}
        - {name: ends, from: tail, branches: {a: [relu], b: [relu]}, merge: add}
        - {relu, from: input}
        """
    (message,) = said(RULE, layers)
    assert message.startswith(
        "ends.add: no output depends on it, nor on the 7 layers from tail.0.conv on before it: 45 of 45 "
        "parameters (100.0 %) and 2,880 of 2,880 MACs (100.0 %)"
    )


def test_without_parameters_and_macs_activations_are_said(said: Said) -> None:
    layers = "- {name: seen, relu}\n- {name: flat, flatten}\n- {relu, from: input}"
    spent = "192 activations are spent on nothing"
    assert said(RULE, layers) == [f"flat: no output depends on it, nor on seen before it: {spent}; {ADVICE}"]


@pytest.mark.parametrize(
    ("layer", "level"), [("slice: {end: 1}", "info"), ("relu", "warn"), ("parameter: {shape: [3]}", "warn")]
)
def test_what_is_only_moved_is_a_note(network: Load, layer: str, level: str) -> None:
    findings = found(network(f"- {{name: unread, {layer}}}\n- {{relu, from: input}}"))
    assert [finding.level for finding in findings] == [level]


def test_weights_that_a_live_layer_uses_are_not_spent(said: Said) -> None:
    layers = """
        - {name: first, share: head, conv: {out_channels: 4, kernel_size: 1}}
        - {name: second, from: input, share: head, conv: {out_channels: 4, kernel_size: 1}}
        """
    (message,) = said(RULE, layers)
    assert message.startswith("first: no output depends on it: 768 of 1,536 MACs (50.0 %) are spent")


HEADS = """
- {name: body, conv: {out_channels: 4, kernel_size: 1}}
- {name: aux, conv: {out_channels: 2, kernel_size: 1}}
- {name: main, from: body, conv: {out_channels: 2, kernel_size: 1}}
"""


@pytest.mark.parametrize(
    ("outputs", "dead"),
    [("[main, aux]", []), ("[main]", ["aux"]), ("[aux]", ["main"]), ("[body]", ["aux", "main"])],
)
def test_outputs_decide_what_is_needed(network: Load, outputs: str, dead: list[str]) -> None:
    assert [finding.node for finding in found(network(HEADS, outputs=outputs))] == dead


def test_an_output_of_a_block_that_nobody_reads(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        """\
archcost: 1
name: net
input: [3, 8, 8]
blocks:
  unit:
    outputs: [map, score]
    body:
      - {name: map, conv: {out_channels: 3, kernel_size: 3, padding: 1}}
      - {name: score, linear: {out_features: 2}, from: flat}
layers:
  - {name: unit, unit}
  - {relu, from: unit.map}
""".replace("      - {name: score", "      - {name: flat, flatten}\n      - {name: score")
    )
    (finding,) = found(archcost.load(path))
    assert (finding.line, finding.node) == (10, "unit.score")
    assert "nor on unit.flat before it" in finding.message


def test_a_layer_of_a_standard_block_is_reported_where_the_block_is_called(network: Load) -> None:
    layers = "- {name: side, std/squeeze_excite: {ratio: 1}}\n- {relu, from: input}"
    (finding,) = found(network(layers))
    assert (finding.file.endswith("net.yaml"), finding.line) == (True, 5)


def test_a_part_of_one_branch_is_found(said: Said) -> None:
    layers = """
        - name: both
          branches:
            left: [{name: unread, conv: {out_channels: 3, kernel_size: 1}}, {relu, from: input}]
            right: []
          merge: add
        """
    assert [message.partition(":")[0] for message in said(RULE, layers)] == ["both.left.unread"]


@pytest.mark.parametrize("seed", range(40))
def test_a_layer_is_dead_if_its_values_reach_no_output(network: Load, seed: int) -> None:
    """Whatever is reported together: all paths to outputs are walked, one by one."""
    rng = random.Random(seed)  # noqa: S311 - a test, not a secret
    names = ["input"]
    lines: list[str] = []
    for i in range(rng.randint(3, 12)):
        read = rng.sample(names, k=min(len(names), rng.randint(1, 3)))
        kind = "add" if len(read) > 1 else "conv: {out_channels: 3, kernel_size: 1}"
        lines.append(f"- {{name: n{i}, {kind}, from: [{', '.join(read)}]}}")
        names.append(f"n{i}")
    outputs = rng.sample(names[1:], k=rng.randint(1, 2))
    net = network("\n".join(lines), outputs=f"[{', '.join(outputs)}]")

    def reaches(name: str) -> bool:
        return name in outputs or any(
            reaches(node.path) for node in net if name in {source.path for source in node.inputs}
        )

    dead = {node.path for node in net if not reaches(node.path)}
    rows = archcost.analyze(net).nodes
    assert {finding.node for finding in found(net)} <= dead
    assert sum(_macs(finding.message) for finding in found(net)) == sum(
        r.macs for r in rows if r.path in dead
    )


def _macs(message: str) -> int:
    """The 192 in `20 of 36 parameters (55.6 %) and 192 of 1,344 MACs (14.3 %) are spent`."""
    before, said, _ = message.partition(" MACs (")
    return int(before.split()[-3].replace(",", "")) if said else 0
