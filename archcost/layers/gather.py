"""Elements picked by an index."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.axes import name_of
from archcost.layers.base import Moving, Shapes
from archcost.layers.fields import Axis, PerAxis, Sizes, must_be, shape_of
from archcost.windows.channels import mixed
from archcost.windows.rearrangement import picked_along
from archcost.windows.window import show

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.expressions.values import Value
    from archcost.windows.channels import Channels
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.window import Shape

_RULES = {"relative_positions": "window_size", "declared": "index_shape"}
"""What an index may be beside numbers -> the field it needs."""

_FORMS = "a list of whole numbers (or of lists of equal length), or one of " + ", ".join(_RULES)


def _index(value: Value) -> Value:
    if isinstance(value, str):
        known = value in _RULES
    else:
        known = bool(shape_of(value)) and all(isinstance(n, int) for n in _elements(value))
    if not known:
        raise must_be(_FORMS, value)
    return value


def _elements(value: object) -> list[object]:
    """What nested lists hold, in a row."""
    if not isinstance(value, tuple):
        return [value]
    return [n for one in cast("tuple[object, ...]", value) for n in _elements(one)]


class Gather(Moving):
    """Elements picked along one axis by an index that no data change: reordered, repeated, left out.

    The axes of the index take the place of that axis. The index is numbers in the spec, or

    - `relative_positions`, of the n positions of a window: `[n, n]`, how far one is from another, along each
      axis a number below `2 * size - 1`, all of them counted row by row. Of a `parameter` of `[heads, 169]`,
      `axis: 1, index: relative_positions, window_size: [7, 7]` makes the biases `[heads, 49, 49]` of Swin
      (Liu et al. 2021, equation 4);
    - `declared`: a buffer `index` of a shape, kept with the weights. Its numbers change no cost; a run takes
      those of `weights`, or random ones. Which elements are read is then known only to be some of the axis.
    """

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    index: Annotated[Literal["relative_positions", "declared"] | tuple[Any, ...], BeforeValidator(_index)] = (
        Field(
            description="numbers of the elements, from 0, negative from the end, in a (nested) list; or "
            + " or ".join(_RULES)
        )
    )
    axis: Axis = Field(
        0, description="axis to pick along; 0 is channels, 1 the first spatial axis, -1 the last"
    )
    window_size: PerAxis | None = Field(
        None, description="of relative_positions: positions of the window, one number per axis"
    )
    index_shape: Sizes | None = Field(None, description="of declared: the shape of the index")

    @model_validator(mode="after")
    def _has_the_field_of_its_index(self) -> Self:
        for rule, field in _RULES.items():
            if (self.index == rule) != (getattr(self, field) is not None):
                needs, is_for = f"index: {rule} needs {field}", f"{field} is for index: {rule}"
                says = {"says": needs if self.index == rule else is_for}
                raise PydanticCustomError("rule", "{says}", says)
        return self

    @property
    def tells_channels_apart(self) -> bool:
        """Along channels."""
        return self.axis == 0

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Those that are picked, if they stay channels and are known."""
        (x,) = arriving
        if self.axis:
            return x
        if isinstance(self.index, str) or len(self._index_shape()) > 1:
            return mixed(arriving, out_channels)._replace(blurred=True, bounded=True)
        return x.listed([[int(i) % x.total] for i in self.index])

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement | None:
        """Each picks some of all along the axis; channels that stay channels move no position."""
        index = self._index_shape()
        stays = self.axis == 0 and len(index) == 1
        return None if stays else picked_along(inputs[position], self.axis, index)

    def _index_shape(self) -> Shape:
        if self.window_size is not None:
            return (prod(self.window_size),) * 2
        return self.index_shape or shape_of(self.index) or ()

    def output_shape(self, x: Shape) -> Shape:
        """`x` with the axes of the index instead of one axis."""
        name, length = name_of(self.axis, x), x[self.axis]
        if self.window_size is not None:
            there = prod(2 * n - 1 for n in self.window_size)
            if length != there:
                pairs = f"window_size {show(self.window_size)} has {there} relative positions"
                raise ShapeError(f"{pairs}, but {name} has {length}")
        numbers = [] if isinstance(self.index, str) else _elements(self.index)
        if outside := [n for n in numbers if not -length <= int(str(n)) < length]:
            raise ShapeError(f"index has {outside[0]}, outside the {length} of {name}")
        return (*x[: self.axis], *self._index_shape(), *x[self.axis + 1 :])

    def buffer_shapes(self, x: Shape) -> Shapes:
        """`index`, if it is declared."""
        return {"index": self.index_shape} if self.index_shape else {}

    def numbered(self, x: Shape) -> dict[str, int]:
        """See `Kind.numbered`."""
        return {"index": x[self.axis]} if self.index_shape else {}

    def run(self, kernels: Kernels, x: Array, index: Array | None = None) -> Array:
        """Values with the axes of the index instead of one axis."""
        if self.window_size is not None:
            index = kernels.gather.relative_positions(self.window_size)
        return kernels.gather.take(x, self.index if index is None else index, self.axis)
