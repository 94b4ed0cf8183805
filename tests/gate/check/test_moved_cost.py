"""Costs that leave what is limited, while the network that has no limit of its own costs more."""

from __future__ import annotations

import pytest

from tests.gate.check.gatekeeper import SPEC, Gatekeeper

BUDGETS = "specs: ['specs/*.yaml']\nagainst: main\nbudgets:\n  - {block: late, max_params: 2k}\n"

CONV = "- conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}\n"
assert SPEC.endswith(f"  - name: late\n    body:\n      {CONV}")
"""216 parameters in front, and 1,152 in the block `late`."""

MOVED = SPEC.replace("      - conv: {out", "      - relu\n  - conv: {out").replace("width: 8", "width: 9")
"""All of the block's costs behind it, and 27 + 144 parameters more."""


@pytest.mark.parametrize(
    ("limit", "part"),
    [
        ("block: late, max_params: 2k", "late"),
        ("block: la*, max_params: +0", "la*"),
    ],
)
def test_what_left_a_block_is_said_with_all_four_numbers(limit: str, part: str, keeper: Gatekeeper) -> None:
    keeper.main(
        {"specs/net.yaml": SPEC, "archcost.yaml": BUDGETS.replace("block: late, max_params: 2k", limit)}
    )
    keeper.change({"specs/net.yaml": MOVED})
    found = keeper.check()
    (text,) = found.about("moved-cost")
    assert text == (
        f"parameters of {part} in specs/net.yaml: 0, and 1.152 k at main; "
        "of the whole network: 1.539 k, and 1.368 k; no max_params holds for what grew"
    )
    assert found.code == 0
    (one,) = (one for one in found.complaints if one["rule"] == "moved-cost")
    assert (one["file"], one["line"], one["level"]) == ("archcost.yaml", 4, "warn")


def test_of_a_kind_what_became_another_kind_is_said(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": BUDGETS.replace("block: late", "kind: conv")})
    transposed = SPEC.replace(CONV, CONV.replace("conv", "conv_transpose"))
    keeper.change({"specs/net.yaml": transposed})
    assert keeper.check().about("moved-cost") == []  # as many parameters as before
    keeper.change({"specs/net.yaml": transposed.replace("width: 8", "width: 9")})
    (text,) = keeper.check().about("moved-cost")
    assert text.startswith("parameters of all conv layers in specs/net.yaml: 243, and 1.368 k at main; of ")


def test_a_block_within_a_block_counts_once(keeper: Gatekeeper) -> None:
    nested = SPEC.replace("  - name: late\n", "  - name: late\n    body:\n      - name: late\n").replace(
        "    body:\n      - conv: {out", "        body:\n          - conv: {out"
    )
    keeper.main({"specs/net.yaml": nested, "archcost.yaml": BUDGETS.replace("late", "late*")})
    keeper.change({"specs/net.yaml": MOVED})
    (text,) = keeper.check().about("moved-cost")
    assert text.startswith("parameters of late* in specs/net.yaml: 0, and 1.152 k at main; of ")


@pytest.mark.parametrize(
    ("config", "spec"),
    [
        (BUDGETS + "  - max_params: 10k\n", MOVED),
        (BUDGETS, MOVED.replace("width: 9", "width: 1")),
        (BUDGETS, SPEC),
        (BUDGETS, SPEC.replace("width: 8", "width: 9")),
        (BUDGETS + "rules: {moved-cost: off}\n", MOVED),
    ],
    ids=["the network has a limit", "the network costs less", "nothing moved", "all of it grew", "off"],
)
def test_otherwise_nothing_is_said(config: str, spec: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": config})
    keeper.change({"specs/net.yaml": spec, "README": "now"})
    found = keeper.check()
    assert (found.code, found.about("moved-cost")) == (0, [])


def test_somebody_may_answer_for_it(keeper: Gatekeeper) -> None:
    waiver = (
        "waivers:\n  - {rule: moved-cost, match: specs/net.yaml, reason: a, owner: b, expires: 2026-12-01}\n"
    )
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": BUDGETS + "fail_level: warn\n" + waiver})
    keeper.change({"specs/net.yaml": MOVED})
    found = keeper.check()
    (one,) = (one for one in found.complaints if one["rule"] == "moved-cost")
    assert (one["state"], one["fails"]) == ("waived", False)


def test_a_change_cannot_switch_it_off_for_itself(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": BUDGETS + "rules: {moved-cost: error}\n"})
    keeper.change({"specs/net.yaml": MOVED, "archcost.yaml": BUDGETS + "rules: {moved-cost: off}\n"})
    assert "moved-cost" in keeper.check().failing
