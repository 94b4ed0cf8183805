"""U-Net with attention gates, as test_blocks.py makes it of standard blocks, beside the same in `torch.nn`.

The network is `AttU_Net` of LeeJunHyun/Image_Segmentation, `network.py` at commit 7a6e5f9, written here anew.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.execute.against_torch import difference
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from tests.peers.compared import NEEDS_TORCH, ROUNDING, score
from tests.peers.test_convolutional_blocks_against_torch import learners, set_alike, unit
from tests.test_blocks import ATTENTION_U_NET, ATTENTION_U_NET_PARAMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from tests.peers.test_convolutional_blocks_against_torch import Built, Module, Tensor, Torch

WIDTHS = (64, 128, 256, 512, 1024)


def double(torch: Torch, arriving: int, leaving: int) -> Module:
    return torch.nn.Sequential(
        unit(torch, arriving, leaving, bias=True), unit(torch, leaving, leaving, bias=True)
    )


def attention_u_net(torch: Torch) -> Built:
    nn = torch.nn
    downs = [double(torch, *widths) for widths in zip((3, *WIDTHS), WIDTHS, strict=False)]
    ups = [
        [
            unit(torch, 2 * width, width, bias=True),
            *(unit(torch, width, width // 2, 1, bias=True, act="") for _ in range(2)),
            unit(torch, width // 2, 1, 1, bias=True, act="Sigmoid"),
            double(torch, 2 * width, width),
        ]
        for width in reversed(WIDTHS[:-1])
    ]
    last = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(x: Tensor) -> Tensor:
        across: list[Tensor] = []
        for down in downs:
            x = down(nn.functional.max_pool2d(x, 2) if across else x)
            across.append(x)
        across.pop()
        for raise_, of_across, of_features, weight, both in ups:
            raised, kept = raise_(nn.functional.interpolate(x, scale_factor=2.0)), across.pop()
            kept = kept * weight((of_across(kept) + of_features(raised)).relu())
            x = both(torch.cat([kept, raised], 1))
        return last(x)

    return [*downs, *(part for up in ups for part in up), last], forward


def test_a_u_net_of_standard_blocks_is_what_it_is_in_pytorch(network: Callable[..., Network]) -> None:
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    flops = import_module("torch.utils.flop_counter")
    torch.set_num_threads(1)  # tests run on all cores already
    net = network(ATTENTION_U_NET, "[3, 32, 32]")
    tensors = Tensors.of_network(net)
    given = tensors.inputs(net)
    parts, forward = attention_u_net(torch)
    modules = [*learners(torch, parts)]
    set_alike(torch, net, tensors, modules)
    with torch.no_grad(), flops.FlopCounterMode(display=False) as counter:
        theirs = forward(torch.from_numpy(given["input"])[None])

    report = archcost.analyze(net)
    params = sum(p.numel() for module in modules for p in module.parameters())
    assert report.totals.params == params == ATTENTION_U_NET_PARAMS
    assert report.totals.macs == counter.get_total_flops() / 2
    *_, end = steps(net, tensors, given, count=False)
    apart = difference(end.value, theirs[0].numpy())
    assert apart <= ROUNDING
    score("networks", "attention_u_net").note(apart)
