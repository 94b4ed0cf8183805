"""An index that is declared: its numbers are random, or those of `weights`, and never out of range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost.errors import SpecError
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

    Load = Callable[..., Network]

DECLARED = "- {gather: {axis: 1, index: declared, index_shape: [2, 3]}"


def test_random_numbers_are_of_elements_that_are_there(network: Load) -> None:
    net = network(DECLARED + "}")
    drawn = [Tensors.of_network(net, seed).of(net.nodes[0])["index"] for seed in range(20)]
    numbers = np.unique(drawn)
    assert set(numbers.tolist()) == {*range(net.inputs[0].output[1])}


def test_numbers_in_the_spec_are_taken(network: Load) -> None:
    net = network(DECLARED + ", weights: {index: [[0, 1, 2], [2, 2, 0]]}}")
    x = np.random.default_rng(0).standard_normal(net.inputs[0].output)
    (step,) = steps(net, inputs={"input": x})
    assert (step.value == x[:, [[0, 1, 2], [2, 2, 0]]]).all()


@pytest.mark.parametrize("number", [100, -100, 0.5])
def test_a_number_of_no_element_is_refused(network: Load, number: float) -> None:
    net = network(DECLARED + f", weights: {{index: [[0, 1, 2], [2, 2, {number}]]}}}}")
    with pytest.raises(SpecError, match=f"takes numbers of elements, 0 to 7, but index has {number}"):
        list(steps(net))
