"""Rule `field-smaller-than-expected` (info): what a field lacks to be as large as the spec expects."""

from __future__ import annotations

from math import ceil, prod
from typing import TYPE_CHECKING

from archcost.findings.expectation import numbers, spread
from archcost.findings.rule import Rule, along, at, each
from archcost.network import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from archcost.analysis.facts import Facts
    from archcost.network import Expectation, Input
    from archcost.passes.receptive_field import Field
    from archcost.results.report import Finding
    from archcost.windows.window import Window


def _check(facts: Facts) -> Iterator[Finding]:
    last = _LastConvolutions(facts)
    for e in facts.network.expectations:
        if e.what == "receptive_field":
            for tensor in e.outputs:
                for name, field in facts.fields[tensor].items():
                    if message := _message(last, e, tensor, name, field):
                        yield at(e, RULE.name, "info", message)


def _message(
    last: _LastConvolutions, e: Expectation, tensor: Node | Input, name: str, field: Field
) -> str | None:
    """What is missing and what would add it; of a global field, what is seen without global operations."""
    rank = len(field.size)
    expected = spread(numbers(e), rank)
    local = field.moving
    if local is None or len(expected) != rank or expected == field.size:
        return None
    missing = [n - size for n, size in zip(expected, local.size, strict=True)]
    short = [axis for axis in range(rank) if missing[axis] > 0]
    if not short:
        return None
    of = f" of '{name}'" if len(last.facts.fields[tensor]) > 1 else ""
    return (
        f"{each(missing[axis] for axis in short)} positions{of} are missing {along(short, rank)}; "
        f"{_layers(local, missing, short)}{_or_dilated(last, tensor, name, missing)} would add them"
    )


def _layers(field: Field, missing: Sequence[Fraction], short: Sequence[int]) -> str:
    """How many convolutions more, each of which adds twice the stride."""
    count = max(ceil(missing[axis] / (2 * field.stride[axis])) for axis in short)
    adds = each(2 * field.stride[axis] for axis in short)
    if count == 1:
        return f"one more convolution with kernel_size 3 at the end (it adds {adds})"
    return f"{count} more convolutions with kernel_size 3 at the end (each adds {adds})"


def _or_dilated(last: _LastConvolutions, tensor: Node | Input, name: str, missing: Sequence[Fraction]) -> str:
    """The dilation of the last convolution with which the field is as large as expected."""
    found = last.of(tensor, name)
    if not found:
        return ""
    node, window = found
    source = last.facts.fields[node.inputs[0]][name].moving
    if source is None:
        return ""
    short = [axis for axis, n in enumerate(missing) if n > 0]
    if any(window.kernel[axis] == 1 for axis in short):
        return ""
    dilation = max(
        window.dilation[axis] + ceil(missing[axis] / ((window.kernel[axis] - 1) * source.stride[axis]))
        for axis in short
    )
    return f", or dilation {dilation} in {node.path}, with as much more padding,"


class _LastConvolutions:
    """The last layer with a kernel to dilate, back along what sees the most: once per tensor and input."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._known: dict[tuple[Node | Input, str], tuple[Node, Window] | None] = {}

    def of(self, tensor: Node | Input, name: str) -> tuple[Node, Window] | None:
        """The layer and its window; None if there is none on the way back."""
        passed: list[tuple[Node | Input, str]] = []
        while (tensor, name) not in self._known and isinstance(tensor, Node) and tensor.inputs:
            passed.append((tensor, name))
            if window := self._dilatable(tensor):
                self._known[tensor, name] = tensor, window
            else:
                tensor = max(tensor.inputs, key=lambda source: self._positions(source, name))
        found = self._known.get((tensor, name))
        self._known.update(dict.fromkeys(passed, found))
        return found

    def _dilatable(self, node: Node) -> Window | None:
        window = self.facts.accesses.of(node).window
        dilatable = "dilation" in type(node.layer).model_fields
        return window if window and window.taps > 1 and not window.stretch and dilatable else None

    def _positions(self, tensor: Node | Input, name: str) -> int:
        """How many it sees, over all axes."""
        field = self.facts.fields[tensor].get(name)
        local = field.moving if field else None
        return prod(local.size) if local else 0


RULE = Rule(
    name="field-smaller-than-expected",
    levels=("info",),
    summary="what would make a receptive field as large as the spec expects",
    why="""\
It stands beside an `expectation` about `receptive_field`, and says how to keep it: each further convolution
at this point adds `kernel_size - 1` strides, and so does each step of dilation, at the stride of what the
layer reads. A field that is the whole input because of global operations is taken without them.

Take one of the two, or lower the expectation. More dilation may leave holes, which `gridding` would tell.
""",
    good="""\
archcost: 1
name: sees_enough
input: [3, 32, 32]
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 1}
  - {conv: {out_channels: 8, kernel_size: 5, padding: 2}, expect: {receptive_field: 7}}
""",
    bad="""\
archcost: 1
name: sees_too_little
input: [3, 32, 32]
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 1}
  - {conv: {out_channels: 8, kernel_size: 3, padding: 1}, expect: {receptive_field: 7}}
""",
    check=_check,
)
