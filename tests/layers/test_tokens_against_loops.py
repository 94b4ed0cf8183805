"""Linear layers and products against loops that look up, multiply, compare and add one number at a time."""

from __future__ import annotations

import math
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.errors import ShapeError
from archcost.execute.kernels import KERNELS
from tests.layers.loops import leaving
from tests.layers.test_deform_conv_against_loops import weigh
from tests.layers.test_elementwise_against_loops import (
    Bench,
    Counted,
    agrees,
    all_agree,
    build,
    larger,
    total,
)

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from tests.layers.loops import Index
    from tests.layers.test_elementwise_against_loops import Tensor

FEW = st.integers(1, 3)
BOOLEAN = st.booleans()


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple), st.integers(1, 5), BOOLEAN, BOOLEAN)
def test_every_number_that_leaves_a_linear_layer_is_a_sum_of_all_that_arrive(
    shape: Index, features: int, bias: bool, per_position: bool
) -> None:
    shape = shape if per_position else (shape[0], *(1 for _ in shape[1:]))

    def loop(bench: Bench, x: Tensor) -> Tensor:
        y: Tensor = {}
        for out, *place in product(range(features), *map(range, shape[1:])):
            found = total(weigh(x[i, *place], bench.learned("weight", out, i)) for i in range(shape[0]))
            where = place if per_position else []
            y[out, *where] = found + bench.learned("bias", out) if bias else found
        return y

    agrees(build("linear", out_features=features, bias=bias, per_position=per_position), shape, loop)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple), st.integers(1, 4))
def test_maxout_keeps_the_largest_of_neighbouring_channels(leaving: Index, pieces: int) -> None:
    def loop(_: Bench, x: Tensor) -> Tensor:
        return {
            (c, *place): reduce(larger, (x[c * pieces + piece, *place] for piece in range(pieces)))
            for c, *place in product(*map(range, leaving))
        }

    agrees(build("maxout", pieces=pieces), (leaving[0] * pieces, *leaving[1:]), loop)


class Side(NamedTuple):
    """One factor: as tokens or as matrices, and whether it is transposed before it is multiplied."""

    tokens: bool
    turned: bool

    def shape(self, heads: int, rows: int, columns: int) -> Index:
        """How it arrives if it is to be rows×columns per head in the product."""
        rows, columns = (columns, rows) if self.turned else (rows, columns)
        return (heads * rows, columns) if self.tokens else (heads, rows, columns)

    def in_sets(self, heads: int, sets: int, rows: int, columns: int) -> Index:
        """The same of so many sets."""
        first, *rest = self.shape(heads, rows, columns)
        return (first, sets, *rest)

    def of(self, x: Array, heads: int, head: int, one: int) -> Array:
        """Of an array, a head of a set, as it would arrive alone; a single set is every one."""
        share = len(x) // heads
        part = x[head * share : (head + 1) * share, one if x.shape[1] > 1 else 0]
        return part if self.tokens else part.reshape(1, *part.shape[1:])

    def at(self, x: Tensor, heads: int, head: int, row: int, column: int) -> Counted:
        """An element of the matrix as it is multiplied."""
        row, column = (column, row) if self.turned else (row, column)
        if not self.tokens:
            return x[head, row, column]
        channels = max(x)[0] + 1
        return x[head * channels // heads + row, column]


SIDE = st.builds(Side, BOOLEAN, BOOLEAN)


@given(SIDE, SIDE, FEW, FEW, FEW, FEW, BOOLEAN)
def test_every_element_is_a_row_times_a_column(  # noqa: PLR0913, PLR0917 - the sizes of a product
    a: Side, b: Side, heads: int, rows: int, summed: int, columns: int, told: bool
) -> None:
    told = told or (a.tokens and b.tokens)
    layer = build("matmul", transpose_a=a.turned, transpose_b=b.turned, **({"heads": heads} if told else {}))

    def place(head: int, i: int, j: int) -> Index:
        if a.tokens == b.tokens:
            return (head, i, j)
        # One of i and j is what stays of the tokens: a channel of the head, or a position.
        stays, other = (i, j) if a.tokens else (j, i)
        stays_is_channel = not a.turned if a.tokens else b.turned
        channel, position = (stays, other) if stays_is_channel else (other, stays)
        size = (rows if a.tokens else columns) if stays_is_channel else (columns if a.tokens else rows)
        return (head * size + channel, position)

    def loop(_: Bench, xs: list[Tensor]) -> Tensor:
        return {
            place(head, i, j): total(
                [weigh(a.at(xs[0], heads, head, i, k), b.at(xs[1], heads, head, k, j)) for k in range(summed)]
            )
            for head in range(heads)
            for i in range(rows)
            for j in range(columns)
        }

    all_agree(layer, [a.shape(heads, rows, summed), b.shape(heads, summed, columns)], loop)


@given(SIDE, SIDE, st.tuples(FEW, FEW), st.tuples(FEW, FEW, FEW), st.data())
def test_sets_and_heads_that_are_shared_are_repeated(
    a: Side, b: Side, heads: tuple[int, int], sizes: tuple[int, int, int], data: st.DataObject
) -> None:
    """One head and set after the other is a product of its own, of those that it shares."""
    (kv_heads, times), (rows, summed, columns) = heads, sizes
    ours, theirs = (data.draw(st.sampled_from([1, 2])) for _ in range(2))
    fields = {"heads": kv_heads * times, "kv_heads": kv_heads, "tokens": a.tokens and b.tokens}
    layer = build("matmul", transpose_a=a.turned, transpose_b=b.turned, **fields)
    alone = build("matmul", transpose_a=a.turned, transpose_b=b.turned, heads=1)
    x, y = a.in_sets(kv_heads * times, ours, rows, summed), b.in_sets(kv_heads, theirs, summed, columns)
    random = np.random.default_rng(0)
    left, right = random.normal(size=x), random.normal(size=y)
    found = layer.run(KERNELS, left, right)
    assert found.shape == layer.output_shape(x, y)
    is_tokens = a.tokens != b.tokens
    for head, one in product(range(kv_heads * times), range(max(ours, theirs))):
        of = a.of(left, kv_heads * times, head, one), b.of(right, kv_heads, head // times, one)
        share = len(found) // (kv_heads * times)
        part = found[head * share : (head + 1) * share, one]
        wanted = alone.run(KERNELS, *of)
        assert np.allclose(part if is_tokens else part[None], wanted)


@given(FEW, FEW, FEW, BOOLEAN)
def test_an_embedding_looks_every_token_up(tokens: int, dim: int, length: int, channel: bool) -> None:
    layer = build("embedding", num_embeddings=tokens, embedding_dim=dim)

    def loop(bench: Bench, xs: list[Tensor]) -> Tensor:
        table = {(t, c): bench.learned("weight", t, c) for t in range(tokens) for c in range(dim)}
        unknown = Counted(math.nan, bench.counts)
        return {
            (c, i[-1]): unknown if math.isnan(token.value) else table[int(token.value), c]
            for c in range(dim)
            for i, token in xs[0].items()
        }

    all_agree(layer, [(1, length) if channel else (length,)], loop, lambda random: random.randrange(tokens))


def test_a_token_at_every_pixel_keeps_both_axes() -> None:
    assert build("embedding", num_embeddings=5, embedding_dim=8).output_shape((1, 4, 6)) == (8, 4, 6)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (((4, 3),), "multiplies two tensors, but one arrives; name them with `from: [a, b]`"),
        (((4, 3),) * 3, "multiplies two tensors, but 3 arrive; name them with `from: [a, b]`"),
    ],
)
def test_a_product_has_two_factors(inputs: tuple[Index, ...], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        leaving(build("matmul"), inputs)
    assert str(caught.value) == message
