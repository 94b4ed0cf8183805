"""Products of two tensors."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import shape_of, with_padding

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.product import Correlation, Einsum, Matmul


def _matmul(torch: Torch, layer: Matmul, a: Tensor, b: Tensor) -> Tensor:
    both_tokens = a.dim() == b.dim() and (layer.tokens or a.dim() == 3)
    are_tokens = (both_tokens or a.dim() < b.dim(), both_tokens or b.dim() < a.dim())
    alone = [x.shape[1] for x, tokens in zip((a, b), are_tokens, strict=True) if not tokens]
    heads = layer.heads or max(alone, default=1)
    kv_heads = layer.kv_heads or heads
    left = _matrices(a, heads if are_tokens[0] else None, layer.transpose_a)
    right = _matrices(b, kv_heads if are_tokens[1] else None, layer.transpose_b)
    if 1 < right.shape[1] < heads:
        right = right.repeat_interleave(heads // kv_heads, dim=1)
    y = torch.matmul(left, right)
    if are_tokens[0] == are_tokens[1]:
        return y
    tokens_are_turned = layer.transpose_a if are_tokens[0] else layer.transpose_b
    return (y.mT if tokens_are_turned else y).movedim(-2, 2).flatten(1, 2)


def _matrices(x: Tensor, heads: int | None, turned: bool) -> Tensor:
    """`[1, heads, sets…, rows, columns]`; tokens, `[1, channels, sets…, length]`, have so many heads."""
    matrices = x.unflatten(1, (heads, -1)).movedim(2, -2) if heads else x
    return matrices.mT if turned else matrices


def _correlation(torch: Torch, layer: Correlation, a: Tensor, b: Tensor) -> Tensor:
    """Every displacement of b cut out of what is padded."""
    window = layer.window(shape_of(b))
    padded = with_padding(torch, b, window.padding)
    take = torch.mean if layer.mean else torch.sum
    found: list[Tensor] = []
    for tap in product(*map(range, window.kernel)):
        starts = zip(tap, window.dilation, b.shape[2:], strict=True)
        moved = padded[(slice(None), slice(None), *(slice(t * d, t * d + n) for t, d, n in starts))]
        found.append(take(a * moved, dim=1))
    return torch.stack(found, dim=1)


def _einsum(torch: Torch, layer: Einsum, a: Tensor, b: Tensor) -> Tensor:
    first, second, leaving = layer.equation.replace("->", ",").split(",")
    return torch.einsum(f"...{first},...{second}->...{leaving}", a, b)


COUNTERPARTS: dict[str, Counterpart] = {
    "matmul": _matmul,
    "einsum": _einsum,
    "correlation": _correlation,
}
