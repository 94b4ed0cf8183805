"""Rolling up: whatever is rolled up is the same graph, and reads as a person would have written it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING

import pytest
import yaml

import archcost
from archcost.errors import SpecError
from archcost.formatting import formatted
from archcost.importing.alignment import aligned
from archcost.importing.conversion import network_of, spec_text
from archcost.importing.graph import fingerprints
from archcost.importing.imported import imported
from archcost.importing.parts import Part
from archcost.importing.roll import Steps, Units
from archcost.spec.load import load_text
from tests.importing.items_of_networks import items_of, model_of
from tests.random_specs import Writer

if TYPE_CHECKING:
    from archcost.network import Network

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "tests" / "data" / "models"
EXPECTED = ROOT / "tests" / "golden" / "imported"
FILE = Path("network.yaml")

IN_THE_ZOO = (
    "resnet18",
    "resnet50",
    "densenet121",
    "efficientnet_b0",
    "shufflenet_v2_x1_0",
    "convnext_tiny",
    "inception_v3",
    "googlenet",
    "mobilenet_v3_large",
    "vit_base_patch16_224",
    "swin_tiny_patch4_window7_224",
)
"""Files of models that have a spec in the zoo, written by hand."""


def rolled_up(network: Network, units: Units, *, modules: bool) -> tuple[str, str]:
    """The network rolled up without any step undone, and with an item per layer."""
    converted = items_of(network, modules=modules)
    model = model_of(converted)
    return spec_text(FILE, model, converted, Steps(), units), spec_text(FILE, model, converted, None)


def lines(text: str) -> int:
    """Without those that are empty or a comment alone."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())


def random_network(seed: int) -> Network | None:
    random = Random(seed)  # noqa: S311 - no secret
    try:
        network = load_text(yaml.dump(Writer(random).spec(), sort_keys=False), "random.yaml")
    except SpecError:
        return None
    often = Counter(id(node) for node in network.outputs.values())
    is_known = max(often.values()) == 1 and items_of(network, modules=False).items
    return network if is_known else None


def test_a_random_network_rolled_up_is_the_same_graph() -> None:
    tried = 0
    for seed in range(200):
        network = random_network(seed)
        if network is None:
            continue
        tried += 1
        for units in Units:
            rolled, flat = rolled_up(network, units, modules=seed % 2 == 0)
            assert fingerprints(network_of(rolled, FILE)) == fingerprints(network_of(flat, FILE)), seed
    assert tried > 60


@pytest.mark.parametrize("modules", [True, False], ids=["modules", "no modules"])
@pytest.mark.parametrize(
    "name",
    [
        *(
            "resnet50",
            "mobilenet_v3_small",
            "inception_v3",
            "densenet121",
            "bert_base",
            "unet",
            "regnet_y_400mf",
        ),
        *("shufflenet_v2_x1_0", "vgg16", "squeezenet1_0", "yolov3_tiny", "mamba_130m"),
    ],
)
def test_a_network_of_the_zoo_rolled_up_is_the_same_graph(name: str, *, modules: bool) -> None:
    network = archcost.load(f"zoo:{name}")
    for units in Units:
        rolled, flat = rolled_up(network, units, modules=modules)
        assert fingerprints(network_of(rolled, FILE)) == fingerprints(network_of(flat, FILE))
        assert lines(rolled) <= lines(flat)


def test_imported_specs_are_hardly_longer_than_those_written_by_hand() -> None:
    ratios = {
        name: lines(imported(MODELS / f"{name}.pt2").text)
        / lines((ROOT / "specs" / f"{name}.yaml").read_text())
        for name in IN_THE_ZOO
    }
    assert median(ratios.values()) < 1.3
    assert max(ratios.values()) < 2.2


@pytest.mark.parametrize("name", IN_THE_ZOO)
def test_the_text_is_as_it_was_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    text = imported(MODELS / f"{name}.pt2").text
    expected = EXPECTED / f"{name}.yaml"
    if request.config.getoption("--renew"):
        expected.write_text(text)
    assert text == expected.read_text()
    assert formatted(text.encode(), expected.name).decode() == text


def test_additions_that_stand_deep_in_each_other_are_the_same_graph() -> None:
    """Each of 100 additions is around all those before it: residuals in residuals."""
    names = [f"a{i}" for i in range(101)]
    layers = [{"name": name, "relu": None} for name in names]
    layers += [
        {"name": f"b{i}", "add": None, "from": [f"b{i - 1}" if i else names[-1], name]}
        for i, name in enumerate(names[-2::-1])
    ]
    spec = {"archcost": 1, "name": "deep", "input": [4, 8, 8], "layers": layers}
    network = load_text(yaml.safe_dump(spec), "deep.yaml")
    for units in Units:
        rolled, flat = rolled_up(network, units, modules=False)
        assert fingerprints(network_of(rolled, FILE)) == fingerprints(network_of(flat, FILE))


@pytest.mark.parametrize("page", ["README.md", "docs/importing.md"])
def test_pages_show_what_is_imported(page: str) -> None:
    text = (EXPECTED / "resnet18.yaml").read_text()
    assert f"```yaml\n{text}```\n" in (ROOT / page).read_text()


def test_lists_that_have_nothing_in_common_are_no_block() -> None:
    constant, parameter = Part("constant", {"shape": [4]}), Part("parameter", {"shape": [4]})
    lists = [[Part("residual", lists={"residual": [one], "shortcut": []})] for one in (constant, parameter)]
    assert aligned(lists) is None
    assert aligned([[constant], [constant.copy()]]) is not None
