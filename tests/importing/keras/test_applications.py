"""Networks of Keras' applications as specs, beside what Keras says of them.

The files in tests/data/models/keras are what Keras 3.15 saves of `keras.applications`, without weights. Those
with a table in tests/data/networks were measured in Keras layer by layer, the others as a whole.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from archcost.importing.conversion import conversion
from archcost.importing.formats import format_of
from archcost.importing.imported import imported
from archcost.passes.cost import costs
from archcost.spec.load import load_text

if TYPE_CHECKING:
    from archcost.importing.conversion import Conversion

DATA = Path(__file__).parents[2] / "data"
MODELS = DATA / "models" / "keras"

TABLES = {
    "densenet121": "DenseNet121",
    "inceptionv3": "InceptionV3",
    "mobilenet": "MobileNet",
    "mobilenet_a0.5": "MobileNet_a0.5",
    "mobilenetv2": "MobileNetV2",
    "resnet50": "ResNet50",
    "vgg16": "VGG16",
    "xception": "Xception",
}
"""Table -> file."""


def converted(name: str) -> Conversion:
    path = MODELS / f"{name}.keras"
    form = format_of(path)
    source: Any = form.reader().read(path, {})
    return conversion(path, source, form)


@pytest.mark.parametrize("table", TABLES)
def test_every_layer_has_the_shape_parameters_and_macs_that_keras_measured(table: str) -> None:
    truth = json.loads((DATA / "networks" / f"keras_{table}.json").read_text())
    found = converted(TABLES[table])
    ours: dict[str, list[Any]] = defaultdict(lambda: [(), 0, 0])
    for item, cost in zip(found.converted.items, costs(found.network), strict=True):
        row = ours[item.place]
        row[0] = tuple(n for n in item.shape if n > 1)
        row[1] += cost.params
        row[2] += cost.operations.macs
    theirs = [(tuple(n for n in row[2] if n > 1), row[3], row[4]) for row in truth["layers"]]
    learns = Counter(row for row in theirs if row[1])
    assert Counter((*row,) for row in ours.values() if row[1]) == learns
    assert sum(row[2] for row in ours.values()) == truth["macs"]
    assert found.parameters == truth["params"]


class Truth(NamedTuple):
    """What Keras counts: trainable parameters, and the products of convolutions and dense layers."""

    params: int
    macs: int


TRUTH: dict[str, Truth] = {
    "ConvNeXtTiny": Truth(28_589_128, 4_455_531_264),
    "EfficientNetV2B0": Truth(7_139_704, 718_086_176),
    "InceptionResNetV2": Truth(55_813_192, 13_155_794_016),
    "MobileNetV3Small": Truth(2_542_856, 56_510_400),
    "NASNetMobile": Truth(5_289_978, 563_638_816),
}


@pytest.mark.parametrize("name", TRUTH)
def test_parameters_and_macs_are_those_of_keras(name: str) -> None:
    found = converted(name)
    macs = sum(cost.operations.macs for cost in costs(found.network))
    assert (found.parameters, macs) == TRUTH[name]


@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNetV2B0", "ConvNeXtTiny"])
def test_the_spec_has_the_graph_that_was_read(name: str) -> None:
    found = imported(MODELS / f"{name}.keras")
    network = load_text(found.text, name)
    assert (len(network), sum(cost.params for cost in costs(network))) == (found.nodes, found.parameters)
    assert found.sentence().endswith("the spec read again gives the same graph")
