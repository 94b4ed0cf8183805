"""What is made of nothing, or of constants alone: it is a constant itself, whatever it holds.

The numbers never depend on what arrives. A layer that reads such a tensor reads a `constant`, of which the
spec has the shape.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from numpy import zeros

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.converter import Call, Rule


def folding(rule: Rule) -> Rule:
    """A rule that is asked only where something is read that is no constant."""

    def folded(call: Call) -> Value | Weight | Sequence[Value | Weight]:
        return _constant(call) if all(map(_is_constant, call.read())) else rule(call)

    return folded


def _is_constant(found: Value | Weight) -> bool:
    return not isinstance(found, Value) and not found.is_learned


def _constant(call: Call) -> list[Weight]:
    return [Weight(name, call.shape_of(name), is_learned=False) for name in call.operation.outputs]


def _zeros(call: Call) -> Weight:
    shape = call.said()
    return Weight(call.operation.outputs[0], shape, is_learned=False, numbers=partial(zeros, shape))


def _unknown(call: Call) -> list[Weight]:  # noqa: ARG001 - a rule's signature
    raise NotUnderstoodError("it is followed of constants alone, and reads what is none")


_MADE_OF_NOTHING = (
    *("arange", "linspace", "ones", "full", "eye", "scalar_tensor", "empty"),
    *("ones_like", "full_like", "empty_like", "new_ones", "new_full", "new_empty"),
)
"""What reads at most the type and the shape of a tensor."""

_MADE_OF_CONSTANTS = (
    *(
        "cumsum",
        "meshgrid",
        "tril",
        "triu",
        "floor_divide",
        "remainder",
        "fmod",
        "sign",
        "floor",
        "ceil",
        "round",
    ),
    *("log1p", "log2", "atan2", "acos", "asin", "sinh", "cosh", "tan", "isinf", "isnan"),
    *("bucketize", "searchsorted", "diagonal", "sort", "argsort", "one_hot", "scatter", "index_put", "outer"),
)
"""What is followed only where it need not be run again."""

RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_MADE_OF_NOTHING, _constant),
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros"), _zeros),
    **dict.fromkeys(_MADE_OF_CONSTANTS, folding(_unknown)),
}
