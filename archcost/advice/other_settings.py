"""Ideas that need no other architecture: another variant, a smaller input, another data type."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from archcost.results.report import COUNTS
from archcost.results.units import DTYPES
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcost.advice.question import Hint, Number, Question
    from archcost.windows.window import Shape

_MOST_VARIANTS = 12
_SMALLEST = 2
"""An input that has to be smaller than one part in so many is no help: the network would see other things."""


def variant(question: Question) -> Iterator[Hint]:
    """Variants of the spec that pass by their own limits, those that change least first."""
    network = question.facts.network
    # A network of the zoo that is a variant has no others by that name.
    is_fixed = network.path.startswith("zoo:") and network.variant is not None
    if question.reload is None or is_fixed or question.part is not None or question.kind is not None:
        return
    others = [name for name in network.variants if name != network.variant][:_MOST_VARIANTS]
    found = ((name, question.reloaded(variant=name)) for name in others)
    known = [(name, value) for name, value in found if value is not None]
    for name, value in sorted(known, key=lambda pair: question.gain(pair[1])):
        if question.gain(value) > 0 and question.may_be(name):
            yield from question.hint(f"variant {name}", value)


def smaller_input(question: Question) -> Iterator[Hint]:
    """The largest input that fits, smaller by a multiple of the total stride."""
    network = question.facts.network
    if question.reload is None or not question.less_is_better:
        return
    shapes = {source.path: source.output for source in network.inputs}
    if question.measure not in (*COUNTS, "peak", "best_peak") or not all(len(x) > 1 for x in shapes.values()):
        return
    steps = _Steps(shapes, _total_stride(question))
    if best := _largest(question, steps):
        smaller, value = best
        yield from question.hint(f"input {_shown(smaller)} instead of {_shown(shapes)}", value)


def _largest(question: Question, steps: _Steps) -> tuple[Mapping[str, Shape], Number] | None:
    """The fewest steps after which it fits (or as many as it takes to come closest), and the number then."""
    best: tuple[Mapping[str, Shape], Number] | None = None
    low, high = 1, steps.count
    while low <= high:
        middle = (low + high) // 2
        smaller = steps.take(middle)
        value = question.reloaded(input=smaller)
        if value is not None and question.gain(value) <= 0:
            return best
        if value is not None and not question.fits(value):
            low = middle + 1
        else:  # it fits, or is too small for the network
            high = middle - 1
        if value is not None and (best is None or question.fits(value) or not question.fits(best[1])):
            best = (smaller, value)
    return best


class _Steps:
    """Inputs that get smaller step by step: the largest axis by `unit`, the others in proportion."""

    def __init__(self, shapes: Mapping[str, Shape], unit: int) -> None:
        self._shapes = shapes
        self._unit = unit
        self._largest = max(length for x in shapes.values() for length in x[1:])
        self.count = self._largest // (_SMALLEST * unit)

    def take(self, steps: int) -> Mapping[str, Shape]:
        """The inputs after so many steps."""
        return {
            name: (x[0], *(self._smaller(length, steps) for length in x[1:]))
            for name, x in self._shapes.items()
        }

    def _smaller(self, length: int, steps: int) -> int:
        return length - self._unit * (steps * length // self._largest)


def _total_stride(question: Question) -> int:
    """A step of the input that moves every map by whole positions."""
    strides = {
        Fraction(step)
        for row in question.facts.report.nodes
        for field in (row.receptive_fields or {"": row.receptive_field}).values()
        if field and field.moving
        for step in field.moving.stride
    }
    return lcm(*(stride.numerator for stride in strides)) if strides else 1


def _shown(shapes: Mapping[str, Shape]) -> str:
    if len(shapes) == 1:
        return show(next(iter(shapes.values())))
    return ", ".join(f"{name} {show(shape)}" for name, shape in shapes.items())


def narrower_type(question: Question) -> Iterator[Hint]:
    """A data type with fewer bytes, where the limit is in bytes."""
    if question.dtype is not None and isinstance(question.value, int):
        width = DTYPES[question.dtype]
        for name, bytes_ in DTYPES.items():
            if bytes_ < width:
                # As many elements of the present type would take as many bytes.
                value = Fraction(question.value * bytes_, width)
                yield from question.hint(f"{name} instead of {question.dtype}", value)
