"""No result takes the place of what it was made from, whichever command makes it and however it is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

from archcost.cli import main
from archcost.cli.program import COMMANDS
from archcost.spec.zoo import BLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable

Run: TypeAlias = "Callable[..., tuple[int, str, str]]"

NET = """\
archcost: 1
name: net
include: [blocks.yaml]
input: [3, 8, 8]
layers:
  - unit
  - {conv: {out_channels: 2, kernel_size: 1, bias: false}, name: last, weights: w.npz}
  - std/conv_norm_act: {out_channels: 4}
"""

MODELS = Path(__file__).parents[1] / "data" / "models"
READ = ["net.yaml", "blocks.yaml", "w.npz"]
COMMAND_LINES = {
    "analyze": ["net.yaml"],
    "expand": ["net.yaml"],
    "explain": ["net.yaml", "last"],
    "rf": ["net.yaml"],
    "verify": ["net.yaml"],
    "compare": ["net.yaml", "other.yaml"],
    "diff": ["other.yaml", "net.yaml"],
    "check": ["--max-macs", "1M"],
}
"""Every command that reads specs and writes a result, as it reads them."""

every_command = pytest.mark.parametrize("command", list(COMMAND_LINES))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with a spec of several files; the rest of its line is given."""
    monkeypatch.chdir(tmp_path)
    Path(".git").mkdir()
    Path("net.yaml").write_text(NET, "utf-8")
    Path("other.yaml").write_text(NET, "utf-8")
    Path("blocks.yaml").write_text("blocks:\n  unit: {body: [relu]}\n", "utf-8")
    Path("archcost.yaml").write_text("specs: [net.yaml]\nbaseline: known.txt\n", "utf-8")
    Path("known.txt").write_text("# nothing\n", "utf-8")
    np.savez("w.npz", weight=np.ones((2, 3, 1, 1)))

    def command(name: str, *args: str) -> tuple[int, str, str]:
        code = main([name, *COMMAND_LINES.get(name, []), *args])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def held() -> dict[Path, bytes]:
    """Every file of the folder and what is in it."""
    return {file: file.read_bytes() for file in Path().iterdir() if file.is_file()}


def test_every_command_is_here() -> None:
    assert COMMANDS.keys() - COMMAND_LINES.keys() == {
        "zoo",
        "schema",
        "rates",
        "fmt",
        "import",
        "export",
    }  # see below


@every_command
@pytest.mark.parametrize("file", READ)
def test_nothing_that_is_read_is_written_over(command: str, file: str, run: Run) -> None:
    before = held()
    code, out, err = run(command, "--output", file)
    assert (code, out) == (2, "")
    assert err == (
        f"archcost: '{file}' belongs to what this command reads; write the result to another file\n"
    )
    assert held() == before


@every_command
def test_another_file_is_written_and_written_again(command: str, run: Run) -> None:
    for _ in range(2):
        assert run(command, "-o", "result.txt")[0] == 0
    assert Path("result.txt").read_text("utf-8")


@every_command
def test_the_same_file_is_known_by_other_names(command: str, run: Run, tmp_path: Path) -> None:
    Path("link.yaml").symlink_to("net.yaml")
    Path("hard.yaml").hardlink_to("net.yaml")
    Path("folder").symlink_to(".")
    names = ["./net.yaml", str(tmp_path / "net.yaml"), "link.yaml", "hard.yaml", "folder/net.yaml"]
    before = held()
    for name in names:
        assert run(command, "-o", name)[:2] == (2, "")
    assert held() == before


@pytest.mark.parametrize("form", ["json:net.yaml", "markdown:blocks.yaml"])
@pytest.mark.parametrize("command", ["check", "diff"])
def test_a_file_behind_a_format_is_no_other(command: str, form: str, run: Run) -> None:
    before = held()
    assert run(command, "-f", form, "-f", "json:new.json")[:2] == (2, "")
    assert held() == before  # not even the new one was written


@pytest.mark.parametrize("file", ["archcost.yaml", "known.txt"])
def test_neither_is_the_configuration_nor_a_baseline(file: str, run: Run) -> None:
    before = held()
    assert run("check", "-o", file)[:2] == (2, "")
    assert held() == before


def test_nor_what_was_searched_for_a_configuration(run: Run) -> None:
    Path("archcost.yaml").unlink()
    Path("pyproject.toml").write_text("[tool.other]\nwords = 'archcost'\n", "utf-8")
    before = held()
    assert run("check", "net.yaml", "-o", "pyproject.toml")[:2] == (2, "")
    assert held() == before


def test_nor_a_spec_that_is_only_looked_at(run: Run) -> None:
    Path("specs").mkdir()
    for name in ("net_1.yaml", "other.yaml"):
        Path("specs", name).write_text(
            NET.replace("include: [blocks.yaml]\n", "").replace("- unit", "- relu")
        )
    Path("archcost.yaml").write_text("specs: ['specs/net*.yaml']\n", "utf-8")
    code, out, err = run("check", "-o", "specs/other.yaml")
    assert (code, out) == (2, "")
    assert "'specs/other.yaml' belongs to what this command reads" in err
    assert Path("specs/other.yaml").read_text("utf-8").startswith("archcost: 1")


def test_nor_what_ships_with_the_package(run: Run) -> None:
    file = BLOCKS / "conv_norm_act.yaml"
    before = file.read_bytes()
    assert run("analyze")[0] == 0
    assert run("analyze", "-o", str(file))[:2] == (2, "")
    assert run("zoo", "std/conv_norm_act", "-o", str(file))[:2] == (2, "")
    assert run("zoo", "--blocks", "-o", str(file))[:2] == (2, "")
    assert file.read_bytes() == before


def test_a_baseline_and_a_formatted_file_are_written_where_they_were_read(run: Run) -> None:
    assert run("check", "--write-baseline")[0] == 0
    assert run("check", "--ratchet")[0] == 0
    Path("net.yaml").write_text(f"{NET}\n\n\n", "utf-8")
    assert run("fmt", "net.yaml")[0] == 0
    assert Path("net.yaml").read_text("utf-8") == NET


def test_standard_input_and_output_may_be_the_file(run: Run) -> None:
    before = held()
    program = [sys.executable, "-m", "archcost"]
    with Path("net.yaml").open("rb") as source:
        ended = subprocess.run(  # noqa: S603 - our own program
            [*program, "analyze", "-", "-o", "net.yaml"], stdin=source, capture_output=True, check=False
        )
    assert ended.returncode == 2
    with Path("net.yaml").open("ab") as result:
        ended = subprocess.run(  # noqa: S603 - our own program
            [*program, "expand", "net.yaml"], stdout=result, stderr=subprocess.PIPE, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"archcost: the file that standard output goes to belongs to what")
    assert held() == before
    assert run("analyze", "-o", "/dev/null")[0] == 0


def test_a_model_that_is_imported_is_not_written_over(run: Run) -> None:
    data = (MODELS / "resnet18.pt2").read_bytes()
    Path("model.pt2").write_bytes(data)
    code, out, err = run("import", "model.pt2", "-o", "model.pt2")
    assert (code, out) == (2, "")
    assert (
        err == "archcost: 'model.pt2' belongs to what this command reads; write the result to another file\n"
    )
    assert Path("model.pt2").read_bytes() == data


def test_a_spec_that_is_exported_is_not_written_over(run: Run) -> None:
    before = held()
    code, out, err = run("export", "net.yaml", "--to", "onnx", "-o", "net.yaml")
    assert (code, out) == (2, "")
    assert (
        err == "archcost: 'net.yaml' belongs to what this command reads; write the result to another file\n"
    )
    assert held() == before


@pytest.mark.parametrize("command", [*COMMAND_LINES, "zoo", "schema", "rates"])
def test_a_result_goes_to_no_file_without_a_name(command: str, run: Run) -> None:
    code, out, err = run(command, "-o", "")
    assert (code, out) == (2, "")
    assert "has no value; leave it out, or say which" in err
