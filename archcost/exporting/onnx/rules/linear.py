"""Linear layers, tables of embeddings, and the largest of several pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.parametrization import parametrized
from archcost.exporting.onnx.wire import INT64

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.linear import Embedding, Linear, Maxout


def _linear(site: Site, layer: Linear, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """Channels stand before positions, so the weight stands before them, too."""
    if not layer.per_position or x.rank == 2:
        row = site.reshape(x, (1, weight.shape[1]))
        return site.op("Gemm", *(row, weight, bias)[: 3 if bias else 2], shape=site.shape, transB=1)
    columns = site.reshape(x, (*x.shape[:2], -(-_size(x) // x.shape[1])))
    y = site.matmul(weight, columns)
    if bias is not None:
        y = site.op("Add", y, site.per_channel(bias, y))
    return site.reshape(y, site.shape)


def _size(x: Value) -> int:
    found = 1
    for n in x.shape:
        found *= n
    return found


def _maxout(site: Site, layer: Maxout, x: Value) -> Value:
    pieces = site.reshape(x, (1, x.shape[1] // layer.pieces, layer.pieces, *x.shape[2:]))
    return site.reduced("ReduceMax", pieces, (2,), keep=False)


def _embedding(site: Site, layer: Embedding, x: Value, weight: Value) -> Value:
    numbers = site.reshape(x, (1, *x.shape[2:])) if x.rank > 2 else x
    if numbers.type != INT64:
        numbers = site.op("Cast", numbers, type_=INT64, to=INT64)
    rows = site.picked(weight, numbers, 0)
    return site.moved(rows, [rows.rank - 1], [1])


RULES: dict[str, Rule] = {
    "linear": parametrized(_linear),
    "maxout": _maxout,
    "embedding": _embedding,
}
