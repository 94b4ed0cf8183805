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

    from archcost.advice.question import Asked, Hint, Number
    from archcost.windows.window import Shape

_MOST_VARIANTS = 12
_SMALLEST = 2
"""An input that has to be smaller than one part in so many is no help: the network would see other things."""


def variant(asked: Asked) -> Iterator[Hint]:
    """Variants of the spec that pass by their own limits, those that change least first."""
    network = asked.subject.network
    # A network of the zoo that is a variant has no others by that name.
    is_fixed = network.path.startswith("zoo:") and network.variant is not None
    if asked.reload is None or is_fixed or asked.part is not None or asked.kind is not None:
        return
    others = [name for name in network.variants if name != network.variant][:_MOST_VARIANTS]
    found = ((name, asked.reloaded(variant=name)) for name in others)
    known = [(name, value) for name, value in found if value is not None]
    for name, value in sorted(known, key=lambda pair: asked.gain(pair[1])):
        if asked.gain(value) > 0 and asked.may_be(name):
            yield from asked.hint(f"variant {name}", value)


def smaller_input(asked: Asked) -> Iterator[Hint]:
    """The largest input that fits, smaller by a multiple of the total stride."""
    network = asked.subject.network
    if asked.reload is None or not asked.less_is_better:
        return
    shapes = {source.path: source.output for source in network.inputs}
    if asked.measure not in (*COUNTS, "peak", "best_peak") or not all(len(x) > 1 for x in shapes.values()):
        return
    steps = _Steps(shapes, _total_stride(asked))
    if best := _largest(asked, steps):
        smaller, value = best
        yield from asked.hint(f"input {_shown(smaller)} instead of {_shown(shapes)}", value)


def _largest(asked: Asked, steps: _Steps) -> tuple[Mapping[str, Shape], Number] | None:
    """The fewest steps after which it fits (or as many as it takes to come closest), and the number then."""
    best: tuple[Mapping[str, Shape], Number] | None = None
    low, high = 1, steps.count
    while low <= high:
        middle = (low + high) // 2
        smaller = steps.take(middle)
        value = asked.reloaded(input=smaller)
        if value is not None and asked.gain(value) <= 0:
            return best
        if value is not None and not asked.fits(value):
            low = middle + 1
        else:  # it fits, or is too small for the network
            high = middle - 1
        if value is not None and (best is None or asked.fits(value) or not asked.fits(best[1])):
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


def _total_stride(asked: Asked) -> int:
    """A step of the input that moves every map by whole positions."""
    strides = {
        Fraction(step)
        for row in asked.subject.report.nodes
        for field in (row.receptive_fields or {"": row.receptive_field}).values()
        if field and field.moving
        for step in field.moving.stride
    }
    return lcm(*(stride.numerator for stride in strides)) if strides else 1


def _shown(shapes: Mapping[str, Shape]) -> str:
    if len(shapes) == 1:
        return show(next(iter(shapes.values())))
    return ", ".join(f"{name} {show(shape)}" for name, shape in shapes.items())


def narrower_type(asked: Asked) -> Iterator[Hint]:
    """A data type with fewer bytes, where the limit is in bytes."""
    if asked.dtype is not None and isinstance(asked.value, int):
        width = DTYPES[asked.dtype]
        for name, bytes_ in DTYPES.items():
            if bytes_ < width:
                # As many elements of the present type would take as many bytes.
                value = Fraction(asked.value * bytes_, width)
                yield from asked.hint(f"{name} instead of {asked.dtype}", value)
