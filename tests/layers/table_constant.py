"""The kinds of `archcost/layers/constant.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from math import cos, sin
from typing import TYPE_CHECKING

from tests.layers.case import Case
from tests.layers.late import torch

if TYPE_CHECKING:
    from tests.layers.definitions import Index


def _before_the_roll(window: int, place: int) -> tuple[int, int]:
    """Row and column, on a map of 8 by 8, of a place in a window of 4 by 4 before it was rolled."""
    row, column = window // 2 * 4 + place // 4, window % 2 * 4 + place % 4
    return (row + 1) % 8, (column + 1) % 8


def _was_beside(at: Index) -> float:
    """Whether two places of a window had no border of the map between them: they are as near as in it."""
    window, one, other = at
    (a, b), (c, d) = _before_the_roll(window, one), _before_the_roll(window, other)
    return 0 if abs(a - c) < 4 and abs(b - d) < 4 else -100


CASES = [
    Case(
        sentence="one number stands at every place",
        kind="constant",
        fields={"shape": (3, 4), "values": -0.5},
        inputs=(),
        output=(3, 4),
        value=lambda at: -0.5,  # noqa: ARG005 - it is the same everywhere
        torch=lambda: torch.full((1, 3, 4), -0.5),
    ),
    Case(
        sentence="numbers in lists are a tensor of their shape",
        kind="constant",
        fields={"values": ((1, 2.5, -3), (4, 5, 6))},
        inputs=(),
        output=(2, 3),
        value=lambda at: ((1, 2.5, -3), (4, 5, 6))[at[0]][at[1]],
        torch=lambda: torch.tensor([[[1, 2.5, -3], [4, 5, 6]]]),
    ),
    Case(
        sentence="the identity has 1 where row and column are the same",
        kind="constant",
        fields={"shape": (2, 3, 5), "values": "identity"},
        inputs=(),
        output=(2, 3, 5),
        value=lambda at: float(at[1] == at[2]),
        torch=lambda: torch.eye(3, 5).expand(1, 2, 3, 5),
    ),
    Case(
        sentence="a causal mask lets a query see the keys up to its own",
        kind="constant",
        fields={"shape": (1, 6, 6), "values": "causal", "inside": 0, "outside": -1e9},
        inputs=(),
        output=(1, 6, 6),
        value=lambda at: 0 if at[2] <= at[1] else -1e9,
        torch=lambda: torch.full((1, 1, 6, 6), -1e9).triu(1),
    ),
    Case(
        sentence="a banded mask lets a query see three keys before its own and one after it",
        kind="constant",
        fields={"shape": (1, 6, 7), "values": "banded", "before": 3, "after": 1},
        inputs=(),
        output=(1, 6, 7),
        value=lambda at: float(at[2] - at[1] in range(-3, 2)),
        torch=lambda: torch.ones(1, 1, 6, 7).tril(1).triu(-3),
    ),
    Case(
        sentence="in Swin's last windows positions from both ends of the map do not see each other",
        kind="constant",
        fields={
            "values": "shifted_windows",
            "map_size": (8, 8),
            "window_size": 4,
            "shift": 1,
            "inside": 0,
            "outside": -100,
        },
        inputs=(),
        output=(4, 16, 16),
        value=_was_beside,
    ),
    Case(
        sentence="positions are told by sines and cosines that are slower from pair to pair of channels",
        kind="constant",
        fields={"shape": (8, 50), "values": "sinusoids"},
        inputs=(),
        output=(8, 50),
        value=lambda at: (cos if at[0] % 2 else sin)(at[1] / 10 ** (at[0] // 2)),
        torch=lambda: torch.stack(
            [
                wave(torch.arange(50).double() * 0.1**pair)
                for pair in range(4)
                for wave in (torch.sin, torch.cos)
            ]
        )[None],
    ),
    Case(
        sentence="Mixtral's angles fall with a million where others have ten thousand",
        kind="constant",
        fields={"shape": (4, 50), "values": "sinusoids", "base": 1_000_000},
        inputs=(),
        output=(4, 50),
        value=lambda at: (cos if at[0] % 2 else sin)(at[1] / 1000 ** (at[0] // 2)),
        torch=lambda: torch.stack(
            [
                wave(torch.arange(50).double() * 0.001**pair)
                for pair in range(2)
                for wave in (torch.sin, torch.cos)
            ]
        )[None],
    ),
    Case(
        sentence="a ramp says of every position which one it is",
        kind="constant",
        fields={"shape": (2, 3, 5), "values": "ramp"},
        inputs=(),
        output=(2, 3, 5),
        value=lambda at: at[2],
        torch=lambda: torch.arange(5).double().expand(1, 2, 3, 5),
    ),
    Case(
        sentence="a ramp from 1 to 0 along the channels, in quarters",
        kind="constant",
        fields={"shape": (5, 3), "values": "ramp", "axis": 0, "start": 1, "step": -0.25},
        inputs=(),
        output=(5, 3),
        value=lambda at: (4 - at[0]) / 4,
        torch=lambda: torch.linspace(1, 0, 5).double()[None, :, None].expand(1, 5, 3),
    ),
    Case(
        sentence="the coordinates of the pixels of a map, those along the width first, as RAFT starts from",
        kind="constant",
        fields={"shape": (2, 4, 6), "values": "coordinates"},
        inputs=(),
        output=(2, 4, 6),
        value=lambda at: at[2 - at[0]],
        torch=lambda: torch.stack(
            torch.meshgrid(torch.arange(4).double(), torch.arange(6).double(), indexing="ij")[::-1]
        )[None],
    ),
    Case(
        sentence="coordinates from -1 to 1 along both axes, as CoordConv and a grid of pictures have them",
        kind="constant",
        fields={"shape": (2, 5, 9), "values": "coordinates", "start": -1, "step": (0.5, 0.25)},
        inputs=(),
        output=(2, 5, 9),
        value=lambda at: -1 + (at[2] / 4, at[1] / 2)[at[0]],
        torch=lambda: torch.stack(
            torch.meshgrid(
                torch.linspace(-1, 1, 5).double(), torch.linspace(-1, 1, 9).double(), indexing="ij"
            )[::-1]
        )[None],
    ),
    Case(
        sentence="along three axes of their own starts",
        kind="constant",
        fields={"shape": (3, 2, 3, 4), "values": "coordinates", "start": (10, 20, 30), "step": 2},
        inputs=(),
        output=(3, 2, 3, 4),
        value=lambda at: 10 * (3 - at[0]) + 2 * at[3 - at[0]],
        torch=lambda: torch.stack(
            torch.meshgrid(
                *(start + 2 * torch.arange(size).double() for start, size in ((10, 2), (20, 3), (30, 4))),
                indexing="ij",
            )[::-1]
        )[None],
    ),
    Case(
        sentence="a table that the framework keeps with the weights, whose numbers no spec would say",
        kind="constant",
        fields={"shape": (2, 5, 9), "values": "declared"},
        inputs=(),
        output=(2, 5, 9),
        value=lambda at, values: float(values[at]),
        torch=lambda values: values[None],
        buffers={"values": (2, 5, 9)},
    ),
]
