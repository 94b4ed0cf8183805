"""The networks under `specs/`, held against what others measured and printed.

`docs/zoo.md` is made here; `python tests/test_zoo.py` renews it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, cast

import pytest
import yaml

import archcost
from archcost.limits import DEFAULT
from archcost.spec.zoo import zoo
from archcost.windows.window import show
from tests.published_fields import statement
from tests.published_numbers import published

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.results.report import NodeRow, Report

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
def report(name: str) -> Report:
    return archcost.analyze(archcost.load(f"zoo:{name}"))


# -- what the files promise -------------------------------------------------------------------------------


def test_no_two_networks_share_a_name() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.stem)
def test_a_file_is_named_after_its_network_and_says_where_it_comes_from(family: Family) -> None:
    assert family.spec["name"] == family.stem
    assert family.spec["note"]


@pytest.mark.parametrize("name", NAMES)
def test_every_expectation_written_in_a_spec_holds_for_every_variant(name: str) -> None:
    broken = [finding.message for finding in report(name).findings if finding.rule == "expectation"]
    assert broken == []


def test_the_zoo_lists_every_file_and_variant() -> None:
    assert sorted(entry.name for entry in zoo(DEFAULT)) == sorted(NAMES)


# -- measured, layer by layer -----------------------------------------------------------------------------

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
        layers=[
            (squeezed(laid_out(kind, output)), params, macs) for kind, _, output, params, macs, *_ in rows
        ],
    )


def laid_out(kind: str, output: list[int]) -> list[int]:
    """Channels first: PyTorch's linear layers have them last, behind the tokens."""
    return [output[-1], *output[:-1]] if kind == "Linear" else output


def squeezed(shape: Iterable[int]) -> tuple[int, ...]:
    """A vector may come as `[n]` or `[n, 1, 1]`: a linear layer and a 1x1 convolution are the same there."""
    sizes = list(shape)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)


def layers(nodes: Iterable[NodeRow]) -> list[Layer]:
    return [(squeezed(node.output), node.params, node.macs) for node in nodes if node.kind in COUNTED]


MEASURED = sorted(file.stem for file in (DATA / "networks").glob("*.json"))


def test_every_measured_network_is_in_the_zoo() -> None:
    assert [name for name in MEASURED if name not in NAMES] == []


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


LEARNED = sorted(file.stem for file in (DATA / "learned").glob("*.json"))
"""Networks of which PyTorch told every layer that learns, by what it costs and how often."""

LEARNING = {
    *COUNTED,
    "conv_transpose",
    "batch_norm",
    "layer_norm",
    "group_norm",
    "rms_norm",
    "layer_scale",
    "embedding",
    "lstm",
}
LEARNING_MODULES = ("Conv", "Linear", "BatchNorm", "GroupNorm", "Layer", "Embedding", "LSTM")


TRIMMED = {"mamba_130m": 24 * 1536 * 4 * 3}
"""Products of convolutions that compute a few positions more, which are cut off behind them."""

FUNCTIONS = {"mamba_130m"}
"""Which calls functions with the weights of some of its layers, past their modules."""


@cache
def learned(name: str) -> Row:
    return json.loads((DATA / "learned" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", LEARNED)
def test_totals_are_what_pytorch_counts(name: str) -> None:
    totals, found = report(name).totals, learned(name)
    macs = totals.macs + TRIMMED.get(name, 0)
    assert (totals.params, macs) == (found["params"], found["macs"]), found["source"]
    assert [[*shape] for shape in report(name).inputs.values()] == found["inputs"]


SEPARATE = {"bert_base": (1, 1, 1), "clip_vit_b32": (1, 1, 1), "tinyllama_1b": (8, 1, 1)}
"""Whose queries, keys and values have linear layers of their own, of these shares; we have one for all."""


@pytest.mark.parametrize("name", LEARNED)
def test_every_layer_that_learns_is_there_as_often_as_in_pytorch(name: str) -> None:
    """By elements that leave, parameters and MACs: attention lays its axes out in more than one way.

    A table of positions, which PyTorch looks all of them up in, is a tensor by itself here.
    """
    expected: Counter[tuple[int, int, int]] = Counter()
    rows = cast("list[tuple[int, str, int, int, int]]", learned(name)["learned"])
    for times, module, elements, params, macs in rows:
        if module.startswith(LEARNING_MODULES) or module.endswith("RMSNorm"):
            expected[elements, params, macs] += times
    ours: Counter[tuple[int, int, int]] = Counter()
    for node in report(name).nodes:
        if node.params and node.kind in LEARNING:
            shares = SEPARATE.get(name, (1,)) if node.path.endswith(".qkv") else (1,)
            for share in shares:
                ours[costs_of(node, share, sum(shares))] += 1
    tables = Counter(costs_of(node) for node in report(name).nodes if node.kind == "parameter")
    ours += tables & (expected - ours)
    assert ours == expected or (name in FUNCTIONS and ours > expected)


def costs_of(node: NodeRow, share: int = 1, of: int = 1) -> tuple[int, int, int]:
    return prod(node.output) * share // of, node.params * share // of, node.macs * share // of


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


def test_the_gridding_twin_costs_and_sees_as_much_but_has_holes() -> None:
    nodes = [report(f"hdc_segmentation{twin}").node("upsampled") for twin in ("", "_gridding")]
    fields = [node.receptive_field for node in nodes]
    totals = [report(f"hdc_segmentation{twin}").totals for twin in ("", "_gridding")]
    assert (totals[0].params, totals[0].macs) == (totals[1].params, totals[1].macs)
    assert [field and field.size for field in fields] == [(271, 271), (271, 271)]
    assert [field and field.holes for field in fields] == [0, 271**2 - 255**2]


def test_yolov3_tiny_is_as_large_as_its_file_of_weights() -> None:
    """yolov3-tiny.weights has 35,434,956 bytes: a head of 20, and 4 for each number, with statistics."""
    totals = report("yolov3_tiny").totals
    assert 4 * (totals.params + totals.buffers) + 20 == 35_434_956


def test_wavenet_sees_1024_samples_with_one_block_and_3070_with_three() -> None:
    """The second number is 1 plus the sum of the dilations of thirty layers."""
    fields = [report(name).nodes[-1].receptive_field for name in ("wavenet", "wavenet_3_blocks")]
    assert [field and field.size for field in fields] == [(1024,), (1 + 3 * 1023,)]


def test_the_layers_of_the_context_module_see_what_its_paper_says() -> None:
    convs = [node for node in report("context_module").nodes if node.kind == "conv"]
    sizes = [node.receptive_field.size for node in convs if node.receptive_field]
    assert sizes == [(size, size) for size in (3, 5, 9, 17, 33, 65, 67, 67)]


def test_a_deformable_resnet_adds_the_parameters_of_its_offsets_and_masks_and_no_others() -> None:
    """Three offset convolutions of 18 channels with biases; 27 for all 13 units of version 2, with masks."""
    plain, moved, masked = map(report, ("resnet50", "deformable_resnet50", "deformable_resnet50_v2"))
    widths = {128: 4, 256: 6, 512: 3}
    assert moved.totals.params - plain.totals.params == 3 * (18 * 9 * 512 + 18)
    assert masked.totals.params - plain.totals.params == sum(
        n * (27 * 9 * width + 27) for width, n in widths.items()
    )


def test_the_two_streams_of_i3d_have_the_parameters_its_paper_prints() -> None:
    """Carreira & Zisserman 2017, Table 1: 25 M."""
    assert round(report("i3d").totals.params + report("i3d_flow").totals.params, -6) == 25_000_000


def test_a_text_cnn_has_the_convolutions_of_its_paper_and_a_table_of_words() -> None:
    embedded, static = report("text_cnn"), report("text_cnn_static")
    assert static.totals.params == sum(100 * (300 * k + 1) for k in (3, 4, 5)) + 2 * (300 + 1)
    assert embedded.totals.params - static.totals.params == 18765 * 300
    assert embedded.totals.macs == static.totals.macs


# -- the page ---------------------------------------------------------------------------------------------

INTRODUCTION = """\
# The zoo

Networks that ship with archcost, under `specs/`. `zoo:NAME` works wherever a spec does:
`archcost analyze zoo:resnet101`. A file holds a family; its variants set variables, and `--set` sets others.

Parameters are what is learned; running statistics are not among them. MACs are the products of convolutions
and linear layers, for one image of the size given. Both are exact. `python tests/test_zoo.py` made this page.
"""


def page() -> str:
    """`docs/zoo.md`: a section per file, a row per name, and how the published numbers come out."""
    return INTRODUCTION + "".join(section(family) for family in FAMILIES) + published_numbers()


def published_numbers() -> str:
    """How many of how many hold; `test_published.py` sees to it that they do."""
    numbers = [printed for _, printed in published()]
    fair = [printed for printed in numbers if not printed.unsound]
    checked = [printed for printed in fair if not printed.out_of_scope]
    excuses = Counter(printed.out_of_scope for printed in fair if printed.out_of_scope)
    rows = "".join(f"| {count} | {excuse} |\n" for excuse, count in excuses.most_common())
    return (
        "\n## Published numbers\n\n"
        + wrapped(
            f"`tests/data/published.yaml` has {len(numbers)} parameters, operations and shapes as papers and "
            f"official repositories print them. {len(checked)} are compared with what archcost counts, under "
            f"the convention and the rounding of their source, and all {len(checked)} hold. "
            f"{len(numbers) - len(fair)} are wrong at the source, each for a reason given there. "
            f"The other {len(fair) - len(checked)} are about something else:"
        )
        + f"\n\n| numbers | what they are about |\n|---:|---|\n{rows}\n"
        + wrapped(f"{statement()} `test_published_fields.py` sees to it.")
        + "\n"
    )


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
