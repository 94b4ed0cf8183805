"""`archcost fmt` as users run it: what it writes, says and returns."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import click
import pytest

import archcost.formatting
from archcost.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.formatting.tree import FileLayout

    Capture = pytest.CaptureFixture[str]

UGLY, PRETTY = "a:   1 #x\n", "a: 1 # x\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ugly.yaml").write_text(UGLY)
    (tmp_path / "pretty.yaml").write_text(PRETTY)
    return tmp_path


def test_files_are_rewritten_and_named(folder: Path, capsys: Capture) -> None:
    assert main(["fmt", "*.yaml"]) == 0
    said = capsys.readouterr()
    assert (folder / "ugly.yaml").read_text() == PRETTY
    assert said.out == ""
    assert said.err == "reformatted ugly.yaml\n1 file reformatted, 1 file left unchanged\n"


def test_a_file_in_the_style_is_not_touched(folder: Path, capsys: Capture) -> None:
    before = (folder / "pretty.yaml").stat()
    assert main(["fmt", "pretty.yaml"]) == 0
    after = (folder / "pretty.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert capsys.readouterr().err == "1 file left unchanged\n"


def test_check_writes_nothing_and_exits_1_if_something_would_change(folder: Path, capsys: Capture) -> None:
    assert main(["fmt", "--check", "ugly.yaml", "pretty.yaml"]) == 1
    said = capsys.readouterr().err
    assert said == "would reformat ugly.yaml\n1 file would be reformatted, 1 file would be left unchanged\n"
    assert (folder / "ugly.yaml").read_text() == UGLY
    assert main(["fmt", "--check", "pretty.yaml"]) == 0


def test_diff_prints_what_would_change_and_writes_nothing(folder: Path, capsys: Capture) -> None:
    (folder / "ugly.yaml").write_text(UGLY.strip("\n"))
    assert main(["fmt", "--diff", "--quiet", "ugly.yaml", "pretty.yaml"]) == 0
    said = capsys.readouterr()
    assert said.out == (
        "--- ugly.yaml\n+++ ugly.yaml\n@@ -1 +1 @@\n-a:   1 #x\n\\ No newline at end of file\n+a: 1 # x\n"
    )
    assert said.err == ""
    assert (folder / "ugly.yaml").read_text() == UGLY.strip("\n")


def test_diff_with_check_exits_1(capsys: Capture) -> None:
    assert main(["fmt", "--diff", "--check", "ugly.yaml"]) == 1
    assert "+a: 1 # x" in capsys.readouterr().out


def test_quiet_leaves_only_the_exit_code(capsys: Capture) -> None:
    assert main(["fmt", "--check", "--quiet", "ugly.yaml"]) == 1
    assert capsys.readouterr() == ("", "")


def test_standard_input_goes_to_standard_output() -> None:
    from tests.cli.program import archcost as run  # noqa: PLC0415 - a process of its own, for this one

    done = run("fmt", "-", "--quiet", stdin=UGLY)
    assert (done.returncode, done.stdout, done.stderr) == (0, PRETTY, "")
    done = run("fmt", "--check", "-", stdin=UGLY)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "would reformat <stdin>\n1 file would be reformatted\n"


def test_a_file_that_is_no_yaml_stays_and_the_others_are_formatted(folder: Path, capsys: Capture) -> None:
    (folder / "broken.yaml").write_text("a: [1\n")
    assert main(["fmt", "broken.yaml", "missing.yaml", "ugly.yaml"]) == 2
    said = capsys.readouterr().err
    assert "broken.yaml:1:4: this [ is not closed" in said
    assert "missing.yaml:1:1: no such file" in said
    assert (folder / "broken.yaml").read_text() == "a: [1\n"
    assert (folder / "ugly.yaml").read_text() == PRETTY


def test_a_spec_that_is_yaml_but_no_network_is_formatted(folder: Path) -> None:
    (folder / "ugly.yaml").write_text("archcost: 1\nlayers: [rleu]\nname:  net\n")
    assert main(["fmt", "ugly.yaml"]) == 0
    assert (folder / "ugly.yaml").read_text() == "archcost: 1\nname: net\nlayers: [rleu]\n"


def test_a_pattern_that_matches_nothing_exits_3(capsys: Capture) -> None:
    assert main(["fmt", "nothing/*.yaml"]) == 3
    assert "'nothing/*.yaml' matches no file" in capsys.readouterr().err


@pytest.mark.parametrize("spec", ["zoo:unet", "zoo:une*"])
def test_the_zoo_is_not_rewritten(spec: str, folder: Path, capsys: Capture) -> None:
    assert main(["fmt", "ugly.yaml", spec]) == 2
    assert "zoo:unet ships with archcost and is not rewritten; format a copy" in capsys.readouterr().err
    assert (folder / "ugly.yaml").read_text() == UGLY


def test_a_mistake_of_the_formatter_leaves_the_file_and_exits_70(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_document: FileLayout) -> str:
        return "b: 2\n"

    monkeypatch.setattr(archcost.formatting, "printed", nothing)
    assert main(["fmt", "ugly.yaml"]) == 70
    said = capsys.readouterr().err
    assert "ugly.yaml: formatting would change what the file says; the file stays as it is" in said
    assert "This is a bug in archcost" in said
    assert (folder / "ugly.yaml").read_text() == UGLY


def test_modes_and_links_stay(folder: Path) -> None:
    (folder / "ugly.yaml").chmod(0o640)
    (folder / "link.yaml").symlink_to("ugly.yaml")
    assert main(["fmt", "link.yaml"]) == 0
    assert (folder / "link.yaml").is_symlink()
    assert (folder / "ugly.yaml").read_text() == PRETTY
    assert stat.S_IMODE((folder / "ugly.yaml").stat().st_mode) == 0o640


def test_the_help_names_every_option(capsys: Capture) -> None:
    assert main(["fmt", "--help"]) == 0
    said = click.unstyle(capsys.readouterr().out)
    assert all(option in said for option in ("SPEC...", "--check", "--diff", "--quiet"))
