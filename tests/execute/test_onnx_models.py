"""The models that ship in ONNX's package: small ones of PyTorch run, of famous ones the shapes must agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.execute.onnx_models import SAYABLE, Model, macs_by_onnx, models, predict, run, shapes_by_onnx
from tests.execute.onnx_scope import OUT
from tests.execute.outside_page import hold, listed, paragraphs, table

if TYPE_CHECKING:
    from collections.abc import Iterable

COLLECTIONS = ("pytorch-converted", "pytorch-operator")

NETWORKS = {
    "bvlc_alexnet": 654_560_384,
    "densenet121": 2_834_161_664,
    "inception_v1": 1_431_556_352,
    "inception_v2": 2_018_851_840,
    "resnet50": 4_089_184_256,
    "shufflenet": 124_664_528,
    "squeezenet": 349_151_936,
    "vgg19": 19_632_062_464,
    "zfnet512": 1_481_727_008,
}
"""Name -> MACs."""

UNREAD = "Dropout"
"""Its second output, the mask, has a shape nobody asks for."""


@cache
def shipped(collection: str) -> list[Model]:
    return models(collection)


@cache
def network(name: str) -> Network:
    (model,) = (one for one in shipped("light") if one.name == f"light_{name}")
    predicted, macs = predict(model)
    return Network(model, predicted, macs, shapes_by_onnx(model))


@dataclass
class Network:
    """A famous network: what archcost predicts for it, and ONNX."""

    model: Model
    predicted: dict[str, tuple[int, ...]]
    macs: int
    inferred: dict[str, tuple[int, ...]]


def missing(model: Model) -> set[str]:
    """Operators no layers stand for."""
    return model.operators() - SAYABLE.keys()


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_models_of_pytorch_have_the_values_that_pytorch_computed(collection: str) -> None:
    ran = 0
    for model in shipped(collection):
        if not missing(model):
            assert run(model) is None, model.name
            ran += 1
    assert ran > len(shipped(collection)) / 2


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_what_is_not_run_has_an_operator_that_is_out_of_scope(collection: str) -> None:
    assert all(missing(model) <= OUT.keys() for model in shipped(collection))


def test_every_network_is_known() -> None:
    assert [model.name.removeprefix("light_") for model in shipped("light")] == list(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_tensor_of_a_network_has_the_shape_onnx_infers(name: str) -> None:
    found = network(name)
    masks = {out for node in found.model.graph.node if node.op_type == UNREAD for out in node.output[1:]}
    assert {tensor: found.predicted.get(tensor) for tensor in found.inferred.keys() - masks} == {
        tensor: shape for tensor, shape in found.inferred.items() if tensor not in masks
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_the_macs_of_a_network_follow_from_the_shapes_onnx_infers(name: str) -> None:
    found = network(name)
    assert found.macs == macs_by_onnx(found.model, found.inferred) == NETWORKS[name]


# -- the page ---------------------------------------------------------------------------------------------

PYTORCH = """\
The same package has models that PyTorch exported, with their weights, inputs and outputs. They run layer
after layer through the graph: {run} of {all}. The others have an operator that is out of scope.

`pytest tests/execute/test_onnx_models.py` runs them, and with `--renew` writes these tables.
"""

FAMOUS = """\
And it has nine well-known networks, written with ONNX's operators, whose weights are all alike. Of these the
shapes are compared, every tensor's with the one that ONNX's own shape inference finds, and the MACs with
those that follow from ONNX's shapes:
"""


def test_the_page_says_which_models_agree(request: pytest.FixtureRequest) -> None:
    everything = [model for collection in COLLECTIONS for model in shipped(collection)]
    left_out = [model for model in everything if missing(model)]
    parts = (
        paragraphs(PYTORCH.format(run=len(everything) - len(left_out), all=len(everything))),
        table(("operators", "models"), by_operator(left_out)),
        paragraphs(FAMOUS),
        table(("network", "nodes:", "tensors:", "MACs:"), networks()),
    )
    hold(request, "onnx-models", "\n".join(parts))


def by_operator(left_out: list[Model]) -> Iterable[tuple[str, str]]:
    for operators in Counter(", ".join(sorted(missing(model))) for model in left_out):
        mine = (model.name for model in left_out if ", ".join(sorted(missing(model))) == operators)
        yield operators, listed(mine)


def networks() -> Iterable[tuple[str, int, int, str]]:
    for name in NETWORKS:
        found = network(name)
        yield name, len(found.model.graph.node), len(found.inferred), f"{found.macs:,}"
