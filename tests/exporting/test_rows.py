"""Rows of the tables of kinds as ONNX models: valid, and run by others they give what the executor gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import pytest

from archcost.errors import SpecError
from archcost.execute.against_torch import difference
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from archcost.exporting.onnx.model import export_onnx
from tests.exporting.models import NEEDS_ONNXRUNTIME, by_onnxruntime, by_reference, filled, network_of, weights_of
from tests.layers.table import CASES

if TYPE_CHECKING:
    from tests.layers.case import Case
    from tests.exporting.models import Run

ROUNDING = 2e-5
"""How far values of 32 bits may be apart from those of 64, relative to the largest."""

rows = pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row.kind}: {row.sentence}")


def agrees(row: Case, run: Run) -> None:
    network = network_of(row.kind, row.fields, row.inputs)
    tensors = Tensors.of_network(network)
    try:
        data = export_onnx(network)
    except SpecError as error:
        pytest.skip(str(error))
    onnx.checker.check_model(data, full_check=True)
    inputs = tensors.inputs(network)
    found = run(filled(data, weights_of(network, tensors)), inputs)["out"]
    *_, last = steps(network, tensors, inputs, count=False)
    assert found.shape == (1, *last.value.shape)
    assert difference(last.value, found[0]) <= ROUNDING


@rows
def test_a_layer_computes_the_same_by_the_definitions_of_onnx(row: Case) -> None:
    agrees(row, by_reference)


@rows
def test_a_layer_computes_the_same_in_onnxruntime(row: Case) -> None:
    pytest.importorskip("onnxruntime", reason=NEEDS_ONNXRUNTIME)
    agrees(row, by_onnxruntime)
