"""Limits: which are broken, by how much, and that many of them take no time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from archcost.analysis.facts import Facts
from archcost.config.patterns import matches_block
from archcost.config.read import budgets_of_flag
from archcost.config.selection import SelectedSpec
from archcost.gate.gate import Gate
from archcost.gate.judge import parts
from tests.gate.check.judging import TODAY, gate, judge, only, said, widen
from tests.work import calls


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("max_macs: 87551", "MACs are 87,552, 1 (<0.1 %) over the limit of 87,551"),
        ("max_params: 1k", "parameters are 1.368 k, 368 (36.8 %) over the limit of 1.000 k"),
        ("max_peak: 6kB", "peak activations are 6.144 kB, 144 B (2.4 %) over the limit of 6.000 kB"),
        ("max_peak: 6KiB", None),  # 6,144 bytes
        ("max_macs: 87552", None),
        ("max_depth: 1", "depth is 2, 1 (100.0 %) over the limit of 1"),
        ("min_field: 6", "receptive field is 5, 1 (16.7 %) short of the limit of 6"),
        ("min_field: 5", None),
        ("min_field: [5, 7]", "receptive field in width is 5, 2 (28.6 %) short of the limit of 7"),
        (
            "min_field: [5, 5, 5]",
            "receptive field in depth is limited, but the network has none of 3 axes",
        ),
        ("min_coverage: 100%", None),
        (
            "block: late, max_params: 1.1k",
            "parameters of late are 1.152 k, 52 (4.7 %) over the limit of 1.100 k",
        ),
        (
            "block: late.*, max_params: 1151",
            "parameters of late.conv are 1.152 k, 1 (0.1 %) over the limit of 1.151 k",
        ),
        ("kind: conv, max_macs: 0", "MACs of all conv layers are 87.55 k, 87.55 k over the limit of 0"),
    ],
)
def test_a_limit_is_broken_by_one_and_kept_when_it_is_met(limit: str, sentence: str | None) -> None:
    found = judge(f"specs: [net.yaml]\nbudgets:\n  - {{{limit}}}\n")
    broken = [one.message for one in found.specs[0].complaints]
    assert (sentence in broken, found.failed) == ((True, True) if sentence else (False, False))


def test_a_complaint_says_where_the_limit_is_and_what_weighs_most() -> None:
    complaint = only(judge("specs: [net.yaml]\nbudgets:\n  - max_macs: 80k\n"))
    assert complaint.details["limit"] == "max_macs: 80k, set at archcost.yaml:3:15"
    assert complaint.details["heaviest"].startswith("late.conv 73.73 k (84.2 %), conv 13.82 k (15.8 %)")
    assert (complaint.file, complaint.line, complaint.node) == ("net.yaml", 1, None)


@pytest.mark.parametrize(("limit", "field"), [("[6, 6]", "receptive field in height is 3"), ("4", None)])
def test_of_several_inputs_the_smallest_field_counts(limit: str, field: str | None) -> None:
    """One is seen through 5×5, the other through 3×3."""
    conv = "  - {name: %s, from: %s, conv: {out_channels: 4, kernel_size: %d, padding: same}}\n"
    layers = conv % ("x", "a", 5) + conv % ("y", "b", 3) + "  - {add: {}, from: [x, y]}\n"
    text = f"archcost: 1\nname: two\ninput: {{a: [1, 8, 8], b: [1, 8, 8]}}\nlayers:\n{layers}"
    Path("net.yaml").write_text(text, "utf-8")
    messages = said(judge(f"specs: [net.yaml]\nbudgets:\n  - {{min_field: {limit}}}\n"))
    assert any((field or "receptive field is 3") in one for one in messages)


def test_a_complaint_about_a_block_stands_where_the_block_begins() -> None:
    complaint = only(judge("specs: [net.yaml]\nbudgets:\n  - {block: late, max_macs: 1}\n"))
    assert (complaint.file, complaint.line, complaint.node) == ("net.yaml", 9, "late")


def test_an_error_says_what_a_warning_would_say() -> None:
    config = "specs: [net.yaml]\nbudgets:\n  - max_macs: {warn: 1k, error: 2k}\n"
    assert [one.level for one in judge(config).all] == ["error"]


def test_a_warning_does_not_fail_unless_warnings_do() -> None:
    config = "specs: [net.yaml]\nbudgets:\n  - max_macs: {warn: 1k, error: 100k}\n"
    assert not judge(config).failed
    assert judge(config + "fail_level: warn\n").failed


def test_every_limit_is_told_whether_it_is_kept() -> None:
    (spec,) = judge("specs: [net.yaml]\nbudgets:\n  - {max_macs: 100k, max_params: 1k}\n").specs
    assert [(one.budget, one.measured, one.limit, one.kept) for one in spec.limits] == [
        ("max_macs", 87_552, 100_000, True),
        ("max_params", 1_368, 1_000, False),
    ]
    assert spec.limits[0].fingerprint is None
    assert spec.limits[1].fingerprint == spec.complaints[0].fingerprint


def test_a_flag_is_a_limit_of_every_spec(folder: Path) -> None:
    config = replace(gate("specs: [net.yaml]\n").config, budgets=budgets_of_flag("max_macs", "80k"))
    found = Gate(config, TODAY).judge([SelectedSpec(path=str(folder / "net.yaml"))], is_whole=False)
    assert only(found).details["limit"] == "max_macs: 80k, set at --max-macs"


def test_a_bound_of_a_field_proves_no_minimum() -> None:
    # Positions that became channels are positions again: which of them are read is bounded only.
    layers = "  - pixel_unshuffle: {downscale_factor: 2}\n  - slice: {start: 0, end: 4}\n  - relu\n"
    head = "archcost: 1\nname: net\ninput: [3, 8, 8]\n"
    Path("net.yaml").write_text(f"{head}layers:\n{layers}", "utf-8")
    found = judge("specs: [net.yaml]\nbudgets:\n  - min_field: {warn: 3, error: 2}\n")
    assert [(one.limit, one.kept) for one in found.specs[0].limits] == [(3, False), (2, None)]
    not_told = "error budget: receptive field is at most 2: whether it reaches 2 cannot be told"
    assert said(found) == [not_told], "what cannot be told to hold does not"
    found = judge("specs: [net.yaml]\nbudgets:\n  - {min_field: 2, max_macs: 0}\n")
    assert said(found) == [not_told]


def test_a_limit_of_a_field_is_about_the_map_before_anything_looks_at_all_positions() -> None:
    head = "archcost: 1\nname: net\ninput: [8, 16]\nlayers:\n"
    attention = "  - std/attention: {heads: 2}\n"
    config = "specs: [net.yaml]\nbudgets:\n  - min_field: 4\n"
    before = "before anything looks at all positions"
    Path("net.yaml").write_text(head + attention, "utf-8")
    found = judge(config)
    assert said(found) == [f"error budget: receptive field {before} is 1, 3 (75.0 %) short of the limit of 4"]
    assert "heaviest" not in only(found).details, "the scores see more, and add nothing to what is judged"
    Path("net.yaml").write_text(f"{head}  - conv: {{out_channels: 8, kernel_size: 3}}\n{attention}", "utf-8")
    assert only(judge(config)).details["heaviest"] == "conv adds 2"
    Path("net.yaml").write_text(f"{head}  - lstm: {{hidden_size: 8, bidirectional: true}}\n", "utf-8")
    assert said(judge(config)) == [
        f"error budget: receptive field is limited, but the network has none {before}"
    ]


def reads(image: np.ndarray) -> int:
    """How many rows of an image the middle of its first unshuffled channel reads: it has every second."""
    changed = 0
    for row in range(len(image)):
        other = image.copy()
        other[row] += 1
        changed += int(other[::2, ::2][2, 2] != image[::2, ::2][2, 2])
    return changed


@pytest.mark.parametrize("order", [["a", "b"], ["b", "a"]])
@pytest.mark.parametrize("limit", ["2", "2x2"])
def test_of_several_inputs_one_bound_is_enough_to_prove_no_minimum(order: list[str], limit: str) -> None:
    """Input a is seen through exactly 3×3, b through at most 2×2, and in truth through a single position."""
    assert reads(np.arange(64.0).reshape(8, 8)) == 1
    inputs = ", ".join(f"{name}: [3, 8, 8]" for name in order)
    layers = (
        "  - {name: x, from: a, conv: {out_channels: 1, kernel_size: 3, stride: 2, padding: 1}}\n"
        "  - {from: b, pixel_unshuffle: {downscale_factor: 2}}\n"
        "  - slice: {start: 0, end: 1}\n"
        "  - {name: y, relu: {}}\n"
        "  - {add: {}, from: [x, y]}\n"
    )
    Path("net.yaml").write_text(f"archcost: 1\nname: two\ninput: {{{inputs}}}\nlayers:\n{layers}", "utf-8")
    found = judge(f"specs: [net.yaml]\nbudgets:\n  - {{min_field: {limit}}}\n")
    assert {one.kept for one in found.specs[0].limits} == {None}
    assert found.failed
    coverage = judge("specs: [net.yaml]\nbudgets:\n  - {min_coverage: 90%}\n")
    assert [one.kept for one in coverage.specs[0].limits] == [None]


def test_an_unknown_field_keeps_no_minimum_and_says_unknown() -> None:
    head = "archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n"
    conv = "  - conv: {out_channels: 3, kernel_size: 3, padding: 1}\n"
    Path("net.yaml").write_text(
        f"{head}{conv}  - custom: {{shape: [3, 8, 8], reason: secret}}\n{conv}", "utf-8"
    )
    found = judge("specs: [net.yaml]\nbudgets:\n  - min_field: 3\n    min_coverage: 10%\n")
    assert [(one.limit, one.kept) for one in found.specs[0].limits] == [(3, False), (0.1, False)]
    unknown = "unknown: not all that is read could be followed, so no limit on it is kept"
    assert [text for text in said(found) if " budget: " in text] == [
        f"error budget: receptive field is {unknown}",
        f"error budget: coverage is {unknown}",
    ]


DEEP = """\
archcost: 1
name: deep
input: [2, 4, 4]
layers:
  - name: s
    repeat: 40
    body:
      - name: b
        repeat: 25
        body: [{conv: {out_channels: 2, kernel_size: 1}}, relu]
"""


@pytest.mark.parametrize(
    "block", ["s", "s.7", "s.*", "s.3.b", "s.*.b.1?", "**", "**.conv", "s.[12].b.0.relu"]
)
def test_a_block_is_whatever_has_its_path_or_lies_below_it(block: str) -> None:
    Path("deep.yaml").write_text(DEEP, "utf-8")
    facts = Facts.of(SelectedSpec(path="deep.yaml").load())
    budget = replace(budgets_of_flag("max_macs", "1")[0], block=block)
    paths = {".".join(n.path.split(".")[:end]) for n in facts.report.nodes for end in range(1, 6)}
    expected = {
        path: [n.path for n in facts.report.nodes if f"{n.path}.".startswith(f"{path}.")]
        for path in paths
        if matches_block(block, path)
    }
    found = {part.scope: [row.path for row in part.rows or ()] for part in parts(budget, facts)}
    assert found == expected


def test_a_thousand_budgets_look_at_their_own_blocks_only() -> None:
    Path("deep.yaml").write_text(DEEP, "utf-8")
    facts = Facts.of(SelectedSpec(path="deep.yaml").load())
    (budget,) = budgets_of_flag("max_macs", "1")
    assert len(facts.blocks["s.7.b"]) == 50  # all rows are made by now

    def look() -> None:
        for number in range(1000):
            (part,) = parts(replace(budget, block=f"s.{number % 40}.b"), facts)
            assert len(part.rows or ()) == 50

    assert calls(look) < 1000 * 400  # reading all 2,000 paths each time takes more calls than that


def test_of_a_large_network_not_every_limit_gets_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("deep.yaml").write_text(DEEP, "utf-8")
    monkeypatch.setattr("archcost.gate.gate.ADVISED_NODES", 4000)  # the network has 2,000
    measures: list[str] = []

    def advise(_facts: Facts, measure: str, *_: object, **_more: object) -> list[str]:
        measures.append(measure)
        return []

    monkeypatch.setattr("archcost.gate.gate.advice", advise)
    found = judge("specs: [deep.yaml]\nbudgets:\n  - {block: s.*, max_macs: 1}\n")
    assert (len(found.all), len(measures)) == (40, 2)


@pytest.mark.usefixtures("repository")
def test_a_limit_in_bytes_may_be_relative() -> None:
    widen(9)  # 25 channels of 64 are alive, for 24
    text = "specs: [net.yaml]\nagainst: main\nbudgets:\n  - {max_peak: +%skB}\n"
    assert not judge(text % "0.256").failed
    over = (
        "peak activations are 6.400 kB, 1 B (<0.1 %) over the limit of 6.399 kB, +0.255kB of 6.144 kB at main"
    )
    assert only(judge(text % "0.255")).message == over


def test_the_same_limit_of_both_axes_is_two_complaints() -> None:
    found = judge("specs: [net.yaml]\nbudgets:\n  - {min_field: [6, 7]}\n")
    assert [one.message[:26] for one in found.all] == [
        "receptive field in height ",
        "receptive field in width i",
    ]
