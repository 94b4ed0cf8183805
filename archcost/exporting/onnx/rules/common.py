"""What the rules of several families need."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.wire import Attribute
    from archcost.layers.base import Kind
    from archcost.layers.normalization import LayerNorm, Normalize, RmsNorm
    from archcost.layers.reduction import Reduce
    from archcost.windows.window import Axes, Shape

Rule: TypeAlias = "Callable[..., Value]"
"""`(site, layer, *inputs, **weights) -> what leaves`, the inputs with a batch of 1."""


class NotExportableError(Exception):
    """ONNX has nothing that computes it; the text says why."""


def shape_of(x: Value) -> Shape:
    """As layers count it: without the batch."""
    return x.shape[1:]


def operation(word: str, **fields: str | float) -> Rule:
    """One operation; its attributes are fields of the layer, by name, or numbers."""

    def write(site: Site, layer: Kind, *xs: Value) -> Value:
        return site.op(word, *xs, given=_values(layer, fields))

    return write


def _values(layer: Kind, fields: dict[str, str | float]) -> dict[str, Attribute]:
    """Attributes are floats of 32 bits, whatever a field has."""
    return {
        name: float(getattr(layer, value) if isinstance(value, str) else value)
        for name, value in fields.items()
    }


def with_number(word: str, field: str) -> Rule:
    """An operation on what arrives and a number, which is a field of the layer."""

    def write(site: Site, layer: Kind, x: Value) -> Value:
        return site.op(word, x, site.number(getattr(layer, field)))

    return write


def chained(word: str) -> Rule:
    """An operation of two, of what it gave and the next."""

    def write(site: Site, layer: Kind, *xs: Value) -> Value:
        return reduce(lambda a, b: site.op(word, a, b), xs)

    return write


def named_axes(layer: LayerNorm | RmsNorm | Normalize | Reduce, x: Value) -> Axes:
    """The axes that a layer takes together, as ONNX counts them."""
    return tuple(range(1, x.rank)) if layer.axis == "all" else tuple(1 + axis for axis in sorted(layer.axis))


def reshaped(site: Site, layer: Kind, x: Value) -> Value:
    """The same elements in the shape that leaves."""
    return site.reshape(x, site.shape)
