"""Standard blocks that weigh a map by gates, against the same in a few lines of PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from tests.peers.compared import NEEDS_TORCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

    Weights = dict[str, dict[str, Any]]
    """Tensors of PyTorch by their names, of every layer by its path."""

INPUT = "[32, 9, 7]"


def cbam(torch: Any, x: Any, w: Weights) -> Any:  # noqa: ANN401 - PyTorch is not always there
    functional = torch.nn.functional

    def perceptron(means: Any) -> Any:  # noqa: ANN401
        hidden = functional.conv2d(means, **w["cbam.channel_gate.squeeze"]).relu()
        return functional.conv2d(hidden, **w["cbam.channel_gate.excite"])

    means, largest = functional.adaptive_avg_pool2d(x, 1), functional.adaptive_max_pool2d(x, 1)
    y = x * (perceptron(means) + perceptron(largest)).sigmoid()
    maps = torch.cat([y.mean(1, keepdim=True), y.amax(1, keepdim=True)], 1)
    gate = functional.conv2d(maps, **w["cbam.position_gate.conv"], padding=3)
    return y * functional.batch_norm(gate, **w["cbam.position_gate.batch_norm"]).sigmoid()


def efficient_channel_attention(torch: Any, x: Any, w: Weights) -> Any:  # noqa: ANN401
    means = x.mean((2, 3))[:, None]
    gate = torch.nn.functional.conv1d(means, **w["efficient_channel_attention.gate.conv"], padding=2)
    return x * gate.sigmoid()[:, 0, :, None, None]


@pytest.mark.parametrize(
    ("call", "module"),
    [
        ("std/cbam: {ratio: 4}", cbam),
        ("std/cbam: {ratio: 8, bias: true}", cbam),
        ("std/efficient_channel_attention: {kernel_size: 5}", efficient_channel_attention),
    ],
)
def test_a_gated_map_is_that_of_pytorch(
    call: str, module: Callable[[Any, Any, Weights], Any], network: Callable[..., Network]
) -> None:
    torch: Any = pytest.importorskip("torch", reason=NEEDS_TORCH)
    net = network(f"- {call}", x=INPUT)
    tensors = Tensors.of_network(net)
    given = tensors.inputs(net)
    *_, last = steps(net, tensors, given)
    weights = {
        node.path: {name: torch.from_numpy(one) for name, one in tensors.of(node).items()} for node in net
    }
    theirs = module(torch, torch.from_numpy(given["input"])[None], weights)[0].numpy()
    assert np.allclose(np.asarray(last.value), theirs, rtol=1e-12, atol=1e-12)
