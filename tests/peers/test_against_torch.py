"""Every network of the zoo, built in PyTorch from its spec: equal at every node.

They are scaled down as `tests/execute/test_zoo_verifies.py` does.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

import archcost
from archcost.errors import UsageError
from archcost.execute.against_torch import TOLERANCES, against_torch, difference
from archcost.execute.executor import steps
from archcost.execute.scaling import scaled
from archcost.execute.tensors import Tensors
from archcost.execute.torch_counterparts import COUNTERPARTS
from archcost.layers import KINDS
from archcost.limits import DEFAULT
from archcost.spec.zoo import zoo
from tests.execute.test_zoo_verifies import EIGHTH, small, with_small_input
from tests.peers.compared import NEEDS_TORCH, ROUNDING, score

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

SIZES = {"nnunet_3d": 64, "nnunet_resenc_2d": 128, "nnunet_resenc_3d": 64}
"""Positions along an axis where otherwise a map would be one, which PyTorch refuses to normalise."""

WIDTHS = {"cifar_resnet1202": Fraction(1, 4)}
"""Shares of channels where an eighth is two: over a thousand layers their rounding grows to 1e-9."""


def large_enough(name: str) -> Network:
    if name in SIZES:
        return scaled(archcost.load(f"zoo:{name}", set={"size": SIZES[name]}), EIGHTH)
    return scaled(with_small_input(name), WIDTHS[name]) if name in WIDTHS else small(name)


def compare(name: str, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    torch.set_num_threads(1)  # tests run on all cores already
    found = score(f"networks, {dtype}", name)
    net = large_enough(name)
    tensors = Tensors.of_network(net, dtype=dtype)
    without: dict[str, None] = {}
    for step, answer in zip(steps(net, tensors, count=False), against_torch(net, tensors), strict=True):
        assert answer.node is step.node
        if answer.value is None:
            assert step.node.word == "custom", answer.reason
            without[step.node.path] = None
            continue
        apart = difference(step.value, answer.value)
        assert apart <= TOLERANCES[dtype], step.node.path
        found.note(apart)
    found.without = tuple(without)


@pytest.mark.parametrize("name", [entry.name for entry in zoo(DEFAULT)])
def test_every_node_of_a_network_is_what_pytorch_computes(name: str) -> None:
    compare(name, "float64")


@pytest.mark.parametrize("name", ["resnet18", "wavenet_3_blocks", "vit_tiny_patch16_224"])
def test_single_precision_differs_by_its_rounding(name: str) -> None:
    compare(name, "float32")


FOUR = "reshape: {shape: [2, 3, 4, 2, 3]}"
"""A map with four axes."""


@pytest.mark.parametrize(
    ("layers", "x"),
    [
        (f"- {FOUR}\n- pad: {{padding: [1, 2, 1, 0], mode: reflect}}", "[144]"),
        (f"- {FOUR}\n- pad: {{padding: 1, mode: circular}}", "[144]"),
        (f"- {FOUR}\n- pad: {{padding: [[1, 2], [0, 1], [3, 0], [2, 2]], mode: replicate}}", "[144]"),
        (f"- {FOUR}\n- upsample: {{scale_factor: [2, 1, 3, 2]}}", "[144]"),
        (f"- {FOUR}\n- upsample: {{size: 5}}", "[144]"),
        (f"- {FOUR}\n- crop: {{cropping: [1, 1, 0, 1]}}", "[144]"),
        (f"- {FOUR}\n- unfold: {{kernel_size: 2, padding: 1, stride: [1, 2, 1, 1]}}", "[144]"),
        ("- fold: {output_size: [4, 5, 3], kernel_size: 2, padding: [1, 0, 1]}", "[16, 80]"),
        ("- fold: {output_size: [5, 5, 6], kernel_size: [2, 3, 2], stride: 2}", "[24, 12]"),
        ("- affine_grid: {size: [5]}", "[2]"),
        ("- affine_grid: {size: [5], align_corners: true}", "[2]"),
        ("- avg_pool: {kernel_size: [1, 1, 3], ceil_mode: true}", "[1, 3, 3, 2]"),
        ("- avg_pool: {kernel_size: 3, stride: 2, padding: 1, ceil_mode: true}", "[2, 1, 4, 2]"),
        (
            "- abs\n- exp\n- negate\n- log\n- embedding: {num_embeddings: 7, embedding_dim: 1}",
            "[5]",
        ),
        ("- {from: [x, by], grid_sample: {}}", "{x: [2, 9], by: [1, 7]}"),
        ("- {from: [x, by], deform_conv: {out_channels: 4, kernel_size: 3}}", "{x: [2, 9], by: [3, 7]}"),
    ],
)
def test_what_pytorch_has_for_other_shapes_or_values_is_made_of_it(
    layers: str, x: str, network: Callable[..., Network]
) -> None:
    pytest.importorskip("torch", reason=NEEDS_TORCH)
    net = network(layers, x)
    tensors = Tensors.of_network(net)
    with np.errstate(invalid="ignore"):
        for step, answer in zip(steps(net, tensors), against_torch(net, tensors), strict=True):
            assert answer.value is not None, answer.reason
            assert difference(step.value, answer.value) <= ROUNDING


@pytest.mark.parametrize(
    ("layers", "x", "reason"),
    [
        (f"- {FOUR}\n- conv: {{out_channels: 2, kernel_size: 2}}", "[144]", "PyTorch has no conv4d"),
        (f"- {FOUR}\n- blur_pool: {{kernel_size: 3}}", "[144]", "PyTorch has no conv4d"),
        ("- fold: {output_size: [2, 2, 2, 2], kernel_size: 2}", "[16, 1]", "PyTorch has no conv_transpose4d"),
        (
            "- conv: {out_channels: 2, kernel_size: 1, parametrization: weight_standardization}",
            "[1, 4]",
            "PyTorch refuses the statistics of a single number",
        ),
        ("- affine_grid: {size: [2, 3, 2, 2]}", "[20]", "affine_grid of PyTorch has 3 axes at most"),
        (
            f"""
            - {{name: x, from: a, {FOUR}}}
            - {{name: by, from: b, reshape: {{shape: [4, 1, 2, 1, 2]}}}}
            - {{from: [x, by], grid_sample: {{}}}}
            """,
            "{a: [144], b: [16]}",
            "PyTorch samples along 3 axes at most",
        ),
        (
            f"""
            - {{name: x, from: a, {FOUR}}}
            - {{name: by, from: b, reshape: {{shape: [4, 3, 4, 2, 3]}}}}
            - {{from: [x, by], deform_conv: {{out_channels: 2, kernel_size: 1}}}}
            """,
            "{a: [144], b: [288]}",
            "PyTorch samples along 3 axes at most",
        ),
    ],
)
def test_what_pytorch_lacks_is_told(
    layers: str, x: str, reason: str, network: Callable[..., Network]
) -> None:
    pytest.importorskip("torch", reason=NEEDS_TORCH)
    *_, last = against_torch(network(layers, x))
    assert (last.value, last.reason) == (None, reason)


def test_counterparts_stand_in_the_order_of_kinds() -> None:
    assert list(COUNTERPARTS) == [kind for kind in KINDS if kind in COUNTERPARTS]


def test_a_kind_without_a_counterpart_says_so_and_the_others_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch", reason=NEEDS_TORCH)
    monkeypatch.delitem(COUNTERPARTS, "tanh")
    answers = list(against_torch(archcost.load("zoo:lenet5")))
    reasons = {answer.node.word: answer.reason for answer in answers if answer.value is None}
    assert reasons.pop("tanh") == "nothing says what tanh is in PyTorch"
    assert set(reasons) == {"custom"}
    assert len(answers) > sum(answer.value is None for answer in answers)


def test_without_pytorch_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError, match=r"pip install 'archcost\[peers\]'"):
        against_torch(archcost.load("zoo:lenet5"))
