"""Random specs, sound and damaged, through the commands: none ends in an error of ours."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.commands import trial

if TYPE_CHECKING:
    from pathlib import Path

SOUND = 40
DAMAGED = 10


@pytest.mark.parametrize("seed", range(5))
def test_commands_end_as_they_should_whatever_the_spec(seed: int, tmp_path: Path) -> None:
    for i in range(SOUND):
        for ended, what in trial(Random(f"{seed} {i}"), tmp_path, damages=DAMAGED, each=2):
            spec = next(arg for arg in ended.args if arg.endswith(("net.yaml", "damaged.yaml")))
            assert not what, (
                f"{what}\narchcost {' '.join(ended.args)}\n{(tmp_path / spec).read_text('utf-8', 'replace')}"
            )
