"""Standard blocks beside the same in `torch.nn`, written by hand: parameters, MACs and values.

Each function below has the name of a block. It builds its layers, in the order of the block's, and gives them
with what computes the last tensor.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from archcost.execute.against_torch import difference
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from tests.blocks_measured import BLOCKS, MeasuredBlock
from tests.peers.compared import NEEDS_TORCH, ROUNDING, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcost.network import Network

Torch: TypeAlias = Any
Tensor: TypeAlias = Any
Module: TypeAlias = Any
"""What PyTorch has. Any: its types are not there where it is not installed."""

Built: TypeAlias = "tuple[list[Module], Callable[..., Tensor]]"


def unit(  # noqa: PLR0913 - what a convolution and what follows it can be
    torch: Torch,
    arriving: int,
    leaving: int,
    kernel: int = 3,
    *,
    act: str = "ReLU",
    norm: bool = True,
    bias: bool = False,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
) -> Module:
    """A convolution, a norm and an activation."""
    nn, padding = torch.nn, dilation * (kernel // 2)
    conv = nn.Conv2d(arriving, leaving, kernel, stride, padding, dilation, groups, bias=bias)
    return nn.Sequential(conv, *[nn.BatchNorm2d(leaving)] * norm, *([getattr(nn, act)()] if act else []))


def separable(torch: Torch, arriving: int, leaving: int, dilation: int = 1) -> Module:
    """A depthwise 3×3 and a 1×1, each with norm and activation."""
    depthwise = unit(torch, arriving, arriving, dilation=dilation, groups=arriving)
    return torch.nn.Sequential(depthwise, unit(torch, arriving, leaving, 1))


def resized(torch: Torch, x: Tensor, like: Tensor, mode: str = "bilinear") -> Tensor:
    smooth = {} if mode == "nearest" else {"align_corners": False}
    return torch.nn.functional.interpolate(x, size=like.shape[2:], mode=mode, **smooth)


def aspp(torch: Torch) -> Built:
    point, image, last = unit(torch, 32, 16, 1), unit(torch, 32, 16, 1), unit(torch, 80, 16, 1)
    pyramid = [separable(torch, 32, 16, rate) for rate in (6, 12, 18)]

    def forward(x: Tensor) -> Tensor:
        mean = resized(torch, image(x.mean((2, 3), keepdim=True)), x)
        return last(torch.cat([point(x), *(one(x) for one in pyramid), mean], 1))

    return [point, *pyramid, image, last], forward


def deeplab_decoder(torch: Torch) -> Built:
    narrow, first, second = unit(torch, 24, 8, 1), unit(torch, 24, 16), unit(torch, 16, 16)

    def forward(deep: Tensor, low: Tensor) -> Tensor:
        small = narrow(low)
        return second(first(torch.cat([resized(torch, deep, small), small], 1)))

    return [narrow, first, second], forward


def c2f(torch: Torch) -> Built:
    first, last = unit(torch, 16, 24, 1, act="SiLU"), unit(torch, 48, 24, 1, act="SiLU")
    bottlenecks = [
        torch.nn.Sequential(unit(torch, 12, 12, act="SiLU"), unit(torch, 12, 12, act="SiLU"))
        for _ in range(2)
    ]

    def forward(x: Tensor) -> Tensor:
        found = [*first(x).chunk(2, 1)]
        for one in bottlenecks:
            found.append(found[-1] + one(found[-1]))
        return last(torch.cat(found, 1))

    return [first, *bottlenecks, last], forward


def sppf(torch: Torch) -> Built:
    first, last = unit(torch, 16, 8, 1, act="SiLU"), unit(torch, 32, 24, 1, act="SiLU")
    pool = torch.nn.MaxPool2d(5, 1, 2)

    def forward(x: Tensor) -> Tensor:
        found = [first(x)]
        for _ in range(3):
            found.append(pool(found[-1]))
        return last(torch.cat(found, 1))

    return [first, last], forward


def detect(torch: Torch) -> Built:
    boxes = torch.nn.Sequential(
        unit(torch, 16, 16, act="SiLU"), unit(torch, 16, 16, act="SiLU"), torch.nn.Conv2d(16, 16, 1)
    )
    classes = torch.nn.Sequential(
        unit(torch, 16, 16, act="SiLU"), unit(torch, 16, 16, act="SiLU"), torch.nn.Conv2d(16, 6, 1)
    )

    def forward(x: Tensor) -> Tensor:
        _boxes, scores = boxes(x).flatten(2), classes(x).flatten(2)
        return scores

    return [boxes, classes], forward


def fpn(torch: Torch) -> Built:
    top, lateral4, lateral3 = (unit(torch, n, 12, 1, norm=False, bias=True, act="") for n in (32, 16, 8))
    last5, last4, last3 = (unit(torch, 12, 12, norm=False, bias=True, act="") for _ in range(3))

    def forward(c3: Tensor, c4: Tensor, c5: Tensor) -> Tensor:
        m5 = top(c5)
        m4 = lateral4(c4)
        m4 = m4 + resized(torch, m5, m4, "nearest")
        m3 = lateral3(c3)
        _p5, _p4, p3 = last5(m5), last4(m4), last3(m3 + resized(torch, m4, m3, "nearest"))
        return p3

    return [top, last5, lateral4, last4, lateral3, last3], forward


def pan(torch: Torch) -> Built:
    down4, last4, down5, last5 = (
        unit(torch, 12, 12, stride=stride, norm=False, bias=True) for stride in (2, 1, 2, 1)
    )

    def forward(p3: Tensor, p4: Tensor, p5: Tensor) -> Tensor:
        return last5(down5(last4(down4(p3) + p4)) + p5)

    return [down4, last4, down5, last5], forward


def conv_lstm(torch: Torch) -> Built:
    gates = torch.nn.Conv2d(9, 24, 3, padding=1)

    def forward(x: Tensor, hidden: Tensor, cell: Tensor) -> Tensor:
        i, f, g, o = gates(torch.cat([x, hidden], 1)).chunk(4, 1)
        return o.sigmoid() * (f.sigmoid() * cell + i.sigmoid() * g.tanh()).tanh()

    return [gates], forward


def bifpn_node(torch: Torch) -> Built:
    """Fast normalized fusion, equation by equation."""
    nn, share = torch.nn, torch.nn.Module()
    share.weight = nn.Parameter(torch.empty(2, 1, 1, 1))
    depthwise, pointwise = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.Conv2d(8, 8, 1)
    norm = nn.BatchNorm2d(8)

    def forward(across: Tensor, resized: Tensor) -> Tensor:
        w = share.weight.relu()
        fused = sum(w[i] / (0.0001 + w.sum()) * x for i, x in enumerate((across, resized)))
        return norm(pointwise(depthwise(nn.functional.silu(fused))))

    return [share, depthwise, pointwise, norm], forward


def mamba(torch: Torch) -> Built:
    """Its scan as in Mamba's own reference, the sum over what is kept a product of matrices."""
    nn, f = torch.nn, torch.nn.functional
    both, chosen, project = (nn.Linear(*sizes, bias=False) for sizes in ((16, 64), (32, 11), (32, 16)))
    conv, step, scan = nn.Conv1d(32, 32, 4, groups=32), nn.Linear(3, 32), nn.Module()
    scan.A_log, scan.D = nn.Parameter(torch.empty(32, 4)), nn.Parameter(torch.empty(32))

    def forward(x: Tensor) -> Tensor:
        x, gate = both(x.mT).chunk(2, 2)
        x = f.silu(conv(f.pad(x.mT, (3, 0)))).mT
        delta, b, c = chosen(x).split((3, 4, 4), 2)
        dt = f.softplus(step(delta), threshold=float("inf"))
        decay = torch.exp(-dt[..., None] * scan.A_log.exp())
        added = (dt * x)[..., None] * b[:, :, None]
        kept, found = torch.zeros_like(added[:, 0]), list[Tensor]()
        for t in range(x.shape[1]):
            kept = decay[:, t] * kept + added[:, t]
            found.append((kept @ c[:, t, :, None])[..., 0])
        return project((torch.stack(found, 1) + scan.D * x) * f.silu(gate)).mT

    return [both, conv, chosen, step, scan, project], forward


def unet_up(torch: Torch) -> Built:
    """With the gate of Attention U-Net."""
    raise_ = torch.nn.ConvTranspose2d(16, 8, 2, 2)
    of_across, of_features = (unit(torch, 8, 4, 1, bias=True, act="") for _ in range(2))
    weight = unit(torch, 4, 1, 1, bias=True, act="Sigmoid")
    first, second = unit(torch, 16, 8), unit(torch, 8, 8)

    def forward(below: Tensor, across: Tensor) -> Tensor:
        raised = raise_(below)
        kept = across * weight((of_across(across) + of_features(raised)).relu())
        return second(first(torch.cat([kept, raised], 1)))

    return [raise_, of_across, of_features, weight, first, second], forward


# -- the comparison ---------------------------------------------------------------------------------------


def learners(torch: Torch, parts: list[Module]) -> Iterator[Module]:
    """The layers that learn, one by one, in double precision and as they run at inference."""
    for one in torch.nn.ModuleList(parts).double().eval().modules():
        if not [*one.children()] and [*one.parameters()]:
            yield one


def set_alike(torch: Torch, net: Network, tensors: Tensors, modules: list[Module]) -> None:
    """Give the modules the weights and statistics of the nodes, in order, each by its name."""
    nodes = [node for node in net if node.weight_shapes()]
    for node, module in zip(nodes, modules, strict=True):
        state = {name: torch.from_numpy(value.copy()) for name, value in tensors.of(node).items()}
        missing, unexpected = module.load_state_dict(state, strict=False)
        assert (set(missing) - {"num_batches_tracked"}, unexpected) == (set(), [])


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.module)
def test_a_block_is_what_it_is_in_pytorch(block: MeasuredBlock, network: Callable[..., Network]) -> None:
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    flops = import_module("torch.utils.flop_counter")
    net = network(f"- {block.call}", block.x)
    tensors = Tensors.of_network(net)
    given = tensors.inputs(net)
    parts, forward = globals()[block.module](torch)
    modules = [*learners(torch, parts)]
    set_alike(torch, net, tensors, modules)
    xs = [torch.from_numpy(given[tensor.path])[None] for tensor in net.inputs]
    with torch.no_grad(), flops.FlopCounterMode(display=False) as counter:
        theirs = forward(*xs)

    params = sum(p.numel() for module in modules for p in module.parameters())
    assert (params, counter.get_total_flops() / 2) == (block.params, block.macs)
    *_, last = steps(net, tensors, given)
    apart = difference(last.value, theirs[0].numpy())
    assert apart <= ROUNDING
    score("blocks", block.module).note(apart)
