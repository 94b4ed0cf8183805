"""Norms."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.items import Item
from archcost.importing.model import Parametrized, Weight
from archcost.importing.pytorch.aten.arguments import flag, number, whole
from archcost.importing.rules import as_shape, like, maps, short, stated, window_axes, with_axes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.values import Value

_TRAINING = "export the model in evaluation mode, `model.eval()`"


def _batch_norm(call: Call) -> Value | Weight:
    if flag(call, "training") and call.known("running_mean") is None:
        found = call.known("input")
        if isinstance(found, Weight) and found.is_learned:
            return _standardized(call, found)
        return _instance_norm(call)
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
    if call.weight("bias") or len(weight.shape) != 3 or weight.shape[0] != 1:
        raise NotUnderstoodError("a weight is normalized in another way than filter by filter")
    scale = call.known("weight")
    gain = None if scale is None else _gain(scale, weight.shape[2])
    if gain and prod(gain.shape) != weight.shape[1]:
        raise NotUnderstoodError("its gain is none per filter")
    how = f"{'scaled_' if gain else ''}weight_standardization"
    return weight._replace(parametrized=Parametrized(how, gain, number(call, "eps", 1e-5)))


def _weight_norm(call: Call) -> Weight:
    """Rows of a weight over their length, times a gain each."""
    weight, gain = call.weight("v"), call.weight("g")
    if weight is None or gain is None or not (weight.is_learned and gain.is_learned):
        raise NotUnderstoodError("its weight and its gain are not learned")
    if whole(call, "dim", 0) != 0 or prod(gain.shape) != weight.shape[0]:
        raise NotUnderstoodError("its gain is none of each row")
    return weight._replace(parametrized=Parametrized("weight_norm", gain))


def _gain(scale: Value | Weight, size: int) -> Weight:
    """The learned numbers that filters of so many numbers are multiplied by; a layer divides by its root."""
    factor, item = size**0.5, scale if isinstance(scale, Weight) else scale.tensor
    while isinstance(item, Item) and item.kind in {"scale", "flatten", "reshape"}:
        given = item.fields.get("factor", 1)
        factor, item = factor * (given if isinstance(given, int | float) else 1), item.sources[0]
    if isinstance(item, Item) and item.kind == "parameter":
        item = item.weights["weight"]
    if not isinstance(item, Weight):
        raise NotUnderstoodError("its gain is computed")
    return item._replace(factor=factor)


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
    """Over each channel of a sample, as a batch norm without statistics is over a batch of one."""
    x, uses_input = call.value("input"), flag(call, "use_input_stats", default=True)
    if x.axes[0] is not None and uses_input:
        return _of_each(call, x)
    x = call.channels_first("input")
    taken = {name: call.weight(name) for name in ("weight", "bias")}
    if (taken["weight"] is None) != (taken["bias"] is None):
        raise NotUnderstoodError("it has a scale without a shift, or a shift without a scale")
    fields = stated(affine=(taken["weight"] is not None, False), eps=(number(call, "eps", 1e-5), 1e-5))
    if not uses_input:
        fields["track_running_stats"] = True
        taken |= {name: call.weight(name) for name in ("running_mean", "running_var")}
    return call.add("instance_norm", [x], x.shape, x.axes, taken, **fields)


def _of_each(call: Call, x: Value) -> Value:
    """Over each channel of every sample of a batch: they are channels side by side."""
    if call.known("weight") or call.known("bias"):
        raise NotUnderstoodError("it scales the channels of several samples alike")
    batch, channels, *sizes = x.theirs
    row = call.in_order(as_shape(call, x, (1, batch * channels, *sizes)), range(1, len(x.axes)))
    fields = stated(eps=(number(call, "eps", 1e-5), 1e-5))
    return as_shape(call, like(call, row, "instance_norm", **fields), x.theirs)


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        ("batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training"), _batch_norm
    ),
    **dict.fromkeys(("layer_norm", "native_layer_norm"), _layer_norm),
    **dict.fromkeys(("rms_norm", "_fused_rms_norm"), _rms_norm),
    **dict.fromkeys(("group_norm", "native_group_norm"), _group_norm),
    "instance_norm": _instance_norm,
    **dict.fromkeys(("_weight_norm", "_weight_norm_interface"), _weight_norm),
}
