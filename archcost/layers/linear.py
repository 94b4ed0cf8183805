"""Linear layers without a window: products with a learned matrix or of two tensors, and rows looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcost.errors import ShapeError
from archcost.layers.base import Formulas, Kind, Layer, Shapes
from archcost.layers.fields import Positive
from archcost.windows.channels import Channels, blurred_together, mixed
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
        """`weight`, and `bias` per output."""
        weight = {"weight": (self.out_features, x[0])}
        return weight | ({"bias": (self.out_features,)} if self.bias else {})

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `in_features` products, and of the bias."""
        return Formulas(
            {"in_features": x[0], "outputs": y, "bias": int(self.bias)},
            macs="in_features * outputs",
            multiplications="macs",
            additions="(in_features - 1 + bias) * outputs",
        )

    def run(self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """Values `(out_features, *axes)`."""
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


class Matmul(Kind):
    """The product of two tensors as matrices, a pair for each head: what attention is made of.

    Reads `from: [a, b]`. Each is tokens or matrices. Tokens are `[channels, length]`, with the channels split
    into `heads`: `[channels / heads, length]` per head. Matrices are `[heads, rows, columns]`. The product
    per head is a·b, each of them transposed first if its field says so. What leaves:

    - of tokens and tokens, matrices: `[heads, rows, columns]`. Queries and keys of C channels give the scores
      with `from: [q, k]`, `matmul: {heads: 12, transpose_a: true}`: `[12, queries, keys]`.
    - of tokens and matrices, in either order, tokens: the axis of the tokens that is not summed over stays
      where it is, the matrices bring the other. Scores and values give `[C, queries]` with
      `from: [scores, v]`, `matmul: {transpose_b: true}`.
    - of matrices and matrices, matrices.

    An entry depends on a row of the first and a column of the second: in attention's scores, two positions.
    """

    reference: ClassVar[str] = "Vaswani et al. 2017, Attention is all you need, equation 1"

    heads: Positive | None = Field(
        None, description="matrices side by side; default: as many as matrices arrive, 1 for tokens alone"
    )
    transpose_a: bool = Field(default=False, description="swap rows and columns of the first")
    transpose_b: bool = Field(default=False, description="swap rows and columns of the second")

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement:
        """Rows of the first stay rows, columns of the second stay columns; the other axis is summed over."""
        x, heads = inputs[position], self._heads(inputs)
        is_tokens = len(x) == 2
        stored = (x[0] // heads, x[1]) if is_tokens else x[1:]
        (rows, _), (_, columns) = self._matrices(inputs, heads)
        brought = (columns, rows)[position]
        source = ((0, 1), (2,)) if is_tokens else ((0,), (1,), (2,))
        stays = 2 if (self.transpose_a, not self.transpose_b)[position] else 1
        row, column = (stays, 3) if position == 0 else (3, stays)
        if len(y) == 2:
            channels, length = (column, row) if self._turns(inputs) else (row, column)
            target = ((0, channels), (length,))
        else:
            target = ((0,), (row,), (column,))
        return Rearrangement((heads, *stored, brought), source, target)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Heads alike, if those that arrive are."""
        return (blurred_together if any(one.differ for one in arriving) else mixed)(arriving, out_channels)

    @property
    def tells_channels_apart(self) -> bool:
        """Where channels are not summed over, they may become positions."""
        return not self.transpose_a or self.transpose_b

    def check_inputs(self, count: int) -> None:
        """Two."""
        if count != 2:
            arrive = f"{count} arrive" if count > 1 else "one arrives"
            raise ShapeError(f"multiplies two tensors, but {arrive}; name them with `from: [a, b]`")

    def output_shape(self, a: Shape, b: Shape) -> Shape:
        """`(heads, rows, columns)`, or `(channels, length)` of tokens and matrices."""
        inputs = (a, b)
        heads = self._heads(inputs)
        (rows, summed), (found, columns) = self._matrices(inputs, heads)
        if summed != found:
            raise ShapeError(
                f"per head {{0}} is {rows}×{summed} and {{1}} {found}×{columns}: {summed} columns cannot "
                f"meet {found} rows; transpose_a and transpose_b swap rows and columns",
                inputs=(0, 1),
            )
        if len(a) == len(b):
            return (heads, rows, columns)
        channels, length = (columns, rows) if self._turns(inputs) else (rows, columns)
        return (heads * channels, length)

    def _turns(self, inputs: tuple[Shape, ...]) -> bool:
        """Whether tokens beside matrices are transposed, and so leave as columns."""
        return self.transpose_a if len(inputs[0]) == 2 else self.transpose_b

    def _heads(self, inputs: tuple[Shape, ...]) -> int:
        """How many matrices stand side by side, the same in both inputs."""
        heads = self.heads or next((x[0] for x in inputs if len(x) == 3), 1)
        for i, x in enumerate(inputs):
            if len(x) not in {2, 3}:
                forms = "tokens [channels, length] or matrices [heads, rows, columns]"
                raise ShapeError(f"{{0}} gives {show(x)}; it must be {forms}", inputs=(i,))
            if len(x) == 3 and x[0] != heads:
                taken = f"{{0}} gives {show(x)}, which is {x[0]} matrices, but there are {heads} heads"
                raise ShapeError(f"{taken}; tokens are [channels, length]", inputs=(i,))
            if x[0] % heads:
                raise ShapeError(f"heads={heads} must divide the {x[0]} channels of {{0}}", inputs=(i,))
        return heads

    def _matrices(self, inputs: tuple[Shape, ...], heads: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """(rows, columns) of each input, per head and transposed as asked."""
        (m, j), (k, n) = ((x[0] // heads, x[1]) if len(x) == 2 else (x[1], x[2]) for x in inputs)
        return (j, m) if self.transpose_a else (m, j), (n, k) if self.transpose_b else (k, n)

    def formulas(self, a: Shape, b: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `taps` products: a row of a with a column of b."""
        (_, taps), _ = self._matrices((a, b), self._heads((a, b)))
        return Formulas(
            {"taps": taps, "outputs": y},
            macs="taps * outputs",
            multiplications="macs",
            additions="(taps - 1) * outputs",
        )

    def run(self, kernels: Kernels, a: Array, b: Array) -> Array:
        """Values of matrices, or of tokens."""
        heads = self._heads((a.shape, b.shape))
        return kernels.linear.matmul(a, b, heads, transpose_a=self.transpose_a, transpose_b=self.transpose_b)
