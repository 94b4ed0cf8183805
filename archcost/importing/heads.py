"""Products of matrices per head as the products of tokens that they are, whose channels are the heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.items import Item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.elements import Tensor
    from archcost.importing.items import FieldValue
    from archcost.windows.window import Shape


def with_heads(items: Sequence[Item], readers: Mapping[int, int], inputs: Mapping[str, Shape]) -> list[Item]:
    """The items, where tokens `[channels, sets…, length]` are not cut into heads to be multiplied.

    Args:
        items: in order; they are changed in place.
        readers: how often each tensor is read, by its id.
        inputs: shapes by name.
    """
    cuts = _Cuts(inputs, readers)
    for item in items:
        if _is_product(item, "ay{0}x,ay{0}z->a{0}xz", {"transpose_a": True}):
            _scores(item, cuts)
        elif item.kind == "reshape":
            _mixed(item, cuts)
    return [new for item in items for new in (*cuts.made.get(id(item), ()), item)]


def _is_product(item: Item, equation: str, fields: Mapping[str, FieldValue]) -> bool:
    """Whether it multiplies matrices that lie as a `matmul` of tokens has them, heads first."""
    if item.kind == "matmul":
        return item.fields == fields and len(item.shape) == 3
    return item.kind == "einsum" and item.fields["equation"] == equation.format(
        "bcdefgh"[: len(item.shape) - 3]
    )


def _scores(product: Item, cuts: _Cuts) -> None:
    """Queries and keys: `[heads, d, sets…, n]` and `[heads, d, sets…, m]` become tokens."""
    heads, *sets = product.shape[:-2]
    queries, keys = (cuts.tokens(source, heads) for source in product.sources)
    if queries and keys:
        product.kind, product.sources = "matmul", (queries, keys)
        product.fields = {"heads": heads, **({"tokens": True} if sets else {}), "transpose_a": True}


def _mixed(last: Item, cuts: _Cuts) -> None:
    """Values weighed by scores, whose heads are channels again."""
    (product,) = last.sources
    if not isinstance(product, Item) or cuts.readers[id(product)] > 1 or len(product.shape) < 3:
        return
    heads, d, *rest = product.shape
    if last.shape != (heads * d, *rest) or not _is_product(
        product, "a{0}xy,az{0}y->az{0}x", {"transpose_b": True}
    ):
        return
    weights, values = product.sources if product.kind == "einsum" else product.sources[::-1]
    tokens = cuts.tokens(values, heads) if cuts.shape(weights)[0] == heads else None
    if tokens:
        last.kind, last.sources = "matmul", (weights, tokens)
        last.fields = {"heads": heads, "transpose_b": True}


class _Cuts:
    """Finds tensors that are tokens cut into heads, and makes the tokens.

    Attributes:
        made: what has to stand before an item, by its id.
        readers: how often each tensor is read, by its id.
    """

    def __init__(self, inputs: Mapping[str, Shape], readers: Mapping[int, int]) -> None:
        self._inputs = inputs
        self._tokens: dict[int, Tensor] = {}
        self.made: dict[int, list[Item]] = {}
        self.readers = readers

    def tokens(self, tensor: Tensor, heads: int) -> Tensor | None:
        """The tokens `[channels, sets…, length]` that are cut into `[heads, d, sets…, length]`."""
        if not isinstance(tensor, Item) or len(tensor.shape) < 3 or tensor.shape[0] != heads:
            return None
        if id(tensor) not in self._tokens and (found := self._found(tensor, heads)):
            self._tokens[id(tensor)] = found
        return self._tokens.get(id(tensor))

    def _found(self, tensor: Item, heads: int) -> Tensor | None:
        source = tensor.sources[0]
        if tensor.kind == "scale" and self.readers[id(tensor)] == 1:
            inner = self.tokens(source, heads)
            return inner and self._new("scale", tensor.fields, inner, tensor)
        if tensor.kind not in {"reshape", "squeeze"}:
            return None
        heads, d, *rest = tensor.shape
        if self.shape(source) == (heads * d, *rest):
            return source
        return self._part(source, tensor) if isinstance(source, Item) and source.kind == "slice" else None

    def _part(self, cut: Item, tensor: Item) -> Item | None:
        """Queries, keys or values, which are parts of one tensor: `[parts, heads, d, sets…, length]`."""
        heads, d, *rest = tensor.shape
        several, start = cut.sources[0], cut.fields.get("start", 0)
        if not isinstance(several, Item) or several.kind != "reshape" or not isinstance(start, int):
            return None
        whole, size = several.sources[0], heads * d
        is_part = cut.shape == (1, *tensor.shape) and several.shape[1:] == tensor.shape
        if not is_part or self.shape(whole) != (several.shape[0] * size, *rest):
            return None
        start, end = start * size, (start + 1) * size
        fields = {"start": start} if start else {}
        fields |= {"end": end} if end < self.shape(whole)[0] else {}
        return self._new("slice", fields, whole, tensor)

    def _new(self, kind: str, fields: Mapping[str, FieldValue], source: Tensor, instead: Item) -> Item:
        """An item on tokens, which stands before the one on heads that it is instead of."""
        heads, d, *rest = instead.shape
        item = Item(kind, fields, (source,), (heads * d, *rest), instead.module, instead.place)
        self.made.setdefault(id(instead), []).append(item)
        return item

    def shape(self, tensor: Tensor) -> Shape:
        """A tensor's shape."""
        return self._inputs[tensor] if isinstance(tensor, str) else tensor.shape
