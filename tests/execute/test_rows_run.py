"""Every row of the tables of kinds, run: what comes out and what was counted are what the row says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from archcost.layers import find
from archcost.layers.mathematics import Log, Power, Rsqrt, Sqrt
from tests.execute.running import operations, run
from tests.layers.table import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.execute.arrays import Array
    from archcost.layers.base import Kind
    from archcost.windows.window import Shape
    from tests.layers.case import Case

PLACES = 25
"""Where a large output is looked at; a small one everywhere."""

POSITIVE = (Log, Power, Rsqrt, Sqrt)
"""Kinds that give no number for one below 0."""

RUN = [case for case in CASES if case.kind != "custom"]
SMALL = [case for case in RUN if case.ops.macs < 10**8]


def random(seed: int, shape: Shape, dtype: str) -> Array:
    """Numbers of both signs, some of them large."""
    return (3 * np.random.default_rng([seed, *shape]).standard_normal(shape)).astype(dtype)


def arriving(seed: int, shape: Shape, dtype: str, layer: Kind) -> Array:
    """Numbers, or numbers of tokens where they are read."""
    numbers = random(seed, shape, dtype)
    if isinstance(layer, POSITIVE):
        return abs(numbers)
    return np.floor(abs(numbers)) % layer.known_tokens if layer.known_tokens else numbers


def held(name: str, shape: Shape, dtype: str) -> Array:
    """A tensor that is learned or kept; variances are above 0, an index is of the first two elements."""
    numbers = random(len(name), shape, dtype)
    if name == "index":
        return (numbers > 0).astype(dtype)
    return abs(numbers) + 1 if name.endswith("_var") else numbers


def places(shape: Shape) -> list[tuple[int, ...]]:
    """The ends of a tensor and some places in between, or all of them."""
    size = math.prod(shape)
    chosen = {0, size - 1, *np.random.default_rng(0).integers(size, size=PLACES)}
    return [
        tuple(map(int, np.unravel_index(i, shape))) for i in sorted(chosen if size > PLACES else range(size))
    ]


def runs_as_the_table_says(case: Case, dtype: str = "float64") -> None:
    found = find(case.kind)
    assert found is not None
    value = cast("Callable[..., float]", case.value)
    layer = found[0].model_validate(case.fields)
    tensors = case.weights | case.buffers
    weights = {name: held(name, shape, dtype) for name, shape in tensors.items()}
    xs = [arriving(100 + i, shape, dtype, layer) for i, shape in enumerate(case.inputs)]
    y, tally = run(layer, xs, weights, dtype)
    assert y.shape == case.output
    assert y.dtype == dtype
    assert not np.isnan(y).any()
    assert operations(tally, case.ops.macs) == case.ops
    few = places(case.output)
    values = [value(at, *xs, **weights) for at in few]
    rtol, atol = (1e-9, 1e-12) if dtype == "float64" else (1e-3, 1e-3)
    assert np.allclose([y[at] for at in few], values, rtol, atol)


@pytest.mark.parametrize("case", RUN, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_a_layer_does_what_the_table_says(case: Case) -> None:
    runs_as_the_table_says(case)


@pytest.mark.parametrize("case", SMALL, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_single_precision_stays_single(case: Case) -> None:
    runs_as_the_table_says(case, "float32")
