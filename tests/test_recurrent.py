"""Recurrent layers against the same written step by step, and what their outputs read."""

from __future__ import annotations

from fractions import Fraction
from textwrap import dedent, indent
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

import archcost
from archcost.execute.executor import steps
from archcost.execute.kernels import KERNELS
from archcost.execute.tensors import Tensors
from archcost.layers.base import Operations
from archcost.passes.cost import costs
from archcost.passes.receptive_field import receptive_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from archcost.passes.receptive_field import Field

    Build: TypeAlias = "Callable[..., Network]"

LENGTH = 4
UNITS = {
    "lstm": """
      - {name: sums, add, from: [arriving, fed_back]}
      - {name: gate, split: {parts: [i, f, g, o]}}
      - {name: input_gate, sigmoid, from: gate.i}
      - {name: forget, sigmoid, from: gate.f}
      - {name: candidate, tanh, from: gate.g}
      - {name: open, sigmoid, from: gate.o}
      - {name: old, multiply, from: [forget, cell]}
      - {name: new, multiply, from: [input_gate, candidate]}
      - {name: cell, add, from: [old, new]}
      - {name: shown, tanh}
      - {name: hidden, multiply, from: [open, shown]}
    """,
    "gru": """
      - {name: x, split: {parts: [r, z, n]}, from: arriving}
      - {name: h, split: {parts: [r, z, n]}, from: fed_back}
      - {name: r, add, from: [x.r, h.r]}
      - {name: reset, sigmoid}
      - {name: z, add, from: [x.z, h.z]}
      - {name: update, sigmoid}
      - {name: weighed, multiply, from: [reset, h.n]}
      - {name: n, add, from: [x.n, weighed]}
      - {name: candidate, tanh}
      - {name: old, multiply, from: [update, hidden]}
      - {negate, from: update}
      - {name: one_less_update, offset: {value: 1}}
      - {name: new, multiply, from: [one_less_update, candidate]}
      - {name: hidden, add, from: [new, old]}
    """,
    "rnn": """
      - {name: sums, add, from: [arriving, fed_back]}
      - {name: hidden, tanh}
    """,
}
"""What a step does behind the two products with a matrix; the last item is the hidden units."""

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def unrolled(kind: str) -> str:
    """A layer of three units over four positions of four channels, a position an iteration."""
    rows = 3 * GATES[kind]
    return f"""
  - {{name: zeros, constant: {{shape: [3, 1], values: 0}}, from: []}}
  - name: steps
    repeat: {{t: {LENGTH}}}
    carry: [hidden, cell, so_far]
    from: [zeros, zeros, zeros]
    body:
      - {{slice: {{axis: 1, start: $t, end: $(t+1)}}, from: input}}
      - {{name: arriving, linear: {{out_features: {rows}, per_position: true}}, share: x}}
      - {{name: fed_back, linear: {{out_features: {rows}, per_position: true}}, from: hidden, share: h}}
{indent(dedent(UNITS[kind]).strip(), 6 * " ")}
      - {{name: so_far, concat: {{axis: 1}}, from: [so_far, hidden]}}
  - {{slice: {{axis: 1, start: 1}}, from: steps.so_far}}
"""


@pytest.mark.parametrize("kind", UNITS)
def test_a_recurrent_layer_is_its_steps_one_after_the_other(kind: str, network: Build) -> None:
    by_step = network(unrolled(kind), f"[4, {LENGTH}]")
    at_once = network(f"- {kind}: {{hidden_size: 3}}", f"[4, {LENGTH}]")
    written, whole = (archcost.analyze(one).totals for one in (by_step, at_once))
    assert (written.params, written.macs) == (whole.params, whole.macs)

    tensors = Tensors.of_network(by_step)
    x = tensors.inputs(by_step)["input"]
    values = {step.node.path: step.value for step in steps(by_step, tensors)}
    learned = [tensors.of(by_step.by_path[f"steps.0.{name}"]) for name in ("arriving", "fed_back")]
    names = [
        {f"{name}_{way}_l0": value for name, value in one.items()}
        for way, one in zip(("ih", "hh"), learned, strict=True)
    ]
    y = at_once.nodes[0].layer.run(KERNELS, x, **names[0], **names[1])
    assert np.allclose(y, [*values.values()][-1], rtol=1e-12)


def counted(net: Network) -> Operations:
    return Operations(*(sum(one) for one in zip(*(cost.operations for cost in costs(net)), strict=True)))


@pytest.mark.parametrize("kind", UNITS)
def test_every_operation_of_it_is_one_of_a_step(kind: str, network: Build) -> None:
    by_step = counted(network(unrolled(kind), f"[4, {LENGTH}]"))
    at_once = counted(network(f"- {kind}: {{hidden_size: 3}}", f"[4, {LENGTH}]"))
    assert by_step == at_once


# -- what is read -----------------------------------------------------------------------------------------


def last_field(net: Network) -> Field:
    return receptive_fields(net)[-1]["input"]


@pytest.mark.parametrize("kind", UNITS)
def test_a_position_reads_itself_and_all_before_it(kind: str, network: Build) -> None:
    found = last_field(network(f"- {kind}: {{hidden_size: 3}}", "[4, 9]"))
    assert (found.size, found.coverage, found.certainty) == ((9,), 1, "exact")
    assert found.center == (Fraction(-8, 2),)


@pytest.mark.parametrize("kind", UNITS)
def test_in_both_directions_it_reads_all(kind: str, network: Build) -> None:
    found = last_field(network(f"- {kind}: {{hidden_size: 3, bidirectional: true}}", "[4, 9]"))
    assert (found.size, found.is_global, found.certainty) == ((9,), True, "exact")


@pytest.mark.parametrize("kind", UNITS)
def test_in_both_directions_as_many_positions_leave_as_far_apart(kind: str, network: Build) -> None:
    conv = "- conv: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}"
    both = f"- {kind}: {{hidden_size: 2, bidirectional: true}}"
    fields = receptive_fields(network(f"{conv}\n{both}\n{both}\n{conv}\n- global_avg_pool", "[4, 40]"))
    # The pool leaves one of the ten positions that there are then, four apart.
    assert [field["input"].stride for field in fields] == [(2,), (2,), (2,), (4,), (40,)]


@pytest.mark.parametrize(("layers", "certainty"), [(1, "at_most"), (2, "exact")])
def test_one_direction_cut_out_of_both_reads_no_more_than_all(
    layers: int, certainty: str, network: Build
) -> None:
    """Half of what a single layer gives looked one way only; that of a second layer read both."""
    lines = f"""
        - lstm: {{hidden_size: 3, bidirectional: true, num_layers: {layers}}}
        - slice: {{end: 3}}
    """
    assert last_field(network(lines, "[4, 9]")).certainty == certainty


def test_a_layer_that_looks_back_fits_what_it_is_added_to(network: Build) -> None:
    lines = """
        - conv: {out_channels: 4, kernel_size: 3, padding: causal}
        - residual: [lstm: {hidden_size: 4}]
    """
    found = archcost.analyze(network(lines, "[4, 9]")).findings
    assert [one.rule for one in found if one.level != "info"] == []
