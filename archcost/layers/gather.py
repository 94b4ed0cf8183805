"""Elements picked by an index."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.axes import name_of
from archcost.layers.base import Moving
from archcost.layers.fields import Axis, PerAxis, must_be, shape_of
from archcost.windows.channels import blurred_together
from archcost.windows.rearrangement import picked_along
from archcost.windows.window import show

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.expressions.values import Value
    from archcost.windows.channels import Channels
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.window import Shape

_RULE = "relative_positions"
_FORMS = f"a list of whole numbers (or of lists of equal length), or {_RULE}"


def _index(value: Value) -> Value:
    if isinstance(value, str):
        known = value == _RULE
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
    """Elements picked along one axis by a fixed index, which may reorder, repeat and leave out.

    The axes of the index take the place of that axis. `relative_positions` is an index `[n, n]` for the n
    positions of a window: how far one is from another, along each axis a number below `2 * size - 1`, all of
    them counted row by row. Of a `parameter` of `[heads, 169]`, `axis: 1, index: relative_positions,
    window_size: [7, 7]` makes Swin's biases `[heads, 49, 49]`.
    """

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)
    reference: ClassVar[str] = "Liu et al. 2021, Swin Transformer, equation 4"

    index: Annotated[Literal["relative_positions"] | tuple[Any, ...], BeforeValidator(_index)] = Field(
        description="numbers of the elements, from 0, negative from the end, in a (nested) list; or a rule: "
        + _RULE
    )
    axis: Axis = Field(
        0, description="axis to pick along; 0 is channels, 1 the first spatial axis, -1 the last"
    )
    window_size: PerAxis | None = Field(
        None, description="of relative_positions: positions of the window, one number per axis"
    )

    @model_validator(mode="after")
    def _has_the_fields_of_its_rule(self) -> Self:
        if (self.index == _RULE) != (self.window_size is not None):
            says = (
                f"index: {_RULE} needs window_size"
                if self.window_size is None
                else f"window_size is for index: {_RULE}"
            )
            raise PydanticCustomError("rule", "{says}", {"says": says})
        return self

    @property
    def tells_channels_apart(self) -> bool:
        """Along channels."""
        return self.axis == 0

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Those that are picked, if they stay channels."""
        if self.axis:
            return arriving[0]
        if len(self._index_shape()) > 1:
            return blurred_together(arriving, out_channels)
        return arriving[0].listed([[int(i) % arriving[0].total] for i in self.index])

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement | None:
        """Each picks some of all along the axis; channels that stay channels move no position."""
        index = self._index_shape()
        return (
            None if self.axis == 0 and len(index) == 1 else picked_along(inputs[position], self.axis, index)
        )

    def _index_shape(self) -> Shape:
        return shape_of(self.index) or () if self.window_size is None else (prod(self.window_size),) * 2

    def output_shape(self, x: Shape) -> Shape:
        """`x` with the axes of the index instead of one axis."""
        name, length = name_of(self.axis, x), x[self.axis]
        if self.window_size is not None:
            there = prod(2 * n - 1 for n in self.window_size)
            if length != there:
                pairs = f"window_size {show(self.window_size)} has {there} relative positions"
                raise ShapeError(f"{pairs}, but {name} has {length}")
        elif outside := [n for n in _elements(self.index) if not -length <= int(str(n)) < length]:
            raise ShapeError(f"index has {outside[0]}, outside the {length} of {name}")
        return (*x[: self.axis], *self._index_shape(), *x[self.axis + 1 :])

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values with the axes of the index instead of one axis."""
        index = (
            self.index if self.window_size is None else kernels.gather.relative_positions(self.window_size)
        )
        return kernels.gather.take(x, index, self.axis)
