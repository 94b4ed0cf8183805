"""Rule `field-exceeds-input` (info): the first layer that sees more positions than there are."""

from __future__ import annotations

from operator import gt
from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, along, at
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.network import Input, Node
    from archcost.passes.receptive_field import Field
    from archcost.results.report import Finding
    from archcost.windows.window import Axes


def _check(facts: Facts) -> Iterator[Finding]:
    several = len(facts.network.inputs) > 1
    found = _first(facts)
    for tensor in facts.network.inputs:
        if tensor.path in found:
            node, field = found[tensor.path]
            name = f"the input '{tensor.path}'" if several else "the input"
            yield at(node, RULE.name, "info", _message(field, tensor, name))


_RECURRENT = {"lstm", "gru", "rnn", "selective_scan"}
"""Kinds whose window is as long as the sequence, so that any convolution makes the field longer."""


def _first(facts: Facts) -> dict[str, tuple[Node, Field]]:
    """For every input, the first node of which every output's field is larger. A bound proves nothing."""
    axes = {tensor.path: tensor.output[1:] for tensor in facts.network.inputs}
    found: dict[str, tuple[Node, Field]] = {}
    behind: set[Node | Input] = set()
    for node in facts.network:
        if node.kind in _RECURRENT or not behind.isdisjoint(node.inputs):
            behind.add(node)
            continue
        for name, whole in facts.fields[node].items():
            field = whole.moving
            if name not in found and field and _larger(field, axes[name]) and not field.upper_bound:
                found[name] = node, field
    return found


def _larger(field: Field, axes: Axes) -> list[int]:
    """The axes along which the field of every output is larger: of attention's scores some are small."""
    return [axis for axis, larger in enumerate(map(gt, field.least or field.size, axes)) if larger]


def _message(field: Field, tensor: Input, name: str) -> str:
    axes = tensor.output[1:]
    larger = _larger(field, axes)
    return (
        f"its receptive field of {show(field.size)} is larger than {name} of {show(axes)} "
        f"{along(larger, len(axes))}: from here on every output sees beyond a border, and one in the middle "
        "gains nothing but padding"
    )


RULE = Rule(
    name="field-exceeds-input",
    levels=("info",),
    summary="the first layer whose receptive field is larger than the input",
    why="""\
Positions beyond a border are padding. Once the field is larger than the input, no output sees data only, and
the more it grows, the more a network can tell where it is from the padding. For a classifier that is usual;
for dense predictions it says that the layers from here on cannot see more context than there is.

Usually nothing is to be done. Otherwise take a larger input, or fewer layers or strides up to here.
""",
    good="""\
archcost: 1
name: within_the_input
input: [3, 16, 16]
layers:
  - conv: {out_channels: 8, kernel_size: 7, padding: 3}
  - conv: {out_channels: 8, kernel_size: 7, padding: 3}
""",
    bad="""\
archcost: 1
name: beyond_the_input
input: [3, 12, 12]
layers:
  - conv: {out_channels: 8, kernel_size: 7, padding: 3}
  - conv: {out_channels: 8, kernel_size: 7, padding: 3}
""",
    check=_check,
)
