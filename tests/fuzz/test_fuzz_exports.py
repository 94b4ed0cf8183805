"""Exports with damage in their graphs are imported or refused in words."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.exports import trial

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(4))
def test_damaged_exports_end_in_words(seed: int, tmp_path: Path) -> None:
    ends = {trial(Random(f"{seed} {i}"), tmp_path) for i in range(75)}
    assert ends == {"refused", "imported"}
