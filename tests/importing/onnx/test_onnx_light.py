"""The nine networks that the `onnx` package ships as graphs, beside what was measured of them elsewhere.

MACs of convolutions and linear layers, and the elements of all tensors that are weights, were counted from
ONNX's own shape inference; those of networks that torchvision has are equal to what PyTorch measures there.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import onnx
import pytest

from archcost.importing.imported import imported
from archcost.passes.cost import costs
from archcost.spec.load import load_text

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


class Truth(NamedTuple):
    """What was measured: elements of weights, those of statistics of batch norms, unread ones, and MACs."""

    elements: int
    statistics: int
    unread: int
    macs: int


TRUTH = {
    "bvlc_alexnet": Truth(60_965_224, 0, 0, 654_560_384),
    "densenet121": Truth(8_146_152, 83_648, 0, 2_834_161_664),
    "inception_v1": Truth(6_998_552, 0, 0, 1_431_556_352),
    "inception_v2": Truth(11_234_792, 19_904, 0, 2_018_851_840),
    "resnet50": Truth(25_610_153, 53_120, 1, 4_089_184_256),
    "shufflenet": Truth(1_420_152, 26_832, 0, 124_664_528),
    "squeezenet": Truth(1_235_496, 0, 0, 349_151_936),
    "vgg19": Truth(143_667_240, 0, 0, 19_632_062_464),
    "zfnet512": Truth(87_250_537, 0, 1, 1_481_727_008),
}


@pytest.mark.parametrize("name", TRUTH)
def test_a_network_has_the_weights_and_macs_that_were_measured(name: str) -> None:
    truth = TRUTH[name]
    found = imported(LIGHT / f"light_{name}.onnx")
    measured = costs(load_text(found.text, name))
    params = sum(c.params for c in measured)
    assert (found.parameters, found.unread) == (params, truth.unread)
    assert params + truth.statistics + truth.unread == truth.elements
    assert sum(c.operations.macs for c in measured) == truth.macs
