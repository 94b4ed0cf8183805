"""Every row of the tables of kinds, run: what comes out and what was counted are what the row says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost.layers import find
from tests.execute.running import operations, run
from tests.layers.test_table import CASES

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.geometry import Shape
    from archcost.layers.base import Kind
    from tests.layers.table import Case

RUN = [case for case in CASES if case.kind != "custom"]
SMALL = [case for case in RUN if case.ops.macs < 10**8]


def random(shape: Shape, dtype: str, layer: Kind) -> Array:
    """Positive numbers, so that variances may be among them; numbers of tokens where they are read."""
    if layer.known_tokens:
        return np.arange(np.prod(shape)).reshape(shape).astype(dtype) % layer.known_tokens
    return np.random.default_rng(0).uniform(0.5, 1.5, shape).astype(dtype)


def runs_as_the_table_says(case: Case, dtype: str = "float64") -> None:
    found = find(case.kind)
    assert found is not None
    layer = found[0].model_validate(case.fields)
    tensors = case.weights | case.buffers
    weights = {name: random(shape, dtype, layer) for name, shape in tensors.items()}
    y, tally = run(layer, [random(shape, dtype, layer) for shape in case.inputs], weights)
    assert y.shape == case.output
    assert y.dtype == dtype
    assert not np.isnan(y).any()
    assert operations(tally, case.ops.macs) == case.ops


@pytest.mark.parametrize("case", RUN, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_a_layer_does_what_the_table_says(case: Case) -> None:
    runs_as_the_table_says(case)


@pytest.mark.parametrize("case", SMALL, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_single_precision_stays_single(case: Case) -> None:
    runs_as_the_table_says(case, "float32")
