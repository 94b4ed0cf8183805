"""Norms."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.items import Item
from archcost.importing.model import Standardized, Weight
from archcost.importing.pytorch.aten.arguments import flag, number, whole
from archcost.importing.rules import maps, short, stated, window_axes, with_axes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.values import Value

_TRAINING = "export the model in evaluation mode, `model.eval()`"


def _batch_norm(call: Call) -> Value | Weight:
    found = call.known("input")
    if isinstance(found, Weight) and found.is_learned and flag(call, "training"):
        return _standardized(call, found)
    x, batch = maps(call, call.value("input"))
    weight, bias = call.weight("weight"), call.weight("bias")
    statistics = {name: call.weight(name) for name in ("running_mean", "running_var")}
    for name, given in statistics.items():
        if given is None:
            raise NotUnderstoodError(f"{name} is not given: {_TRAINING}")
    if flag(call, "training"):
        raise NotUnderstoodError(f"it is in training: {_TRAINING}")
    fields = stated(eps=(number(call, "eps", 1e-5), 1e-5))
    if weight is None and bias is None:
        fields["affine"] = False
    else:
        fields |= stated(scale=(weight is not None, True), shift=(bias is not None, True))
    taken = {"weight": weight, "bias": bias, **statistics}
    return call.add("batch_norm", [x], x.shape, window_axes(len(x.shape) + 1 - batch, batch), taken, **fields)


def _standardized(call: Call, weight: Weight) -> Weight:
    """The filters of a convolution are standardized by a norm over each: they stand as channels."""
    if call.weight("bias") or call.known("running_mean") or len(weight.shape) != 3 or weight.shape[0] != 1:
        raise NotUnderstoodError("a weight is normalized in another way than filter by filter")
    scale = call.known("weight")
    gain = None if scale is None else _gain(scale)
    if gain and prod(gain.shape) != weight.shape[1]:
        raise NotUnderstoodError("its gain is none per filter")
    return weight._replace(standardized=Standardized(number(call, "eps", 1e-5), gain))


def _gain(scale: Value | Weight) -> Weight:
    """The learned numbers that filters are multiplied by, up to a constant that they can have in them."""
    if isinstance(scale, Weight):
        return scale
    item = scale.tensor
    while isinstance(item, Item) and item.kind in {"scale", "flatten", "reshape"}:
        item = item.sources[0]
    if not isinstance(item, Item) or item.kind != "parameter":
        raise NotUnderstoodError("its gain is computed")
    return item.weights["weight"]


def _layer_norm(call: Call) -> Value:
    weight, bias = call.weight("weight"), call.weight("bias")
    fields = stated(eps=(number(call, "eps", 1e-5), 1e-5), affine=(weight is not None, True))
    if weight is not None and bias is None:
        fields["bias"] = False
    return _over_the_last(call, "layer_norm", {"weight": weight, "bias": bias}, fields)


def _rms_norm(call: Call) -> Value:
    """Without an eps, it is the least that makes a difference to 1 in 32 bits."""
    weight, given = call.weight("weight"), call.argument("eps")
    eps = 2.0**-23 if given is None else number(call, "eps", 0)
    fields = stated(eps=(eps, 1e-6), affine=(weight is not None, True))
    return _over_the_last(call, "rms_norm", {"weight": weight}, fields)


def _over_the_last(
    call: Call, kind: str, weights: Mapping[str, Weight | None], fields: Mapping[str, FieldValue]
) -> Value:
    """A norm over the last dimensions, with learned numbers for each of their elements."""
    x = call.value("input")
    first = len(x.axes) - len(call.integers("normalized_shape"))
    if all(axis is None for axis in x.axes[first:]):
        x = with_axes(call, x, [first])
    axes = x.axes[first:]
    there = sorted(axis for axis in axes if axis is not None)
    order = [axes.index(axis) for axis in there]
    order += [d for d in range(len(axes)) if d not in order]
    taken = {name: weight and weight._replace(order=tuple(order)) for name, weight in weights.items()}
    return call.add(kind, [x], x.shape, x.axes, taken, **stated(axis=(short(there), 0)), **fields)


def _group_norm(call: Call) -> Value:
    x = call.channels_first("input")
    weight, bias = call.weight("weight"), call.weight("bias")
    groups = whole(call, "num_groups" if call.argument("num_groups") is not None else "group", 1)
    fields = stated(eps=(number(call, "eps", 1e-5), 1e-5), affine=(weight is not None, True))
    if weight is not None and bias is None:
        fields["bias"] = False
    taken = {"weight": weight, "bias": bias}
    return call.add("group_norm", [x], x.shape, x.axes, taken, num_groups=groups, **fields)


def _instance_norm(call: Call) -> Value:
    x = call.channels_first("input")
    if not flag(call, "use_input_stats", default=True):
        return _batch_norm_of_instances(call, x)
    weight, bias = call.weight("weight"), call.weight("bias")
    if (weight is None) != (bias is None):
        raise NotUnderstoodError("it has a scale without a shift, or a shift without a scale")
    fields = stated(eps=(number(call, "eps", 1e-5), 1e-5), affine=(weight is not None, False))
    return call.add("instance_norm", [x], x.shape, x.axes, {"weight": weight, "bias": bias}, **fields)


def _batch_norm_of_instances(call: Call, x: Value) -> Value:
    """One that keeps running statistics, and uses them."""
    names = ("weight", "bias", "running_mean", "running_var")
    taken = {name: call.weight(name) for name in names}
    fields = stated(affine=(taken["weight"] is not None, False), eps=(number(call, "eps", 1e-5), 1e-5))
    return call.add("instance_norm", [x], x.shape, x.axes, taken, track_running_stats=True, **fields)


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("batch_norm", "_native_batch_norm_legit_no_training"), _batch_norm),
    **dict.fromkeys(("layer_norm", "native_layer_norm"), _layer_norm),
    **dict.fromkeys(("rms_norm", "_fused_rms_norm"), _rms_norm),
    **dict.fromkeys(("group_norm", "native_group_norm"), _group_norm),
    "instance_norm": _instance_norm,
}
