"""The kinds of `archcost/layers/gather.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.layers.case import Case
from tests.layers.late import torch

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from tests.layers.definitions import Index


def _bias(at: Index, table: Array) -> float:
    """Of a window of 7 by 7: 13 numbers for the rows apart, in each 13 for the columns, 0 in the middle."""
    head, query, key = at
    (row, column), (other_row, other_column) = divmod(query, 7), divmod(key, 7)
    return float(table[head, (row - other_row + 6) * 13 + column - other_column + 6])


def _counted_back(at: Index, table: Array) -> float:
    """Of 5 positions in a row: 9 numbers, the 5th of which is for a position itself."""
    return float(table[4 + at[0] - at[1], at[2]])


CASES = [
    Case(
        sentence="Swin-T finds the biases of 3 heads for each of 49×49 pairs in a table of 13×13",
        kind="gather",
        fields={"axis": 1, "index": "relative_positions", "window_size": (7, 7)},
        inputs=((3, 169),),
        output=(3, 49, 49),
        value=_bias,
    ),
    Case(
        sentence="of positions in a row, a table of vectors has one for every distance",
        kind="gather",
        fields={"axis": 0, "index": "relative_positions", "window_size": (5,)},
        inputs=((9, 4),),
        output=(5, 5, 4),
        value=_counted_back,
    ),
    Case(
        sentence="T5 keeps the number of one of 32 distances for each of 8×8 pairs",
        kind="gather",
        fields={"axis": 1, "index": "declared", "index_shape": (8, 8)},
        inputs=((6, 32),),
        output=(6, 8, 8),
        value=lambda at, x, index: float(x[at[0], int(index[at[1:]])]),
        torch=lambda x, index: x[:, :, index.long()],
        buffers={"index": (8, 8)},
    ),
    Case(
        sentence="channels are taken in another order, one of them twice and one not at all",
        kind="gather",
        fields={"index": (2, 0, -1, 2)},
        inputs=((5, 6, 6),),
        output=(4, 6, 6),
        value=lambda at, x: float(x[(2, 0, 4, 2)[at[0]], at[1], at[2]]),
        torch=lambda x: x[:, [2, 0, 4, 2]],
    ),
    Case(
        sentence="positions are taken two by two, every one beside the first",
        kind="gather",
        fields={"axis": 1, "index": ((0, 0), (0, 1), (0, 2))},
        inputs=((3, 4),),
        output=(3, 3, 2),
        value=lambda at, x: float(x[at[0], at[1] if at[2] else 0]),
        torch=lambda x: torch.stack([x[:, :, [0, 0, 0]], x[:, :, :3]], -1),
    ),
]
