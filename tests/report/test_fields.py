"""What `archcost rf` says of a network and of one node."""

from __future__ import annotations

import json
import re
from csv import DictReader
from io import StringIO
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.analysis.analyze import analyze
from archcost.analysis.explain import explain
from archcost.analysis.facts import Facts
from archcost.analysis.field_report import field_report
from archcost.errors import UsageError
from archcost.report.fields.blocks import changes, legend
from archcost.report.formats import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from archcost.results.fields import FieldReport


def report_of(net: Network, at: str | None = None) -> FieldReport:
    return field_report(Facts.of(net), at)


def text_of(net: Network, at: str | None = None) -> str:
    return write("fields", report_of(net, at), "table")


def test_a_row_stands_where_the_field_changes_and_only_there(network: Callable[..., Network]) -> None:
    net = network(
        "- conv: {out_channels: 4, kernel_size: 3}\n- relu\n- batch_norm\n- max_pool: {kernel_size: 2}\n"
    )
    assert [row.path for row in report_of(net).nodes] == ["conv", "max_pool"]


def test_the_last_node_that_moves_is_looked_at_closely() -> None:
    report = report_of(archcost.load("zoo:resnet50"))
    assert report.closely is not None
    assert report.closely.path == "stage.3.2.bottleneck.relu_3"
    assert report.closely.effective_fields["input"].size == (147, 147)
    assert report.closely.effective_fields["input"].pixels is None
    assert report.paths is not None
    assert (report.paths.total, sum(report.paths.modules or ())) == (2**16, 2**16)


def test_a_group_stands_for_its_last_node_that_moves() -> None:
    report = report_of(archcost.load("zoo:resnet50"), "stage.1")
    assert [row.path for row in report.nodes] == ["stage.1.3.bottleneck.relu_3"]
    assert report.nodes[0].effective_fields["input"].pixels


def test_a_network_on_vectors_has_no_field_and_says_so(network: Callable[..., Network]) -> None:
    net = network("- linear: {out_features: 4}\n- relu\n", x="[8]")
    assert (report_of(net).nodes, report_of(net).closely) == ((), None)
    text = text_of(net)
    assert "no node has a spatial relation to an input" in text
    assert "if it is a sequence, as of tokens, write [1, 8] instead of [8]" in text


def test_tokens_have_fields_where_they_are_one_channel_of_a_sequence(network: Callable[..., Network]) -> None:
    layers = """
        - embedding: {num_embeddings: 10, embedding_dim: 4}
        - conv: {out_channels: 4, kernel_size: 3}
        """
    vector, sequence = (network(layers, x=x) for x in ("[24]", "[1, 24]"))
    assert "as of tokens, write [1, 24] instead of [24]" in " ".join(text_of(vector).split())
    with pytest.raises(UsageError, match=r"write \[1, 24\] instead of \[24\]"):
        report_of(vector, "conv")
    assert "write [1, 24]" not in text_of(sequence)
    field = analyze(sequence).node("conv").receptive_field
    assert field
    assert field.size == (3,)


def test_what_is_picked_out_of_two_inputs_is_said_alike_and_of_both(network: Callable[..., Network]) -> None:
    net = network(
        """
        - {name: near, from: xyz, gather: {axis: 1, index: declared, index_shape: [16, 4]}}
        - {name: of, from: features, gather: {axis: 1, index: declared, index_shape: [16, 4]}}
        - {name: centre, from: xyz, gather: {axis: 1, index: declared, index_shape: [16]}}
        - {name: beside, unsqueeze: {axis: 2}}
        - {name: off, subtract, from: [near, beside]}
        - {name: both, concat, from: [off, of]}
        """,
        x="{xyz: [3, 64], features: [8, 64]}",
    )
    fields = analyze(net).node("both").receptive_fields
    assert fields
    assert [(field.certainty, field.size, field.is_global) for field in fields.values()] == [
        ("at_most", (64,), False),
        ("at_most", (64,), False),
    ]
    assert re.search("xyz: field +at most 64", text_of(net))


def test_the_closer_look_has_a_line_for_every_input(network: Callable[..., Network]) -> None:
    layers = """
        - {name: mean, from: left, global_avg_pool}
        - {name: sum, add, from: [mean, right]}
        """
    text = text_of(network(layers, x="{left: [2, 8], right: [2, 8]}"))
    assert re.search(r"left: field +all, the same at every position\n", text)
    assert re.search(r"right: field +1, ", text)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("global_avg_pool", "sees the whole input at every position; choose a node before the operation"),
        ("stage.7", "has no node 'stage.7'"),
    ],
)
def test_a_node_without_a_field_to_draw_is_refused_with_the_reason(path: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        report_of(archcost.load("zoo:resnet18"), path)


def test_a_vector_node_is_refused_with_the_reason(network: Callable[..., Network]) -> None:
    net = network("- linear: {out_features: 4}\n", x="[8]")
    with pytest.raises(UsageError, match="linear has no spatial relation to an input of the network"):
        report_of(net, "linear")


def test_a_stack_is_shown_beside_the_rules_and_where_they_mislead(network: Callable[..., Network]) -> None:
    conv = "- conv: {{out_channels: 1, kernel_size: 3, dilation: {}, padding: same}}\n"
    text = text_of(network("".join(conv.format(d) for d in (2, 2, 2)), x="[1, 64, 64]"))
    assert (
        "stack up to conv_3: 3 convolutions, kernel_size 3, dilation 2; reads 49 of 169 positions of what it "
        "is given\n"
        "  maximum distance  holds: M_2 = 2 ≤ K = 3, and misleads here\n"
        "  no common factor  fails: the greatest common divisor is 2\n"
        "  sawtooth          fails: 2 after 2 does not rise\n"
    ) in text


def test_a_field_too_large_to_follow_is_not_said_to_be_read_wholly(network: Callable[..., Network]) -> None:
    conv = "- conv: {{out_channels: 1, kernel_size: 3, dilation: {}, padding: same}}\n"
    text = text_of(network("".join(conv.format(d) for d in (1, 1000, 200_000)), x="[1, 400000]"))
    assert "field      at most 402003, 1.01 times the input; perhaps not all of it is read\n" in text
    assert "reads at most all 402,003 positions of what it is given\n" in text
    assert "maximum distance  fails: M_2 = 198000 > K = 3\n" in text
    assert "misleads" not in text


SEVERAL_OUTPUTS = """
- {name: f0, slice: {axis: 1, end: 1}}
- {name: f1, from: input, slice: {axis: 1, start: 1}}
- {name: a, from: f0, conv: {out_channels: 1, kernel_size: [1, 5], padding: [0, 2]}}
- {name: p, add, from: [a, f1]}
- {name: r, conv: {out_channels: 1, kernel_size: [1, 9], padding: [0, 4]}}
- {name: s, concat: {axis: 1}, from: [r, p]}
"""
"""One output of `s` reads 22 of 2×13 positions, the other 6 of 2×5."""


def test_the_coverage_is_that_of_the_emptiest_output_however_it_is_written(
    network: Callable[..., Network],
) -> None:
    net = network(SEVERAL_OUTPUTS, x="[1, 2, 32]")
    field = analyze(net).node("s").receptive_field
    assert field
    assert (field.size, field.coverage, field.holes) == ((2, 13), 0.6, 4)
    assert "the largest of any output; of a smaller one only 60.0 % of the positions are read" in " ".join(
        text_of(net, "s").split()
    )
    assert re.findall(r"^[pr] .*\((.*)\)|^s .*\((.*)\)", text_of(net), re.MULTILINE) == [
        ("60.0 %", ""),
        ("84.6 %", ""),
        ("", "60.0 %"),
    ]
    assert "22 of its 26 positions are read" in text_of(net, "r")
    assert "2×13 (60.0 %)" in write("analysis", [analyze(net)], "table")
    assert "2×13 (60.0 %)" in write("explanation", explain(net, "s"), "table")
    (row,) = archcost.compare([net]).networks
    assert row.measures["coverage"] == 0.6


def test_a_field_behind_deformable_convolutions_is_called_nominal(network: Callable[..., Network]) -> None:
    layers = "".join(f"- {{name: {name}, std/deform_conv: {{out_channels: 4}}}}\n" for name in "ab")
    net = network("- {name: before, relu}\n" + layers, x="[4, 15, 15]")
    assert report_of(net, "before").deformable == ()
    assert report_of(net, "a").deformable == ("a.deform_conv",)
    assert report_of(net).deformable == ("a.deform_conv", "b.deform_conv")
    said = "nominal    without the offsets of a.deform_conv and 1 more, which follow from the data\n"
    text = text_of(net)
    assert said in text
    assert "~ n×n: nominal, without the offsets of a deformable convolution." in text
    rows = re.findall(r"^([\w.]+) +\w+ +\d+×15×15 +(~ )?(\d×\d) ", text, re.MULTILINE)
    assert rows == [
        ("a.offset", "", "3×3"),
        ("a.deform_conv", "~ ", "3×3"),
        ("b.offset", "~ ", "5×5"),
    ]
    row = analyze(net).node("b.deform_conv").receptive_field
    assert row
    assert (row.certainty, row.size, row.upper_bound) == ("nominal", (5, 5), False)


def test_paths_from_several_inputs_lead_from_the_inputs(network: Callable[..., Network]) -> None:
    net = network("- {add, from: [left, right]}\n", x="{left: [1, 8], right: [1, 8]}")
    assert "2 paths lead from the inputs to it, through 0 weighted layers" in text_of(net)


def test_branches_side_by_side_are_a_stack_of_which_the_rules_say_nothing() -> None:
    report = report_of(archcost.load("zoo:deeplabv3_resnet50"))
    (stack,) = report.stacks
    assert (stack.convolutions, stack.rules, stack.holes) == ((), (), 0)
    assert "branches side by side, reads all 15,129 positions" in write("fields", report, "table")


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (8, "  sawtooth          says nothing: an edge takes two layers"),
        (9, "1 more stack begins like this one and ends elsewhere"),
        (30, "22 more stacks begin like this one and end elsewhere"),
    ],
)
def test_of_many_stacks_that_begin_alike_eight_are_listed_and_the_others_are_counted(
    network: Callable[..., Network], count: int, last: str
) -> None:
    head = "{conv: {out_channels: 1, kernel_size: 3, dilation: 2, padding: same}, from: start}"
    layers = "".join(f"- {head[:-1]}, name: h{i}}}\n" for i in range(count))
    net = network("- {name: start, relu}\n" + layers, x="[1, 64]")
    report = report_of(net)
    assert [(stack.node, stack.more) for stack in report.stacks] == [
        (f"h{i}", max(count - 8, 0) if i == 7 else 0) for i in range(8)
    ]
    text = text_of(net)
    assert f"{last}\n\n" in text[text.index("stack up to h7") :]


def test_a_field_that_cannot_be_drawn_is_still_measured(
    network: Callable[..., Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archcost.passes.strength.POSITIONS", 100)
    report = report_of(network("- conv: {out_channels: 1, kernel_size: 21}\n", x="[1, 64, 64]"), "conv")
    assert report.closely is not None
    assert report.closely.effective_fields["input"].size == (21, 21)
    assert report.closely.effective_fields["input"].pixels is None


@pytest.mark.parametrize("at", [None, "conv_2"])
def test_a_field_too_large_to_be_weighed_is_reported_without_the_effective_field(
    network: Callable[..., Network], at: str | None
) -> None:
    layers = "- conv: {out_channels: 1, kernel_size: 3}\n- conv: {out_channels: 1, kernel_size: 1000000000}\n"
    net = network(layers, x="[1, 2000000000]")
    report = field_report(Facts.of(net), at, effective=True)
    reason = (
        "conv_2 reaches back over 1,000,000,002 positions, and at most 33,554,432 can be weighed; choose a "
        "node nearer to the input"
    )
    assert report.closely is not None
    assert (report.closely.effective_fields, report.closely.reason) == ({}, reason)
    assert report.closely.receptive_fields["input"].size == (1_000_000_002,)
    assert [(row.path, bool(row.reason)) for row in report.nodes] == [("conv", False), ("conv_2", True)][
        bool(at) :
    ]
    text = " ".join(write("fields", report, "table").split())
    assert f"effective not known: {reason} paths 1 path leads" in text
    assert ("1000000002 1 1000000001/2 too large" in text) == (at is None)


def test_json_has_whole_numbers_however_large(network: Callable[..., Network]) -> None:
    body = "      - residual: [{conv: {out_channels: 1, kernel_size: 1}}]\n"
    net = network(f"- repeat: 80\n  body:\n{body}", x="[1, 8, 8]")
    document = json.loads(write("fields", report_of(net), "json"))
    assert document["specs"][0]["paths"]["total"] == 2**80
    assert len(document["specs"][0]["paths"]["lengths"]) == 81
    assert "about 10^24 paths lead" in text_of(net)


NORMED = """
    - conv: {out_channels: 8, kernel_size: 3, stride: 2, dilation: 3}
    - group_norm: {num_groups: 2}
    - conv: {out_channels: 8, kernel_size: 3, padding: 1}
    - global_avg_pool
    """
"""By hand: 7×7 around 3, 9 of it read; then {0, 2, 4} + {0, 3, 6} along an axis, 9 of 11, around 3 again."""


def test_a_row_is_about_one_field_that_behind_a_norm_is_the_local_one(
    network: Callable[..., Network],
) -> None:
    report = field_report(Facts.of(network(NORMED, x="[4, 32, 32]")))
    rows = {row[0]: row[3:] for row in changes(report).rows}
    assert rows == {
        "conv": ["7×7 (18.4 %)", "2", "3"],
        "group_norm": ["all (82.1 %; 7×7 (18.4 %))", "2", "3"],
        "conv_2": ["all (82.1 %; 11×11 (66.9 %))", "2", "3"],
        "global_avg_pool": ["all (93.8 %)", "26", "31/2"],
    }
    assert any("with its stride and centre" in line for line in legend(report))


def test_csv_has_the_local_field_beside_the_global_one(network: Callable[..., Network]) -> None:
    net = network(NORMED, x="[4, 32, 32]")
    seen = list(DictReader(StringIO(write("fields", field_report(Facts.of(net)), "csv"))))
    assert [(row["size"], row["local_size"], row["local_center"], row["local_holes"]) for row in seen] == [
        ("7x7", "", "", ""),
        ("32x32", "7x7", "3x3", "40"),
        ("32x32", "11x11", "3x3", "40"),
        ("32x32", "", "", ""),
    ]
    counted = list(DictReader(StringIO(write("analysis", [archcost.analyze(net)], "csv"))))
    assert [(row["receptive_field"], row["local_receptive_field"]) for row in counted] == [
        ("7x7", ""),
        ("32x32", "7x7"),
        ("32x32", "11x11"),
        ("32x32", ""),
    ]
    assert (counted[1]["local_receptive_field_stride"], counted[1]["local_holes"]) == ("2x2", "40")
