"""Where a complaint stands: at what made the network what it is, if that is known."""

from __future__ import annotations

import pytest

from tests.gate.check.gatekeeper import GROWTH, SPEC, VARIANTS, Gatekeeper

INCLUDING = """\
archcost: 1
name: net
include: [parts/a.yaml]
input: [3, 8, 8]
layers:
  - a
"""
PART = "archcost: 1\nblocks:\n  a:\n    body:\n      - conv: {out_channels: %d, kernel_size: 3}\n"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ((SPEC, "width: 8", "width: 9"), ("specs/net.yaml", 3, 8)),
        ((SPEC, "out_channels: 16", "out_channels: 32"), ("specs/net.yaml", 9, 9)),
        ((SPEC, "[3, 8, 8]", "[3, 16, 16]"), ("specs/net.yaml", 4, 1)),
        ((VARIANTS, "wide: {width: 16}", "wide: {width: 17}"), ("specs/net.yaml", 4, 19)),
    ],
)
@pytest.mark.parametrize("limits", ["+5%", "[+5%, 1k]"])
def test_a_broken_limit_stands_at_its_cause(
    change: tuple[str, str, str], place: tuple[str, int, int], limits: str, keeper: Gatekeeper
) -> None:
    before, old, new = change
    keeper.main({"specs/net.yaml": before, "archcost.yaml": GROWTH.replace("+5%", limits)})
    keeper.change({"specs/net.yaml": before.replace(old, new)})
    complaints = keeper.check().complaints
    found = [one for one in complaints if one["details"].get("limit", "").startswith("max_macs: +5%")]
    assert [(one["file"], one["line"], one["column"]) for one in found] == [place]
    annotations = keeper.run("--format", "github").out
    assert f"file=specs/net.yaml,line={place[1]},col={place[2]}," in annotations


def test_a_cause_in_a_file_that_is_included_says_of_which_network(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": INCLUDING, "specs/parts/a.yaml": PART % 8, "archcost.yaml": GROWTH})
    keeper.change({"specs/parts/a.yaml": PART % 9})
    (found,) = [one for one in keeper.check().complaints if one["rule"] == "budget"]
    assert (found["file"], found["line"]) == ("specs/parts/a.yaml", 5)
    assert found["message"].startswith("specs/net.yaml: MACs are 8.748 k")


def test_without_a_base_it_stands_at_the_beginning(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC})
    (found,) = keeper.check("net.yaml", "--max-macs", "1").complaints
    assert (found["file"], found["line"], found["column"]) == ("net.yaml", 1, 1)


def test_a_branch_that_is_behind_says_with_what_to_compare(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH})
    keeper.change({"README": "nothing"})
    keeper.repository.git("switch", "--quiet", "main")
    keeper.repository.commit({"specs/net.yaml": SPEC.replace("width: 8", "width: 4")})
    keeper.repository.git("switch", "--quiet", "change")
    (found,) = [one for one in keeper.check().complaints if one["fails"]]
    assert found["details"]["branch"] == "main has commits that are not here; main... is where the two parted"
    assert keeper.check("--against", "main...").code == 0
