"""Pools, and what else makes one number of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.pytorch.aten.arguments import dims
from archcost.importing.rules import averaged, each, reduced, short, stated
from archcost.importing.values import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.values import Value


def _max_pool(call: Call) -> Value:
    x = call.channels_first("self")
    rank = len(x.shape) - 1
    kernel = each(call.integers("kernel_size"), rank)
    stride = each(call.integers("stride") or kernel, rank)
    fields = stated(
        stride=(short(stride), short(kernel)),
        padding=(short(each(call.integers("padding", [0]), rank)), 0),
        dilation=(short(each(call.integers("dilation", [1]), rank)), 1),
        ceil_mode=(bool(call.argument("ceil_mode", default=False)), False),
    )
    return call.add(
        "max_pool", [x], call.said()[1:], canonical(rank + 2), kernel_size=short(kernel), **fields
    )


def _avg_pool(call: Call) -> Value:
    x = call.channels_first("self")
    rank = len(x.shape) - 1
    kernel = each(call.integers("kernel_size"), rank)
    stride = each(call.integers("stride") or kernel, rank)
    padding = each(call.integers("padding", [0]), rank)
    if call.argument("divisor_override") is not None:
        raise NotUnderstoodError("divisor_override is no rule of a layer")
    include = bool(call.argument("count_include_pad", default=True))
    fields = stated(
        stride=(short(stride), short(kernel)),
        padding=(short(padding), 0),
        ceil_mode=(bool(call.argument("ceil_mode", default=False)), False),
    )
    if any(padding) or fields.get("ceil_mode"):
        fields["count_include_pad"] = include
    return call.add(
        "avg_pool", [x], call.said()[1:], canonical(rank + 2), kernel_size=short(kernel), **fields
    )


def _adaptive(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x = call.channels_first("self")
        rank = len(x.shape) - 1
        size = each(call.integers("output_size"), rank)
        if set(size) == {1}:
            kept = (x.shape[0], *size)
            return call.add(f"global_{kind}_pool", [x], kept, canonical(rank + 2))
        return call.add(
            f"adaptive_{kind}_pool", [x], (x.shape[0], *size), canonical(rank + 2), output_size=short(size)
        )

    return rule


def _mean(call: Call) -> Value:
    x = call.value("self")
    return averaged(call, x, dims(call, "dim", x), keep=bool(call.argument("keepdim", default=False)))


def _reduce(function: str) -> Rule:
    """Over some dimensions."""

    def rule(call: Call) -> Value:
        x = call.value("self")
        given = call.argument("ord", 2)
        if given not in {1, 2}:
            raise NotUnderstoodError(f"its order is {given}")
        word = "l1" if given == 1 and function == "l2" else function
        keep = bool(call.argument("keepdim", default=False))
        return reduced(call, x, dims(call, "dim", x), word, keep=keep)

    return rule


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _max_pool),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _avg_pool),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"), _adaptive("avg")),
    **dict.fromkeys(("adaptive_max_pool1d", "adaptive_max_pool2d"), _adaptive("max")),
    "mean": _mean,
    "sum": _reduce("sum"),
    "amax": _reduce("max"),
    "amin": _reduce("min"),
    "linalg_vector_norm": _reduce("l2"),
}
