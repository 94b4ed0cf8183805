"""Linear layers, tables of embeddings, and the largest of several pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.parametrization import parametrized

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.linear import Embedding, Linear, Maxout


def _linear(torch: Torch, layer: Linear, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    rows = x.movedim(1, -1) if layer.per_position else x.flatten(1)
    return torch.nn.functional.linear(rows, weight, bias).movedim(-1, 1)


def _maxout(torch: Torch, layer: Maxout, x: Tensor) -> Tensor:
    return x.unflatten(1, (-1, layer.pieces)).amax(2)


def _embedding(torch: Torch, layer: Embedding, x: Tensor, weight: Tensor) -> Tensor:
    """What is no number is no token either: PyTorch would take it for some integer."""
    numbers = x if x.dim() == 2 else x[:, 0]
    rows = torch.nn.functional.embedding(numbers.nan_to_num().long(), weight)
    return rows.masked_fill(numbers.isnan()[..., None], float("nan")).movedim(-1, 1)


COUNTERPARTS: dict[str, Counterpart] = {
    "linear": parametrized(_linear),
    "maxout": _maxout,
    "embedding": _embedding,
}
