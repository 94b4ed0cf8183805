"""Random networks of every kind, in any structure of a spec, node by node beside PyTorch."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost.errors import ExecutionError, SpecError
from archcost.execute.against_torch import TOLERANCES, against_torch, difference
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from tests.fuzz.everything import example
from tests.peers.compared import NEEDS_TORCH, score

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.execute.arrays import Array

CANCELLED = 1e-12
"""What is so much smaller than what it was made of is rounding, and so is all that is made of it."""


@pytest.mark.parametrize("seed", range(300))
def test_every_node_of_a_random_network_is_what_pytorch_computes(seed: int, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    torch.set_num_threads(1)  # tests run on all cores already
    net = example(Random(seed), tmp_path / "random.yaml")  # noqa: S311 - nothing is kept secret
    tensors, sizes = Tensors.of_network(net), dict[object, float]()
    given = tensors.inputs(net)
    sizes.update((x, largest(given[x.path])) for x in net.inputs)
    answers = against_torch(net, tensors, given)
    try:
        with np.errstate(all="ignore"):
            for step in steps(net, tensors, given, count=False):
                answer, value = next(answers), np.asarray(step.value)
                sizes[step.node] = largest(value)
                arriving = max((sizes[x] for x in step.node.inputs), default=0)
                if not np.isfinite(value).all() or sizes[step.node] < CANCELLED * arriving:
                    return
                if answer.value is not None:
                    apart = difference(value, answer.value)
                    assert apart <= TOLERANCES["float64"], step.node.path
                    score("random networks", step.node.word).note(apart)
    except (ExecutionError, SpecError):  # numbers arrive that are of no token
        return


def largest(value: Array) -> float:
    return float(np.max(np.abs(value), initial=0))
