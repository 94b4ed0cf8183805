"""Rows of the tables of kinds that say what they are in PyTorch: it gives what the kernels give."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.layers.test_table import CASES
from tests.peers.compared import NEEDS_TORCH, Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.layers import table
    from tests.peers.compared import Tensor


@pytest.mark.parametrize(
    "row", [row for row in CASES if callable(row.torch)], ids=lambda row: f"{row.kind}: {row.sentence}"
)
def test_a_layer_computes_what_pytorch_does(row: table.Case) -> None:
    pytest.importorskip("torch", reason=NEEDS_TORCH)
    theirs = cast("Callable[..., Tensor]", row.torch)
    Case(row.kind, row.fields, row.inputs).agrees(lambda t: theirs(*t.xs, **t.weights))
