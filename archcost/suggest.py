"""What the user may have meant: the nearest known word, or our word for a term from another framework."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIELD_ALIASES = {
    # Keras
    "filters": "out_channels",
    "units": "out_features",
    "strides": "stride",
    "pool_size": "kernel_size",
    "dilation_rate": "dilation",
    "use_bias": "bias",
    "rate": "p",
    "alpha": "negative_slope",
    "center": "shift",
    "size": "scale_factor",
    "interpolation": "mode",
    "target_shape": "shape",
    # Caffe
    "num_output": "out_channels",
    "kernel": "kernel_size",
    "pad": "padding",
    "group": "groups",
    "bias_term": "bias",
    "dropout_ratio": "p",
    # Darknet, papers and ONNX
    "k": "kernel_size",
    "s": "stride",
    "c": "out_channels",
    "ksize": "kernel_size",
    "kernel_shape": "kernel_size",
    "pads": "padding",
    "auto_pad": "padding",
    "dilations": "dilation",
    "output_channels": "out_channels",
    "num_filters": "out_channels",
    "channels": "out_channels",
    "ch_out": "out_channels",
    "out_dim": "out_features",
    "num_features": "in_channels",
    "in_features": "in_channels",
    "num_groups": "groups",
    "inplanes": "in_channels",
    "planes": "out_channels",
    "dim": "axis",
    "approximation": "approximate",
}
"""A field's name elsewhere -> ours."""

KIND_ALIASES = {
    # Keras
    "dense": "linear",
    "batchnormalization": "batch_norm",
    "layernormalization": "layer_norm",
    "groupnormalization": "group_norm",
    "maxpooling": "max_pool",
    "averagepooling": "avg_pool",
    "globalaveragepooling": "global_avg_pool",
    "globalmaxpooling": "global_max_pool",
    "depthwiseconv": "depthwise_conv",
    "convtranspose": "conv_transpose",
    "upsampling": "upsample",
    "zeropadding": "pad",
    "cropping": "crop",
    "spatialdropout": "dropout",
    "separableconv": "std/separable_conv",
    "multiheadattention": "std/attention",
    "concatenate": "concat",
    "maximum": "max",
    # Caffe and Darknet
    "convolution": "conv",
    "convolutional": "conv",
    "deconvolution": "conv_transpose",
    "innerproduct": "linear",
    "connected": "linear",
    "pooling": "max_pool",
    "eltwise": "add",
    "shortcut": "residual",
    "route": "concat",
    "lrn": "local_response_norm",
    # ONNX, papers and habits
    "gemm": "linear",
    "fullyconnected": "linear",
    "fc": "linear",
    "bn": "batch_norm",
    "ln": "layer_norm",
    "gap": "global_avg_pool",
    "globalaveragepool": "global_avg_pool",
    "globalmaxpool": "global_max_pool",
    "averagepool": "avg_pool",
    "meanpool": "avg_pool",
    "deconv": "conv_transpose",
    "transposedconv": "conv_transpose",
    "convtransposed": "conv_transpose",
    "dwconv": "depthwise_conv",
    "deformableconv": "deform_conv",
    "modulateddeformconv": "deform_conv",
    "dcn": "deform_conv",
    "dcnv2": "deform_conv",
    "spacetodepth": "pixel_unshuffle",
    "depthtospace": "pixel_shuffle",
    "bmm": "matmul",
    "batchmatmul": "matmul",
    "embed": "embedding",
    "lookuptable": "embedding",
    "selfattention": "std/attention",
    "mhsa": "std/attention",
    "mha": "std/attention",
    "hswish": "hard_swish",
    "hsigmoid": "hard_sigmoid",
    "swish": "silu",
    "mul": "multiply",
    "product": "multiply",
    "sum": "add",
    "cat": "concat",
    "mean": "average",
    "avg": "average",
    "resize": "upsample",
    "interpolate": "upsample",
    "se": "std/squeeze_excite",
    "seblock": "std/squeeze_excite",
    "sequential": "body",
    "block": "body",
    "parallel": "branches",
}
"""A layer's name elsewhere, as `plain` writes it -> ours."""

REFUSED = {
    "maxunpool": "it puts values back where a max_pool found them, and no tensor here says where that was; "
    "use `upsample` or `conv_transpose`",
}
"""A layer's name elsewhere, as `plain` writes it -> why there is none here, and what to do."""


_MOST = 300
"""Known words that are looked through; there are more only where a file gives thousands of names."""


def plain(word: str) -> str:
    """A word without case, separators and rank.

    >>> plain("MaxPooling2D")
    'maxpooling'
    """
    bare = word.lower().replace("_", "").replace("-", "").replace(" ", "")
    return bare[:-2] if bare[-2:] in {"1d", "2d", "3d"} else bare


def suggest(word: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """What to write instead of `word`, as the end of a message; empty if nothing is near.

    A foreign word that `aliases` knows comes first (when its translation is known), then the same word in
    other letters, then a likely slip of the fingers.

    >>> suggest("kernal", ["kernel_size", "stride"])
    " (did you mean 'kernel_size'?)"
    >>> suggest("Dense", ["linear", "conv"], KIND_ALIASES)
    " (did you mean 'linear'?)"
    """
    found = nearest(word, known, aliases)
    return f" (did you mean '{found}'?)" if found else ""


def nearest(word: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """The known word that is meant, as `suggest` finds it; None if nothing is near."""
    words = list(islice(known, _MOST))
    return _alias(word, words, aliases or {}) or _same(word, words) or _near(word, words)


def _alias(word: str, words: list[str], aliases: Mapping[str, str]) -> str | None:
    meant = aliases.get(word.lower()) or aliases.get(plain(word))
    return meant if meant in words else None


def _same(word: str, words: list[str]) -> str | None:
    return next((known for known in words if plain(known) == plain(word)), None)


def _near(word: str, words: list[str]) -> str | None:
    if len(word) > 60:
        return None
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong spec needs it

    by_lower = {known.lower(): known for known in reversed(words)}
    near = get_close_matches(word.lower(), by_lower, n=1) or _beginning(word.lower(), by_lower)
    return by_lower[near[0]] if near else None


def _beginning(word: str, known: Iterable[str]) -> list[str]:
    """The one known word this is a misspelt beginning of: `kernal` for `kernel_size`."""
    from difflib import get_close_matches  # noqa: PLC0415 - as above

    if len(word) < 3:
        return []
    starts = {k[: len(word)]: k for k in known}
    return [starts[s] for s in get_close_matches(word, starts, n=1, cutoff=0.75)]
