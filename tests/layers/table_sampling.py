"""The kinds of `archcost/layers/sampling.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import affine, binned_region, of_grid
from tests.layers.late import F

CASES = [
    Case(
        sentence="a spatial transformer reads between positions: two coordinates, four neighbours",
        kind="grid_sample",
        inputs=((3, 8, 8), (2, 5, 4)),
        output=(3, 5, 4),
        value=of_grid(),
        torch=lambda x, grid: F.grid_sample(x, grid.movedim(1, -1), align_corners=False),
        # 20 places: a product and a sum per coordinate, 2 fractions each, 4 weights; 60 values of 4 products
        ops=Operations(multiplications=360, additions=300),
    ),
    Case(
        sentence="the nearest positions of a volume take no more than their coordinates",
        kind="grid_sample",
        fields={"mode": "nearest", "padding_mode": "border", "align_corners": True},
        inputs=((2, 3, 4, 5), (3, 2, 2, 2)),
        output=(2, 2, 2, 2),
        value=of_grid(nearest=True, border=True, corners=True),
        torch=lambda x, grid: F.grid_sample(x, grid.movedim(1, -1), "nearest", "border", align_corners=True),
        ops=Operations(multiplications=24, additions=24, comparisons=48),
    ),
    Case(
        sentence="points in a list give a sequence",
        kind="grid_sample",
        fields={"padding_mode": "border", "align_corners": True},
        inputs=((4, 6, 7), (2, 9)),
        output=(4, 9),
        value=of_grid(border=True, corners=True),
        ops=Operations(multiplications=198, additions=162, comparisons=36),
    ),
    Case(
        sentence="in 1-D a place lies between two positions, whose weights take no product",
        kind="grid_sample",
        inputs=((2, 6), (1, 3)),
        output=(2, 3),
        value=of_grid(),
        ops=Operations(multiplications=15, additions=15),
    ),
    Case(
        sentence="deformable attention: two heads, each with four places of its own for each of five queries",
        kind="grid_sample",
        fields={"groups": 2},
        inputs=((6, 7, 9), (4, 5, 4)),
        output=(6, 5, 4),
        value=of_grid(groups=2),
        # 40 places of 4 weights, 120 values of 4 products
        ops=Operations(multiplications=720, additions=600),
    ),
    Case(
        sentence="the nearest of three groups",
        kind="grid_sample",
        fields={"groups": 3, "mode": "nearest"},
        inputs=((3, 5, 5), (6, 4)),
        output=(3, 4),
        value=of_grid(groups=3, nearest=True),
        ops=Operations(multiplications=24, additions=24),
    ),
    Case(
        sentence="a spatial transformer's six numbers give two coordinates for each of 3x4 positions",
        kind="affine_grid",
        fields={"size": (3, 4)},
        inputs=((6,),),
        output=(2, 3, 4),
        value=affine(),
        torch=lambda x: F.affine_grid(x.reshape(1, 2, 3), (1, 1, 3, 4), align_corners=False).movedim(-1, 1),
        ops=Operations(macs=72, multiplications=72, additions=48),  # 24 coordinates of 3 products
    ),
    Case(
        sentence="as a matrix, between the middles of the outermost positions",
        kind="affine_grid",
        fields={"size": (3, 4), "align_corners": True},
        inputs=((2, 3),),
        output=(2, 3, 4),
        value=affine(corners=True),
        ops=Operations(macs=72, multiplications=72, additions=48),
    ),
    Case(
        sentence="Mask R-CNN's 7x7 bins, each the mean of four samples, of a map with a stride of four",
        kind="roi_align",
        fields={"output_size": 7, "spatial_scale": 0.25},
        inputs=((4, 20, 30), (4, 5)),
        output=(4, 5, 7, 7),
        value=binned_region(7, 7, samples=2, scale=0.25, smallest=1),
        torch="torchvision has it; `tests/peers` puts it together from `grid_sample`",
        # 5 boxes of 4 ends; 140 coordinates; 980 places of 4 weights; 3,920 values of 4 products; 980 means
        ops=Operations(multiplications=20_740, additions=18_770, comparisons=570),
    ),
    Case(
        sentence="aligned boxes begin half a position earlier, and may be thin",
        kind="roi_align",
        fields={"output_size": (2, 3), "sampling_ratio": 1, "aligned": True},
        inputs=((2, 6, 8), (4, 3)),
        output=(2, 3, 2, 3),
        value=binned_region(2, 3, samples=1, shift=0.5),
        ops=Operations(multiplications=279, additions=213, comparisons=60),
    ),
]
