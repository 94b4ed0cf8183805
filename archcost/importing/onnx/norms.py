"""Rules of normalizations."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.onnx.reading import (
    array_of,
    channels_first,
    dim,
    integer,
    integers,
    layer,
    number,
    plain,
    taken,
)
from archcost.importing.rules import like, short, stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.values import Value


def _eps(call: Call, default: float) -> dict[str, FieldValue]:
    found = number(call, "epsilon")
    return stated(eps=(plain(1e-5 if found is None else found), default))


def _unless_neutral(call: Call, name: str, neutral: float) -> Weight | None:
    """What a layer learns or keeps; None of a constant that changes nothing: ONNX wants one all the same."""
    found = call.known(name)
    if isinstance(found, Weight) and not found.is_learned:
        array = array_of(found)
        if array is not None and array.dtype.kind == "f" and (array == neutral).all():
            return None
    return taken(call, name)


def batch_norm(call: Call) -> Value:
    """By statistics of the file, as it runs when a model is used."""
    x = channels_first(call, "x")
    if integer(call, "training_mode", 0):
        raise NotUnderstoodError("it is in training (training_mode): export the model in evaluation mode")
    if not integer(call, "spatial", 1):
        raise NotUnderstoodError("it has statistics for each position (spatial 0)")
    for name in ("momentum", "is_test"):
        call.argument(name)
    weight, bias = _unless_neutral(call, "scale", 1), _unless_neutral(call, "shift", 0)
    kept = (_unless_neutral(call, "mean", 0), _unless_neutral(call, "variance", 1))
    fields = stated(track_running_stats=(kept != (None, None), True))
    if weight or bias:
        fields |= stated(scale=(weight is not None, True), shift=(bias is not None, True))
    else:
        fields["affine"] = False
    weights = {"weight": weight, "bias": bias}
    return call.add("batch_norm", [x], x.shape, x.axes, weights, **fields, **_eps(call, 1e-5))


def instance_norm(call: Call) -> Value:
    """Over the positions of each channel."""
    x = channels_first(call, "x")
    neutral = not (_unless_neutral(call, "scale", 1) or _unless_neutral(call, "shift", 0))
    weights = {} if neutral else {"weight": taken(call, "scale"), "bias": taken(call, "shift")}
    fields = stated(affine=(not neutral, False)) | _eps(call, 1e-5)
    return call.add("instance_norm", [x], x.shape, x.axes, weights, **fields)


def group_norm(call: Call) -> Value:
    """Over groups of channels; its first version learns two numbers per group."""
    x, groups = channels_first(call, "x"), integer(call, "num_groups", 1)
    integer(call, "stash_type", 1)
    bias = _unless_neutral(call, "shift", 0)
    weight = taken(call, "scale") if bias else _unless_neutral(call, "scale", 1)
    if weight and weight.shape != (x.shape[0],):
        raise NotUnderstoodError(f"it learns {weight.shape[0]} numbers for {x.shape[0]} channels")
    fields = stated(affine=(weight is not None, True)) | _eps(call, 1e-5)
    if weight and not bias:
        fields["bias"] = False
    weights = {"weight": weight, "bias": bias}
    return call.add("group_norm", [x], x.shape, x.axes, weights, num_groups=groups, **fields)


def layer_norm(call: Call) -> Value:
    """Over the last dimensions."""
    x = call.value("x")
    integer(call, "stash_type", 1)
    first = dim(integer(call, "axis", -1), len(x.axes))
    return _normalized(call, x, range(first, len(x.axes)), 1e-5)


def normalized(call: Call) -> Value:
    """A layer norm that was written as what it is made of."""
    x = call.value("x")
    given = integers(call, "axes") or []
    return _normalized(call, x, [dim(one, len(x.axes)) for one in given], 1e-5)


def _normalized(call: Call, x: Value, over: Sequence[int], default: float) -> Value:
    there = sorted(axis for d in over if (axis := x.axes[d]) is not None)
    weight, bias = taken(call, "scale"), taken(call, "shift")
    size = prod(x.theirs[d] for d in over)
    for one in (weight, bias):
        if one and prod(one.shape) != size:
            raise NotUnderstoodError(f"it learns {one.shape} for {size} elements")
    if bias and not weight:
        raise NotUnderstoodError("it learns a shift and no scale")
    weight = weight if bias else _unless_neutral(call, "scale", 1)
    fields = stated(axis=(short(there), 0), affine=(weight is not None, True)) | _eps(call, default)
    if weight and not bias:
        fields["bias"] = False
    return call.add("layer_norm", [x], x.shape, x.axes, {"weight": weight, "bias": bias}, **fields)


def rms_norm(call: Call) -> Value:
    """By the root mean square over the last dimensions."""
    x = call.value("x")
    integer(call, "stash_type", 1)
    first = dim(integer(call, "axis", -1), len(x.axes))
    there = sorted(axis for d in range(first, len(x.axes)) if (axis := x.axes[d]) is not None)
    weight = _unless_neutral(call, "scale", 1)
    fields = stated(axis=(short(there), 0), affine=(weight is not None, True)) | _eps(call, 1e-6)
    return call.add("rms_norm", [x], x.shape, x.axes, {"weight": weight}, **fields)


def local_response_norm(call: Call) -> Value:
    """Across neighbouring channels."""
    x = channels_first(call, "x")
    fields = stated(
        alpha=(plain(number(call, "alpha") or 1e-4), 1e-4),
        beta=(plain(number(call, "beta") or 0.75), 0.75),
        k=(plain(1.0 if (found := number(call, "bias")) is None else found), 1),
    )
    return like(call, x, "local_response_norm", size=integer(call, "size", 1), **fields)


def lp_normalization(call: Call) -> Value:
    """Brought to length 1 along a dimension."""
    x = call.value("x")
    axis = x.axes[dim(integer(call, "axis", -1), len(x.axes))]
    if axis is None:
        raise NotUnderstoodError("it is along a dimension of 1")
    return like(call, x, "normalize", **stated(axis=(axis, 0), p=(integer(call, "p", 2), 2)))


def mean_variance(call: Call) -> Value:
    """A layer norm that learns nothing."""
    x = call.value("x")
    over = [dim(one, len(x.axes)) for one in integers(call, "axes") or [0, 2, 3]]
    there = sorted(axis for d in over if (axis := x.axes[d]) is not None)
    return layer(call, "layer_norm", [x], x.axes, axis=short(there), affine=False, eps=0)


NORMS: dict[str, Rule] = {
    "BatchNormalization": batch_norm,
    "InstanceNormalization": instance_norm,
    "GroupNormalization": group_norm,
    "LayerNormalization": layer_norm,
    "Normalized": normalized,
    "RMSNormalization": rms_norm,
    "SimplifiedLayerNormalization": rms_norm,
    "com.microsoft.SimplifiedLayerNormalization": rms_norm,
    "LRN": local_response_norm,
    "LpNormalization": lp_normalization,
    "MeanVarianceNormalization": mean_variance,
}
