"""What somebody else names must be a file: a pipe would wait for ever, and a device may never end."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcost.cli import main

if TYPE_CHECKING:
    from collections.abc import Generator

NET = "archcost: 1\nname: net\ninput: [4]\nlayers: [relu]\n"


@pytest.fixture(params=["pipe", "socket", "folder"])
def thing(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    """Something in the working folder that is no file."""
    monkeypatch.chdir(tmp_path)
    Path(".git").mkdir()
    if request.param == "pipe":
        os.mkfifo("thing.yaml")
    if request.param == "folder":
        Path("thing.yaml").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        if request.param == "socket":
            server.bind("thing.yaml")
        yield request.param


def refused(*args: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_an_include(thing: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(NET + "include: [thing.yaml]\n")
    why = "this is a folder; name the spec inside it" if thing == "folder" else "this is no file"
    said = refused("analyze", "net.yaml", capsys=capsys)
    assert said.startswith(f"net.yaml:5:11: include 'thing.yaml': {why}")


def test_a_baseline(thing: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(NET)
    why = "Is a directory" if thing == "folder" else "this is no file"
    said = refused("check", "net.yaml", "--max-macs", "1", "--baseline", "thing.yaml", capsys=capsys)
    assert said.startswith(f"archcost: baseline thing.yaml: cannot be read ({why});")


@pytest.mark.parametrize("name", ["archcost.yaml", "pyproject.toml"])
def test_a_configuration_that_is_found(name: str, thing: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(NET)
    Path("thing.yaml").rename(name)
    said = refused("check", "net.yaml", capsys=capsys)
    assert name in said
    assert ("this is a folder" if thing == "folder" else "this is no file") in said


def test_specs_of_a_pattern(thing: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "*.yaml"]) == 3, thing
    assert capsys.readouterr().err == "archcost: '*.yaml' matches no file\n"


def test_a_pipe_that_the_user_names_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read, write = os.pipe()
    os.write(write, NET.encode())
    os.close(write)
    assert main(["analyze", f"/dev/fd/{read}", "--format", "csv"]) == 0, tmp_path
    os.close(read)
    assert "relu" in capsys.readouterr().out
