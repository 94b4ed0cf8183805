"""What an oracle made of plain loops needs: axes on which windows are placed one by one, and a tally.

Nothing here uses a formula of archcost.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count, product
from typing import TYPE_CHECKING, NamedTuple

from archcost.layers import find
from archcost.layers.base import Layer, Operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcost.layers.base import Kind

Index = tuple[int, ...]


@dataclass
class Tally:
    """What the loops did: operations by name, outputs by index, and which elements of a tensor they used."""

    counts: Counter[str] = field(default_factory=Counter[str])
    outputs: set[Index] = field(default_factory=set[Index])
    used: dict[str, set[Index]] = field(default_factory=dict[str, "set[Index]"])

    def weigh(self, weight: Index) -> None:
        """Multiply an element by a weight."""
        self.counts["macs"] += 1
        self.counts["multiplications"] += 1
        self.used.setdefault("weight", set()).add(weight)

    def add_bias(self, output: Index) -> None:
        self.counts["additions"] += 1
        self.used.setdefault("bias", set()).add(output[:1])

    def combine(self, operation: str, items: Iterable[object]) -> None:
        """Take the first item; add every further one to it, or compare."""
        for position, _ in enumerate(items):
            if position > 0:
                self.counts[operation] += 1

    def agrees(self, layer: Layer, x: tuple[int, ...]) -> None:
        """The layer's answers are what the loops did."""
        y = layer.output_shape(x)
        assert y == extent(self.outputs)
        assert layer.weight_shapes(x) == {name: extent(used) for name, used in self.used.items()}
        assert layer.formulas(x, y).operations() == Operations(**self.counts)
        window = layer.window(x)
        assert window is None or window.output(x[1:]) == y[1:]


def extent(indices: set[Index]) -> tuple[int, ...]:
    """The shape of a tensor all of whose elements are there."""
    shape = tuple(max(along) + 1 for along in zip(*indices, strict=True))
    assert set(product(*map(range, shape))) == indices
    return shape


def build(kind: str, **fields: object) -> Layer:
    """A layer as a spec would build it."""
    found = find(kind)
    assert found is not None
    layer = found[0].model_validate(fields)
    assert isinstance(layer, Layer)
    return layer


def leaving(layer: Kind, shapes: Iterable[Index]) -> Index:
    """The shape that leaves. Raises ShapeError if so many inputs, or these, do not fit."""
    arriving = tuple(shapes)
    layer.check_inputs(len(arriving))
    return layer.output_shape(*arriving)


class Axis(NamedTuple):
    """One spatial axis and what slides along it."""

    length: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def reach(self) -> int:
        """From the first tap to the last."""
        return self.dilation * (self.kernel - 1)

    def starts(self) -> list[int]:
        """First taps of the windows that lie inside the padded axis altogether."""
        inside = range(-self.before, self.length + self.after)
        return [start for start in inside[:: self.stride] if start + self.reach in inside]

    def covering(self) -> list[int]:
        """First taps of windows until nothing of the padded axis is left over: ceil mode, before any rule."""
        last = self.length + self.after - 1
        starts = [-self.before]
        while starts[-1] + self.reach < last:
            starts.append(starts[-1] + self.stride)
        return starts

    def padded(self, word: str) -> Axis:
        """With the padding that a word means; no word leaves it."""
        if word == "":
            return self
        if word == "valid":
            return self._replace(before=0, after=0)
        if word == "causal":
            return self._replace(before=self.reach, after=0)
        wanted = len(range(0, self.length, self.stride))
        return next(axis for axis in self._paddings(word) if len(axis.starts()) == wanted)

    def _paddings(self, word: str) -> Iterable[Axis]:
        for total in count():
            sides = total // 2, total - total // 2
            before, after = sides if word == "same" else sides[::-1]
            yield self._replace(before=before, after=after)


def places(axes: list[Axis], starts: Callable[[Axis], list[int]] = Axis.starts) -> list[Index]:
    """Positions of all outputs, over all axes."""
    return list(product(*(range(len(starts(axis))) for axis in axes)))


def taps(axes: list[Axis]) -> list[Index]:
    """The taps of a window, over all axes."""
    return list(product(*(range(axis.kernel) for axis in axes)))


def lengths(axes: list[Axis]) -> Index:
    return tuple(axis.length for axis in axes)


def fields(axes: list[Axis], word: str = "") -> dict[str, object]:
    """The fields a spec would hold for these axes."""
    return {
        "kernel_size": tuple(axis.kernel for axis in axes),
        "stride": tuple(axis.stride for axis in axes),
        "dilation": tuple(axis.dilation for axis in axes),
        "padding": word or tuple((axis.before, axis.after) for axis in axes),
    }
