"""ARCHITECTURE.md draws the floors that the contracts of the imports have."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_floors_are_those_of_the_contracts() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = configured["contracts"]
    floors = [floor.replace(" : ", " | ") for floor in contract["layers"]]
    drawing = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("```\n")[2].partition("```")[0]
    assert [re.split(r" {2,}", line)[0] for line in drawing.splitlines()] == floors


def test_every_room_that_is_named_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?|\w+\.py)`", text))
    assert named
    assert [name for name in sorted(named) if not (ROOT / "archcost" / name).exists()] == []
