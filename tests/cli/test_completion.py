"""What a shell offers, asked as the shells' scripts do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.shell_completion import ShellComplete

import archcost as package
from archcost.cli.program import program
from archcost.report.analysis import columns
from archcost.report.comparison import columns as comparison_cells
from tests.cli.program import SPECS, archcost

if TYPE_CHECKING:
    from pathlib import Path


def offered(line: str) -> dict[str, str | None]:
    """What is offered at the end of a command line, and what is said about it."""
    *words, last = line.split(" ")[1:]
    shell = ShellComplete(program, {}, "archcost", "_ARCHCOST_COMPLETE")
    return {item.value: item.help for item in shell.get_completions(words, last)}


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SPECS)


STAGE = [f"stage.1.unit.{name}" for name in ("conv", "batch_norm", "add", "activation")]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("archcost ex", ["explain", "expand", "export"]),
        ("archcost analyze zoo:lenet", ["zoo:lenet5"]),
        ("archcost explain tiny.yaml up", ["up"]),
        ("archcost explain tiny.yaml stage.1.", ["stage.1.unit", *STAGE]),
        ("archcost rf tiny.yaml --at stage.2.unit.c", ["stage.2.unit.conv"]),
        ("archcost rf two_inputs.yaml --at both --of ", ["left", "right"]),
        ("archcost zoo lenet", ["lenet5"]),
        ("archcost zoo std/squ", ["std/squeeze_excite"]),
        ("archcost schema r", ["report", "rates", "rf"]),
        ("archcost analyze tiny.yaml --form", ["--format"]),
        ("archcost analyze tiny.yaml --format m", ["markdown"]),
        ("archcost analyze tiny.yaml --limit no", ["nodes="]),
        ("archcost analyze --columns mac", ["macs", "macs_fraction"]),
        ("archcost analyze --columns kind,mac", ["kind,macs", "kind,macs_fraction"]),
        ("archcost analyze --columns macs,mac", ["macs,macs_fraction"]),
        ("archcost compare --columns params,pe", ["params,peak"]),
        ("archcost compare --pareto params,fi", ["params,field"]),
        ("archcost analyze zoo:vgg16 --variant vgg16", ["vgg16_bn"]),
        ("archcost compare zoo:plain_3x3 tiny.yaml --variant w", ["wide"]),
        ("archcost diff zoo:vgg16 tiny.yaml --variant vgg19", ["vgg19", "vgg19_bn"]),
        ("archcost check tiny.yaml --variant w", ["wide"]),
        ("archcost diff tiny.yaml tiny.yaml --base-variant w", ["wide"]),
        ("archcost diff tiny.yaml tiny.yaml --base-set w", ["width="]),
        ("archcost analyze tiny.yaml --quiet --set wi", ["width="]),
        ("archcost analyze tiny.yaml --set width=", ["width="]),
        ("archcost analyze tiny.yaml --set width=8", []),
    ],
)
def test_the_shell_offers_what_may_follow(line: str, names: list[str]) -> None:
    assert list(offered(line)) == names


@pytest.mark.parametrize("command", ["analyze tiny.yaml", "check", "zoo", "rates"])
def test_where_a_file_is_wanted_the_shell_offers_files(command: str) -> None:
    shell = ShellComplete(program, {}, "archcost", "_ARCHCOST_COMPLETE")
    found = shell.get_completions([*command.split(), "--output"], "re")
    assert [(item.type, item.value) for item in found] == [("file", "re")]


def test_behind_the_colon_of_a_format_stands_a_file() -> None:
    shell = ShellComplete(program, {}, "archcost", "_ARCHCOST_COMPLETE")
    found = shell.get_completions(["check", "--format"], "json:re")
    assert [(item.type, item.value) for item in found] == [("file", "re")]


def test_every_column_is_offered() -> None:
    assert tuple(offered("archcost analyze tiny.yaml --columns ")) == columns.NAMES
    assert tuple(offered("archcost compare tiny.yaml --columns ")) == comparison_cells.NAMES


def test_every_variant_of_the_spec_is_offered() -> None:
    spec = (SPECS / "tiny.yaml").read_text("utf-8")
    names = list(offered("archcost analyze tiny.yaml --variant "))
    assert names
    assert all(f"{name}:" in spec for name in names)


def test_variables_come_with_their_values() -> None:
    assert offered("archcost analyze zoo:vgg16 --set classes") == {"classes=": "1000"}


def test_nodes_are_those_of_the_variant_and_settings_before() -> None:
    usual = offered("archcost explain zoo:vgg16 stage.0.0.")
    normed = offered("archcost explain --variant vgg16_bn zoo:vgg16 stage.0.0.")
    assert list(usual) == ["stage.0.0.conv", "stage.0.0.relu"]
    assert list(normed) == ["stage.0.0.conv", "stage.0.0.batch_norm", "stage.0.0.relu"]
    assert offered("archcost explain --set batch_norm=true zoo:vgg16 stage.0.0.") == normed


@pytest.mark.parametrize(
    "line",
    [
        "archcost explain broken.yaml s",
        "archcost explain missing.yaml s",
        "archcost explain - s",
        "archcost explain tiny.yaml --set nothing=1 s",
        "archcost analyze missing.yaml --variant ",
        "archcost analyze --variant ",
        "archcost analyze - --variant ",
        "archcost analyze none*.yaml --set ",
        "archcost analyze zoo:nothing --set ",
        "archcost rf zoo:nothing --of ",
        "archcost check --variant ",
    ],
)
def test_what_cannot_be_read_offers_nothing_and_says_nothing(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert offered(line) == {}
    assert capsys.readouterr() == ("", "")


def test_a_broken_spec_still_has_its_variants(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcost: 1\nvars: {n: [1, 2], m: 3}\nvariants: {small: {n: [1]}, large: 3}\nlayers: [cnov]\n"
    )
    assert list(offered(f"archcost analyze {path} --variant ")) == ["small", "large"]
    assert offered(f"archcost analyze {path} --set ") == {"n=": None, "m=": "3"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_switches_it_on(shell: str) -> None:
    done = archcost(_ARCHCOST_COMPLETE=f"{shell}_source")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{shell}_complete" in done.stdout


def test_bash_gets_what_it_asks_for() -> None:
    line = "archcost analyze tiny.yaml --variant w"
    words = {"COMP_WORDS": line, "COMP_CWORD": "4"}
    done = archcost(_ARCHCOST_COMPLETE="bash_complete", **words)
    assert (done.stdout, done.stderr) == ("plain,wide\n", "")


def test_a_field_is_the_receptive_field_in_every_table() -> None:
    assert columns.choose(["field", "fields"]) == ("receptive_field", "fields")
    assert comparison_cells.choose(["field", "receptive_field"]) == ("field",)
    for command in ("analyze", "compare"):
        names = ("field", "receptive_field")
        one, other = (archcost(command, "hdc.yaml", "--columns", name).stdout for name in names)
        assert one == other
        assert "27×27" in one
    table = package.compare([package.load("tiny.yaml")], pareto=["receptive_field", "macs"])
    assert table.pareto == ("field", "macs")
