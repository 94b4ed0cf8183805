"""Running archcost as users do: as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SPECS = Path(__file__).parent / "specs"


def python(*args: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python beside the tests' specs, without a terminal."""
    return subprocess.run(  # noqa: S603 - our own program, our own arguments
        [sys.executable, *args],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=SPECS,
        env=os.environ | {"COLUMNS": "100"} | environment,
        check=False,
        timeout=120,
    )


def archcost(*args: str | Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `archcost ARGS`."""
    return python("-m", "archcost", *map(str, args), stdin=stdin, **environment)
