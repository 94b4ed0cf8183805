"""ONNX's operations, each with the layers that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.onnx import elementwise, products, shaping, windows
from archcost.importing.onnx.folding import FOLDS, folding, scattered
from archcost.importing.onnx.norms import NORMS
from archcost.importing.rules import like

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Argument
    from archcost.importing.values import Value


def _without_layer(_call: Call) -> Value:
    raise NotUnderstoodError("there is no layer that does this")


def _plain(kind: str) -> Rule:
    """A layer that keeps the shape, and has no fields."""
    return lambda call: like(call, call.value("x"), kind)


_LAYERS: dict[str, Rule] = {
    # windows
    "Conv": windows.conv,
    "QLinearConv": windows.conv,
    "ConvInteger": windows.conv,
    "com.microsoft.FusedConv": windows.fused_conv,
    "ConvTranspose": windows.conv_transpose,
    "DeformConv": windows.deform_conv,
    "MaxPool": windows.max_pool,
    "AveragePool": windows.avg_pool,
    "GlobalAveragePool": windows.global_pool("global_avg_pool"),
    "GlobalMaxPool": windows.global_pool("global_max_pool"),
    "MaxUnpool": windows.max_unpool,
    "Resize": windows.resize,
    "Upsample": windows.resize,
    "DepthToSpace": windows.depth_to_space,
    "SpaceToDepth": windows.space_to_depth,
    "GridSample": windows.grid_sample,
    # products
    "Gemm": products.gemm,
    "MatMul": products.matmul,
    "QLinearMatMul": products.matmul,
    "MatMulInteger": products.matmul,
    "com.microsoft.FusedMatMul": products.fused_matmul,
    "Einsum": products.einsum,
    "Attention": products.attention,
    "LSTM": products.recurrent("lstm"),
    "com.microsoft.DynamicQuantizeLSTM": products.recurrent("lstm"),
    "GRU": products.recurrent("gru"),
    "RNN": products.recurrent("rnn"),
    **NORMS,
    # activations
    "Relu": _plain("relu"),
    "Sigmoid": _plain("sigmoid"),
    "Tanh": _plain("tanh"),
    "Softplus": _plain("softplus"),
    "Softsign": _plain("softsign"),
    "HardSwish": _plain("hard_swish"),
    "HardSigmoidSixth": _plain("hard_sigmoid"),
    "Mish": _plain("mish"),
    "Silu": _plain("silu"),
    "QuickGelu": _plain("quick_gelu"),
    "com.microsoft.QuickGelu": elementwise.quick_gelu,
    "GeluTanh": _plain("gelu_tanh"),
    "LogSigmoid": _plain("log_sigmoid"),
    "com.microsoft.Gelu": _plain("gelu"),
    "com.microsoft.FastGelu": _plain("gelu_tanh"),
    "Gelu": elementwise.gelu,
    "Swish": elementwise.swish,
    "LeakyRelu": elementwise.leaky_relu,
    "Elu": elementwise.elu("elu"),
    "Celu": elementwise.elu("celu"),
    "Selu": elementwise.selu,
    "ThresholdedRelu": elementwise.thresholded_relu,
    "Shrink": elementwise.shrink,
    "HardSigmoid": elementwise.hard_sigmoid,
    "PRelu": elementwise.prelu,
    "Clip": elementwise.clip,
    "Softmax": elementwise.softmax("softmax"),
    "LogSoftmax": elementwise.softmax("log_softmax"),
    # arithmetic
    "Neg": _plain("negate"),
    "Abs": _plain("abs"),
    "Reciprocal": _plain("reciprocal"),
    "Sqrt": _plain("sqrt"),
    "Exp": _plain("exp"),
    "Log": _plain("log"),
    "Sin": _plain("sin"),
    "Cos": _plain("cos"),
    "Pow": elementwise.power,
    "Add": elementwise.two("add"),
    "Sub": elementwise.two("subtract"),
    "Mul": elementwise.two("multiply"),
    "Div": elementwise.two("divide"),
    "Greater": elementwise.two("greater"),
    "GreaterOrEqual": elementwise.two("greater_equal"),
    "Less": elementwise.two("less"),
    "LessOrEqual": elementwise.two("less_equal"),
    "Equal": elementwise.two("equal"),
    "Sum": elementwise.several("add"),
    "Max": elementwise.several("max"),
    "Min": elementwise.several("min"),
    "Mean": elementwise.several("average"),
    "Where": elementwise.where,
    # shapes
    "Identity": shaping.unchanged,
    "Dropout": shaping.unchanged,
    "Cast": shaping.unchanged,
    "CastLike": shaping.unchanged,
    "QuantizeLinear": shaping.unchanged,
    "DequantizeLinear": shaping.unchanged,
    "DynamicQuantizeLinear": shaping.unchanged,
    "Shape": shaping.shape,
    "Size": shaping.size,
    "ConstantOfShape": shaping.constant_of_shape,
    "Reshape": shaping.reshape,
    "Flatten": shaping.flatten,
    "Squeeze": shaping.squeeze,
    "Unsqueeze": shaping.unsqueeze,
    "Transpose": shaping.transpose,
    "Expand": shaping.expand,
    "Tile": shaping.tile,
    "Slice": shaping.cuts,
    "Split": shaping.split,
    "Gather": shaping.gather,
    "ScatterND": scattered,
    "GatherND": shaping.gather_nd,
    "SplitAt": shaping.split_at,
    "Concat": shaping.concat,
    "Pad": shaping.pad,
    "Col2Im": shaping.columns_to_image,
    # over dimensions
    "ReduceMean": shaping.reduce("mean"),
    "ReduceSum": shaping.reduce("sum"),
    "ReduceMax": shaping.reduce("max"),
    "ReduceMin": shaping.reduce("min"),
    "ReduceProd": shaping.reduce("prod"),
    "ReduceL1": shaping.reduce("l1"),
    "ReduceL2": shaping.reduce("l2"),
    "ReduceSumSquare": shaping.reduce_of("square", ""),
    "ReduceLogSum": shaping.reduce_of("", "log"),
    "ReduceLogSumExp": shaping.reduce_of("exp", "log"),
    "ArgMax": shaping.located("argmax"),
    "ArgMin": shaping.located("argmin"),
}

UNNOTED = frozenset(
    {
        *(
            "tensors",
            "opset",
            "is_stated",
            "storage_order",
            "momentum",
            "stash_type",
            "ratio",
            "training_mode",
            "seed",
        ),
        *("consumed_inputs", "is_test", "saturate", "block_size", "output_dtype", "round_mode", "precision"),
    }
)
"""Arguments that change nothing when a model is used, or only the type of numbers."""


class _Noted(dict[str, "Argument"]):
    """Arguments, of which those that a rule looks at are noted."""

    def __init__(self, given: Mapping[str, Argument]) -> None:
        super().__init__(given)
        self.seen: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - a dictionary's signature
        self.seen.add(key)
        return super().get(key, default)


def _followed(rule: Rule) -> Rule:
    """A rule that refuses arguments which it does not look at."""

    def run(call: Call) -> Any:  # noqa: ANN401 - what the rule gives
        arguments = _Noted(call.operation.arguments)
        call.operation = call.operation._replace(arguments=arguments)
        made = rule(call)
        if left := [name for name in arguments if name not in arguments.seen | UNNOTED]:
            raise NotUnderstoodError(f"{', '.join(left)} is not followed")
        return made

    return run


RULES: dict[str, Rule] = {
    word: folding(FOLDS[word], _followed(rule)) if word in FOLDS else _followed(rule)
    for word, rule in {**dict.fromkeys(FOLDS, _without_layer), **_LAYERS}.items()
}
"""Word of an operation -> its rule; one of another domain has that before it."""
