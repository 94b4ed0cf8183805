"""The networks under `specs/`, held against what others measured and printed.

`docs/zoo.md` is made here; `python tests/test_zoo.py` renews it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import floor, prod
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, cast

import pytest
import yaml

import archcost
from archcost.geometry import show
from archcost.limits import DEFAULT
from archcost.spec.library import zoo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.report.model import NodeRow, Report

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"
PAGE = ROOT / "docs" / "zoo.md"

Row = dict[str, object]


@dataclass(frozen=True)
class Family:
    """A file of the zoo, read without archcost: what it says of itself, and the names it answers to."""

    stem: str
    spec: Row

    @property
    def variants(self) -> dict[str, Row]:
        return cast("dict[str, Row]", self.spec.get("variants", {}))

    @property
    def names(self) -> list[str]:
        return [self.stem, *self.variants]


def families() -> list[Family]:
    files = sorted((ROOT / "specs").glob("*.yaml"))
    return [Family(file.stem, yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files]


FAMILIES = families()
NAMES = [name for family in FAMILIES for name in family.names]


@cache
def report(name: str, sets: tuple[tuple[str, float], ...] = ()) -> Report:
    return archcost.analyze(archcost.load(f"zoo:{name}", set=dict(sets)))


# -- what the files promise -------------------------------------------------------------------------------


def test_no_two_networks_share_a_name() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.stem)
def test_a_file_is_named_after_its_network_and_says_where_it_comes_from(family: Family) -> None:
    assert family.spec["name"] == family.stem
    assert family.spec["note"]


@pytest.mark.parametrize("name", NAMES)
def test_every_expectation_written_in_a_spec_holds_for_every_variant(name: str) -> None:
    assert [finding.message for finding in report(name).findings if finding.level == "error"] == []


def test_the_zoo_lists_every_file_and_variant() -> None:
    assert sorted(entry.name for entry in zoo(DEFAULT)) == sorted(NAMES)


# -- measured, layer by layer -----------------------------------------------------------------------------

NOT_YET = {"vit_base_patch16_224"}
"""Measured networks the zoo does not have yet."""

COUNTED = ("conv", "depthwise_conv", "linear")
"""The kinds whose layers are compared one by one."""

Layer = tuple[tuple[int, ...], int, int]
"""Output without trailing axes of size 1, parameters, MACs."""


@dataclass(frozen=True)
class Measured:
    """A network as PyTorch or Keras built it."""

    name: str
    input: tuple[int, ...]
    params: int
    macs: int
    buffers: int | None
    layers: list[Layer]


@cache
def measured(name: str) -> Measured:
    data = json.loads((DATA / "networks" / f"{name}.json").read_text(encoding="utf-8"))
    rows = [
        row
        for row in data["layers"]
        if row[0].startswith(("Conv", "Depthwise", "Separable", "Linear", "Dense"))
    ]
    return Measured(
        name=name,
        input=tuple(data["input"]),
        params=data["params"],
        macs=data["macs"],
        buffers=data.get("buffers"),
        layers=[(squeezed(output), params, macs) for _, _, output, params, macs, *_ in rows],
    )


def squeezed(shape: Iterable[int]) -> tuple[int, ...]:
    """A vector may come as `[n]` or `[n, 1, 1]`: a linear layer and a 1x1 convolution are the same there."""
    sizes = list(shape)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)


def layers(nodes: Iterable[NodeRow]) -> list[Layer]:
    return [(squeezed(node.output), node.params, node.macs) for node in nodes if node.kind in COUNTED]


ON_FILE = sorted(file.stem for file in (DATA / "networks").glob("*.json"))
MEASURED = [name for name in ON_FILE if name not in NOT_YET]


def test_every_measured_network_is_in_the_zoo_or_known_to_be_missing() -> None:
    assert {name for name in ON_FILE if name not in NAMES} == NOT_YET


@pytest.mark.parametrize("name", MEASURED)
def test_the_default_input_is_the_one_that_was_measured(name: str) -> None:
    assert report(name).inputs == {"input": measured(name).input}


@pytest.mark.parametrize("name", MEASURED)
def test_parameters_and_macs_equal_the_measured_ones(name: str) -> None:
    totals = report(name).totals
    assert (totals.params, totals.macs) == (measured(name).params, measured(name).macs)


@pytest.mark.parametrize("name", [name for name in MEASURED if measured(name).buffers is not None])
def test_buffers_equal_the_measured_ones(name: str) -> None:
    assert report(name).totals.buffers == measured(name).buffers


REORDERED = {
    "legacy_seresnet50": "the shortcut runs before the gate that ends the body, in a spec after it",
    "keras_inceptionv3": "Keras lists layers by their distance from the output, which interleaves branches",
    "keras_resnet50": "likewise, with shortcuts",
    "keras_xception": "likewise, with shortcuts",
}
"""Networks whose layers were listed in another order than a spec's, and why: their order is not compared."""


@pytest.mark.parametrize("name", [name for name in MEASURED if name not in REORDERED])
def test_every_convolution_and_linear_layer_equals_the_measured_one_in_its_turn(name: str) -> None:
    assert layers(report(name).nodes) == measured(name).layers


@pytest.mark.parametrize("name", REORDERED)
def test_every_convolution_and_linear_layer_equals_a_measured_one(name: str) -> None:
    ours = layers(report(name).nodes)
    assert Counter(fused(ours) if name == "keras_xception" else ours) == Counter(measured(name).layers)
    assert ours != measured(name).layers, "it has the measured order now; take it off the list"


def fused(found: list[Layer]) -> list[Layer]:
    """Each depthwise convolution in one with the pointwise one behind it: Keras has one layer for the two."""
    joined: list[Layer] = []
    for output, params, macs in found:
        depthwise = joined and joined[-1][1] == 9 * joined[-1][0][0]
        before = joined.pop() if depthwise else ((), 0, 0)
        joined.append((output, before[1] + params, before[2] + macs))
    return joined


# -- printed by papers and repositories -------------------------------------------------------------------

UNITS = {None: 1, "1024": 1024, "K": 10**3, "M": 10**6, "G": 10**9}


@dataclass(frozen=True, kw_only=True)
class Printed:
    """One published number. `decimals` None means it is exact."""

    network: str
    variant: str | None = None
    input: str | None = None
    quantity: str
    value: str | float
    unit: str | None = None
    decimals: int | None = None

    def __str__(self) -> str:
        return " ".join(
            filter(None, [self.network, self.variant, self.input, self.quantity, str(self.value)])
        )

    @property
    def of(self) -> tuple[str, str | None]:
        return self.network, self.variant

    def is_how_it_prints(self, exact: int) -> bool:
        """Whether an exact number prints as this one, rounded or cut off: sources mix the two."""
        if self.decimals is None:
            return exact == self.value
        digits = Fraction(10) ** self.decimals
        scaled = Fraction(exact, UNITS[self.unit]) * digits
        return Fraction(str(self.value)) * digits in (floor(scaled), floor(scaled + Fraction(1, 2)))


@cache
def published() -> tuple[tuple[str, Printed], ...]:
    """Every published number that is a fair target, with its source."""
    fields = Printed.__dataclass_fields__
    groups = yaml.load((DATA / "published.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    rows = ((group["source"], row) for group in groups for row in group["rows"] if "unsound" not in row)
    return tuple(
        (source, Printed(**{key: value for key, value in row.items() if key in fields}))
        for source, row in rows
        if row["quantity"] in ("params", "mult_adds", "shape")
    )


@dataclass(frozen=True)
class Target:
    """What a published number is about: a network of the zoo, or a part of it, and how it is counted."""

    zoo: str
    part: str = ""
    only: str | None = None
    """`convolutions`, `weights` (without biases), or `no norms`."""
    width: float | None = None

    def nodes(self, printed: Printed) -> list[NodeRow]:
        found = report(self.zoo, self.sets(printed)).nodes
        inside = [node for node in found if not self.part or f"{node.path}.".startswith(f"{self.part}.")]
        if self.only == "convolutions":
            return [node for node in inside if "conv" in node.kind]
        return [node for node in inside if self.only != "no norms" or node.kind != "batch_norm"]

    def sets(self, printed: Printed) -> tuple[tuple[str, float], ...]:
        """Variables to set: the width multiplier, and the resolution where the network has one."""
        sets: list[tuple[str, float]] = [] if self.width is None else [("width", self.width)]
        if printed.input and "size" in report(self.zoo).vars:
            sets.append(("size", int(printed.input.partition("x")[0])))
        return tuple(sets)

    def params(self, printed: Printed) -> int:
        nodes = self.nodes(printed)
        biases = (
            sum(node.output[0] for node in nodes if node.kind in COUNTED) if self.only == "weights" else 0
        )
        return sum(node.params for node in nodes) - biases

    def macs(self, printed: Printed) -> int:
        return sum(node.macs for node in self.nodes(printed))

    def shape(self, printed: Printed) -> str:
        return "x".join(map(str, self.nodes(printed)[-1].output))


V1 = {18: "a", 34: "a", 50: "v1", 101: "v1", 152: "v1"}
"""Suffixes of the ResNets of the paper: shortcuts without parameters, or the stride in the first 1x1."""

TARGETS: dict[tuple[str, str | None], Target] = {
    ("LeNet-5", "total"): Target("lenet5"),
    ("LeNet-5", "OUTPUT (RBF)"): Target("lenet5", "output"),
    **{("LeNet-5", layer): Target("lenet5", layer.lower()) for layer in ("C1", "S2", "C3", "S4", "C5", "F6")},
    ("AlexNet", "BVLC bvlc_alexnet grouped"): Target("alexnet_grouped"),
    ("AlexNet", "BVLC conv layers only"): Target("alexnet_grouped", only="convolutions"),
    ("AlexNet", "ungrouped (groups=1)"): Target("alexnet_ungrouped"),
    **{
        ("VGG", f"{letter}{kind}"): Target(f"vgg{depth}")
        for letter, depth in {"A": 11, "B": 13, "D": 16, "E": 19}.items()
        for kind in ("", " (arithmetic)")
    },
    ("VGG", "E (VGG-19) quoted by ResNet paper"): Target("vgg19"),
    ("GoogLeNet", "total no aux, biases, 5x5 kept"): Target("inception_v1"),
    ("GoogLeNet", "total no aux"): Target("inception_v1"),
    ("GoogLeNet", "conv1"): Target("inception_v1", "conv_relu"),
    ("GoogLeNet", "pool1"): Target("inception_v1", "max_pool"),
    ("GoogLeNet", "conv2"): Target("inception_v1", "conv2"),
    ("GoogLeNet", "conv2 (1x1+3x3)"): Target("inception_v1", "conv2", only="weights"),
    **{("GoogLeNet", f"pool{i}"): Target("inception_v1", f"max_pool_{i}") for i in (2, 3, 4)},
    **{
        ("GoogLeNet", f"{kind}{unit}"): Target("inception_v1", unit, only="weights")
        for unit in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
        for kind in ("", "inception ")
    },
    ("GoogLeNet", "avgpool"): Target("inception_v1", "global_avg_pool"),
    ("GoogLeNet", "linear"): Target("inception_v1", "linear", only="weights"),
    **{
        (f"ResNet-{depth}", "paper Table 1"): Target(f"resnet{depth}_{suffix}")
        for depth, suffix in V1.items()
    },
    **{
        (f"ResNet-{depth}", "option A shortcuts (zero pad)"): Target(f"resnet{depth}_a") for depth in (18, 34)
    },
    **{(f"ResNet-{depth}", "stride in 1x1 (v1)"): Target(f"resnet{depth}_v1") for depth in (50, 101, 152)},
    **{(f"ResNet-{depth}", "stride in 3x3 (v1.5)"): Target(f"resnet{depth}") for depth in (50, 101, 152)},
    ("ResNet-50", "as re-implemented in SENet paper"): Target("resnet50_v1"),
    ("ResNet-50", "ResNeXt Table 1"): Target("resnet50"),
    ("ResNeXt-50 (32x4d)", "Table 1"): Target("resnext50_32x4d"),
    ("SE-ResNet-50", "stride in 1x1 conv+fc only"): Target("legacy_seresnet50"),
    **{(f"DenseNet-{depth}", None): Target(f"densenet{depth}") for depth in (121, 161, 169, 201, 264)},
    ("SqueezeNet v1.0", None): Target("squeezenet1_0"),
    ("SqueezeNet v1.0", "Table 1 total"): Target("squeezenet1_0"),
    ("SqueezeNet v1.0", "conv1"): Target("squeezenet1_0", "conv"),
    **{("SqueezeNet v1.0", f"fire{i}"): Target("squeezenet1_0", f"stage.{i - 2}") for i in range(2, 10)},
    ("SqueezeNet v1.0", "conv10"): Target("squeezenet1_0", "conv_2"),
    ("SqueezeNet v1.1", None): Target("squeezenet1_1"),
    ("Conv MobileNet", "Table 4"): Target("mobilenet_v1_full"),
    ("MobileNet", "Table 4"): Target("mobilenet_v1"),
    ("Shallow MobileNet", "Table 5"): Target("mobilenet_v1_shallow"),
    ("MobileNet 0.75", "Table 6"): Target("mobilenet_v1_075"),
    ("MobileNet 0.5", "Table 6"): Target("mobilenet_v1_050"),
    ("MobileNet 0.25", "Table 6"): Target("mobilenet_v1_025"),
    ("MobileNet 1.0", "Table 7"): Target("mobilenet_v1"),
    **{
        ("MobileNet v1", f"slim README alpha={width}"): Target("mobilenet_v1", width=float(width))
        for width in ("1.0", "0.75", "0.50", "0.25")
    },
    ("MobileNet v2", "1.0"): Target("mobilenet_v2", only="no norms"),
    ("MobileNet v2", "0.35 as quoted in MobileNetV3 Table 3"): Target("mobilenet_v2_035"),
    **{
        ("MobileNet v2", f"slim README alpha={width}"): Target(
            "mobilenet_v2", only="no norms", width=float(width)
        )
        for width in ("1.4", "1.3", "1.0", "0.75", "0.5", "0.35")
    },
    **{
        ("d-li14/MobileNetV2", width): Target("mobilenet_v2", width=float(width))
        for width in ("1.0", "0.75", "0.5", "0.35", "0.25")
    },
    ("MobileNet v3", "slim README Large dm=1"): Target("mobilenet_v3_large"),
    ("MobileNet v3", "slim README Large dm=0.75"): Target("mobilenet_v3_large_075"),
    **{
        name: Target(f"mobilenet_v3_{size.lower()}{suffix}")
        for size in ("Large", "Small")
        for width, suffix in {"1.0": "", "0.75": "_075"}.items()
        for name in (
            ("MobileNet v3", f"{size} {width} paper final"),
            (f"d-li14/MobileNetV3-{size} {width}", None),
        )
    },
    **{
        ("ShuffleNet v2", f"{width}x"): Target(f"shufflenet_v2_x{width.replace('.', '_')}")
        for width in ("2.0", "1.5", "1.0", "0.5")
    },
    **{(f"EfficientNet-B{i}", "Table 2"): Target(f"efficientnet_b{i}") for i in range(8)},
    ("Xception", None): Target("xception"),
    ("Xception", "paper Table 3"): Target("xception"),
    ("VMZ paper/R3D-18", "8x112x112"): Target("r3d_18"),
    ("VMZ paper/MC3-18", "8x112x112"): Target("mc3_18"),
    ("Inception_V3", None): Target("inception_v3_aux"),  # torchvision counts the head's parameters
}
"""Published numbers by network and variant, and what of the zoo they are about."""

OTHERS = {
    ("VGG", "C"): "its third convolutions are 1x1; the zoo has A, B, D and E",
    ("VGG", "C (arithmetic)"): "the same",
    ("VGG", "A-LRN"): "A with one response normalization, which costs neither parameters nor MACs",
    ("VGG", "A-LRN (arithmetic)"): "the same",
    ("GoogLeNet", "sum of Table 1 params column"): "adds up what the table prints",
    ("GoogLeNet", "sum of Table 1 ops column"): "adds up what the table prints",
    ("SqueezeNet v1.0", "Table 1 after pruning"): "pruned",
    ("SE-ResNet-50", "r=16 extra params"): "a difference; it has a test of its own",
    ("d-li14/MobileNetV2", "0.1"): "its widths are multiples of 4",
    ("FCN_ResNet50", None): "with an auxiliary head, which does run at inference",
    ("DeepLabV3_ResNet50", None): "likewise",
    ("MobileNet v3", "slim README Large minimalistic"): "another network",
    ("MobileNet v3", "slim README Small minimalistic"): "another network",
}
"""Sound numbers of the zoo's networks that are about something else."""


def target_of(printed: Printed) -> Target | None:
    """What a number is about; torchvision's are about the network of the same name."""
    torchvision = printed.network.lower()
    if printed.of in TARGETS or printed.of in OTHERS or printed.variant or torchvision not in NAMES:
        return TARGETS.get(printed.of)
    return Target(torchvision)


CASES = [
    pytest.param(source, printed, target, id=f"{printed} ({source})")
    for source, printed in published()
    if (target := target_of(printed))
]


@pytest.mark.parametrize(("source", "printed", "target"), CASES)
def test_a_published_number_is_what_archcost_counts(source: str, printed: Printed, target: Target) -> None:
    if printed.quantity == "shape":
        assert target.shape(printed) == str(printed.value), source
        return
    exact = target.params(printed) if printed.quantity == "params" else target.macs(printed)
    assert printed.is_how_it_prints(exact), f"{source} prints {printed}, archcost counts {exact:,}"


def test_no_published_number_of_a_zoo_network_is_left_out_in_silence() -> None:
    networks = {network for network, _ in (*TARGETS, *OTHERS)}
    ours = [printed for _, printed in published() if printed.network in networks]
    assert {printed.of for printed in ours if target_of(printed) is None} == set(OTHERS)


def test_mobilenet_of_full_convolutions_has_the_macs_of_its_table_without_the_classifier() -> None:
    """Howard et al. 2017, Table 4: 4866 M."""
    nodes = report("mobilenet_v1_full").nodes
    assert sum(node.macs for node in nodes if node.kind == "conv") // 10**6 == 4866


def test_a_printed_number_is_rounded_or_cut_off_and_nothing_else() -> None:
    printed = Printed(network="ResNet-50", quantity="mult_adds", value=3.8, unit="G", decimals=1)
    assert printed.is_how_it_prints(3_750_000_000)  # rounds up to it
    assert printed.is_how_it_prints(3_899_999_999)  # is cut off to it
    assert not printed.is_how_it_prints(3_749_999_999)
    assert not printed.is_how_it_prints(3_900_000_000)


# -- what the older papers count --------------------------------------------------------------------------


def test_lenet5_has_the_connections_its_paper_counts_layer_by_layer() -> None:
    """A connection is a product or a bias; a subsampling unit has four inputs and a bias (section II.B)."""
    nodes = {node.path: node for node in report("lenet5").nodes}
    dense = {name: nodes[name].macs + prod(nodes[name].output) for name in ("c1", "c3", "c5", "f6")}
    pooled = {name: 5 * prod(nodes[f"{name}.avg_pool"].output) for name in ("s2", "s4")}
    connections = dense | pooled | {"output": nodes["output"].macs}
    assert connections == {
        "c1": 122304, "s2": 5880, "c3": 151600, "s4": 2000, "c5": 48120, "f6": 10164, "output": 840,
    }  # fmt: skip
    assert sum(connections.values()) == 340908


@pytest.mark.parametrize(
    ("layer", "neurons"),
    [
        ("conv_2", 186624),
        ("conv_3", 64896),
        ("conv_4", 64896),
        ("conv_5", 43264),
        ("linear", 4096),
        ("linear_2", 4096),
    ],
)
def test_alexnet_has_the_neurons_of_its_figure_2(layer: str, neurons: int) -> None:
    assert report("alexnet_grouped").node(layer).activations == neurons


def test_squeeze_and_excitation_adds_the_parameters_its_paper_prints() -> None:
    """Hu et al. 2017, section 4: 2.5 M, which is 2/16 of the squared widths of all blocks; biases aside."""
    added = report("seresnet50").totals.params - report("resnet50").totals.params
    blocks = {256: 3, 512: 4, 1024: 6, 2048: 3}
    biases = sum(n * (width + width // 16) for width, n in blocks.items())
    assert added - biases == sum(n * 2 * width**2 // 16 for width, n in blocks.items()) == 2_514_944


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_an_auxiliary_head_brings_parameters_but_does_not_run(name: str) -> None:
    plain, trained = report(name), report(f"{name}_aux")
    assert trained.totals.params > plain.totals.params
    assert trained.totals.macs == plain.totals.macs
    assert trained.declared
    assert not plain.declared


# -- the page ---------------------------------------------------------------------------------------------

INTRODUCTION = """\
# The zoo

Networks that ship with archcost, under `specs/`. `zoo:NAME` works wherever a spec does:
`archcost analyze zoo:resnet101`. A file holds a family; its variants set variables, and `--set` sets others.

Parameters are what is learned; running statistics are not among them. MACs are the products of convolutions
and linear layers, for one image of the size given. Both are exact. `python tests/test_zoo.py` made this page.
"""


def page() -> str:
    """`docs/zoo.md`: a section per file, a row per name."""
    return INTRODUCTION + "".join(section(family) for family in FAMILIES)


def section(family: Family) -> str:
    rows = "".join(line(name, family.variants.get(name, {})) for name in family.names)
    return (
        f"\n## {family.stem}\n\n{wrapped(cast('str', family.spec['note']))}\n\n"
        f"| name | variables | input | parameters | MACs |\n|---|---|---|---:|---:|\n{rows}"
    )


def wrapped(text: str) -> str:
    return fill(" ".join(text.split()), 110, break_long_words=False, break_on_hyphens=False)


def line(name: str, overrides: Row) -> str:
    found = report(name)
    values = ", ".join(f"`{key}: {json.dumps(value)}`" for key, value in overrides.items())
    shapes = ", ".join(map(show, found.inputs.values()))
    return f"| `{name}` | {values} | {shapes} | {found.totals.params:,} | {found.totals.macs:,} |\n"


def test_the_page_about_the_zoo_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "renew it with `python tests/test_zoo.py`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
