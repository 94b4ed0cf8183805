"""Arguments of operations as rules want them."""

from __future__ import annotations

from math import copysign, isinf
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Reference
from archcost.importing.rules import stated
from archcost.layers.parametrization import EPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.converter import Call
    from archcost.importing.items import FieldValue
    from archcost.importing.model import Weight
    from archcost.importing.values import Value


def dims(call: Call, name: str, x: Value, default: Sequence[int] = ()) -> list[int]:
    """Dimensions, counted from the first; all of them where none are given."""
    every = [*(default or range(len(x.axes)))]
    given = every if call.argument(name) is None else call.integers(name) or every
    return [d % max(len(x.axes), 1) for d in given] if x.axes else []


_LARGEST = 1e12
"""What stands for an infinite number, of which a spec has none: a softmax makes nothing of either."""


def number(call: Call, name: str, default: float) -> float:
    """A plain number."""
    given = call.argument(name, default)
    if not isinstance(given, int | float):
        raise NotUnderstoodError(f"{name} is no plain number")
    return copysign(_LARGEST, given) if isinf(given) else given


def whole(call: Call, name: str, default: int) -> int:
    """A whole number."""
    given = call.argument(name, default)
    if not isinstance(given, int | float) or given != int(given):
        raise NotUnderstoodError(f"{name} is no whole number")
    return int(given)


def flag(call: Call, name: str, *, default: bool = False) -> bool:
    """Whether something is so."""
    return bool(call.argument(name, default))


def source(call: Call) -> str:
    """What the first tensor is called: the schemas have both."""
    return "self" if call.argument("self") is not None else "input"


def parametrized(weight: Weight) -> tuple[dict[str, FieldValue], dict[str, Weight | None]]:
    """The fields that say how a weight is made, and what it is made with."""
    if not weight.parametrized:
        return {}, {}
    how, gain, eps = weight.parametrized
    return {"parametrization": how, **stated(parametrization_eps=(eps, EPS))}, {"gain": gain}


def is_tensor(call: Call, name: str) -> bool:
    """Whether an argument is a tensor."""
    return isinstance(call.argument(name), Reference)


def is_number(call: Call, name: str) -> bool:
    """Whether an argument is a number."""
    return isinstance(call.argument(name), int | float)
