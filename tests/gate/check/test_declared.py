"""What is declared is listed, and what is declared in place of what was derived fails."""

from __future__ import annotations

import pytest

from tests.gate.check.gatekeeper import LARGE, SPEC, Gatekeeper

HEAD = "archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n"
CUSTOM = "  - custom: {shape: [16, 8, 8], macs: %s, params: %s, reason: a kernel of ours}\n"
CONV = "  - conv: {out_channels: 8, kernel_size: 3, padding: 1, bias: false}\n"
MIXED = HEAD + CONV + CUSTOM
CONFIG = "specs: [net.yaml]\nagainst: main\nbudgets:\n  - {max_macs: [1M, +5%], max_params: [1M, +5%]}\n"
FORMATS = ["text", "json", "markdown", "csv", "github", "sarif", "junit"]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_declared_is_listed_in_every_format(form: str, keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": MIXED % (5, 7), "archcost.yaml": CONFIG})
    found = keeper.run("--format", form)
    assert found.code == 0
    assert "a layer is declared, not derived: 7 parameters and 5 MACs" in found.out
    assert "a kernel of ours" in found.out


def test_it_has_a_level_of_its_own(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": MIXED % (5, 7), "archcost.yaml": CONFIG})
    report = keeper.check().report
    assert [one["declared"]["macs"] for one in report["specs"][0]["declared"]] == [5]
    assert [(one["rule"], one["level"], one["line"]) for one in report["specs"][0]["complaints"]] == [
        ("declared", "info", 6)
    ]
    keeper.change({"archcost.yaml": CONFIG + "rules: {declared: error}\n"})
    assert keeper.check().failing == {"declared"}
    waiver = "{rule: declared, reason: measured, owner: '@a', expires: 2027-01-01}"
    keeper.change({"archcost.yaml": CONFIG + f"rules: {{declared: error}}\nwaivers:\n  - {waiver}\n"})
    assert keeper.check().code == 0


def test_layers_of_one_item_are_one_line(keeper: Gatekeeper) -> None:
    repeated = "  - repeat: 30\n    body:\n    " + (CUSTOM % (0, 0)).replace("  -", "  -")
    keeper.main({"net.yaml": HEAD + CONV + repeated, "archcost.yaml": CONFIG})
    (text,) = keeper.check().about("declared")
    assert text.startswith("30 layers are declared, not derived (")
    assert text.endswith("): 0 parameters and 0 MACs each (a kernel of ours)")


@pytest.mark.parametrize("against", ["main", ""])
def test_a_network_that_one_custom_layer_replaced_fails(against: str, keeper: Gatekeeper) -> None:
    config = CONFIG if against else CONFIG.replace("against: main\n", "").replace(", +5%", "")
    keeper.main({"net.yaml": SPEC, "archcost.yaml": config})
    keeper.change({"net.yaml": HEAD + CUSTOM % (0, 0)})
    found = keeper.check()
    assert found.failing == ({"more-declared", "hollow-network"} if against else {"hollow-network"})
    if against:
        less = "while what is derived went from 87.55 k to 0 MACs and from 1.368 k to 0 parameters"
        assert found.about("more-declared") == [f"custom is a declared layer that main does not have, {less}"]


@pytest.mark.parametrize(
    "changed",
    [
        HEAD + CONV + CUSTOM % (0, 0),  # a part of it
        LARGE + CUSTOM % (0, 0),  # and something else grows
        SPEC + CUSTOM % (10**5, 10**3),
    ],
)
def test_more_of_a_network_is_declared(changed: str, keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC, "archcost.yaml": CONFIG})
    keeper.change({"net.yaml": changed})
    assert "more-declared" in keeper.check().failing


@pytest.mark.parametrize(
    ("macs", "params", "fails"), [(4, 7, True), (5, 6, True), (5, 7, False), (5, 8, False)]
)
def test_a_layer_is_declared_to_cost_less(macs: int, params: int, fails: bool, keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": MIXED % (5, 7), "archcost.yaml": CONFIG})
    keeper.change({"net.yaml": MIXED % (macs, params)})
    assert ("more-declared" in keeper.check().failing) is fails


def test_a_declared_layer_may_have_another_name(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": MIXED % (5, 7), "archcost.yaml": CONFIG})
    keeper.change({"net.yaml": MIXED % (5, 7) + "    name: ours\n"})
    assert keeper.check().code == 0


@pytest.mark.parametrize(
    "layers",
    [
        "  - conv: {out_channels: 8, kernel_size: 3}\n    when: $(width > 100)\n",
        "  - identity\n",
        "  - reshape: {shape: [3, 64]}\n",
    ],
)
def test_a_network_that_costs_nothing_fails(layers: str, keeper: Gatekeeper) -> None:
    head = HEAD.replace("input:", "vars: {width: 8}\ninput:")
    keeper.main({"net.yaml": head + layers, "archcost.yaml": CONFIG})
    found = keeper.check()
    assert "hollow-network" in found.failing
