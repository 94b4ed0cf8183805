"""A report as data: what it holds, and its JSON, CSV and data-frame forms."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

import archcost
from archcost.errors import UsageError
from archcost.report.formats import RESULTS, write
from archcost.report.options import WriteOptions
from archcost.results.report import COUNTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

ZOO = ["lenet5", "resnet50", "googlenet", "efficientnet_b0", "deeplabv3_resnet50"]


def parsed(net: Network) -> dict[str, Any]:
    return json.loads(write("analysis", [archcost.analyze(net)], "json"))["specs"][0]


def test_the_json_of_a_small_network_is_exactly_this(network: Callable[..., Network]) -> None:
    net = network(
        """
        - name: stem
          body:
            - conv: {out_channels: $width, kernel_size: 3, stride: 2}
            - relu
        """,
        x="[3, 7, 7]",
        vars="{width: 2}",
    )
    field = {
        "certainty": "exact",
        "size": [3, 3],
        "stride": ["2", "2"],
        "center": ["1", "1"],
        "coverage": 1.0,
        "holes": 0,
        "global": False,
        "local": None,
        "upper_bound": False,
    }
    conv = {
        "params": 56,
        "buffers": 0,
        "macs": 486,
        "multiplications": 486,
        "additions": 486,
        "comparisons": 0,
        "divisions": 0,
        "exponentials": 0,
        "activations": 18,
        "memory_access": 3 * 7 * 7 + 56 + 18,
    }
    relu = dict.fromkeys(COUNTS, 0) | {"comparisons": 18, "activations": 18, "memory_access": 18 + 18}
    both = {name: conv[name] + relu[name] for name in COUNTS}
    assert parsed(net) == {
        "path": net.path,
        "name": "net",
        "variant": None,
        "vars": {"width": 2},
        "inputs": {"input": [3, 7, 7]},
        "outputs": {"stem": [2, 3, 3]},
        "totals": both
        | {"peak_activations": {"as_written": 165, "best": 165, "best_is_exact": True, "node": "stem.conv"}},
        "nodes": [
            {
                "path": "stem.conv",
                "kind": "conv",
                "fields": {"out_channels": 2, "kernel_size": [3], "stride": [2]},
                "file": net.path,
                "line": 8,
                "column": 7,
                "inputs": ["input"],
                "output": [2, 3, 3],
                "receptive_field": field,
                **conv,
            },
            {
                "path": "stem.relu",
                "kind": "relu",
                "fields": {},
                "file": net.path,
                "line": 9,
                "column": 7,
                "inputs": ["stem.conv"],
                "output": [2, 3, 3],
                "receptive_field": field,
                **relu,
            },
        ],
        "groups": [{"path": "stem", "nodes": 2, "params_fraction": 1.0, "macs_fraction": 1.0, **both}],
        "findings": [],
        "declared": [],
    }


def test_a_report_is_asked_by_path() -> None:
    report = archcost.analyze(archcost.load("zoo:resnet50"))
    assert report.node("stem.conv_bn.conv").output == (64, 112, 112)
    assert report.node("stem.conv_bn.conv").macs == 118_013_952
    assert report.group("stem").params == 9_536
    assert report.totals.macs == 4_089_184_256


def test_a_path_that_is_not_there_gets_a_suggestion() -> None:
    report = archcost.analyze(archcost.load("zoo:resnet50"))
    with pytest.raises(UsageError) as caught:
        report.node("stem.conv_bn.cnv")
    assert str(caught.value) == "resnet50 has no node 'stem.conv_bn.cnv' (did you mean 'stem.conv_bn.conv'?)"
    with pytest.raises(UsageError) as caught:
        report.group("stages")
    assert str(caught.value) == "resnet50 has no group 'stages' (did you mean 'stage'?)"


@pytest.mark.parametrize("name", ZOO)
def test_every_group_is_the_sum_of_the_nodes_whose_paths_begin_with_it(name: str) -> None:
    report = archcost.analyze(archcost.load(f"zoo:{name}"))
    prefixes: dict[str, dict[str, int]] = {}
    for row in report.nodes:
        segments = row.path.split(".")
        for depth in range(1, len(segments)):
            sums = prefixes.setdefault(".".join(segments[:depth]), dict.fromkeys(["nodes", *COUNTS], 0))
            sums["nodes"] += 1
            for count in COUNTS:
                sums[count] += getattr(row, count)
    assert {group.path: {"nodes": group.nodes} | group.counts() for group in report.groups} == prefixes
    assert [group.path for group in report.groups] == list(prefixes), "written order, outer ones first"
    for group in report.groups:
        assert Fraction(group.macs_fraction).limit_denominator(10**12) == pytest.approx(
            Fraction(group.macs, report.totals.macs), rel=1e-12
        )


@pytest.mark.parametrize("name", ZOO)
def test_totals_are_the_sum_of_the_nodes(name: str) -> None:
    report = archcost.analyze(archcost.load(f"zoo:{name}"))
    for count in COUNTS:
        assert getattr(report.totals, count) == sum(getattr(row, count) for row in report.nodes)


def test_the_word_that_asserts_a_rank_is_still_the_kind(network: Callable[..., Network]) -> None:
    nodes = archcost.analyze(
        network("- conv2d: {out_channels: 1, kernel_size: 1}\n- max_pool2d: {kernel_size: 2}")
    ).nodes
    assert [node.kind for node in nodes] == ["conv", "max_pool"]


def test_a_network_with_several_inputs_has_a_field_for_each(network: Callable[..., Network]) -> None:
    net = network(
        """
        - {name: wide, from: left, conv: {out_channels: 3, kernel_size: 5, padding: 2}}
        - {add, from: [wide, right]}
        """,
        x="{left: [3, 8, 8], right: [3, 8, 8]}",
    )
    wide, add = parsed(net)["nodes"]
    assert "receptive_field" not in wide
    assert list(wide["receptive_fields"]) == ["left"]
    assert {name: field["size"] for name, field in add["receptive_fields"].items()} == {
        "left": [5, 5],
        "right": [1, 1],
    }


def test_a_node_without_positions_has_no_field(network: Callable[..., Network]) -> None:
    assert parsed(network("- linear: {out_features: 4}", x="[3]"))["nodes"][0]["receptive_field"] is None


def test_a_global_field_keeps_the_local_one(network: Callable[..., Network]) -> None:
    net = network("""
        - conv: {out_channels: 3, kernel_size: 3, padding: 1}
        - branches: {map: [], weight: [global_avg_pool, sigmoid]}
          merge: multiply
        """)
    field = parsed(net)["nodes"][-1]["receptive_field"]
    assert (field["global"], field["size"], field["local"]["size"]) == (True, [8, 8], [3, 3])
    assert (field["local"]["global"], field["local"]["local"]) == (False, None)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("0.5", 0.5),
        ("1.0", 1),
        ("1", 1),
        ("$(1/3)", "1/3"),
        ("$(2**0.5)", 2**0.5),
        ("same", "same"),
        ("true", True),
        ("[1, 0.25, [2]]", [1, 0.25, [2]]),
    ],
)
def test_a_variable_is_shown_as_it_is_written(
    network: Callable[..., Network], written: str, shown: object
) -> None:
    value = parsed(network("- relu", vars=f"{{v: {written}}}"))["vars"]["v"]
    assert value == shown
    assert isinstance(value, type(shown))


def test_what_custom_layers_declare_is_listed_with_its_reason(network: Callable[..., Network]) -> None:
    net = network('- {name: odd, custom: {shape: [5], macs: 12, reason: "a lookup"}}')
    report = parsed(net)
    assert report["declared"] == [
        {
            "node": "odd",
            "file": net.path,
            "line": 5,
            "column": 15,
            "reason": "a lookup",
            "declared": {"shape": [5], "params": 0, "macs": 12, "receptive_field": None},
        },
    ]
    assert report["totals"]["macs"] == 12


def test_integers_beyond_a_double_arrive_exactly(network: Callable[..., Network]) -> None:
    net = network("- conv: {out_channels: 1099511627776, kernel_size: 1}", x="[1099511627776, 1, 1]")
    assert parsed(net)["totals"]["params"] == 2**80 + 2**40
    assert str(2**80 + 2**40) in write("analysis", [archcost.analyze(net)], "csv")


def test_one_node_to_a_line_keeps_diffs_small(network: Callable[..., Network]) -> None:
    net = network("- relu\n- relu\n- relu")
    lines = write("analysis", [archcost.analyze(net)], "json").splitlines()
    assert [json.loads(line.rstrip(",").removesuffix("]"))["path"] for line in lines if '"kind"' in line] == [
        "relu",
        "relu_2",
        "relu_3",
    ]


def test_rows_are_flat_and_ready_for_a_data_frame(network: Callable[..., Network]) -> None:
    (row,) = archcost.analyze(network("- conv: {out_channels: 2, kernel_size: [3, 1]}")).rows()
    assert all(isinstance(value, str | int | float) for value in row.values())
    assert row["fields"] == "out_channels: 2, kernel_size: [3, 1]"
    assert (row["inputs"], row["output"], row["receptive_field"]) == ("input", "2x6x8", "3x1")


def test_csv_has_one_header_and_a_row_per_node_of_every_network() -> None:
    reports = [archcost.analyze(archcost.load(f"zoo:{name}")) for name in ("lenet5", "vgg16")]
    rows = list(csv.DictReader(StringIO(write("analysis", reports, "csv"))))
    assert len(rows) == sum(len(report.nodes) for report in reports)
    assert sum(int(row["params"]) for row in rows if row["network"] == "vgg16") == 138_357_544
    assert rows[0] == rows[0] | {"spec": "zoo:lenet5", "network": "lenet5", "path": "c1", "output": "6x28x28"}


def test_csv_heeds_columns_and_sort() -> None:
    report = archcost.analyze(archcost.load("zoo:vgg16"))
    text = write(
        "analysis", [report], "csv", WriteOptions(columns=("macs_fraction", "macs", "place"), sort="macs")
    )
    rows = list(csv.DictReader(StringIO(text)))
    assert list(rows[0]) == ["spec", "network", "path", "macs_fraction", "macs", "place"]
    assert [int(row["macs"]) for row in rows] == sorted((row.macs for row in report.nodes), reverse=True)
    assert sum(float(row["macs_fraction"]) for row in rows) == pytest.approx(1)
    assert all(row["place"].startswith("zoo:vgg16:") for row in rows)


@pytest.mark.parametrize("form", RESULTS["analysis"])
def test_the_same_network_gives_the_same_text(form: str) -> None:
    first, second = (
        write("analysis", [archcost.analyze(archcost.load("zoo:googlenet"))], form) for _ in range(2)
    )
    assert first == second
    assert first.endswith("\n")
    assert not first.endswith("\n\n")


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_text_for_people_never_calls_a_mac_a_flop(form: str) -> None:
    assert "flop" not in write("analysis", [archcost.analyze(archcost.load("zoo:resnet50"))], form).lower()


@pytest.mark.parametrize(
    ("layer", "fields"),
    [
        ("upsample: {scale_factor: [2, 1.5]}", {"scale_factor": [2, 1.5]}),
        ("upsample: {scale_factor: 2}", {"scale_factor": [2]}),
        ("upsample: {scale_factor: $(1/3)}", {"scale_factor": ["1/3"]}),
        ("activation: {function: gelu}", {"function": "gelu"}),
        ("max_pool: {padding: 1, kernel_size: [3, 2]}", {"kernel_size": [3, 2], "padding": [1]}),
        ("conv: {out_channels: 1, kernel_size: 1, padding: [[0, 1], [2, 3]]}", None),
    ],
)
def test_the_fields_are_those_that_the_spec_sets(
    network: Callable[..., Network], layer: str, fields: dict[str, object] | None
) -> None:
    (row,) = parsed(network(f"- {layer}"))["nodes"]
    assert row["fields"] == (fields or {"out_channels": 1, "kernel_size": [1], "padding": [[0, 1], [2, 3]]})
