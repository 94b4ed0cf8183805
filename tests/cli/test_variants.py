"""Several `--variant`: every command shows all of them, or refuses more than one; none takes the last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcost.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

NET = """\
archcost: 1
name: net
vars: {width: 8}
variants: {wide: {width: 16}, slim: {width: 4}}
input: [3, 8, 8]
layers:
  - conv: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}
"""
BOTH = ["--variant", "wide", "--variant", "slim", "--variant", "wide"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET, "utf-8")

    def archcost(*args: str) -> tuple[int, str, str]:
        code = main(args)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return archcost


@pytest.mark.parametrize(
    ("command", "key"),
    [("analyze", "specs"), ("compare", "networks"), ("verify", "specs"), ("check", "specs")],
)
def test_all_variants_are_shown_in_the_order_they_are_named(command: str, key: str, run: Run) -> None:
    limit = ["--max-macs", "1G"] * (command == "check")
    code, out, _ = run(command, "net.yaml", *BOTH, *limit, "--format", "json")
    found = [one["variant"] for one in json.loads(out)[key]]
    assert (code, found) == (0, ["wide", "slim"])


def test_a_difference_is_shown_for_each_variant(run: Run) -> None:
    Path("head.yaml").write_text(NET.replace("padding: 1, ", ""), "utf-8")
    _, out, _ = run("diff", "net.yaml", "head.yaml", *BOTH, "--format", "json")
    assert [one["head"]["variant"] for one in json.loads(out)["diffs"]] == ["wide", "slim"]


@pytest.mark.parametrize(
    "command",
    [
        ["analyze", "net.yaml"],
        ["compare", "net.yaml"],
        ["verify", "net.yaml"],
        ["check", "net.yaml"],
        ["diff", "net.yaml", "net.yaml"],
    ],
)
@pytest.mark.parametrize("where", [0, 1, 2])
def test_an_unknown_variant_among_them_is_an_error(command: list[str], where: int, run: Run) -> None:
    names = ["wide", "slim"]
    names.insert(where, "nosuch")
    code, out, err = run(*command, *(word for name in names for word in ("--variant", name)))
    assert (code, out) == (2, "")
    assert "--variant nosuch: net.yaml has no such variant" in err


@pytest.mark.parametrize("command", [["rf"], ["expand"], ["explain"]])
def test_what_is_about_one_network_takes_one(command: list[str], run: Run) -> None:
    code, out, err = run(*command, "net.yaml", *BOTH)
    assert (code, out) == (2, "")
    assert "wide and slim are several; name one of them" in err
    assert run(*command, "net.yaml", "--variant", "wide", "--variant", "wide")[0] == 0


@pytest.mark.parametrize("command", ["analyze", "compare", "verify", "check", "rf", "expand", "explain"])
def test_a_variant_without_a_name_is_refused(command: str, run: Run) -> None:
    code, out, err = run(command, "net.yaml", "--variant", "")
    assert (code, out) == (2, "")
    assert "--variant has no value" in err


@pytest.mark.parametrize("command", ["analyze", "compare", "verify", "check"])
def test_standard_input_is_read_once(command: str, run: Run) -> None:
    code, out, err = run(command, "-", *BOTH)
    assert (code, out) == (2, "")
    assert "standard input (-)" in err
