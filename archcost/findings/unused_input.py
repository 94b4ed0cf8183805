"""Rule `unused-input` (warn): the network is given a tensor that no layer reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, at
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.results.report import Finding


def _check(facts: Facts) -> Iterator[Finding]:
    readers, outputs = facts.network.readers, {*facts.network.outputs.values()}
    for tensor in facts.network.inputs:
        if not readers[tensor] and tensor not in outputs:
            yield at(tensor, RULE.name, "warn", _message(show(tensor.output)))


def _message(shape: str) -> str:
    return (
        f"no layer reads it: whoever runs the network must bring {shape} that change nothing; let a layer "
        "read it (`from`), or take it out of `input`"
    )


RULE = Rule(
    name="unused-input",
    levels=("warn",),
    summary="the network is given a tensor that no layer reads",
    why="""\
An input that no layer reads has to be brought by whoever runs the network, and nothing depends on it. An
input that only layers read which are dead themselves is part of what `dead-layer` reports.

Read it with `from`, or take it out of `input`.
""",
    good="""\
archcost: 1
name: reads_both
input: {left: [3, 32, 32], right: [3, 32, 32]}
layers:
  - {concat, from: [left, right]}
  - conv: {out_channels: 16, kernel_size: 3, padding: 1}
""",
    bad="""\
archcost: 1
name: forgets_one
note: the right one
input: {left: [3, 32, 32], right: [3, 32, 32]}
layers:
  - {concat, from: [left, left]}
  - conv: {out_channels: 16, kernel_size: 3, padding: 1}
""",
    check=_check,
)
