"""What a spec brings by itself: a learned tensor, and a layer that is declared rather than derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from archcost.errors import ShapeError
from archcost.layers.base import BESIDE_MACS, Formulas, Kind, Shapes, TensorSource
from archcost.layers.fields import NonNegative, Padding, PerAxis, Sizes
from archcost.windows.window import Shape, Window, show, sliding, spatial

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels


class Parameter(TensorSource):
    """A learned tensor that enters the network on its own: a class token, a position embedding."""

    shape: Sizes = Field(description="its shape, [channels, axes…]")

    def output_shape(self, *unread: Shape) -> Shape:
        """The shape as given."""
        return self.shape

    def weight_shapes(self, *unread: Shape) -> Shapes:
        """`weight`: the tensor itself."""
        return {"weight": self.shape}

    def run(self, kernels: Kernels, weight: Array) -> Array:
        """The tensor itself."""
        return weight


Beside = NonNegative | None


class DeclaredField(BaseModel):
    """The window a custom layer looks through."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    kernel_size: PerAxis = Field(description="positions of the window, per axis")
    stride: PerAxis = Field((1,), description="step between neighbouring windows")
    padding: Padding = Field((0,), description="positions beyond the input")
    dilation: PerAxis = Field((1,), description="step between neighbouring positions of a window")

    def window(self, x: Shape) -> Window:
        """The sliding window on this input."""
        return sliding(x, self.kernel_size, self.stride, self.padding, dilation=self.dilation)


class Custom(Kind):
    """A layer archcost does not know, with the numbers its author declares.

    It takes any number of inputs, also none (`from: []`). Every report lists it, with its reason, among what
    was declared. A declared MAC is a multiplication and an addition, like any other; what it computes beside
    them can be declared, too, and else nobody says it, and the counts leave it out. A run goes on with values
    that are made up: means of what the declared window covers, or of everything without one.
    """

    within_dimension_limit: ClassVar[bool] = False
    values_unknown: ClassVar[bool] = True

    shape: Sizes = Field(description="the shape that leaves, [channels, axes…]")
    params: NonNegative = Field(0, description="learned numbers")
    macs: NonNegative = Field(0, description="multiply-accumulates for one sample")
    multiplications: Beside = Field(None, description="multiplications beside those of MACs")
    additions: Beside = Field(None, description="additions, and subtractions, beside those of MACs")
    comparisons: Beside = Field(
        None, description="comparisons: a maximum, a minimum and a choice are one each"
    )
    divisions: Beside = Field(None, description="divisions by what is no constant")
    exponentials: Beside = Field(
        None, description="each exp, log, sin, cos, tanh, erf, power and square root"
    )
    receptive_field: DeclaredField | None = Field(
        None,
        description="the window it looks through, the same on every input",
    )
    reason: Annotated[str, Field(min_length=1)] = Field(
        description="why it is declared, for whoever reads the report"
    )

    @property
    def field_is_known(self) -> bool:
        """Only if it is declared."""
        return self.receptive_field is not None

    def window(self, x: Shape) -> Window | None:
        """The declared window on this input."""
        return self.receptive_field.window(x) if self.receptive_field else None

    def output_shape(self, *xs: Shape) -> Shape:
        """The declared shape, if the declared window agrees."""
        for i, x in enumerate(xs):
            window = self.window(x)
            if window and (positions := window.output(spatial(x))) != self.shape[1:]:
                there = f"{show(positions)} positions on the {show(x)} of {{0}}"
                raise ShapeError(f"receptive_field has {there}, but shape is {show(self.shape)}", inputs=(i,))
        return self.shape

    def weight_shapes(self, *xs: Shape) -> Shapes:
        """`weight`: the declared numbers in a row."""
        return {"weight": (self.params,)} if self.params else {}

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """The declared MACs, each a multiplication and an addition, and what is declared beside them."""
        counts = {"macs": "declared", "multiplications": "macs", "additions": "macs"}
        for name in BESIDE_MACS:
            if beside := getattr(self, name):
                counts[name] = f"{counts[name]} + {beside}" if name in counts else str(beside)
        return Formulas({"declared": self.macs}, **counts)

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values that are made up, of the declared shape: they depend on what the declared window covers."""
        windows = [self.window(x.shape) for x in xs]
        return kernels.declared.stand_in(xs, windows, self.shape, kernels.dtype)
