"""A quick way to run commands."""

from __future__ import annotations

from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from archcost.cli import main
from tests.cli.program import SPECS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., CompletedProcess[str]]:
    """Run `archcost ARGS` beside the tests' specs, in this process: quicker than `program.archcost`."""
    monkeypatch.chdir(SPECS)
    monkeypatch.setenv("COLUMNS", "100")

    def archcost(*args: str) -> CompletedProcess[str]:
        code = main(args)
        out, err = capsys.readouterr()
        return CompletedProcess(args, code, out, err)

    return archcost
