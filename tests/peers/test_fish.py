"""Completion in a real fish, where there is one: what it offers, as its users see it.

What archcost answers is tried everywhere, in tests/cli/test_shells.py. What fish makes of it, only
fish can tell.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import SPECS

FISH = shutil.which("fish") or ""

OFFERED = {
    "analyze hdc.": ["hdc.yaml"],
    "analyze tiny.yaml --output hdc.": ["hdc.yaml"],
    "analyze tiny.yaml --output=hdc.": ["--output=hdc.yaml"],
    "analyze tiny.yaml --output=../specs/hdc.": ["--output=../specs/hdc.yaml"],
    "analyze tiny.yaml --output=": [f"--output={path.name}" for path in sorted(SPECS.iterdir())],
    "check --format js": ["json"],
    "check --format json:hdc.": ["json:hdc.yaml"],
    "check --format=json:hdc.": ["--format=json:hdc.yaml"],
    "analyze zoo:lenet": ["zoo:lenet5"],
    "analyze tiny.yaml --variant=w": ["--variant=wide"],
    "analyze --columns=kind,para": ["--columns=kind,params", "--columns=kind,params_fraction"],
}


@pytest.mark.skipif(not FISH, reason="fish, which decides what it offers, is not installed: apt install fish")
@pytest.mark.parametrize(("line", "names"), OFFERED.items())
def test_fish_offers_what_may_follow(line: str, names: list[str]) -> None:
    script = f"_ARCHCOST_COMPLETE=fish_source archcost | source; complete -C 'archcost {line}'"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - our own line
        [FISH, "--no-config", "-c", script],
        cwd=SPECS,
        env=os.environ | {"PATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    assert [offer.partition("\t")[0] for offer in done.stdout.splitlines()] == names
    assert done.stderr == ""
