"""Conventions, held against what the tools really print for the networks in `data/networks`.

Where a tool's total is another one, the cause is known, and the difference it makes is exactly the one found.
`pytest tests/test_conventions.py --renew` rewrites the table in `docs/conventions.md`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from tabulate import tabulate

import archcost
from archcost.conventions.counting import counts
from archcost.conventions.table import CONVENTIONS, NEVER, TERMS, find
from archcost.errors import UsageError
from archcost.layers import KINDS, base
from archcost.report.formats import write
from archcost.report.options import WriteOptions
from archcost.schemas import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcost.conventions.counting import Count
    from archcost.network import Network, Node

    Build = Callable[..., Network]
    Amount = Callable[[Sequence[Node], Sequence[Count]], int]

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "conventions.md"

TOOLS = {
    "papers": "calflops:macs",
    "flops": "flop_counter:flops",
    "thop": "thop:macs",
    "fvcore": "fvcore:total",
    "ptflops-aten": "ptflops_aten:macs",
    "ptflops-pytorch": "ptflops_pytorch:macs",
    "torchinfo": "torchinfo:mult_adds",
    "calflops": "calflops:flops",
}
"""Convention -> the measured total it stands for."""


@cache
def measured() -> dict[str, dict[str, Any]]:
    files = sorted((ROOT / "tests" / "data" / "networks").glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def pytorch_networks() -> list[str]:
    return [name for name, data in measured().items() if "tools" in data]


NETWORKS = pytorch_networks()


@cache
def zoo(name: str) -> Network:
    return archcost.load(f"zoo:{name}")


@cache
def counted(name: str, convention: str) -> tuple[Count, ...]:
    return counts(zoo(name), find(convention))


# -- what a tool does not see -----------------------------------------------------------------------------


def kind(*kinds: str) -> Amount:
    return lambda _, all_: sum(count.total for count in all_ if count.kind in kinds)


def last(wanted: str) -> Amount:
    return lambda _, all_: [count.total for count in all_ if count.kind == wanted][-1]


def all_but_last(wanted: str) -> Amount:
    return lambda _, all_: sum([count.total for count in all_ if count.kind == wanted][:-1])


def all_but_two(wanted: str) -> Amount:
    return lambda _, all_: sum([count.total for count in all_ if count.kind == wanted][2:])


def half(amount: Amount) -> Amount:
    return lambda nodes, all_: amount(nodes, all_) // 2


def three_wide(nodes: Sequence[Node], all_: Sequence[Count]) -> int:
    """Convolutions that torchvision's video networks build by classes of their own."""
    kernels = [node.layer.model_dump().get("kernel_size", ()) for node in nodes]
    return sum(count.total for count, kernel in zip(all_, kernels, strict=True) if kernel[-1:] == (3,))


def timm_attention(nodes: Sequence[Node], all_: Sequence[Count]) -> int:
    """Its linear layers, less what the rule counts instead: two products, and a scaling of the queries."""
    inside = [pair for pair in zip(nodes, all_, strict=True) if ".attention." in pair[0].path]
    linear = sum(count.total for _, count in inside if count.kind == "linear")
    products = sum(count.ours for _, count in inside if count.kind == "matmul")
    scaled = sum(prod(node.output) for node, _ in inside if node.path.endswith(".q"))
    return linear - products - scaled


@dataclass(frozen=True)
class Gap:
    """What a tool leaves out of some networks, of all that its rules would count."""

    convention: str
    networks: str
    why: str
    amount: Amount


SUBCLASS = "a class derived from PyTorch's own is not recognised"
FUNCTION = "what is called as a function is not seen"
ONCE = "what is called as a function counts once, as a layer twice"
METHOD = "a mean taken as `x.mean(...)` is not seen"

FUSED = "attention in one fused call is not seen"
TIMM = "a rule for timm's attention takes the place of its linear layers"

VIT = "vit_base_patch16_224"
SE = "legacy_seresnet50 seresnet50"
DENSE = "densenet121 densenet169 densenet201"
INCEPTION = "inception_v3 inception_v3_aux"

GAPS = (
    Gap("papers", VIT, FUSED, kind("matmul")),
    Gap("flops", VIT, FUSED, kind("matmul")),
    Gap("thop", VIT, FUSED, kind("softmax")),
    Gap("thop", VIT, SUBCLASS, kind("layer_norm")),
    Gap("calflops", VIT, FUSED, kind("softmax")),
    Gap("ptflops-pytorch", VIT, SUBCLASS, kind("layer_norm")),
    Gap("ptflops-pytorch", VIT, TIMM, timm_attention),
    Gap("thop", "darknet53 mobilenetv1_100", SUBCLASS, kind("batch_norm")),
    Gap("thop", "mc3_18 r3d_18", SUBCLASS, three_wide),
    Gap("thop", f"{DENSE} mobilenet_v2", FUNCTION, last("global_avg_pool")),
    Gap("thop", INCEPTION, FUNCTION, kind("avg_pool")),
    Gap("thop", "shufflenet_v2_x1_0", METHOD, last("global_avg_pool")),
    Gap("thop", SE, METHOD, all_but_last("global_avg_pool")),
    Gap("fvcore", "shufflenet_v2_x1_0", METHOD, last("global_avg_pool")),
    Gap("fvcore", SE, METHOD, all_but_last("global_avg_pool")),
    Gap("calflops", "shufflenet_v2_x1_0", METHOD, last("global_avg_pool")),
    Gap("calflops", SE, METHOD, all_but_last("global_avg_pool")),
    Gap(
        "torchinfo",
        "darknet53 mobilenetv1_100",
        "a norm that holds its activation is no leaf",
        kind("batch_norm"),
    ),
    Gap("ptflops-pytorch", "darknet53 mobilenetv1_100", SUBCLASS, kind("batch_norm")),
    Gap("ptflops-pytorch", "mc3_18 r3d_18", SUBCLASS, three_wide),
    Gap("ptflops-pytorch", "shufflenet_v2_x1_0", METHOD, last("global_avg_pool")),
    Gap("ptflops-pytorch", SE, METHOD, all_but_last("global_avg_pool")),
    Gap("ptflops-pytorch", f"{DENSE} mobilenet_v2", ONCE, half(last("global_avg_pool"))),
    Gap("ptflops-pytorch", DENSE, ONCE, half(last("relu"))),
    Gap("ptflops-pytorch", f"googlenet googlenet_aux {INCEPTION}", ONCE, half(kind("relu"))),
    Gap("ptflops-pytorch", INCEPTION, ONCE, half(kind("avg_pool"))),
    Gap("ptflops-pytorch", INCEPTION, ONCE, half(all_but_two("max_pool"))),
)


def gaps(convention: str, name: str) -> list[Gap]:
    return [gap for gap in GAPS if gap.convention == convention and name in gap.networks.split()]


def left_out(gap: Gap, name: str) -> int:
    return gap.amount(zoo(name).nodes, counted(name, gap.convention))


@pytest.mark.parametrize("convention", TOOLS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_tools_total_is_reproduced_up_to_what_it_does_not_see(name: str, convention: str) -> None:
    ours = sum(count.total for count in counted(name, convention))
    missed = sum(left_out(gap, name) for gap in gaps(convention, name))
    assert ours - missed == measured()[name]["tools"][TOOLS[convention]]


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: f"{gap.convention}-{gap.networks.split()[0]}")
def test_what_a_tool_does_not_see_makes_a_difference(gap: Gap) -> None:
    assert all(left_out(gap, name) for name in gap.networks.split())


@pytest.mark.parametrize("name", [name for name in measured() if name.startswith("keras_")])
def test_keras_counts_the_running_statistics_as_parameters(name: str) -> None:
    parts = [sum(column) for column in zip(*(c.parts for c in counted(name, "keras")), strict=True)]
    assert parts == [measured()[name]["params"], measured()[name]["buffers"]]


def test_half_of_what_pytorch_counts_is_our_macs_up_to_the_same() -> None:
    for name in NETWORKS:
        macs = sum(count.total for count in counted(name, "papers"))
        missed = sum(left_out(gap, name) for gap in gaps("papers", name))
        assert macs == measured()[name]["macs"]
        assert macs - missed == measured()[name]["tools"]["flop_counter:macs_half"]


# -- the table in the documentation -----------------------------------------------------------------------

BEGIN, END = "<!-- reproduced -->\n", "<!-- /reproduced -->\n"


def page_part() -> str:
    """How often each convention is exact, and a list of the causes elsewhere."""
    total = len(pytorch_networks())
    rows = [
        (f"`{name}`", find(name).source, f"{len(NETWORKS) - len(differing(name))} of {total}")
        for name in TOOLS
    ]
    keras = sum(name.startswith("keras_") for name in measured())
    table = tabulate(
        [*rows, ("`keras`", find("keras").source, f"{keras} of {keras}")],
        ["convention", "source", "reproduced exactly"],
        "pipe",
        disable_numparse=True,
    )
    note = f"{total} networks were measured in PyTorch and {keras} in Keras."
    return "\n\n".join([folded(note), table, "Elsewhere:", "\n".join(causes())]) + "\n"


def differing(convention: str) -> set[str]:
    return {name for gap in GAPS if gap.convention == convention for name in gap.networks.split()}


def causes() -> list[str]:
    found: dict[str, dict[str, dict[str, None]]] = {}
    for gap in GAPS:
        found.setdefault(gap.why, {}).setdefault(gap.convention, {}).update(
            dict.fromkeys(gap.networks.split())
        )
    return [
        folded(
            f"- {why[0].upper()}{why[1:]}: "
            + "; ".join(f"`{tool}` on {', '.join(names)}" for tool, names in by.items())
            + ".",
            "  ",
        )
        for why, by in found.items()
    ]


def folded(text: str, indent: str = "") -> str:
    return fill(text, 119, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def test_the_page_says_how_often_a_tool_is_reproduced(request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text(encoding="utf-8")
    start, rest = text.split(BEGIN)
    renewed = f"{start}{BEGIN}\n{page_part()}\n{END}{rest.split(END)[1]}"
    if request.config.getoption("--renew"):
        PAGE.write_text(renewed, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == renewed


# -- rules beyond the measured networks -------------------------------------------------------------------


DEEP = "hidden_size: 16, num_layers: 2, bidirectional: true"
UP = "conv_transpose: {out_channels: 16, kernel_size: 4, stride: 2, padding: 1, bias: false}"
SPREAD = "{from: [x, w], dynamic_conv_transpose: {stride: 2}}"
SPREAD_BIAS = SPREAD.replace("[x, w]", "[x, w, b]")
SPREAD_OF = "{x: [64, 4, 4], w: [64, 32, 3, 3], b: [32]}"


@pytest.mark.parametrize(
    ("convention", "layer", "x", "total"),
    [
        # As measured: 524,288 products, and some tools make four of each
        ("papers", UP, "[8, 16, 16]", 524288),
        ("thop", UP, "[8, 16, 16]", 2097152),
        ("torchinfo", UP, "[8, 16, 16]", 2097152),
        ("fvcore", UP, "[8, 16, 16]", 524288),
        # Linear(64, 128) on 50 tokens, as measured: torchinfo forgets the tokens
        ("torchinfo", "linear: {out_features: 128, per_position: true}", "[64, 50]", 8320),
        ("papers", "linear: {out_features: 128, per_position: true}", "[64, 50]", 409600),
        ("ptflops-aten", "linear: {out_features: 128, per_position: true}", "[64, 50]", 409600 + 128 * 50),
        # fvcore has a rule for means over two axes, and for no other number
        ("fvcore", "global_avg_pool", "[8, 5, 7]", 8 * 5 * 7),
        ("fvcore", "global_avg_pool", "[8, 3, 5, 7]", 0),
        ("thop", "global_avg_pool", "[8, 3, 5, 7]", 8 * 3 * 5 * 7 + 8),
        ("fvcore", "upsample: {scale_factor: 2}", "[8, 5, 7]", 4 * 8 * 5 * 7),
        ("fvcore", "upsample: {scale_factor: 2, mode: bilinear}", "[8, 5, 7]", 4 * 4 * 8 * 5 * 7),
        ("fvcore", "upsample: {scale_factor: 2}", "[8, 5]", 0),
        ("thop", "batch_norm: {affine: false}", "[8, 5, 7]", 2 * 8 * 5 * 7),
        ("thop", "layer_norm", "[8, 5, 7]", 4 * 8 * 5 * 7),
        ("fvcore", "layer_norm", "[8, 5, 7]", 5 * 8 * 5 * 7),
        ("thop", "softmax", "[10]", 29),
        ("ptflops-pytorch", "activation: {function: relu}", "[8, 5, 7]", 2 * 8 * 5 * 7),
        ("ptflops-pytorch", "activation: {function: hard_swish}", "[8, 5, 7]", 0),
        ("flops", "custom: {shape: [5], macs: 7, reason: a lookup}", "[8, 5, 7]", 14),
        ("thop", "custom: {shape: [5], macs: 7, reason: a lookup}", "[8, 5, 7]", 7),
        ("keras", "batch_norm", "[8, 5, 7]", 32),
        # nn.LSTM(8, 16) and its like on 5 steps, and torch.einsum, as measured
        ("thop", "lstm: {hidden_size: 16}", "[8, 5]", 8960),
        ("thop", "lstm: {hidden_size: 16, bias: false}", "[8, 5]", 8320),
        ("thop", f"lstm: {{{DEEP}}}", "[8, 5]", 51200),
        ("thop", "lstm: {hidden_size: 16, proj_size: 4}", "[8, 5]", 8960),
        ("thop", "gru: {hidden_size: 16}", "[8, 5]", 6800),
        ("thop", f"rnn: {{{DEEP}}}", "[8, 5]", 12480),
        ("ptflops-pytorch", "lstm: {hidden_size: 16}", "[8, 5]", 9120),
        ("ptflops-pytorch", f"lstm: {{{DEEP}}}", "[8, 5]", 51840),
        ("ptflops-pytorch", "lstm: {hidden_size: 16, proj_size: 4}", "[8, 5]", 5280),
        ("ptflops-pytorch", f"gru: {{{DEEP}, bias: false}}", "[8, 5]", 36800),
        ("ptflops-pytorch", "rnn: {hidden_size: 16}", "[8, 5]", 2160),
        ("ptflops-aten", "lstm: {hidden_size: 16}", "[8, 5]", 0),
        ("ptflops-aten", "gru: {hidden_size: 16}", "[8, 5]", 6240),
        ("ptflops-aten", f"rnn: {{{DEEP}}}", "[8, 5]", 12160),
        ("torchinfo", f"lstm: {{{DEEP}}}", "[8, 5]", 48640),
        ("torchinfo", "lstm: {hidden_size: 16, proj_size: 4}", "[8, 5]", 4800),
        ("torchinfo", "gru: {hidden_size: 16}", "[8, 5]", 6240),
        ("fvcore", "gru: {hidden_size: 16}", "[8, 5]", 0),
        ("fvcore", "{einsum: {equation: 'cq,ck->qk'}, from: [input, input]}", "[8, 5]", 200),
        ("ptflops-aten", "{einsum: {equation: 'cq,ck->qk'}, from: [input, input]}", "[8, 5]", 200),
        ("thop", "{einsum: {equation: 'cq,ck->qk'}, from: [input, input]}", "[8, 5]", 0),
        # F.conv_transpose2d of 64 channels with weights [64, 32, 3, 3], and with a bias, as measured
        ("flops", SPREAD, SPREAD_OF, 589824),
        ("flops", SPREAD_BIAS, SPREAD_OF, 589824),
        ("thop", SPREAD, SPREAD_OF, 0),
        ("thop", SPREAD_BIAS, SPREAD_OF, 0),
        ("fvcore", SPREAD, SPREAD_OF, 294912),
        ("fvcore", SPREAD_BIAS, SPREAD_OF, 294912),
        ("ptflops-aten", SPREAD, SPREAD_OF, 294912),
        ("ptflops-aten", SPREAD_BIAS, SPREAD_OF, 297504),
        ("ptflops-pytorch", SPREAD, SPREAD_OF, 0),
        ("ptflops-pytorch", SPREAD_BIAS, SPREAD_OF, 0),
        ("torchinfo", SPREAD, SPREAD_OF, 0),
        ("torchinfo", SPREAD_BIAS, SPREAD_OF, 0),
        ("calflops", SPREAD, SPREAD_OF, 589824),
    ],
)  # fmt: skip
def test_a_layer_counts_as_with_the_tool(
    convention: str, layer: str, x: str, total: int, network: Build
) -> None:
    (count,) = counts(network(f"- {layer}", x), find(convention))
    assert count.total == total


def layers_by_tool() -> list[dict[str, Any]]:
    file = ROOT / "tests" / "data" / "layers_by_tool.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", layers_by_tool(), ids=lambda row: row["torch"])
def test_a_layer_counts_what_each_tool_prints_for_pytorchs_own(row: dict[str, Any], network: Build) -> None:
    net = network(f"- {row['layer']}", row["input"])
    ours = {tool: sum(count.total for count in counts(net, find(tool))) for tool in row["counts"]}
    unlike = {tool for tool, count in row["counts"].items() if ours[tool] != count}
    assert unlike == {*row.get("unlike", {})}


@pytest.mark.parametrize(
    ("of", "printed"),
    [("zoo:yolov3_tiny", "5.571"), (ROOT / "tests" / "networks" / "yolov3.yaml", "65.879")],
)
def test_darknet_prints_these_bflops_at_416(of: str | Path, printed: str) -> None:
    total = sum(count.total for count in counts(archcost.load(of), find("darknet")))
    assert f"{total / 10**9:.3f}" == printed


def test_darknet_counts_windows_of_pools_and_sums_of_shortcuts(network: Build) -> None:
    net = network(
        """
        - {name: pool, max_pool: {kernel_size: 2, padding: same}}
        - {name: twice, add, from: [pool, pool]}
        - flatten
        - linear: {out_features: 5}
        """,
        "[3, 8, 8]",
    )
    assert [count.total for count in counts(net, find("darknet"))] == [4 * 48, 48, 0, 0]


def test_shared_weights_are_parameters_once_and_work_at_every_use(network: Build) -> None:
    net = network(
        """
        - {conv: {out_channels: 3, kernel_size: 1}, share: a}
        - {conv: {out_channels: 3, kernel_size: 1}, share: a}
        """
    )
    assert [count.total for count in counts(net, find("keras"))] == [12, 0]
    assert len({count.total for count in counts(net, find("torchinfo"))}) == 1


def test_every_rule_is_for_a_kind_there_is_and_speaks_of_terms_that_are_explained() -> None:
    known = {*KINDS, "*", "upsample_nearest", "upsample_bilinear"}
    terms = {*TERMS, *base.TERMS, *base.Operations._fields}
    for convention in CONVENTIONS.values():
        for word, rule in convention.rules.items():
            assert word in known or word.removesuffix("2d") in known
            assert all(set(re.findall(r"[a-z_]+", formula)) <= terms for formula in rule)


def test_what_never_counts_has_no_formula_with_any_tool() -> None:
    for convention in CONVENTIONS.values():
        found = {word: convention.rules.get(word, ()) for word in NEVER.split()}
        assert {word: rule for word, rule in found.items() if rule} == {}


def test_flops_say_of_an_lstm_when_pytorch_does_not_count_it(network: Build) -> None:
    lstm, gru = (network(f"- {kind}: {{hidden_size: 5}}", "[6, 24]") for kind in ("lstm", "gru"))
    found = archcost.explain(lstm, "lstm", "flops").convention
    assert found is not None
    assert (found.count, "it says 0 there" in found.definition) == (10560, True)
    whole = archcost.analyze(lstm, "flops").convention
    assert whole is not None
    assert whole.definition == found.definition
    other = archcost.explain(gru, "gru", "flops").convention
    assert other is not None
    assert other.definition == find("flops").definition


def test_the_page_says_what_flops_counts_of_recurrent_layers(network: Build) -> None:
    rows = re.findall(
        r"^\| `((?:lstm|gru|rnn): .*?)` \| .* \| ([\d,]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) == 5
    for layer, said in rows:
        counted = archcost.analyze(network(f"- {layer}", "[6, 24]"), "flops").convention
        assert counted is not None
        assert f"{counted.total:,}" == said


def test_the_word_flops_never_goes_without_what_it_means() -> None:
    for convention in CONVENTIONS.values():
        assert "flops" not in convention.unit.lower()
        assert convention.definition.endswith(".")
        assert convention.source


def test_a_convention_that_does_not_exist_is_refused_with_one_that_does() -> None:
    with pytest.raises(UsageError, match="there is no convention 'thoop' \\(did you mean 'thop'"):
        find("thoop")
    with pytest.raises(UsageError, match="there are papers, flops"):
        find("???")


# -- in reports and explanations --------------------------------------------------------------------------


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_convention_stands_beside_our_counts_and_changes_none(convention: str) -> None:
    report = archcost.analyze(zoo("resnet18"), convention)
    plain = archcost.analyze(zoo("resnet18"))
    assert report.convention is not None
    assert report.convention.total == sum(row.convention_count or 0 for row in report.nodes)
    assert report.convention.total == sum(report.convention.parts.values())
    assert (
        replace(
            report,
            convention=None,
            nodes=tuple(replace(row, convention_count=None) for row in report.nodes),
            groups=tuple(replace(row, convention_count=None) for row in report.groups),
        )
        == plain
    )


def test_a_group_counts_what_its_nodes_count() -> None:
    report = archcost.analyze(zoo("resnet18"), "thop")
    for group in report.groups:
        inside = [row for row in report.nodes if row.path.startswith(f"{group.path}.")]
        assert group.convention_count == sum(row.convention_count or 0 for row in inside)


def test_keys_and_columns_are_only_added() -> None:
    report, plain = (archcost.analyze(zoo("lenet5"), asked) for asked in ("keras", None))
    assert list(report.to_dict()) == [*plain.to_dict(), "convention"]
    assert list(plain_row := plain.rows()[0]) == list(report.rows()[0])[:-1]
    assert "convention_count" not in plain_row
    header, *lines = write("analysis", [report, plain], "csv", WriteOptions(columns=["macs"])).splitlines()
    assert header == "spec,network,path,macs,convention,convention_count"
    assert lines[0] == "zoo:lenet5,lenet5,c1,117600,keras: parameters,156"
    assert lines[-1].endswith(",,")


def test_the_parts_keras_prints_have_their_names() -> None:
    report = archcost.analyze(zoo("keras_mobilenet"), "keras")
    assert report.convention is not None
    assert report.convention.parts == {"trainable": 4231976, "non_trainable": 21888}


@pytest.mark.parametrize("form", ["table", "markdown"])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_table_names_the_convention_and_says_what_it_counts(convention: str, form: str) -> None:
    text = write("analysis", [archcost.analyze(zoo("lenet5"), convention)], form)
    found = find(convention)
    assert f"{found.name}: {found.unit}" in text
    assert found.definition in " ".join(text.split())


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", ["lenet5", "googlenet", "deeplabv3_resnet50"])
def test_every_difference_is_derived(name: str, convention: str) -> None:
    net = zoo(name)
    report = archcost.analyze(net, convention)
    beside = find(convention).beside
    for kind in {row.kind: row for row in report.nodes}.values():
        found = archcost.explain(net, kind.path, convention).convention
        assert found is not None
        count, difference = found.steps[-2:]
        ours = getattr(kind, beside)
        assert (found.ours, found.count, found.difference) == (ours, count.value, difference.value)
        assert count.value == kind.convention_count == ours + difference.value
        terms = {step.name: step.value for step in found.steps[:-2]}
        for step in (count, difference):
            if step.formula:
                assert eval(step.formula, {}, terms) == step.value  # noqa: S307 - our own formulas: sums and products


def test_a_sum_is_explained_by_kind() -> None:
    net = zoo("resnet18")
    report = archcost.analyze(net, "thop")
    for path in (None, "stage", "stage.1"):
        found = archcost.explain(net, path, "thop").convention
        assert found is not None
        assert found.steps == ()
        assert sum(kind.difference for kind in found.kinds) == found.difference == found.count - found.ours
        if path:
            assert found.count == report.group(path).convention_count
            assert sum(kind.nodes for kind in found.kinds) == report.group(path).nodes
        else:
            assert (found.ours, found.count) == (report.totals.macs, 1824033792)
    norms = found.kinds[0]
    assert (norms.kind, norms.formula) == ("batch_norm", "(2 + 2 * affine) * outputs")


def test_a_network_without_layers_has_nothing_to_explain(network: Build) -> None:
    net = network("- {relu, when: false}")
    found = archcost.explain(net, convention="thop")
    assert found.convention is not None
    assert (found.convention.count, found.convention.kinds) == (0, ())
    assert write("explanation", found, "table").endswith("0\n")


def test_a_convention_satisfies_the_schemas() -> None:
    net = zoo("lenet5")
    documents = {
        "report": write("analysis", [archcost.analyze(net, "thop")], "json"),
        "explanation": write("explanation", archcost.explain(net, None, "thop"), "json"),
    }
    for name, text in documents.items():
        validator: Any = Draft202012Validator(schema(name))
        assert list(validator.iter_errors(json.loads(text))) == []
    assert "convention_count" in json.dumps(schema("report"))


SAID_OF_RESNET50 = {
    "thop": "thop:macs",
    "ptflops, `aten` backend": "ptflops_aten:macs",
    "ptflops, `pytorch` backend": "ptflops_pytorch:macs",
    "PyTorch's `FlopCounterMode`": "flop_counter:flops",
    "archcost": "flop_counter:macs_half",
}


@pytest.mark.parametrize("who", SAID_OF_RESNET50)
def test_what_the_page_says_of_resnet50_is_what_was_measured(who: str) -> None:
    row = re.search(rf"^\| {re.escape(who)} \| ([\d,]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert row
    assert int(row[1].replace(",", "")) == measured()["resnet50"]["tools"][SAID_OF_RESNET50[who]]
