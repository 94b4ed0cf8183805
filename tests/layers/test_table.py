"""Every row of the tables, asked through the questions the passes ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archcost.layers import find
from tests.layers.loops import leaving
from tests.layers.table import CASES

if TYPE_CHECKING:
    from tests.layers.case import Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_a_layer_answers_as_the_table_says(case: Case) -> None:
    found = find(case.kind)
    assert found is not None
    layer = found[0].model_validate(case.fields)
    assert leaving(layer, case.inputs) == case.output
    assert layer.weight_shapes(*case.inputs) == case.weights
    assert layer.buffer_shapes(*case.inputs) == case.buffers
    assert layer.formulas(*case.inputs, y=case.output).operations() == case.ops
