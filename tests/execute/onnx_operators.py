"""How ONNX's operators are written as archcost's layers.

Where an operator has more to say than a layer kind, it is several layers: a clamp is a `relu6` between two
scalings, a slope per element a `prelu` of the flattened tensor. What no layers can say is in `onnx_scope`.
"""

from __future__ import annotations

from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcost.execute.arrays import Array
    from archcost.windows.window import Pads
    from tests.execute.onnx_cases import Case

    Translation = Callable[[Case], "Array | list[Array]"]


# -- windows ----------------------------------------------------------------------------------------------


def conv(case: Case) -> Array:
    """With as many groups as channels it is a `depthwise_conv`."""
    weight, channels = case.tensor(1), case.x.shape[1]
    groups = case.attribute("group", 1)
    word, fields = "conv", {"out_channels": weight.shape[0], "groups": groups}
    if groups == channels > 1:
        word, fields = "depthwise_conv", {"multiplier": weight.shape[0] // channels}
    return case.each(
        word,
        case.x,
        weights=_weight_and_bias(case, weight, 2),
        bias=case.has(2),
        padding=_padding(case),
        **_sliding(case, weight.shape[2:]),
        **fields,
    )


def conv_transpose(case: Case) -> Array:
    weight = case.tensor(1)
    fields = _sliding(case, weight.shape[2:]) | _groups(case) | _cropping(case, weight.shape[2:])
    out_channels = weight.shape[1] * case.attribute("group", 1)
    weights = _weight_and_bias(case, weight, 2)
    return case.each(
        "conv_transpose", case.x, weights=weights, out_channels=out_channels, bias=case.has(2), **fields
    )


def _cropping(case: Case, kernel: tuple[int, ...]) -> dict[str, Any]:
    """Padding, or what of it `output_shape` asks for: what is too much is cropped, what is missing added."""
    extra = case.attribute("output_padding", (0,) * len(kernel))
    wanted = case.attribute("output_shape")
    if wanted is None:
        return {"padding": _padding(case)} | ({"output_padding": extra} if any(extra) else {})
    strides, ones = case.attribute("strides"), (1,) * len(kernel)
    dilations = case.attribute("dilations", ones)
    axes = zip(case.x.shape[2:], kernel, strides, dilations, extra, wanted, strict=True)
    surplus = [(i - 1) * s + d * (k - 1) + 1 + e - o for i, k, s, d, e, o in axes]
    crops = [max(n, 0) for n in surplus]
    return {
        "padding": tuple((n - n // 2, n // 2) for n in crops),
        "output_padding": tuple(e + n - s for e, n, s in zip(extra, crops, surplus, strict=True)),
    }


def deform_conv(case: Case) -> Array:
    weight = case.tensor(1)
    inputs = (case.x, case.tensor(2), *([case.tensor(4)] if case.has(4) else []))
    return case.each(
        "deform_conv",
        *inputs,
        weights=_weight_and_bias(case, weight, 3),
        out_channels=weight.shape[0],
        bias=case.has(3),
        padding=_padding(case),
        deform_groups=case.attribute("offset_group", 1),
        **_sliding(case, weight.shape[2:]),
        **_groups(case),
    )


def grid_sample(case: Case) -> Array:
    mode = case.attribute("mode", "linear")
    return case.each(
        "grid_sample",
        case.x,
        np.moveaxis(case.tensor(1), -1, 1),
        mode="bilinear" if mode == "linear" else mode,
        padding_mode=case.attribute("padding_mode", "zeros"),
        align_corners=case.attribute("align_corners", 0) == 1,
    )


def affine_grid(case: Case) -> Array:
    y = case.each(
        "affine_grid",
        case.x,
        size=case.numbers(1)[2:],
        align_corners=case.attribute("align_corners", 0) == 1,
    )
    return np.moveaxis(y, 1, -1)


def roi_align(case: Case) -> Array:
    """All boxes are of the first sample."""
    assert set(case.numbers(2)) == {0}
    assert case.attribute("mode", "avg") == "avg"
    y = case.run(
        "roi_align",
        case.x[0],
        case.tensor(1).T,
        output_size=(case.attribute("output_height"), case.attribute("output_width")),
        sampling_ratio=case.attribute("sampling_ratio"),
        spatial_scale=case.attribute("spatial_scale"),
        aligned=case.attribute("coordinate_transformation_mode") == "half_pixel",
    )
    return np.swapaxes(y, 0, 1)


def max_pool(case: Case) -> Array:
    case.attribute("storage_order")  # of the positions, which are another output
    # The largest of a window does not notice whether the edge is repeated beyond the border.
    x, padding = _padded_by_half(case, "replicate")
    return case.each("max_pool", x, padding=padding, **_rounded_sliding(case))


def average_pool(case: Case) -> Array:
    x, padding = _padded_by_half(case, "constant")
    fields = _rounded_sliding(case) | {"count_include_pad": case.attribute("count_include_pad", 0) == 1}
    assert set(fields.pop("dilation")) == {1}
    return case.each("avg_pool", x, padding=padding, **fields)


def wide(case: Case) -> bool:
    """Whether the padding is more than half of the window, which a pool refuses, as PyTorch does."""
    padding = _padding(case)
    if isinstance(padding, str):
        return False
    return any(max(pads) > k // 2 for pads, k in zip(padding, case.attribute("kernel_shape"), strict=True))


def _padded_by_half(case: Case, mode: str) -> tuple[Array, Pads | str | tuple[int]]:
    """Input and padding of a pool; padding that is too wide for a pool becomes a `pad` before it."""
    if not wide(case):
        return case.x, _padding(case)
    return case.each("pad", case.x, padding=_padding(case), mode=mode), (0,)


def _padding(case: Case) -> Pads | str:
    word = case.attribute("auto_pad", "NOTSET")
    if word != "NOTSET":
        return {"SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"}[word]
    rank = len(case.inputs[0].shape) - 2
    pads = case.attribute("pads", (0,) * 2 * rank)
    return tuple(zip(pads[:rank], pads[rank:], strict=True))


def _sliding(case: Case, kernel: tuple[int, ...]) -> dict[str, Any]:
    ones = (1,) * len(kernel)
    assert case.attribute("kernel_shape", kernel) == kernel
    return {
        "kernel_size": kernel,
        "stride": case.attribute("strides", ones),
        "dilation": case.attribute("dilations", ones),
    }


def _rounded_sliding(case: Case) -> dict[str, Any]:
    rounding = {"ceil_mode": case.attribute("ceil_mode", 0) == 1}
    return _sliding(case, case.attribute("kernel_shape")) | rounding


def _groups(case: Case) -> dict[str, Any]:
    return {"groups": case.attribute("group", 1)}


def _weight_and_bias(case: Case, weight: Array, position: int) -> dict[str, Array]:
    return {"weight": weight} | ({"bias": case.tensor(position)} if case.has(position) else {})


# -- norms ------------------------------------------------------------------------------------------------


def batch_norm(case: Case) -> Array:
    case.attribute("momentum")  # of the running statistics, in training
    names = ("weight", "bias", "running_mean", "running_var")
    weights = {name: case.tensor(i) for i, name in enumerate(names, 1)}
    return case.each("batch_norm", case.x, weights=weights, eps=case.attribute("epsilon", 1e-5))


def layer_norm(case: Case) -> Array:
    axes = tuple(range(case.axis(-1), case.x.ndim))
    return case.run(
        "layer_norm", case.x, weights=_affine(case), axis=axes, eps=case.attribute("epsilon", 1e-5)
    )


def rms_norm(case: Case) -> Array:
    axes = tuple(range(case.axis(-1), case.x.ndim))
    fields = {"axis": axes, "eps": case.attribute("epsilon", 1e-5)}
    return case.run("rms_norm", case.x, weights={"weight": case.tensor(1)}, **fields)


def normalize(case: Case) -> Array:
    return case.run("normalize", case.x, axis=case.axis(-1), p=case.attribute("p", 2))


def group_norm(case: Case) -> Array:
    fields = {"num_groups": case.attribute("num_groups"), "eps": case.attribute("epsilon", 1e-5)}
    return case.each("group_norm", case.x, weights=_affine(case), **fields)


def instance_norm(case: Case) -> Array:
    fields = {"affine": True, "eps": case.attribute("epsilon", 1e-5)}
    return case.each("instance_norm", case.x, weights=_affine(case), **fields)


def mean_variance_normalization(case: Case) -> Array:
    """Over the batch as well: a layer norm of the whole."""
    axes = case.attribute("axes", (0, 2, 3))
    return case.run("layer_norm", case.x, axis=axes, affine=False, eps=0.0)


def local_response_norm(case: Case) -> Array:
    fields = {"alpha": case.attribute("alpha", 1e-4), "beta": case.attribute("beta", 0.75)}
    fields |= {"k": case.attribute("bias", 1.0), "size": case.attribute("size")}
    return case.each("local_response_norm", case.x, **fields)


def _affine(case: Case) -> dict[str, Array]:
    return {"weight": case.tensor(1), "bias": case.tensor(2)}


# -- activations ------------------------------------------------------------------------------------------


def as_it_is(word: str) -> Translation:
    """The kind of that name, on the whole tensor."""
    return lambda case: case.run(word, case.x)


def leaky_relu(case: Case) -> Array:
    return case.run("leaky_relu", case.x, negative_slope=case.attribute("alpha", 0.01))


def elu(case: Case) -> Array:
    return case.run("elu", case.x, alpha=case.attribute("alpha", 1.0))


def celu(case: Case) -> Array:
    """`alpha * elu(x / alpha)`."""
    alpha = case.attribute("alpha", 1.0)
    y = case.run("elu", _scaled(case, case.x, 1 / alpha))
    return _scaled(case, y, alpha)


def selu(case: Case) -> Array:
    """With numbers of its own it is an `elu` and a factor."""
    alpha, gamma = case.attribute("alpha"), case.attribute("gamma")
    if alpha is None and gamma is None:
        return case.run("selu", case.x)
    return _scaled(case, case.run("elu", case.x, alpha=alpha), gamma)


def gelu(case: Case) -> Array:
    return case.run("gelu", case.x, approximate=case.attribute("approximate", "none"))


def swish(case: Case) -> Array:
    """`silu(alpha * x) / alpha`."""
    alpha = case.attribute("alpha", 1.0)
    y = case.run("silu", _scaled(case, case.x, alpha))
    return _scaled(case, y, 1 / alpha)


def hard_sigmoid(case: Case) -> Array:
    """Of `alpha * x + beta`, where archcost's kind has 1/6 and 1/2."""
    alpha, beta = case.attribute("alpha", 0.2), case.attribute("beta", 0.5)
    return case.run("hard_sigmoid", _moved(case, case.x, 6 * alpha, 6 * beta - 3))


def prelu(case: Case) -> Array:
    """Slopes stand along the last axes, archcost's along channels: turn the tensor round, and back."""
    x, slope = case.x, case.tensor(1)
    leading, shape = x.ndim - slope.ndim, x.shape
    turned = case.run("transpose", x, axes=(*range(leading, x.ndim), *range(leading)))
    flat = case.run("reshape", turned, shape=(slope.size, -1))
    y = case.run("prelu", flat, weights={"weight": slope.ravel()}, num_parameters=slope.size)
    y = case.run("reshape", y, shape=(*shape[leading:], *shape[:leading]))
    return case.run("transpose", y, axes=(*range(slope.ndim, x.ndim), *range(slope.ndim)))


def softmax(case: Case) -> Array:
    return case.run("softmax", case.x, axis=case.axis(-1))


def reduced(function: str) -> Translation:
    """Over the axes that the second input names, or an attribute of old; over all where there are none.

    Unless that means nothing.
    """

    def translate(case: Case) -> Array:
        axes = case.numbers(1) if case.has(1) else case.attribute("axes", ())
        keepdim, nothing = case.attribute("keepdims", 1) == 1, case.attribute("noop_with_empty_axes", 0) == 1
        if nothing and not axes:
            return case.run("identity", case.x)
        return case.run("reduce", case.x, function=function, axis=axes or "all", keepdim=keepdim)

    return translate


def located(function: str) -> Translation:
    """Where the largest or smallest along an axis is, or the first of them."""

    def translate(case: Case) -> Array:
        case.attribute("select_last_index")
        keepdim = case.attribute("keepdims", 1) == 1
        return case.run("reduce", case.x, function=function, axis=case.axis(0), keepdim=keepdim)

    return translate


def reduced_between(before: str, after: str) -> Translation:
    """A sum of what a function makes of every element, and another function of that."""

    def translate(case: Case) -> Array:
        axes = tuple(i % case.x.ndim for i in case.numbers(1)) if case.has(1) else ()
        keepdim = case.attribute("keepdims", 1) == 1
        y = case.run(before, case.x)
        return case.run(after, case.run("reduce", y, function="sum", axis=axes or "all", keepdim=keepdim))

    return translate


def log_softmax(case: Case) -> Array:
    return case.run("log_softmax", case.x, axis=case.axis(-1))


def thresholded_relu(case: Case) -> Array:
    return case.run("threshold", case.x, threshold=case.attribute("alpha", 1.0), value=0.0)


def shrink(case: Case) -> Array:
    """Soft if it moves by as much as it cuts, hard if it does not move."""
    bound, moved = case.attribute("lambd", 0.5), case.attribute("bias", 0.0)
    assert moved in {0.0, bound}
    return case.run("soft_shrink" if moved else "hard_shrink", case.x, lambd=bound)


def clip(case: Case) -> Array:
    """One bound is a `relu` of what lies beyond it, two are a `relu6` of six times the way between them."""
    low, high = case.number(1, -inf), case.number(2, inf)
    if (low, high) == (-inf, inf):
        return case.run("identity", case.x)
    if high == inf:
        return _moved(case, case.run("relu", _moved(case, case.x, 1, -low)), 1, low)
    if low == -inf:
        return _moved(case, case.run("relu", _moved(case, case.x, -1, high)), -1, high)
    factor = 6 / (high - low)
    y = case.run("relu6", _moved(case, case.x, factor, -low * factor))
    return _moved(case, y, 1 / factor, low)


def _scaled(case: Case, x: Array, factor: float) -> Array:
    return case.run("scale", x, factor=float(factor))


def _moved(case: Case, x: Array, factor: float, shift: float) -> Array:
    """`factor * x + shift`: a layer scale with the same numbers in every channel."""
    weights = {"weight": np.full(x.shape[0], factor, x.dtype), "bias": np.full(x.shape[0], shift, x.dtype)}
    return case.run("layer_scale", x, weights=weights, bias=True)


# -- merges -----------------------------------------------------------------------------------------------


def merged(word: str) -> Translation:
    """The kind of that name, on all inputs; those of fewer axes get some in front."""
    return lambda case: case.run(word, *_operands(case))


def power(case: Case) -> Array:
    """By one exponent, or by one each as the exponential of a product with the logarithm."""
    if len(case.numbers(1)) == 1:
        return case.run("power", case.x, exponent=case.number(1, 1))
    x, exponents = _operands(case)
    return case.run("exp", case.run("multiply", case.run("log", x), exponents.astype(x.dtype)))


def chosen(case: Case) -> Array:
    condition, *others = _operands(case)
    return case.run("where", condition.astype(others[0].dtype), *others)


def swiglu(case: Case) -> Array:
    """The SiLU of the first, whose sigmoid is of `alpha` times it, times the second."""
    gate, x = _operands(case)
    alpha = case.attribute("alpha", 1.0)
    return case.run("multiply", x, _scaled(case, case.run("silu", _scaled(case, gate, alpha)), 1 / alpha))


def _operands(case: Case) -> list[Array]:
    tensors = [case.tensor(i) for i in range(len(case.inputs))]
    rank = max(x.ndim for x in tensors)
    return [
        x if x.ndim == rank else case.run("reshape", x, shape=(1,) * (rank - x.ndim) + x.shape)
        for x in tensors
    ]


def concat(case: Case) -> Array:
    tensors = [case.tensor(i) for i in range(len(case.inputs))]
    return case.run("concat", *tensors, axis=case.axis(0))


# -- products ---------------------------------------------------------------------------------------------


def gemm(case: Case) -> Array:
    """A linear layer on every row; its factors are folded into the weights, as an exporter would."""
    a = case.run("transpose", case.x, axes=(1, 0)) if case.attribute("transA", 0) else case.x
    b = case.tensor(1) if case.attribute("transB", 0) else case.tensor(1).T
    weights = {"weight": _times(b, case.attribute("alpha", 1.0))}
    if not case.has(2):
        return case.each("linear", a, weights=weights, out_features=b.shape[0], bias=False)
    c = _times(case.tensor(2), case.attribute("beta", 1.0))
    if c.shape == (a.shape[0], b.shape[0]):
        y = case.each("linear", a, weights=weights, out_features=b.shape[0], bias=False)
        return case.run("add", y, c)
    weights["bias"] = np.broadcast_to(c.ravel(), b.shape[:1])
    return case.each("linear", a, weights=weights, out_features=b.shape[0])


def _times(x: Array, factor: float) -> Array:
    return x if factor == 1 else x * x.dtype.type(factor)


def matmul(case: Case) -> Array:
    """As matrices in sets; a vector is a matrix of one row, or of one column."""
    a, b = case.x, case.tensor(1)
    axes = max(a.ndim, b.ndim, 3)
    rows = a.shape if a.ndim > 1 else (1, *a.shape)
    columns = b.shape if b.ndim > 1 else (*b.shape, 1)
    left, right = (
        case.run("reshape", x, shape=(1,) * (axes - len(shape)) + shape)
        for x, shape in ((a, rows), (b, columns))
    )
    y = case.run("matmul", left, right)
    sets = y.shape[axes - max(a.ndim, b.ndim) : -2]
    wanted = (*sets, *rows[:-1][-1:][: a.ndim - 1], *columns[-1:][: b.ndim - 1])
    return case.run("reshape", y, shape=wanted) if wanted else y.reshape(())


def einsum(case: Case) -> Array:
    return case.run("einsum", case.x, case.tensor(1), equation=case.attribute("equation").replace(" ", ""))


def attention(case: Case) -> Array:
    """Scores, their softmax, and a weighted sum: sample by sample, heads side by side."""
    case.attribute("qk_matmul_output_mode")  # of the scores, which are another output
    case.attribute("softmax_precision")  # float32, which it has anyway
    return np.stack([_attention(case, i) for i in range(len(case.x))])


def _attention(case: Case, sample: int) -> Array:
    q, k, v = (case.tensor(i)[sample] for i in range(3))
    heads, shared = case.attribute("q_num_heads", len(q)), case.attribute("kv_num_heads", len(k))
    as_tokens = q.ndim == 2
    if as_tokens:
        q, k, v = (case.run("transpose", x, axes=(1, 0)) for x in (q, k, v))
    if case.has(4):
        k, v = (_following(case, case.tensor(i)[sample], x) for i, x in ((4, k), (5, v)))
    if heads != shared:
        k, v = (_repeated(case, x, shared, heads // shared) for x in (k, v))
    size = q.shape[0] // heads if as_tokens else q.shape[-1]
    scores = case.run("matmul", q, k, heads=heads, transpose_a=as_tokens, transpose_b=not as_tokens)
    scores = _capped(case, _scaled(case, scores, case.attribute("scale", size**-0.5)))
    mask = attention_mask(case, sample).astype(scores.dtype)
    weights = case.run("softmax", case.run("add", scores, mask), axis=2)
    if not as_tokens:
        return case.run("matmul", weights, v)
    y = case.run("matmul", weights, v, transpose_b=True)
    return case.run("transpose", y, axes=(1, 0))


def _following(case: Case, past: Array, x: Array) -> Array:
    """Keys or values behind those of the past, which stand head by head even where these are tokens."""
    if x.ndim == 2:
        turned = case.run("transpose", past, axes=(0, 2, 1))
        past = case.run("reshape", turned, shape=(-1, past.shape[1]))
    return case.run("concat", past, x, axis=1)


def _repeated(case: Case, x: Array, heads: int, times: int) -> Array:
    """Keys or values of which several heads of queries read the same."""
    each = x.shape[0] // heads
    parts = [case.run("slice", x, start=i * each, end=(i + 1) * each) for i in range(heads)]
    return case.run("concat", *(part for part in parts for _ in range(times)))


def _capped(case: Case, scores: Array) -> Array:
    cap = case.attribute("softcap", 0.0)
    if not cap:
        return scores
    return _scaled(case, case.run("tanh", _scaled(case, scores, 1 / cap)), cap)


def attention_mask(case: Case, sample: int) -> Array:
    """What is added to a sample's scores, `[heads or 1, queries, keys]`: minus infinity where none may look.

    Queries follow the past; where only so many keys count, they are the last of those.
    """
    queries: int = case.x.shape[-2]
    past: int = case.tensor(4).shape[2] if case.has(4) else 0
    keys: int = past + case.tensor(1).shape[-2]
    valid: int = case.numbers(6)[sample] if case.has(6) else keys
    first = valid - queries if case.has(6) else past
    ahead = np.arange(keys) - (first + np.arange(queries))[:, np.newaxis]
    left: int = case.attribute("left_window_size", -1)
    right: int = case.attribute("right_window_size", -1)
    seen = (np.arange(keys) < valid) & (ahead <= (0 if case.attribute("is_causal", 0) else keys))
    seen &= (-ahead <= left) | (left < 0)
    seen &= (ahead <= right) | (right < 0)
    mask = np.where(seen[np.newaxis], 0, -np.inf)
    return mask + _given_mask(case, sample, keys) if case.has(3) else mask


def _given_mask(case: Case, sample: int, keys: int) -> Array:
    mask = case.tensor(3)
    if case.inputs[3].dtype == bool:
        mask = np.where(mask > 0, 0, -np.inf)
    if mask.ndim == 4:
        mask = mask[min(sample, len(mask) - 1)]
    missing = [(0, 0)] * (mask.ndim - 1) + [(0, keys - mask.shape[-1])]
    return np.pad(mask, missing, constant_values=-np.inf)


# -- sizes ------------------------------------------------------------------------------------------------


def resize(case: Case) -> Array:
    sizes, scales = resized(case)
    by_scale = case.has(2) or case.op == "Upsample"
    fields: dict[str, Any] = {"scale_factor": scales} if by_scale else {"size": sizes}
    mode = case.attribute("mode", "nearest")
    word = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}[mode]
    case.attribute("roi")
    aligned = mode != "nearest" and transformation(case) == "align_corners"
    return case.each("upsample", case.x, mode=word, align_corners=aligned, **fields)


def resized(case: Case) -> tuple[tuple[int, ...], tuple[Fraction, ...]]:
    """Sizes and scales of a resize's spatial axes."""
    axes: list[int] = [i % case.x.ndim for i in case.attribute("axes", range(case.x.ndim))]
    lengths = case.x.shape
    if case.op == "Upsample" or case.has(2):
        given = case.numbers(1 if case.op == "Upsample" else 2)
        scales = {i: Fraction(s).limit_denominator(1000) for i, s in zip(axes, given, strict=True)}
    else:
        scales = {i: Fraction(n, lengths[i]) for i, n in zip(axes, case.numbers(3), strict=True)}
    policy = case.attribute("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        common = (min if policy == "not_larger" else max)(scales.values())
        sizes = tuple((n * common + Fraction(1, 2)) // 1 for n in lengths[2:])
        return sizes, tuple(Fraction(o, i) for o, i in zip(sizes, lengths[2:], strict=True))
    along = tuple(scales.get(i, Fraction(1)) for i in range(2, case.x.ndim))
    return tuple(n * s // 1 for n, s in zip(lengths[2:], along, strict=True)), along


def transformation(case: Case) -> str:
    """How a resize finds an output's place in the input."""
    default = "asymmetric" if case.op == "Upsample" else "half_pixel"
    return case.attribute("coordinate_transformation_mode", default)


def depth_to_space(case: Case) -> Array:
    """In mode DCR, ONNX's default, the channels stand in another order."""
    r, x = case.attribute("blocksize"), case.x
    if case.attribute("mode", "DCR") == "DCR":
        x = case.each("channel_shuffle", x, groups=r * r)
    return case.each("pixel_shuffle", x, upscale_factor=r)


def space_to_depth(case: Case) -> Array:
    """In mode DCR, ONNX's default, the channels stand in another order."""
    r, channels = case.attribute("blocksize"), case.x.shape[1]
    y = case.each("pixel_unshuffle", case.x, downscale_factor=r)
    if case.attribute("mode", "DCR") == "DCR":
        y = case.each("channel_shuffle", y, groups=channels)
    return y


# -- shapes -----------------------------------------------------------------------------------------------


def pad(case: Case) -> Array:
    pads = _margins(case)
    word = {"edge": "replicate", "wrap": "circular"}.get(mode := case.attribute("mode"), mode)
    assert not any(pads[0])
    if word != "constant":
        return case.run("pad", case.x, padding=pads[1:], mode=word)
    return case.run("pad", case.x, padding=pads[1:], value=case.number(2, 0.0))


def columns_to_image(case: Case) -> Array:
    """Its pads are all those before the axes, then all those behind them."""
    sizes, kernel = tuple(case.numbers(1)), tuple(case.numbers(2))
    ones, none = [1] * len(sizes), [0] * 2 * len(sizes)
    pads = case.attribute("pads", none)
    return case.each(
        "fold",
        case.x,
        output_size=sizes,
        kernel_size=kernel,
        stride=tuple(case.attribute("strides", ones)),
        dilation=tuple(case.attribute("dilations", ones)),
        padding=tuple(zip(pads[: len(sizes)], pads[len(sizes) :], strict=True)),
    )


def expand(case: Case) -> Array:
    """What has fewer axes gets some in front; a size of 1 there keeps that of the tensor."""
    wanted = case.numbers(1)
    rank = max(len(wanted), case.x.ndim)
    x = case.run("reshape", case.x, shape=(*[1] * (rank - case.x.ndim), *case.x.shape))
    shape = (*[1] * (rank - len(wanted)), *wanted)
    return case.run("expand", x, shape=tuple(-1 if n == 1 else int(n) for n in shape))


def _margins(case: Case) -> Pads:
    numbers, rank = case.numbers(1), case.x.ndim
    axes = [i % rank for i in case.numbers(3)] if case.has(3) else [*range(rank)]
    given = dict(zip(axes, zip(numbers[: len(axes)], numbers[len(axes) :], strict=True), strict=True))
    return tuple(given.get(i, (0, 0)) for i in range(rank))


def flatten(case: Case) -> Array:
    """What stands before the axis is the batch."""
    axis = case.attribute("axis", 1)
    axis += case.x.ndim if axis < 0 else 0
    return case.each("flatten", case.x.reshape(-1, *(case.x.shape[axis:] or (1,))))


def reshape(case: Case) -> Array:
    shape = [case.x.shape[i] if n == 0 else n for i, n in enumerate(case.numbers(1))]
    return case.run("reshape", case.x, shape=tuple(shape))


def squeeze(case: Case) -> Array:
    axes = {i % case.x.ndim for i in case.numbers(1)}
    return case.run("reshape", case.x, shape=tuple(n for i, n in enumerate(case.x.shape) if i not in axes))


def unsqueeze(case: Case) -> Array:
    shape, given = list(case.x.shape), case.numbers(1)
    for i in sorted(i % (len(shape) + len(given)) for i in given):
        shape.insert(i, 1)
    return case.run("reshape", case.x, shape=tuple(shape))


def transpose(case: Case) -> Array:
    return case.run("transpose", case.x, axes=case.attribute("perm", tuple(reversed(range(case.x.ndim)))))


def cut(case: Case) -> Array:
    """Axis by axis; ONNX lets bounds lie outside the axis, archcost wants them on it."""
    y, starts, ends = case.x, case.numbers(1), case.numbers(2)
    axes = case.numbers(3) if case.has(3) else range(len(starts))
    steps = case.numbers(4) if case.has(4) else [1] * len(starts)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        length = y.shape[axis]
        first, last = max(start, -length), min(end, length)
        y = case.run("slice", y, start=first, end=last, step=step, axis=axis % y.ndim)
    return y


def split(case: Case) -> list[Array]:
    axis, count = case.axis(0), case.attribute("num_outputs", len(case.outputs))
    length = case.x.shape[axis]
    each = -(-length // count)
    parts = case.numbers(1) if case.has(1) else [min(each, length - i * each) for i in range(count)]
    ends = [sum(parts[: i + 1]) for i in range(len(parts))]
    return [
        case.run("slice", case.x, start=end - part, end=end, axis=axis)
        for part, end in zip(parts, ends, strict=True)
    ]


def dropout(case: Case) -> Array:
    """As it runs at inference; the mask is another output."""
    case.attribute("seed")
    return case.run("dropout", case.x, p=case.number(1, case.attribute("ratio", 0.5)))


def constant(case: Case) -> Array:
    value = case.attribute("value")
    return case.run("parameter", weights={"weight": value}, shape=value.shape)


# -- recurrent layers ---------------------------------------------------------------------------------------

_GATES = {"lstm": (0, 2, 3, 1), "gru": (1, 0, 2), "rnn": (0,)}
"""Where each of our gates stands among ONNX's: input, output, forget, cell; update, reset, hidden."""


def recurrent(word: str) -> Translation:
    """All positions in every direction, and what is left at the end of each; one of them may be asked for.

    A layer that only reads from the end is half of one in both directions.
    """

    def translate(case: Case) -> list[Array]:
        batch_first, direction = case.attribute("layout", 0) == 1, case.attribute("direction", "forward")
        both = direction != "forward"
        y = case.each(
            word,
            case.x.transpose((0, 2, 1) if batch_first else (1, 2, 0)),
            weights=dict(_recurrent_weights(word, case, both=both)),
            hidden_size=case.attribute("hidden_size"),
            bidirectional=both,
            bias=case.has(3),
        )
        y = y.reshape(len(y), 1 + both, -1, y.shape[-1])
        ends = [y[:, 0, :, -1], y[:, 1, :, 0]] if both else [y[:, 0, :, -1]]
        first = 1 if direction == "reverse" else 0
        last = np.stack(ends[first:], axis=1 if batch_first else 0)
        whole = y[:, first:].transpose((0, 3, 1, 2) if batch_first else (3, 1, 0, 2))
        return [last] if case.outputs[0].ndim == last.ndim else [whole, last]

    return translate


def _recurrent_weights(word: str, case: Case, *, both: bool) -> Iterator[tuple[str, Array]]:
    """By our names, with our order of gates; a direction that is not asked for has those of the other."""
    gates, directions = _GATES[word], len(case.tensor(1))
    given = {"weight_ih": case.tensor(1), "weight_hh": case.tensor(2)}
    if case.has(3):
        given |= dict(zip(("bias_ih", "bias_hh"), np.split(case.tensor(3), 2, axis=1), strict=True))
    for end, direction in (("l0", 0), ("l0_reverse", directions - 1))[: 1 + both]:
        for name, array in given.items():
            parts = np.split(array[direction], len(gates))
            yield f"{name}_{end}", np.concatenate([parts[gate] for gate in gates])


TRANSLATIONS: dict[str, Translation] = {
    "Abs": as_it_is("abs"),
    "Add": merged("add"),
    "ArgMax": located("argmax"),
    "ArgMin": located("argmin"),
    "Attention": attention,
    "AveragePool": average_pool,
    "BatchNormalization": batch_norm,
    "Celu": celu,
    "Clip": clip,
    "Col2Im": columns_to_image,
    "Concat": concat,
    "Constant": constant,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Cos": as_it_is("cos"),
    "DeformConv": deform_conv,
    "DepthToSpace": depth_to_space,
    "Div": merged("divide"),
    "Dropout": dropout,
    "Einsum": einsum,
    "Elu": elu,
    "Equal": merged("equal"),
    "Exp": as_it_is("exp"),
    "Expand": expand,
    "Flatten": flatten,
    "GRU": recurrent("gru"),
    "Gelu": gelu,
    "Gemm": gemm,
    "GlobalAveragePool": lambda case: case.each("global_avg_pool", case.x),
    "GlobalMaxPool": lambda case: case.each("global_max_pool", case.x),
    "Greater": merged("greater"),
    "GreaterOrEqual": merged("greater_equal"),
    "GridSample": grid_sample,
    "GroupNormalization": group_norm,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": as_it_is("hard_swish"),
    "Identity": as_it_is("identity"),
    "InstanceNormalization": instance_norm,
    "LRN": local_response_norm,
    "LSTM": recurrent("lstm"),
    "LayerNormalization": layer_norm,
    "LeakyRelu": leaky_relu,
    "Less": merged("less"),
    "LessOrEqual": merged("less_equal"),
    "Log": as_it_is("log"),
    "LogSoftmax": log_softmax,
    "LpNormalization": normalize,
    "MatMul": matmul,
    "Max": merged("max"),
    "MaxPool": max_pool,
    "Mean": merged("average"),
    "MeanVarianceNormalization": mean_variance_normalization,
    "Min": merged("min"),
    "Mish": as_it_is("mish"),
    "Mul": merged("multiply"),
    "Neg": as_it_is("negate"),
    "PRelu": prelu,
    "Pad": pad,
    "Pow": power,
    "RMSNormalization": rms_norm,
    "RNN": recurrent("rnn"),
    "Reciprocal": as_it_is("reciprocal"),
    "ReduceL1": reduced("l1"),
    "ReduceL2": reduced("l2"),
    "ReduceLogSum": reduced_between("identity", "log"),
    "ReduceLogSumExp": reduced_between("exp", "log"),
    "ReduceMax": reduced("max"),
    "ReduceMean": reduced("mean"),
    "ReduceMin": reduced("min"),
    "ReduceProd": reduced("prod"),
    "ReduceSum": reduced("sum"),
    "ReduceSumSquare": reduced_between("square", "identity"),
    "Relu": as_it_is("relu"),
    "Reshape": reshape,
    "Resize": resize,
    "AffineGrid": affine_grid,
    "RoiAlign": roi_align,
    "Selu": selu,
    "Shrink": shrink,
    "Sigmoid": as_it_is("sigmoid"),
    "Sin": as_it_is("sin"),
    "Slice": cut,
    "Softmax": softmax,
    "Softplus": as_it_is("softplus"),
    "Softsign": as_it_is("softsign"),
    "SpaceToDepth": space_to_depth,
    "Split": split,
    "Sqrt": as_it_is("sqrt"),
    "Squeeze": squeeze,
    "Sub": merged("subtract"),
    "Sum": merged("add"),
    "SwiGLU": swiglu,
    "Swish": swish,
    "Tanh": as_it_is("tanh"),
    "ThresholdedRelu": thresholded_relu,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
    "Upsample": resize,
    "Where": chosen,
}
"""Operator -> the layers it is."""
