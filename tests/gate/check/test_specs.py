"""Which networks a budget is about: specs, their variants and settings, blocks and kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcost.config.read import read_config
from archcost.config.selection import SelectedSpec, select_specs, unchecked
from archcost.errors import NothingToAnalyzeError, SpecError, UsageError
from archcost.limits import DEFAULT
from tests.gate.check.judging import NET, WITH_VARIANT, configure, judge, said


@pytest.fixture
def wide() -> None:
    """The network has a variant."""
    Path("net.yaml").write_text(WITH_VARIANT, "utf-8")


with_a_variant = pytest.mark.usefixtures("wide")


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


@with_a_variant
@pytest.mark.parametrize(
    ("second", "where"),
    [("{path: net.yaml, variant: wide}", "net"), ("other.yaml", "any of the 3 networks")],
)
def test_a_budget_that_holds_for_none_of_several_networks_names_them(second: str, where: str) -> None:
    Path("other.yaml").write_text(NET, "utf-8")
    (remark,) = judge(f"specs: [net.yaml, {second}]\nbudgets:\n  - {{kind: linear, max_macs: 1}}\n").all
    assert (
        remark.message == f"there is no layer of kind 'linear' in {where}, so this budget holds for nothing"
    )


@pytest.mark.parametrize("specs", ["[net.yaml, other.yaml]", "[other.yaml, net.yaml]"])
def test_a_name_that_one_of_several_networks_has_is_offered(specs: str) -> None:
    other = NET.replace("name: net", "name: other").replace("name: late", "name: backbone")
    Path("other.yaml").write_text(other, "utf-8")
    (remark,) = judge(f"specs: {specs}\nbudgets:\n  - {{block: backbon, max_macs: 1G}}\n").all
    assert remark.message.startswith(
        "there is no block 'backbon' in any of the 2 networks (did you mean 'backbone'?)"
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
        rules = {one.rule for one in judge(LATE, *specs).all if one.state == "open"}
        assert rules <= {"unlimited", "nothing-judged"}
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
    found = judge("budgets:\n  - {match: other.yaml, max_macs: 1}\n", "net.yaml")
    assert [one.rule for one in found.all] == ["nothing-judged"]


@with_a_variant
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


def test_settings_of_the_command_line_replace_those_of_the_entry() -> None:
    text = WITH_VARIANT.replace("{wide: {width: 16}}", "{wide: {width: 16}, slim: {width: 2}}")
    Path("net.yaml").write_text(text, "utf-8")
    entry = SelectedSpec(path="net.yaml", variant="wide", set={"width": 4}, input="3x4x4")
    assert entry.load(set={"width": 5}).nodes[0].output == (5, 4, 4)
    assert entry.load(input="3x2x2").nodes[0].output == (4, 2, 2)
    assert entry.load(variant="slim").variant == "slim"


def test_settings_of_the_command_line_come_on_top_of_those_of_the_configuration() -> None:
    configure("specs: [{path: net.yaml, variant: wide, set: {width: 4, depth: 1}, input: 3x4x4}]\n")
    flags = SelectedSpec(path="", variant="slim", set={"width": 5}, input="3x2x2")
    (found,) = select_specs([], [flags], read_config(Path("archcost.yaml")))
    assert (found.variant, found.set, found.input) == ("slim", {"width": 5, "depth": "1"}, "3x2x2")


@with_a_variant
@pytest.mark.parametrize("specs", [[], ["net.yaml"], ["other.yaml"]])
def test_every_spec_is_read_within_the_limits_of_the_command_line(specs: list[str]) -> None:
    Path("other.yaml").write_text(NET, "utf-8")
    configure("specs: [net.yaml, {path: net.yaml, variant: wide}]\n")
    limits = DEFAULT._replace(file_bytes=7)
    found = select_specs(specs, [SelectedSpec(path="", limits=limits)], read_config(Path("archcost.yaml")))
    assert {one.limits for one in found} == {limits}


@with_a_variant
def test_a_spec_that_is_checked_another_way_is_not_checked_as_the_configuration_reads_it() -> None:
    configure(VARIANTS)
    others = unchecked([SelectedSpec(path="net.yaml")], read_config(Path("archcost.yaml")))
    assert [one.variant for one in others] == ["wide"]


VARIANTS = "specs: [net.yaml, {path: net.yaml, variant: wide}]\n"


@with_a_variant
@pytest.mark.parametrize(
    ("variant", "broken"),
    [
        ("wide", [False, True]),
        ("''", [True, False]),
        ("[wide, '']", [True, True]),
        ("", [True, False]),
    ],
)
@with_a_variant
def test_a_budget_may_be_for_variants_or_for_the_spec_as_it_stands(variant: str, broken: list[bool]) -> None:
    found = judge(VARIANTS + f"budgets:\n  - {{max_params: 1, variant: {variant}}}\n")
    assert [spec.fails for spec in found.specs] == broken


@with_a_variant
def test_a_waiver_of_one_variant_is_for_no_other() -> None:
    waiver = "{variant: wide, budget: max_params, limit: 3k, reason: a, owner: b, expires: 2027-01-01}"
    found = judge(VARIANTS + f"budgets:\n  - max_params: 1k\nwaivers:\n  - {waiver}\n")
    assert [spec.fails for spec in found.specs] == [True, False]


@pytest.mark.parametrize(
    ("read", "variants", "ways"),
    [
        ("net.yaml", "tall", "as variant tall"),
        ("{path: net.yaml, variant: wide}", "''", "as it stands"),
        ("{path: net.yaml, variant: wide}", "['', tall]", "as it stands or as variant tall"),
    ],
)
@with_a_variant
def test_a_budget_for_a_variant_that_is_not_checked_fails(read: str, variants: str, ways: str) -> None:
    found = judge(f"specs: [{read}]\nbudgets:\n  - {{variant: {variants}, max_params: 1M}}\n")
    why = f"no spec that is checked is read {ways}, so this budget holds for none"
    assert said(found) == [f"error unused-budget: {why}"]


@with_a_variant
def test_a_spec_that_is_named_is_read_as_the_configuration_reads_it() -> None:
    found = judge("specs: [{path: '*.yaml', variant: wide}]\n", "net.yaml")
    assert [spec.label for spec in found.specs] == ["net.yaml (wide)"]


@with_a_variant
def test_a_spec_that_is_named_is_not_read_as_others_are() -> None:
    Path("other.yaml").write_text(NET.replace("name: net", "name: other"), "utf-8")
    listed = "{path: net.yaml, variant: wide}, {path: net.yaml, set: {width: 9}}, other.yaml"
    found = judge(f"specs: [{listed}]\n", "other.yaml")
    assert [(one.name, one.variant) for one in found.specs] == [("other", None)]
    again = judge(f"specs: [{listed}]\n", "net.yaml")
    # 27·64 MACs and 9·16·64 for each of the channels in between, which were 8.
    assert [one.measures["macs"] for one in again.specs] == [16 * 10_944, 9 * 10_944]


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
    Path("nets").mkdir()
    Path("nets/net.yaml").write_bytes(Path("net.yaml").read_bytes())
    with pytest.raises(SpecError, match=r"no file 'nets/nett.yaml' \(did you mean 'nets/net.yaml'\?\)"):
        judge("specs: [nets/nett.yaml]\n")


def test_all_wrong_specs_are_reported_at_once() -> None:
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(NET.replace("padding", "paddding"), "utf-8")
    with pytest.raises(SpecError) as caught:
        judge("specs: [a.yaml, b.yaml]\n")
    assert {one.place.source.name for one in caught.value.diagnostics} == {"a.yaml", "b.yaml"}


@with_a_variant
def test_specs_that_are_listed_twice_are_judged_once_and_stay_in_order() -> None:
    config = (
        "specs: [net.yaml, {path: net.yaml, variant: wide}, 'n*.yaml', {path: net.yaml, variant: wide}]\n"
    )
    assert [spec.label for spec in judge(config).specs] == ["net.yaml", "net.yaml (wide)"]
