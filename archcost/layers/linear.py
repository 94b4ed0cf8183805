"""Linear layers without a window: products with a learned matrix, and rows looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcost.errors import ShapeError
from archcost.layers.base import Formulas, Layer, Shapes
from archcost.layers.fields import Positive
from archcost.layers.parametrization import EPS, Parametrization, ParametrizationEps, kept, learned
from archcost.windows.channels import Channels, mixed
from archcost.windows.rearrangement import Rearrangement
from archcost.windows.window import show, size

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.window import Shape


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
    parametrization: Parametrization = None
    parametrization_eps: ParametrizationEps = EPS

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """All on all."""
        return mixed(arriving, out_channels)

    def output_shape(self, x: Shape) -> Shape:
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

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight`, and `gain` and `bias` per output."""
        weight = learned(self.parametrization, (self.out_features, x[0]))
        return weight | ({"bias": (self.out_features,)} if self.bias else {})

    def buffer_shapes(self, x: Shape) -> Shapes:
        """`left` and `right`, the singular vectors of a spectral norm."""
        return kept(self.parametrization, (self.out_features, x[0]))

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `in_features` products, and of the bias."""
        return Formulas(
            {"in_features": x[0], "outputs": y, "bias": int(self.bias)},
            macs="in_features * outputs",
            multiplications="macs",
            additions="(in_features - 1 + bias) * outputs",
        )

    def run(
        self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None, **parts: Array
    ) -> Array:
        """Values `(out_features, *axes)`."""
        weight = kernels.parametrization.made(
            self.parametrization, weight, parts, eps=self.parametrization_eps
        )
        x = x if self.per_position else x.reshape(-1)
        return kernels.linear.linear(x, weight, bias)


class Maxout(Layer):
    """The largest of every `pieces` neighbouring channels.

    Channel i of the output is the maximum of channels `i * pieces` up to, not with, `(i + 1) * pieces`: a
    unit's linear pieces stand side by side. What computes the pieces is a `linear` or `conv` of its own
    before it, with `pieces` times the channels.
    """

    reference: ClassVar[str] = "Goodfellow et al. 2013, Maxout networks, section 3"

    pieces: Positive = Field(description="channels of which the largest is taken")

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on its pieces."""
        return arriving[0].grouped(out_channels, out_channels)

    def output_shape(self, x: Shape) -> Shape:
        """`(channels / pieces, *axes)`."""
        if x[0] % self.pieces:
            raise ShapeError(f"pieces={self.pieces} must divide the {x[0]} channels")
        return (x[0] // self.pieces, *x[1:])

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """`pieces - 1` comparisons for every output."""
        return Formulas(
            {"pieces": self.pieces, "outputs": y},
            comparisons="(pieces - 1) * outputs",
        )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels / pieces, *axes)`."""
        return kernels.linear.maxout(x, self.pieces)


class Embedding(Layer):
    """A learned vector for every token: row i of a table for the token with the number i.

    Takes token numbers as a vector, or as one channel. Gives them as channels: `(embedding_dim, length)`.
    A vector has no positions, so nothing behind it has a receptive field; of `input: [1, 24]` everything has.
    Looking up is no arithmetic, so it costs nothing but the table. Weights `[num_embeddings, embedding_dim]`.
    """

    reference: ClassVar[str] = "Mikolov et al. 2013, Efficient estimation of word representations, section 3"

    num_embeddings: Positive = Field(description="tokens there are; their numbers count from 0")
    embedding_dim: Positive = Field(description="channels that leave")

    @property
    def known_tokens(self) -> int:
        """As many as rows."""
        return self.num_embeddings

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """All depend on the same token."""
        return mixed(arriving, out_channels)

    @property
    def tells_channels_apart(self) -> bool:
        """Channels of a vector become positions."""
        return True

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement | None:
        """A vector's numbers stand along an axis, every one with all channels of its embedding."""
        x = inputs[position]
        return Rearrangement((x[0], y[0]), ((0,),), ((1,), (0,))) if len(x) == 1 else None

    def output_shape(self, x: Shape) -> Shape:
        """`(embedding_dim, *axes)`; a vector's numbers stand along one axis."""
        if len(x) > 1 and x[0] != 1:
            raise ShapeError(f"takes numbers of tokens, a vector or one channel, but {show(x)} arrives")
        return (self.embedding_dim, *(x[1:] or x))

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight`: a row per token."""
        return {"weight": (self.num_embeddings, self.embedding_dim)}

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Nothing is computed."""
        return Formulas({})

    def run(self, kernels: Kernels, x: Array, weight: Array) -> Array:
        """Values `(embedding_dim, *axes)`."""
        return kernels.linear.embedding(x, weight)
