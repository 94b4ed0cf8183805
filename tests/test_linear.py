"""Twice as much of anything is twice the work, and not four times."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.cli import main
from tests.work import calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "archcost: 1\nname: many\n"
INPUT = "  iK: [2, 4]\n"
BRANCH = "    bK: [relu]\n"
CONV = "- {conv: {out_channels: 2, kernel_size: 3, padding: 1}}\n"


def _each(n: int, line: str) -> str:
    return "".join(line.replace("K", str(k)) for k in range(n))


def _names(n: int, letter: str) -> str:
    return ", ".join(f"{letter}{k}" for k in range(n))


def inputs_apart(n: int) -> str:
    layers = _each(n, "- {relu: , from: iK, name: rK}\n")
    return f"input:\n{_each(n, INPUT)}layers:\n{layers}outputs: [{_names(n, 'r')}]\n"


def outputs(n: int) -> str:
    layers = _each(n, "- {relu: , from: input, name: rK}\n")
    return f"input: [2, 4]\nlayers:\n{layers}outputs: [{_names(n, 'r')}]\n"


def branches(n: int) -> str:
    return f"input: [2, 4]\nlayers:\n- branches:\n{_each(n, BRANCH)}  merge: concat\n"


def parameters(n: int) -> str:
    given = ", ".join(f"p{k}: {k}" for k in range(n))
    block = f"blocks:\n  b:\n    params: {{{given}}}\n    body: [relu]\n"
    return f"input: [2, 4]\n{block}layers:\n- b: {{{given}}}\n"


def variables(n: int) -> str:
    chain = "".join(f"  v{k}: {f'$(v{k - 1} + 1)' if k else 1}\n" for k in range(n))
    return f"vars:\n{chain}input: [2, 4]\nlayers: [relu]\n"


def chain(n: int) -> str:
    return f"input: [2, 64]\nlayers:\n{CONV * n}"


@pytest.mark.parametrize("spec", [inputs_apart, outputs, branches, parameters, variables, chain])
@pytest.mark.parametrize("command", ["analyze", "diff"])
def test_twice_as_much_is_twice_the_work(spec: Callable[[int], str], command: str, tmp_path: Path) -> None:
    def work(n: int) -> int:
        paths = [tmp_path / "net.yaml", tmp_path / "other.yaml"]
        for path, word in zip(paths, ("relu", "gelu"), strict=True):
            path.write_text(HEAD + spec(n).replace("relu", word))
        files = [str(path) for path in paths[: 1 + (command == "diff")]]
        with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
            return calls(lambda: main([command, *files]))

    work(2)  # what is loaded and built once
    few, more, many = (work(n) for n in (30, 60, 120))
    assert many - more <= 2.1 * (more - few)


@pytest.mark.parametrize("convention", [None, "thop"])
def test_explaining_every_node_of_twice_as_many_is_twice_the_work(
    convention: str | None, tmp_path: Path
) -> None:
    def work(n: int) -> int:
        (tmp_path / "net.yaml").write_text(HEAD + chain(n))
        network = archcost.load(tmp_path / "net.yaml")
        return calls(lambda: [archcost.explain(network, node.path, convention) for node in network])

    work(30)  # what is loaded and cached once
    few, more, many = (work(n) for n in (30, 60, 120))
    assert many - more <= 2.1 * (more - few)
