"""What kernels do at the ends: large numbers, words nobody knows, layers that are only declared.

Their values are compared with loops in `tests/layers`, where the loops are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.errors import ExecutionError
from archcost.execute.arrays import Tally, counted
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from archcost.layers import find
from tests.execute.running import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.execute.arrays import Array
    from archcost.layers.base import Kind
    from archcost.network import Network

Load: TypeAlias = "Callable[..., Network]"


def build(kind: str, **fields: object) -> Kind:
    found = find(kind)
    assert found is not None
    return found[0].model_validate(fields)


def value(kind: str, x: Array, weights: dict[str, Array] | None = None, **fields: object) -> Array:
    y, _ = run(build(kind, **fields), [x], weights or {})
    return y


# Far out, an activation is a straight line; exponentials on the way there overflow, and nobody is warned.

SELU = 1.0507009873554805, 1.6732632423543772
LINES = {
    "relu": (0, 1e4),
    "relu6": (0, 6),
    "leaky_relu": (-100, 1e4),
    "elu": (-1, 1e4),
    "selu": (-SELU[0] * SELU[1], SELU[0] * 1e4),
    "gelu": (0, 1e4),
    "silu": (0, 1e4),
    "mish": (0, 1e4),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "softplus": (0, 1e4),
    "hard_sigmoid": (0, 1),
    "hard_swish": (0, 1e4),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", LINES)
def test_activations_of_large_numbers_are_their_limits(kind: str, dtype: str) -> None:
    y = value(kind, np.array([-1e4, 1e4], dtype))
    assert np.allclose(y, LINES[kind], rtol=1e-6)


@pytest.mark.parametrize("kind", ["softmax", "log_softmax"])
def test_softmax_of_large_numbers_does_not_overflow(kind: str) -> None:
    shares = [0, 0.5, 0.5] if kind == "softmax" else [-2e4 - math.log(2), -math.log(2), -math.log(2)]
    assert np.allclose(value(kind, np.array([-1e4, 1e4, 1e4])), shares)


# Numbers of tokens.


@pytest.mark.parametrize(("number", "shown"), [(5.0, "5"), (-1.0, "-1"), (2.5, "2.5"), (math.inf, "inf")])
def test_a_number_of_no_token_is_refused(number: float, shown: str) -> None:
    with pytest.raises(ExecutionError) as caught:
        value(
            "embedding",
            np.array([0.0, number]),
            {"weight": np.ones((5, 2))},
            num_embeddings=5,
            embedding_dim=2,
        )
    assert str(caught.value) == f"takes numbers of tokens, 0 to 4, but {shown} arrives"


READERS = """
- name: ids
  identity: {}
- reshape: {shape: [1, 40]}
- slice: {axis: 1, start: 4}
- embedding: {num_embeddings: 7, embedding_dim: 3}
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_input_that_an_embedding_reads_holds_numbers_of_tokens(network: Load, dtype: str) -> None:
    loaded = network(READERS, x="[40]")
    tokens = Tensors(dtype=dtype).inputs(loaded)["input"]
    assert tokens.dtype == dtype
    assert set(tokens) == set(range(7))
    *_, last = steps(loaded, Tensors(dtype=dtype))
    assert last.value.shape == (3, 36)


def test_an_input_of_two_embeddings_fits_the_smaller(network: Load) -> None:
    loaded = network(
        """
        - branches:
            words:
              - embedding: {num_embeddings: 90, embedding_dim: 3}
            places:
              - embedding: {num_embeddings: 4, embedding_dim: 3}
          merge: add
        """,
        x="[40]",
    )
    assert set(Tensors().inputs(loaded)["input"]) == set(range(4))


def test_an_input_that_is_computed_with_first_is_no_number_of_a_token(network: Load) -> None:
    loaded = network("- linear: {out_features: 2}", x="[40]")
    numbers = Tensors().inputs(loaded)["input"]
    assert not (numbers == np.floor(numbers)).all()


# A layer that is only declared.


def stand_in(xs: list[Array], **fields: object) -> Array:
    layer = build("custom", reason="tried", **fields)
    assert layer.values_unknown
    y, tally = run(layer, xs, {})
    assert not any(vars(tally).values())
    return y


@given(st.integers(0, 6), st.integers(1, 3), st.integers(1, 2), st.integers(0, 1))
def test_what_is_made_up_depends_on_what_the_declared_window_covers(
    at: int, kernel: int, stride: int, padding: int
) -> None:
    field = {"kernel_size": kernel, "stride": stride, "padding": padding}
    starts = range(-padding, 7 + padding - kernel + 1, stride)
    x = np.ones((2, 7))
    x[1, at] = math.nan
    y = stand_in([np.ones((3, 7)), x], shape=(4, len(starts)), receptive_field=field)
    reads = [at in range(start, start + kernel) for start in starts]
    assert (np.isnan(y) == reads).all()


def test_what_is_made_up_without_a_window_depends_on_everything() -> None:
    known, unknown = np.ones((3, 4, 4), "float32"), np.ones(5, "float32")
    assert np.isfinite(stand_in([known, unknown], shape=(10,))).all()
    unknown[3] = math.nan
    y = stand_in([known, unknown], shape=(10, 2))
    assert y.dtype == "float32"
    assert np.isnan(y).all()


@pytest.mark.parametrize("name", ["dot", "argmax", "argmin", "sort", "argsort", "partition", "searchsorted"])
def test_methods_that_numpy_does_not_announce_are_refused_too(name: str) -> None:
    array = counted(np.ones(3), Tally())
    with pytest.raises(TypeError, match="nothing says what"):
        getattr(array, name)(np.ones(3))


def test_what_nobody_counts_is_refused_and_products_are_counted() -> None:
    tally = Tally()
    x = counted(np.ones((2, 3)), tally)
    with pytest.raises(TypeError, match=r"nothing says what np\.tan counts as"):
        np.tan(x)
    with pytest.raises(TypeError, match=r"nothing says what np\.median counts as"):
        np.median(x)
    np.matmul(x, np.ones((3, 4)))
    assert (tally.multiplications, tally.additions) == (2 * 4 * 3, 2 * 4 * 2)
    x.sum(axis=1)
    assert tally.additions == 2 * 4 * 2 + 2 * 2
