"""Softmax of the scores of attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost.execute.executor import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

    Said = Callable[..., list[str]]

RULE = "suspicious-softmax"
TOKENS = "{q: [8, 5], k: [8, 6], v: [8, 6]}"
SCORES = "- {name: scores, from: [q, k], matmul: {heads: 2, transpose_a: true}}\n"
MIXED = "- {name: mixed, from: [weights, v], matmul: {transpose_b: true}}"


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize(
    ("product", "summed"),
    [
        ("from: [weights, v], matmul: {transpose_b: true}", 2),
        ("from: [v, weights], matmul: {transpose_b: true}", 2),
        ("from: [v2, weights], matmul", 1),
    ],
)
def test_what_is_summed_over_must_add_up_to_one(
    network: Callable[..., Network], said: Said, axis: int, product: str, summed: int
) -> None:
    """Which axis that is, the values say: weighing ones gives ones."""
    layers = f"{SCORES}- {{name: weights, softmax: {{axis: {axis}}}}}\n- {{name: mixed, {product}}}"
    x = "{q: [8, 5], k: [8, 6], v: [8, 6], v2: [8, 5]}"
    rng = np.random.default_rng(0)
    given = {name: rng.normal(size=(8, n)) for name, n in (("q", 5), ("k", 6))}
    ones = {"v": np.ones((8, 6)), "v2": np.ones((8, 5))}
    mixed = [np.asarray(step.value) for step in steps(network(layers, x=x), inputs=given | ones)][-1]
    assert bool(said(RULE, layers, x=x)) == (not np.allclose(mixed, 1))
    assert np.allclose(mixed, 1) == (axis == summed)


def test_scores_of_sets_have_their_columns_last(said: Said) -> None:
    layers = "- {name: scores, from: [q, k], matmul: {heads: 2, tokens: true, transpose_a: true}}\n"
    layers += "- {name: weights, softmax: {axis: 1}}\n" + MIXED
    x = "{q: [8, 3, 5], k: [8, 3, 6], v: [8, 3, 6]}"
    assert said(RULE, layers, x=x) == [
        (
            "weights: the scores of scores become shares along their sets (axis 1), but mixed sums over "
            "their columns; for attention take axis: -1, the columns"
        )
    ]
    assert said(RULE, layers.replace("axis: 1", "axis: -1"), x=x) == []


@pytest.mark.parametrize(
    ("between", "behind"),
    [
        ("", ""),
        ("- {name: scale, scale: {factor: 0.5}}\n", ""),
        ("- {name: half, scale: {factor: 0.5}}\n- {add, from: [half, mask]}\n", "- dropout\n"),
        (
            "- {tanh, from: scores}\n- {name: cap, scale: {factor: 9}}\n- {divide, from: [cap, mask]}\n",
            "",
        ),
        ("- {name: low, parameter: {shape: [1, 1, 1]}}\n- {where, from: [mask, scores, low]}\n", ""),
    ],
)
def test_scores_may_be_scaled_and_masked(said: Said, between: str, behind: str) -> None:
    x = "{q: [8, 5], k: [8, 6], v: [8, 6], mask: [2, 5, 6]}"
    layers = (
        SCORES + between.replace("- {scale", "- {name: scale, scale") + "- {name: shares, softmax}\n" + behind
    )
    layers += "- {name: weights, identity}\n" + MIXED
    assert said(RULE, layers, x=x) == [
        (
            "shares: the scores of scores become shares along their heads (axis 0), but mixed sums over "
            "their columns; for attention take axis: -1, the columns"
        )
    ]


def test_scores_that_nothing_is_weighed_with_so_far(said: Said) -> None:
    layers = "- {name: scores, from: [q, k], matmul: {transpose_b: true}}\n- softmax"
    assert said(RULE, layers, x="{q: [2, 5, 4], k: [2, 6, 4]}") == [
        (
            "softmax: the scores of scores become shares along their heads (axis 0); for attention take "
            "axis: -1, the columns"
        )
    ]


@pytest.mark.parametrize(
    "layers",
    [
        SCORES + "- {name: weights, softmax: {axis: -1}}\n" + MIXED,
        SCORES + "- {softmax: {axis: 1}}",
        SCORES + "- {name: weights, activation: {function: softmax, axis: 2}}\n" + MIXED,
        SCORES + "- {conv: {out_channels: 2, kernel_size: 1}}\n- softmax",
        "- {from: q, softmax}",
    ],
)
def test_other_axes_and_other_softmaxes_are_not_mentioned(said: Said, layers: str) -> None:
    assert said(RULE, layers, x=TOKENS) == []


def test_a_softmax_that_is_chosen_is_one(said: Said) -> None:
    layers = f"{SCORES}- {{name: weights, activation: {{function: softmax}}}}\n{MIXED}"
    assert len(said(RULE, layers, x=TOKENS)) == 1
