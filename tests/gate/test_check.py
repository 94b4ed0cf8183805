"""What the gate decides: limits, bases, findings, waivers, baselines. Numbers are worked out by hand.

The network of most tests is two convolutions without bias on an 8×8 map:

    conv    3 -> 8,  3×3, padding 1:   216 parameters, 216·64 = 13,824 MACs, output 8·64 = 512
    conv_2  8 -> 16, 3×3, padding 1: 1,152 parameters,        73,728 MACs, output 1,024

together 1,368 parameters and 87,552 MACs; while conv_2 runs, 1,536 elements are alive; the field is 5×5.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcost.errors import NothingToAnalyzeError, SpecError, UsageError
from archcost.gate.baseline import Accepted, Baseline
from archcost.gate.baseline import read as read_baseline
from archcost.gate.causes import causes
from archcost.gate.check import Gate
from archcost.gate.config import Config, budgets_of_flag, find_config, read_config
from archcost.gate.entries import Entry, entries, unchecked
from archcost.gate.judge import parts
from archcost.gate.patterns import matches_block
from archcost.gate.remarks import about_baseline
from archcost.limits import DEFAULT
from archcost.review.measured import Subject

if TYPE_CHECKING:
    from archcost.gate.model import Complaint, Judgement

NET = """\
archcost: 1
name: net
vars: {width: 8}
variants: {wide: {width: 16}}
input: [3, 8, 8]
layers:
  - conv: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}
  - name: late
    body:
      - conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}
"""
GRIDS = """\
archcost: 1
name: grids
input: [4, 32, 32]
layers:
  - conv: {out_channels: 4, kernel_size: 3, dilation: 2, padding: 2}
  - conv: {out_channels: 4, kernel_size: 3, dilation: 2, padding: 2}
  - conv: {out_channels: 4, kernel_size: 3, dilation: 2, padding: 2}
"""
TODAY = dt.date(2026, 11, 22)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # no configuration above it counts
    Path("net.yaml").write_text(NET, "utf-8")
    return tmp_path


def configure(text: str) -> None:
    Path("archcost.yaml").write_text(text, "utf-8")


def gate(config: str, *, today: dt.date = TODAY, baseline: Baseline | None = None) -> Gate:
    configure(config)
    return Gate(read_config(find_config(Path.cwd())), today, baseline)


def judge(config: str, *specs: str, today: dt.date = TODAY, baseline: Baseline | None = None) -> Judgement:
    """The judgement of some specs, or of all that the configuration has."""
    one = gate(config, today=today, baseline=baseline)
    return one.judge(entries(specs, Entry(path=""), one.config), is_whole=not specs)


def said(judgement: Judgement) -> list[str]:
    return [f"{one.level} {one.rule}: {one.message}" for one in judgement.all if one.state == "open"]


def only(judgement: Judgement) -> Complaint:
    (complaint,) = judgement.all
    return complaint


# -- limits -------------------------------------------------------------------------------------------------


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


def test_a_complaint_about_a_block_stands_where_the_block_begins() -> None:
    complaint = only(judge("specs: [net.yaml]\nbudgets:\n  - {block: late, max_macs: 1}\n"))
    assert (complaint.file, complaint.line, complaint.node) == ("net.yaml", 10, "late")


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
    found = Gate(config, TODAY).judge([Entry(path=str(folder / "net.yaml"))], is_whole=False)
    assert only(found).details["limit"] == "max_macs: 80k, set at --max-macs"


def test_a_bound_of_a_field_proves_no_minimum() -> None:
    # Positions that became channels are positions again: which of them are read is bounded only.
    layers = "  - pixel_unshuffle: {downscale_factor: 2}\n  - slice: {start: 0, end: 4}\n"
    head = NET.partition("layers:\n")[0]
    Path("net.yaml").write_text(f"{head}layers:\n{layers}", "utf-8")
    found = judge("specs: [net.yaml]\nbudgets:\n  - min_field: {warn: 3, error: 2}\n")
    assert [(one.limit, one.kept) for one in found.specs[0].limits] == [(3, False), (2, None)]
    assert said(found) == [
        "warn budget: receptive field is 2, 1 (33.3 %) short of the limit of 3",
    ]
    found = judge("specs: [net.yaml]\nbudgets:\n  - min_field: 2\n")
    assert said(found) == ["warn budget: receptive field is at most 2: whether it reaches 2 cannot be told"]


# -- what a budget holds for --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        (
            "match: nets/*, max_macs: 1G",
            "no spec that is checked matches nets/*, so this budget holds for none",
        ),
        (
            "block: lete, max_macs: 1G",
            "there is no block 'lete' in net (did you mean 'late'?), so this budget holds for nothing",
        ),
        (
            "kind: linear, max_macs: 1G",
            "there is no layer of kind 'linear' in net (it has conv), so this budget holds for nothing",
        ),
    ],
)
def test_a_budget_that_holds_for_nothing_fails(budget: str, why: str) -> None:
    found = judge(f"specs: [net.yaml]\nbudgets:\n  - {{{budget}}}\n")
    assert said(found) == [f"error unused-budget: {why}"]
    assert found.failed


def test_several_limits_that_hold_for_nothing_are_one_remark() -> None:
    config = "specs: [net.yaml]\nbudgets:\n  - {block: lete, max_macs: 1, max_params: 1}\n"
    assert [one.rule for one in judge(config).all] == ["unused-budget"]


@pytest.mark.parametrize(
    ("second", "where"),
    [("{path: net.yaml, variant: wide}", "net"), ("other.yaml", "any of the 2 networks")],
)
def test_a_budget_that_holds_for_none_of_several_networks_names_them(second: str, where: str) -> None:
    Path("other.yaml").write_text(NET, "utf-8")
    (remark,) = judge(f"specs: [net.yaml, {second}]\nbudgets:\n  - {{kind: linear, max_macs: 1}}\n").all
    assert (
        remark.message == f"there is no layer of kind 'linear' in {where}, so this budget holds for nothing"
    )


LATE = """\
specs: [net.yaml, 'other/*.yaml']
budgets:
  - {block: late, max_macs: 1k}
waivers:
  - {budget: max_macs, block: late, limit: 88k, reason: a, owner: b, expires: 2027-01-31}
"""


def test_what_a_spec_that_is_not_checked_may_need_is_not_called_useless() -> None:
    Path("other").mkdir()
    Path("other/plain.yaml").write_text(NET.replace("name: late", "name: early"), "utf-8")
    for specs in [(), ("net.yaml",), ("./net.yaml",), ("other/plain.yaml",)]:
        assert said(judge(LATE, *specs)) == []
    # With nothing left that may have such a block, there is none.
    assert [one.rule for one in judge(LATE.replace("[net.yaml, ", "["), "other/plain.yaml").all] == [
        "unused-budget",
        "unused-waiver",
    ]
    # A typo in `match` is found in every run, since all specs are known.
    typo = LATE.replace("{block: late, max", "{match: nett.yaml, max")
    assert "unused-budget" in {one.rule for one in judge(typo, "net.yaml").all}
    alone = LATE.replace("'other/*.yaml'", "'gone/*.yaml'").replace("block: late", "block: lat")
    assert "unused-budget" in {one.rule for one in judge(alone, "net.yaml").all}


def test_a_budget_of_other_specs_is_not_missed_when_one_is_named() -> None:
    assert said(judge("budgets:\n  - {match: other.yaml, max_macs: 1}\n", "net.yaml")) == []


def test_specs_of_the_configuration_are_read_with_their_settings() -> None:
    config = "specs: [net.yaml, {path: net.yaml, variant: wide}, {path: net.yaml, set: {width: 4}}]\n"
    found = judge(config + "budgets:\n  - max_params: 1.5k\n")
    assert [(spec.label, spec.measures["params"]) for spec in found.specs] == [
        ("net.yaml", 1_368),
        ("net.yaml (wide)", 27 * 16 + 9 * 16 * 16),
        ("net.yaml (width: 4)", 27 * 4 + 9 * 4 * 16),
    ]
    assert said(found) == [
        "error budget: wide: parameters are 2.736 k, 1.236 k (82.4 %) over the limit of 1.500 k"
    ]


def test_settings_that_are_asked_for_replace_those_of_the_entry() -> None:
    text = NET.replace("{wide: {width: 16}}", "{wide: {width: 16}, slim: {width: 2}}")
    Path("net.yaml").write_text(text, "utf-8")
    entry = Entry(path="net.yaml", variant="wide", set={"width": 4}, input="3x4x4")
    assert entry.load(set={"width": 5}).nodes[0].output == (5, 4, 4)
    assert entry.load(input="3x2x2").nodes[0].output == (4, 2, 2)
    assert entry.load(variant="slim").variant == "slim"


def test_settings_of_the_command_line_come_on_top_of_those_of_the_configuration() -> None:
    configure("specs: [{path: net.yaml, variant: wide, set: {width: 4, depth: 1}, input: 3x4x4}]\n")
    asked = Entry(path="", variant="slim", set={"width": 5}, input="3x2x2")
    (found,) = entries([], asked, read_config(Path("archcost.yaml")))
    assert (found.variant, found.set, found.input) == ("slim", {"width": 5, "depth": "1"}, "3x2x2")


@pytest.mark.parametrize("specs", [[], ["net.yaml"], ["other.yaml"]])
def test_every_spec_is_read_within_the_limits_that_are_asked_for(specs: list[str]) -> None:
    Path("other.yaml").write_text(NET, "utf-8")
    configure("specs: [net.yaml, {path: net.yaml, variant: wide}]\n")
    limits = DEFAULT._replace(file_bytes=7)
    found = entries(specs, Entry(path="", limits=limits), read_config(Path("archcost.yaml")))
    assert {one.limits for one in found} == {limits}


def test_a_spec_that_is_checked_another_way_is_not_checked_as_the_configuration_reads_it() -> None:
    configure(VARIANTS)
    others = unchecked([Entry(path="net.yaml")], read_config(Path("archcost.yaml")))
    assert [one.variant for one in others] == ["wide"]


VARIANTS = "specs: [net.yaml, {path: net.yaml, variant: wide}]\n"


@pytest.mark.parametrize(
    ("variant", "broken"),
    [
        ("wide", [False, True]),
        ("''", [True, False]),
        ("[wide, '']", [True, True]),
        ("", [True, False]),
    ],
)
def test_a_budget_may_be_for_variants_or_for_the_spec_as_it_stands(variant: str, broken: list[bool]) -> None:
    found = judge(VARIANTS + f"budgets:\n  - {{max_params: 1, variant: {variant}}}\n")
    assert [spec.fails for spec in found.specs] == broken


def test_a_waiver_of_one_variant_is_for_no_other() -> None:
    waiver = "{variant: wide, budget: max_params, limit: 3k, reason: a, owner: b, expires: 2027-01-01}"
    found = judge(VARIANTS + f"budgets:\n  - max_params: 1k\nwaivers:\n  - {waiver}\n")
    assert [spec.fails for spec in found.specs] == [True, False]


@pytest.mark.parametrize(
    ("read", "variants", "ways"),
    [
        ("net.yaml", "wide", "as variant wide"),
        ("{path: net.yaml, variant: wide}", "''", "as it stands"),
        ("{path: net.yaml, variant: wide}", "['', tall]", "as it stands or as variant tall"),
    ],
)
def test_a_budget_for_a_variant_that_is_not_checked_fails(read: str, variants: str, ways: str) -> None:
    found = judge(f"specs: [{read}]\nbudgets:\n  - {{variant: {variants}, max_params: 1M}}\n")
    why = f"no spec that is checked is read {ways}, so this budget holds for none"
    assert said(found) == [f"error unused-budget: {why}"]


def test_a_spec_that_is_named_is_read_as_the_configuration_reads_it() -> None:
    found = judge("specs: [{path: '*.yaml', variant: wide}]\n", "net.yaml")
    assert [spec.label for spec in found.specs] == ["net.yaml (wide)"]


def test_without_any_spec_there_is_nothing_to_judge() -> None:
    with pytest.raises(UsageError, match="no specs to check"):
        judge("budgets:\n  - max_macs: 1\n")
    with pytest.raises(NothingToAnalyzeError, match="matches no file"):
        judge("specs: ['nets/*.yaml']\n")


def test_a_file_that_is_listed_and_gone_is_reported_where_it_is_listed() -> None:
    with pytest.raises(SpecError) as caught:
        judge("specs:\n  - net.yaml\n  - {path: nett.yaml, variant: wide}\n")
    assert str(caught.value).startswith(
        "archcost.yaml:3:12: there is no file 'nett.yaml' (did you mean 'net.yaml'?)"
    )
    assert judge("specs:\n  - net.yaml\n  - nett.yaml\n", "net.yaml").specs


def test_all_wrong_specs_are_reported_at_once() -> None:
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(NET.replace("padding", "paddding"), "utf-8")
    with pytest.raises(SpecError) as caught:
        judge("specs: [a.yaml, b.yaml]\n")
    assert {one.place.source.name for one in caught.value.diagnostics} == {"a.yaml", "b.yaml"}


# -- findings -----------------------------------------------------------------------------------------------


def test_gridding_fails_and_a_rule_may_be_milder_or_off() -> None:
    Path("net.yaml").write_text(GRIDS, "utf-8")
    assert judge("specs: [net.yaml]\n").failed
    milder = judge("specs: [net.yaml]\nrules: {gridding: warn}\n")
    assert (milder.failed, milder.count("warn") > 0) == (False, True)
    off = judge("specs: [net.yaml]\nrules: {gridding: off}\n")
    assert not any(one.rule == "gridding" for one in off.all)
    assert "gridding" not in off.rules


def test_every_network_of_the_zoo_passes_but_the_bad_example() -> None:
    found = judge("specs: ['zoo:*']\n")
    assert len(found.specs) > 200
    assert [spec.path for spec in found.specs if spec.fails] == ["zoo:hdc_segmentation_gridding"]


def test_a_missed_expectation_fails() -> None:
    Path("net.yaml").write_text(NET + "    expect: {params: 1}\n", "utf-8")
    found = judge("specs: [net.yaml]\n")
    assert [one.rule for one in found.all if one.fails] == ["expectation"]


# -- bases --------------------------------------------------------------------------------------------------


def git(*arguments: str) -> None:
    settings = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    subprocess.run(  # noqa: S603 - our own arguments
        ["git", *settings, *arguments],  # noqa: S607 - whichever git there is
        check=True,
        capture_output=True,
        env={**environment, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )


@pytest.fixture
def repository(folder: Path) -> Path:
    """A repository whose last commit has the network as it is."""
    (folder / ".git").rmdir()
    git("init")
    git("add", "net.yaml")
    git("commit", "-m", "one")
    return folder


def widen(width: int) -> None:
    Path("net.yaml").write_text(NET.replace("width: 8}", f"width: {width}}}"), "utf-8")


AGAINST = "specs: [net.yaml]\nagainst: HEAD\nbudgets:\n  - {max_macs: %s}\n"


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("limit", "width", "sentence"),
    [
        # 27·64 MACs and 9·16·64 for each of the 8 channels in between: 10,944.
        ("+0", 8, None),
        ("+0", 9, "MACs are 98.50 k, 10.94 k (12.5 %) over the limit of 87.55 k, +0 of 87.55 k at HEAD"),
        ("+10944", 9, None),
        ("+12.5%", 9, None),
        ("+12.4%", 9, "MACs are 98.50 k, 88 (0.1 %) over the limit of 98.41 k, +12.4% of 87.55 k at HEAD"),
        ("-1", 8, "MACs are 87,552, 1 (<0.1 %) over the limit of 87,551, -1 of 87.55 k at HEAD"),
        ("-1", 7, None),
    ],
)
def test_a_relative_limit_is_exact(limit: str, width: int, sentence: str | None) -> None:
    widen(width)
    assert said(judge(AGAINST % limit)) == ([f"error budget: {sentence}"] if sentence else [])


@pytest.mark.usefixtures("repository")
def test_a_block_may_not_grow_while_another_may() -> None:
    widen(9)
    budgets = "  - {block: late, max_params: +0}\n  - {max_params: +50%}\n"
    config = f"specs: [net.yaml]\nagainst: HEAD\nbudgets:\n{budgets}"
    (complaint,) = judge(config).all
    # 9·16 parameters for one more channel that arrives.
    assert complaint.message.startswith(
        "parameters of late are 1.296 k, 144 (12.5 %) over the limit of 1.152 k"
    )


@pytest.mark.usefixtures("repository")
def test_what_changed_since_the_base_is_told_with_its_price() -> None:
    widen(9)
    found = judge(AGAINST % "+0")
    # 27·64 MACs and 27 parameters for the channel, 9·16·64 and 144 for those who read it.
    cause = "width: 8 → 9: +10.94 k MACs (+12.5 %), +171 parameters (+12.5 %)"
    assert found.specs[0].causes == (cause,)
    assert only(found).details["cause"] == cause
    widen(8)
    assert judge(AGAINST % "+0").specs[0].causes == ()


PRODUCT = """\
archcost: 1
name: product
vars: {a: 2, b: 3}
input: [1, 8, 8]
layers:
  - conv: {out_channels: $(a * b), kernel_size: 1}
  - conv: {out_channels: 4, kernel_size: 1}
  - dropout: {p: 0.1}
"""


def causes_of(text: str, changed: str) -> tuple[str, ...]:
    """Why the second network costs something else than the first."""
    subjects: list[Subject] = []
    for one in (text, changed):
        Path("changed.yaml").write_text(one, "utf-8")
        subjects.append(Subject(Entry(path="changed.yaml").load()))
    return causes(*subjects)


def test_causes_that_cost_something_only_together_are_told_once() -> None:
    # 6 channels become 15, each with 64 + 4·64 MACs, 1 + 1 + 4 parameters.
    together = "a: 2 → 3, b: 3 → 5, together: +2.880 k MACs (+150.0 %), +54 parameters (+135.0 %)"
    assert causes_of(PRODUCT, PRODUCT.replace("a: 2, b: 3", "a: 3, b: 5")) == (together,)


def test_causes_that_cost_something_alone_and_together_are_told_by_both() -> None:
    found = causes_of(PRODUCT, PRODUCT.replace("a: 2", "a: 3").replace("channels: 4", "channels: 5"))
    assert [one.partition(": +")[0] for one in found] == [
        "a: 2 → 3",
        "conv_2: out_channels 4 → 5 at changed.yaml:7",
        "a: 2 → 3, conv_2: out_channels 4 → 5, together",
    ]


def test_a_change_that_costs_nothing_is_no_cause() -> None:
    assert causes_of(PRODUCT, PRODUCT.replace("p: 0.1", "p: 0.2")) == ()


@pytest.mark.parametrize(("changed", "more"), [(5, []), (6, ["and 1 more: see archcost diff"])])
def test_five_causes_are_told_and_the_others_counted(changed: int, more: list[str]) -> None:
    layer = "  - conv: {out_channels: 4, kernel_size: 1, bias: true}\n"
    many = f"archcost: 1\nname: many\ninput: [1, 8, 8]\nlayers:\n{layer * 6}"
    assert list(causes_of(many, many.replace("true", "false", changed))[5:]) == more


@pytest.mark.usefixtures("repository")
def test_a_block_that_is_new_is_not_judged_by_its_growth_and_that_is_said() -> None:
    Path("net.yaml").write_text(NET.replace("name: late", "name: later"), "utf-8")
    found = judge("specs: [net.yaml]\nagainst: HEAD\nbudgets:\n  - {block: later, max_macs: +0}\n")
    assert said(found) == [
        "warn missing-base: MACs of later are 73.73 k, and +0 is not judged: there is none at HEAD"
    ]
    ruled = "against: HEAD\nrules: {missing-base: %s}\nbudgets:\n  - {block: later, max_macs: +0}\n"
    assert judge(ruled % "error", "net.yaml").failed
    assert said(judge(ruled % "off", "net.yaml")) == []


@pytest.mark.usefixtures("repository")
def test_the_numbers_of_the_base_stand_beside_those_of_today() -> None:
    widen(9)
    found = judge("specs: [net.yaml]\nagainst: HEAD\n")
    (spec,) = found.specs
    assert (spec.measures["macs"], spec.base and spec.base["macs"]) == (98_496, 87_552)
    assert found.against is not None
    assert len(found.against.commit) == 40


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("budget", ["{max_macs: +0}", "{max_macs: 80k}"])
def test_a_spec_without_a_base_is_warned_about_and_its_absolute_limits_hold(budget: str) -> None:
    Path("new.yaml").write_text(NET, "utf-8")
    found = judge(f"specs: [new.yaml]\nagainst: HEAD\nbudgets:\n  - {budget}\n")
    rules = {one.rule for one in found.all}
    assert "missing-base" in rules
    assert found.failed is (budget == "{max_macs: 80k}")


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(("limit", "warned"), [("+0", 1), ("60k", 0)])
def test_a_zoo_network_needs_no_base_unless_a_limit_is_relative(limit: str, warned: int) -> None:
    config = f"specs: ['zoo:lenet5']\nagainst: HEAD\nbudgets:\n  - {{max_params: {limit}}}\n"
    assert [one.rule for one in judge(config).all].count("missing-base") == warned


@pytest.mark.usefixtures("repository")
def test_a_spec_that_is_wrong_at_the_base_has_none() -> None:
    Path("net.yaml").write_text(NET.replace("padding", "paddding"), "utf-8")
    git("commit", "-am", "broken")
    Path("net.yaml").write_text(NET, "utf-8")
    messages = said(judge(AGAINST % "+0"))
    column = NET.splitlines()[6].index("padding") + 1
    why = f"the spec is wrong there: HEAD:net.yaml:7:{column}: conv: unknown field 'paddding'"
    assert [why in message for message in messages].count(True) == 1


@pytest.mark.usefixtures("repository")
def test_an_unknown_base_is_one_warning_for_all() -> None:
    found = judge("specs: [net.yaml]\nagainst: origin/main\nbudgets:\n  - {max_macs: +0, max_params: +0}\n")
    assert [one.rule for one in found.complaints] == ["missing-base"]
    assert "2 relative limits are not judged, only absolute ones are" in found.complaints[0].message
    assert not found.failed


@pytest.mark.usefixtures("repository")
def test_an_unknown_base_is_said_where_no_limit_needs_it_too() -> None:
    found = judge("specs: [net.yaml]\nagainst: origin/main\nbudgets:\n  - {max_macs: 1M}\n")
    assert [one.message.partition("; no limit")[2] for one in found.all] == [
        " is relative, so all of them are judged"
    ]


def test_relative_limits_without_any_base_say_so() -> None:
    found = judge("specs: [net.yaml]\nbudgets:\n  - max_macs: +5%\n")
    assert any("name a base by --against REF" in one.message for one in found.all)


@pytest.mark.usefixtures("repository")
def test_a_missing_base_may_be_made_an_error() -> None:
    config = (
        "specs: [net.yaml]\nagainst: nowhere\nrules: {missing-base: error}\nbudgets:\n  - max_macs: +5%\n"
    )
    assert judge(config).failed


# -- waivers ------------------------------------------------------------------------------------------------

OVER = """\
specs: [net.yaml]
budgets:
  - max_macs: 80k
waivers:
  - {budget: max_macs, limit: %s, reason: until the rewrite, owner: "@vision", expires: %s}
"""


def test_a_waiver_allows_its_own_limit_and_no_more() -> None:
    waived = judge(OVER % ("88k", "2026-12-31"))
    assert (waived.failed, waived.accepted("waived")) == (False, 1)
    assert only(waived).because == "by @vision until 2026-12-31: until the rewrite"
    beyond = judge(OVER % ("87k", "2026-12-31"))
    assert beyond.failed
    assert only(beyond).message.endswith("even the waiver of @vision allows 87k only")


@pytest.mark.parametrize(
    ("expires", "rule", "words"),
    [
        ("2026-12-07", None, ""),
        ("2026-12-06", "waiver-due", "ends in 14 days, on 2026-12-06 (until the rewrite)"),
        ("2026-11-23", "waiver-due", "ends in 1 day, on 2026-11-23"),
        ("2026-11-22", "waiver-due", "ends today"),
        ("2026-11-21", "expired-waiver", "ended on 2026-11-21, 1 day ago"),
    ],
)
def test_a_waiver_ends_on_its_day(expires: str, rule: str | None, words: str) -> None:
    found = judge(OVER % ("88k", expires))
    remarks = list(found.complaints)
    assert [one.rule for one in remarks] == ([rule] if rule else [])
    assert all(words in one.message and "@vision" in one.message for one in remarks)
    assert found.failed is (rule == "expired-waiver")


def test_an_expired_waiver_waives_nothing() -> None:
    assert {one.rule for one in judge(OVER % ("88k", "2026-11-01")).all if one.fails} == {
        "budget",
        "expired-waiver",
    }


def test_a_waiver_of_a_share_is_kept_when_it_is_met() -> None:
    # One 3×3 of rate 2 reads 9 of 25 positions.
    Path("net.yaml").write_text("\n".join(GRIDS.splitlines()[:5]) + "\n", "utf-8")
    for limit, broken in (("36%", 0), ("0.36", 0), ("0.3601", 1)):
        assert sum(one.rule == "budget" and one.fails for one in judge(COVERED % limit).all) == broken


COVERED = """\
specs: [net.yaml]
budgets:
  - min_coverage: 90%%
waivers:
  - {budget: min_coverage, limit: %s, reason: a, owner: b, expires: 2027-01-01}
"""


def test_each_of_two_findings_of_a_rule_at_one_node_is_accepted_by_itself() -> None:
    layers = "  - conv: {out_channels: 4, kernel_size: 3, padding: 1}\n    expect: {params: 1, macs: 2}\n"
    Path("net.yaml").write_text(f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n{layers}", "utf-8")
    config = "specs: [net.yaml]\nbaseline: base.txt\n"
    lines = [line for line in accept(config).splitlines() if line[0] != "#"]
    assert len({line.split()[0] for line in lines}) == 2
    Path("base.txt").write_text(lines[0] + "\n", "utf-8")
    assert sum(one.fails for one in judge(config, baseline=kept()).all) == 1


def test_a_number_in_bytes_is_kept_in_elements() -> None:
    accept("specs: [net.yaml]\nbaseline: base.txt\nbudgets:\n  - max_peak: 1kB\n")
    assert " max_peak 1536 net.yaml" in Path("base.txt").read_text("utf-8")
    smaller = "specs: [net.yaml]\nbaseline: base.txt\ndtype: float16\nbudgets:\n  - max_peak: 1kB\n"
    assert not judge(smaller, baseline=kept()).failed


def test_a_waiver_of_nothing_is_found() -> None:
    kept = (OVER % ("88k", "2026-12-31")).replace("80k", "90k")
    assert said(judge(kept)) == [
        "warn unused-waiver: the waiver of max_macs by @vision waives nothing; delete it"
    ]


RELATIVE = "specs: [net.yaml]\nagainst: v1.0\nbudgets:\n  - max_macs: +0\n"  # there is no such tag


def test_a_waiver_that_may_be_needed_once_there_is_a_base_is_not_called_useless() -> None:
    waiver = "{budget: max_macs, limit: 88k, reason: a, owner: b, expires: 2026-12-31}"
    found = judge(f"{RELATIVE}waivers:\n  - {waiver}\n")
    assert [one.rule for one in found.all] == ["missing-base"]


def test_a_waiver_of_a_finding_is_for_its_node() -> None:
    Path("net.yaml").write_text(GRIDS, "utf-8")
    (first,) = {one.node for one in judge("specs: [net.yaml]\n").all if one.fails}
    waiver = "{rule: gridding, node: %s, reason: a, owner: b, expires: 2027-01-01}"
    config = f"specs: [net.yaml]\nwaivers:\n  - {waiver}\n"
    assert not judge(config % first).failed
    other = judge(config % "conv_9")
    assert {one.rule for one in other.all if one.state == "open"} >= {"gridding", "unused-waiver"}


# -- baselines ----------------------------------------------------------------------------------------------

TIGHT = "specs: [net.yaml]\nbaseline: base.txt\nbudgets:\n  - max_macs: 80k\n"


def accept(config: str = TIGHT) -> str:
    """A baseline of all that fails now, written to base.txt."""
    one = gate(config, baseline=Baseline("base.txt"))
    one.judge(entries([], Entry(path=""), one.config), is_whole=True)
    text = one.baseline.rewritten(is_whole=True)
    Path("base.txt").write_text(text, "utf-8")
    return text


def kept() -> Baseline:
    return Baseline("base.txt", read_baseline(Path("base.txt")))


def test_what_the_baseline_has_does_not_fail() -> None:
    assert accept().splitlines()[-1].endswith(" max_macs 87552 net.yaml")
    found = judge(TIGHT, baseline=kept())
    assert (found.failed, found.accepted("baseline")) == (False, 1)
    assert only(found).because == "base.txt:3"


def test_what_got_worse_fails_again() -> None:
    accept()
    widen(9)
    found = judge(TIGHT, baseline=kept())
    assert found.failed
    assert only(found).message.endswith("; the baseline accepts 87,552")


def test_what_got_better_is_kept_by_the_ratchet() -> None:
    Path("net.yaml").write_text(NET.replace("width: 8}", "width: 9}"), "utf-8")
    accept()
    Path("net.yaml").write_text(NET, "utf-8")
    one = gate(TIGHT, baseline=kept())
    found = one.judge(entries([], Entry(path=""), one.config), is_whole=True)
    assert [complaint.rule for complaint in found.complaints] == ["stale-baseline"]
    assert " max_macs 87552 net.yaml" in one.baseline.ratcheted(is_whole=True)


def test_what_is_fixed_leaves_the_baseline_and_nothing_enters_it() -> None:
    accept()
    loose = TIGHT.replace("max_macs: 80k", "max_params: 1k")
    one = gate(loose, baseline=kept())
    one.judge(entries([], Entry(path=""), one.config), is_whole=True)
    assert not [line for line in one.baseline.ratcheted(is_whole=True).splitlines() if line[0] != "#"]


def test_what_is_known_about_a_limit_that_is_not_judged_stays() -> None:
    (limit,) = judge(RELATIVE).specs[0].limits
    assert limit.fingerprint
    known = Accepted(limit.fingerprint, "max_macs", 87_552, "net.yaml")
    one = gate(RELATIVE, baseline=Baseline("known.txt", {known.fingerprint: known}))
    found = one.judge(entries([], Entry(path=""), one.config), is_whole=True)
    assert [complaint.rule for complaint in found.all] == ["missing-base"]
    for text in (one.baseline.ratcheted(is_whole=True), one.baseline.rewritten(is_whole=True)):
        assert f"\n{known.fingerprint} max_macs 87552 net.yaml\n" in text


def test_what_the_baseline_has_of_a_spec_that_moved_is_not_called_fixed() -> None:
    accept()
    Path("net.yaml").rename("moved.yaml")
    (remark,) = judge(TIGHT.replace("net.yaml", "moved.yaml"), baseline=kept()).complaints
    assert "it accepts, 1 is about specs that are not checked any more;" in remark.message


def test_a_run_over_some_specs_calls_nothing_fixed() -> None:
    accept()
    loose = TIGHT.replace("80k", "90k")
    assert [one.rule for one in judge(loose, baseline=kept()).all] == ["stale-baseline"]
    assert judge(loose, "net.yaml", baseline=kept()).all == ()


def test_a_finding_keeps_its_fingerprint_when_its_line_moves() -> None:
    Path("net.yaml").write_text(GRIDS, "utf-8")
    config = "specs: [net.yaml]\nbaseline: base.txt\n"
    accept(config)
    Path("net.yaml").write_text("# a comment\n\n" + GRIDS, "utf-8")
    assert not judge(config, baseline=kept()).failed


def test_the_baseline_is_the_same_from_every_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accept()
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    config = read_config(find_config(Path.cwd()))
    one = Gate(config, TODAY, Baseline("base.txt", read_baseline(folder / "base.txt")))
    assert not one.judge(entries([], Entry(path=""), config), is_whole=True).failed


def test_of_two_lines_that_a_merge_left_the_stricter_holds() -> None:
    line = accept().splitlines()[-1]
    Path("base.txt").write_text(f"{line}\n{line.replace('87552', '87551')}\n", "utf-8")
    assert judge(TIGHT, baseline=kept()).failed


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("<<<<<<< HEAD", "a merge conflict is not resolved"),
        ("max_macs 5", "this is no line of a baseline"),
        (f"{'0' * 16} max_macs {'9' * 5000} net.yaml", "this is no line of a baseline"),
        (f"{'0' * 16} max_macs 1e999 net.yaml", "this is no line of a baseline"),  # would accept anything
    ],
)
def test_a_line_that_is_none_is_an_error_at_its_place(line: str, why: str) -> None:
    Path("base.txt").write_text(f"# ours\n{line}\n", "utf-8")
    with pytest.raises(SpecError, match=f"base.txt:2:1: {why}"):
        read_baseline(Path("base.txt"))


@pytest.mark.parametrize("share", [0.1 + 0.2, 1.0, 1e-05, 1.5e-10, 5e-324])
def test_a_share_is_read_as_it_was_written(share: float) -> None:
    written = Baseline()
    written.meet(Accepted("0" * 16, "min_coverage", share, "net.yaml"), fails=True)
    Path("base.txt").write_text(written.rewritten(is_whole=True), "utf-8")
    assert read_baseline(Path("base.txt"))["0" * 16].value == share


def test_a_baseline_that_an_editor_of_windows_wrote_is_read() -> None:
    text = accept()
    Path("base.txt").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert not judge(TIGHT, baseline=kept()).failed


@pytest.mark.parametrize(
    ("fixed", "better", "words"),
    [
        (1, 0, "1 is fixed"),
        (2, 1, "2 are fixed and 1 has a better number by now"),
        (0, 2, "2 have a better number by now"),
    ],
)
def test_a_stale_baseline_is_told_in_words(fixed: int, better: int, words: str) -> None:
    names = [f"{number:016x}" for number in range(fixed + better)]
    known = Baseline("base.txt", {name: Accepted(name, "max_macs", 9, "net.yaml") for name in names})
    for name in names[fixed:]:
        known.meet(Accepted(name, "max_macs", 8, ""), fails=True)
    (remark,) = about_baseline(Config(), known, ["net.yaml"], is_whole=True)
    assert remark.message.startswith(f"of the complaints that it accepts, {words}; `archcost check")


def test_a_line_is_about_a_spec_by_its_whole_name() -> None:
    line = Accepted("0" * 16, "gridding", None, "nets/a.yaml (wide) late.conv")
    assert line.is_about(["other.yaml", "nets/a.yaml (wide)"])
    assert not line.is_about(["nets/a.y", "nets/a.yaml (wid"])
    assert Accepted("0" * 16, "max_macs", 1, "nets/a.yaml").is_about(["nets/a.yaml"])


def test_a_number_is_no_better_than_none_and_none_no_better_than_a_number() -> None:
    counted, seen = Accepted("0" * 16, "min_field", 5, ""), Accepted("0" * 16, "min_field", None, "")
    assert [counted.covers(value) for value in (4, 5, 6, None)] == [False, True, True, False]
    assert [seen.covers(value) for value in (5, None)] == [False, True]


@pytest.mark.parametrize(("is_whole", "left"), [(True, ["net.yaml"]), (False, ["net.yaml", "other.yaml"])])
def test_lines_of_specs_that_were_not_judged_stay(*, is_whole: bool, left: list[str]) -> None:
    lines = [
        Accepted(digit * 16, "max_macs", 9, about)
        for digit, about in (("1", "net.yaml"), ("2", "other.yaml"))
    ]
    known = Baseline("base.txt", {line.fingerprint: line for line in lines})
    known.meet(lines[0], fails=True)
    for text in (known.rewritten(is_whole=is_whole), known.ratcheted(is_whole=is_whole)):
        assert [line.split()[-1] for line in text.splitlines() if line[0] != "#"] == left


def test_only_what_fails_enters_the_baseline() -> None:
    warned = TIGHT.replace("80k", "{warn: 80k}")
    assert [line for line in accept(warned).splitlines() if line[0] != "#"] == []


def test_a_baseline_that_is_not_there_is_asked_for() -> None:
    with pytest.raises(UsageError, match="--write-baseline"):
        read_baseline(Path("base.txt"))


# -- much of everything -------------------------------------------------------------------------------------

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
    subject = Subject(Entry(path="deep.yaml").load())
    budget = replace(budgets_of_flag("max_macs", "1")[0], block=block)
    paths = {".".join(n.path.split(".")[:end]) for n in subject.report.nodes for end in range(1, 6)}
    expected = {
        path: [n.path for n in subject.report.nodes if f"{n.path}.".startswith(f"{path}.")]
        for path in paths
        if matches_block(block, path)
    }
    found = {part.scope: [row.path for row in part.rows or ()] for part in parts(budget, subject)}
    assert found == expected


def test_a_thousand_budgets_look_at_their_own_blocks_only() -> None:
    Path("deep.yaml").write_text(DEEP, "utf-8")
    subject = Subject(Entry(path="deep.yaml").load())
    (budget,) = budgets_of_flag("max_macs", "1")
    began = time.perf_counter()
    for number in range(1000):
        (part,) = parts(replace(budget, block=f"s.{number % 40}.b"), subject)
        assert len(part.rows or ()) == 50
    assert time.perf_counter() - began < 1  # it takes milliseconds; reading 2,000 paths each time, seconds


def test_of_a_large_network_not_every_limit_gets_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("deep.yaml").write_text(DEEP, "utf-8")
    monkeypatch.setattr("archcost.gate.check.ADVISED_NODES", 4000)  # the network has 2,000
    asked: list[str] = []

    def advise(_subject: Subject, measure: str, *_: object, **_more: object) -> list[str]:
        asked.append(measure)
        return []

    monkeypatch.setattr("archcost.gate.check.advice", advise)
    found = judge("specs: [deep.yaml]\nbudgets:\n  - {block: s.*, max_macs: 1}\n")
    assert (len(found.all), len(asked)) == (40, 2)


def test_specs_that_are_listed_twice_are_judged_once_and_stay_in_order() -> None:
    config = (
        "specs: [net.yaml, {path: net.yaml, variant: wide}, 'n*.yaml', {path: net.yaml, variant: wide}]\n"
    )
    assert [spec.label for spec in judge(config).specs] == ["net.yaml", "net.yaml (wide)"]


@pytest.mark.parametrize(
    ("limit", "waived", "allowed"),
    [
        ("max_peak: 1k", "6.144kB", True),  # 1,536 elements of four bytes
        ("max_peak: 1k", "6.143kB", False),
        ("max_peak: 1kB", "1536", True),
        ("max_peak: 1kB", "1535", False),
        ("min_field: 9", "5", True),
        ("min_field: 9", "6", False),
    ],
)
def test_a_waiver_allows_what_meets_its_limit_in_any_unit(limit: str, waived: str, allowed: bool) -> None:
    waiver = (
        f"{{budget: {limit.partition(':')[0]}, limit: {waived}, reason: a, owner: b, expires: 2027-01-31}}"
    )
    found = judge(f"specs: [net.yaml]\nbudgets:\n  - {{{limit}}}\nwaivers:\n  - {waiver}\n")
    assert (found.failed, found.accepted("waived")) == (not allowed, int(allowed))


@pytest.mark.usefixtures("repository")
def test_a_limit_in_bytes_may_be_relative() -> None:
    widen(9)  # 25 channels of 64 are alive, for 24
    text = "specs: [net.yaml]\nagainst: HEAD\nbudgets:\n  - {max_peak: +%skB}\n"
    assert not judge(text % "0.256").failed
    over = (
        "peak activations are 6.400 kB, 1 B (<0.1 %) over the limit of 6.399 kB, +0.255kB of 6.144 kB at HEAD"
    )
    assert only(judge(text % "0.255")).message == over


def test_the_same_limit_of_both_axes_is_two_complaints() -> None:
    found = judge("specs: [net.yaml]\nbudgets:\n  - {min_field: [6, 7]}\n")
    assert [one.message[:26] for one in found.all] == [
        "receptive field in height ",
        "receptive field in width i",
    ]
