"""The program around the commands: what it imports, expands and completes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click
import pytest

import archcost as package
from archcost.cli import main
from archcost.cli.pages import PAGES
from archcost.cli.program import COMMANDS, program
from tests.cli.program import archcost, python

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

Run: TypeAlias = "Callable[..., CompletedProcess[str]]"


def imported(*args: str) -> set[str]:
    """The top-level packages a command line imports."""
    done = python("-X", "importtime", "-m", "archcost", *args)
    assert done.returncode == 0
    times = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in times}


@pytest.mark.parametrize("args", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    assert imported(*args) & {"numpy", "networkx", "pydantic", "yaml"} == set()


@pytest.mark.parametrize(
    "args",
    [
        ["analyze", "zoo:resnet50"],
        ["analyze", "tiny.yaml", "--format", "json"],
        ["explain", "tiny.yaml", "up"],
        ["expand", "tiny.yaml"],
        ["zoo"],
    ],
    ids=" ".join,
)
def test_counting_needs_neither_numpy_nor_networkx(args: list[str]) -> None:
    assert imported(*args) & {"numpy", "networkx"} == set()


@pytest.mark.parametrize("option", [["--of", "input"], ["--slice", "3"]], ids=" ".join)
@pytest.mark.parametrize("shown", [[], ["--at", "up", "--format", "json"]], ids=["table", "json"])
def test_what_only_pictures_take_is_refused_where_none_is_drawn(option: list[str], shown: list[str]) -> None:
    done = archcost("rf", "tiny.yaml", *option, *shown)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"archcost: {option[0]} is for a picture, and none is drawn: name a node")


def test_importing_the_package_costs_nothing() -> None:
    code = "import sys, archcost; print(sorted(m for m in sys.modules if m.partition('.')[0] in sys.argv))"
    heavy = ["numpy", "networkx", "pydantic", "yaml", "click"]
    done = python("-c", code, *heavy)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there() -> None:
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_its_line_in_the_list_say_the_same(name: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    assert command.help is not None
    assert command.help.startswith(COMMANDS[name].summary)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str, run: Run) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert f"archcost {name} " in done.stdout.partition("Options:")[0].partition("\n\n")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_names_the_pages_about_it(name: str, run: Run) -> None:
    named = re.findall(r"^ +docs/(\S+)\.md  +\S", run(name, "--help").stdout, re.MULTILINE)
    assert tuple(named) == COMMANDS[name].pages
    if name not in {"export", "fmt", "import", "schema"}:
        assert "output" in named


def test_every_page_that_is_named_is_there_and_the_program_names_them_all(run: Run) -> None:
    docs = Path(__file__).parents[2] / "docs"
    assert {path.stem for path in docs.glob("*.md")} == set(PAGES)
    assert {page for entry in COMMANDS.values() for page in entry.pages} <= set(PAGES)
    assert re.findall(r"^ +docs/(\S+)\.md  +\S", run("--help").stdout, re.MULTILINE) == list(PAGES)


def test_the_module_is_the_program() -> None:
    assert archcost("--version").stdout == f"archcost, version {package.__version__}\n"


def names(run: Run, *patterns: str) -> list[str]:
    """The specs that patterns stand for, in order."""
    done = run("analyze", *patterns, "--format", "csv", "--columns", "kind")
    assert done.returncode == 0, done.stderr
    return list(dict.fromkeys(line.partition(",")[0] for line in done.stdout.splitlines()[1:]))


def test_a_quoted_pattern_is_expanded_in_order(run: Run) -> None:
    assert names(run, "t*.yaml") == ["tiny.yaml", "two_inputs.yaml"]
    assert names(run, "[ht]*c.yaml", "t?ny.yaml") == ["hdc.yaml", "tiny.yaml"]
    assert names(run, "../**/specs/hdc.yaml") == ["../specs/hdc.yaml"]


def test_a_spec_that_two_patterns_match_is_analyzed_once(run: Run) -> None:
    assert names(run, "tiny.yaml", "t*.yaml") == ["tiny.yaml", "two_inputs.yaml"]


def test_a_pattern_may_be_for_the_zoo(run: Run) -> None:
    assert names(run, "zoo:lenet*") == ["zoo:lenet5"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "net[1].yaml"
    path.write_text("archcost: 1\nname: net\ninput: [1]\nlayers: [relu]\n")
    assert names(run, str(path)) == [str(path)]


def test_settings_of_several_variables_count(run: Run) -> None:
    done = run("expand", "tiny.yaml", "--set", "width=6", "--set", "act=silu", "--format", "csv")
    assert "out_channels: 6" in done.stdout
    assert "silu" in done.stdout


def test_a_setting_may_hold_anything_a_spec_may(run: Run) -> None:
    done = run("expand", "zoo:vgg16", "--set", "depths=[1, 1, 1, 1, 1]", "--set", "classes=$(2 * 5)")
    assert done.returncode == 0
    assert "out_features: 10" in done.stdout


def test_a_limit_can_be_raised_and_lowered(run: Run) -> None:
    refused = run("analyze", "tiny.yaml", "--limit", "nodes=10")
    assert refused.returncode == 2
    assert "limit" in refused.stderr
    assert run("analyze", "tiny.yaml", "--limit", "nodes=2^20").returncode == 0


def test_the_zoo_prints_a_spec_that_can_be_analyzed(tmp_path: Path, run: Run) -> None:
    done = run("zoo", "lenet5", "--output", str(tmp_path / "mine.yaml"))
    assert (done.returncode, done.stderr) == (0, "")
    mine = run("analyze", str(tmp_path / "mine.yaml"), "--format", "json").stdout
    theirs = run("analyze", "zoo:lenet5", "--format", "json").stdout
    assert mine.replace(str(tmp_path / "mine.yaml"), "zoo:lenet5") == theirs


def test_the_zoo_says_how_to_choose_a_variant(run: Run) -> None:
    done = run("zoo", "zoo:resnet101")
    assert done.stdout.startswith("archcost: 1\nname: resnet50\n")
    assert done.stderr == "resnet101 is a variant in this spec: --variant resnet101\n"


def test_ctrl_c_while_modules_load_is_quiet_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("archcost.cli.program.run", interrupt)
    assert main([]) == 130


def test_the_zoo_is_listed_a_network_to_a_line(run: Run) -> None:
    lines = run("zoo").stdout.splitlines()
    listed = json.loads(run("zoo", "--format", "json").stdout)["networks"]
    assert [line.partition(" ")[0] for line in lines] == [network["name"] for network in listed]
    assert {"resnet50", "resnet101", "vgg16", "lenet5"} <= {network["name"] for network in listed}
    assert all(len(line) <= 100 for line in lines)
    assert next(line for line in lines if line.startswith("resnet101 ")).endswith(" variant of resnet50")
