"""What is recommended would pass: a variant has limits of its own."""

from __future__ import annotations

import pytest

from tests.gate.check.gatekeeper import SPEC, Gatekeeper

VARIANTS = SPEC.replace("input:", "variants: {slim: {width: 4}, slimmer: {width: 2}}\ninput:")
"""171 parameters for each channel in between: 1,368 as it stands, 684 and 342."""

SAID = {"slim": "variant slim: 684", "slimmer": "variant slimmer: 342"}


@pytest.mark.parametrize(
    ("others", "named"),
    [
        ("", "slim"),
        ("  - {variant: slim, max_params: 684}\n", "slim"),
        ("  - {variant: slim, max_params: 683}\n", "slimmer"),
        ("  - {variant: slim, max_params: {warn: 683}}\n", "slim"),
        ("  - {variant: slim, min_field: 6}\n", "slimmer"),
        ("  - {variant: slim, block: late, max_params: 575}\n", "slimmer"),  # 9·16 for each of the 4
        ("  - {variant: slim, max_macs: +0}\n", "slim"),
        ("  - {variant: slim, max_macs: -1}\n", "slimmer"),
        ("  - {variant: [slim, slimmer], max_params: 300}\n", None),
    ],
)
def test_a_variant_that_is_over_a_limit_of_its_own_is_not_recommended(
    others: str, named: str | None, keeper: Gatekeeper
) -> None:
    config = f"specs: [net.yaml]\nagainst: main\nbudgets:\n  - {{variant: '', max_params: 1k}}\n{others}"
    keeper.main({"net.yaml": VARIANTS, "archcost.yaml": config})
    (plain,) = [one for one in keeper.complaints_at("net.yaml") if "1.368 k" in one["message"]]
    helps = plain["details"].get("helps", "")
    assert [name for name, text in SAID.items() if text in helps] == ([named] if named else [])


def test_a_variant_that_fails_by_a_finding_is_not_recommended(keeper: Gatekeeper) -> None:
    expecting = VARIANTS.replace(
        "  - name: late", "    expect: {shape: [$(width - width % 8), 8, 8]}\n  - name: late"
    )
    config = "specs: [net.yaml]\nbudgets:\n  - {variant: '', max_params: 1k}\n"
    for rules, is_named in (("", False), ("rules: {expectation: off}\n", True)):
        keeper.change({"net.yaml": expecting, "archcost.yaml": config + rules})
        (plain,) = [one for one in keeper.complaints_at("net.yaml") if "1.368 k" in one["message"]]
        assert ("variant" in plain["details"].get("helps", "")) == is_named


def test_a_variant_whose_limit_waits_for_a_base_is_recommended(keeper: Gatekeeper) -> None:
    config = (
        "specs: [net.yaml]\nbudgets:\n  - {variant: '', max_params: 1k}\n  - {variant: slim, max_macs: +0}\n"
    )
    keeper.change({"net.yaml": VARIANTS, "archcost.yaml": config})
    (plain,) = [one for one in keeper.complaints_at("net.yaml") if "1.368 k" in one["message"]]
    assert SAID["slim"] in plain["details"]["helps"]
