"""`archcost export` writes what `export_onnx` gives, to a file or a pipe and to no terminal."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import archcost
from archcost.cli import main

if TYPE_CHECKING:
    import pytest

SPECS = Path(__file__).parent / "specs"


def test_a_file_has_the_bytes_of_the_function(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    assert main(["export", "zoo:cifar_resnet20", "--to", "onnx", "-o", str(file)]) == 0
    assert file.read_bytes() == archcost.export_onnx(archcost.load("zoo:cifar_resnet20"))


def test_a_pipe_has_them_as_well_with_the_options_of_loading() -> None:
    line = ["export", "zoo:resnet18", "--to", "onnx", "--set", "classes=10", "--input", "3x64x64"]
    done = subprocess.run([sys.executable, "-m", "archcost", *line], capture_output=True, check=True)  # noqa: S603 - our own program
    network = archcost.load("zoo:resnet18", set={"classes": 10}, input=(3, 64, 64))
    assert (done.stdout, done.stderr) == (archcost.export_onnx(network), b"")


class Terminal(io.TextIOWrapper):
    """A stream that shows what it gets."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(shown))
    assert main(["export", str(SPECS / "hdc.yaml"), "--to", "onnx"]) == 2
    assert shown.getvalue() == b""
    assert "archcost: a model is no text for a terminal; name a file with -o, or pipe it on" in (
        capsys.readouterr().err
    )


def test_what_cannot_be_exported_is_named_with_its_place_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "net.onnx"
    assert main(["export", str(SPECS / "tiny.yaml"), "--to", "onnx", "-o", str(file)]) == 2
    assert not file.exists()
    said = capsys.readouterr().err
    assert "tiny.yaml:29:5: custom: cannot be exported to ONNX: its numbers are declared" in said
