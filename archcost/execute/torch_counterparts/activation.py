"""Activations: what `torch.nn.functional` calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.execute.torch_counterparts.common import functional

if TYPE_CHECKING:
    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.activation import Activation, LogSoftmax, Softmax
    from archcost.layers.base import Kind


def _activation(torch: Torch, layer: Activation, x: Tensor, **weights: Tensor) -> Tensor:
    return COUNTERPARTS[layer.function](torch, layer.chosen, x, **weights)


def _quick_gelu(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


def _softmax(torch: Torch, layer: Softmax, x: Tensor) -> Tensor:
    return torch.nn.functional.softmax(x, dim=1 + layer.axis)


def _softmin(torch: Torch, layer: Softmax, x: Tensor) -> Tensor:
    return torch.nn.functional.softmin(x, dim=1 + layer.axis)


def _log_softmax(torch: Torch, layer: LogSoftmax, x: Tensor) -> Tensor:
    return torch.nn.functional.log_softmax(x, dim=1 + layer.axis)


COUNTERPARTS: dict[str, Counterpart] = {
    "activation": _activation,
    "relu": functional("relu"),
    "relu6": functional("relu6"),
    "leaky_relu": functional("leaky_relu", "negative_slope"),
    "prelu": functional("prelu"),
    "rrelu": functional("rrelu", "lower", "upper"),
    "threshold": functional("threshold", "threshold", "value"),
    "elu": functional("elu", "alpha"),
    "celu": functional("celu", "alpha"),
    "selu": functional("selu"),
    "gelu": functional("gelu", "approximate"),
    "gelu_tanh": functional("gelu", approximate="tanh"),
    "quick_gelu": _quick_gelu,
    "silu": functional("silu"),
    "mish": functional("mish"),
    "sigmoid": functional("sigmoid"),
    "log_sigmoid": functional("logsigmoid"),
    "tanh": functional("tanh"),
    "tanh_shrink": functional("tanhshrink"),
    "hard_tanh": functional("hardtanh", "min_val", "max_val"),
    "hard_shrink": functional("hardshrink", "lambd"),
    "soft_shrink": functional("softshrink", "lambd"),
    "softsign": functional("softsign"),
    "softplus": functional("softplus"),
    "hard_sigmoid": functional("hardsigmoid"),
    "hard_swish": functional("hardswish"),
    "softmax": _softmax,
    "softmin": _softmin,
    "log_softmax": _log_softmax,
}
