"""Weights that are made of others, against PyTorch's modules: as many numbers, and the same values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from archcost.passes.cost import costs
from tests.peers.compared import NEEDS_TORCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.execute.arrays import Array
    from archcost.network import Network

MODULES: dict[str, tuple[str, str, tuple[Any, ...], dict[str, Any]]] = {
    "conv: {out_channels: 6, kernel_size: [3, 2], stride: 2, groups: 2": (
        "[4, 9, 8]",
        "Conv2d",
        (4, 6, (3, 2), 2),
        {"groups": 2},
    ),
    "conv: {out_channels: 6, kernel_size: 3, bias: false": ("[4, 9]", "Conv1d", (4, 6, 3), {"bias": False}),
    "depthwise_conv: {kernel_size: 3, multiplier: 2": ("[4, 9, 8]", "Conv2d", (4, 8, 3), {"groups": 4}),
    "conv_transpose: {out_channels: 6, kernel_size: 4, stride: 2, groups: 2": (
        "[4, 5, 6]",
        "ConvTranspose2d",
        (4, 6, 4, 2),
        {"groups": 2},
    ),
    "linear: {out_features: 5": ("[7]", "Linear", (7, 5), {}),
}
"""A layer -> what arrives, and PyTorch's module with its arguments."""


def take(torch: Any, module: Any, ours: dict[str, Array]) -> None:  # noqa: ANN401 - PyTorch is not always there
    """Give a module our numbers, where it keeps them."""
    made = module.parametrizations.weight
    places: dict[str, Any] = {
        "weight": made.original1 if "gain" in ours else made.original,
        "gain": getattr(made, "original0", None),
        "left": getattr(made[0], "_u", None),
        "right": getattr(made[0], "_v", None),
        "bias": module.bias,
    }
    with torch.no_grad():
        for name, numbers in ours.items():
            places[name].copy_(torch.from_numpy(numbers).reshape(places[name].shape))


@pytest.mark.parametrize("how", ["weight_norm", "spectral_norm"])
@pytest.mark.parametrize("layer", MODULES)
def test_a_weight_is_made_as_pytorch_makes_it(layer: str, how: str, network: Callable[..., Network]) -> None:
    torch: Any = pytest.importorskip("torch", reason=NEEDS_TORCH)
    x, word, arguments, fields = MODULES[layer]
    net = network(f"- {layer}, parametrization: {how}}}", x=x)
    tensors = Tensors.of_network(net)
    (node,), (cost,) = net, costs(net)
    given = tensors.inputs(net)
    (step,) = steps(net, tensors, given)
    module = getattr(torch.nn, word)(*arguments, **fields).double()
    module = getattr(torch.nn.utils.parametrizations, how)(module).eval()
    assert sum(one.numel() for one in module.parameters()) == cost.params
    assert sum(one.numel() for one in module.buffers()) == cost.buffers
    take(torch, module, tensors.of(node))
    theirs = module(torch.from_numpy(given["input"])[None])[0].detach().numpy()
    assert np.allclose(np.asarray(step.value), theirs, rtol=1e-12, atol=1e-12)
