"""Whatever arrives, a layer refuses it in words or answers every question about it."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

import pytest

from archcost.errors import LayerError
from archcost.layers import find
from tests.layers.loops import leaving
from tests.layers.table import CASES

if TYPE_CHECKING:
    from archcost.layers.base import Kind
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.window import Shape
    from tests.layers.case import Case

SHAPES: list[Shape] = [
    (1,),
    (4,),
    (2, 7),
    (4, 1),
    (2, 7, 7),
    (4, 1, 1),
    (3, 8, 8),
    (2, 7, 7, 7),
    (4, 1, 2, 1),
]
ARRIVING: list[tuple[Shape, ...]] = [
    *((x,) for x in SHAPES),
    *((x, y) for x, y in product(SHAPES, SHAPES) if abs(len(x) - len(y)) < 2),
    *((x, y, x) for x, y in product(SHAPES[::2], SHAPES[::3])),
    (),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_a_layer_refuses_what_arrives_or_answers_everything_about_it(case: Case) -> None:
    found = find(case.kind)
    assert found is not None
    layer = found[0].model_validate(case.fields)
    for shapes in ARRIVING:
        try:
            output = leaving(layer, shapes)
        except LayerError:
            continue
        assert output == case.output or min(output) > 0, shapes
        _ask_everything(layer, shapes, output)


def _ask_everything(layer: Kind, shapes: tuple[Shape, ...], output: Shape) -> None:
    assert all(min(shape) > 0 for shape in layer.weight_shapes(*shapes).values() if shape)
    assert all(min(shape) > 0 for shape in layer.buffer_shapes(*shapes).values())
    assert min(layer.formulas(*shapes, y=output).operations()) >= 0
    for position, x in enumerate(shapes):
        layer.window_of(position, shapes)
        layer.is_global(x)
        assert all(0 <= axis < len(x) for axis in layer.mixed_axes(x)), shapes
        layer.place(position, shapes)
        _fits(layer.rearrangement(position, shapes, output), x, output)


def _fits(how: Rearrangement | None, x: Shape, output: Shape) -> None:
    """A rearrangement has as many elements, axis by axis, as both shapes."""
    if how:
        assert tuple(prod(how.sizes[factor] for factor in axis) for axis in how.source) == x
        assert tuple(prod(how.sizes[factor] for factor in axis) for axis in how.target) == output
