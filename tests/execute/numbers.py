"""Numbers for plain loops: each counts what is done to it, and knows which elements it was made of.

Nothing here uses archcost's code but to run the layer that is compared. Bit i of `reads` is element i of the
inputs, one input after the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from math import prod
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tests.execute.running import operations, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archcost.execute.arrays import Array
    from archcost.layers.base import Kind

Index: TypeAlias = tuple[int, ...]
Weights: TypeAlias = "Mapping[str, Array]"


@dataclass(frozen=True, slots=True)
class Number:
    """A number. What is only made of padding is padding."""

    value: float
    counts: Counter[str] = field(repr=False)
    reads: int = 0
    is_padding: bool = False

    def __add__(self, other: Number | float) -> Number:
        self.counts["additions"] += 1
        return self._joined(self.value + plain(other), other)

    def __sub__(self, other: Number | float) -> Number:
        self.counts["additions"] += 1
        return self._joined(self.value - plain(other), other)

    def __mul__(self, other: Number | float) -> Number:
        self.counts["multiplications"] += 1
        self.counts["on_padding"] += self.is_padding
        result = self._joined(self.value * plain(other), other)
        return Number(result.value, self.counts, result.reads, self.is_padding)

    def _joined(self, value: float, other: Number | float) -> Number:
        if not isinstance(other, Number):
            return Number(value, self.counts, self.reads)
        return Number(value, self.counts, self.reads | other.reads, self.is_padding and other.is_padding)

    def larger(self, other: Number) -> Number:
        self.counts["comparisons"] += 1
        return self._joined(max(self.value, other.value), other)


def plain(x: Number | float) -> float:
    return x.value if isinstance(x, Number) else x


def total(numbers: Iterable[Number]) -> Number:
    return reduce(Number.__add__, numbers)


def largest(numbers: Iterable[Number]) -> Number:
    return reduce(Number.larger, numbers)


class Tensor(dict[Index, Number]):
    """Numbers by index, and something around them."""

    def __init__(self, array: Array, counts: Counter[str], first_bit: int = 0) -> None:
        bits = enumerate(np.ndindex(array.shape), first_bit)
        super().__init__({index: Number(float(array[index]), counts, 1 << i) for i, index in bits})
        self.counts = counts

    def at(self, *index: int, beyond: float = 0.0) -> Number:
        return self.get(index) or Number(beyond, self.counts, is_padding=True)


Loop: TypeAlias = "Callable[[Sequence[Tensor], Weights], dict[Index, Number]]"


def random(shape: Index, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def chosen(values: Array, shape: Index) -> Array:
    """Some of the values, in this shape."""
    return np.random.default_rng([*shape]).choice(values, size=shape)


def weights_of(layer: Kind, xs: Sequence[Array]) -> dict[str, Array]:
    shapes = layer.weight_shapes(*(x.shape for x in xs))
    return {name: random(shape, seed=len(name)) for name, shape in shapes.items()}


def agree(layer: Kind, xs: Sequence[Array], loop: Loop, *, tells_padding: bool = False) -> None:
    """Layer and loop: the same values, shape, counts, and the same outputs behind every input.

    Layers that have weights tell how many of their products were with padding.
    """
    counts, weights = Counter[str](), weights_of(layer, xs)
    firsts = [sum(x.size for x in xs[:i]) for i in range(len(xs))]
    wanted = loop([Tensor(x, counts, first) for x, first in zip(xs, firsts, strict=True)], weights)
    y, tally = run(layer, xs, weights)
    assert sorted(np.ndindex(y.shape)) == sorted(wanted)
    values = np.array([wanted[index].value for index in np.ndindex(y.shape)]).reshape(y.shape)
    assert np.allclose(y, values, rtol=1e-9, atol=1e-12)
    predicted = layer.formulas(*(x.shape for x in xs), y=y.shape).operations()
    assert operations(tally, predicted.macs) == predicted
    for name in ("multiplications", "additions", "comparisons"):
        assert getattr(tally, name) == counts[name]
    assert tally.on_padding == tells_padding * counts["on_padding"]
    single_precision_stays(layer, xs, weights, values)
    nan_goes_where_it_is_read(layer, xs, weights, wanted)


def single_precision_stays(layer: Kind, xs: Sequence[Array], weights: Weights, values: Array) -> None:
    narrow = {name: weight.astype("float32") for name, weight in weights.items()}
    y, _ = run(layer, [x.astype("float32") for x in xs], narrow)
    assert y.dtype == "float32"
    assert np.allclose(y, values, rtol=1e-3, atol=1e-4)


def nan_goes_where_it_is_read(
    layer: Kind, xs: Sequence[Array], weights: Weights, wanted: Mapping[Index, Number]
) -> None:
    """Tried at a few elements of each input, spread evenly."""
    bit = 0
    for i, x in enumerate(xs):
        for element in range(0, x.size, -(-x.size // 8)):
            spoilt = x.copy()
            spoilt.flat[element] = np.nan
            y, _ = run(layer, [*xs[:i], spoilt, *xs[i + 1 :]], weights)
            reached = set(map(tuple, np.argwhere(np.isnan(y)).tolist()))
            assert reached == {
                index for index, number in wanted.items() if number.reads >> (bit + element) & 1
            }
        bit += x.size


def boxes(sides: Iterable[Iterable[int]]) -> list[Index]:
    """All places whose coordinates are on the sides."""
    return list(product(*sides))


def grid(shape: Index) -> Array:
    """1, 2, 3 ... in this shape."""
    return np.arange(1.0, prod(shape) + 1).reshape(shape)
