"""Learned tensors, and what is only declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import NotExportableError

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.base import Kind


def _parameter(site: Site, layer: Kind, weight: Value) -> Value:
    return site.reshape(weight, site.shape)


def _custom(site: Site, layer: Kind, *xs: Value, **weights: Value) -> Value:
    raise NotExportableError("its numbers are declared; what it computes is not known")


RULES: dict[str, Rule] = {
    "parameter": _parameter,
    "custom": _custom,
}
