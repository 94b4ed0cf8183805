"""Where no limit was judged, a check does not pass; only what is new is no more than warned about."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gate.check.gatekeeper import GROWTH, LARGE, SPEC, VARIANTS, Gatekeeper
from tests.scratch_repository import Repo, run_git

if TYPE_CHECKING:
    from collections.abc import Sequence

RELATIVE = ["net.yaml", "--max-macs", "+5%"]


@pytest.mark.parametrize("form", ["text", "json", "markdown", "csv", "github", "sarif", "junit"])
def test_a_spec_without_configuration_limit_or_expectation_does_not_pass(
    form: str, keeper: Gatekeeper
) -> None:
    keeper.main({"net.yaml": SPEC})
    found = keeper.run("net.yaml", "--format", form)
    assert (found.code, found.err) == (1, "")
    assert "no limit was judged (no configuration was found), and no spec expects anything" in found.out


@pytest.mark.parametrize("config", ["specs: [net.yaml]\n", "specs: [net.yaml]\nfail_level: error\n"])
def test_a_configuration_without_budgets_does_not_pass(config: str, keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC, "archcost.yaml": config})
    assert keeper.check().failing == {"nothing-judged"}


def test_a_limit_that_cannot_be_told_to_hold_is_one_error(keeper: Gatekeeper) -> None:
    layers = "  - pixel_unshuffle: {downscale_factor: 2}\n  - slice: {start: 0, end: 4}\n  - relu\n"
    keeper.main({"net.yaml": f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n{layers}"})
    assert keeper.check("net.yaml", "--min-field", "2").failing == {"budget"}


def test_what_a_spec_expects_of_itself_is_judged(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC + "    expect: {params: 1152}\n"})
    assert keeper.check("net.yaml").code == 0
    keeper.change({"archcost.yaml": "rules: {expectation: off}\n"})
    assert keeper.check("net.yaml").failing == {"nothing-judged"}


def test_who_wants_findings_alone_says_so(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC, "archcost.yaml": "rules: {nothing-judged: off}\n"})
    assert keeper.check("net.yaml").code == 0


def test_a_network_of_the_zoo_is_no_change_of_anybody(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC})
    assert keeper.check("zoo:unet").code == 0
    assert keeper.check("zoo:unet", "net.yaml").code == 1


def test_a_network_without_a_limit_beside_one_that_has_some_is_named(keeper: Gatekeeper) -> None:
    config = "specs: [a.yaml, b.yaml]\nbudgets:\n  - {match: a.yaml, max_macs: 1M}\n"
    keeper.main({"a.yaml": SPEC, "b.yaml": SPEC, "archcost.yaml": config})
    found = keeper.check()
    assert found.code == 0
    assert found.about("unlimited") == ["b.yaml has no limit; only findings can fail there"]


# -- no base ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("against", "code", "why"),
    [
        (["--against", "nosuchbranch"], 1, "has no such revision"),
        (["--against", "origin/main"], 1, "has no such revision"),
        (["--against", "HEAD~9"], 1, "has no such revision"),
        (["--against", "-x"], 1, "names no git revision"),
        (["--against", ""], 2, "--against has no value"),
        (["--against", "  "], 2, "--against has no value"),
        ([], 1, "name a base by --against REF"),
    ],
)
def test_without_the_base_that_should_be_there_nothing_passes(
    against: Sequence[str], code: int, why: str, keeper: Gatekeeper
) -> None:
    keeper.main({"net.yaml": SPEC})
    keeper.change({"net.yaml": LARGE})
    found = keeper.run(*RELATIVE, *against)
    assert found.code == code
    assert why in found.out + found.err


def test_absolute_limits_beside_relative_ones_do_not_make_up_for_the_base(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC})
    found = keeper.check(*RELATIVE, "--max-params", "1M", "--against", "nosuchbranch")
    assert found.failing == {"missing-base"}


def test_outside_of_a_repository_there_is_no_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "net.yaml").write_text(SPEC, "utf-8")
    monkeypatch.chdir(outside)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / ".git").rmdir()
    found = keeper.check(*RELATIVE, "--against", "main")
    assert found.failing == {"missing-base"}
    assert "is in no git repository" in found.about("missing-base")[0]


def test_without_git_there_is_no_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    keeper.main({"net.yaml": SPEC})
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    found = keeper.check(*RELATIVE, "--against", "main")
    assert found.failing == {"missing-base"}
    assert "install git" in found.about("missing-base")[0]


def test_a_repository_that_git_does_not_open_has_no_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    keeper.main({"net.yaml": SPEC})
    # What git says of a checkout that belongs to somebody else, as in many containers.
    tools = tmp_path / "tools"
    tools.mkdir()
    git = tools / "git"
    git.write_text(
        "#!/bin/sh\necho \"fatal: detected dubious ownership in repository at '$PWD'\" >&2\nexit 128\n"
    )
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    found = keeper.check(*RELATIVE, "--against", "main")
    assert found.failing == {"missing-base"}
    assert "dubious ownership" in found.about("missing-base")[0]


def test_a_shallow_clone_without_the_merge_base_does_not_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    keeper.main({"net.yaml": SPEC})
    keeper.change({"net.yaml": LARGE})
    keeper.repository.git("switch", "--quiet", "main")
    keeper.repository.commit({"README": "on"})
    clone = tmp_path / "clone"
    source = f"file://{keeper.repository.folder}"
    run_git(
        tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=change", source, str(clone)
    )
    monkeypatch.chdir(clone)
    found = keeper.check(*RELATIVE, "--against", "origin/main...")
    assert found.failing == {"missing-base"}
    assert "shallow" in found.about("missing-base")[0]
    assert keeper.check(*RELATIVE, "--against", "origin/main").failing == {"budget"}


def test_a_partial_clone_without_the_files_of_the_base_does_not_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Gatekeeper
) -> None:
    keeper.repository.git("config", "uploadpack.allowFilter", "true")
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH.replace("main", "origin/main")})
    keeper.change(
        {"specs/net.yaml": LARGE, "archcost.yaml": GROWTH.replace("main", "origin/main") + "# now\n"}
    )
    clone = tmp_path / "clone"
    source = f"file://{keeper.repository.folder}"
    run_git(tmp_path, "clone", "--quiet", "--filter=blob:none", "--branch=change", source, str(clone))
    monkeypatch.chdir(clone)
    found = keeper.check()
    assert found.failing == {"missing-base"}
    (text,) = found.about("loosened")
    assert text.startswith(
        "what this change loosened cannot be told: origin/main: this clone does not have all files"
    )


def test_a_spec_that_is_wrong_at_the_base_does_not_pass(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC.replace("padding", "paddding")})
    keeper.change({"net.yaml": LARGE})
    assert keeper.check(*RELATIVE, "--against", "main").failing == {"missing-base"}


def test_a_spec_that_git_ignores_never_has_a_base(keeper: Gatekeeper) -> None:
    keeper.main({".gitignore": "net.yaml\n"})
    Path("net.yaml").write_text(LARGE, "utf-8")
    found = keeper.check(*RELATIVE, "--against", "main")
    assert found.failing == {"missing-base"}
    assert "git ignores net.yaml" in found.about("missing-base")[0]


def test_a_spec_in_a_submodule_has_no_base_in_the_repository_around_it(
    tmp_path: Path, keeper: Gatekeeper
) -> None:
    inner = Repo(tmp_path / "inner")
    inner.commit({"net.yaml": SPEC})
    keeper.repository.git("submodule", "add", "--quiet", str(inner.folder), "inner")
    keeper.main({"net.yaml": SPEC})
    found = keeper.check("net.yaml", "inner/net.yaml", "--max-macs", "+5%", "--against", "main")
    assert found.failing == {"missing-base"}
    assert "'inner' is a submodule" in found.about("missing-base")[0]


def test_settings_that_the_base_does_not_know_do_not_pass(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC})
    keeper.change({"net.yaml": LARGE.replace("width", "breadth")})
    found = keeper.check(*RELATIVE, "--set", "breadth=80", "--against", "main")
    assert found.failing == {"missing-base"}


# -- what is new ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [[], ["--variant", "wide"]])
def test_a_new_spec_is_a_warning(settings: Sequence[str], keeper: Gatekeeper) -> None:
    keeper.main({"other.txt": "nothing"})
    keeper.change({"net.yaml": VARIANTS})
    found = keeper.check(*RELATIVE, *settings, "--against", "main")
    assert (found.code, len(found.about("no-base-yet"))) == (0, 1)


def test_a_new_variant_is_a_warning(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": GROWTH})
    keeper.change({"specs/net.yaml": VARIANTS})
    found = keeper.check()
    assert (found.code, len(found.about("no-base-yet"))) == (0, 2)


@pytest.mark.parametrize("against", ["0" * 40, "0" * 64])
def test_the_first_push_is_a_warning(against: str, keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC})
    found = keeper.check(*RELATIVE, "--against", against)
    (said,) = found.about("no-base-yet")
    assert (found.code, "specs that are gone" in said) == (0, False), "nothing was there that could be gone"


@pytest.mark.parametrize("against", ["HEAD~1", "HEAD^", "@~1"])
def test_the_first_commit_is_a_warning(against: str, keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC})
    found = keeper.check(*RELATIVE, "--against", against)
    assert (found.code, len(found.about("no-base-yet"))) == (0, 1)


@pytest.mark.parametrize("against", ["HEAD", "main"])
def test_a_repository_without_a_commit_is_a_warning(against: str, keeper: Gatekeeper) -> None:
    Path("net.yaml").write_text(SPEC, "utf-8")
    found = keeper.check(*RELATIVE, "--against", against)
    assert (found.code, len(found.about("no-base-yet"))) == (0, 1)


def test_the_commit_that_is_checked_is_no_base_and_that_is_said(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": SPEC})
    found = keeper.check(*RELATIVE, "--against", "HEAD")
    assert (found.code, len(found.about("self-base"))) == (0, 1)
    Path("net.yaml").write_text(LARGE, "utf-8")
    found = keeper.check(*RELATIVE, "--against", "HEAD")
    assert (found.failing, found.about("self-base")) == ({"budget"}, [])


def test_a_broken_pipe_is_no_pass(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": LARGE})
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "archcost", "check", "net.yaml", "--max-macs", "1"]
    done = subprocess.run(command, stdout=writer, check=False, timeout=60)  # noqa: S603 - our own program
    os.close(writer)
    assert done.returncode == 141
