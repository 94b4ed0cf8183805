"""Pools, and what else makes one number of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.pytorch.aten.arguments import dims, flag, source, whole
from archcost.importing.rules import averaged, each, like, maps, reduced, short, stated, window_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.values import Value


def _pool(kind: str) -> Rule:
    """With a batch, this is an axis more, along which a window has one position."""

    def rule(call: Call) -> Value:
        x, batch = maps(call, call.value("self"))
        rank = len(x.shape) - 1 - batch
        kernel = [1] * batch + each(call.integers("kernel_size"), rank)
        stride = [1] * batch + each(call.integers("stride"), rank) if call.integers("stride") else kernel
        padding = [0] * batch + each(call.integers("padding", [0]), rank)
        if call.argument("divisor_override") is not None:
            raise NotUnderstoodError("divisor_override is no rule of a layer")
        fields: dict[str, FieldValue] = {"kernel_size": short(kernel)}
        fields |= stated(
            stride=(short(stride), short(kernel)),
            padding=(short(padding), 0),
            dilation=(short([1] * batch + each(call.integers("dilation", [1]), rank)), 1),
            ceil_mode=(flag(call, "ceil_mode"), False),
        )
        if kind == "avg_pool" and (any(padding) or fields.get("ceil_mode")):
            fields["count_include_pad"] = flag(call, "count_include_pad", default=True)
        said = call.said()
        return call.add(
            kind, [x], (said[1], *said[:batch], *said[2:]), window_axes(rank + 2, batch), **fields
        )

    return rule


def _adaptive(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x, batch = maps(call, call.value("self"))
        rank = len(x.shape) - 1 - batch
        size = each(call.integers("output_size"), rank)
        if batch and set(size) == {1}:
            over, function = range(2, rank + 2), "mean" if kind == "avg" else "max"
            return reduced(call, call.value("self"), over, function, keep=True)
        size = [*x.shape[1 : 1 + batch], *size]
        axes = window_axes(rank + 2, batch)
        if set(size) == {1}:
            return call.add(f"global_{kind}_pool", [x], (x.shape[0], *size), axes)
        return call.add(f"adaptive_{kind}_pool", [x], (x.shape[0], *size), axes, output_size=short(size))

    return rule


# -- reductions ---------------------------------------------------------------------------------------------


def _mean(call: Call) -> Value:
    x = call.value("self")
    return averaged(call, x, dims(call, "dim", x), keep=flag(call, "keepdim"))


def _reduce(function: str) -> Rule:
    """Over some dimensions, or all."""

    def rule(call: Call) -> Value:
        x = call.value("self")
        if call.gives_wholes and not call.is_whole("self") and not function.startswith("arg"):
            raise NotUnderstoodError("it leaves out what is behind the point")
        if call.gives_booleans and not call.is_boolean("self"):
            x = like(call, x, "not_equal", value=0)
        return reduced(call, x, dims(call, "dim", x), function, keep=flag(call, "keepdim"))

    return rule


def _norm(call: Call) -> Value:
    x, given = call.value(source(call)), call.argument("ord", call.argument("p", 2))
    if given not in {1, 2}:
        raise NotUnderstoodError(f"its order is {given}")
    function = "l1" if given == 1 else "l2"
    return reduced(call, x, dims(call, "dim", x), function, keep=flag(call, "keepdim"))


def _extreme(function: str) -> Rule:
    """The largest along a dimension, and where it is; or of two tensors; or of all."""

    def rule(call: Call) -> Value | list[Value]:
        x = call.value("self")
        if call.argument("dim") is None:
            return reduced(call, x, dims(call, "dim", x), function, keep=False)
        over, keep = dims(call, "dim", x), flag(call, "keepdim")
        return [reduced(call, x, over, f"{arg}{function}", keep=keep) for arg in ("", "arg")]

    return rule


def _spread(function: str) -> Callable[[Call], Value]:
    """Variance or standard deviation."""

    def rule(call: Call) -> Value:
        x = call.value("self")
        correction = whole(call, "correction", 1) if flag(call, "unbiased", default=True) else 0
        return reduced(
            call,
            x,
            dims(call, "dim", x),
            function,
            keep=flag(call, "keepdim"),
            **stated(correction=(correction, 1)),
        )

    return rule


def _with_mean(function: str) -> Rule:
    def rule(call: Call) -> list[Value]:
        x = call.value("self")
        return [_spread(function)(call), averaged(call, x, dims(call, "dim", x), keep=flag(call, "keepdim"))]

    return rule


def _log_sum_exp(call: Call) -> Value:
    x = call.value("self")
    total = reduced(call, like(call, x, "exp"), dims(call, "dim", x), "sum", keep=flag(call, "keepdim"))
    return like(call, total, "log")


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _pool("max_pool")),
    **dict.fromkeys(("max_pool2d_with_indices", "max_pool3d_with_indices"), _pool("max_pool")),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _pool("avg_pool")),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"), _adaptive("avg")),
    **dict.fromkeys(("_adaptive_avg_pool2d", "_adaptive_avg_pool3d"), _adaptive("avg")),
    **dict.fromkeys(("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"), _adaptive("max")),
    "mean": _mean,
    "sum": _reduce("sum"),
    "amax": _reduce("max"),
    "amin": _reduce("min"),
    "prod": _reduce("prod"),
    "any": _reduce("max"),
    "all": _reduce("min"),
    "argmax": _reduce("argmax"),
    "argmin": _reduce("argmin"),
    "max": _extreme("max"),
    "min": _extreme("min"),
    **dict.fromkeys(("linalg_vector_norm", "norm"), _norm),
    "var": _spread("var"),
    "std": _spread("std"),
    "var_mean": _with_mean("var"),
    "std_mean": _with_mean("std"),
    "logsumexp": _log_sum_exp,
}
