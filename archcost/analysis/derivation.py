"""Derivations: `name = formula = numbers = value`, for counts, for window positions, for receptive fields.

The formula that is shown is the one that is computed, here as in `archcost.layers.base.Formulas`.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from archcost.layers.base import TERMS, Formulas, Operations
from archcost.results.derivation import AxisDerivation, DerivationStep
from archcost.windows.window import axis_names, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcost.network import Input, Node
    from archcost.passes.receptive_field import Field
    from archcost.windows.window import Window


def terms(formulas: Formulas) -> Iterator[DerivationStep]:
    """The numbers that counts are made of."""
    values = formulas.values()
    for name, term in formulas.terms.items():
        text = show(term) if isinstance(term, tuple) else term if isinstance(term, str) else ""
        yield step(name, text, values)


def counts(formulas: Formulas) -> Iterator[DerivationStep]:
    """The operations that a layer has; what is missing is 0."""
    values = formulas.values()
    for name in Operations._fields:
        if name in formulas.counts:
            yield step(name, formulas.counts[name], values)


_NAME = re.compile(r"[a-z_]+\b(?!\()")


def step(name: str, formula: str, values: Mapping[str, int]) -> DerivationStep:
    """`name = formula`, with the formula's names replaced by their values. Functions keep their names."""
    numbers = _NAME.sub(lambda found: f"{values[found[0]]:,}", formula)
    alone = f"{values[name]:,}"
    return DerivationStep(
        name=name,
        formula="" if formula in {alone, str(values[name])} else formula,
        numbers="" if numbers in {formula, alone} else numbers,
        value=values[name],
        meaning=TERMS.get(name, ""),
    )


def sliding(node: Node) -> Window | None:
    """A node's window on its first input, if it has one."""
    return node.layer.window_of(0, node.shapes) if node.inputs else None


def window_positions(node: Node) -> tuple[AxisDerivation, ...]:
    """How the window arrives at the output's axes."""
    window = sliding(node)
    if window is None:
        return ()
    axes = node.shapes[0][1:]
    positions = window.output(axes)
    return _alike(map(partial(_along, window), range(len(positions)), axes, positions))


def _alike(derivations: Iterable[tuple[tuple[DerivationStep, ...], str]]) -> tuple[AxisDerivation, ...]:
    """One derivation per axis, those that share every number together."""
    each = list(derivations)
    together: dict[tuple[tuple[DerivationStep, ...], str], list[str]] = {}
    for name, derivation in zip(axis_names(len(each)), each, strict=True):
        together.setdefault(derivation, []).append(name)
    return tuple(
        AxisDerivation(axes=tuple(names), steps=steps, note=note) for (steps, note), names in together.items()
    )


@lru_cache(1024)  # layers are often alike
def _along(window: Window, axis: int, length: int, positions: int) -> tuple[tuple[DerivationStep, ...], str]:
    stretch = window.stretch[axis] if window.stretch else 1
    before, after = window.padding[axis]
    rounds_up = window.rounding != "floor"
    whole = "ceil((padded - span) / stride)" if rounds_up else "(padded - span) // stride"
    formulas = Formulas(
        {
            "kernel_size": window.kernel[axis],
            "dilation": window.dilation[axis],
            "stride": window.stride[axis],
            "stretch": stretch,
            "length": length,
            "before": before,
            "after": after,
            "span": "dilation * (kernel_size - 1) + 1",
            "padded": "length + before + after"
            if stretch == 1
            else "(length - 1) * stretch + 1 + before + after",
            "output": f"{whole} + 1",
        },
    )
    derived = {step.name: step for step in terms(formulas)}
    note = ""
    if derived["output"].value != positions:
        note = f"the last window would start behind the input and is left out: {positions:,}"
    return (derived["span"], derived["padded"], derived["output"]), note


def seen(node: Node, fields: Mapping[Node | Input, Mapping[str, Field]]) -> tuple[AxisDerivation, ...]:
    """How the receptive field grows through the node's window.

    Empty where more than this window decides it: several ways or inputs, holes between outputs (a
    fraction of a step), an operation over all positions, positions that are no longer those of the input.
    """
    window = sliding(node)
    if window is None or not len(fields[node]) == len(fields[node.inputs[0]]) == 1:
        return ()
    (before,), (after,) = fields[node.inputs[0]].values(), fields[node].values()
    if after.is_global or any(step.denominator > 1 for step in (*before.stride, *after.stride)):
        return ()
    if not len(before.size) == len(after.size) == len(window.span):
        return ()
    steps = (step.numerator for step in before.stride)
    windows = zip(window.span, window.stride, strict=True)
    grown = [_grown(*one) for one in zip(windows, before.size, steps, strict=True)]
    agrees = tuple(steps[0].value for steps, _ in grown) == after.size
    return _alike(grown) if agrees else ()


@lru_cache(1024)  # axes and layers are often alike
def _grown(window: tuple[int, int], arriving: int, step: int) -> tuple[tuple[DerivationStep, ...], str]:
    span, stride = window
    formulas = Formulas(
        {
            "arriving": arriving,
            "step": step,
            "span": span,
            "stride": stride,
            "size": "arriving + (span - 1) * step",
            "next_step": "step * stride",
        },
    )
    derived = {term.name: term for term in terms(formulas)}
    return (derived["size"], derived["next_step"]), ""
