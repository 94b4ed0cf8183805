"""What random networks depend on, as NaN shows it, beside what their Jacobians in PyTorch do."""

from __future__ import annotations

from math import prod
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import archcost
from archcost.execute.against_torch import forward
from archcost.execute.tensors import Tensors
from tests.passes.dependencies import Writer, measured

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from archcost.network import Network, Node

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")

FAINT = 1e-12
"""A gradient smaller than this is rounding."""

NORMS = {"layer_norm", "normalize", "rms_norm", "softmax"}
"""Kinds that make a constant of a single element."""


def jacobians(network: Network) -> list[dict[str, NDArray[np.bool_]]]:
    """Per node and input, a row per output position: where the gradient of some channel of it is not zero."""
    tensors = Tensors.of_network(network, 0, "float64")
    given = {
        name: torch.tensor(np.asarray(value))[None].requires_grad_()
        for name, value in tensors.inputs(network).items()
    }
    found: list[dict[str, NDArray[np.bool_]]] = []
    for node, value, reason in forward(torch, network, tensors, given):
        assert not reason, f"{node.path}: {reason}"
        flat = value.reshape(value.shape[1], -1)
        rows: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in given}
        for position in range(flat.shape[1]):
            slopes = (
                [
                    torch.autograd.grad(
                        flat[c, position], [*given.values()], retain_graph=True, allow_unused=True
                    )
                    for c in range(flat.shape[0])
                ]
                if flat.requires_grad
                else []
            )
            for i, name in enumerate(given):
                there = [np.abs(one[i].numpy()[0]) for one in slopes if one[i] is not None]
                none = np.zeros(given[name].shape[1:])
                strength = np.maximum.reduce([*there, none]).max(axis=0).ravel()
                rows[name].append(strength > FAINT)
        found.append({name: np.array(several) for name, several in rows.items()})
    return found


@pytest.mark.parametrize("seed", range(90))
def test_a_nan_arrives_where_a_gradient_comes_from(seed: int, tmp_path: Path) -> None:
    random = Random(seed)  # noqa: S311 - nothing is kept secret
    path = tmp_path / "random.yaml"
    bordered = seed % 3 == 0
    path.write_text(Writer(random, padding=bordered, smooth=True).spec(random.randint(2, 7)))
    network = archcost.load(path)
    # Beside the zeros of padding a product has no slope, and what normalises one element is constant.
    flat = bordered or any(node.word in NORMS and _normalises_one(node) for node in network)
    for node, reads, slopes in zip(network, measured(network), jacobians(network), strict=True):
        for name, slope in slopes.items():
            assert not (slope & ~reads.reads[name]).any(), f"{node.path} has a slope where no NaN arrives"
            missing = reads.reads[name] & ~slope
            assert flat or not missing.any(), f"a NaN arrives at {node.path} where no slope is"


def _normalises_one(node: Node) -> bool:
    (x,) = node.shapes
    return prod(x[axis] for axis in node.layer.mixed_axes(x)) == 1
