"""A complaint about the gate itself has one name, whatever numbers and revisions its message has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gate.check.gatekeeper import GROWTH, SPEC

if TYPE_CHECKING:
    from tests.gate.check.gatekeeper import Ended, Gatekeeper

CONV = "- conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}\n"
MOVED = SPEC.replace("      - conv: {out", "      - relu\n  - conv: {out").replace("width: 8", "width: 9")
OF_A_BLOCK = "specs: ['specs/*.yaml']\nagainst: main\nbudgets:\n  - {block: late, max_params: 2k}\n"
WAIVED = (
    f"{GROWTH}waivers:\n"
    "  - {budget: max_macs, limit: 1G, reason: now, owner: '@us', expires: 2026-12-01}\n"
    "  - {rule: gridding, reason: later, owner: '@us', expires: 2026-11-20}\n"
)

SAME: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "a cost that moved, and then more of it": (
        "moved-cost",
        {"archcost.yaml": OF_A_BLOCK, "specs/net.yaml": MOVED},
        {"archcost.yaml": OF_A_BLOCK, "specs/net.yaml": MOVED.replace("width: 9", "width: 12")},
    ),
    "a spec that is new, and a word in its message that is not": (
        "no-base-yet",
        {"specs/new.yaml": SPEC},
        {"specs/new.yaml": SPEC, "archcost.yaml": GROWTH.replace("+5%", "1G")},
    ),
    "a limit that is looser, and then more": (
        "loosened",
        {"archcost.yaml": GROWTH.replace("+5%", "+7%")},
        {"archcost.yaml": GROWTH.replace("+5%", "+9%")},
    ),
    "a level that is milder, and then off": (
        "loosened",
        {"archcost.yaml": f"{GROWTH}rules: {{missing-base: warn}}\n"},
        {"archcost.yaml": f"{GROWTH}rules: {{missing-base: 'off'}}\n"},
    ),
    "a waiver that ended, and is moved down in its file": (
        "expired-waiver",
        {"archcost.yaml": WAIVED},
        {"archcost.yaml": "# Agreed upon.\n" + WAIVED.replace("later", "by and by")},
    ),
    "specs that are not listed, and one more": (
        "unlisted-spec",
        {"specs/a.yml": SPEC},
        {"specs/a.yml": SPEC, "specs/b.yml": SPEC},
    ),
}


def named(ended: Ended, rule: str) -> list[str]:
    found = [one["fingerprint"] for one in ended.complaints if one["rule"] == rule]
    assert found, ended.out
    return found


@pytest.mark.parametrize(("rule", "first", "then"), SAME.values(), ids=SAME)
def test_the_same_complaint_keeps_its_name(
    rule: str, first: dict[str, str], then: dict[str, str], keeper: Gatekeeper
) -> None:
    keeper.main({"archcost.yaml": GROWTH, "specs/net.yaml": SPEC})
    keeper.change(first)
    before = keeper.check()
    keeper.change(then)
    after = keeper.check()
    assert named(after, rule) == named(before, rule)
    assert after.out != before.out


def test_a_base_that_is_not_there_is_one_complaint_by_whatever_name(keeper: Gatekeeper) -> None:
    keeper.main({"archcost.yaml": GROWTH, "specs/net.yaml": SPEC})
    first, other = (keeper.check("--against", ref) for ref in ("v1", "v2"))
    assert named(first, "missing-base") == named(other, "missing-base")
    assert first.about("missing-base") != other.about("missing-base")


def test_the_name_is_the_same_from_any_folder(keeper: Gatekeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper.main({"archcost.yaml": GROWTH, "specs/net.yaml": SPEC})
    keeper.change({"archcost.yaml": GROWTH.replace("+5%", "+7%")})
    here = named(keeper.check(), "loosened")
    monkeypatch.chdir(Path("specs"))
    assert named(keeper.check(), "loosened") == here


def test_other_complaints_have_other_names(keeper: Gatekeeper) -> None:
    keeper.main({"archcost.yaml": GROWTH, "specs/net.yaml": SPEC})
    rules = "rules: {missing-base: warn, gridding: 'off', no-base-yet: 'off'}\n"
    unused = "  - {match: no/*.yaml, max_params: 1G}\n  - {block: nowhere, max_params: 1G}\n"
    keeper.change(
        {
            "archcost.yaml": GROWTH.replace("+5%", "+7%") + unused + rules + WAIVED.removeprefix(GROWTH),
            "specs/new.yaml": SPEC,
        }
    )
    found = keeper.check().complaints
    assert len(found) > 6
    assert len({one["fingerprint"] for one in found}) == len(found)
