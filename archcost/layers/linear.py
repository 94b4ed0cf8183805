"""Linear layers, without a window: every output sums all numbers that arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcost.errors import ShapeError
from archcost.geometry import show, size
from archcost.layers.base import Formulas, Layer, Weights
from archcost.layers.fields import Positive

if TYPE_CHECKING:
    from archcost.geometry import Shape


class Linear(Layer):
    """A fully connected layer: a vector times a matrix, plus a bias.

    Takes a vector, or a tensor whose axes are all 1, and gives a vector. With `per_position` it is applied
    to the channels of every position and the axes stay. Weights `[out_features, in_features]`.
    """

    reference: ClassVar[str] = "PyTorch, Linear"

    out_features: Positive = Field(description="numbers that leave")
    bias: bool = Field(default=True, description="add a learned number to every output")
    in_features: Positive | None = Field(None, description="an assertion: the numbers that arrive")
    per_position: bool = Field(default=False, description="apply it at each position and keep the axes")

    def output(self, x: Shape) -> Shape:
        """`(out_features,)`, or `(out_features, *axes)` with `per_position`."""
        if self.in_features not in {None, x[0]}:
            raise ShapeError(f"in_features is {self.in_features}, but {x[0]} arrive")
        if self.per_position:
            return (self.out_features, *x[1:])
        if size(x) != x[0]:
            raise ShapeError(
                f"takes a vector, but {show(x)} arrives; put `flatten` before it, use a 1×1 `conv`, or write "
                "per_position: true to apply it at each position",
            )
        return (self.out_features,)

    def weights(self, x: Shape) -> Weights:
        """`weight`, and `bias` per output."""
        weight = {"weight": (self.out_features, x[0])}
        return weight | ({"bias": (self.out_features,)} if self.bias else {})

    def operations(self, x: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `in_features` products, and of the bias."""
        return Formulas(
            {"in_features": x[0], "outputs": y, "bias": int(self.bias)},
            macs="in_features * outputs",
            multiplications="macs",
            additions="(in_features - 1 + bias) * outputs",
        )


class Maxout(Layer):
    """The largest of every `pieces` neighbouring channels.

    Channel i of the output is the maximum of channels `i * pieces` up to, not with, `(i + 1) * pieces`: a
    unit's linear pieces stand side by side. What computes the pieces is a `linear` or `conv` of its own
    before it, with `pieces` times the channels.
    """

    reference: ClassVar[str] = "Goodfellow et al. 2013, Maxout networks, section 3"

    pieces: Positive = Field(description="channels of which the largest is taken")

    def output(self, x: Shape) -> Shape:
        """`(channels / pieces, *axes)`."""
        if x[0] % self.pieces:
            raise ShapeError(f"pieces={self.pieces} must divide the {x[0]} channels")
        return (x[0] // self.pieces, *x[1:])

    def operations(self, x: Shape, y: Shape) -> Formulas:  # noqa: ARG002 - the output says it all
        """`pieces - 1` comparisons for every output."""
        return Formulas(
            {"pieces": self.pieces, "outputs": y},
            comparisons="(pieces - 1) * outputs",
        )
