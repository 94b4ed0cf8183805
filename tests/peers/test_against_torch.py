"""Every network of the zoo, built in PyTorch from its spec: equal at every node.

They are scaled down as `tests/execute/test_zoo_verifies.py` does.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import TYPE_CHECKING

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
from tests.peers.compared import NEEDS_TORCH, score

if TYPE_CHECKING:
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
