"""The GitHub action, run as GitHub runs it, in scratch repositories. These tests need git and bash."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.ci.github import ACTION, ARCHCOST, ROOT, Job
from tests.scratch_repository import Repo, bare_machine, run_git

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Checkout: TypeAlias = "Callable[..., Job]"

SCRIPT = (ROOT / "ci" / "action.sh").read_text("utf-8")
ZEROS = "0" * 40
NOBODYS = "12345678" * 5
RELATIVE = "specs: ['*.yaml']\nbudgets:\n  - max_macs: +10%\n"
CONFIG = {"archcost.yaml": RELATIVE.replace("'*", "'net*").replace("+10%", "[40k, +10%]")}


def spec(channels: int) -> str:
    """1,728 MACs to a channel."""
    conv = f"{{out_channels: {channels}, kernel_size: 3, padding: 1, bias: false}}"
    return f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - conv: {conv}\n"


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    bare_machine(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def upstream(tmp_path: Path) -> Repo:
    """The repository that pull requests are for, with a network and its budgets on main."""
    repo = Repo(tmp_path / "upstream")
    repo.commit({"net.yaml": spec(8), **CONFIG})
    return repo


@pytest.fixture
def checkout(tmp_path: Path, upstream: Repo) -> Checkout:
    """A job whose workspace is a ref of `upstream` as GitHub checks it out: one commit, nothing else."""

    def job(ref: str, name: str = "push", event: Mapping[str, object] | None = None, sha: str = "") -> Job:
        clone = Repo(tmp_path / "workspace")
        clone.git("remote", "add", "origin", f"file://{upstream.folder}")
        clone.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"+{ref}:refs/remotes/{ref}")
        clone.git("checkout", "--quiet", "--force", "--detach", f"refs/remotes/{ref}")
        head = clone.git("rev-parse", "HEAD")
        return Job(clone.folder, tmp_path / "temp dir", name, event or {}, sha or head)

    return job


def propose(upstream: Repo, files: Mapping[str, str | None], *, into: str = "main") -> str:
    """Open pull request 1, with a merge commit as GitHub makes one; the hash of its head."""
    upstream.git("checkout", "--quiet", "-b", "topic", into)
    head = upstream.commit(files)
    upstream.git("update-ref", "refs/pull/1/head", head)
    merge(upstream)
    return head


def merge(upstream: Repo) -> None:
    upstream.git("checkout", "--quiet", "--detach", "main")
    upstream.git("merge", "--quiet", "--no-ff", "--message=merged", "refs/pull/1/head")
    upstream.git("update-ref", "refs/pull/1/merge", "HEAD")
    upstream.git("checkout", "--quiet", "main")


def pull_request(base: str) -> dict[str, object]:
    return {"pull_request": {"base": {"sha": base}}, "before": NOBODYS}


# -- the base ---------------------------------------------------------------------------------------------


def test_a_pull_request_is_compared_with_what_it_would_be_merged_into(
    upstream: Repo, checkout: Checkout
) -> None:
    base = upstream.git("rev-parse", "main")
    propose(upstream, {"net.yaml": spec(9)})
    step = checkout("pull/1/merge", "pull_request", pull_request(base)).run()
    assert step.code == 1
    (error,) = step.annotations("error")
    assert error.properties["file"] == "net.yaml"
    assert error.text.startswith(
        f"MACs are 15.55 k, 346 (2.3 %) over the limit of 15.21 k, +10% of 13.82 k at {base[:12]}\n"
    )
    assert step.summary.startswith("# of the steps before\n\n## ❌ archcost check failed")
    assert f"Compared with `{base[:12]}`." in step.summary
    assert step.outputs["failed"] == "true"


def test_the_base_may_have_moved_since_the_event(upstream: Repo, checkout: Checkout) -> None:
    before = upstream.git("rev-parse", "main")
    propose(upstream, {"README": "a pull request that changes no network"})
    upstream.commit({"net.yaml": spec(16)})
    merge(upstream)
    step = checkout("pull/1/merge", "pull_request", pull_request(before)).run()
    assert (step.code, step.annotations("error")) == (0, [])
    assert f"Compared with `{upstream.git('rev-parse', 'main')[:12]}`." in step.summary


def test_a_pull_request_from_a_fork_asks_the_upstream_for_its_base(
    upstream: Repo, checkout: Checkout, tmp_path: Path
) -> None:
    base = upstream.git("rev-parse", "main")
    run_git(tmp_path, "clone", "--quiet", str(upstream.folder), "fork")
    fork = Repo(tmp_path / "fork")
    fork.commit({"net.yaml": spec(20)})
    upstream.git("fetch", "--quiet", str(fork.folder), "main:refs/pull/1/head")
    merge(upstream)
    fork.folder.rename(tmp_path / "gone")
    step = checkout("pull/1/merge", "pull_request", pull_request(base)).run()
    assert (step.code, len(step.annotations("error"))) == (1, 1)
    assert f"Compared with `{base[:12]}`." in step.summary


def test_a_pull_request_whose_own_head_is_checked_out_is_compared_with_the_base_of_the_event(
    upstream: Repo, checkout: Checkout
) -> None:
    base = upstream.git("rev-parse", "main")
    propose(upstream, {"net.yaml": spec(9)})
    merged = upstream.git("rev-parse", "refs/pull/1/merge")
    step = checkout("pull/1/head", "pull_request", pull_request(base), merged).run()
    assert step.code == 1
    assert f"Compared with `{base[:12]}`." in step.summary


def test_a_merge_queue_has_a_base_too(upstream: Repo, checkout: Checkout) -> None:
    base = upstream.git("rev-parse", "main")
    upstream.commit({"net.yaml": spec(9)})
    event = {"merge_group": {"base_sha": base}}
    assert checkout("heads/main", "merge_group", event).run().code == 1


def test_a_push_is_compared_with_what_was_there_before(upstream: Repo, checkout: Checkout) -> None:
    before = upstream.git("rev-parse", "main")
    upstream.commit({"README": "one"})
    upstream.commit({"net.yaml": spec(9)})
    step = checkout("heads/main", event={"before": before}).run()
    assert step.code == 1
    assert f"Compared with `{before[:12]}`." in step.summary


def test_the_first_push_of_a_branch_has_no_base_and_says_so(upstream: Repo, checkout: Checkout) -> None:
    upstream.commit({"net.yaml": spec(20)})
    step = checkout("heads/main", event={"before": ZEROS}).run()
    assert step.code == 0
    (warning,) = step.annotations("warning")
    assert "1 relative limit is not judged" in warning.text
    assert "relative limit is not judged" in step.summary


def test_absolute_limits_hold_without_a_base(upstream: Repo, checkout: Checkout) -> None:
    upstream.commit({"net.yaml": spec(24)})
    step = checkout("heads/main", event={"before": ZEROS}).run()
    assert (step.code, len(step.annotations("error"))) == (1, 1)


def test_a_base_that_cannot_be_fetched_fails(upstream: Repo, checkout: Checkout) -> None:
    upstream.commit({"net.yaml": spec(20)})
    step = checkout("heads/main", event={"before": NOBODYS}).run()
    assert step.code == 1
    assert f"The base {NOBODYS} is not in this clone, and could not be fetched from origin:" in step.log
    (error,) = step.annotations("error")
    assert error.text.startswith(f"no base: {NOBODYS}: ")
    assert f"The base `{NOBODYS}` is not there" in step.summary


@pytest.mark.parametrize("name", ["main", "origin/main", "v1", "HASH"])
def test_a_base_that_is_named_is_fetched(name: str, upstream: Repo, checkout: Checkout) -> None:
    base = upstream.git("rev-parse", "main")
    upstream.git("tag", "v1")
    upstream.git("checkout", "--quiet", "-b", "topic")
    upstream.commit({"net.yaml": spec(9)})
    job = checkout("heads/topic", event={"before": ZEROS})
    step = job.run(against=base if name == "HASH" else name)
    assert step.code == 1
    assert base[:12] in step.summary
    assert run_git(job.workspace, "rev-list", "--count", "HEAD", base) == "2"


def test_a_base_that_is_there_is_not_fetched_again(upstream: Repo, checkout: Checkout) -> None:
    job = checkout("heads/main")
    run_git(job.workspace, "remote", "set-url", "origin", "file:///nowhere")
    step = job.run(against="HEAD")
    assert step.code == 0
    assert "could not be fetched" not in step.log
    assert f"Compared with `HEAD` (`{upstream.git('rev-parse', 'main')[:12]}`)" in step.summary


def test_a_folder_that_is_no_repository_has_no_base_and_fails(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(spec(8))
    job = Job(tmp_path, tmp_path / "temp", "pull_request", pull_request(NOBODYS))
    nowhere = {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}  # that folder may lie in one
    step = job.run(nowhere, specs="net.yaml", args="--max-macs +5%")
    assert step.code == 1
    (error,) = step.annotations("error")
    assert "is in no git repository" in error.text


# -- results ----------------------------------------------------------------------------------------------


def test_a_check_that_passes_says_what_is_left(checkout: Checkout) -> None:
    step = checkout("heads/main").run(against="HEAD")
    assert step.code == 0
    (notice,) = step.annotations("notice")
    assert notice.text.startswith("HEAD is what is checked out")
    assert re.search(r"max_macs +15\.21 k \(\+10%\) +13\.82 k ", step.log)
    assert "\npassed" in step.log
    assert step.summary.startswith("# of the steps before\n\n## ✅ archcost check passed")
    assert step.outputs == {
        "failed": "false",
        "exit-code": "0",
        "summary": step.outputs["summary"],
        "sarif": "",
    }
    assert step.summary.endswith(Path(step.outputs["summary"]).read_text("utf-8"))


def test_sarif_is_written_where_the_output_says(checkout: Checkout) -> None:
    job = checkout("heads/main")
    step = job.run(args="--max-params 1", sarif="a result.sarif")
    assert step.code == 1
    assert step.outputs["sarif"] == str(job.workspace / "a result.sarif")
    results = json.loads(Path(step.outputs["sarif"]).read_text("utf-8"))["runs"][0]["results"]
    assert "budget/max_params" in {result["ruleId"] for result in results}


def test_more_options_and_specs_are_passed_on(checkout: Checkout) -> None:
    job = checkout("heads/main")
    (job.workspace / "another net.yaml").write_text(spec(1), "utf-8")
    specs = "  another net.yaml\n\n  net*.yaml\n"
    step = job.run(
        specs=specs, args="--max-macs 13824\n  --max-params=216", against="HEAD", fail_level="warn"
    )
    assert (step.code, len(step.annotations("warning"))) == (1, 0)
    assert "another net.yaml" in step.annotations("error")[0].text
    step = job.run(specs=specs, args="--max-macs 13824\n  --max-params=216")
    assert (step.code, "2 specs, 4 limits" in step.log) == (0, True)


def test_an_invalid_spec_is_annotated_where_it_is_wrong(upstream: Repo, checkout: Checkout) -> None:
    files = {"nets/net.yaml": spec(8).replace("padding", "paddding"), "nets/archcost.yaml": RELATIVE}
    upstream.commit(files)
    step = checkout("heads/main").run(working_directory="nets", sarif="x.sarif", specs="net.yaml")
    assert step.code == 2
    (error,) = step.commands
    assert error.properties == {"file": "nets/net.yaml", "line": "5", "col": "45", "title": "archcost"}
    assert error.text == "conv: unknown field 'paddding' (did you mean 'padding'?)"
    assert "## ❌ archcost check: a spec, the configuration or an input is wrong\n\n    net.yaml:5:45: " in (
        step.summary
    )
    assert (step.outputs["failed"], step.outputs["exit-code"], step.outputs["sarif"]) == ("true", "2", "")


def test_a_repository_without_a_configuration_says_what_is_missing(
    upstream: Repo, checkout: Checkout
) -> None:
    upstream.commit({"archcost.yaml": None})
    step = checkout("heads/main").run()
    assert step.code == 2
    (error,) = step.commands
    assert "write an archcost.yaml" in error.text
    assert "write an archcost.yaml" in step.summary


def test_a_pattern_without_files_is_never_green(checkout: Checkout) -> None:
    step = checkout("heads/main").run(specs="nets/*.yaml")
    assert step.code == 3
    assert "## ❌ archcost check: there is nothing to check\n" in step.summary
    assert (step.outputs["failed"], step.outputs["exit-code"]) == ("true", "3")


# -- what is not ours -------------------------------------------------------------------------------------

EVIL = [
    "$(touch ran)",
    "`touch ran`",
    "; touch ran;",
    '"; touch ran; "',
    "'; touch ran; '",
    "x\ntouch ran\n",
    "a[$(touch ran)]",
    "--upload-pack=touch ran",
    "x --format text:ran",
]


def arguments(job: Job, recorded: Path, **inputs: str) -> list[str]:
    """What archcost is called with, besides the formats and files that are always asked for."""
    script = recorded.with_suffix(".sh")
    script.write_text(f"#!/bin/sh\nprintf '%s\\0' \"$@\" > {shlex.quote(str(recorded))}\n", "utf-8")
    script.chmod(0o755)
    step = job.run({"ARCHCOST": str(script)}, **inputs)
    assert step.code == 0
    assert set(step.outputs) == {"failed", "exit-code", "summary", "sarif"}
    assert not list(job.workspace.rglob("ran"))
    check, *rest = recorded.read_text("utf-8").split("\0")[:-1]
    assert check == "check"
    assert rest[:6:2] == ["--format"] * 3
    return rest[6:]


ARRIVES: dict[str, Callable[[str], list[str]]] = {
    "specs": lambda text: ["--", *(line.strip() for line in text.splitlines())],
    "config": lambda text: [f"--config={text}", "--"],
    "against": lambda text: [f"--against={text}", "--"],
    "fail-level": lambda text: [f"--fail-level={text}", "--"],
    "args": lambda text: [*text.split(), "--"],
    "sarif": lambda text: ["--format", f"sarif:{text}", "--"],
}
"""How archcost is called for an input."""


@pytest.mark.parametrize("name", list(ARRIVES))
def test_inputs_are_data(name: str, checkout: Checkout, tmp_path: Path) -> None:
    job = checkout("heads/main")
    for text in EVIL:
        assert arguments(job, tmp_path / "recorded", **{name: text}) == ARRIVES[name](text)


def test_the_name_of_a_python_is_data(checkout: Checkout) -> None:
    job = checkout("heads/main")
    for text in EVIL:
        assert job.run({"ARCHCOST": ""}, python=text).code == 2
    assert not list(job.workspace.rglob("ran"))


def test_the_shell_expands_no_patterns(checkout: Checkout, tmp_path: Path) -> None:
    found = arguments(checkout("heads/main"), tmp_path / "recorded", args="--max-macs *", specs="*.yaml\n-")
    assert found == ["--max-macs", "*", "--", "*.yaml", "-"]


def test_nothing_is_put_into_the_text_of_a_command() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]


def test_the_script_reads_what_the_action_hands_over() -> None:
    (step,) = ACTION["runs"]["steps"]
    asked = {*re.findall(r"\bINPUT_\w+", SCRIPT), *re.findall(r"\bEVENT_\w+", SCRIPT)} - {"INPUT_"}
    assert asked == set(step["env"])
    handed = {text for text in step["env"].values() if "inputs." in text} | {step["working-directory"]}
    assert handed == {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    said = set(re.findall(r"\boutput ([\w-]+)", SCRIPT))
    assert {f"${{{{ steps.{step['id']}.outputs.{name} }}}}" for name in said} == {
        one["value"] for one in ACTION["outputs"].values()
    }


@pytest.mark.parametrize("name", ["::add-mask::x", " ::error::x", "::stop-commands::x", "::endgroup::"])
@pytest.mark.parametrize("text", [spec(8), spec(8).replace("padding", "paddding")], ids=["over", "broken"])
def test_a_spec_cannot_speak_to_the_runner(name: str, text: str, upstream: Repo, checkout: Checkout) -> None:
    upstream.commit(
        {f"{name}.yaml": text, "archcost.yaml": f"specs: ['{name}.yaml']\nbudgets: [{{max_macs: 1}}]\n"}
    )
    step = checkout("heads/main").run()
    ours = [one.name for one in step.commands]
    assert ours in (["group", "error", "endgroup"], ["error"])
    assert "unknown field" in step.log or "over the limit" in step.log


# -- installing -------------------------------------------------------------------------------------------


def fake_python(folder: Path, log: Path, *, works: bool = True) -> Path:
    """A Python that makes environments of shell scripts, and whose pip puts our archcost there."""
    folder.mkdir()
    pip = (
        f'ln -sf {shlex.quote(str(ARCHCOST))} "$(dirname "$0")/archcost"'
        if works
        else "echo no network; exit 1"
    )
    lines = [
        "#!/bin/sh",
        f'echo "$*" >> {shlex.quote(str(log))}',
        'case "$*" in',
        '  "-I -m venv --clear "*) mkdir -p "$5/bin"; cp "$0" "$5/bin/python";;',
        f'  "-I -m pip install "*) {pip};;',
        "esac",
    ]
    (folder / "python3").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "python3").chmod(0o755)
    return folder / "python3"


def test_archcost_is_installed_once_from_the_folder_of_the_action(checkout: Checkout, tmp_path: Path) -> None:
    fake_python(tmp_path / "bin", tmp_path / "log")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    job = checkout("heads/main")
    for _ in range(2):
        assert job.run({"ARCHCOST": "", "PATH": path}, against="HEAD").code == 0
    check, venv, pip = (tmp_path / "log").read_text("utf-8").splitlines()
    assert check.startswith("-I -c ")
    assert venv.startswith(f"-I -m venv --clear {job.temp}/")
    assert pip == f"-I -m pip install --quiet --disable-pip-version-check {ROOT}"


def test_the_python_that_is_named_is_used(checkout: Checkout, tmp_path: Path) -> None:
    python = fake_python(tmp_path / "a folder", tmp_path / "log")
    step = checkout("heads/main").run({"ARCHCOST": ""}, python=str(python), against="HEAD")
    assert step.code == 0
    assert len((tmp_path / "log").read_text("utf-8").splitlines()) == 3


def test_without_a_python_it_says_what_to_do(checkout: Checkout) -> None:
    step = checkout("heads/main").run({"ARCHCOST": ""}, python="/bin/false")
    assert step.code == 2
    assert "none of /bin/false is Python 3.11 or newer; let actions/setup-python bring one" in step.summary
    assert step.annotations("error")


def test_what_pip_says_is_in_the_summary(checkout: Checkout, tmp_path: Path) -> None:
    python = fake_python(tmp_path / "bin", tmp_path / "log", works=False)
    step = checkout("heads/main").run({"ARCHCOST": ""}, python=str(python))
    assert step.code == 2
    assert "## ❌ archcost check: it could not be installed\n\n    no network\n" in step.summary
