"""Axes that count from the end: the same layer, the same values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

import archcost
from archcost.execute.executor import steps
from archcost.layers import KINDS, find
from tests.layers.table import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from tests.layers.case import Case

    Load = Callable[..., Network]

AXES = {name for name in KINDS if (found := find(name)) and found[0].axis_fields}
OF_WHAT_LEAVES = {"constant", "stack", "unsqueeze"}
"""Kinds whose axis is counted in what leaves (nothing arrives at a constant); they settle it themselves."""
ROWS = [case for case in CASES if case.kind in AXES]


def test_every_kind_with_a_field_for_axes_settles_it() -> None:
    named = {
        name for name in KINDS if (found := find(name)) and {"axis", "axes"} & set(found[0].model_fields)
    }
    assert named - AXES == OF_WHAT_LEAVES
    assert {case.kind for case in ROWS} == AXES


def from_the_end(axes: Any, rank: int) -> Any:  # noqa: ANN401 - whatever names axes
    """The same axes by negative numbers; a word stays."""
    if isinstance(axes, tuple):
        return tuple(from_the_end(axis, rank) for axis in cast("tuple[int, ...]", axes))
    return axes - rank if isinstance(axes, int) else axes


@pytest.mark.parametrize("case", ROWS, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_axes_from_the_end_are_those_of_whatever_arrives(case: Case) -> None:
    found = find(case.kind)
    assert found is not None
    kind, inputs = found[0], case.inputs
    front = kind.model_validate(case.fields).settled(inputs)
    named = {name: from_the_end(getattr(front, name), len(inputs[0])) for name in kind.axis_fields}
    back = kind.model_validate(case.fields | {name: axes for name, axes in named.items() if axes is not None})
    assert front.settled(inputs) is front
    assert back.settled(inputs) == front
    assert back.settled(inputs).output_shape(*inputs) == case.output


@pytest.mark.parametrize("axis", [-1, -2, -3])
def test_softmax_from_the_end_sums_to_one_along_that_axis(network: Load, axis: int) -> None:
    for kind in (f"softmax: {{axis: {axis}}}", f"activation: {{function: softmax, axis: {axis}}}"):
        (step,) = steps(network(f"- {kind}", x="[2, 3, 4]"))
        assert np.allclose(np.asarray(step.value).sum(axis=axis), 1)


def test_a_slice_a_transpose_and_a_concatenation_from_the_end(network: Load) -> None:
    layers = """
        - {name: cut, slice: {axis: -1, start: 1, end: 3}}
        - {name: turned, transpose: {axes: [-1, 0, -2]}}
        - {concat: {axis: -2}, from: [turned, turned]}
        """
    given = np.arange(24.0).reshape(2, 3, 4)
    ran = {
        step.node.path: np.asarray(step.value)
        for step in steps(network(layers, x="[2, 3, 4]"), inputs={"input": given})
    }
    assert np.array_equal(ran["cut"], given[..., 1:3])
    assert np.array_equal(ran["turned"], np.transpose(given[..., 1:3], (2, 0, 1)))
    assert np.array_equal(ran["concat"], np.concatenate([ran["turned"]] * 2, axis=-2))


@pytest.mark.parametrize("axes", ["[-1]", "[-2, -1]", "[0, -1]", "-3"])
def test_layer_norm_from_the_end(network: Load, axes: str) -> None:
    given = np.random.default_rng(1).normal(size=(2, 3, 4))
    layers = f"- layer_norm: {{axis: {axes}, affine: false, eps: 0}}"
    (step,) = steps(network(layers, x="[2, 3, 4]"), inputs={"input": given})
    over = tuple(int(axis) for axis in axes.strip("[]").split(","))
    assert np.allclose(np.asarray(step.value).mean(axis=over), 0)
    assert np.allclose(np.asarray(step.value).std(axis=over), 1)


def test_one_item_on_tensors_of_other_ranks_names_other_axes(network: Load) -> None:
    layers = """
        - {name: plane, softmax: {axis: $axis}}
        - {name: line, flatten: }
        - {name: flat, softmax: {axis: $axis}}
        """
    net = network(layers, x="[2, 3, 4]", vars="{axis: -1}")
    normalized = [net.by_path[path].formulas() for path in ("plane", "flat")]
    assert [formulas.values()["sets"] for formulas in normalized] == [6, 1]


def test_equal_items_stay_one_layer(network: Load) -> None:
    net = network("- {repeat: 3, body: [{softmax: {axis: -1}}]}")
    assert len({id(node.layer) for node in net}) == 1
    assert archcost.analyze(net).totals.exponentials == 3 * 3 * 8 * 8
