"""Rows of the tables of kinds in PyTorch, as they say it and as `verify` does: it gives what kernels give."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from archcost.execute.torch_counterparts import COUNTERPARTS
from tests.layers.table import CASES
from tests.peers.compared import NEEDS_TORCH, Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.layers.case import Case as Row
    from tests.peers.compared import Tensor


@pytest.mark.parametrize(
    "row", [row for row in CASES if callable(row.torch)], ids=lambda row: f"{row.kind}: {row.sentence}"
)
def test_a_layer_computes_what_pytorch_does(row: Row) -> None:
    pytest.importorskip("torch", reason=NEEDS_TORCH)
    theirs = cast("Callable[..., Tensor]", row.torch)
    Case(row.kind, row.fields, row.inputs).agrees(lambda t: theirs(*t.xs, **t.weights))


WITHOUT = {
    "a batch norm of a vector that learns and keeps nothing",
}
"""What PyTorch has nothing for."""


@pytest.mark.parametrize(
    "row",
    [r for r in CASES if r.kind in COUNTERPARTS and r.value and r.sentence not in WITHOUT],
    ids=lambda row: f"{row.kind}: {row.sentence}",
)
def test_a_layer_computes_what_verify_compares_with(row: Row) -> None:
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    case = Case(row.kind, row.fields, row.inputs)
    case.agrees(lambda t: COUNTERPARTS[row.kind](torch, case.layer, *t.xs, **t.weights))


@pytest.mark.parametrize(
    "fields",
    [
        {"shape": (6, 50), "values": "sinusoids"},
        {"shape": (3, 3), "values": "causal", "inside": 0.1, "outside": -1e30},
        {"shape": (3, 3), "values": 0.1},
    ],
    ids=lambda fields: str(fields["values"]),
)
def test_constants_are_of_double_precision(fields: dict[str, object]) -> None:
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    case = Case("constant", fields, ())
    case.agrees(lambda _: COUNTERPARTS["constant"](torch, case.layer))
