"""The weight that a layer works with, made of what is learned: see `archcost.layers.parametrization`."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.layers.parametrization import EPS

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.base import Kind


def parametrized(rule: Rule, *, rows: int = 0) -> Rule:
    """The layer with the weight that is made of what it learns; axis `rows` are those of a matrix."""

    def write(site: Site, layer: Kind, *xs: Value, weight: Value, **tensors: Value) -> Value:
        parts = {name: tensors.pop(name) for name in ("gain", "left", "right") if name in tensors}
        how = getattr(layer, "parametrization", None)
        if how == "spectral_norm":
            weight = _by_singular_value(site, weight, rows, **parts)
        elif how:
            eps = getattr(layer, "parametrization_eps", EPS)
            weight = _by_row(site, how, weight, eps, **parts)
        return rule(site, layer, *xs, weight=weight, **tensors)

    return write


def _by_singular_value(site: Site, weight: Value, rows: int, left: Value, right: Value) -> Value:
    matrix = site.moved(weight, [rows], [0])
    matrix = site.reshape(matrix, (left.shape[0], right.shape[0]))
    row, column = site.reshape(left, (1, *left.shape)), site.reshape(right, (*right.shape, 1))
    return site.op("Div", weight, site.reshape(site.matmul(site.matmul(row, matrix), column), ()))


def _by_row(site: Site, how: str, weight: Value, eps: float, gain: Value | None = None) -> Value:
    axes = tuple(range(1, weight.rank))
    if how == "weight_norm":
        found, share = site.op("Div", weight, site.reduced("ReduceL2", weight, axes)), 1.0
    else:
        apart = site.op("Sub", weight, site.reduced("ReduceMean", weight, axes))
        variance = site.reduced("ReduceMean", site.op("Mul", apart, apart), axes)
        found = site.op("Div", apart, site.op("Sqrt", site.op("Add", variance, site.number(eps))))
        share = prod(weight.shape[1:]) ** -0.5
    if gain is None:
        return found
    gain = gain if share == 1 else site.op("Mul", gain, site.number(share))
    return site.op("Mul", found, site.reshape(gain, (*gain.shape, *(1 for _ in axes))))
