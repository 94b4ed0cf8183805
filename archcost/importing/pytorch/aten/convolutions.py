"""Convolutions, and windows as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.pytorch.aten.arguments import flag, parametrized, whole
from archcost.importing.rules import each, maps, short, stated, window_axes
from archcost.importing.values import Value, canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue


def _conv(call: Call) -> Value:
    """With a batch, this is an axis more, along which a window has one position."""
    if flag(call, "transposed"):
        return _conv_transpose(call)
    x, weight, bias = call.value("input"), call.known("weight"), call.known("bias")
    if weight is None:
        raise NotUnderstoodError("there is no weight")
    rank = len(call.said()) - 2
    x, batch = maps(call, x)
    padding = call.argument("padding", 0)
    pads = (
        padding
        if isinstance(padding, str)
        else short([0] * batch + each(call.integers("padding", [0]), rank))
    )
    fields = stated(
        stride=(short([1] * batch + each(call.integers("stride", [1]), rank)), 1),
        padding=(0 if pads == "valid" else pads, 0),
        dilation=(short([1] * batch + each(call.integers("dilation", [1]), rank)), 1),
        groups=(whole(call, "groups", 1), 1),
    )
    said = call.said()
    shape, axes = (said[1], *said[:batch], *said[2:]), window_axes(rank + 2, batch)
    if isinstance(weight, Value) or not weight.is_learned or isinstance(bias, Value):
        if batch:
            raise NotUnderstoodError("its weights are computed, and it reads a batch")
        brought = [call.in_order(call.value("weight"), range(rank + 2))]
        brought += [] if bias is None else [call.in_order(call.value("bias"), [0])]
        return call.add("dynamic_conv", [x, *brought], shape, axes, **fields)
    kernel = short([1] * batch + [*weight.shape[2:]])
    fields = {"out_channels": weight.shape[0], "kernel_size": kernel, **fields}
    fields |= stated(bias=(bias is not None, True))
    made, with_it = parametrized(weight)
    taken = {"weight": weight, "bias": bias, **with_it}
    return call.add("conv", [x], shape, axes, taken, **fields, **made)


def _conv_transpose(call: Call) -> Value:
    x, weight = call.channels_first("input"), call.known("weight")
    if not isinstance(weight, Weight) or not weight.is_learned:
        raise NotUnderstoodError("weight is not learned")
    made, with_it = parametrized(weight)
    rank = len(weight.shape) - 2
    groups, bias = whole(call, "groups", 1), call.weight("bias")
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
    taken = {"weight": weight, "bias": bias, **with_it}
    return call.add("conv_transpose", [x], call.said()[1:], canonical(rank + 2), taken, **fields, **made)


# -- columns ------------------------------------------------------------------------------------------------


def _windows(call: Call, rank: int) -> dict[str, FieldValue]:
    fields = stated(
        stride=(short(each(call.integers("stride", [1]), rank)), 1),
        padding=(short(each(call.integers("padding", [0]), rank)), 0),
        dilation=(short(each(call.integers("dilation", [1]), rank)), 1),
    )
    return {"kernel_size": short(each(call.integers("kernel_size"), rank)), **fields}


def _columns(call: Call) -> Value:
    """`im2col`: a window's elements as channels, the windows in a row."""
    x = call.channels_first("self")
    return call.add("unfold", [x], call.said()[1:], canonical(3), **_windows(call, len(x.shape) - 1))


def _from_columns(call: Call) -> Value:
    x, size = call.channels_first("self"), call.integers("output_size")
    fields: dict[str, FieldValue] = {"output_size": [*size], **_windows(call, len(size))}
    return call.add("fold", [x], call.said()[1:], canonical(2 + len(size)), **fields)


_LONGEST = 4096
"""Numbers of an index that is written down."""


def _sliding(call: Call) -> Value:
    """`unfold` along one dimension: windows in its place, and what is in them last."""
    x = call.value("self")
    dim, size, step = (whole(call, name, 0) for name in ("dimension", "size", "step"))
    dim %= len(x.axes)
    axis = x.axes[dim]
    if axis is None:
        raise NotUnderstoodError("it slides along a dimension of 1")
    starts = range(0, x.shape[axis] - size + 1, step)
    if len(starts) * size > _LONGEST:
        raise NotUnderstoodError(f"{len(starts)} windows of {size} are too many to be written down")
    index: list[FieldValue] = [[*range(start, start + size)] for start in starts]
    axes = [a if a is None or a <= axis else a + 1 for a in x.axes]
    shape = (*x.shape[:axis], len(starts), size, *x.shape[axis + 1 :])
    return call.add("gather", [x], shape, [*axes, axis + 1], index=index, **stated(axis=(axis, 0)))


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv_transpose),
    "im2col": _columns,
    "col2im": _from_columns,
    "unfold": _sliding,
}
