"""Gated units: one half of what arrives is multiplied by a function of the other half, the gate.

Where the halves come from two layers, as in Llama, there are `branches` with `merge: multiply`, one of them
with an activation at its end.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from archcost.errors import ShapeError
from archcost.layers.activation import Gelu, Sigmoid, Silu
from archcost.layers.axes import name_of
from archcost.layers.base import Formulas, Function, Layer
from archcost.layers.fields import Axis
from archcost.windows.channels import overlaid
from archcost.windows.rearrangement import halved

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.channels import Channels
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.window import Shape

_Half = Literal["first", "second"]


class _Gated(Layer):
    """Half of the elements along an axis, times a function of the others."""

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    axis: Axis = Field(0, description="axis to halve; 0 is channels, 1 the first spatial axis, -1 the last")
    gate: _Half = Field("second", description="which half is the gate, the one the function is of")

    @abstractmethod
    def function(self) -> Function:
        """What is applied to the gate."""

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement:
        """Each is made of the one at its place in either half."""
        return halved(inputs[position], self.axis)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Likewise, where channels are halved."""
        (x,) = arriving
        if self.axis:
            return x
        halves = x.picked(0, out_channels), x.picked(out_channels, x.total)
        return overlaid(halves)

    def output_shape(self, x: Shape) -> Shape:
        """`x` with half as many along the axis."""
        name = name_of(self.axis, x)
        if x[self.axis] % 2:
            raise ShapeError(f"halves {name}, but {x[self.axis]} is odd")
        return tuple(n // 2 if axis == self.axis else n for axis, n in enumerate(x))

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """The function of the gate, and a product, for every element that leaves."""
        costs = self.function().costs()
        costs = costs._replace(multiplications=costs.multiplications + 1)
        counts = {name: f"{cost} * outputs" for name, cost in costs._asdict().items() if cost}
        return Formulas({"outputs": y}, **counts)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values with half as many along the axis."""
        first, second = kernels.gating.halves(x, self.axis)
        value, gate = (first, second) if self.gate == "second" else (second, first)
        return value * self.function().run(kernels, gate)


class Glu(_Gated):
    """Gated linear unit: one half of the channels times the sigmoid of the other, `a * sigmoid(gate)`."""

    reference: ClassVar[str] = "Dauphin et al. 2017, Language modeling with gated convolutional networks"

    def function(self) -> Function:
        """The logistic function."""
        return Sigmoid()


class Geglu(_Gated):
    """Gated unit of a GELU: one half of the channels times the GELU of the other, `a * gelu(gate)`."""

    reference: ClassVar[str] = "Shazeer 2020, GLU variants improve Transformer, equation 6"

    approximate: Literal["none", "tanh"] = Field(
        "none", description="the exact GELU, or the formula with tanh"
    )

    def function(self) -> Function:
        """The Gaussian error linear unit."""
        return Gelu(approximate=self.approximate)


class Swiglu(_Gated):
    """Gated unit of a SiLU: one half of the channels times the SiLU of the other, `a * silu(gate)`.

    By default the first half is the gate, as in DINOv2 and timm; of the other two units it is the second.
    """

    reference: ClassVar[str] = "Shazeer 2020, GLU variants improve Transformer, equation 6"

    gate: _Half = Field("first", description="which half is the gate, the one the function is of")

    def function(self) -> Function:
        """The sigmoid-weighted linear unit."""
        return Silu()
