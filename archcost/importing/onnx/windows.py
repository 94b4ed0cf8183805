"""Rules of operations whose window slides: convolutions and pools."""

from __future__ import annotations

from functools import reduce
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.onnx.reading import (
    array_of,
    bias_of,
    channels_first,
    floats,
    integer,
    integers,
    layer,
    number,
    text,
    weight_of,
)
from archcost.importing.rules import like, short, stated
from archcost.importing.values import Value, canonical

if TYPE_CHECKING:
    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.model import Weight


def padding(call: Call, rank: int) -> FieldValue:
    """The field `padding`: a number, a number for each axis, pairs or a word."""
    word = text(call, "auto_pad", "NOTSET")
    if word != "NOTSET":
        return {"SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": 0}[word or "VALID"]
    pads = integers(call, "pads") or [0] * 2 * rank
    pairs = [*zip(pads[:rank], pads[rank:], strict=True)]
    if all(before == after for before, after in pairs):
        return short([before for before, _ in pairs])
    return [[*pair] for pair in pairs]


def sliding(call: Call, rank: int) -> dict[str, FieldValue]:
    """The fields of every window: its step, its padding and the step of its taps."""
    return stated(
        stride=(short(integers(call, "strides") or [1] * rank), 1),
        padding=(padding(call, rank), 0),
        dilation=(short(integers(call, "dilations") or [1] * rank), 1),
    )


def _kernel(call: Call, weight: Weight) -> FieldValue:
    kernel = [*weight.shape[2:]]
    said = integers(call, "kernel_shape")
    if said is not None and said != kernel:
        raise NotUnderstoodError(f"its kernel_shape is {said}, and the weight has {kernel}")
    if not kernel:
        raise NotUnderstoodError(f"a weight of shape {weight.shape} has no kernel")
    return short(kernel)


def conv(call: Call) -> Value:
    """A convolution; with weights that are computed a dynamic one."""
    x = channels_first(call, "x")
    rank = len(x.shape) - 1
    axes = canonical(rank + 2)
    groups = stated(groups=(integer(call, "group", 1), 1))
    if isinstance(call.known("weight"), Value):
        return _dynamic(call, x, {**sliding(call, rank), **groups})
    weight, bias = weight_of(call), bias_of(call)
    kernel = _kernel(call, weight)
    if weight.shape[0] == x.shape[0] == groups.get("groups", 1) and not bias and _is_binomial(call, weight):
        given: dict[str, FieldValue] = {"stride": 1, "padding": 0, **sliding(call, rank)}
        fields = {**stated(kernel_size=(kernel, 3), stride=(given["stride"], 2)), "padding": given["padding"]}
        more = {} if given["padding"] == 0 else {"padding_mode": "constant"}
        return layer(call, "blur_pool", [x], axes, **fields, **more)
    fields = {**sliding(call, rank), **groups, **stated(bias=(bias is not None, True))}
    weights = {"weight": weight, "bias": bias}
    made = layer(call, "conv", [x], axes, weights, out_channels=weight.shape[0], kernel_size=kernel, **fields)
    if weight.shape[1] * integer(call, "group", 1) != x.shape[0]:
        raise NotUnderstoodError(f"{x.shape[0]} channels arrive, and the weight is {weight.shape}")
    return made


def _is_binomial(call: Call, weight: Weight) -> bool:
    """Whether a filter for each channel is that which blurs before a stride, by rows of Pascal's triangle."""
    rows = [np.array([comb(n - 1, i) for i in range(n)]) / 2 ** (n - 1) for n in weight.shape[2:]]
    if max(weight.shape[2:]) < 2 or "dilation" in sliding(call, len(rows)) or weight.shape[1] != 1:
        return False
    try:
        found = array_of(weight)
    except NotUnderstoodError:
        return False
    wanted = reduce(np.multiply.outer, rows)
    return found is not None and bool(np.allclose(found, wanted, rtol=1e-3, atol=0))


def _dynamic(call: Call, x: Value, fields: dict[str, FieldValue]) -> Value:
    weight = call.value("weight")
    order = range(len(weight.axes))
    sources = [x, call.in_order(weight, order)]
    if call.known("bias"):
        sources.append(call.value("bias"))
    return layer(call, "dynamic_conv", sources, canonical(len(x.shape) + 1), **fields)


def fused_conv(call: Call) -> Value:
    """A convolution and an activation, as ONNX Runtime joins them."""
    made = conv(call)
    word = text(call, "activation", "")
    if word not in _FUSED:
        raise NotUnderstoodError(f"the activation {word or 'of it'} is not followed")
    return like(call, made, _FUSED[word])


_FUSED = {"Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh"}


def conv_transpose(call: Call) -> Value:
    """A transposed convolution; `output_shape` says what is cropped, and what is missing."""
    x = channels_first(call, "x")
    rank, weight, bias = len(x.shape) - 1, weight_of(call), bias_of(call)
    groups = integer(call, "group", 1)
    kernel = _kernel(call, weight)
    fields = sliding(call, rank)
    extra = integers(call, "output_padding") or [0] * rank
    if wanted := integers(call, "output_shape"):
        fields |= _cropped(call, x, weight, extra, wanted)
    else:
        fields |= stated(output_padding=(short(extra), 0))
    fields |= stated(groups=(groups, 1), bias=(bias is not None, True))
    if weight.shape[0] != x.shape[0]:
        raise NotUnderstoodError(f"{x.shape[0]} channels arrive, and the weight is {weight.shape}")
    return layer(
        call,
        "conv_transpose",
        [x],
        canonical(rank + 2),
        {"weight": weight, "bias": bias},
        out_channels=weight.shape[1] * groups,
        kernel_size=kernel,
        **fields,
    )


def _cropped(
    call: Call, x: Value, weight: Weight, extra: list[int], wanted: list[int]
) -> dict[str, FieldValue]:
    """Padding and output padding of a size that is asked for: the odd one at the end, or at the beginning."""
    rank = len(extra)
    strides, dilations = (integers(call, name) or [1] * rank for name in ("strides", "dilations"))
    axes = zip(x.shape[1:], weight.shape[2:], strides, dilations, extra, wanted[-rank:], strict=True)
    surplus = [(i - 1) * s + d * (k - 1) + 1 + e - o for i, k, s, d, e, o in axes]
    crops = [max(n, 0) for n in surplus]
    upper = text(call, "auto_pad", "NOTSET") == "SAME_UPPER"
    pairs: list[FieldValue] = [[n // 2, n - n // 2] if upper else [n - n // 2, n // 2] for n in crops]
    added = [e + n - s for e, n, s in zip(extra, crops, surplus, strict=True)]
    found: dict[str, FieldValue] = {"padding": pairs if any(crops) else 0}
    if all(n % 2 == 0 for n in crops):
        found["padding"] = short([n // 2 for n in crops])
    return {**found, **stated(output_padding=(short(added), 0))}


def deform_conv(call: Call) -> Value:
    """A deformable convolution; its offsets and mask are computed before it."""
    x, weight, bias = channels_first(call, "x"), weight_of(call), bias_of(call)
    rank = len(x.shape) - 1
    sources = [x, channels_first(call, "offsets")]
    if call.known("mask"):
        sources.append(channels_first(call, "mask"))
    fields = sliding(call, rank) | stated(
        groups=(integer(call, "group", 1), 1),
        deform_groups=(integer(call, "offset_group", 1), 1),
        bias=(bias is not None, True),
    )
    weights = {"weight": weight, "bias": bias}
    kernel = _kernel(call, weight)
    return layer(
        call,
        "deform_conv",
        sources,
        canonical(rank + 2),
        weights,
        out_channels=weight.shape[0],
        kernel_size=kernel,
        **fields,
    )


# -- pools --------------------------------------------------------------------------------------------------


def _pooling(call: Call, rank: int) -> dict[str, FieldValue]:
    kernel = short(integers(call, "kernel_shape") or [])
    fields = sliding(call, rank)
    stride = stated(stride=(fields.pop("stride", 1), kernel))
    ceil = stated(ceil_mode=(integer(call, "ceil_mode", 0) == 1, False))
    return {"kernel_size": kernel, **stride, **fields, **ceil}


def max_pool(call: Call) -> Value:
    """The largest of windows; where it stood is not followed."""
    x = channels_first(call, "x")
    integer(call, "storage_order", 0)
    fields = _pooling(call, len(x.shape) - 1)
    x = _widened(call, x, fields, "replicate")
    return layer(call, "max_pool", [x], canonical(len(x.shape) + 1), **fields)


def avg_pool(call: Call) -> Value:
    """The mean of windows."""
    x = channels_first(call, "x")
    fields = _pooling(call, len(x.shape) - 1)
    include = integer(call, "count_include_pad", 0) == 1
    if "dilation" in fields:
        raise NotUnderstoodError("its window has gaps (dilations)")
    if include:
        x = _widened(call, x, fields, "constant")
    if "padding" in fields:
        by_default = not isinstance(fields["padding"], str)
        fields |= stated(count_include_pad=(include, by_default))
    return layer(call, "avg_pool", [x], canonical(len(x.shape) + 1), **fields)


def _widened(call: Call, x: Value, fields: dict[str, FieldValue], mode: str) -> Value:
    """The tensor, padded beforehand if a pool would refuse the padding: more than half its window."""
    pads = fields.get("padding", 0)
    if isinstance(pads, str):
        return x
    rank = len(x.shape) - 1
    kernel = fields["kernel_size"]
    sizes = kernel if isinstance(kernel, list) else [kernel] * rank
    given = pads if isinstance(pads, list) else [pads] * rank
    pairs: list[FieldValue] = [one if isinstance(one, list) else [one, one] for one in given]
    if all(
        isinstance(n, int) and isinstance(size, int) and n <= size // 2
        for pair, size in zip(pairs, sizes, strict=True)
        for n in (pair if isinstance(pair, list) else [])
    ):
        return x
    del fields["padding"]
    more: dict[str, FieldValue] = {"mode": mode} if mode != "constant" else {}
    return layer(call, "pad", [x], x.axes, padding=pairs, **more)


def global_pool(kind: str) -> Rule:
    """Over all positions."""

    def rule(call: Call) -> Value:
        x = channels_first(call, "x")
        if len(x.shape) == 1:
            return x
        return layer(call, kind, [x], canonical(len(x.shape) + 1))

    return rule


def max_unpool(_call: Call) -> Value:
    """Refused: where the largest stood is not followed."""
    raise NotUnderstoodError("it puts numbers where a pool found them, which is not followed")


# -- resizing -----------------------------------------------------------------------------------------------


def resize(call: Call) -> Value:
    """Resizing, by sizes or by scales."""
    x = channels_first(call, "x")
    rank, mode = len(x.shape) - 1, text(call, "mode", "nearest")
    wanted = _sizes(call, x)
    way = text(call, "coordinate_transformation_mode", "half_pixel")
    for name in ("roi", "nearest_mode", "extrapolation_value"):
        call.argument(name)
    if integer(call, "antialias", 0) or integer(call, "exclude_outside", 0):
        raise NotUnderstoodError("it leaves out what lies outside, or has antialiasing")
    if way == "tf_crop_and_resize":
        raise NotUnderstoodError("it takes a region (tf_crop_and_resize)")
    if abs((number(call, "cubic_coeff_a") or -0.75) + 0.75) > 1e-6 and mode == "cubic":
        raise NotUnderstoodError("a cubic other than that with -0.75")
    fields: dict[str, FieldValue] = {"size": short(wanted)}
    if mode != "nearest":
        words = {"linear": ("linear", "bilinear", "trilinear")[rank - 1], "cubic": "bicubic"}
        fields |= {"mode": words[mode], **stated(align_corners=(way == "align_corners", False))}
    return layer(call, "upsample", [x], canonical(rank + 2), **fields)


def _sizes(call: Call, x: Value) -> list[int]:
    """The spatial sizes that leave a resize."""
    full = len(x.shape) + 1
    axes = integers(call, "axes")
    places = [*range(full)] if axes is None else [axis % full for axis in axes]
    lengths = (1, *x.shape)
    if sizes := integers(call, "sizes"):
        if text(call, "keep_aspect_ratio_policy", "stretch") != "stretch":
            raise NotUnderstoodError("it keeps the aspect ratio (keep_aspect_ratio_policy)")
        given = dict(zip(places, sizes, strict=True))
    else:
        call.argument("keep_aspect_ratio_policy")
        scales = _scales(call)
        given = {d: int(lengths[d] * scale) for d, scale in zip(places, scales, strict=True)}
    found = [given.get(d, n) for d, n in enumerate(lengths)]
    if found[:2] != [*lengths[:2]]:
        raise NotUnderstoodError("it resizes channels, or the batch")
    return found[2:]


def _scales(call: Call) -> list[float]:
    found = floats(call, "scales")
    if not found:
        raise NotUnderstoodError("it has neither sizes nor scales")
    return found


def depth_to_space(call: Call) -> Value:
    """Channels become positions; in mode DCR the channels stand in another order."""
    x, factor = channels_first(call, "x"), integer(call, "blocksize", 0)
    if text(call, "mode", "DCR") == "DCR":
        x = layer(call, "channel_shuffle", [x], x.axes, groups=factor * factor)
    return layer(call, "pixel_shuffle", [x], canonical(4), upscale_factor=factor)


def space_to_depth(call: Call) -> Value:
    """Positions become channels; in mode DCR the channels stand in another order."""
    x, factor = channels_first(call, "x"), integer(call, "blocksize", 0)
    made = layer(call, "pixel_unshuffle", [x], canonical(4), downscale_factor=factor)
    if text(call, "mode", "DCR") == "DCR":
        made = layer(call, "channel_shuffle", [made], made.axes, groups=x.shape[0])
    return made


def grid_sample(call: Call) -> Value:
    """A map sampled at the places of a grid."""
    x, grid = channels_first(call, "x"), call.value("grid")
    mode = {"linear": "bilinear", "bilinear": "bilinear", "nearest": "nearest"}.get(
        text(call, "mode", "linear")
    )
    beyond = text(call, "padding_mode", "zeros")
    if mode is None or beyond == "reflection":
        raise NotUnderstoodError("cubic interpolation, or mirror images beyond the borders")
    rank = len(grid.axes)
    places = call.in_order(grid, [rank - 1, *range(1, rank - 1)])
    fields = stated(
        mode=(mode, "bilinear"),
        padding_mode=(beyond, "zeros"),
        align_corners=(integer(call, "align_corners", 0) == 1, False),
    )
    return layer(call, "grid_sample", [x, places], canonical(rank), **fields)
