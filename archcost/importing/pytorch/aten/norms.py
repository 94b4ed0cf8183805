"""Norms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.rules import short, stated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Weight
    from archcost.importing.values import Value


def _batch_norm(call: Call) -> Value:
    x = call.channels_first("input")
    weight, bias = call.weight("weight"), call.weight("bias")
    statistics = {name: call.weight(name) for name in ("running_mean", "running_var")}
    for name, given in statistics.items():
        if given is None:
            raise NotUnderstoodError(
                f"{name} is not given: export the model in evaluation mode, `model.eval()`"
            )
    if call.argument("training", default=False):
        raise NotUnderstoodError("it is in training: export the model in evaluation mode, `model.eval()`")
    eps = call.argument("eps", 1e-5)
    fields = stated(eps=(eps if isinstance(eps, float) else 1e-5, 1e-5))
    if weight is None and bias is None:
        fields["affine"] = False
    else:
        fields |= stated(scale=(weight is not None, True), shift=(bias is not None, True))
    taken = {"weight": weight, "bias": bias, **statistics}
    return call.add("batch_norm", [x], x.shape, x.axes, taken, **fields)


def _layer_norm(call: Call) -> Value:
    x = call.value("input")
    sizes = call.integers("normalized_shape")
    axes = [x.axes[d] for d in range(len(x.axes) - len(sizes), len(x.axes))]
    there = sorted(axis for axis in axes if axis is not None)
    weight, bias = call.weight("weight"), call.weight("bias")
    eps = call.argument("eps", 1e-5)
    fields = stated(
        axis=(short(there), 0),
        eps=(eps if isinstance(eps, float) else 1e-5, 1e-5),
        affine=(weight is not None, True),
    )
    if weight is not None and bias is None:
        fields["bias"] = False
    order = tuple(axes.index(axis) for axis in there)
    taken = {"weight": _turned(weight, order), "bias": _turned(bias, order)}
    return call.add("layer_norm", [x], x.shape, x.axes, taken, **fields)


def _turned(weight: Weight | None, order: tuple[int, ...]) -> Weight | None:
    rest = [] if weight is None else [d for d in range(len(weight.shape)) if d not in order]
    return weight and weight._replace(order=(*order, *rest))


def _group_norm(call: Call) -> Value:
    x = call.channels_first("input")
    weight, bias = call.weight("weight"), call.weight("bias")
    groups, eps = call.argument("num_groups"), call.argument("eps", 1e-5)
    fields = stated(eps=(eps if isinstance(eps, float) else 1e-5, 1e-5), affine=(weight is not None, True))
    if weight is not None and bias is None:
        fields["bias"] = False
    fields = {"num_groups": groups if isinstance(groups, int) else 1, **fields}
    taken = {"weight": weight, "bias": bias}
    return call.add("group_norm", [x], x.shape, x.axes, taken, **fields)


RULES: Mapping[str, Rule] = {
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
}
