"""The files that others' CI reads: valid, and they do what they say. These tests need git and bash."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pytest
import yaml

from archcost.cli import main
from tests.ci.github import ARCHCOST, BASH, ROOT
from tests.scratch_repository import Repo, bare_machine, run_git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Ended: TypeAlias = "subprocess.CompletedProcess[str]"

SPEC = """\
archcost: 1
name: net
input: [3, 8, 8]
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 1, bias: false}
"""
WIDER = SPEC.replace("8, kernel", "9, kernel")
CONFIG = 'specs: ["specs/*.yaml"]\nbudgets:\n  - max_macs: [20k, +10%]\n'
NETS = {"specs/net.yaml": SPEC, "archcost.yaml": CONFIG}


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    bare_machine(monkeypatch)


def tool(name: str, *arguments: str | Path, folder: Path = ROOT, **environment: str) -> Ended:
    """Run a command that the tests' environment has."""
    return subprocess.run(  # noqa: S603 - our own tools
        [str(ARCHCOST.with_name(name)), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def load(file: str) -> Any:  # noqa: ANN401 - whatever the file holds
    return yaml.safe_load((ROOT / file).read_text("utf-8"))


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", ".github/workflows/ci.yml"),
        ("gitlab-ci", "ci/gitlab.yml"),
    ],
)
def test_a_file_has_the_form_that_is_published_for_it(schema: str, file: str) -> None:
    done = tool("check-jsonschema", "--builtin-schema", f"vendor.{schema}", file)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", ["ci/action.sh", ".ci/run", "ci/dependencies.sh", "ci/lock.sh"])
def test_shellcheck_has_nothing_to_say(script: str) -> None:
    done = tool("shellcheck", script)
    assert (done.returncode, done.stdout) == (0, "")


# -- our own networks -------------------------------------------------------------------------------------


def test_our_own_networks_are_within_their_budgets(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["check", "--quiet"]) == 0, capsys.readouterr().out


def test_our_own_specs_are_in_the_canonical_style(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    files = ["specs/**/*.yaml", "archcost/blocks/*.yaml", "archcost.yaml", "ci/gitlab.yml", "action.yml"]
    assert main(["fmt", "--check", "--diff", *files]) == 0


def test_our_own_gate_fails_when_a_network_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("archcost.yaml", "archcost-baseline.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    spec = tmp_path / "specs" / "vgg16.yaml"
    spec.write_text(spec.read_text("utf-8").replace("classes: 1000", "classes: 1001"), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--quiet"]) == 1


# -- GitLab -----------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path: Path) -> Repo:
    """A shallow clone, as GitLab makes them, of a branch that makes the network 12.5 % larger."""
    origin = Repo(tmp_path / "origin")
    origin.commit(NETS)
    origin.git("checkout", "--quiet", "-b", "topic")
    origin.commit({"specs/net.yaml": WIDER})
    run_git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=topic", f"file://{origin.folder}", "clone")
    return Repo(tmp_path / "clone")


def gitlab(folder: Path, variables: Mapping[str, str]) -> Ended:
    """Run the job of the example, with a pip that does nothing."""
    job = cast("dict[str, Any]", load("ci/gitlab.yml")["archcost"])
    lines = [*job["before_script"], *job["script"]]
    tools = folder.parent / "bin"
    tools.mkdir()
    (tools / "archcost").symlink_to(ARCHCOST)
    (tools / "pip").write_text('#!/bin/sh\necho "pip $*"\n', "utf-8")
    (tools / "pip").chmod(0o755)
    return subprocess.run(  # noqa: S603 - our own example
        [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(lines)],
        cwd=folder,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", **job["variables"], **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "name", ["CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_COMMIT_BEFORE_SHA"]
)
def test_the_job_for_gitlab_compares_with_the_base_of_the_pipeline(name: str, clone: Repo) -> None:
    base = run_git(clone.folder.parent / "origin", "rev-parse", "main")
    before = {"CI_COMMIT_BEFORE_SHA": "0" * 40} if "COMMIT" not in name else {}
    done = gitlab(clone.folder, {**before, name: base})
    assert done.returncode == 1
    assert done.stdout.startswith("pip install --quiet archcost @ git+https://")
    assert "+10% of 13.82 k" in done.stdout
    reports = load("ci/gitlab.yml")["archcost"]["artifacts"]
    assert f"`{base[:12]}`" in (clone.folder / reports["paths"][0]).read_text("utf-8")
    assert "<failure" in (clone.folder / reports["reports"]["junit"]).read_text("utf-8")


@pytest.mark.parametrize(("before", "code"), [("0" * 40, 0), ("12345678" * 5, 1), ("", 1)])
def test_the_job_for_gitlab_says_where_it_has_no_base(before: str, code: int, clone: Repo) -> None:
    done = gitlab(clone.folder, {"CI_COMMIT_BEFORE_SHA": before})
    assert done.returncode == code
    assert "1 relative limit is not judged" in done.stdout


# -- pre-commit -------------------------------------------------------------------------------------------


@pytest.fixture
def hooked(tmp_path: Path) -> Repo:
    """A repository with our hooks; pre-commit runs the archcost that is installed and builds none."""
    repo = Repo(tmp_path / "repo")
    hooks = [hook | {"language": "system"} for hook in load(".pre-commit-hooks.yaml")]
    hooks = [hook | {"args": ["--against", "HEAD"] * (hook["id"] == "archcost-check")} for hook in hooks]
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    repo.commit({**NETS, ".pre-commit-config.yaml": yaml.safe_dump(config), "README": "x\n"})
    return repo


def pre_commit(repo: Repo, *hook: str) -> Ended:
    repo.git("add", "--all")
    path = f"{ARCHCOST.parent}:{os.environ['PATH']}"
    home = str(repo.folder.parent / "home")
    return tool("pre-commit", "run", *hook, folder=repo.folder, PATH=path, PRE_COMMIT_HOME=home, SKIP="")


@pytest.mark.parametrize(
    ("file", "is_seen"),
    [
        *(
            (name, True)
            for name in ("specs/a/net.yaml", "archcost.yaml", "models/net.onnx", "a/b.pt2", "m.keras")
        ),
        *(
            (name, True)
            for name in ("net.tflite", "cfg/yolov3.cfg", "models/yolov8n.yaml", "x/nnUNetPlans.json")
        ),
        *(
            (name, False)
            for name in ("setup.cfg", "mkdocs.yml", "package.json", "src/yolo.py", "net.onnx.md")
        ),
    ],
)
def test_a_commit_of_a_spec_or_a_model_is_seen(file: str, *, is_seen: bool) -> None:
    (check,) = [hook for hook in load(".pre-commit-hooks.yaml") if hook["id"] == "archcost-check"]
    assert (re.search(check["files"], file) is not None) == is_seen


def test_pre_commit_accepts_the_list_of_hooks() -> None:
    done = tool("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout


def test_pre_commit_lets_a_network_within_its_budget_pass(hooked: Repo) -> None:
    (hooked.folder / "specs" / "net.yaml").write_text(SPEC.replace("8, kernel", "7, kernel"), "utf-8")
    done = pre_commit(hooked)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == 2


def test_pre_commit_stops_a_network_over_its_budget(hooked: Repo) -> None:
    (hooked.folder / "specs" / "net.yaml").write_text(SPEC.replace("8, kernel", "16, kernel"), "utf-8")
    done = pre_commit(hooked, "archcost-check")
    assert done.returncode == 1
    assert "over the limit of 20.00 k" in done.stdout


def test_pre_commit_checks_what_includes_a_changed_file(hooked: Repo) -> None:
    block = "archcost: 1\nblocks:\n  unit:\n    body:\n      - conv: {out_channels: 8, kernel_size: 1}\n"
    net = "archcost: 1\nname: net\ninclude: [blocks/unit.yaml]\ninput: [3, 8, 8]\nlayers:\n  - unit\n"
    hooked.commit({"specs/blocks/unit.yaml": block, "specs/net.yaml": net})
    (hooked.folder / "specs" / "blocks" / "unit.yaml").write_text(block.replace("8, kernel", "800, kernel"))
    done = pre_commit(hooked, "archcost-check")
    assert done.returncode == 1
    assert "specs/net.yaml" in done.stdout


def test_pre_commit_formats_specs(hooked: Repo) -> None:
    (hooked.folder / "specs" / "net.yaml").write_text(SPEC.replace("[3, 8, 8]", "[3,8,8]"), "utf-8")
    done = pre_commit(hooked, "archcost-fmt")
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert (hooked.folder / "specs" / "net.yaml").read_text("utf-8") == SPEC


def test_pre_commit_leaves_other_files_alone(hooked: Repo) -> None:
    (hooked.folder / "README").write_text("y\n", "utf-8")
    (hooked.folder / "other.yaml").write_text("{a:   1}\n", "utf-8")
    done = pre_commit(hooked)
    assert done.returncode == 0
    assert done.stdout.count("Skipped") == 2
