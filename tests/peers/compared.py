"""One layer, run by the executor's kernel and by PyTorch, and how many such pairs agreed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from archcost.execute.against_torch import difference
from archcost.execute.kernels import KERNELS
from archcost.layers import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcost.execute.arrays import Array
    from archcost.layers.base import Kind
    from archcost.windows.window import Shape

Tensor: TypeAlias = Any
"""A `torch.Tensor`. Any: its types are not there where it is not installed."""

NEEDS_TORCH = "needs PyTorch: pip install 'archcost[peers]'"

ROUNDING = 1e-11
"""How far two float64 values may be apart, relative to the largest."""


@dataclass
class Score:
    """What was compared of one operator or network.

    Attributes:
        compared: cases, or nodes.
        worst: the largest relative difference among them.
        without: reasons why there was nothing to compare with.
    """

    compared: int = 0
    worst: float = 0.0
    without: tuple[str, ...] = ()

    def note(self, apart: float) -> None:
        self.add(Score(1, apart))

    def add(self, other: Score) -> None:
        self.compared += other.compared
        self.worst = max(self.worst, other.worst)
        self.without += other.without


SCORES: dict[str, dict[str, Score]] = {}
"""What -> operator or network -> its score in this test; the end of the run shows all of them."""


def score(what: str, name: str) -> Score:
    return SCORES.setdefault(what, {}).setdefault(name, Score())


class Given(NamedTuple):
    """What PyTorch gets: inputs `[1, channels, *axes]`, and the layer's weights by name."""

    xs: tuple[Tensor, ...]
    weights: dict[str, Tensor]

    @property
    def x(self) -> Tensor:
        return self.xs[0]

    @property
    def weight(self) -> Tensor | None:
        return self.weights.get("weight")

    @property
    def bias(self) -> Tensor | None:
        return self.weights.get("bias")


class Case(NamedTuple):
    """A layer as a spec would write it, and the shapes that arrive."""

    kind: str
    fields: dict[str, Any]
    shapes: tuple[Shape, ...]

    @property
    def layer(self) -> Kind:
        found = find(self.kind)
        assert found is not None
        return found[0].model_validate(self.fields)

    def agrees(self, theirs: Callable[[Given], Tensor]) -> None:
        """The kernel gives what `theirs` makes of the same numbers, shape and values."""
        layer = self.layer
        numbers = np.random.default_rng(sum(map(len, self.shapes)))
        xs = tuple(_input(numbers, shape, layer.known_tokens) for shape in self.shapes)
        wanted = layer.weight_shapes(*self.shapes) | layer.buffer_shapes(*self.shapes)
        weights = dict(_weights(numbers, wanted))
        ours = layer.run(KERNELS, *xs, **weights)
        from_numpy = import_module("torch").from_numpy
        given = Given(
            tuple(from_numpy(x[None]) for x in xs), {name: from_numpy(w) for name, w in weights.items()}
        )
        apart = difference(ours, theirs(given)[0].numpy())
        assert apart <= ROUNDING
        score("operators", self.kind).note(apart)


def _input(numbers: np.random.Generator, shape: Shape, tokens: int | None) -> Array:
    if tokens is not None:
        return numbers.integers(tokens, size=shape).astype(float)
    return 3 * numbers.standard_normal(shape)


def _weights(numbers: np.random.Generator, shapes: dict[str, Shape]) -> Iterator[tuple[str, Array]]:
    for name, shape in shapes.items():
        drawn = numbers.standard_normal(shape)
        if name == "index":  # of the first two elements
            yield name, (drawn > 0).astype(float)
        else:
            yield name, np.abs(drawn) + 0.1 if name == "running_var" else drawn
