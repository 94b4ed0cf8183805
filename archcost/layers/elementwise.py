"""Layers that leave the shape as it is: nothing at all, or a product per element."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcost.layers.base import Formulas, Layer, Moving, Shapes
from archcost.layers.fields import Number, Probability

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.window import Shape


class Identity(Moving):
    """The input itself."""

    per_channel: ClassVar[bool] = True
    alias: ClassVar[bool] = True

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        return x

    def run(self, kernels: Kernels, x: Array) -> Array:
        """The input itself."""
        return x


class Dropout(Identity):
    """Elements left out at random while training; the identity at inference, which is what is counted."""

    reference: ClassVar[str] = "Srivastava et al. 2014, Dropout: a simple way to prevent overfitting"

    p: Probability = Field(0.5, description="probability that an element is left out")


class DropPath(Identity):
    """A residual branch left out at random while training (stochastic depth); the identity at inference."""

    reference: ClassVar[str] = "Huang et al. 2016, Deep networks with stochastic depth"

    p: Probability = Field(0.0, description="probability that the branch is left out")


class Scale(Layer):
    """Every element times one constant."""

    per_channel: ClassVar[bool] = True

    factor: Number = Field(description="the constant")

    @property
    def folds(self) -> bool:
        """It is one number for each that arrives."""
        return True

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """See `folds`."""
        return (0,)

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        return x

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """`factor * x`."""
        return Formulas({"outputs": y}, multiplications="outputs")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return self.factor * x


class LayerScale(Layer):
    """Every channel times a learned number of its own, plus another one if it has a bias.

    ConvNeXt's layer scale; with `bias`, LeNet-5's subsampling coefficients and Caffe's Scale.
    """

    per_channel: ClassVar[bool] = True
    reference: ClassVar[str] = "Touvron et al. 2021, Going deeper with image transformers"

    bias: bool = Field(default=False, description="add a learned number to every channel")

    @property
    def folds(self) -> bool:
        """It is one number for each that arrives."""
        return True

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """See `folds`."""
        return (0,)

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        return x

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight`, and `bias` if there is one, per channel."""
        return {"weight": (x[0],)} | ({"bias": (x[0],)} if self.bias else {})

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """`weight * x + bias`."""
        return Formulas(
            {"outputs": y, "bias": int(self.bias)},
            multiplications="outputs",
            additions="bias * outputs",
        )

    def run(self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """Values shaped like `x`."""
        return kernels.normalization.affine(x, weight, bias)
