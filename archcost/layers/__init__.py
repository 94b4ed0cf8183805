"""The layer kinds. `KINDS` says where each one lives; a class is imported when a spec first uses it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcost.layers.base import ItemFields, Kind

KINDS = {
    # convolution
    "conv": "convolution:Conv",
    "conv_transpose": "convolution:ConvTranspose",
    "depthwise_conv": "convolution:DepthwiseConv",
    "deform_conv": "convolution:DeformConv",
    "deform_sum": "convolution:DeformSum",
    "masked_conv": "convolution:MaskedConv",
    "dynamic_conv": "convolution:DynamicConv",
    "dynamic_conv_transpose": "convolution:DynamicConvTranspose",
    # pooling
    "max_pool": "pooling:MaxPool",
    "max_unpool": "pooling:MaxUnpool",
    "avg_pool": "pooling:AvgPool",
    "blur_pool": "pooling:BlurPool",
    "global_max_pool": "pooling:GlobalMaxPool",
    "global_avg_pool": "pooling:GlobalAvgPool",
    "adaptive_max_pool": "pooling:AdaptiveMaxPool",
    "adaptive_avg_pool": "pooling:AdaptiveAvgPool",
    # reduction
    "reduce": "reduction:Reduce",
    # linear
    "linear": "linear:Linear",
    "maxout": "linear:Maxout",
    "embedding": "linear:Embedding",
    # product
    "matmul": "product:Matmul",
    "einsum": "product:Einsum",
    "correlation": "product:Correlation",
    # recurrent
    "lstm": "recurrent:Lstm",
    "gru": "recurrent:Gru",
    "rnn": "recurrent:Rnn",
    "selective_scan": "recurrent:SelectiveScan",
    # resize
    "upsample": "resize:Upsample",
    "pixel_shuffle": "resize:PixelShuffle",
    "pixel_unshuffle": "resize:PixelUnshuffle",
    # sampling
    "grid_sample": "sampling:GridSample",
    "affine_grid": "sampling:AffineGrid",
    "roi_align": "sampling:RoiAlign",
    # normalization
    "batch_norm": "normalization:BatchNorm",
    "layer_norm": "normalization:LayerNorm",
    "rms_norm": "normalization:RmsNorm",
    "group_norm": "normalization:GroupNorm",
    "instance_norm": "normalization:InstanceNorm",
    "local_response_norm": "normalization:LocalResponseNorm",
    "global_response_norm": "normalization:GlobalResponseNorm",
    "normalize": "normalization:Normalize",
    # activation
    "activation": "activation:Activation",
    "relu": "activation:Relu",
    "relu6": "activation:Relu6",
    "leaky_relu": "activation:LeakyRelu",
    "prelu": "activation:Prelu",
    "rrelu": "activation:Rrelu",
    "threshold": "activation:Threshold",
    "elu": "activation:Elu",
    "celu": "activation:Celu",
    "selu": "activation:Selu",
    "gelu": "activation:Gelu",
    "gelu_tanh": "activation:GeluTanh",
    "quick_gelu": "activation:QuickGelu",
    "silu": "activation:Silu",
    "mish": "activation:Mish",
    "sigmoid": "activation:Sigmoid",
    "log_sigmoid": "activation:LogSigmoid",
    "tanh": "activation:Tanh",
    "tanh_shrink": "activation:TanhShrink",
    "hard_tanh": "activation:HardTanh",
    "hard_shrink": "activation:HardShrink",
    "soft_shrink": "activation:SoftShrink",
    "softsign": "activation:Softsign",
    "softplus": "activation:Softplus",
    "hard_sigmoid": "activation:HardSigmoid",
    "hard_swish": "activation:HardSwish",
    "softmax": "activation:Softmax",
    "softmin": "activation:Softmin",
    "log_softmax": "activation:LogSoftmax",
    # gating
    "glu": "gating:Glu",
    "geglu": "gating:Geglu",
    "swiglu": "gating:Swiglu",
    # shape
    "flatten": "shape:Flatten",
    "unflatten": "shape:Unflatten",
    "squeeze": "shape:Squeeze",
    "unsqueeze": "shape:Unsqueeze",
    "reshape": "shape:Reshape",
    "expand": "shape:Expand",
    "pad": "shape:Pad",
    "crop": "shape:Crop",
    "slice": "shape:Slice",
    "transpose": "shape:Transpose",
    "channel_shuffle": "shape:ChannelShuffle",
    "roll": "shape:Roll",
    "flip": "shape:Flip",
    # gather
    "gather": "gather:Gather",
    # patches
    "unfold": "patches:Unfold",
    "fold": "patches:Fold",
    # elementwise
    "identity": "elementwise:Identity",
    "dropout": "elementwise:Dropout",
    "drop_path": "elementwise:DropPath",
    "scale": "elementwise:Scale",
    "layer_scale": "elementwise:LayerScale",
    # mathematics
    "offset": "mathematics:Offset",
    "negate": "mathematics:Negate",
    "abs": "mathematics:Abs",
    "reciprocal": "mathematics:Reciprocal",
    "square": "mathematics:Square",
    "power": "mathematics:Power",
    "sqrt": "mathematics:Sqrt",
    "rsqrt": "mathematics:Rsqrt",
    "exp": "mathematics:Exp",
    "log": "mathematics:Log",
    "sin": "mathematics:Sin",
    "cos": "mathematics:Cos",
    "clamp": "mathematics:Clamp",
    # merge
    "add": "merge:Add",
    "concat": "merge:Concat",
    "stack": "merge:Stack",
    "subtract": "merge:Subtract",
    "multiply": "merge:Multiply",
    "divide": "merge:Divide",
    "max": "merge:Maximum",
    "min": "merge:Minimum",
    "average": "merge:Average",
    "greater": "merge:Greater",
    "greater_equal": "merge:GreaterEqual",
    "less": "merge:Less",
    "less_equal": "merge:LessEqual",
    "equal": "merge:Equal",
    "not_equal": "merge:NotEqual",
    "where": "merge:Where",
    # constant
    "constant": "constant:Constant",
    # declared
    "parameter": "declared:Parameter",
    "custom": "declared:Custom",
}
"""Kind -> module and class, by family. A new kind is one class and one line here."""

EXPANDED = {"split": "split:Split", "rearrange": "rearrange:Rearrange"}
"""Words that are no kinds, but stand for several layers -> module and class of their fields."""

RANKED = tuple(kind for kind, home in KINDS.items() if home.startswith(("convolution:", "pooling:")))
"""Kinds that may carry their rank in the word (`conv2d`); the word then asserts it."""


@cache
def find(word: str) -> tuple[type[Kind], int | None] | None:
    """The class a word means and the rank it asserts; None if it is no kind.

    >>> kind, rank = find("conv2d")
    >>> kind.__name__, rank
    ('Conv', 2)
    """
    rank = None
    if word[-2:] in ("1d", "2d", "3d") and word[:-2] in RANKED:
        word, rank = word[:-2], int(word[-2])
    if word not in KINDS:
        return None
    return _class(KINDS[word]), rank


def find_item(word: str) -> tuple[type[ItemFields], int | None] | None:
    """The same of every item with fields: of a kind, and of what expands into several layers.

    >>> [find_item(word) is not None for word in ("split", "slice", "body")]
    [True, True, False]
    """
    return (_class(EXPANDED[word]), None) if word in EXPANDED else find(word)


def _class(home: str) -> Any:  # noqa: ANN401 - of a kind, or of what expands
    module, _, name = home.partition(":")
    return getattr(import_module(f"archcost.layers.{module}"), name)


def unranked(word: str) -> str:
    """The kind a word names, without the rank it may assert.

    >>> unranked("conv2d")
    'conv'
    """
    return word[:-2] if word not in KINDS and word[:-2] in RANKED else word


def words() -> list[str]:
    """Every word of an item with fields, for suggestions and completion."""
    return [*KINDS, *EXPANDED, *(f"{kind}{rank}d" for kind in RANKED for rank in (1, 2, 3))]
