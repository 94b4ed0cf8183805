"""Where results go, and that a file appears whole or not at all."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from archcost.cli.output import write
from archcost.errors import UsageError
from tests.cli.program import SPECS, archcost, python


def test_a_file_gets_what_standard_output_would(tmp_path: Path) -> None:
    shown = archcost("analyze", "tiny.yaml", "--format", "json").stdout
    done = archcost("analyze", "tiny.yaml", "--format", "json", "--output", tmp_path / "report.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == shown


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    write("text\n", str(tmp_path / "a"))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n\x00\xff"
    write(picture, str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").read_bytes() == picture


def test_standard_output_takes_bytes_too() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from archcost.cli.output import write; write('π ', None); write(b'\\xff\\r\\n', None)",
        ],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "π ".encode() + b"\xff\r\n"


def test_a_spec_with_a_mistake_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("before")
    assert archcost("analyze", "broken.yaml", "--output", path).returncode == 2
    assert path.read_text() == "before"


def test_a_failure_halfway_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.txt"
    path.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError) as caught:
        write("after", str(path))
    assert str(caught.value) == f"cannot write '{path}': No space left on device"
    assert path.read_text() == "before"
    assert [found.name for found in tmp_path.iterdir()] == ["report.txt"]


def test_a_new_file_follows_the_umask_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.touch()
    old.chmod(0o640)
    mask = os.umask(0o027)
    try:
        write("text", str(new))
        write("text", str(old))
    finally:
        os.umask(mask)
    assert stat.S_IMODE(new.stat().st_mode) == 0o640
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


def test_a_link_stays_a_link_to_the_new_text(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.write_text("before")
    link.symlink_to(target)
    write("after", str(link))
    assert link.is_symlink()
    assert target.read_text() == "after"


def test_a_named_pipe_is_written_to_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write("through the pipe\n", str(pipe))
    reader.join(timeout=10)
    assert got == ["through the pipe\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("device", ["/dev/null", "/dev/stdout", "/dev/stderr"])
def test_a_device_is_written_to(device: str) -> None:
    command = ("analyze", "tiny.yaml", "--quiet")
    report = archcost(*command).stdout
    assert report.startswith("tiny")
    done = archcost(*command, "--output", device)
    streams = {"/dev/stdout": (report, ""), "/dev/stderr": ("", report), "/dev/null": ("", "")}
    assert (done.returncode, done.stdout, done.stderr) == (0, *streams[device])
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("nowhere/report.txt", "No such file or directory"),
        (".", "Is a directory"),
        ("/dev/full", "No space left on device"),
        ("tiny.yaml/report.txt", "Not a directory"),
    ],
)
def test_2_when_the_output_cannot_be_written(output: str, why: str) -> None:
    done = archcost("analyze", "tiny.yaml", "--output", output)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"archcost: cannot write '{output}': {why}\n"


def test_2_when_standard_output_cannot_be_written() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archcost", "analyze", "tiny.yaml"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=SPECS,
            check=False,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (
        2,
        "archcost: cannot write standard output: No space left on device\n",
    )


def test_a_file_that_may_not_be_written_is_not_replaced_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "locked"
    path.write_text("before")

    # Replacing a file needs no right to write it, so the right is asked for. Root has it everywhere: the
    # answer any other user would get is given here.
    def answer(asked: Path, mode: int) -> bool:
        return (asked, mode) != (path, os.W_OK)

    monkeypatch.setattr(os, "access", answer)
    with pytest.raises(UsageError):
        write("after", str(path))
    assert path.read_text() == "before"


def test_a_terminal_without_our_letters_still_gets_its_table() -> None:
    done = archcost("analyze", "tiny.yaml", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == 0
    assert "8×17×17" in done.stdout, "a pipe gets UTF-8 whatever the locale"


def test_json_is_utf_8_with_unix_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    archcost("analyze", "tiny.yaml", "--format", "json", "--output", path)
    data = path.read_bytes()
    assert b"\r" not in data
    assert json.loads(data.decode("utf-8"))["schema"] == "archcost-report/1"


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
    ids=str,
)
def test_colour_is_for_terminals_that_want_it(environment: dict[str, str], coloured: bool) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        subprocess.run(
            [sys.executable, "-m", "archcost", "analyze", "hdc.yaml", "--quiet", "--depth", "1"],
            stdout=terminal,
            cwd=SPECS,
            env={key: value for key, value in os.environ.items() if key != "NO_COLOR"}
            | {"TERM": "xterm"}
            | environment,
            check=True,
            timeout=60,
        )
        shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert ("\x1b[" in shown) is coloured


def test_a_pipe_gets_no_colour() -> None:
    assert "\x1b" not in archcost("analyze", "hdc.yaml").stdout


def test_a_name_that_is_no_text_is_written_as_its_code(tmp_path: Path) -> None:
    write("n\udcff.yaml\n", str(tmp_path / "a"))
    assert (tmp_path / "a").read_text("utf-8") == "n\\udcff.yaml\n"
    program = "from archcost.cli.output import write; write('n\\udcff.yaml', None)"
    assert python("-c", program).stdout == "n\\udcff.yaml"
