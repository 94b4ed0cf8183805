"""A change that names its own base would be compared with itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gate.check.gatekeeper import GROWTH, LARGE, SPEC, Gatekeeper
from tests.scratch_repository import run_git

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ["text", "json", "markdown", "csv", "github", "sarif", "junit"]
OTHER = SPEC.replace("name: net", "name: other")
ABSOLUTE = GROWTH.replace("against: main\n", "").replace("+5%", "999P")


def grown(keeper: Gatekeeper, against: str) -> None:
    """A change of three commits: another base, a network ten times as large, and something harmless."""
    config = GROWTH.replace("against: main\n", against)
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    keeper.change({"archcost.yaml": config, "specs/net.yaml": LARGE})
    keeper.repository.git("tag", "mine")
    keeper.change({"README": "more"})


def plain(text: str) -> str:
    """A text without what Markdown has between its letters."""
    return text.replace("\\", "").replace("\N{ZERO WIDTH SPACE}", "")


@pytest.mark.parametrize(
    "against",
    ["HEAD", "HEAD~1", "@", "@^", "HEAD...", "change", "change~1", "mine", "mine...", ":/more", "main~0"],
)
def test_a_base_that_the_change_itself_names_does_not_count(against: str, keeper: Gatekeeper) -> None:
    grown(keeper, f"against: '{against}'\n")
    found = keeper.check()
    assert found.failing == {"budget"}
    assert found.report["against"]["ref"] == "main"
    (text,) = found.about("loosened")
    assert text.startswith(
        f"against is {against} now, and was main at main; main is what this is compared with"
    )


def test_a_base_that_is_not_named_any_more_counts_still(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    keeper.change({"archcost.yaml": ABSOLUTE, "specs/net.yaml": LARGE, "specs/other.yaml": None})
    found = keeper.check()
    assert found.failing == {"gone-spec"}
    assert {text.partition(" now")[0] for text in found.about("loosened")} == {
        "against is left out",
        "max_macs has no limit",
    }


def test_a_configuration_of_another_name_replaces_none(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "specs/other.yaml": OTHER, "archcost.yaml": GROWTH})
    mine = "specs: [specs/net.yaml]\nbudgets:\n  - max_macs: 999P\n"
    keeper.change({"mine.yaml": mine, "specs/net.yaml": LARGE})
    found = keeper.check("--config", "mine.yaml")
    assert (found.code, found.about("loosened"), found.about("gone-spec")) == (0, [], [])
    # Its own past counts, of course.
    keeper.repository.git("branch", "--force", "main", "HEAD")
    keeper.change({"mine.yaml": f"against: main\n{mine}"})
    keeper.repository.git("branch", "--force", "main", "HEAD")
    keeper.change({"mine.yaml": mine})
    assert keeper.check("--config", "mine.yaml").about("loosened")[0].startswith("against is left out now")


@pytest.mark.parametrize("form", FORMATS)
def test_it_is_said_in_every_format(form: str, keeper: Gatekeeper) -> None:
    grown(keeper, "against: HEAD~1\n")
    out = plain(keeper.run("--format", form, "--quiet").out)
    assert "against is HEAD~1 now, and was main at main; main is what this is compared with" in out


def test_another_base_counts_once_the_default_branch_has_it(keeper: Gatekeeper) -> None:
    grown(keeper, "against: mine\n")
    keeper.repository.git("branch", "--force", "main", "HEAD")
    keeper.change({"README": "most"})
    found = keeper.check()
    assert (found.code, found.about("loosened"), found.about("moving-base")) == (0, [], [])
    assert found.report["against"]["ref"] == "mine"


def test_what_the_command_names_counts_as_it_is(keeper: Gatekeeper) -> None:
    grown(keeper, "against: HEAD~1\n")
    found = keeper.check("--against", "HEAD~1")
    assert (found.code, found.about("loosened"), found.about("moving-base")) == (0, [], [])


def test_a_base_that_is_not_here_is_said_and_the_named_one_is_compared_with(keeper: Gatekeeper) -> None:
    old = GROWTH.replace("main", "trunk")
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": old})
    keeper.change({"archcost.yaml": GROWTH, "specs/net.yaml": LARGE})
    found = keeper.check()
    assert found.failing == {"budget"}
    (text,) = found.about("loosened")
    assert text.startswith(
        "against is main now, and was trunk at main, which cannot be compared with: trunk: "
    )


@pytest.mark.parametrize("form", FORMATS)
def test_a_base_that_moves_with_every_commit_is_said_in_every_format(form: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH.replace("main", "HEAD~1")})
    keeper.change({"README": "now"})
    found = keeper.run("--format", form, "--quiet")
    assert found.code == 0
    assert "against is HEAD~1, which moves with every commit" in plain(found.out)


@pytest.mark.parametrize("against", ["HEAD", "HEAD~1", "HEAD^1", "HEAD...", "@", "@~1", "@{-1}", ":/step"])
def test_every_name_that_moves_with_every_commit_is_called_so(against: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH.replace("main", f"'{against}'")})
    keeper.change({"README": "now"})
    assert len(keeper.check().about("moving-base")) == 1


@pytest.mark.parametrize(("old", "is_there"), [("HEAD~1", True), ("trunk", False)])
def test_the_base_that_counts_in_the_end_is_the_one_that_must_not_move(
    old: str, is_there: bool, keeper: Gatekeeper
) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH.replace("main", old)})
    keeper.change({"archcost.yaml": GROWTH.replace("main", "main" if is_there else "HEAD~1")})
    found = keeper.check()
    assert (len(found.about("loosened")), len(found.about("moving-base"))) == (1, 1)


@pytest.mark.parametrize("against", ["HEADS", "main", "@origin", "main@{0}", "x:/y"])
def test_a_base_that_stays_is_not_called_moving(against: str, keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH.replace("main", f"'{against}'")})
    assert keeper.check().about("moving-base") == []


def test_a_change_cannot_call_a_moving_base_harmless(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH.replace("main", "HEAD~1")})
    keeper.change({"archcost.yaml": GROWTH.replace("main", "HEAD~1") + "rules: {moving-base: off}\n"})
    assert len(keeper.check().about("moving-base")) == 1


@pytest.mark.parametrize(
    ("default", "is_told"),
    [("main", True), ("master", True), ("trunk", True), ("main", False), ("master", False)],
)
def test_the_default_branch_of_a_clone_is_the_one_of_its_origin(
    default: str, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    ours = GROWTH.replace("main", f"origin/{default}")
    keeper.repository.git("branch", "--move", default)
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": ours})
    # Of a name that is usual for one, but it is no default branch here.
    keeper.repository.git("switch", "--quiet", "--create", "other/main")
    keeper.change({"specs/net.yaml": LARGE, "archcost.yaml": GROWTH.replace("main", "HEAD")})
    keeper.repository.git("switch", "--quiet", default)
    clone = tmp_path / "clone"
    run_git(tmp_path, "clone", "--quiet", str(keeper.repository.folder), str(clone))
    run_git(
        clone, "switch", "--quiet", "--create", "main" if default != "main" else "mine", "origin/other/main"
    )
    if not is_told:
        run_git(clone, "remote", "set-head", "origin", "--delete")
    monkeypatch.chdir(clone)
    found = keeper.check()
    assert found.failing == {"budget"}
    assert found.report["against"]["ref"] == f"origin/{default}"


def test_a_clone_that_knows_no_default_branch_asks_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    config = GROWTH.replace("main", "origin/trunk")
    keeper.repository.git("branch", "--move", "trunk")
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": config})
    keeper.change({"specs/net.yaml": LARGE})
    keeper.change({"archcost.yaml": config.replace("origin/trunk", "HEAD~1")})
    clone = tmp_path / "clone"
    run_git(tmp_path, "clone", "--quiet", str(keeper.repository.folder), str(clone))
    run_git(clone, "remote", "set-head", "origin", "--delete")
    monkeypatch.chdir(clone)
    found = keeper.check()
    assert found.failing == {"budget"}
    (text,) = found.about("loosened")
    assert text.startswith(
        "against is HEAD~1 now, and was origin/trunk at HEAD~1; origin/trunk is what this is"
    )


def test_in_a_clone_that_knows_no_default_branch_the_branch_that_is_checked_is_no_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    keeper.repository.git("branch", "--move", "trunk")
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH.replace("main", "origin/trunk")})
    keeper.change({"specs/net.yaml": LARGE, "archcost.yaml": GROWTH.replace("main", "change")})
    clone = tmp_path / "clone"
    source = f"file://{keeper.repository.folder}"
    run_git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=change", source, str(clone))
    run_git(clone, "remote", "set-head", "origin", "--delete")
    monkeypatch.chdir(clone)
    found = keeper.check()
    (text,) = found.about("moving-base")
    assert text.startswith(
        "against is change, which is what is checked out: what a change committed is not seen"
    )
    # One that is not checked out is a base like any other.
    run_git(clone, "fetch", "--quiet", "--depth=1", "origin", "trunk:refs/remotes/origin/trunk")
    (clone / "archcost.yaml").write_text(GROWTH.replace("main", "origin/trunk"), "utf-8")
    found = keeper.check()
    assert (found.failing, found.about("moving-base")) == ({"budget"}, [])


def test_it_is_said_where_the_base_is_named(keeper: Gatekeeper) -> None:
    grown(keeper, "against: change\n")
    (one,) = (one for one in keeper.check().complaints if one["rule"] == "loosened")
    assert (one["file"], one["line"], one["column"]) == ("archcost.yaml", 2, 1)


def test_so_it_is_where_it_moves(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH.replace("main", "HEAD~1")})
    keeper.change({"README": "now"})
    (one,) = (one for one in keeper.check().complaints if one["rule"] == "moving-base")
    assert (one["file"], one["line"], one["column"]) == ("archcost.yaml", 2, 1)


def test_and_at_the_beginning_where_it_is_not_named_any_more(keeper: Gatekeeper) -> None:
    grown(keeper, "")
    (one,) = (one for one in keeper.check().complaints if one["message"].startswith("against is left out"))
    assert (one["file"], one["line"], one["column"]) == ("archcost.yaml", 1, 1)
