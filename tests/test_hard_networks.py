"""The hardest published networks, in the spec language: what each one costs, measured or printed by others.

`networks/*.yaml` are the specs. `networks/measured/*.json` say what PyTorch counted on the same networks as
timm and torchvision build them: the totals, and each learned layer that differs, with how often it occurs.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import archcost
from archcost.passes.cost import costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

HERE = Path(__file__).parent / "networks"
SPECS = sorted(path.stem for path in HERE.glob("*.yaml"))
MEASURED = sorted(path.stem for path in (HERE / "measured").glob("*.json"))
VARIANTS = {
    "dpn92": "dpn68",
    "eca_vovnet39b": "ese_vovnet19b_dw",
    "ese_vovnet39b": "ese_vovnet19b_dw",
    "hrnet_w48": "hrnet_w18",
    "poolformer_s24": "poolformer_s12",
    "resnest101e": "resnest50d",
    "skresnet50": "skresnet18",
}
"""Measured networks that are variants, and whose."""

Layer = tuple[tuple[int, ...], int, int]
"""Output without trailing axes of size 1, parameters, MACs."""


@cache
def hard(name: str) -> Network:
    return archcost.load(
        f"{HERE / VARIANTS.get(name, name)}.yaml", variant=name if name in VARIANTS else None
    )


def totals(name: str) -> tuple[int, int]:
    """Parameters and MACs."""
    counted = costs(hard(name))
    return sum(cost.params for cost in counted), sum(cost.operations.macs for cost in counted)


def measured(name: str) -> dict[str, Any]:
    return json.loads((HERE / "measured" / f"{name}.json").read_text(encoding="utf-8"))


def bare(output: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without trailing axes of size 1, which a vector and a 1x1 map do not share."""
    while len(output) > 1 and output[-1] == 1:
        output = output[:-1]
    return output


# -- totals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MEASURED)
def test_parameters_and_macs_are_what_pytorch_counts(name: str) -> None:
    found = measured(name)
    assert totals(name) == (found["params"], found["macs"]), found["source"]
    assert [list(one.output) for one in hard(name).inputs] == [found["input"]]


@pytest.mark.parametrize("name", [name for name in MEASURED if "learned" in measured(name)])
def test_every_learned_layer_is_there_as_often_as_in_pytorch(name: str) -> None:
    expected: Counter[Layer] = Counter()
    for times, _, output, params, macs in measured(name)["learned"]:
        expected[tuple(output), params, macs] += times
    ours = Counter(
        (bare(node.output), cost.params, cost.operations.macs)
        for node, cost in zip(hard(name), costs(hard(name)), strict=True)
        if cost.params
    )
    assert ours == expected


def test_unet_is_its_figure_1() -> None:
    """Every convolution of the figure is 3x3 without padding; the sizes under the boxes are the figure's."""
    down = [(1, 64, 570), (64, 128, 282), (128, 256, 138), (256, 512, 66), (512, 1024, 30)]
    up = [(1024, 512, 54), (512, 256, 102), (256, 128, 198), (128, 64, 390)]
    params = macs = 0
    for before, after, size in down + up:
        params += 9 * (before * after + after * after) + 2 * after
        macs += 9 * after * (before * size**2 + after * (size - 2) ** 2)
    for before, after, size in up:
        params += 4 * before * after + after
        macs += 4 * before * after * ((size + 2) // 2) ** 2
    assert totals("unet") == (params + 64 * 2 + 2, macs + 64 * 2 * 388**2)
    assert totals("unet") == (31_030_658, 150_428_424_448)


def test_ddpm_is_the_paper_s_and_as_large_as_the_model_that_diffusers_loads() -> None:
    """35.7 million parameters in appendix B; google/ddpm-cifar10-32 has 35,746,307."""
    assert sum(cost.params for cost in costs(archcost.load("zoo:ddpm_cifar10"))) == 35_746_307


def _ddpm_unrolled() -> list[str]:
    """Its items one by one, each map that is taken up again read by its name."""
    conv, made, maps = "conv: {out_channels: %d, kernel_size: 3%s}", ["conv"], ["conv"]
    items = [f"{{name: conv, from: image, {conv % (128, ', padding: 1')}}}"]

    def unit(width: int, where: str, *, attends: bool) -> None:
        items.append(f"{{unit: {{out: {width}}}, from: [{made[-1]}, time], name: {where}_unit}}")
        made.append(f"{where}_unit")
        if attends:
            items.append(f"{{attention: , name: {where}_attention}}")
            made.append(f"{where}_attention")

    for i, width in enumerate((128, 256, 256, 256)):
        for j in range(2):
            unit(width, f"down_{i}_{j}", attends=i == 1)
            maps.append(made[-1])
        if i < 3:
            items.append(f"{{{conv % (width, ', stride: 2, padding: same')}, name: smaller_{i}}}")
            made.append(f"smaller_{i}")
            maps.append(made[-1])
    unit(256, "middle_0", attends=True)
    unit(256, "middle_1", attends=False)
    for i, width in enumerate((256, 256, 256, 128)):
        for j in range(3):
            items.append(f"{{concat: , from: [{made[-1]}, {maps.pop()}], name: join_{i}_{j}}}")
            made.append(f"join_{i}_{j}")
            unit(width, f"up_{i}_{j}", attends=i == 2)
        if i < 3:
            items.append("upsample: {scale_factor: 2, mode: nearest}")
            items.append(f"{{{conv % (width, ', padding: 1')}, name: larger_{i}}}")
            made.append(f"larger_{i}")
    return items


def test_a_stack_makes_the_nodes_of_ddpm_that_stand_there_one_by_one(tmp_path: Path) -> None:
    """The 50 items between the level of noise and the last norm are 19 with repeats, `push` and `pop`."""
    text = (HERE.parent.parent / "specs" / "ddpm_cifar10.yaml").read_text("utf-8")
    head, layers = text.split("layers:\n")
    time, tail = layers.splitlines()[0], "".join(layers.partition("  - group_norm")[1:])
    items = _ddpm_unrolled()
    (tmp_path / "unrolled.yaml").write_text(
        f"{head}layers:\n{time}\n" + "".join(f"  - {x}\n" for x in items) + tail
    )
    written, unrolled = archcost.load("zoo:ddpm_cifar10"), archcost.load(tmp_path / "unrolled.yaml")
    assert _described(written) == _described(unrolled)
    own = layers.partition("\n")[2].removesuffix(tail)
    assert (len(items), len(re.findall(r"(?m)^ *- ", own))) == (50, 19)


def _described(network: Network) -> list[tuple[object, ...]]:
    """Every node with its kind and fields, its shape, and which nodes it reads, whatever they are called."""
    places = {node: i for i, node in enumerate((*network.inputs, *network))}
    return [(node.layer, node.output, *(places[read] for read in node.inputs)) for node in network]


def test_retinanet_is_what_torchvisions_page_of_weights_prints() -> None:
    """num_params 34014999 and _ops 151.54, in RetinaNet_ResNet50_FPN_Weights of torchvision 0.29."""
    params, macs = totals("retinanet_resnet50_fpn")
    assert params == 34_014_999
    assert round(macs / 10**9, 2) == 151.54


def test_yolov3_is_as_large_as_its_file_of_weights_and_as_busy_as_darknet_says() -> None:
    """yolov3.weights has 248,007,048 bytes, 20 of them a head; darknet prints 65.864 BFLOPs at 416 x 416.

    The file holds the running statistics too, all as 4-byte floats; a BFLOP counts products and sums.
    """
    params, macs = totals("yolov3")
    buffers = sum(cost.buffers for cost in costs(hard("yolov3")))
    assert 4 * (params + buffers) + 20 == 248_007_048
    assert round(2 * macs / 10**9, 3) == 65.864


def test_hardnet_has_the_links_of_its_reference_implementation() -> None:
    """The rule for links and widths as PingoLH/Pytorch-HarDNet states it, run for HarDNet-68: 17,565,348."""

    def links(k: int) -> list[int]:
        return [k - 2**i for i in range(10) if k % 2**i == 0]

    def width(k: int, growth: int) -> int:
        return int(int(growth * 1.7 ** (len(links(k)) - 1) + 1) / 2) * 2

    convs = [(3, 32, 3, 112), (32, 64, 3, 112)]
    channels, size = 64, 56
    table = [(8, 14, 128, 2), (16, 16, 256, 1), (16, 20, 320, 2), (16, 40, 640, 2), (4, 160, 1024, 1)]
    for layers, growth, out, pool in table:
        widths = [channels, *(width(k, growth) for k in range(1, layers + 1))]
        convs.extend((sum(widths[i] for i in links(k)), widths[k], 3, size) for k in range(1, layers + 1))
        convs.append((sum(widths[1::2]) + widths[-1], out, 1, size))
        channels, size = out, size // pool
    params = sum(before * after * k**2 + 2 * after for before, after, k, _ in convs) + 1025 * 1000
    macs = sum(before * after * (k * size) ** 2 for before, after, k, size in convs) + 1024 * 1000
    assert totals("hardnet68") == (params, macs)
    assert params == 17_565_348


def test_a_siamese_network_counts_its_tower_once_and_runs_it_twice() -> None:
    """Figure 4; 38,951,745 is what the usual Keras versions of it print."""
    kernels = [(1, 64, 10, 96), (64, 128, 7, 42), (128, 128, 4, 18), (128, 256, 4, 6)]
    params = sum(k * k * before * after + after for before, after, k, _ in kernels) + (9216 + 1) * 4096
    macs = sum((k * size) ** 2 * before * after for before, after, k, size in kernels) + 9216 * 4096
    assert totals("siamese") == (params + 4096 + 1, 2 * macs + 4096)
    assert params + 4097 == 38_951_745


def test_wavenet_is_its_figure_4() -> None:
    """30 gated layers of width 32, each with 256 channels for the sum of all."""
    width, skip, steps = 32, 256, 16_000
    weights = 2 * 256 * width + 30 * (2 * 2 * width**2 + width * skip + width**2) + 2 * skip**2
    biases = width + 30 * (2 * width + skip + width) + 2 * skip
    assert totals("wavenet") == (weights + biases, weights * steps)


def test_a_text_cnn_is_its_figure_1() -> None:
    """100 filters for each of the windows of 3, 4 and 5 words, on 56 words of 300 numbers."""
    params = sum(300 * 100 * k + 100 for k in (3, 4, 5)) + 300 * 2 + 2
    macs = sum(300 * 100 * k * (57 - k) for k in (3, 4, 5)) + 300 * 2
    assert totals("text_cnn") == (params, macs) == (360_902, 19_020_600)


# -- what numbers do not show -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SPECS if "expect:" in (HERE / f"{name}.yaml").read_text()])
def test_every_expectation_written_in_a_spec_holds(name: str) -> None:
    assert hard(name).expectations
    findings = archcost.analyze(hard(name)).findings
    assert [finding.message for finding in findings if finding.rule == "expectation"] == []


@pytest.mark.parametrize("name", SPECS)
def test_every_network_is_counted_somewhere_above(name: str) -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert name in MEASURED or f'totals("{name}")' in text


@pytest.mark.parametrize("name", [*SPECS, *VARIANTS])
def test_every_path_is_its_nodes_alone(name: str) -> None:
    assert len(hard(name).by_path) == len(hard(name))


def test_a_cell_of_nasnet_reads_the_two_cells_before_it() -> None:
    nodes = hard("nasnetalarge").by_path
    cells = [f"stage.1.cell.{i}.normal" for i in range(6)]
    for before, here in pairwise(cells):
        assert nodes[f"{here}.right.relu"].inputs == (nodes[f"{before}.cell"],)
    for before, here in zip(cells, cells[2:], strict=False):
        assert nodes[f"{here}.left.fit.relu"].inputs == (nodes[f"{before}.cell"],)


def test_the_first_cell_of_a_stage_of_nasnet_reads_what_the_reduction_read() -> None:
    nodes = hard("nasnetalarge").by_path
    read = {
        path: nodes[path].inputs[0].path
        for path in nodes
        if path.endswith((".left.relu", ".left.halve.relu"))
    }
    assert read["stage.1.x.reduce_to.left.relu"] == "stage.0.cell.4.normal.cell"
    assert read["stage.1.cell.0.normal.left.halve.relu"] == "stage.0.cell.4.normal.cell"


def test_the_last_root_of_a_tree_of_dla_reads_all_that_was_kept_for_it() -> None:
    root = hard("dla34").by_path["trees.root.concat"]
    assert [wire.path for wire in root.inputs] == [
        "trees.lower.second.activation",
        "trees.lower.first",
        "trees.kept",
        "trees.upper.conv_norm_act.activation",
    ]


def test_the_streams_of_hrnet_meet_in_the_next_exchange() -> None:
    nodes = hard("hrnet_w18").by_path
    for stream in "abcd":
        first = nodes[f"stage_4.2.exchange_4.{stream}.0.basic_block.conv_norm_act.conv"]
        assert first.inputs == (nodes[f"stage_4.1.exchange_4.new_{stream}"],)


def test_heads_that_share_weights_are_counted_at_the_first() -> None:
    net = hard("retinanet_resnet50_fpn")
    heads: Counter[str] = Counter()
    for node, cost in zip(net, costs(net), strict=True):
        if node.path.startswith("head_"):
            heads[node.path.partition(".")[0]] += cost.params
    assert heads == Counter({"head_3": 4_248_115 + 2_443_300})


# -- what writing them taught -----------------------------------------------------------------------------


def test_an_output_of_a_block_may_be_a_part_of_a_tap(network: Callable[..., Network]) -> None:
    net = network(
        "- {name: x, four: {}}\n- {concat: , from: [x.pair.b, x.pair.a]}\n- {concat: , from: x, name: all}",
        blocks="""
  pair: {outputs: [a, b], body: [{name: a, relu: {}}, {name: b, relu6: {}}]}
  four: {outputs: [pair.a, c, pair.b], body: [{name: pair, pair: {}}, {name: c, tanh: {}, from: pair.b}]}""",
        outputs="[x, all]",
    )
    paths = {node.path: [wire.path for wire in node.inputs] for node in net}
    assert paths["concat"] == ["x.pair.b", "x.pair.a"]
    assert paths["all"] == ["x.pair.a", "x.c", "x.pair.b"]
    assert set(net.outputs) == {"x.pair.a", "x.pair.b", "x.c", "all"}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("pair", "'x.pair' is no output itself; it has a"),
        ("pair.b", "'x.pair' has no 'b'; it has a"),
        ("b", "'x' has no 'b'; it has pair"),
    ],
)
def test_other_parts_cannot_be_read(network: Callable[..., Network], part: str, message: str) -> None:
    blocks = """
  pair: {outputs: [a, b], body: [{name: a, relu: {}}, {name: b, relu6: {}}]}
  one: {outputs: [pair.a], body: [{name: pair, pair: {}}]}"""
    with pytest.raises(archcost.SpecError) as caught:
        network(f"- {{name: x, one: {{}}}}\n- {{relu: , from: x.{part}}}", blocks=blocks)
    assert [diagnostic.message for diagnostic in caught.value.diagnostics] == [message]


def test_a_repeat_that_carries_says_how_many_iterations_it_has(network: Callable[..., Network]) -> None:
    with pytest.raises(archcost.SpecError, match="has no '12'; it has x, 0 to 11"):
        network("- {name: r, repeat: 12, carry: [x], from: input, body: [relu]}\n- {relu: , from: r.12}")


@pytest.mark.parametrize(
    "item",
    [
        "body: [batch_norm, {conv: {out_channels: 3, kernel_size: 1}}, batch_norm]",
        "residual: [{conv: {out_channels: 3, kernel_size: 1}}], shortcut: [batch_norm]",
        "branches: {a: [{conv: {out_channels: 3, kernel_size: 1}}], b: [batch_norm]}, merge: add",
        "repeat: 2, body: [{conv: {out_channels: 3, kernel_size: 1}}]",
    ],
)
def test_structures_without_a_name_share_as_well(network: Callable[..., Network], item: str) -> None:
    net = network(f"- {{{item}, share: w}}\n- {{{item}, share: w}}")
    params = [cost.params for cost in costs(net)]
    half = len(params) // 2
    assert sum(params[:half])
    assert not any(params[half:])


def test_a_shared_item_that_failed_is_no_measure_for_the_others(network: Callable[..., Network]) -> None:
    with pytest.raises(archcost.SpecError) as caught:
        network(
            """
            - share: w
              body:
                - conv: {out_channels: 3, kernel_size: 1}
                - conv: {out_channels: 3, kernel_size: 99}
            - share: w
              from: input
              body:
                - conv: {out_channels: 3, kernel_size: 1}
                - conv: {out_channels: 3, kernel_size: 1}
            """
        )
    assert len(caught.value.diagnostics) == 1
