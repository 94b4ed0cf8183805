"""Products of matrices per head as the products of tokens that they are, whose channels are the heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.importing.items import Item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.elements import Tensor
    from archcost.windows.window import Shape


def with_heads(items: Sequence[Item], readers: Mapping[int, int], inputs: Mapping[str, Shape]) -> list[Item]:
    """The items, where tokens `[channels, length]` are not cut into heads to be multiplied.

    Args:
        items: in order; they are changed in place.
        readers: how often each tensor is read, by its id.
        inputs: shapes by name.
    """
    cuts = _Cuts(inputs)
    for item in items:
        if item.kind == "matmul" and item.fields == {"transpose_a": True}:
            _scores(item, cuts)
        elif item.kind == "reshape" and len(item.shape) == 2:
            _mixed(item, cuts, readers)
    made = cuts.made
    return [new for item in items for new in ([made[id(item)], item] if id(item) in made else [item])]


def _scores(product: Item, cuts: _Cuts) -> None:
    """Queries and keys: `[heads, d, n]` and `[heads, d, m]` become tokens."""
    found = [cuts.of(source) for source in product.sources]
    queries, keys = found
    if queries and keys:
        product.sources = (cuts.tokens(queries), cuts.tokens(keys))
        product.fields = {"heads": product.shape[0], "transpose_a": True}


def _mixed(last: Item, cuts: _Cuts, readers: Mapping[int, int]) -> None:
    """Values weighed by scores, whose heads are channels again."""
    (product,) = last.sources
    if not isinstance(product, Item) or product.kind != "matmul" or readers[id(product)] > 1:
        return
    heads, d, n = product.shape if len(product.shape) == 3 else (0, 0, 0)
    if product.fields != {"transpose_b": True} or last.shape != (heads * d, n):
        return
    values, weights = product.sources
    cut = cuts.of(values)
    if cut and cuts.shape(weights)[0] == heads:
        last.kind, last.sources = "matmul", (weights, cuts.tokens(cut))
        last.fields = {"heads": heads, "transpose_b": True}


class _Cut(NamedTuple):
    """A tensor `[heads, d, n]` that is some channels of tokens; `start` is None if it is all of them."""

    tensor: Item
    tokens: Tensor
    start: int | None


class _Cuts:
    """Finds tensors that are tokens cut into heads, and makes the tokens.

    Attributes:
        made: slices of tokens, by the id of the tensor before which each stands.
    """

    def __init__(self, inputs: Mapping[str, Shape]) -> None:
        self._inputs = inputs
        self.made: dict[int, Item] = {}

    def of(self, tensor: Tensor) -> _Cut | None:
        """What a tensor is cut from: `[channels, length]`, or first `[parts, heads, d, length]`."""
        if not isinstance(tensor, Item) or len(tensor.shape) != 3:
            return None
        heads, d, n = tensor.shape
        source = tensor.sources[0]
        if tensor.kind == "reshape":
            return _Cut(tensor, source, None) if self.shape(source) == (heads * d, n) else None
        if tensor.kind != "squeeze" or not isinstance(source, Item) or source.kind != "slice":
            return None
        several = source.sources[0]
        start = source.fields.get("start", 0)
        if not isinstance(several, Item) or several.kind != "reshape" or not isinstance(start, int):
            return None
        tokens = several.sources[0]
        is_part = source.shape == (1, *tensor.shape) and several.shape[1:] == tensor.shape
        is_cut = self.shape(tokens) == (several.shape[0] * heads * d, n)
        return _Cut(tensor, tokens, start * heads * d) if is_part and is_cut else None

    def tokens(self, cut: _Cut) -> Tensor:
        """The tokens of which a tensor has the heads side by side."""
        if cut.start is None:
            return cut.tokens
        if id(cut.tensor) not in self.made:
            heads, d, n = cut.tensor.shape
            total, end = self.shape(cut.tokens)[0], cut.start + heads * d
            fields = {"start": cut.start} if cut.start else {}
            fields |= {"end": end} if end < total else {}
            new = Item("slice", fields, (cut.tokens,), (heads * d, n), cut.tensor.module, cut.tensor.place)
            self.made[id(cut.tensor)] = new
        return self.made[id(cut.tensor)]

    def shape(self, tensor: Tensor) -> Shape:
        """A tensor's shape."""
        return self._inputs[tensor] if isinstance(tensor, str) else tensor.shape
