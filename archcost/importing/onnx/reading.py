"""What rules read of an operation, and the layers they make, of the shapes that their kinds say."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archcost.errors import ShapeError
from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Reference, Weight
from archcost.importing.rules import without
from archcost.layers import find
from archcost.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from archcost.importing.converter import Call
    from archcost.importing.items import FieldValue
    from archcost.importing.values import Value
    from archcost.layers.base import Kind
    from archcost.windows.window import Shape

FOLDED = 2**20
"""Elements of a tensor that is computed beforehand."""

_NONE: Mapping[str, Weight | None] = {}


def layer(
    call: Call,
    kind: str,
    sources: Sequence[Value],
    axes: Sequence[int | None],
    weights: Mapping[str, Weight | None] = _NONE,
    /,
    **fields: FieldValue,
) -> Value:
    """A layer of the shape that its kind says."""
    shapes = [source.shape for source in sources]
    return call.add(kind, sources, shape_of(kind, fields, *shapes), axes, weights, **fields)


def shape_of(kind: str, fields: Mapping[str, FieldValue], *shapes: Shape) -> Shape:
    """The shape of what leaves a layer.

    Raises:
        NotUnderstoodError: the layer refuses its fields, or what arrives.
    """
    try:
        made = _class(kind)(**{name: _frozen(value) for name, value in fields.items()}).settled(shapes)
        made.check_inputs(len(shapes))
        found = made.output_shape(*shapes)
    except ValidationError as error:
        first = error.errors()[0]
        raise NotUnderstoodError(f"{kind}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except ShapeError as error:
        raise NotUnderstoodError(f"{kind} {error}") from None
    if max(found) > DEFAULT.dimension:
        raise NotUnderstoodError(f"{kind} gives a size beyond {DEFAULT.dimension:,}")
    return found


def taken(call: Call, name: str) -> Weight | None:
    """A tensor that the layer learns, whatever its type: weights may be quantized."""
    found = call.weight(name)
    return found and found._replace(is_learned=True)


def bias_of(call: Call) -> Weight | None:
    """What is added to each channel; zeros that an exporter writes where there is no bias are none."""
    found = call.known("bias")
    if is_known(found) and not getattr(found, "is_learned", True):
        numbers = array_of(found)
        if numbers is not None and not numbers.any():
            return None
    return taken(call, "bias")


def weight_of(call: Call, name: str = "weight") -> Weight:
    """A tensor that a layer cannot do without.

    Raises:
        NotUnderstoodError: it is computed, or missing.
    """
    found = taken(call, name)
    if found is None:
        raise NotUnderstoodError(f"its {name} is missing")
    return found


def is_known(found: Value | Weight | None) -> bool:
    """Whether something is a tensor of few numbers that are known, and none that is learned."""
    return (
        isinstance(found, Weight)
        and found.numbers is not None
        and (not found.is_learned or prod(found.shape) == 1)
        and prod(found.shape) <= FOLDED
    )


def array_of(found: Value | Weight | None) -> NDArray[Any] | None:
    """The numbers of a tensor, if they are known beforehand."""
    return found.numbers() if isinstance(found, Weight) and found.numbers else None


def integers(call: Call, name: str) -> list[int] | None:
    """Whole numbers, of an attribute or of a tensor that is known; None if they are not given.

    Raises:
        NotUnderstoodError: they are computed of what arrives.
    """
    given = call.argument(name)
    if given is None:
        return None
    if not isinstance(given, Reference):
        return call.integers(name)
    found = array_of(call.known(name))
    if found is None:
        raise NotUnderstoodError(f"its {name} are computed of what arrives")
    return [int(n) for n in found.ravel()]


def floats(call: Call, name: str) -> list[float] | None:
    """Numbers, of an attribute or of a tensor that is known; None if they are not given.

    Raises:
        NotUnderstoodError: they are computed of what arrives.
    """
    given = call.argument(name)
    if given is None:
        return None
    if isinstance(given, Reference):
        found = array_of(call.known(name))
        if found is None:
            raise NotUnderstoodError(f"its {name} is computed of what arrives")
        return [float(n) for n in found.ravel()]
    several = given if isinstance(given, list) else [given]
    return [float(n) for n in several if isinstance(n, int | float)]


def number(call: Call, name: str) -> float | None:
    """One number; None if it is not given."""
    found = floats(call, name)
    return found[0] if found else None


def plain(value: float) -> float:
    """A number of 32 bits as it was written: 0.1, not 0.10000000149011612.

    >>> plain(0.10000000149011612)
    0.1
    """
    found = float(f"{value:.7g}")
    return int(found) if found.is_integer() and abs(found) < 1e9 else found


def text(call: Call, name: str, default: str) -> str:
    """A word."""
    given = call.argument(name, default)
    if not isinstance(given, str):
        raise NotUnderstoodError(f"its {name} is no word")
    return given


def integer(call: Call, name: str, default: int) -> int:
    """One whole number."""
    found = integers(call, name)
    return found[0] if found else default


def dims(call: Call, name: str, rank: int) -> list[int] | None:
    """Dimensions, counted from the first; None if they are not given."""
    found = integers(call, name)
    return None if found is None else [dim(one, rank) for one in found]


def dim(given: int, rank: int) -> int:
    """A dimension, counted from the first.

    Raises:
        NotUnderstoodError: there is no such one.
    """
    if not -rank <= given < max(rank, 1):
        raise NotUnderstoodError(f"there is no dimension {given} among {rank}")
    return given % max(rank, 1)


def _frozen(value: FieldValue) -> Any:  # noqa: ANN401 - what a kind takes
    """Lists as the tuples that kinds keep."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _class(kind: str) -> type[Kind]:
    found = find(kind)
    if found is None:
        raise NotUnderstoodError(f"there is no layer {kind}")
    return found[0]


def channels_first(call: Call, name: str) -> Value:
    """What arrives as an argument, as a batch of one with channels first."""
    x = call.value(name)
    if x.axes and x.axes[0] is not None and x.theirs[0] == 1 and len(x.shape) > 1:
        x = without(call, x, 0)
        x = x._replace(axes=(None, *x.axes))
    if not x.axes or x.axes[0] is not None:
        raise NotUnderstoodError(f"{name} has the shape {x.theirs}, whose first dimension is no batch of one")
    return call.in_order(x, range(1, len(x.axes)))


def with_channel(call: Call, x: Value) -> Value:
    """A tensor whose channels are a dimension of 1, so that what they were is an axis."""
    ones = [d for d, axis in enumerate(x.axes) if axis is None]
    if not ones:
        raise NotUnderstoodError("channels cannot be an axis here: every dimension is one")
    there = sorted((d for d, axis in enumerate(x.axes) if axis is not None), key=lambda d: x.axes[d] or 0)
    return call.in_order(x, [ones[-1], *there])
