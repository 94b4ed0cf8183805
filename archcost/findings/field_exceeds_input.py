"""Rule `field-exceeds-input` (info): the first layer that sees more positions than there are."""

from __future__ import annotations

from operator import gt
from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, Seen, along, at
from archcost.geometry import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.network import Input, Node
    from archcost.passes.receptive_field import Field
    from archcost.report.model import Finding


def _check(seen: Seen) -> Iterator[Finding]:
    several = len(seen.network.inputs) > 1
    for tensor in seen.network.inputs:
        if found := _first(seen, tensor):
            node, field = found
            name = f"the input '{tensor.path}'" if several else "the input"
            yield at(node, RULE.name, "info", _message(field, tensor, name))


def _first(seen: Seen, tensor: Input) -> tuple[Node, Field] | None:
    """The first node whose field is larger than this input. An upper bound proves nothing."""
    axes = tensor.output[1:]
    for node in seen.network:
        whole = seen.fields[node].get(tensor.path)
        field = whole.moving if whole else None
        if field and any(map(gt, field.size, axes)) and not field.upper_bound:
            return node, field
    return None


def _message(field: Field, tensor: Input, name: str) -> str:
    axes = tensor.output[1:]
    larger = [axis for axis, (r, n) in enumerate(zip(field.size, axes, strict=True)) if r > n]
    return (
        f"its receptive field of {show(field.size)} is larger than {name} of {show(axes)} "
        f"{along(larger, len(axes))}: from here on every output sees beyond a border, and one in the middle "
        "gains nothing but padding"
    )


RULE = Rule(
    name="field-exceeds-input",
    levels=("info",),
    summary="the first layer whose receptive field is larger than the input",
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
