"""More ways for a change to hide what it does. Each was green, or unsaid, when it was first tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gate.check.gatekeeper import GROWTH, LARGE, SPEC, VARIANTS, Gatekeeper
from tests.scratch_repository import Repo, run_git

if TYPE_CHECKING:
    from pathlib import Path

OTHER = SPEC.replace("name: net", "name: other")
LIMITED = GROWTH.replace("+5%", "[100k, +5%]")
RAISED = LIMITED.replace("100k", "999P")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (
            "{image: [3, 8, 4]}",
            ["input image (which was input) is 3×8×4 now, which costs less, and was 3×8×8"],
        ),
        ("[3, 8, 4]", ["input input is 3×8×4 now, which costs less, and was 3×8×8"]),
        ("{image: [3, 8, 8]}", []),
    ],
)
def test_an_input_that_is_smaller_and_has_another_name_is_said(
    inputs: str, said: list[str], keeper: Gatekeeper
) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH})
    keeper.change({"specs/net.yaml": SPEC.replace("input: [3, 8, 8]", f"input: {inputs}")})
    assert keeper.check().about("loosened") == [f"{text} at main, for specs/net.yaml" for text in said]


def test_an_input_that_is_still_there_is_not_compared_with_one_that_took_its_place(
    keeper: Gatekeeper,
) -> None:
    two = "archcost: 1\nname: two\ninput: {%s}\nlayers:\n"
    layers = "".join(f"  - {{name: {name}, from: {name}_in, global_avg_pool: {{}}}}\n" for name in "ab")
    text = two % "a_in: [3, 8, 4], b_in: [3, 8, 8]" + layers + "  - {add: {}, from: [a, b]}\n"
    swapped = text.replace("a_in: [3, 8, 4], b_in: [3, 8, 8]", "b_in: [3, 8, 8], c_in: [3, 8, 4]")
    keeper.main({"specs/net.yaml": text, "archcost.yaml": GROWTH.replace("max_macs", "max_additions")})
    keeper.change({"specs/net.yaml": swapped.replace("from: a_in", "from: c_in")})
    assert keeper.check().about("loosened") == []


def test_a_change_that_fails_less_still_fails_for_what_it_loosens(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": f"fail_level: warn\n{LIMITED}"})
    keeper.change({"archcost.yaml": f"fail_level: error\n{RAISED}"})
    found = keeper.check()
    assert (found.code, found.failing) == (1, {"loosened"})
    keeper.repository.git("branch", "--force", "main", "HEAD")
    assert keeper.check().code == 0


def test_a_base_that_could_not_be_checked_is_compared_with_all_the_same(keeper: Gatekeeper) -> None:
    """A pattern there meant blocks alone: a check of the base ended with 3."""
    config = GROWTH.replace("'specs/*.yaml'", "'specs/*.yaml', 'lib/*.yaml'")
    blocks = "archcost: 1\nblocks: {a: {body: [relu]}}\n"
    files = {"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "lib/a.yaml": blocks}
    keeper.main({**files, "archcost.yaml": config})
    assert keeper.run().code == 3
    keeper.change({"specs/other.yaml": None, "archcost.yaml": GROWTH.replace("+5%", "+900%")})
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    assert found.about("loosened") == ["max_macs is +900% now, and was +5% at main, for specs/net.yaml"]


def test_many_warnings_hide_none_about_the_gate_from_github(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": LIMITED})
    names = ", ".join(f"unused_{i}: 1" for i in range(30))
    keeper.change({"specs/net.yaml": SPEC.replace("width: 8", f"width: 8, {names}"), "archcost.yaml": RAISED})
    found = keeper.run("--format", "github")
    shown = [line for line in found.out.splitlines() if line.startswith("::warning ")]
    assert len(shown) == 10
    assert "max_macs is 999P now, and was 100k at main" in shown[0]


@pytest.mark.parametrize("arguments", [(), ("inner/*.yaml", "--max-macs", "+5%", "--against", "main")])
def test_another_commit_of_a_submodule_is_not_compared_with_itself(
    arguments: tuple[str, ...], tmp_path: Path, keeper: Gatekeeper
) -> None:
    inner = Repo(tmp_path / "inner")
    inner.commit({"net.yaml": SPEC})
    keeper.repository.git("submodule", "add", "--quiet", str(inner.folder), "inner")
    keeper.main({"archcost.yaml": GROWTH.replace("specs/*", "inner/*")} if not arguments else {"README": ""})
    # The submodule has a main branch of its own, which has what the change brings.
    (keeper.repository.folder / "inner" / "net.yaml").write_text(LARGE, "utf-8")
    run_git(keeper.repository.folder / "inner", "commit", "--quiet", "--all", "--message=larger")
    keeper.change({})
    found = keeper.check(*arguments)
    assert found.failing == {"missing-base"}
    assert "'inner' is a submodule" in found.about("missing-base")[0]


def test_a_spec_that_is_gone_is_missed_in_a_clone_that_lacks_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    keeper.repository.git("config", "uploadpack.allowFilter", "true")
    config = GROWTH.replace("main", "origin/main")
    # Written so that its text would have to be read to know that it is a spec.
    odd = (
        "{archcost: 1, name: net, input: [3, 8, 8], layers: [relu, conv: {out_channels: 8, kernel_size: 3}]}"
    )
    keeper.main({"specs/net.yaml": odd, "specs/other.yaml": OTHER, "archcost.yaml": config})
    keeper.change({"specs/net.yaml": None})
    clone = tmp_path / "clone"
    source = f"file://{keeper.repository.folder}"
    run_git(tmp_path, "clone", "--quiet", "--filter=blob:none", "--branch=change", source, str(clone))
    monkeypatch.chdir(clone)
    assert keeper.check().failing == {"gone-spec"}


def test_a_file_that_is_called_like_a_variant_does_not_stand_for_it(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": VARIANTS, "archcost.yaml": GROWTH.replace("*.yaml", "*")})
    keeper.change({"specs/net.yaml": SPEC, "specs/net.yaml (wide)": SPEC})
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    assert len(found.about("gone-spec")) == 2


def test_what_a_baseline_accepted_of_one_change_it_does_not_accept_of_the_next(keeper: Gatekeeper) -> None:
    declared = SPEC + "      - {name: head, custom: {shape: [16, 8, 8], macs: %d, reason: secret}}\n"
    config = f"baseline: known.txt\n{GROWTH}"
    keeper.main({"specs/net.yaml": declared % 900, "archcost.yaml": config, "known.txt": ""})
    keeper.change({"specs/net.yaml": declared % 800})
    assert keeper.check().failing == {"more-declared"}
    keeper.run("--write-baseline")
    keeper.repository.save()
    keeper.repository.git("branch", "--force", "main", "HEAD")
    keeper.change({"specs/net.yaml": declared % 0})
    assert keeper.check().failing == {"more-declared"}
