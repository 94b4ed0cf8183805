"""Keras' layers, each with the layers of ours that it is."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.keras.activations import ACTIVATIONS, activated
from archcost.importing.keras.arguments import (
    arriving,
    flag,
    image,
    integer,
    learned,
    number,
    refuse,
    unmasked,
    word,
)
from archcost.importing.keras.attention import ATTENTION, features
from archcost.importing.keras.recurrent import RECURRENT
from archcost.importing.rules import (
    as_shape,
    by_number,
    concatenated,
    each,
    joined,
    laid,
    padded,
    short,
    stated,
    with_axes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.model import Argument
    from archcost.importing.values import Value


# -- windows ------------------------------------------------------------------------------------------------


def _padding(call: Call, spans: Sequence[int]) -> FieldValue:
    """Our word; a window of one position needs none."""
    given = word(call, "padding", "valid")
    if given not in {"valid", "same", "causal"}:
        raise NotUnderstoodError(f"padding is {given}")
    return 0 if given == "valid" or {*spans} == {1} else given


def _axes(call: Call, name: str, x: Value, default: int = 1) -> list[int]:
    """A number per spatial axis."""
    rank = len(x.shape) - 1
    found = each(call.integers(name) if call.argument(name) is not None else [default], rank)
    if len(found) != rank:
        raise NotUnderstoodError(f"{name} is {found}, and there are {rank} spatial axes")
    return found


def _window(call: Call, x: Value, size: str = "kernel_size") -> dict[str, FieldValue]:
    """The fields of a window that slides."""
    kernel = _axes(call, size, x)
    return {
        "kernel_size": short(kernel),
        **stated(
            stride=(short(_axes(call, "strides", x)), 1),
            padding=(_padding(call, kernel), 0),
            dilation=(short(_axes(call, "dilation_rate", x)), 1),
        ),
    }


def _conv(call: Call) -> Value:
    x = image(call, arriving(call))
    out, groups, bias = (
        integer(call, "filters"),
        integer(call, "groups"),
        flag(call, "use_bias", default=True),
    )
    fields = {
        "out_channels": out,
        **_window(call, x),
        **stated(groups=(groups, 1), bias=(bias, True)),
    }
    kernel = _axes(call, "kernel_size", x)
    taken = learned(call, weight=(out, x.shape[0] // groups, *kernel), bias=(out,) if bias else None)
    return activated(call, laid(call, "conv", x, taken, **fields))


def _depthwise(call: Call) -> Value:
    x = image(call, arriving(call))
    many, bias = integer(call, "depth_multiplier"), flag(call, "use_bias", default=True)
    fields = {**_window(call, x), **stated(multiplier=(many, 1), bias=(bias, True))}
    out = x.shape[0] * many
    taken = learned(call, weight=(out, 1, *_axes(call, "kernel_size", x)), bias=(out,) if bias else None)
    return activated(call, laid(call, "depthwise_conv", x, taken, **fields))


def _separable(call: Call) -> Value:
    """Every channel alone, and then all of them at each position."""
    x = image(call, arriving(call))
    many, out = integer(call, "depth_multiplier"), integer(call, "filters")
    bias = flag(call, "use_bias", default=True)
    inner = x.shape[0] * many
    fields = {**_window(call, x), **stated(multiplier=(many, 1)), "bias": False}
    depthwise = learned(call, depthwise=(inner, 1, *_axes(call, "kernel_size", x)))
    x = laid(call, "depthwise_conv", x, {"weight": depthwise["depthwise"]}, **fields)
    ones = [1] * (len(x.shape) - 1)
    pointwise = learned(call, pointwise=(out, inner, *ones), bias=(out,) if bias else None)
    taken = {"weight": pointwise["pointwise"], "bias": pointwise["bias"]}
    x = laid(call, "conv", x, taken, out_channels=out, kernel_size=1, **stated(bias=(bias, True)))
    return activated(call, x)


def _conv_transpose(call: Call) -> Value:
    x = image(call, arriving(call))
    out, bias = integer(call, "filters"), flag(call, "use_bias", default=True)
    fields: dict[str, FieldValue] = {"out_channels": out, **_window(call, x), **stated(bias=(bias, True))}
    kernel, strides = _axes(call, "kernel_size", x), _axes(call, "strides", x)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, _axes(call, "dilation_rate", x), strict=True)]
    same = word(call, "padding", "valid") == "same"
    if call.argument("output_padding") is not None:
        fields["padding"] = short([span // 2 for span in spans]) if same else 0
        fields["output_padding"] = short(_axes(call, "output_padding", x))
    elif same:
        fields["padding"] = "same"
    elif any(stride > span for stride, span in zip(strides, spans, strict=True)):
        # What is between the kernels is kept behind the last one as well.
        fields["output_padding"] = short(
            [max(stride - span, 0) for stride, span in zip(strides, spans, strict=True)]
        )
    taken = learned(call, weight=(x.shape[0], out, *kernel), bias=(out,) if bias else None)
    return activated(call, laid(call, "conv_transpose", x, taken, **fields))


def _pool(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x = image(call, arriving(call))
        size = _axes(call, "pool_size", x, 2)
        strides = _axes(call, "strides", x) if call.argument("strides") is not None else size
        fields = stated(stride=(short(strides), short(size)), padding=(_padding(call, size), 0))
        return laid(call, kind, x, kernel_size=short(size), **fields)

    return rule


def _global_pool(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x = image(call, unmasked(call))
        x = laid(call, kind, x)
        if flag(call, "keepdims", default=False):
            return x
        channels = next(d for d, axis in enumerate(x.axes) if axis == 0)
        axes = (*[None] * channels, 0)[-2:] if channels else (0,)
        return call.add("flatten", [x], x.shape[:1], axes)

    return rule


def _adaptive_pool(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        x = image(call, arriving(call))
        return laid(call, kind, x, output_size=short(_axes(call, "output_size", x)))

    return rule


def _zero_padding(call: Call) -> Value:
    x = image(call, arriving(call))
    return padded(call, x, _by_dimension(x, _pairs(call, "padding", x)))


def _cropping(call: Call) -> Value:
    x = image(call, arriving(call))
    cuts = _pairs(call, "cropping", x)
    return laid(call, "crop", x, cropping=[[*pair] for pair in cuts]) if any(map(any, cuts)) else x


def _pairs(call: Call, name: str, x: Value) -> list[tuple[int, int]]:
    """What is before and after, per spatial axis: a number for both, or two."""
    given = call.argument(name, 1)
    several = [given] * (len(x.shape) - 1) if isinstance(given, int) else given
    if not isinstance(several, list):
        raise NotUnderstoodError(f"{name} is no list")
    if len(x.shape) == 2 and all(isinstance(one, int) for one in several) and len(several) == 2:
        several = [several]
    found: list[tuple[int, int]] = []
    for one in several:
        before, after = one if isinstance(one, list) else (one, one)
        if not isinstance(before, int) or not isinstance(after, int):
            raise NotUnderstoodError(f"{name} are no whole numbers")
        found.append((before, after))
    if len(found) != len(x.shape) - 1:
        raise NotUnderstoodError(
            f"{name} has {len(found)} entries, and there are {len(x.shape) - 1} spatial axes"
        )
    return found


def _by_dimension(x: Value, pairs: Sequence[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    return {x.axes.index(i): pair for i, pair in enumerate(pairs, 1)}


def _up_sampling(call: Call) -> Value:
    x = image(call, arriving(call))
    fields = stated(mode=(_mode(call), "nearest"))
    return laid(call, "upsample", x, scale_factor=short(_axes(call, "size", x, 2)), **fields)


def _mode(call: Call) -> str:
    mode = word(call, "interpolation", "nearest")
    if mode not in {"nearest", "bilinear", "bicubic"}:
        raise NotUnderstoodError(f"interpolation is {mode}")
    return mode


def _resizing(call: Call) -> Value:
    refuse(call, "crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias")
    x = image(call, call.value("0"))  # which is called with training=True, whatever is done
    size = short([integer(call, "height"), integer(call, "width")])
    mode = word(call, "interpolation", "bilinear")
    if mode not in {"nearest", "bilinear", "bicubic"}:
        raise NotUnderstoodError(f"interpolation is {mode}")
    return laid(call, "upsample", x, size=size, **stated(mode=(mode, "nearest")))


def _center_crop(call: Call) -> Value:
    x = image(call, call.value("0"))
    size = [integer(call, "height"), integer(call, "width")]
    spare = [n - wanted for n, wanted in zip(x.shape[1:], size, strict=True)]
    if min(spare) < 0:
        raise NotUnderstoodError(f"{x.theirs} is smaller than {size}, and resized")
    return laid(call, "crop", x, cropping=[[n // 2, n - n // 2] for n in spare]) if any(spare) else x


# -- features -----------------------------------------------------------------------------------------------


def _dense(call: Call) -> Value:
    x, units, bias = arriving(call), integer(call, "units"), flag(call, "use_bias", default=True)
    return activated(call, features(call, x, units, bias=bias))


def _embedding(call: Call) -> Value:
    x = arriving(call)
    if len(x.axes) != 2 or x.axes[1] != 0:
        raise NotUnderstoodError(f"{x.theirs} are no tokens in a row")
    many, wide = integer(call, "input_dim"), integer(call, "output_dim")
    fields = {"num_embeddings": many, "embedding_dim": wide}
    taken = learned(call, weight=(many, wide))
    return call.add("embedding", [x], (wide, x.shape[0]), (None, 1, 0), taken, **fields)


# -- norms --------------------------------------------------------------------------------------------------


def _by_channel(call: Call, x: Value, dims: Sequence[int]) -> Value:
    """A tensor whose channels are the dimension that a norm keeps apart."""
    if len(dims) != 1:
        raise NotUnderstoodError(f"it is along {len(dims)} axes")
    dim = dims[0] % len(x.axes)
    if x.axes[dim] == 0:
        return x
    return call.in_order(x, [dim, *(d for d in range(1, len(x.axes)) if d != dim and x.axes[d] is not None)])


def _batch_norm(call: Call) -> Value:
    x = _by_channel(call, unmasked(call), call.integers("axis", [-1]))
    scale, shift = flag(call, "scale", default=True), flag(call, "center", default=True)
    fields = stated(eps=(number(call, "epsilon", 1e-3), 1e-5))
    fields |= stated(scale=(scale, True), shift=(shift, True)) if scale or shift else {"affine": False}
    size = x.shape[:1]
    taken = learned(call, weight=size if scale else None, bias=size if shift else None)
    return call.add("batch_norm", [x], x.shape, x.axes, taken, **fields)


def _layer_norm(call: Call) -> Value:
    refuse(call, "rms_scaling")
    x = arriving(call)
    there = sorted(
        {axis for d in call.integers("axis", [-1]) if (axis := x.axes[d % len(x.axes)]) is not None}
    )
    if not there:
        raise NotUnderstoodError("it is along a dimension of 1")
    scale, shift = flag(call, "scale", default=True), flag(call, "center", default=True)
    if shift and not scale:
        raise NotUnderstoodError("a shift without a scale is no rule of a layer")
    fields = stated(axis=(short(there), 0), eps=(number(call, "epsilon", 1e-3), 1e-5), affine=(scale, True))
    if scale and not shift:
        fields["bias"] = False
    size = tuple(x.shape[axis] for axis in there)
    taken = learned(call, weight=size if scale else None, bias=size if shift else None)
    return call.add("layer_norm", [x], x.shape, x.axes, taken, **fields)


def _rms_norm(call: Call) -> Value:
    x = arriving(call)
    there = sorted(
        {axis for d in call.integers("axis", [-1]) if (axis := x.axes[d % len(x.axes)]) is not None}
    )
    if not there:
        raise NotUnderstoodError("it is along a dimension of 1")
    fields = stated(axis=(short(there), 0), eps=(number(call, "epsilon", 1e-6), 1e-6))
    taken = learned(call, weight=tuple(x.shape[axis] for axis in there))
    return call.add("rms_norm", [x], x.shape, x.axes, taken, **fields)


def _group_norm(call: Call) -> Value:
    x = _by_channel(call, arriving(call), call.integers("axis", [-1]))
    scale, shift = flag(call, "scale", default=True), flag(call, "center", default=True)
    if shift and not scale:
        raise NotUnderstoodError("a shift without a scale is no rule of a layer")
    groups = integer(call, "groups", 32)
    fields = {"num_groups": x.shape[0] if groups == -1 else groups}
    fields |= stated(eps=(number(call, "epsilon", 1e-3), 1e-5), affine=(scale, True))
    if scale and not shift:
        fields["bias"] = False
    size = x.shape[:1]
    taken = learned(call, weight=size if scale else None, bias=size if shift else None)
    return laid(call, "group_norm", x, taken, **fields)


def _unit_norm(call: Call) -> Value:
    x = arriving(call)
    there = sorted(
        {axis for d in call.integers("axis", [-1]) if (axis := x.axes[d % len(x.axes)]) is not None}
    )
    if not there:
        raise NotUnderstoodError("it is along a dimension of 1")
    return laid(call, "normalize", x, **stated(axis=(short(there), 0)), eps=1e-6)


def _normalization(call: Call) -> Value:
    """Known means and variances per channel: a batch norm that learns nothing."""
    refuse(call, "invert")
    x = _by_channel(call, arriving(call), call.integers("axis", [-1]))
    return call.add("batch_norm", [x], x.shape, x.axes, affine=False, eps=1e-7)


def _layer_scale(call: Call) -> Value:
    x = arriving(call)
    size = integer(call, "projection_dim")
    if x.axes[-1] != 0 or x.shape[0] != size:
        raise NotUnderstoodError(f"it scales {size} channels, and {x.theirs} arrives")
    return call.add("layer_scale", [x], x.shape, x.axes, learned(call, weight=(size,)))


def _custom_scale(call: Call) -> Value:
    """Inception-ResNet's residual: the first tensor, and the second times a number."""
    first, second = call.values("0")
    scaled = by_constant(call, "multiply", second, number(call, "scale", 1))
    call.module = call.module.rpartition(".")[0]  # the sum stands beside it, around what is scaled
    return joined(call, "add", first, scaled)


# -- elementwise --------------------------------------------------------------------------------------------


def _unchanged(call: Call) -> Value:
    """What makes no difference when a model is used: dropout, noise, augmentation."""
    return arriving(call)


def _rescaling(call: Call) -> Value:
    x = by_constant(call, "multiply", arriving(call), call.argument("scale", 1))
    return by_constant(call, "add", x, call.argument("offset", 0))


def by_constant(call: Call, kind: str, x: Value, given: Argument) -> Value:
    """A tensor and a number, or a number for each channel."""
    if isinstance(given, list):
        several: list[float] = [one for one in given if isinstance(one, int | float)]
        if len(several) != len(given) or len(several) not in {1, x.shape[0]} or x.axes[-1] != 0:
            raise NotUnderstoodError("its constants are not one per channel")
        if len({*several}) > 1:
            values: list[FieldValue] = [*several]
            for _ in x.shape[1:]:
                values = [[one] for one in values]
            shape = (x.shape[0], *[1] * (len(x.shape) - 1))
            table = call.add("constant", [], shape, x.axes, values=values)
            return call.add(kind, [x, table], x.shape, x.axes)
        given = several[0]
    if not isinstance(given, int | float):
        raise NotUnderstoodError("it takes no plain number")
    if given == (1 if kind in {"multiply", "divide"} else 0):
        return x
    return by_number(call, kind, x, given)


def _merge(kind: str) -> Rule:
    def rule(call: Call) -> Value:
        return joined(call, kind, *call.values("0"))

    return rule


def _concatenate(call: Call) -> Value:
    several = call.values("0")
    return concatenated(call, several, integer(call, "axis", -1) % len(several[0].axes))


# -- shapes -------------------------------------------------------------------------------------------------


def _flatten(call: Call) -> Value:
    x = arriving(call)
    if word(call, "data_format") == "channels_first" and len(x.axes) > 2:
        x = x._replace(axes=(x.axes[0], *x.axes[2:], x.axes[1]))
    return as_shape(call, x, (1, prod(x.theirs)))


def _reshape(call: Call) -> Value:
    x = arriving(call)
    return as_shape(call, x, (1, *sizes_of(call.integers("target_shape"), prod(x.theirs))))


def sizes_of(given: Sequence[int], elements: int) -> list[int]:
    """A shape for so many elements; a size of -1 is whatever is left.

    >>> sizes_of([-1, 4], 12)
    [3, 4]
    """
    known = prod(n for n in given if n != -1)
    found = [elements // known if n == -1 else n for n in given]
    if prod(found) != elements:
        raise NotUnderstoodError(f"{elements} elements have no shape {[*given]}")
    return found


def _permute(call: Call) -> Value:
    x = arriving(call)
    dims = call.integers("dims")
    if sorted(dims) != [*range(1, len(x.axes))]:
        raise NotUnderstoodError(f"dims are {dims}")
    return x._replace(axes=tuple(x.axes[d] for d in (0, *dims)))


def _repeat_vector(call: Call) -> Value:
    x, many = arriving(call), integer(call, "n")
    x = with_axes(call, x._replace(axes=(x.axes[0], None, *x.axes[1:])), [1])
    axis = x.axes[1] or 0
    shape = tuple(many if i == axis else n for i, n in enumerate(x.shape))
    return call.add("expand", [x], shape, x.axes, shape=[*shape])


def _lambda(_call: Call) -> Value:
    raise NotUnderstoodError("a Lambda layer carries code, which is never run; write what it does as layers")


_DIMENSIONS = (1, 2, 3)

LAYERS: dict[str, Rule] = {
    **ACTIVATIONS,
    **ATTENTION,
    **RECURRENT,
    **{f"Conv{n}D": _conv for n in _DIMENSIONS},
    **{f"Convolution{n}D": _conv for n in _DIMENSIONS},
    **{f"DepthwiseConv{n}D": _depthwise for n in _DIMENSIONS},
    **{f"SeparableConv{n}D": _separable for n in _DIMENSIONS},
    **{f"Conv{n}DTranspose": _conv_transpose for n in _DIMENSIONS},
    **{f"MaxPooling{n}D": _pool("max_pool") for n in _DIMENSIONS},
    **{f"AveragePooling{n}D": _pool("avg_pool") for n in _DIMENSIONS},
    **{f"GlobalMaxPooling{n}D": _global_pool("global_max_pool") for n in _DIMENSIONS},
    **{f"GlobalAveragePooling{n}D": _global_pool("global_avg_pool") for n in _DIMENSIONS},
    **{f"AdaptiveMaxPooling{n}D": _adaptive_pool("adaptive_max_pool") for n in _DIMENSIONS},
    **{f"AdaptiveAveragePooling{n}D": _adaptive_pool("adaptive_avg_pool") for n in _DIMENSIONS},
    **{f"ZeroPadding{n}D": _zero_padding for n in _DIMENSIONS},
    **{f"Cropping{n}D": _cropping for n in _DIMENSIONS},
    **{f"UpSampling{n}D": _up_sampling for n in _DIMENSIONS},
    "Resizing": _resizing,
    "CenterCrop": _center_crop,
    "Dense": _dense,
    "Embedding": _embedding,
    "BatchNormalization": _batch_norm,
    "SyncBatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "GroupNormalization": _group_norm,
    "UnitNormalization": _unit_norm,
    "Normalization": _normalization,
    "LayerScale": _layer_scale,
    "CustomScaleLayer": _custom_scale,
    **dict.fromkeys(
        (
            *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout"),
            *("GaussianNoise", "AlphaDropout", "ActivityRegularization", "Identity", "StochasticDepth"),
            *("RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast"),
            *("RandomBrightness",),
        ),
        _unchanged,
    ),
    "Rescaling": _rescaling,
    "Add": _merge("add"),
    "Subtract": _merge("subtract"),
    "Multiply": _merge("multiply"),
    "Average": _merge("average"),
    "Maximum": _merge("max"),
    "Minimum": _merge("min"),
    "Concatenate": _concatenate,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
    "Lambda": _lambda,
}
"""Class of a layer -> its rule."""
