"""Specs that are not checked any more, files that moved, and limits that no longer hold for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gate.check.gatekeeper import GROWTH, LARGE, SPEC, VARIANTS, Gatekeeper

if TYPE_CHECKING:
    from collections.abc import Sequence

OTHER = "archcost: 1\nname: other\ninput: [10]\nlayers: [{linear: {out_features: 10}}]\n"
AGREE = "or let a waiver say who agreed: {rule: gone-spec, match: "
WAYS = f"list it under `specs`, {AGREE}specs/net.yaml, reason: ...}}"


@pytest.mark.parametrize(
    ("new", "now"),
    [
        ("specs/net.yml", "it is specs/net.yml now, which is not checked"),
        ("specs/deep/net.yaml", "it is specs/deep/net.yaml now, which is not checked"),
        ("elsewhere/net.yaml", "it is elsewhere/net.yaml now, which is not checked"),
    ],
)
@pytest.mark.parametrize("text", [SPEC, LARGE])
def test_a_spec_that_left_the_pattern_fails(new: str, now: str, text: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    keeper.move("specs/net.yaml", new, text)
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    assert found.about("gone-spec") == [f"specs/net.yaml was checked at main; {now}; {WAYS}"]


@pytest.mark.parametrize("form", ["text", "json", "markdown", "csv", "github", "sarif", "junit"])
def test_a_spec_that_was_deleted_fails_in_every_format(form: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    keeper.change({"specs/net.yaml": None})
    found = keeper.run("--format", form)
    assert found.code == 1
    assert "net.yaml was checked at main, and is gone" in found.out.replace("\\", "")


def test_a_spec_that_a_pattern_of_the_command_line_has_lost_fails(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER})
    keeper.move("specs/net.yaml", "specs/net.yml")
    found = keeper.check("specs/*.yaml", "--max-macs", "+5%", "--against", "main")
    assert found.failing == {"gone-spec"}


@pytest.mark.parametrize(
    "config",
    [
        GROWTH.replace("'specs/*.yaml'", "specs/other.yaml"),
        GROWTH + "exclude: [specs/net.yaml]\n",
    ],
)
def test_a_spec_that_the_configuration_leaves_out_fails(config: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    keeper.change({"archcost.yaml": config})
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    assert found.about("gone-spec") == [f"specs/net.yaml was checked at main, and is not any more; {WAYS}"]


def test_a_spec_that_became_a_file_of_blocks_fails(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    keeper.change({"specs/net.yaml": "archcost: 1\nblocks: {a: {body: [relu]}}\n"})
    assert keeper.check().failing == {"gone-spec"}


def test_somebody_may_answer_for_a_spec_that_goes(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    waiver = "{rule: gone-spec, match: specs/net.yaml, reason: retired, owner: '@a', expires: 2026-12-31}"
    keeper.change({"specs/net.yaml": None, "archcost.yaml": f"{GROWTH}waivers:\n  - {waiver}\n"})
    found = keeper.check()
    assert (found.code, found.about("gone-spec"), found.about("unused-waiver")) == (0, [], [])
    assert found.about("loosened")[0].startswith("gone-spec is waived now, and was not at main: by @a until")


AGREED = ", owner: '@a', expires: 2026-12-31}"


def waiver_in(text: str) -> str:
    """The waiver that a message proposes, with its gaps filled."""
    proposed = text[text.index("{rule: ") :]
    assert proposed.endswith(", reason: ...}")
    return f"waivers:\n  - {proposed.removesuffix('...}')}retired{AGREED}\n"


@pytest.mark.parametrize("folder", [".", "specs", "elsewhere"])
@pytest.mark.parametrize("text", [SPEC, VARIANTS])
def test_what_the_message_proposes_is_enough_for_a_spec_that_is_meant_to_go(
    folder: str, text: str, keeper: Gatekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.main(
        {"specs/net.yaml": text, "specs/other.yaml": OTHER, "elsewhere/x": "", "archcost.yaml": GROWTH}
    )
    keeper.change({"specs/net.yaml": None})
    monkeypatch.chdir(folder)
    (said,) = keeper.check().about("gone-spec")
    assert "net.yaml" in said
    assert (
        "and is gone; bring it back, or let a waiver say who agreed: {rule: gone-spec, match: specs/net"
        in said
    )
    keeper.change({"archcost.yaml": GROWTH + waiver_in(said)})
    found = keeper.check()
    assert (found.code, found.about("gone-spec"), found.about("unused-waiver")) == (0, [], [])
    # Once main has it, nothing is missed any more, and the waiver says that its time has come.
    keeper.repository.git("branch", "--force", "main", "HEAD")
    found = keeper.check()
    assert (found.code, found.about("gone-spec"), len(found.about("unused-waiver"))) == (0, [], 1)


def test_what_goes_as_it_stands_goes_without_its_variants(keeper: Gatekeeper) -> None:
    only = "[{path: specs/net.yaml, variant: [wide, slim]}]"
    keeper.main({"specs/net.yaml": VARIANTS, "archcost.yaml": GROWTH})
    config = GROWTH.replace("['specs/*.yaml']", only)
    keeper.change({"archcost.yaml": config})
    (said,) = keeper.check().about("gone-spec")
    assert said.startswith("specs/net.yaml was checked as it stands at main, and is not any more; ")
    assert 'match: specs/net.yaml, variant: ""' in said
    keeper.change({"archcost.yaml": config + waiver_in(said)})
    assert keeper.check().failing == set()
    keeper.change({"specs/net.yaml": None, "specs/b.yaml": SPEC, "archcost.yaml": GROWTH + waiver_in(said)})
    assert "gone-spec" in keeper.check().failing, "the variants go as well, and nobody agreed to that"


@pytest.mark.parametrize("gone", ["specs/b.yaml", "specs/net.yaml"])
def test_it_hides_no_other_spec_that_goes(gone: str, keeper: Gatekeeper) -> None:
    files = {"specs/net.yaml": VARIANTS, "specs/b.yaml": SPEC, "specs/other.yaml": OTHER}
    keeper.main({**files, "archcost.yaml": GROWTH})
    keeper.change({"specs/net.yaml": VARIANTS.replace("wide: {width: 16}, ", "")})
    (said,) = keeper.check().about("gone-spec")
    keeper.change({"archcost.yaml": GROWTH + waiver_in(said)})
    assert keeper.check().failing == set()
    keeper.change({gone: None})
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    assert found.about("gone-spec")[0].startswith(gone)


def test_a_waiver_for_whatever_goes_is_none(keeper: Gatekeeper) -> None:
    waiver = "{rule: gone-spec, reason: retired" + AGREED
    keeper.main({"net.yaml": SPEC, "archcost.yaml": f"specs: [net.yaml]\nwaivers:\n  - {waiver}\n"})
    found = keeper.run()
    assert (found.code, found.out) == (2, "")
    assert "a waiver of gone-spec needs match: which spec goes; without it, any might" in found.err


def test_a_configuration_that_moved_to_pyproject_is_the_same_gate(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    toml = "[tool.archcost]\nspecs = ['specs/*.yaml']\nagainst = 'main'\n"
    toml += "[[tool.archcost.budgets]]\nmax_macs = '+50%'\n"
    keeper.change({"specs/net.yaml": None, "archcost.yaml": None, "pyproject.toml": toml})
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    assert found.about("loosened") == ["max_macs is +50% now, and was +5% at main, for specs/other.yaml"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_spec_that_was_renamed_is_compared_with_what_it_was(committed: bool, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    if committed:
        keeper.move("specs/net.yaml", "specs/better.yaml", LARGE)
    else:
        Path("specs/net.yaml").unlink()
        Path("specs/better.yaml").write_text(LARGE, "utf-8")
    found = keeper.check()
    assert found.failing == {"budget"}
    (spec,) = [one for one in found.report["specs"] if one["path"] == "specs/better.yaml"]
    assert (spec["base"]["macs"], spec["base_path"]) == (87_552, "specs/net.yaml")


def test_a_spec_that_git_does_not_take_for_the_old_one_is_new_and_the_old_one_gone(
    keeper: Gatekeeper,
) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH})
    keeper.move("specs/net.yaml", "specs/other.yaml", OTHER)
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    assert len(found.about("no-base-yet")) == 1


@pytest.mark.parametrize(
    ("variants", "lost"),
    [
        ("{slim: {width: 4}}", "wide"),
        ("{broad: {width: 160}, slim: {width: 4}}", "wide"),
    ],
)
def test_a_variant_that_is_gone_or_has_another_name_fails(
    variants: str, lost: str, keeper: Gatekeeper
) -> None:
    keeper.main({"specs/net.yaml": VARIANTS, "archcost.yaml": GROWTH})
    keeper.change({"specs/net.yaml": VARIANTS.replace("{wide: {width: 16}, slim: {width: 4}}", variants)})
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    what = f"specs/net.yaml was checked as {lost} at main, and is not any more"
    way = f"{AGREE}specs/net.yaml, variant: {lost}, reason: ...}}"
    assert found.about("gone-spec") == [f"{what}; check it so again, {way}"]


@pytest.mark.parametrize("now", ["set: {width: 2}", "input: 3x4x4", "variant: ''"])
def test_a_network_that_is_read_another_way_is_another_one(now: str, keeper: Gatekeeper) -> None:
    config = "specs: [{path: net.yaml, set: {width: 80}}]\nagainst: main\nbudgets:\n  - max_macs: +0\n"
    keeper.main({"net.yaml": SPEC, "archcost.yaml": config})
    keeper.change({"archcost.yaml": config.replace("set: {width: 80}", now)})
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    what = "net.yaml was checked as width: 80 at main, and is not any more"
    assert found.about("gone-spec") == [f"{what}; check it so again, {AGREE}net.yaml, reason: ...}}"]


def test_a_base_that_checked_nothing_loses_nothing(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/old.yaml": OTHER})
    keeper.change({"archcost.yaml": GROWTH, "specs/old.yaml": None})
    assert keeper.check().code == 0


# -- limits that slipped away -----------------------------------------------------------------------------

PATTERNS = """\
specs: ['specs/*.yaml']
against: main
budgets:
  - {match: [specs/tiny_*.yaml], max_params: 5k}
  - {match: specs/tiny_b.yaml, max_macs: 1M}
"""


def test_a_spec_that_was_renamed_out_of_its_budget_fails(keeper: Gatekeeper) -> None:
    keeper.main({"specs/tiny_a.yaml": SPEC, "specs/tiny_b.yaml": OTHER, "archcost.yaml": PATTERNS})
    keeper.move("specs/tiny_a.yaml", "specs/a.yaml", LARGE)
    found = keeper.check()
    assert found.failing == {"lost-budget"}
    assert found.about("lost-budget") == [
        "no limit holds any more; max_params did at main, for specs/a.yaml (which was specs/tiny_a.yaml)"
    ]


@pytest.mark.parametrize("text", [SPEC, VARIANTS])
def test_a_waiver_of_what_was_lost_is_needed_and_holds_for_all_variants(
    text: str, keeper: Gatekeeper
) -> None:
    keeper.main({"specs/tiny_a.yaml": text, "specs/tiny_b.yaml": OTHER, "archcost.yaml": PATTERNS})
    keeper.move("specs/tiny_a.yaml", "specs/a.yaml", text)
    waiver = "{rule: lost-budget, match: specs/a.yaml, reason: moved, owner: '@a', expires: 2026-12-31}"
    keeper.change({"archcost.yaml": f"{PATTERNS}waivers:\n  - {waiver}\n"})
    found = keeper.check()
    assert found.failing == set()
    assert found.about("lost-budget") == []
    assert found.about("unused-waiver") == []


def test_a_spec_that_lost_one_of_its_limits_by_its_name_fails(keeper: Gatekeeper) -> None:
    config = PATTERNS + "  - max_depth: 10\n"
    keeper.main({"specs/tiny_a.yaml": SPEC, "specs/tiny_b.yaml": OTHER, "archcost.yaml": config})
    keeper.move("specs/tiny_a.yaml", "specs/a.yaml", LARGE)
    found = keeper.check()
    assert found.failing == {"lost-budget"}
    assert found.about("lost-budget") == [
        "max_params has no limit now, and was 5k at main, for specs/a.yaml (which was specs/tiny_a.yaml)"
    ]


PARTS = """\
specs: [a.yaml, b.yaml]
against: main
budgets:
  - {{{}, max_params: 2k}}
  - max_depth: 9
"""


def test_a_block_that_was_renamed_out_of_its_budget_fails(keeper: Gatekeeper) -> None:
    config = PARTS.format("block: late")
    keeper.main({"a.yaml": SPEC, "b.yaml": SPEC, "archcost.yaml": config})
    keeper.change({"a.yaml": LARGE.replace("name: late", "name: later")})
    found = keeper.check()
    assert found.failing == {"lost-budget"}
    assert found.about("lost-budget") == [
        "max_params of late has no limit now, and was 2k at main, for a.yaml"
    ]


def test_a_kind_that_was_replaced_out_of_its_budget_is_said(keeper: Gatekeeper) -> None:
    config = PARTS.format("kind: conv")
    keeper.main({"a.yaml": SPEC, "b.yaml": SPEC, "archcost.yaml": config})
    keeper.change({"a.yaml": OTHER})
    found = keeper.check().about("loosened")
    assert "max_params of all conv layers has no limit now, and was 2k at main, for a.yaml" in found


@pytest.mark.parametrize(
    ("match", "wrong"),
    [
        ("[specs/tiny.yaml, specs/bgi.yaml]", "specs/bgi.yaml"),
        ("[specs/bgi.yaml, specs/big.yaml]", "specs/bgi.yaml"),
        ("['specs/t*.yaml', 'nets/*']", "nets/*"),
        ("[specs/tiny.yaml, Specs/Big.yaml]", "Specs/Big.yaml"),
    ],
)
def test_each_pattern_of_a_budget_means_something(match: str, wrong: str, keeper: Gatekeeper) -> None:
    config = f"specs: ['specs/*.yaml']\nbudgets:\n  - {{match: {match}, max_macs: 1G}}\n"
    keeper.main({"specs/tiny.yaml": SPEC, "specs/big.yaml": SPEC, "archcost.yaml": config})
    found = keeper.check()
    assert found.failing == {"unused-budget"}
    why = f"no spec that is checked matches {wrong}, which this budget lists beside others"
    assert found.about("unused-budget") == [why]


def test_each_variant_of_a_budget_is_one(keeper: Gatekeeper) -> None:
    config = "specs: [net.yaml]\nbudgets:\n  - {variant: [wide, brod], max_macs: 1G}\n"
    keeper.main({"net.yaml": VARIANTS, "archcost.yaml": config})
    assert keeper.check().about("unused-budget") == [
        "no spec that this budget matches is checked as variant brod, which it lists beside others"
    ]


@pytest.mark.parametrize("arguments", [(), ("net.yaml",)])
def test_a_budget_for_kinds_that_occur_nowhere_fails(arguments: Sequence[str], keeper: Gatekeeper) -> None:
    config = "specs: [net.yaml]\nbudgets:\n  - {kind: linear, max_params: 1k}\n"
    keeper.main({"net.yaml": SPEC, "archcost.yaml": config})
    assert keeper.check(*arguments).failing == {"unused-budget"}


# -- the configuration itself -----------------------------------------------------------------------------


def test_a_configuration_that_is_gone_takes_its_limits_with_it(keeper: Gatekeeper) -> None:
    config = "budgets:\n  - {max_macs: 100k, max_params: 2k}\n"
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": config})
    keeper.change({"archcost.yaml": None, "specs/net.yaml": LARGE})
    found = keeper.check("specs/*.yaml", "--max-macs", "1M", "--against", "main")
    assert found.about("loosened") == [
        "max_params has no limit now, and was 2k at main, for specs/net.yaml, specs/other.yaml"
    ]


def test_a_nearer_configuration_that_comes_is_compared_with_the_one_it_replaces(
    keeper: Gatekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = GROWTH.replace("specs/*", "**/*")
    keeper.main({"specs/net.yaml": SPEC, "specs/gone.yaml": OTHER, "b.yaml": OTHER, "archcost.yaml": config})
    nearer = "specs: [net.yaml]\nagainst: main\nbudgets:\n  - max_macs: +900%\n"
    keeper.change({"specs/net.yaml": LARGE, "specs/archcost.yaml": nearer})
    monkeypatch.chdir("specs")
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    # What lies elsewhere is for the configuration there.
    assert [text.partition(" was")[0] for text in found.about("gone-spec")] == ["gone.yaml"]
    assert "max_macs is +900% now, and was +5% at main, for net.yaml" in found.about("loosened")


def test_specs_that_nobody_lists_are_named_without_a_base_too(keeper: Gatekeeper) -> None:
    config = "specs: ['specs/*.yaml']\nexclude: [specs/drafts/]\nbudgets:\n  - max_macs: 1M\n"
    others = ("specs/net.yml", "specs/deep/net.yaml", "specs/drafts/net.yaml", "elsewhere/net.yaml")
    blocks = {"specs/blocks.yml": "archcost: 1\nblocks: {a: {body: [relu]}}\n", "specs/x.yml": "a: 1\n"}
    keeper.main({"specs/a.yaml": SPEC, "archcost.yaml": config, **dict.fromkeys(others, SPEC), **blocks})
    found = keeper.check()
    assert found.code == 0
    (text,) = found.about("unlisted-spec")
    assert text.startswith(
        "specs/net.yml, specs/deep/net.yaml are specs that no pattern of `specs` matches; "
    )
