"""What several items are together, by the kind that a person would write: the values stay the same."""

from __future__ import annotations

import numpy as np

from archcost.importing.idioms import idiomatic
from archcost.importing.items import Item


def test_halves_in_the_other_order_are_a_roll_along_both_axes_at_once() -> None:
    """As ONNX has it; NumPy says what the roll has to be."""
    first = Item("relu", {}, ("input",), (2, 4, 6), "", "x")
    items, before = [first], first
    for axis in (1, 2):
        size = before.shape[axis]
        behind = Item(
            "slice", {"start": 1, "axis": axis}, (before,), _cut(before.shape, axis, size - 1), "", "b"
        )
        front = Item("slice", {"end": 1, "axis": axis}, (before,), _cut(before.shape, axis, 1), "", "a")
        before = Item("concat", {"axis": axis}, (behind, front), before.shape, "", "c")
        items += [behind, front, before]
    x = np.arange(48).reshape(2, 4, 6)
    turned = np.concatenate([x[:, 1:], x[:, :1]], 1)
    turned = np.concatenate([turned[:, :, 1:], turned[:, :, :1]], 2)
    found = idiomatic(items, (before,), {"input": (2, 4, 6)})
    assert [item.kind for item in found] == ["relu", "roll"]
    assert found[1].sources == (first,)
    assert found[1].fields == {"shifts": -1, "axis": [1, 2]}
    assert (turned == np.roll(x, (-1, -1), (1, 2))).all()


def _cut(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis + 1 :])


def test_positions_in_a_row_for_a_linear_layer_stay_where_they_are() -> None:
    row = Item("reshape", {"shape": [3, 20]}, ("input",), (3, 20), "", "r")
    linear = Item("linear", {"out_features": 5, "per_position": True}, (row,), (5, 20), "", "l")
    laid = Item("reshape", {"shape": [5, 4, 5]}, (linear,), (5, 4, 5), "", "e")
    last = Item("relu", {}, (laid,), (5, 4, 5), "", "o")
    found = idiomatic([row, linear, laid, last], (last,), {"input": (3, 4, 5)})
    assert [(item.kind, item.shape) for item in found] == [("linear", (5, 4, 5)), ("relu", (5, 4, 5))]
    assert found[0].sources == ("input",)


def test_positions_in_a_row_stay_in_a_row_where_something_reads_several_of_them() -> None:
    row = Item("reshape", {"shape": [3, 20]}, ("input",), (3, 20), "", "r")
    mixed = Item("softmax", {"axis": 1}, (row,), (3, 20), "", "s")
    last = Item("reshape", {"shape": [3, 4, 5]}, (mixed,), (3, 4, 5), "", "e")
    found = idiomatic([row, mixed, last], (last,), {"input": (3, 4, 5)})
    assert [item.shape for item in found] == [(3, 20), (3, 20), (3, 4, 5)]
