"""Limits relative to a git revision, what changed since, and what happens without one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcost.analysis.facts import Facts
from archcost.config.selection import SelectedSpec
from archcost.gate.change_causes import causes
from tests.gate.check.judging import NET, judge, only, said, widen

if TYPE_CHECKING:
    from archcost.results.judgement import Judgement
    from tests.scratch_repository import Repo

AGAINST = "specs: [net.yaml]\nagainst: main\nbudgets:\n  - {max_macs: %s}\n"


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("limit", "width", "sentence"),
    [
        # 27·64 MACs and 9·16·64 for each of the 8 channels in between: 10,944.
        ("+0", 8, None),
        ("+0", 9, "MACs are 98.50 k, 10.94 k (12.5 %) over the limit of 87.55 k, +0 of 87.55 k at main"),
        ("+10944", 9, None),
        ("+12.5%", 9, None),
        ("+12.4%", 9, "MACs are 98.50 k, 88 (0.1 %) over the limit of 98.41 k, +12.4% of 87.55 k at main"),
        ("-1", 8, "MACs are 87,552, 1 (<0.1 %) over the limit of 87,551, -1 of 87.55 k at main"),
        ("-1", 7, None),
    ],
)
def test_a_relative_limit_is_exact(limit: str, width: int, sentence: str | None) -> None:
    widen(width)
    found = [text for text in said(judge(AGAINST % limit)) if "self-base" not in text]
    assert found == ([f"error budget: {sentence}"] if sentence else [])


@pytest.mark.usefixtures("repository")
def test_a_block_may_not_grow_while_another_may() -> None:
    widen(9)
    budgets = "  - {block: late, max_params: +0}\n  - {max_params: +50%}\n"
    config = f"specs: [net.yaml]\nagainst: main\nbudgets:\n{budgets}"
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
    assert "cause" not in only(judge_unchanged()).details
    widen(8)
    assert judge(AGAINST % "+0").specs[0].causes == ()


def judge_unchanged() -> Judgement:
    widen(8)
    return judge(AGAINST % "-1")


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
    subjects: list[Facts] = []
    for one in (text, changed):
        Path("changed.yaml").write_text(one, "utf-8")
        subjects.append(Facts.of(SelectedSpec(path="changed.yaml").load()))
    return causes(*subjects).texts


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
    found = judge("specs: [net.yaml]\nagainst: main\nbudgets:\n  - {block: later, max_macs: +0}\n")
    assert said(found) == [
        "warn no-base-yet: MACs of later are 73.73 k, and +0 is not judged: there is none at main"
    ]
    ruled = "against: main\nrules: {no-base-yet: %s}\nbudgets:\n  - {block: later, max_macs: +0}\n"
    assert judge(ruled % "error", "net.yaml").failed
    assert said(judge(ruled % "off", "net.yaml")) == []


@pytest.mark.usefixtures("repository")
def test_the_numbers_of_the_base_stand_beside_those_of_today() -> None:
    widen(9)
    found = judge("specs: [net.yaml]\nagainst: main\n")
    (spec,) = found.specs
    assert (spec.measures["macs"], spec.base and spec.base["macs"]) == (98_496, 87_552)
    assert found.against is not None
    assert len(found.against.commit) == 40


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("budget", ["{max_macs: +0}", "{max_macs: 80k}"])
def test_a_spec_without_a_base_is_warned_about_and_its_absolute_limits_hold(budget: str) -> None:
    Path("new.yaml").write_text(NET, "utf-8")
    found = judge(f"specs: [new.yaml]\nagainst: main\nbudgets:\n  - {budget}\n")
    rules = {one.rule for one in found.all}
    assert "no-base-yet" in rules
    assert found.failed is (budget == "{max_macs: 80k}")


NOT_JUDGED = "relative limits are not judged, only absolute ones are"


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("budgets", "told"),
    [
        ("{max_macs: +0}", NOT_JUDGED),
        ("{max_macs: 1G}", "its limits are absolute"),
        ("{max_macs: 1G, max_params: +0}", NOT_JUDGED),
        ("{max_params: +0, max_macs: 1G}", NOT_JUDGED),
    ],
)
def test_a_spec_without_a_base_is_told_which_of_its_limits_hold(budgets: str, told: str) -> None:
    Path("new.yaml").write_text(NET, "utf-8")
    found = judge(f"specs: [new.yaml]\nagainst: main\nbudgets:\n  - {budgets}\n")
    (remark,) = (one for one in found.all if one.rule == "no-base-yet")
    assert remark.message.startswith("no base: ")
    assert remark.message.endswith(f"; {told}")


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(("limit", "warned"), [("+0", 1), ("60k", 0)])
def test_a_zoo_network_needs_no_base_unless_a_limit_is_relative(limit: str, warned: int) -> None:
    config = f"specs: ['zoo:lenet5']\nagainst: main\nbudgets:\n  - {{max_params: {limit}}}\n"
    assert [one.rule for one in judge(config).all].count("no-base-yet") == warned


def test_a_spec_that_is_wrong_at_the_base_has_none(repository: Repo) -> None:
    Path("net.yaml").write_text(NET.replace("padding", "paddding"), "utf-8")
    repository.save()
    Path("net.yaml").write_text(NET, "utf-8")
    messages = said(judge(AGAINST % "+0"))
    column = NET.splitlines()[5].index("padding") + 1
    why = f"the spec is wrong there: main:net.yaml:6:{column}: conv: unknown field 'paddding'"
    assert [why in message for message in messages].count(True) == 1


@pytest.mark.usefixtures("repository")
def test_an_unknown_base_is_one_error_for_all() -> None:
    found = judge("specs: [net.yaml]\nagainst: origin/main\nbudgets:\n  - {max_macs: +0, max_params: +0}\n")
    assert [one.rule for one in found.complaints] == ["missing-base"]
    assert "2 relative limits are not judged, only absolute ones are" in found.complaints[0].message
    assert found.failed


@pytest.mark.usefixtures("repository")
def test_an_unknown_base_is_said_where_no_limit_needs_it_too() -> None:
    found = judge("specs: [net.yaml]\nagainst: origin/main\nbudgets:\n  - {max_macs: 1M}\n")
    assert [one.message.partition("; no limit")[2] for one in found.all] == [
        " is relative, so all of them are judged; specs that are gone, and what is loosened, are not noticed"
    ]


def test_relative_limits_without_any_base_say_so() -> None:
    found = judge("specs: [net.yaml]\nbudgets:\n  - max_macs: +5%\n")
    assert any("name a base by --against REF" in one.message for one in found.all)


@pytest.mark.usefixtures("repository")
def test_a_missing_base_may_be_made_a_warning_where_something_else_is_judged() -> None:
    config = "specs: [net.yaml]\nagainst: nowhere\nrules: {missing-base: warn}\nbudgets:\n  - max_macs: %s\n"
    assert not judge(config % "[+5%, 1M]").failed
    assert [one.rule for one in judge(config % "+5%").all if one.fails] == ["nothing-judged"]
