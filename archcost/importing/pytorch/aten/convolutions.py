"""Convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.rules import each, short, stated
from archcost.importing.values import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.values import Value


def _conv(call: Call) -> Value:
    x, weight = call.channels_first("input"), call.weight("weight")
    if weight is None:
        raise NotUnderstoodError("weight is computed")
    rank = len(weight.shape) - 2
    bias = call.weight("bias")
    padding = call.argument("padding", 0)
    pads = padding if isinstance(padding, str) else short(each(call.integers("padding", [0]), rank))
    if call.argument("transposed", default=False):
        return _conv_transpose(call)
    groups = call.argument("groups", 1)
    out = weight.shape[0]
    fields = stated(
        stride=(short(each(call.integers("stride", [1]), rank)), 1),
        padding=(0 if pads == "valid" else pads, 0),
        dilation=(short(each(call.integers("dilation", [1]), rank)), 1),
        groups=(groups if isinstance(groups, int) else 1, 1),
        bias=(bias is not None, True),
    )
    shape = call.said()[1:]
    fields = {"out_channels": out, "kernel_size": short(weight.shape[2:]), **fields}
    taken = {"weight": weight, "bias": bias}
    return call.add("conv", [x], shape, canonical(rank + 2), taken, **fields)


def _conv_transpose(call: Call) -> Value:
    x, weight = call.channels_first("input"), call.weight("weight")
    if weight is None:
        raise NotUnderstoodError("weight is computed")
    rank = len(weight.shape) - 2
    groups = call.argument("groups", 1)
    groups = groups if isinstance(groups, int) else 1
    bias = call.weight("bias")
    fields = stated(
        stride=(short(each(call.integers("stride", [1]), rank)), 1),
        padding=(short(each(call.integers("padding", [0]), rank)), 0),
        output_padding=(short(each(call.integers("output_padding", [0]), rank)), 0),
        dilation=(short(each(call.integers("dilation", [1]), rank)), 1),
        groups=(groups, 1),
        bias=(bias is not None, True),
    )
    out, kernel = weight.shape[1] * groups, short(weight.shape[2:])
    fields = {"out_channels": out, "kernel_size": kernel, **fields}
    taken = {"weight": weight, "bias": bias}
    return call.add("conv_transpose", [x], call.said()[1:], canonical(rank + 2), taken, **fields)


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv_transpose),
}
