"""What a change takes out of the gate is said, in every format."""

from __future__ import annotations

import pytest

from tests.gate.check.gatekeeper import SPEC, Gatekeeper

STRICT = """\
specs: ['specs/*.yaml']
against: main
fail_level: warn
rules: {gridding: error}
budgets:
  - {max_macs: 90k, max_params: 2k, min_coverage: 50%}
  - {block: late, max_params: 1.2k}
  - max_peak: {warn: 7kB, error: 8kB}
  - max_depth: +0
  - {match: specs/net.yaml, min_field: 3}
waivers:
  - {budget: max_buffers, limit: 5, reason: a, owner: b, expires: 2026-12-31}
"""
EXPECTING = SPEC + "    expect: {params: 1152}\n"


def edited(*replaced: tuple[str, str]) -> str:
    text = STRICT
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return text


CHANGES = {
    "a limit is raised": (
        ("90k", "999P"),
        "max_macs is 999P now, and was 90k at main, for specs/b.yaml, specs/net.yaml",
    ),
    "a minimum is lowered": (("min_field: 3", "min_field: 2"), "min_field is 2 now, and was 3 at main"),
    "a share is lowered": (("50%", "5%"), "min_coverage is 5% now, and was 50% at main"),
    "a limit is removed": (("max_macs: 90k, ", ""), "max_macs has no limit now, and was 90k at main"),
    "a budget is removed": (
        ("  - {match: specs/net.yaml, min_field: 3}\n", ""),
        "min_field has no limit now, and was 3 at main",
    ),
    "a budget is for others": (
        ("match: specs/net.yaml, min", "match: specs/b.yaml, min"),
        "min_field has no limit now, and was 3 at main, for specs/net.yaml",
    ),
    "a block's limit is raised": (("1.2k", "1.3k"), "max_params of late is 1.3k now, and was 1.2k at main"),
    "an error becomes a warning": (
        ("max_depth: +0", "max_depth: {warn: +0}"),
        "max_depth only warns now, and +0 was an error at main",
    ),
    "growth is allowed": (("max_depth: +0", "max_depth: +1"), "max_depth is +1 now, and was +0 at main"),
    "a warning comes later": (("warn: 7kB", "warn: 7.5kB"), "max_peak is 7.5kB now, and was 7kB at main"),
    "bytes are smaller": (
        ("specs:", "dtype: int8\nspecs:"),
        "max_peak is 8kB now (int8, and was float32), and was 8kB at main",
    ),
    "a rule is off": (("gridding: error", "gridding: off"), "gridding is off now, and was error at main"),
    "a rule of the gate is off": (
        ("gridding: error", "gridding: error, gone-spec: off"),
        "gone-spec is off now, and was error by default at main",
    ),
    "less fails": (
        ("fail_level: warn", "fail_level: error"),
        "fail_level is error now, and was warn at main",
    ),
    "waivers may hold longer": (
        ("waivers:", "waiver_days: 3000\nwaivers:"),
        "waiver_days is 3000 now, and was 366 at main",
    ),
    "variants are left out": (
        ("specs:", "variants: listed\nspecs:"),
        "variants is listed now, and was all at main",
    ),
    "files are excluded": (
        ("specs:", "exclude: [specs/x.yaml]\nspecs:"),
        "exclude lists specs/x.yaml, and did not",
    ),
    "a waiver comes": (
        (
            "waivers:\n",
            "waivers:\n  - {budget: max_macs, limit: 999P, reason: r, owner: o, expires: 2027-01-31}\n",
        ),
        "max_macs is waived now, and was not at main: up to 999P, by o until 2027-01-31: r",
    ),
    "a waiver holds longer": (
        ("2026-12-31", "2027-06-30"),
        "max_buffers is waived now, and was until 2026-12-31 at main: up to 5, by b until 2027-06-30: a",
    ),
    "a waiver allows more": (
        ("limit: 5", "limit: 6"),
        "max_buffers is waived now, and was up to 5 at main: up to 6, by b until 2026-12-31: a",
    ),
}
FORMATS = ["text", "json", "markdown", "csv", "github", "sarif", "junit"]


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_change_loosened_is_said(name: str, keeper: Gatekeeper) -> None:
    (old, new), message = CHANGES[name]
    files = {"specs/net.yaml": EXPECTING, "specs/b.yaml": EXPECTING, "archcost.yaml": STRICT}
    keeper.main(files)
    keeper.change({"archcost.yaml": edited((old, new))})
    found = keeper.check()
    assert any(message in text for text in found.about("loosened")), found.about("loosened")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["a limit is raised", "a waiver comes", "a rule is off"])
def test_it_is_said_in_every_format(form: str, name: str, keeper: Gatekeeper) -> None:
    (old, new), message = CHANGES[name]
    keeper.main({"specs/net.yaml": EXPECTING, "archcost.yaml": STRICT})
    keeper.change({"archcost.yaml": edited((old, new))})
    out = keeper.run("--format", form, "--quiet").out
    first = message.partition(" now")[0].partition(" by")[0]
    assert first in out.replace("\\", "").replace("\N{ZERO WIDTH SPACE}", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("90k", "89k"),
        ("min_field: 3", "min_field: 4"),
        ("max_depth: +0", "max_depth: -0"),
        ("2026-12-31", "2026-12-01"),
    ],
)
def test_what_is_stricter_is_not_said(old: str, new: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": EXPECTING, "archcost.yaml": STRICT})
    keeper.change({"archcost.yaml": edited((old, new))})
    assert keeper.check().about("loosened") == []


def test_a_limit_that_moved_is_not_said(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": EXPECTING, "archcost.yaml": STRICT})
    moved = edited(
        ("max_macs: 90k, ", ""), ("budgets:\n", "budgets:\n  - {match: 'specs/*', max_macs: 90k}\n")
    )
    keeper.change({"archcost.yaml": moved})
    assert keeper.check().about("loosened") == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (SPEC, "the spec no longer expects params of late, and did at main, for specs/net.yaml"),
        (
            EXPECTING.replace("1152", "11520"),
            "expected params of late is 11520 now, and was 1152 at main, for specs/net.yaml",
        ),
    ],
)
def test_what_a_spec_expects_no_more_is_said(changed: str, message: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": EXPECTING, "archcost.yaml": STRICT})
    keeper.change({"specs/net.yaml": changed})
    assert message in keeper.check().about("loosened")


def test_a_change_cannot_switch_off_what_watches_it(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": EXPECTING, "specs/b.yaml": EXPECTING, "archcost.yaml": STRICT})
    off = "gridding: error, loosened: off, gone-spec: off, lost-budget: off, more-declared: off"
    keeper.change({"specs/b.yaml": None, "archcost.yaml": edited(("gridding: error", off), ("90k", "999P"))})
    found = keeper.check()
    assert found.failing >= {"gone-spec", "loosened"}
    assert "loosened is off now, and was warn by default at main" in found.about("loosened")
    keeper.repository.git("branch", "--force", "main", "HEAD")
    keeper.change({"archcost.yaml": edited(("gridding: error", off), ("90k", "999P"), ("2k", "999P"))})
    assert keeper.check().about("loosened") == []


def test_an_input_that_is_smaller_is_said(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": EXPECTING, "archcost.yaml": STRICT})
    keeper.change({"specs/net.yaml": EXPECTING.replace("[3, 8, 8]", "[3, 8, 4]")})
    assert keeper.check().about("loosened") == [
        "input input is 3×8×4 now, which costs less, and was 3×8×8 at main, for specs/net.yaml"
    ]


@pytest.mark.parametrize(
    ("was", "now", "is_less"),
    [
        ("receptive_field: 5", "receptive_field: 4", True),
        ("receptive_field: [5, 5]", "receptive_field: [5, 4]", True),
        ("receptive_field: 5", "receptive_field: [5, 4]", True),
        ("receptive_field: [5, 9]", "receptive_field: 5", True),
        ("receptive_field: 5", "receptive_field: [5, 6]", False),
        ("receptive_field: 5", "receptive_field: 6", False),
        ("coverage: 1", "coverage: 0.5", True),
        ("coverage: 0.5", "coverage: 1", False),
        ("macs: 73728", "macs: 73729", True),
        ("macs: 73728", "macs: 73727", False),
        ("params: 1152", "params: 1.2k", True),  # anything up to 1,250
        ("params: 1.2k", "params: 1152", False),
        ("shape: [16, 8, 8]", "shape: [32, 8, 8]", False),  # another network, and no limit
    ],
)
def test_an_expectation_that_allows_more_is_said(
    was: str, now: str, is_less: bool, keeper: Gatekeeper
) -> None:
    keeper.main({"specs/net.yaml": f"{SPEC}    expect: {{{was}}}\n", "archcost.yaml": STRICT})
    keeper.change({"specs/net.yaml": f"{SPEC}    expect: {{{now}}}\n"})
    what, _, text = now.partition(": ")
    said = [
        one
        for one in keeper.check().about("loosened")
        if one.startswith(f"expected {what} of late is {text} now")
    ]
    assert len(said) == int(is_less)


@pytest.mark.parametrize(
    ("key", "was", "now", "is_more"),
    [
        ("max_peak", "7kB", "7kB", False),
        ("max_peak", "7kB", "8kB", True),
        ("max_peak", "7kB", "6kB", False),
        ("max_peak", "7kB", "1k", True),  # elements of any size
        ("min_field", "3", "3", False),
        ("min_field", "3", "2", True),
        ("min_field", "3", "4", False),
    ],
)
def test_a_waiver_that_allows_more_is_said(
    key: str, was: str, now: str, is_more: bool, keeper: Gatekeeper
) -> None:
    waiver = "  - {budget: %s, limit: %s, reason: r, owner: o, expires: 2026-12-31}\n"
    keeper.main({"specs/net.yaml": EXPECTING, "archcost.yaml": STRICT + waiver % (key, was)})
    keeper.change({"specs/net.yaml": EXPECTING + "# now\n", "archcost.yaml": STRICT + waiver % (key, now)})
    said = [f"{key} is waived now, and was up to {was} at main: up to {now}, by o until 2026-12-31: r"]
    assert keeper.check().about("loosened") == said * is_more


BASED = (
    "specs: [net.yaml]\nagainst: main\nbaseline: known.txt\nbudgets:\n  - {max_macs: 1k, max_params: 10}\n"
)


def test_a_baseline_that_was_rewritten_upward_is_said(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC, "archcost.yaml": BASED, "known.txt": ""})
    keeper.run("--write-baseline")
    keeper.repository.save()
    new = "the baseline accepts 2 complaints that it did not accept at main: "
    assert [text for text in keeper.check().about("loosened") if text.startswith(new)]
    keeper.repository.git("branch", "--force", "main", "HEAD")
    assert keeper.check().about("loosened") == []
    keeper.change({"net.yaml": SPEC.replace("width: 8", "width: 9")})
    keeper.run("--write-baseline")
    worse = "the baseline accepts 2 complaints with a worse number than it did at main: "
    assert [text for text in keeper.check().about("loosened") if text.startswith(worse)]


def test_a_base_that_is_itself_no_configuration_by_now_is_said(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC, "archcost.yaml": "budgets: [{max_mac: 1}]\n"})
    keeper.change({"archcost.yaml": "specs: [net.yaml]\nagainst: main\nbudgets:\n  - max_macs: +0\n"})
    (text,) = keeper.check().about("loosened")
    assert text.startswith(
        "what this change loosened cannot be told: main:archcost.yaml:1:12: unknown key 'max_mac'"
    )


@pytest.mark.parametrize(
    ("expires", "days", "fails"),
    [
        ("9999-12-31", "", True),
        ("2027-11-24", "", True),
        ("2027-11-23", "", False),
        ("2026-12-23", "waiver_days: 30\n", True),
        ("2026-12-22", "waiver_days: 30\n", False),
    ],
)
def test_a_waiver_has_a_longest_age(expires: str, days: str, fails: bool, keeper: Gatekeeper) -> None:
    waiver = f"{{budget: max_macs, limit: 999P, reason: a, owner: b, expires: {expires}}}"
    config = f"specs: [net.yaml]\n{days}budgets:\n  - max_macs: 1k\nwaivers:\n  - {waiver}\n"
    keeper.main({"net.yaml": SPEC, "archcost.yaml": config})
    found = keeper.check()
    assert found.failing == ({"long-waiver", "budget"} if fails else set())
    assert len(found.about("long-waiver")) == int(fails)


@pytest.mark.parametrize("days", ["0", "-1", "3661", "1.5", "yes", "'366'", "forever", "1e9"])
def test_no_waiver_holds_for_ever(days: str, keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC, "archcost.yaml": f"specs: [net.yaml]\nwaiver_days: {days}\n"})
    found = keeper.run()
    assert found.code == 2
    assert "it must be a whole number of days, from 1 to 3660" in found.err
