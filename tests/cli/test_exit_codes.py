"""How archcost ends: its exit code, what stands on standard output, and that it ends quietly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

import pytest

from archcost.cli import main
from tests.cli.program import SPECS, archcost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

FORMATS = ["table", "json", "csv", "markdown"]


@pytest.mark.parametrize("form", FORMATS)
def test_0_when_it_is_done_whatever_the_findings(form: str, run: Run) -> None:
    done = run("analyze", "hdc.yaml", "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("form", FORMATS)
def test_2_and_an_empty_stdout_when_a_spec_is_wrong(form: str) -> None:
    done = archcost("analyze", "tiny.yaml", "broken.yaml", "hdc.yaml", "--format", form)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("broken.yaml:5:29: ")


def test_2_with_the_mistakes_of_all_specs_at_once(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("archcost: 1\nname: other\ninput: [1]\nlayers: [rleu]\n")
    done = archcost("analyze", "broken.yaml", tmp_path / "other.yaml", "missing.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    said = [line.partition(": ")[2] for line in done.stderr.splitlines() if ".yaml:" in line]
    assert sorted(said) == [
        "conv: unknown field 'kernal' (did you mean 'kernel_size'?)",
        "no such file",
        "unknown kind or block 'max_pol' (did you mean 'max_pool'?)",
        "unknown kind or block 'rleu' (did you mean 'relu'?)",
    ]


@pytest.mark.parametrize(
    "args",
    [
        ["analyze"],
        ["analyze", "missing.yaml"],
        ["analyze", "."],
        ["analyze", "zoo:nothing"],
        ["analyze", "tiny.yaml", "--set", "width"],
        ["analyze", "tiny.yaml", "--set", "=3"],
        ["analyze", "tiny.yaml", "--set", "nothing=3"],
        ["analyze", "tiny.yaml", "--variant", "nothing"],
        ["analyze", "tiny.yaml", "--input", "3by3"],
        ["analyze", "tiny.yaml", "--limit", "nodes=many"],
        ["analyze", "tiny.yaml", "--limit", "nodes=3"],
        ["analyze", "tiny.yaml", "--columns", "nothing"],
        ["analyze", "tiny.yaml", "--sort", "nothing"],
        ["analyze", "tiny.yaml", "--depth", "0"],
        ["analyze", "tiny.yaml", "--format", "xml"],
        ["analyze", "-", "-"],
        ["analyze", "tiny.yaml", "--nothing"],
        ["analyze", "tiny.yaml", "--convention", "nothing"],
        ["explain", "tiny.yaml", "--convention", "nothing"],
        ["explain", "tiny.yaml", "nothing"],
        ["expand", "tiny.yaml", "hdc.yaml"],
        ["zoo", "nothing"],
        ["schema", "nothing"],
        ["nothing"],
        ["--nothing"],
    ],
    ids=" ".join,
)
def test_2_and_a_reason_when_the_usage_is_wrong(args: list[str], run: Run) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("pattern", ["nothing/*.yaml", "nothing-?.yaml", "**/nothing*", "zoo:nothing*"])
def test_3_when_a_pattern_matches_nothing_though_other_specs_do(pattern: str, run: Run) -> None:
    done = run("analyze", "tiny.yaml", pattern)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"archcost: '{pattern}' matches no ")


def test_70_and_how_to_report_it_when_it_is_our_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("no such thing")

    monkeypatch.setattr("archcost.cli.program.program.main", fail)
    assert main(["analyze", "net.yaml"]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        "archcost: internal error: KeyError: 'no such thing'\nThis is a bug in archcost 0.1.0"
    )
    assert "Traceback" not in err
    monkeypatch.setenv("ARCHCOST_DEBUG", "1")
    assert main(["analyze", "net.yaml"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_130_and_no_traceback_after_ctrl_c() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "archcost", "analyze", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=SPECS,
    )
    assert process.stdin
    process.stdin.write(f"# {'long' * 2**16}\n")  # more than a pipe holds: when this is written, it reads
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err.strip()) == ("", "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = '"$0" -m archcost analyze zoo:resnet50 --format json | head -c 1; echo "${PIPESTATUS[0]}"'
    done = subprocess.run(  # noqa: S603 - our own program
        ["/bin/bash", "-c", command, sys.executable], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout in {"{141\n", "{0\n"}, "0 only if the pipe took everything before its reader left"


def test_a_reader_that_is_gone_from_the_start_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as broken:
        done = subprocess.run(
            [sys.executable, "-m", "archcost", "analyze", "tiny.yaml"],
            stdout=broken,
            stderr=subprocess.PIPE,
            text=True,
            cwd=SPECS,
            check=False,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (141, "")


def test_standard_input_is_a_spec() -> None:
    done = archcost("analyze", "-", "--format", "json", stdin=(SPECS / "tiny.yaml").read_text())
    assert done.returncode == 0
    assert json.loads(done.stdout)["specs"][0]["path"] == "-"
