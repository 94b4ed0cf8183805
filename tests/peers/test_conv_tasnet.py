"""Conv-TasNet in `torch.nn`, written from its paper: the zoo's values, and its fields by gradients.

Its norms make every field the whole input. The field beside them is what gradients show where means and
variances are taken for constants.
"""

from __future__ import annotations

from functools import cache, reduce
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import pytest

import archcost
from archcost.execute.against_torch import difference
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from archcost.passes.receptive_field import receptive_fields
from tests.peers.compared import NEEDS_TORCH, ROUNDING, Tensor, score
from tests.peers.test_convolutional_blocks_against_torch import set_alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from archcost.network import Network
    from archcost.passes.receptive_field import Field

torch: Any = pytest.importorskip("torch", reason=NEEDS_TORCH)
torch.set_num_threads(1)  # tests run on all cores already
nn: Any = torch.nn
Module: TypeAlias = Any

FILTERS, BOTTLENECK, HIDDEN, SKIP = 8, 4, 6, 3
"""Fewer channels than the paper's; fields do not depend on them."""

DILATIONS = [2**i for i in range(8)] * 3
PATHS = [
    "encoded",
    "first.inside.depthwise_conv",
    *(f"chain.{i}.block_sum.next.inside.depthwise_conv" for i in range(22)),
    "last.inside.depthwise_conv",
    "sigmoid",
    "one.conv_transpose",
    "other.conv_transpose",
]
"""What has a field of its own, and what comes last."""


def inside(dilation: int) -> list[Module]:
    depthwise = nn.Conv1d(HIDDEN, HIDDEN, 3, padding=dilation, dilation=dilation, groups=HIDDEN)
    return [
        nn.Conv1d(BOTTLENECK, HIDDEN, 1),
        nn.PReLU(),
        nn.GroupNorm(1, HIDDEN),
        depthwise,
        nn.PReLU(),
        nn.GroupNorm(1, HIDDEN),
    ]


class Separation(NamedTuple):
    """The layers, in the order of the zoo's."""

    start: list[Module]
    blocks: list[list[Module]]
    end: list[Module]
    decoder: Module

    def modules(self) -> list[Module]:
        between = [module for block in self.blocks for module in block]
        learning = [module for module in (*self.start, *between, *self.end) if [*module.parameters()]]
        return [*learning, self.decoder, self.decoder]

    def tensors(self, x: Tensor, *, frozen: bool = False) -> list[Tensor]:
        """What layers with a field of their own make of it; by norms that are constants, if `frozen`."""
        encode, *rest = self.start
        found = [encoded := encode(x)]
        y, skips = through(rest, encoded, frozen), list[Tensor]()
        for block in self.blocks:
            found.append(depthwise := through(block[:4], y, frozen))
            made = through(block[4:6], depthwise, frozen)
            *onward, skip = block[6:]
            skips.append(skip(made))
            if onward:
                y = y + through(onward, made, frozen)
        found.append(masks := through(self.end, reduce(torch.add, skips), frozen))
        return found + [self.decoder(mask * encoded) for mask in masks.chunk(2, 1)]


def through(modules: Sequence[Module], x: Tensor, frozen: bool) -> Tensor:
    for module in modules:
        x = constantly(module, x) if frozen and isinstance(module, nn.GroupNorm) else module(x)
    return x


def constantly(norm: Module, x: Tensor) -> Tensor:
    """The same, by a mean and a variance that only happen to be right."""
    variance, mean = torch.var_mean(x.detach(), (1, 2), correction=0, keepdim=True)
    return norm.weight[:, None] * (x - mean) / (variance + norm.eps).sqrt() + norm.bias[:, None]


def separation() -> Separation:
    encode = nn.Conv1d(1, FILTERS, 16, 8, bias=False)
    onward = [[nn.Conv1d(HIDDEN, BOTTLENECK, 1)] for _ in DILATIONS[:-1]] + [[]]
    return Separation(
        [encode, nn.GroupNorm(1, FILTERS), nn.Conv1d(FILTERS, BOTTLENECK, 1)],
        [
            [*inside(dilation), *last, nn.Conv1d(HIDDEN, SKIP, 1)]
            for dilation, last in zip(DILATIONS, onward, strict=True)
        ],
        [nn.PReLU(), nn.Conv1d(SKIP, 2 * FILTERS, 1), nn.Sigmoid()],
        nn.ConvTranspose1d(FILTERS, 1, 16, 8, bias=False),
    )


class Both(NamedTuple):
    """The network, and PyTorch's with the same numbers."""

    network: Network
    tensors: Tensors
    theirs: Separation
    x: Tensor


@cache
def both() -> Both:
    settings = {"filters": FILTERS, "bottleneck": BOTTLENECK, "hidden": HIDDEN, "skip": SKIP}
    network = archcost.load("zoo:conv_tasnet", set=settings)
    tensors, theirs = Tensors.of_network(network), separation()
    modules = theirs.modules()
    nn.ModuleList(modules).double()
    set_alike(torch, network, tensors, modules)
    x = torch.from_numpy(tensors.inputs(network)["input"])[None].requires_grad_()
    return Both(network, tensors, theirs, x)


def middle(path: str) -> int:
    """An output whose field ends within the input."""
    return 16_000 if path.endswith("conv_transpose") else 2000


@cache
def slopes(*, frozen: bool) -> dict[str, NDArray[np.bool_]]:
    """Positions of the input with a gradient, from all channels of an output in the middle."""
    x, found = both().x, dict[str, Any]()
    for path, y in zip(PATHS, both().theirs.tensors(x, frozen=frozen), strict=True):
        (slope,) = torch.autograd.grad(y[0, :, middle(path)].sum(), x, retain_graph=True)
        found[path] = slope[0, 0].numpy() != 0
    return found


@cache
def fields() -> dict[str, Field]:
    network = both().network
    found = zip(network, receptive_fields(network), strict=True)
    return {node.path: field["input"] for node, field in found}


def test_its_tensors_are_those_of_pytorch() -> None:
    given, compared = both(), score("networks", "conv_tasnet")
    theirs = dict(zip(PATHS, given.theirs.tensors(given.x), strict=True))
    for step in steps(given.network, given.tensors, count=False):
        if step.node.path in theirs:
            apart = difference(step.value, theirs[step.node.path][0].detach().numpy())
            assert apart <= ROUNDING, step.node.path
            compared.note(apart)
    assert compared.compared == len(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_beside_its_norms_a_field_is_what_gradients_show(path: str) -> None:
    field = fields()[path].moving
    assert field is not None
    assert field.certainty == "exact"
    read = np.flatnonzero(slopes(frozen=True)[path])
    (size,), (center,), (stride,) = field.size, field.center, field.stride
    assert (read[0] + read[-1]) / 2 == center + middle(path) * stride
    assert (read[-1] - read[0] + 1, len(read)) == (size, size - field.holes)


@pytest.mark.parametrize("path", PATHS)
def test_behind_a_norm_every_output_has_a_slope_from_the_whole_input(path: str) -> None:
    assert slopes(frozen=False)[path].all() == fields()[path].is_global == (path != "encoded")
