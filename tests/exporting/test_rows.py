"""Rows of the tables of kinds as ONNX models: valid, and run by others they give what the executor gives."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost.errors import SpecError
from archcost.execute.against_torch import difference
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from archcost.exporting.onnx.model import export_onnx
from archcost.exporting.onnx.rules import RULES
from archcost.layers import KINDS
from tests.exporting.models import (
    NEEDS_ONNXRUNTIME,
    by_onnxruntime,
    by_reference,
    check,
    filled,
    network_of,
    weights_of,
)
from tests.layers.table import CASES

if TYPE_CHECKING:
    from tests.exporting.models import Run
    from tests.layers.case import Case

ROUNDING = 2e-5
"""How far values of 32 bits may be apart from those of 64, relative to the largest."""

REFUSED = {
    "in 1-D a point lies between two positions, whose weights take no product": "with two axes",
    "in 1-D, every second window of taps that are two apart": "with two axes",
    "two layers with a projection in both directions: the second reads both": "no projection",
    "PyTorch's 64-bit product of 10 and 0.7 is 7, that of 90 and 0.7 a little less than 63": "another size",
}
"""Rows that ONNX has nothing for, beside those of `custom`, and what is said of each."""

BEYOND = "Caffe takes it, if there is no padding"
"""A window of nothing but padding: its largest is minus infinity, and for ONNX Runtime the lowest number."""

MOST = 20_000
"""Elements that arrive or leave; the definitions of ONNX are slow."""

UNABLE = {
    "SegNet puts what it pooled back to where the largest of four stood": "MaxUnpool has another index",
    "windows of three, four apart, one position of padding: between them are zeros": "likewise",
    "a global maximum over a sentence": "GlobalMaxPool along one axis gives another shape",
    "groups and dilation, transposed: the kernel's taps land 2 apart": "ConvTranspose cannot do groups",
    "of groups each has its share of the weights": "ConvTranspose cannot do groups",
    "three layers with relu: the second reads what the first gives": "RNN knows no Relu",
}
"""Rows that the package `onnx` cannot compute, though ONNX defines them; ONNX Runtime can."""

EXPORTED = [row for row in CASES if row.kind != "custom" and row.sentence not in REFUSED]
SMALL = [
    row
    for row in EXPORTED
    if prod(row.output) + sum(map(prod, row.inputs)) + sum(map(prod, row.weights.values())) <= MOST
    and row.sentence not in UNABLE
]


def name(row: Case) -> str:
    return f"{row.kind}: {row.sentence}"


def agrees(row: Case, run: Run) -> None:
    """A valid model, that gives what the executor gives of the same numbers."""
    network = network_of(row.kind, row.fields, row.inputs)
    tensors = Tensors.of_network(network)
    data = export_onnx(network)
    check(data)
    inputs = tensors.inputs(network)
    with np.errstate(all="ignore"):
        found = run(filled(data, weights_of(network, tensors)), inputs)["out"]
    *_, last = steps(network, tensors, inputs, count=False)
    assert found.shape == (1, *last.value.shape)
    assert difference(last.value, found[0]) <= ROUNDING


@pytest.mark.parametrize("row", SMALL, ids=name)
def test_a_layer_computes_the_same_by_the_definitions_of_onnx(row: Case) -> None:
    agrees(row, by_reference)


@pytest.mark.parametrize("row", [row for row in EXPORTED if row.sentence != BEYOND], ids=name)
def test_a_layer_computes_the_same_in_onnxruntime(row: Case) -> None:
    pytest.importorskip("onnxruntime", reason=NEEDS_ONNXRUNTIME)
    agrees(row, by_onnxruntime)


@pytest.mark.parametrize(
    "row", [row for row in CASES if row.kind == "custom" or row.sentence in REFUSED], ids=name
)
def test_what_onnx_has_nothing_for_is_refused_with_the_reason(row: Case) -> None:
    reason = REFUSED.get(row.sentence, "its numbers are declared; what it computes is not known")
    with pytest.raises(SpecError, match=f"{row.kind}: cannot be exported to ONNX: .*{reason}"):
        export_onnx(network_of(row.kind, row.fields, row.inputs))


def test_every_kind_has_a_rule() -> None:
    assert list(RULES) == list(KINDS)
