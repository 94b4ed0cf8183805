"""What rules read of Keras' layers: numbers and words of a configuration, and the tensor that arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Reference, Weight

if TYPE_CHECKING:
    from archcost.importing.converter import Call
    from archcost.importing.values import Value
    from archcost.windows.window import Shape


def arriving(call: Call) -> Value:
    """The tensor that a layer is called on."""
    if call.argument("call.training", default=False) is True:
        raise NotUnderstoodError("it is called with training=True")
    name = "0" if isinstance(call.argument("0"), Reference) else "call.inputs"
    return call.value(name)


def unmasked(call: Call) -> Value:
    """The same of a layer that a mask would make another."""
    if call.argument("call.mask", default=False):
        raise NotUnderstoodError("a mask is not followed")
    return arriving(call)


def number(call: Call, name: str, default: float) -> float:
    """A number."""
    found = call.argument(name, default)
    if not isinstance(found, int | float):
        raise NotUnderstoodError(f"{name} is no number")
    return found


def integer(call: Call, name: str, default: int = 1) -> int:
    """A whole number."""
    found = call.argument(name, default)
    if not isinstance(found, int):
        raise NotUnderstoodError(f"{name} is no whole number")
    return found


def word(call: Call, name: str, default: str = "") -> str:
    """A word."""
    found = call.argument(name, default)
    return found if isinstance(found, str) else default


def flag(call: Call, name: str, *, default: bool) -> bool:
    """Yes or no."""
    found = call.argument(name)
    return default if found is None else bool(found)


def refuse(call: Call, *names: str) -> None:
    """Arguments that make another layer of it."""
    for name in names:
        if call.argument(name):
            raise NotUnderstoodError(f"{name} is not followed")


def learned(call: Call, **shapes: Shape | None) -> dict[str, Weight | None]:
    """Weights that the layer has, by the names of our kind; they are shared by all calls of the layer."""
    place = call.operation.place
    return {
        name: None if shape is None else Weight(f"{place}.{name}", shape, is_learned=True)
        for name, shape in shapes.items()
    }


def image(call: Call, x: Value) -> Value:
    """A tensor with channels first, wherever the layer finds them."""
    dims = [*range(1, len(x.axes))]
    if x.axes[0] is not None or not dims:
        raise NotUnderstoodError(f"{x.theirs} has no batch")
    if word(call, "data_format") != "channels_first":
        dims = [dims[-1], *dims[:-1]]
    return call.in_order(x, dims)
