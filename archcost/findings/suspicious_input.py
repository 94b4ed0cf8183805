"""Rule `suspicious-input` (warn): the axes of an input look like those of another framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from archcost.findings.rule import Rule, at
from archcost.habits_of_axes import channels_last, images
from archcost.windows.window import axis_names, show
from archcost.words.wording import in_a_row, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.layers.base import Kind
    from archcost.network import Network
    from archcost.results.report import Finding
    from archcost.windows.window import Shape


def _check(facts: Facts) -> Iterator[Finding]:
    for tensor in facts.network.inputs:
        if suspicion := _suspicion(tensor.output, facts.network):
            yield at(tensor, RULE.name, "warn", suspicion)


def _suspicion(x: Shape, network: Network) -> str:
    """What is odd about a shape and what is probably meant, in words; empty if nothing is."""
    if channels_last(x):
        return f"{_read(x)}. Channels come first: is {_written((x[2], x[0], x[1]))} meant?"
    if len(x) != 4 or _speaks_of_volumes(network):
        return ""
    if channels_last(x[1:]) and x[0] not in {3, 4}:
        image = (x[3], x[1], x[2])
        frames = "" if x[0] == 1 else f" (or {_written((x[3], *x[:3]))}, if {x[0]} is no batch)"
        return f"{_read(x)}. Channels come first, and there is no batch: is {_written(image)} meant{frames}?"
    if images(x) or (x[0] == 1 and x[1] not in x[2:]):  # one channel of three axes that are no cube
        return (
            f"{_read(x)}. A spec has no batch axis: is {_written(x[1:])} meant? "
            f"If it is a volume, a layer that says so (`conv3d`) settles it, or else "
            f"`rules: {{suspicious-input: off}}` in archcost.yaml"
        )
    return ""


def _speaks_of_volumes(network: Network) -> bool:
    """Whether a layer asserts three axes, by its word or with a value for each."""
    return any(node.word.endswith("3d") or _named_axes(node.layer) == 3 for node in network)


def _named_axes(layer: Kind) -> int:
    """For how many axes a layer has values of their own; 0 or 1 if it has none."""
    found = (getattr(layer, field, None) for field in ("kernel_size", "stride", "size", "output_size"))
    return max((len(cast("tuple[int, ...]", one)) for one in found if isinstance(one, tuple)), default=0)


def _read(x: Shape) -> str:
    """How archcost reads a shape."""
    axes = (f"{name} {length:,}" for name, length in zip(axis_names(len(x) - 1), x[1:], strict=True))
    return f"{show(x)} is {plural(x[0], 'channel')} of {in_a_row(axes)}"


def _written(x: Shape) -> str:
    return f"[{', '.join(map(str, x))}]"


RULE = Rule(
    name="suspicious-input",
    levels=("warn",),
    summary="the axes of an input look like a batch, or like channels that come last",
    why="""\
Frameworks write shapes in other orders. Here one sample is meant, channels first: `[3, 224, 224]`. A shape
with another order is no error, since every list of sizes is some network's input, but all numbers are of that
other network. Reported is, in the spec as well as with `--input`:

- a first axis of 1 before three others, or a second one of 1 or 3 before two large ones: a batch. A volume of
  one channel looks the same. It is not reported if its depth, neither 1 nor 3, is as long as its height or
  width, or if some layer asserts three axes, by its word (`conv3d`) or with a value for each
  (`kernel_size: [3, 3, 3]`);
- a last axis of 1, 3 or 4 behind two of at least 16: channels that come last.

Write the channels first and leave the batch out. Where a volume is meant and no layer can say so, as of a
clip that is cut into frames, `suspicious-input: off` below `rules`, or a waiver, keeps `check` quiet.
""",
    good="""\
archcost: 1
name: channels_then_height_and_width
input: [3, 224, 224]
layers:
  - conv: {out_channels: 64, kernel_size: 7, stride: 2, padding: 3}
""",
    bad="""\
archcost: 1
name: as_a_framework_has_it
note: a batch of one
input: [1, 3, 224, 224]
layers:
  - conv: {out_channels: 64, kernel_size: 7, stride: 2, padding: 3}
""",
    check=_check,
)
