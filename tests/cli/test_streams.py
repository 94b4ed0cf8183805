"""Standard streams that are closed, full, or a pipe that nobody reads; and Ctrl-C while modules load."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, TextIO, TypeAlias

import pytest

from archcost.cli import main
from archcost.cli.program import COMMANDS
from tests.cli.program import SPECS, archcost, python

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

LINES = (
    "analyze tiny.yaml",
    "explain tiny.yaml",
    "expand tiny.yaml",
    "rf tiny.yaml",
    "diff tiny.yaml hdc.yaml",
    "check hdc.yaml --max-macs 1",
    "verify tiny.yaml --samples 0",
    "compare tiny.yaml hdc.yaml",
    "fmt --diff ../../broken/a_carry_that_the_body_never_renews.yaml",
    "rates --kernel 3 --field 15",
    "import ../../data/models/resnet18.pt2",
    "export hdc.yaml --to onnx",
    "zoo",
    "schema spec",
    "--help",
    "--version",
    "analyze --help",
)
"""A command line of every command, which writes a result."""


def ended(line: str, stdout: TextIO | None, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code of a command line with another standard output, and what is said on standard error."""
    stderr = io.StringIO()
    with monkeypatch.context() as patch:
        patch.chdir(SPECS)
        patch.setattr(sys, "stderr", stderr)
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "__stdout__", stdout)
        code = main(line.split())
    return code, next((one for one in stderr.getvalue().splitlines() if "cannot write" in one), "")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of `archcost COMMAND`, redirections included."""
    return subprocess.run(  # noqa: S603 - our own program, our own arguments
        ["/bin/bash", "-c", f'archcost() {{ "$0" -m archcost "$@"; }}; archcost {command}', sys.executable],
        capture_output=True,
        text=True,
        cwd=SPECS,
        check=False,
        timeout=120,
    )


def test_every_command_has_a_line_here() -> None:
    assert {line.split()[0] for line in LINES} >= COMMANDS.keys()


@pytest.mark.parametrize("line", LINES)
def test_2_and_a_reason_where_a_result_cannot_be_written(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    why = "archcost: cannot write standard output: "
    with open(os.open("/dev/full", os.O_WRONLY), "w", closefd=True) as full:  # noqa: PTH123 - as Python does
        assert ended(line, full, monkeypatch) == (2, f"{why}No space left on device")
    assert ended(line, None, monkeypatch) == (2, f"{why}it is closed")


@pytest.mark.parametrize("line", ["--help", "zoo vgg16"])
def test_141_and_no_word_where_the_reader_has_gone(line: str) -> None:
    done = shell(f'{line} > >(exec true); sleep 0.1; archcost {line} | true; echo "${{PIPESTATUS[0]}}"')
    assert done.stderr == ""
    assert done.stdout in {"141\n", "0\n"}, "0 only if it was quicker than its reader"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("analyze broken.yaml 2>&-", 2),
        ("analyze broken.yaml 2>/dev/full", 2),
        ("analyze broken.yaml 2> >(exec true)", 2),
        ("analyze --nothing 2>/dev/full", 2),
        ("analyze 'nothing*.yaml' 2>&-", 3),
        ("check hdc.yaml --max-macs 1 2>/dev/full", 1),
        ("zoo resnet101 2>/dev/full", 0),
        ("analyze broken.yaml <&- >&- 2>&-", 2),
        ("analyze tiny.yaml <&- >&- 2>&-", 2),
    ],
)
def test_what_nobody_hears_changes_no_exit_code(line: str, code: int) -> None:
    assert shell(line).returncode == code


def test_closed_streams_leave_their_places_to_no_file(tmp_path: Path) -> None:
    done = shell(f"analyze tiny.yaml --output {tmp_path}/out.txt <&- >&- 2>&-")
    assert done.returncode == 0
    assert (tmp_path / "out.txt").read_text() == archcost("analyze", "tiny.yaml").stdout


def test_standard_input_that_is_closed_cannot_be_read() -> None:
    done = shell("analyze - <&-")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "<stdin>:1:1: standard input cannot be read: it is closed\n"


@pytest.mark.parametrize("length", [250, 255])
def test_a_file_may_have_as_long_a_name_as_there_is(tmp_path: Path, length: int, run: Run) -> None:
    path = tmp_path / ("n" * length)
    assert run("analyze", "tiny.yaml", "--output", str(path)).returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_name_that_is_too_long_for_a_file_is_a_reason(tmp_path: Path, run: Run) -> None:
    path = tmp_path / ("n" * 256)
    done = run("analyze", "tiny.yaml", "--output", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"archcost: cannot write '{path}': File name too long\n"


INTERRUPTED = """
    import os, runpy, signal, sys

    class Interrupt:
        def find_spec(self, name, path=None, target=None):
            if name == sys.argv[1]:
                os.kill(os.getpid(), signal.SIGINT)

    sys.meta_path.insert(0, Interrupt())
    runpy.run_module("archcost", run_name="__main__")
"""
"""A program that is archcost, interrupted as it begins to load the module of its first argument."""


@pytest.mark.parametrize("module", ["archcost.cli.streams", "archcost.cli.program", "click"])
def test_ctrl_c_while_modules_load_is_130_without_a_word(module: str) -> None:
    done = python("-c", dedent(INTERRUPTED), module)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_next_to_nothing_is_loaded_before_ctrl_c_is_heard() -> None:
    """What loads before `main` runs cannot be interrupted quietly."""
    loaded = "before = set(sys.modules); import archcost.cli; print(*set(sys.modules) - before)"
    done = python("-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; import importlib; {loaded}")
    assert {*done.stdout.split()} == {"__future__", "archcost", "archcost.cli"}
