"""Kinds that read where other values say: between positions, at places that only the data know.

What a place is interpolated from follows from its coordinates, so a receptive field behind these kinds is
unknown. Counts are exact: rounding down and addressing cost nothing, and places beyond the borders count like
others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from archcost.errors import ShapeError
from archcost.layers.base import Formulas, Kind, Layer, how_many_arrive
from archcost.layers.fields import Number, PerAxis, Positive
from archcost.windows.channels import Channels, mixed, overlaid
from archcost.windows.rearrangement import Rearrangement, per_channel_everywhere
from archcost.windows.window import Shape, per_axis, show, spatial

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels


class _Sampling(Kind):
    """A kind that reads a map at places that a second tensor gives."""

    places: ClassVar[str]
    """What that tensor is called."""

    @property
    def field_is_known(self) -> bool:
        """The data decide."""
        return False

    def check_inputs(self, count: int) -> None:
        """Two."""
        if count != 2:
            raise ShapeError(
                f"reads a map and the {self.places}, but {how_many_arrive(count)}; "
                f"name them with `from: [x, {self.places}]`"
            )

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on its like, and on the places."""
        x, places = arriving
        return overlaid([x, mixed([places], out_channels)])


class GridSample(_Sampling):
    """A map sampled at the places of a grid: spatial transformers, optical flow, points of interest.

    Reads `from: [x, grid]`. The grid is `[axes, *positions]`, of coordinates from -1 to 1, the last axis
    first, as in PyTorch (which puts them last); its positions are those that leave, in any number of axes.
    With `groups` of channels, each reads at places of its own: `[groups * axes, *positions]`, as the heads
    of deformable attention do, or the pixels of RAFT's look-up.

    Each coordinate takes a product and an addition to become a position. Bilinear (trilinear, …): of every
    place the fraction f and 1 - f along each axis, and `axes - 1` products for each of the weights of the
    `2 ** axes` positions around; then as many products per channel, and their sum. The receptive field is
    unknown.
    """

    places: ClassVar[str] = "grid"
    reference: ClassVar[str] = "Jaderberg et al. 2015, Spatial transformer networks, equation 5"

    mode: Literal["bilinear", "nearest"] = Field(
        "bilinear", description="blend the positions around a place, or take the nearest one"
    )
    padding_mode: Literal["zeros", "border"] = Field(
        "zeros", description="what lies beyond the borders: zeros, or the outermost position going on"
    )
    groups: Positive = Field(1, description="groups of channels, each with places of its own in the grid")
    align_corners: bool = Field(
        default=False,
        description="-1 and 1 are the middles of the outermost positions, not their outer edges",
    )

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on its like, and on the places of its group."""
        x, grid = arriving
        return overlaid([x, grid.grouped(self.groups, out_channels)])

    def output_shape(self, x: Shape, grid: Shape) -> Shape:
        """`(channels, *positions)`."""
        axes = len(spatial(x))
        if x[0] % self.groups:
            raise ShapeError(f"groups={self.groups} must divide the {x[0]} channels in")
        if len(grid) < 2 or grid[0] != axes * self.groups:
            wanted = f"{axes} coordinate{'s' * (axes > 1)}" + f" of {self.groups} groups" * (self.groups > 1)
            form = f"a grid for {show(x)} has {wanted} as its channels, [{axes * self.groups}, *positions]"
            raise ShapeError(f"{{0}} gives {show(grid)}, but {form}", inputs=(1,))
        return (x[0], *grid[1:])

    def formulas(self, x: Shape, grid: Shape, y: Shape) -> Formulas:
        """A product and a sum per coordinate, then what `sampled` values are blended from."""
        axes = len(x) - 1
        terms = {
            "axes": axes,
            "points": (self.groups, *y[1:]),
            "clamped": int(self.padding_mode == "border"),
        }
        comparisons = "2 * clamped * axes * points"
        if self.mode == "nearest":
            return Formulas(
                terms, multiplications="axes * points", additions="axes * points", comparisons=comparisons
            )
        return Formulas(
            terms | {"corners": "2 ** axes", "sampled": y},
            multiplications="axes * points + (axes - 1) * corners * points + corners * sampled",
            additions="3 * axes * points + (corners - 1) * sampled",
            comparisons=comparisons,
        )

    def run(self, kernels: Kernels, x: Array, grid: Array) -> Array:
        """Values `(channels, *positions)`."""
        return kernels.sampling.grid_sample(
            x,
            grid,
            self.groups,
            nearest=self.mode == "nearest",
            border=self.padding_mode == "border",
            align_corners=self.align_corners,
        )


class RoiAlign(_Sampling):
    """Boxes cut out of a map, each in so many bins: every bin is the mean of bilinear samples (Mask R-CNN).

    Reads `from: [x, boxes]`, the boxes `[4, regions]`: left, top, right, bottom. How many there are is fixed
    by that. `[channels, regions, *output_size]` leaves, so layers with a kernel of 1 along the first axis
    work on each region: `conv: {out_channels: 256, kernel_size: [1, 3, 3], padding: [0, 1, 1]}`.

    A region takes 4 products to scale its ends (with `aligned` 4 additions more), 2 subtractions, without
    `aligned` 2 comparisons; each of its coordinates a product, an addition and 4 comparisons with the
    borders. Every sample is blended as `grid_sample` does, and a bin is their sum and a product. The
    receptive field is unknown.
    """

    places: ClassVar[str] = "boxes"
    reference: ClassVar[str] = "He et al. 2017, Mask R-CNN, section 3; torchvision's roi_align"

    output_size: PerAxis = Field(description="bins per axis")
    spatial_scale: Number = Field(1.0, description="positions of the map per unit of the boxes")
    sampling_ratio: Positive = Field(
        2,
        description="samples per bin and axis (torchvision's -1 takes more in larger boxes: no fixed count)",
    )
    aligned: bool = Field(
        default=False, description="boxes are shifted by half a position, as Detectron2 does"
    )

    def output_shape(self, x: Shape, boxes: Shape) -> Shape:
        """`(channels, regions, *output_size)`."""
        bins = per_axis(self.output_size, len(spatial(x, rank=2)), "output_size")
        if len(boxes) != 2 or boxes[0] != 4:
            raise ShapeError(f"{{0}} gives {show(boxes)}, but boxes are [4, regions]", inputs=(1,))
        return (x[0], boxes[1], *bins)

    def formulas(self, x: Shape, boxes: Shape, y: Shape) -> Formulas:
        """Coordinates of all samples, the samples, and their mean."""
        _, regions, rows, columns = y
        return Formulas(
            {
                "regions": regions,
                "aligned": int(self.aligned),
                "samples": self.sampling_ratio,
                "coordinates": regions * (rows + columns) * self.sampling_ratio,
                "points": regions * rows * columns * self.sampling_ratio**2,
                "outputs": y,
                "sampled": "samples ** 2 * outputs",
            },
            multiplications="4 * regions + coordinates + 4 * points + 4 * sampled + outputs",
            additions="(2 + 4 * aligned) * regions + coordinates + 4 * points + 4 * sampled - outputs",
            comparisons="2 * (1 - aligned) * regions + 4 * coordinates",
        )

    def run(self, kernels: Kernels, x: Array, boxes: Array) -> Array:
        """Values `(channels, regions, *output_size)`."""
        return kernels.sampling.roi_align(
            x,
            boxes,
            per_axis(self.output_size, 2, "output_size"),
            scale=self.spatial_scale,
            ratio=self.sampling_ratio,
            aligned=self.aligned,
        )


class AffineGrid(Layer):
    """The grid of an affine map, for `grid_sample`: spatial transformers.

    Reads the map's numbers, `[axes, axes + 1]` or as many in a row, as a `linear` gives them: per coordinate
    of the grid (the last axis first) a factor for each coordinate of the output, and a shift. The grid that
    leaves is `[axes, *size]`. As in PyTorch it is a product of matrices, ones for the shift included.
    """

    reference: ClassVar[str] = "Jaderberg et al. 2015, Spatial transformer networks, equation 1"

    size: PerAxis = Field(description="positions of the grid, per axis")
    align_corners: bool = Field(
        default=False,
        description="-1 and 1 are the middles of the outermost positions, not their outer edges",
    )

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement:
        """Every position reads all numbers of its coordinate."""
        return per_channel_everywhere(inputs[0], y)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each coordinate depends on its share of the numbers."""
        return arriving[0].grouped(out_channels, out_channels)

    def output_shape(self, x: Shape) -> Shape:
        """`(axes, *size)`."""
        axes = len(self.size)
        if x not in {(axes, axes + 1), (axes * (axes + 1),)}:
            plural = f"{axes} axes" if axes > 1 else "1 axis"
            forms = f"{axes}×{axes + 1} numbers, or {axes * (axes + 1)} in a row"
            raise ShapeError(f"size has {plural}, so the map is {forms}, but what arrives is {show(x)}")
        return (axes, *self.size)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Every coordinate is a sum of `taps` products: one per axis, and one with 1."""
        return Formulas(
            {"axes": y[0], "taps": "axes + 1", "outputs": y},
            macs="taps * outputs",
            multiplications="macs",
            additions="(taps - 1) * outputs",
        )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(axes, *size)`."""
        return kernels.sampling.affine_grid(x, self.size, align_corners=self.align_corners)
