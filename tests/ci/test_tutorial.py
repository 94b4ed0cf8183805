"""docs/ci.md, followed to the letter: its files written, its commands typed, in order, into a real shell.

`--renew` rewrites what the commands print; read the diff. One thing is not as on the page: today is `TODAY`,
or its waivers would end one day. These tests need git and bash.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

from tests.ci.github import ACTION, ARCHCOST, BASH, ROOT
from tests.scratch_repository import bare_machine
from tests.test_docs import blocks, commands, fits, patch

if TYPE_CHECKING:
    from tests.test_docs import Block

TODAY = "2026-12-01"
PAGE = ROOT / "docs" / "ci.md"
STEPS = [block for block in blocks(PAGE) if block.what.endswith(" tutorial")]
MARK = "-- the next command --"
PRELUDE = f"exec 2>&1\nnext() {{ local code=$?; echo '{MARK}'; return $code; }}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in a shell whose `archcost check` knows the day."""
    bare_machine(monkeypatch)
    tools = tmp_path / "bin"
    tools.mkdir()
    command = shlex.quote(str(ARCHCOST))
    script = (
        f'case " $* " in\n*" --today "*) ;;\n" check "*) shift; set -- check --today {TODAY} "$@" ;;\nesac\n'
        f'exec {command} "$@"\n'
    )
    (tools / "archcost").write_text(f"#!/bin/sh\n{script}", "utf-8")
    (tools / "archcost").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def follow(block: Block) -> str:
    """Do what a step says; what it should show, if it shows anything."""
    if block.what == "diff tutorial":
        patch(block.text)
    elif block.what == "yaml tutorial":
        file = Path(named(block))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, "utf-8")
    else:
        return typed(block)
    return block.text


def named(block: Block) -> str:
    """The file a block is, by its first line."""
    found = re.match(r"# (\S+)\n", block.text)
    assert found
    return found[1]


def typed(block: Block) -> str:
    """The console as it looks after its commands were typed; we stay in the folder they lead to."""
    asked = list(commands(block))
    script = PRELUDE + "".join(f"next\n{command}\n" for command, _ in asked) + "next\npwd\n"
    done = subprocess.run([BASH, "-c", script], capture_output=True, text=True, check=True, timeout=120)  # noqa: S603 - our own page
    _, *printed, where = done.stdout.split(f"{MARK}\n")
    os.chdir(where.removesuffix("\n"))
    printed = [text.replace(os.environ["HOME"], "/home/you") for text in printed]
    pairs = zip(asked, printed, strict=True)
    return "".join(f"$ {command}\n{shown if fits(shown, text) else text}" for (command, shown), text in pairs)


def test_the_tutorial_works_as_it_is_written(folder: Path, request: pytest.FixtureRequest) -> None:
    shown = [follow(block) for block in STEPS]
    assert (folder / "team" / ".git").is_dir()
    if request.config.getoption("--renew"):
        renew(shown)
        return
    for block, text in zip(STEPS, shown, strict=True):
        assert text == block.text, f"ci.md:{block.line}"


def renew(shown: list[str]) -> None:
    page = PAGE.read_text("utf-8")
    for block, text in zip(STEPS, shown, strict=True):
        page = page.replace(f"```{block.what}\n{block.text}```", f"```{block.what}\n{text}```", 1)
    PAGE.write_text(page, "utf-8")


# -- files for others -------------------------------------------------------------------------------------


def files(pattern: str) -> list[Block]:
    return [block for block in STEPS if block.what == "yaml tutorial" and re.search(pattern, named(block))]


@pytest.mark.parametrize("block", files("workflows"), ids=named)
def test_a_workflow_is_valid_and_gives_the_action_inputs_it_has(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "workflow.yml"
    file.write_text(block.text, "utf-8")
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(file))
    assert done.returncode == 0, done.stdout
    (job,) = cast("dict[str, Any]", yaml.safe_load(block.text))["jobs"].values()
    (ours,) = [step for step in job["steps"] if "/archcost@" in step["uses"]]
    assert set(ours.get("with", {})) <= set(ACTION["inputs"])
    assert set(re.findall(r"steps\.archcost\.outputs\.([\w-]+)", block.text)) <= set(ACTION["outputs"])


def test_the_hooks_of_the_page_are_hooks_we_have(tmp_path: Path) -> None:
    (block,) = files("pre-commit")
    file = tmp_path / "config.yaml"
    file.write_text(block.text, "utf-8")
    done = tool("pre-commit", "validate-config", str(file))
    assert done.returncode == 0, done.stdout
    ours = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert {hook["id"] for hook in yaml.safe_load(block.text)["repos"][0]["hooks"]} == ours


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that the tests' environment has."""
    command = [str(ARCHCOST.with_name(name)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603 - our own tools


def test_every_input_of_the_action_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    assert [name for name in ACTION["inputs"] if f"`{name}`" not in text] == []
