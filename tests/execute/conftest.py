"""What the tests of running share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archcost.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `archcost ARGS` in this process: its exit code, and what it wrote to both streams."""

    def archcost(*args: str) -> tuple[int, str, str]:
        code = main(args)
        out, err = capsys.readouterr()
        return code, out, err

    return archcost
