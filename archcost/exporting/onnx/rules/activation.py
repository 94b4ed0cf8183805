"""Activations: what ONNX calls them, or their formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import operation
from archcost.exporting.onnx.wire import BOOL

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.activation import (
        Activation,
        Gelu,
        HardTanh,
        LogSoftmax,
        Prelu,
        Rrelu,
        Softmax,
        Threshold,
    )
    from archcost.layers.base import Kind


def _activation(site: Site, layer: Activation, x: Value, **weights: Value) -> Value:
    return RULES[layer.function](site, layer.chosen, x, **weights)


def _clipped(site: Site, x: Value, least: float, most: float) -> Value:
    return site.op("Clip", x, site.number(least), site.number(most))


def _relu6(site: Site, layer: Kind, x: Value) -> Value:
    return _clipped(site, x, 0, 6)


def _hard_tanh(site: Site, layer: HardTanh, x: Value) -> Value:
    return _clipped(site, x, layer.min_val, layer.max_val)


def _prelu(site: Site, layer: Prelu, x: Value, weight: Value) -> Value:
    return site.op("PRelu", x, site.per_channel(weight, x))


def _rrelu(site: Site, layer: Rrelu, x: Value) -> Value:
    return site.op("LeakyRelu", x, alpha=(layer.lower + layer.upper) / 2)


def _threshold(site: Site, layer: Threshold, x: Value) -> Value:
    exceeded = site.op("Greater", x, site.number(layer.threshold), type_=BOOL)
    return site.op("Where", exceeded, x, site.number(layer.value))


def _gelu(site: Site, layer: Gelu, x: Value) -> Value:
    return site.op("Gelu", x, approximate=layer.approximate)


def _gelu_tanh(site: Site, layer: Kind, x: Value) -> Value:
    return site.op("Gelu", x, approximate="tanh")


def silu(site: Site, layer: Kind, x: Value) -> Value:
    """`x * sigmoid(x)`."""
    return site.op("Mul", x, site.op("Sigmoid", x))


def _quick_gelu(site: Site, layer: Kind, x: Value) -> Value:
    return site.op("Mul", x, site.op("Sigmoid", site.op("Mul", x, site.number(1.702))))


def _log_sigmoid(site: Site, layer: Kind, x: Value) -> Value:
    return site.op("Neg", site.op("Softplus", site.op("Neg", x)))


def _tanh_shrink(site: Site, layer: Kind, x: Value) -> Value:
    return site.op("Sub", x, site.op("Tanh", x))


def _along_axis(word: str) -> Rule:
    def write(site: Site, layer: Softmax | LogSoftmax, x: Value) -> Value:
        return site.op(word, x, axis=1 + layer.axis)

    return write


def _softmin(site: Site, layer: Softmax, x: Value) -> Value:
    return site.op("Softmax", site.op("Neg", x), axis=1 + layer.axis)


RULES: dict[str, Rule] = {
    "activation": _activation,
    "relu": operation("Relu"),
    "relu6": _relu6,
    "leaky_relu": operation("LeakyRelu", alpha="negative_slope"),
    "prelu": _prelu,
    "rrelu": _rrelu,
    "threshold": _threshold,
    "elu": operation("Elu", alpha="alpha"),
    "celu": operation("Celu", alpha="alpha"),
    "selu": operation("Selu", alpha=1.6732632423543772, gamma=1.0507009873554805),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "quick_gelu": _quick_gelu,
    "silu": silu,
    "mish": operation("Mish"),
    "sigmoid": operation("Sigmoid"),
    "log_sigmoid": _log_sigmoid,
    "tanh": operation("Tanh"),
    "tanh_shrink": _tanh_shrink,
    "hard_tanh": _hard_tanh,
    "hard_shrink": operation("Shrink", lambd="lambd"),
    "soft_shrink": operation("Shrink", lambd="lambd", bias="lambd"),
    "softsign": operation("Softsign"),
    "softplus": operation("Softplus"),
    "hard_sigmoid": operation("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hard_swish": operation("HardSwish"),
    "softmax": _along_axis("Softmax"),
    "softmin": _softmin,
    "log_softmax": _along_axis("LogSoftmax"),
}
