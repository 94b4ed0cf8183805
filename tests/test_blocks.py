"""The standard blocks: what each one costs, against formulas written out here and against measured networks.

A case of `CASES` is one call; its numbers are arithmetic from the paper beside it, with the paper's letters.
A case of `MEASURED` is a call that stands for a part of a network that PyTorch ran.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from itertools import accumulate, product
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, TypeAlias

import pytest

import archcost
from archcost.errors import SpecError
from archcost.limits import Limits
from archcost.passes.receptive_field import receptive_fields
from archcost.spec.zoo import standard_names
from tests.blocks_measured import BLOCKS, MeasuredBlock
from tests.blocks_table import CASES, Case, norms

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from archcost.passes.receptive_field import Field
    from archcost.results.report import Report

Build: TypeAlias = "Callable[..., Network]"

NETWORKS = Path(__file__).parent / "data" / "networks"


def counted(build: Build, call: str, x: str) -> Report:
    return archcost.analyze(build(f"- {call}", x))


def shape(text: str) -> list[int]:
    return [int(size) for size in text.strip("[]").split(",")]


# -- formulas ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.call.partition(':')[0]}: {case.why}")
def test_a_block_has_the_numbers_of_its_paper(case: Case, network: Build) -> None:
    net = network(f"- {case.call}", case.x)
    report = archcost.analyze(net)
    assert list(net.nodes[-1].output) == shape(case.output)
    assert report.totals.params == case.weights + case.others
    assert report.totals.macs == case.macs
    if case.field is not None:
        assert set(last_field(net).size) == {case.field}


def last_field(net: Network) -> Field:
    return receptive_fields(net)[-1]["input"]


# -- measured ---------------------------------------------------------------------------------------------

MEASURED = [
    ("resnet18", "layer1.0", "[64, 56, 56]", "std/basic_block: {out_channels: 64}"),
    ("resnet18", "layer2.0", "[64, 56, 56]", "std/basic_block: {out_channels: 128, stride: 2}"),
    ("resnet50", "layer2.0", "[256, 56, 56]", "std/bottleneck: {width: 128, stride: 2}"),
    ("resnet50", "layer2.1", "[512, 28, 28]", "std/bottleneck: {width: 128}"),
    ("wide_resnet50_2", "layer1.0", "[64, 56, 56]", "std/bottleneck: {width: 128, out_channels: 256}"),
    (
        "wide_resnet50_2",
        "layer2.0",
        "[256, 56, 56]",
        "std/resnext_bottleneck: {out_channels: 512, groups: 1, width_per_group: 128, stride: 2}",
    ),
    (
        "resnext50_32x4d",
        "layer2.0",
        "[256, 56, 56]",
        "std/resnext_bottleneck: {out_channels: 512, stride: 2}",
    ),
    ("resnext50_32x4d", "layer4.2", "[2048, 7, 7]", "std/resnext_bottleneck: {out_channels: 2048}"),
    ("deeplabv3_resnet50", "classifier.0", "[2048, 28, 28]", "std/aspp: {rates: [12, 24, 36]}"),
    ("seresnet50", "layer1.0", "[64, 56, 56]", "std/bottleneck: {width: 64, squeeze: 16}"),
    (
        "legacy_seresnet50",
        "layer2.0",
        "[256, 56, 56]",
        "std/bottleneck: {width: 128, stride: 2, stride_first: true, squeeze: 32}",
    ),
    (
        "mobilenet_v2",
        "features.1",
        "[32, 112, 112]",
        "std/inverted_residual: {out_channels: 16, expand: 1}",
    ),
    ("mobilenet_v2", "features.2", "[16, 112, 112]", "std/inverted_residual: {out_channels: 24, stride: 2}"),
    ("mobilenet_v2", "features.3", "[24, 56, 56]", "std/inverted_residual: {out_channels: 24}"),
    (
        "mobilenet_v3_large",
        "features.4",
        "[24, 56, 56]",
        "std/inverted_residual: {out_channels: 40, expand: 3, kernel_size: 5, stride: 2, squeeze: 24}",
    ),
    (
        "efficientnet_b0",
        "features.1.0",
        "[32, 112, 112]",
        "std/mbconv: {out_channels: 16, expand: 1}",
    ),
    ("efficientnet_b0", "features.2.0", "[16, 112, 112]", "std/mbconv: {out_channels: 24, stride: 2}"),
    ("efficientnet_b0", "features.3.1", "[40, 28, 28]", "std/mbconv: {out_channels: 40, kernel_size: 5}"),
    ("densenet121", "features.denseblock1.denselayer2", "[96, 56, 56]", "std/dense_layer"),
    ("densenet121", "features.transition1", "[256, 56, 56]", "std/transition"),
    ("squeezenet1_0", "features.3", "[96, 54, 54]", "std/fire: {squeeze: 16, expand1: 64}"),
    (
        "shufflenet_v2_x1_0",
        "stage2.0",
        "[24, 56, 56]",
        "std/shuffle_unit_v2: {out_channels: 116, stride: 2}",
    ),
    ("shufflenet_v2_x1_0", "stage2.1", "[116, 28, 28]", "std/shuffle_unit_v2"),
    ("inception_v3", "Mixed_5b", "[192, 35, 35]", "std/inception_v3_a: {pool: 32}"),
    ("inception_v3", "Mixed_5d", "[288, 35, 35]", "std/inception_v3_a"),
    ("inception_v3", "Mixed_6a", "[288, 35, 35]", "std/inception_v3_b"),
    ("inception_v3", "Mixed_6b", "[768, 17, 17]", "std/inception_v3_c"),
    ("inception_v3", "Mixed_6c", "[768, 17, 17]", "std/inception_v3_c: {reduce7: 160}"),
    ("inception_v3", "Mixed_6e", "[768, 17, 17]", "std/inception_v3_c: {reduce7: 192}"),
    ("inception_v3", "Mixed_7a", "[768, 17, 17]", "std/inception_v3_d"),
    ("inception_v3", "Mixed_7b", "[1280, 8, 8]", "std/inception_v3_e"),
    ("inception_v3", "Mixed_7c", "[2048, 8, 8]", "std/inception_v3_e"),
    (
        "legacy_xception",
        "block1",
        "[64, 147, 147]",
        "std/xception_block: {out_channels: 128, depth: 2, stride: 2, act_first: false}",
    ),
    (
        "legacy_xception",
        "block2",
        "[128, 74, 74]",
        "std/xception_block: {out_channels: 256, depth: 2, stride: 2}",
    ),
    ("legacy_xception", "block4", "[728, 19, 19]", "std/xception_block"),
    (
        "legacy_xception",
        "block12",
        "[728, 19, 19]",
        "std/xception_block: {out_channels: 1024, depth: 2, stride: 2, grow_first: false}",
    ),
    ("res2net50_26w_4s", "layer1.0.convs", "[104, 56, 56]", "std/res2net_split: {first: true}"),
    ("res2net50_26w_4s", "layer1.1.convs", "[104, 56, 56]", "std/res2net_split"),
    ("res2net50_26w_4s", "layer2.0.convs", "[208, 56, 56]", "std/res2net_split: {stride: 2}"),
]
"""A network, the prefix of the layers meant, what arrives there, and the block."""

POOLS = {"max_pool": "MaxPool2d", "avg_pool": "AvgPool2d", "global_avg_pool": "AdaptiveAvgPool2d"}
KINDS = {"conv": "Conv2d", "depthwise_conv": "Conv2d", "batch_norm": "BatchNorm2d", **POOLS}
"""The kinds that are compared, if PyTorch ran any as a module; Inception has functions for pools."""


@pytest.mark.parametrize(("name", "prefix", "x", "call"), MEASURED)
def test_a_block_has_the_layers_that_were_measured(
    name: str, prefix: str, x: str, call: str, network: Build
) -> None:
    rows = json.loads((NETWORKS / f"{name}.json").read_text("utf-8"))["layers"]
    measured = sorted(
        (kind, output, params, macs)
        for kind, path, output, params, macs, *_ in rows
        if path.startswith(f"{prefix}.") and kind in KINDS.values()
    )
    compared = {kind for kind, *_ in measured}
    assert measured
    assert measured == sorted(
        (KINDS[row.kind], list(row.output), row.params, row.macs)
        for row in counted(network, call, x).nodes
        if KINDS.get(row.kind) in compared
    )


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.module)
def test_a_block_has_the_parameters_and_macs_of_its_modules_in_pytorch(
    block: MeasuredBlock, network: Build
) -> None:
    totals = counted(network, block.call, block.x).totals
    assert (totals.params, totals.macs) == (block.params, block.macs)


SEEN = [
    ("[24, 192, 192]", "std/fused_mbconv: {out_channels: 24, expand: 1}"),
    ("[24, 192, 192]", "std/fused_mbconv: {out_channels: 48, stride: 2}"),
    ("[64, 48, 48]", "std/mbconv: {out_channels: 128, expand: 4, stride: 2}"),
    ("[160, 24, 24]", "std/mbconv: {out_channels: 160}"),
]
"""Blocks of EfficientNet v2-S, whose measured layers are known by number, not by name."""


@pytest.mark.parametrize(("x", "call"), SEEN)
def test_every_convolution_and_norm_of_a_block_was_measured_in_efficientnet_v2(
    x: str, call: str, network: Build
) -> None:
    file = NETWORKS.parent.parent / "networks" / "measured" / "efficientnet_v2_s.json"
    measured = [row[1:] for row in json.loads(file.read_text("utf-8"))["learned"]]
    learned = [row for row in counted(network, call, x).nodes if row.params]
    assert len(learned) >= 2
    for row in learned:
        output = [row.output[0], *(size for size in row.output[1:] if size != 1)]
        assert [KINDS[row.kind], output, row.params, row.macs] in measured, row.path


# -- fields and holes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kernel_size", "depth"), [(3, 1), (3, 2), (3, 3), (3, 4), (5, 2), (2, 3)])
def test_a_stack_of_small_kernels_sees_what_the_large_one_does(
    kernel_size: int, depth: int, network: Build
) -> None:
    call = f"- std/stacked_conv: {{out_channels: 1, kernel_size: {kernel_size}, depth: {depth}}}"
    large = depth * (kernel_size - 1) + 1
    assert last_field(network(call, "[1, 32, 32]")).size == (large, large)


def test_the_context_module_sees_what_its_table_says_layer_by_layer(network: Build) -> None:
    net = network("- std/context_module", "[21, 64, 64]")
    fields = [
        found["input"].size
        for node, found in zip(net, receptive_fields(net), strict=True)
        if node.word == "conv"
    ]
    assert fields == [(side, side) for side in (3, 5, 9, 17, 33, 65, 67, 67)]


@pytest.mark.parametrize(
    ("rates", "full"),
    [
        ([1, 2, 5], True),
        ([1, 2, 9], False),
        ([2, 2, 2], False),
        ([2, 4, 6], False),
        ([1, 2, 3], True),
        ([1, 2, 5, 1, 2, 5], True),
        ([1, 3, 9], True),
    ],
)
def test_a_hybrid_dilated_stack_covers_what_its_taps_add_up_to(
    rates: list[int], full: bool, network: Build
) -> None:
    taps = {sum(one) for one in product(*((-rate, 0, rate) for rate in rates))}
    side = 1 + 2 * sum(rates)
    field = last_field(network(f"- std/hdc: {{rates: {rates}}}", "[4, 64, 64]"))
    assert field.size == (side, side)
    assert field.coverage == Fraction(len(taps), side) ** 2
    assert (field.coverage == 1) is full


# -- several items ----------------------------------------------------------------------------------------


def test_dense_layers_see_all_before_them(network: Build) -> None:
    """Huang et al. 2017, table 1: the first dense block of DenseNet-121, from 64 to 256 channels."""
    report = archcost.analyze(
        network("- {repeat: 6, dense: concat, body: [std/dense_layer]}", "[64, 56, 56]")
    )
    arriving = list(accumulate([32] * 5, initial=64))
    assert report.nodes[-1].output == (256, 56, 56)
    assert report.totals.macs == sum(56 * 56 * (c * 128 + 9 * 128 * 32) for c in arriving)
    assert report.totals.params == sum(c * 128 + 9 * 128 * 32 + norms(c, 128) for c in arriving)


U_NET = """
- name: down
  repeat: {out: [64, 128, 256, 512, 1024], factor: [1, 2, 2, 2, 2]}
  body: [std/unet_down: {out_channels: $out, scale_factor: $factor}]
- {name: up3, from: [down, down.3], std/unet_up: {out_channels: 512}}
- {name: up2, from: [up3, down.2], std/unet_up: {out_channels: 256}}
- {name: up1, from: [up2, down.1], std/unet_up: {out_channels: 128}}
- {name: up0, from: [up1, down.0], std/unet_up: {out_channels: 64}}
- conv: {out_channels: 2, kernel_size: 1}
"""


def test_u_net_as_in_the_paper_has_its_numbers(network: Build) -> None:
    """Ronneberger et al. 2015, figure 1; transposed convolutions count per input position."""
    as_written = re.sub(r"(unet_\w+: {)", r"\1padding: 0, norm: false, ", U_NET)
    report = archcost.analyze(network(as_written, "[1, 572, 572]"))
    assert report.nodes[-1].output == (2, 388, 388)
    assert report.totals.params == 31_030_658
    assert report.totals.macs == 150_428_424_448


def test_u_net_by_a_stack_is_the_same(network: Build) -> None:
    by_stack = """
        - repeat: {out: [64, 128, 256, 512], factor: [1, 2, 2, 2]}
          body: [{std/unet_down: {out_channels: $out, scale_factor: $factor}, push: skips}]
        - std/unet_down: {out_channels: 1024}
        - repeat: 4
          body: [{std/unet_up: , from: [previous, pop(skips)]}]
        - conv: {out_channels: 2, kernel_size: 1}
    """
    one, other = (network(dedent(layers), "[1, 572, 572]") for layers in (U_NET, by_stack))
    assert [(n.layer, n.output) for n in one] == [(n.layer, n.output) for n in other]
    paths = [{node.path: i for i, node in enumerate([*net.inputs, *net])} for net in (one, other)]
    reads = [
        [[at[x.path] for x in n.inputs] for n in net] for net, at in zip((one, other), paths, strict=True)
    ]
    assert reads[0] == reads[1]


def test_u_net_with_norms_has_the_parameters_of_a_well_known_copy(network: Build) -> None:
    """milesial/Pytorch-UNet: colour in, one class out, padding, no biases before norms."""
    report = archcost.analyze(network(U_NET.replace("out_channels: 2,", "out_channels: 1,"), "[3, 256, 256]"))
    assert report.nodes[-1].output == (1, 256, 256)
    assert report.totals.params == 31_037_633


ATTENTION_U_NET = """
- repeat: {out: [64, 128, 256, 512], factor: [1, 2, 2, 2]}
  body: [{std/unet_down: {out_channels: $out, scale_factor: $factor, bias: true}, push: skips}]
- std/unet_down: {out_channels: 1024, bias: true}
- repeat: {out: [512, 256, 128, 64]}
  body:
    - upsample: {scale_factor: 2}
    - {name: raised, std/conv_norm_act: {out_channels: $out, bias: true}}
    - {name: kept, std/attention_gate, from: [pop(skips), raised]}
    - {concat, from: [kept, raised]}
    - {repeat: 2, body: [std/conv_norm_act: {out_channels: $out, bias: true}]}
- conv: {out_channels: 1, kernel_size: 1}
"""

ATTENTION_U_NET_PARAMS = 34_878_573
"""Measured: tests/peers/test_attention_u_net.py has the network in PyTorch and counts them again."""


def test_u_net_with_attention_gates_has_the_parameters_of_a_well_known_copy(network: Build) -> None:
    """LeeJunHyun/Image_Segmentation, AttU_Net: colour in, one class out, a bias before every norm."""
    report = archcost.analyze(network(ATTENTION_U_NET, "[3, 256, 256]"))
    assert report.nodes[-1].output == (1, 256, 256)
    assert report.totals.params == ATTENTION_U_NET_PARAMS


def test_a_step_up_crops_what_an_odd_size_left_over(network: Build) -> None:
    layers = """
        - {name: top, std/unet_down: {out_channels: 8, scale_factor: 1}}
        - {name: low, std/unet_down: {out_channels: 16}}
        - {from: [low, top], std/unet_up: {out_channels: 8}}
    """
    net = network(layers, "[3, 33, 33]")
    assert [node.output for node in net if node.word == "max_pool"] == [(8, 16, 16)]
    assert net.nodes[-1].output == (8, 32, 32)


# -- any number of axes -----------------------------------------------------------------------------------

NAMED = re.compile(r"std/(\w+)")

TWO_AXES = {
    "bifpn_node",
    "spatially_separable_conv",
    "flattened_conv",
    "inception_v3_c",
    "inception_v3_d",
    "inception_v3_e",
}
"""Blocks whose kernels or tensors differ per axis."""

OF_MAPS = {"efficient_channel_attention", "swin_block"}
"""Blocks over maps alone: over their windows, or with a gate that is made a map again."""

IN_A_ROW = {"std/detect"}
"""Blocks of any rank whose positions leave along one axis."""

ONE_AXIS = {
    "mamba",
    "attention",
    "rotary",
    "cross_attention",
    "multi_head_attention",
    "scaled_dot_product",
    "biased_dot_product",
    "transformer_encoder_layer",
    "transformer_decoder_layer",
}
"""Blocks over tokens."""

MODES = {1: "linear", 3: "trilinear"}


def of_rank(case: Case, rank: int) -> tuple[str, str]:
    """The call of a case on inputs of another rank; a single one is sixteen positions wide."""
    mode = f"mode: {MODES[rank]}"
    call = RESIZES.sub(lambda found: f"{found[1]}: {{{mode}" + (", " if found[2] else "}"), case.call)
    if "deform" in call:
        call = call.replace("}", f", axes: {rank}}}")
    if case.x.startswith("["):
        return f"[{', '.join(map(str, [shape(case.x)[0], *[16] * rank]))}]", call
    return re.sub(r"(\d+), \d+\]", lambda found: ", ".join([found[1]] * rank) + "]", case.x), call


RESIZES = re.compile(r"(std/(?:aspp|deeplab_decoder))(: \{)?")
"""Blocks that resize as maps are."""


@pytest.mark.parametrize("rank", sorted(MODES))
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not (TWO_AXES | OF_MAPS | ONE_AXIS) & {*NAMED.findall(case.call)}],
    ids=lambda case: case.call,
)
def test_a_block_works_along_one_axis_and_along_three(case: Case, rank: int, network: Build) -> None:
    x, call = of_rank(case, rank)
    output = network(f"- {call}", x).nodes[-1].output
    assert output[0] == shape(case.output)[0]
    assert len(output) == (2 if case.call in IN_A_ROW else rank + 1)


@pytest.mark.parametrize("name", sorted(TWO_AXES))
def test_a_block_for_two_axes_refuses_one(name: str, network: Build) -> None:
    needs = ": {out_channels: 8}" if name.endswith("conv") else ""
    with pytest.raises(SpecError, match=rf"in block 'std/{name}', used at"):
        network(f"- std/{name}{needs}", "[768, 64]")


# -- the library ------------------------------------------------------------------------------------------


def test_every_standard_block_has_a_test_of_its_numbers() -> None:
    calls = [*(case.call for case in CASES), *(call for *_, call in MEASURED), U_NET]
    assert set(NAMED.findall("\n".join(calls))) == set(standard_names())


ACTS = [
    ("[8, 16, 16]", "conv_norm_act", "out_channels: 8", 1),
    ("[8, 16, 16]", "basic_block", "out_channels: 16", 2),
    ("[8, 16, 16]", "bottleneck", "width: 8", 3),
    ("[32, 16, 16]", "resnext_bottleneck", "out_channels: 64, groups: 2, width: 8", 3),
    ("[8, 16, 16]", "deformable_bottleneck", "width: 8", 3),
    ("[8, 16, 16]", "preact_basic_block", "out_channels: 8", 2),
    ("[8, 16, 16]", "preact_basic_block", "out_channels: 16", 2),
    ("[8, 16, 16]", "preact_bottleneck", "width: 2", 3),
    ("[8, 16, 16]", "preact_bottleneck", "width: 8", 3),
    ("[8, 16, 16]", "inverted_residual", "out_channels: 8", 2),
    ("[8, 16, 16]", "mbconv", "out_channels: 8", 3),
    ("[8, 16, 16]", "fused_mbconv", "out_channels: 8, squeeze: 2", 2),
    ("[8, 16, 16]", "squeeze_excite", "ratio: 2", 1),
    ("[8, 16, 16]", "cbam", "ratio: 2", 1),
    ("[8, 16, 16]", "shuffle_unit_v2", "out_channels: 8", 2),
    ("[8, 16, 16]", "shuffle_unit_v2", "out_channels: 16, stride: 2", 3),
    ("[8, 16, 16]", "inception_v3_a", "c1: 8", 7),
    ("[8, 16, 16]", "inception_v3_b", "c3: 8", 4),
    ("[8, 16, 16]", "inception_v3_c", "c1: 8", 10),
    ("[8, 16, 16]", "inception_v3_d", "c3: 8", 6),
    ("[8, 16, 16]", "inception_v3_e", "c1: 8", 9),
    ("[8, 16, 16]", "stacked_conv", "out_channels: 8, depth: 3", 3),
    ("[8, 64, 64]", "context_module", "out_channels: 8", 7),
    ("[8, 64, 64]", "hdc", "out_channels: 8", 3),
    ("[8, 16, 16]", "xception_block", "out_channels: 8", 3),
    ("[8, 16, 16]", "xception_block", "out_channels: 8, act_first: false", 2),
    ("[8, 16, 16]", "res2net_split", "scale: 4", 3),
    ("[8, 16, 16]", "res2net_split", "scale: 4, stride: 2", 3),
    ("[8, 16, 16]", "unet_down", "out_channels: 8", 2),
    ("[8, 16, 16]", "separable_conv", "out_channels: 8", 2),
    ("[8, 16, 16]", "c2f", "out_channels: 8, depth: 3", 8),
    ("[8, 16, 16]", "sppf", "out_channels: 8", 2),
    ("[8, 16, 16]", "detect", "classes: 8", 4),
    ("[8, 16, 16]", "detect", "classes: 8, separable: true", 6),
    ("{a: [8, 16, 16], b: [8, 16, 16]}", "bifpn_node", "operands: 2", 1),
    ("{a: [8, 16, 16], b: [8, 8, 8]}", "pan_step", "out_channels: 8", 2),
    ("{a: [8, 8, 8], b: [8, 16, 16]}", "unet_up", "out_channels: 8, attention: true", 3),
]
"""Blocks, and how many activations of the caller's each one has; gates come on top."""


@pytest.mark.parametrize(("x", "block", "given", "times"), ACTS)
def test_activations_are_the_callers_all_the_way_in(
    x: str, block: str, given: str, times: int, network: Build
) -> None:
    report = counted(network, f"std/{block}: {{{given}, act: mish}}", x)
    functions = [row.fields["function"] for row in report.nodes if row.kind == "activation"]
    assert functions.count("mish") + functions.count("sigmoid") == len(functions)
    assert functions.count("mish") == times


ADDED = [
    ("[8, 16, 16]", "inverted_residual", "out_channels: 8", True),
    ("[8, 16, 16]", "inverted_residual", "out_channels: 9", False),
    ("[8, 16, 16]", "inverted_residual", "out_channels: 8, stride: 2", False),
    ("[8, 16, 16]", "mbconv", "out_channels: 8", True),
    ("[8, 16, 16]", "mbconv", "out_channels: 8, stride: 2", False),
    ("[8, 16, 16]", "fused_mbconv", "out_channels: 8", True),
    ("[8, 16, 16]", "fused_mbconv", "out_channels: 9", False),
    ("[8, 16, 16]", "fused_mbconv", "out_channels: 8, stride: 2", False),
    ("[12, 16, 16]", "shuffle_unit", "out_channels: 12", True),
    ("[12, 16, 16]", "shuffle_unit", "out_channels: 24, stride: 2", False),
    ("[8, 16, 16]", "xception_block", "out_channels: 8", True),
    ("[8, 16, 16]", "xception_block", "out_channels: 9, stride: 2", True),
]


@pytest.mark.parametrize(("x", "block", "given", "added"), ADDED)
def test_a_block_is_added_to_its_input_where_its_paper_says_so(
    x: str, block: str, given: str, *, added: bool, network: Build
) -> None:
    net = network(f"- std/{block}: {{{given}}}", x)
    assert any(node.word == "add" for node in net) is added


SIZED = [
    ("inverted_residual", "out_channels: 8"),
    ("mbconv", "out_channels: 8"),
    ("fused_mbconv", "out_channels: 8"),
    ("shuffle_unit_v2", "out_channels: 8"),
    ("separable_conv", "out_channels: 8"),
    ("spatially_separable_conv", "out_channels: 8"),
    ("flattened_conv", "out_channels: 8"),
    ("stacked_conv", "out_channels: 8"),
    ("conv_norm_act", "out_channels: 8"),
    ("res2net_split", "scale: 2"),
]
"""Blocks that take a kernel size and a stride."""


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
@pytest.mark.parametrize(("block", "given"), SIZED)
def test_odd_kernels_keep_the_size_and_a_stride_halves_it(
    block: str, given: str, kernel_size: int, network: Build
) -> None:
    call = f"- std/{block}: {{{given}, kernel_size: {kernel_size}, stride: %d}}"
    assert network(call % 1, "[8, 16, 16]").nodes[-1].output == (8, 16, 16)
    assert network(call % 2, "[8, 16, 16]").nodes[-1].output == (8, 8, 8)


# -- a file is parsed once --------------------------------------------------------------------------------


def test_a_block_that_was_called_before_is_the_same_for_another_spec(network: Build) -> None:
    call = "- std/squeeze_excite"
    first, other, again = (
        network(call, "[64, 8, 8]"),
        network(call, "[32, 9, 9]"),
        network(call, "[64, 8, 8]"),
    )
    assert list(other.nodes[-1].output) == [32, 9, 9]
    for one, two in zip(first.nodes, again.nodes, strict=True):
        assert (one.path, one.layer, one.output, one.place) == (two.path, two.layer, two.output, two.place)


def test_a_mistake_in_a_block_is_told_to_every_spec_that_calls_it(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("archcost: 1\nname: n\ninput: [64, 8, 8]\nlayers: [std/squeeze_excite]\n", "utf-8")
    told: list[list[str]] = []
    for _ in range(2):
        with pytest.raises(SpecError) as caught:
            archcost.load(spec, limits=Limits(expression_length=5))
        told.append([str(d.place) for d in caught.value.diagnostics])
    assert told[0] == told[1]
    assert told[0]
    assert all(place.startswith("std/squeeze_excite:") for place in told[0])
    assert archcost.load(spec).nodes
