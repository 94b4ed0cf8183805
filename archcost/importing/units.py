"""Groups a convolution with its norm and its activation, as a person would make a block of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.alignment import is_activation
from archcost.importing.parts import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

NORMS = {
    "batch_norm": "bn",
    "layer_norm": "norm",
    "group_norm": "norm",
    "rms_norm": "norm",
    "instance_norm": "norm",
}
"""What a norm is called in the name of a block."""

CONVOLUTIONS = {"conv", "depthwise_conv", "conv_transpose"}


def grouped(parts: list[Part], *, activations: bool) -> None:
    """Convolutions with the norms behind them, and with the activations, as modules, in all lists."""
    for part in parts:
        for several in part.lists.values():
            grouped(several, activations=activations)
    made: list[Part] = []
    i = 0
    while i < len(parts):
        end = i + _length(parts[i : i + 3], activations=activations)
        made.append(_unit(parts[i:end]) if end > i + 1 else parts[i])
        i = end
    parts[:] = made


def _length(parts: Sequence[Part], *, activations: bool) -> int:
    """How many of the parts belong together."""
    if parts[0].word not in CONVOLUTIONS or parts[0].is_read:
        return 1
    found = 1
    behind = [part for part in parts[1:] if not part.source]
    if behind and behind[0].word in NORMS:
        found += 1
    if (
        activations
        and len(behind) >= found
        and is_activation(behind[found - 1])
        and not any(p.is_read for p in behind[: found - 1])
    ):
        found += 1
    return found


def _unit(parts: list[Part]) -> Part:
    first, last = parts[0], parts[-1]
    word = {"conv": "conv", "depthwise_conv": "depthwise", "conv_transpose": "conv_transpose"}[first.word]
    names = [word, *(NORMS.get(part.word, "act") for part in parts[1:])]
    made = Part("body", {}, {"body": parts}, last.name if last.is_read else "", first.source, first.shape)
    made.module_class, made.is_read = "_".join(names), last.is_read
    first.source, last.is_read, last.name = (), False, ""
    return made
