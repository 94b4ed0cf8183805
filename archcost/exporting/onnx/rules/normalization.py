"""Normalization; where ONNX wants the named axes last, they are moved there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import named_axes

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.exporting.onnx.wire import Attribute
    from archcost.layers.normalization import (
        BatchNorm,
        GlobalResponseNorm,
        GroupNorm,
        InstanceNorm,
        LayerNorm,
        LocalResponseNorm,
        Normalize,
        RmsNorm,
    )
    from archcost.windows.window import Shape


def _batch_norm(site: Site, layer: BatchNorm | InstanceNorm, x: Value, **tensors: Value) -> Value:
    """What is not learned or kept is 1 or 0."""
    neutral = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
    given = [_or(site, tensors.get(name), value, x.shape[1:2]) for name, value in neutral.items()]
    return site.op("BatchNormalization", x, *given, shape=x.shape, epsilon=float(layer.eps))


def _or(site: Site, tensor: Value | None, value: float, shape: Shape) -> Value:
    """A tensor, or the same number everywhere."""
    return site.filled(value, shape) if tensor is None else tensor


def _over_axes(word: str) -> Rule:
    def write(
        site: Site,
        layer: LayerNorm | RmsNorm,
        x: Value,
        weight: Value | None = None,
        bias: Value | None = None,
    ) -> Value:
        axes = named_axes(layer, x)
        behind = tuple(range(x.rank - len(axes), x.rank))
        y = site.moved(x, axes, behind)
        weight = _or(site, weight, 1, y.shape[-len(axes) :])
        given = (y, weight) if bias is None else (y, weight, bias)
        y = site.op(word, *given, shape=y.shape, axis=-len(axes), epsilon=float(layer.eps))
        return site.moved(y, behind, axes)

    return write


def _normalize(site: Site, layer: Normalize, x: Value) -> Value:
    norm = site.reduced(f"ReduceL{layer.p}", x, named_axes(layer, x))
    return site.op("Div", x, site.op("Max", norm, site.number(layer.eps)))


def _group_norm(
    site: Site, layer: GroupNorm, x: Value, weight: Value | None = None, bias: Value | None = None
) -> Value:
    learned = [_or(site, weight, 1, x.shape[1:2]), _or(site, bias, 0, x.shape[1:2])]
    return site.op(
        "GroupNormalization",
        x,
        *learned,
        shape=x.shape,
        num_groups=layer.num_groups,
        epsilon=float(layer.eps),
    )


def _instance_norm(site: Site, layer: InstanceNorm, x: Value, **tensors: Value) -> Value:
    if layer.track_running_stats:
        return _batch_norm(site, layer, x, **tensors)
    learned = [
        _or(site, tensors.get(name), value, x.shape[1:2]) for name, value in (("weight", 1.0), ("bias", 0.0))
    ]
    return site.op("InstanceNormalization", x, *learned, shape=x.shape, epsilon=float(layer.eps))


def _local_response_norm(site: Site, layer: LocalResponseNorm, x: Value) -> Value:
    """As one operation on a map if the window has a middle channel; ONNX counts an even one otherwise."""
    flat = site.reshape(x, (*x.shape[:2], -1 if x.rank == 0 else _rest(x), 1))
    numbers: dict[str, Attribute] = {
        "alpha": float(layer.alpha),
        "beta": float(layer.beta),
        "bias": float(layer.k),
    }
    if layer.size % 2:
        return site.reshape(site.op("LRN", flat, shape=flat.shape, size=layer.size, given=numbers), x.shape)
    rows = site.reshape(site.op("Mul", x, x), (1, 1, x.shape[1], _rest(x)))
    before = layer.size // 2
    mean = site.op(
        "AveragePool",
        rows,
        shape=rows.shape,
        kernel_shape=(layer.size, 1),
        pads=(before, 0, layer.size - 1 - before, 0),
        count_include_pad=1,
    )
    share = site.op("Add", site.op("Mul", mean, site.number(layer.alpha)), site.number(layer.k))
    below = site.op("Pow", share, site.number(layer.beta))
    return site.op("Div", x, site.reshape(below, x.shape))


def _rest(x: Value) -> int:
    """Positions of one channel."""
    found = 1
    for n in x.shape[2:]:
        found *= n
    return found


def _global_response_norm(
    site: Site, layer: GlobalResponseNorm, x: Value, weight: Value, bias: Value
) -> Value:
    norms = site.reduced("ReduceL2", x, tuple(range(2, x.rank)))
    mean = site.op("Add", site.reduced("ReduceMean", norms, (1,)), site.number(layer.eps))
    scaled = site.op("Mul", x, site.op("Div", norms, mean))
    scaled = site.op("Mul", scaled, site.per_channel(weight, x))
    return site.op("Add", x, site.op("Add", scaled, site.per_channel(bias, x)))


RULES: dict[str, Rule] = {
    "batch_norm": _batch_norm,
    "layer_norm": _over_axes("LayerNormalization"),
    "rms_norm": _over_axes("RMSNormalization"),
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "local_response_norm": _local_response_norm,
    "global_response_norm": _global_response_norm,
    "normalize": _normalize,
}
